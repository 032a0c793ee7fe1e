/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes the seed corpus into a folder: a file for each kind of event, for fuzz-decode, traces of several
 * of them, for fuzz-join, and expressions, for fuzz-filter; each target reads all.
 */
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "record.h"

static void make_sent(struct record *record)
{
	struct event *event = record_begin(record, EVENT_SENT, 1);

	event->time_ns = 1000;
	event->flags = EVENT_DESCRIBED;
	record_set_task(&event->task, 101);
	event->socket = (struct event_socket){ 0x501, 601, 3, SOCK_STREAM, 0, "", 0 };
	event->peer = (struct event_socket){ 0x502, 602, -1, SOCK_STREAM, 4, "/run", 0 };
	record_add_file(record, 0xfa, 10);
	record_add_file(record, 0xfb, 11);
	record_set_path(record, 0, "/dev/null");
	record_file(record, 1)->flags |= EVENT_FILE_PSEUDO;
	record_set_path(record, 1, "/[eventfd]");
}

static void make_refused(struct record *record)
{
	make_sent(record);
	record_event(record)->error = -9;
}

static void make_result(struct record *record)
{
	struct event *event = record_begin(record, EVENT_SEND_RESULT, 1);

	event->time_ns = 1500;
	record_set_task(&event->task, 101);
}

static void make_failed(struct record *record)
{
	make_result(record);
	record_event(record)->error = -32;
	record_event(record)->flags = EVENT_FAILED;
}

static void make_received(struct record *record)
{
	make_sent(record);
	record_event(record)->type = EVENT_RECEIVED;
	record_event(record)->time_ns = 2000;
	record_event(record)->room = 2;
	record_event(record)->socket = record_event(record)->peer;
	record_event(record)->peer = (struct event_socket){ .sock = 0x501, .ino = 601 };
	record_file(record, 0)->status = EVENT_FILE_INSTALLED;
	record_file(record, 1)->status = EVENT_FILE_EMFILE;
}

static void make_keyless(struct record *record)
{
	make_received(record);
	record_event(record)->message = 0;
	record_event(record)->flags |= EVENT_CTRUNC;
	record_file(record, 1)->status = EVENT_FILE_INSTALLED;
}

static void make_peek(struct record *record)
{
	make_keyless(record);
	record_event(record)->flags = EVENT_PEEK | EVENT_DESCRIBED;
}

static void make_lost(struct record *record)
{
	make_received(record);
	record_event(record)->type = EVENT_LOST;
	record_event(record)->reason = EVENT_REASON_READ;
}

static void make_moved(struct record *record)
{
	make_sent(record);
	record_event(record)->type = EVENT_MOVED;
	record_event(record)->via = EVENT_VIA_PIDFD_GETFD;
	record_set_task(&record_event(record)->peer_task, 102);
}

/* Not a record: a sweep that finds the message, as fuzz-join reads it. */
static void make_sweep(struct record *record)
{
	struct event_queued queued = {
		.sock = 0x502, .ino = 602, .first_file = 0xfa, .count = 2, .queued = 1
	};

	memset(record, 0, sizeof(*record));
	memcpy(record->data + 8, &queued, sizeof(queued));
}

typedef void (*make_fn)(struct record *record);

static const struct {
	const char *name;
	make_fn parts[4];
} seeds[] = {
	{ "sent", { make_sent } },
	{ "refused", { make_refused } },
	{ "received", { make_received } },
	{ "lost", { make_lost } },
	{ "moved", { make_moved } },
	{ "pass", { make_sent, make_received } },
	{ "failed", { make_sent, make_failed } },
	{ "keyless", { make_sent, make_result, make_keyless } },
	{ "peeked", { make_sent, make_peek, make_peek, make_received } },
	{ "before", { make_peek, make_keyless } },
	{ "vanished", { make_sent, make_result, make_sweep, make_sweep } },
};

static const struct {
	const char *name;
	const char *text;
} expressions[] = {
	{ "filter-all-types",
	  "proc.comm==client,proc.pid!=1,fd>=-1,latency_ns<5,receiver.cloexec=1" },
	{ "filter-text", "file~^/a\\,b\\\\,reason!~gc,proc.comm<z,UID>1000" },
	{ "filter-wrong", "fd==2147483648,file~(,comn==x,=~" },
	{ "filter-words", "client,!server,a\\,b" },
};

static void write_part(FILE *file, make_fn make)
{
	struct record record;
	size_t size;

	make(&record);
	size = record_event(&record)->size;
	fwrite(record.data, 1, size ? (size + 7) & ~(size_t)7 : 8 + sizeof(struct event_queued),
	       file);
}

static FILE *open_seed(const char *folder, const char *name)
{
	char path[PATH_MAX];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "we");
	if (!file) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	return file;
}

static void close_seed(FILE *file)
{
	if (fclose(file) != 0) {
		perror("make-seeds");
		exit(EXIT_FAILURE);
	}
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: make-seeds FOLDER\n");
		return 2;
	}
	if (mkdir(argv[1], 0777) < 0 && errno != EEXIST) {
		perror(argv[1]);
		return EXIT_FAILURE;
	}
	for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
		FILE *file = open_seed(argv[1], seeds[i].name);

		for (size_t k = 0; k < 4 && seeds[i].parts[k]; k++)
			write_part(file, seeds[i].parts[k]);
		close_seed(file);
	}
	for (size_t i = 0; i < sizeof(expressions) / sizeof(expressions[0]); i++) {
		FILE *file = open_seed(argv[1], expressions[i].name);

		fputs(expressions[i].text, file);
		close_seed(file);
	}
	return EXIT_SUCCESS;
}
