/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes the seed corpus into a folder: a file for each kind of event, for fuzz-decode, traces of several
 * of them, for fuzz-join, expressions, for fuzz-filter, and paths of cgroups, for fuzz-container; each target reads all.
 */
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "record.h"

#define DIGITS "0123456789abcdef"

static void set_sockets(struct record *record, enum event_party client, enum event_party server)
{
	record_set_socket(record, client, 0x501, 601, client == EVENT_SELF ? 3 : -1);
	record_set_socket(record, server, 0x502, 602, server == EVENT_SELF ? 4 : -1);
	record_set_socket_name(record, server, "/run", 4);
}

static void make_sent(struct record *record)
{
	struct event *event = record_begin(record, EVENT_SENT, 1);

	event->time_ns = 1000;
	event->flags = EVENT_DESCRIBED;
	record_set_task(record, EVENT_SELF, 101);
	set_sockets(record, EVENT_SELF, EVENT_OTHER);
	record_add_file(record, 0xfa, 10);
	record_add_file(record, 0xfb, 11);
	record_set_path(record, 0, "/dev/null");
	record->files[1].flags |= EVENT_FILE_PSEUDO;
	record_set_path(record, 1, "/[eventfd]");
	record_set_cgroup(record, EVENT_SELF, "a.scope\0b.slice", sizeof("a.scope\0b.slice"));
}

static void make_refused(struct record *record)
{
	make_sent(record);
	record->event.flags |= EVENT_FAILED;
	record->event.error = -9;
}

static void make_failed(struct record *record)
{
	record_begin(record, EVENT_SEND_FAILED, 1)->error = -32;
	record->event.time_ns = 1500;
	record_set_task(record, EVENT_SELF, 101);
}

static void make_received(struct record *record)
{
	make_sent(record);
	record->event.type = EVENT_RECEIVED;
	record->event.time_ns = 2000;
	record->event.fate = EVENT_FATE_TRUNCATED;
	set_sockets(record, EVENT_OTHER, EVENT_SELF);
	record->files[0].fate = EVENT_FATE_INSTALLED;
	record->files[1].fate = EVENT_FATE_EMFILE;
	record->backwards = true;
}

static void make_peek(struct record *record)
{
	make_received(record);
	record->event.flags |= EVENT_PEEK;
}

static void make_claim(struct record *record)
{
	make_sent(record);
	record->event.message = 0;
}

/* To a datagram socket, by its name. */
static void make_named_claim(struct record *record)
{
	make_claim(record);
	record->sockets[EVENT_OTHER] = (struct event_socket){ .fd = -1 };
}

static void make_unclaimed(struct record *record)
{
	make_received(record);
	record->event.flags |= EVENT_UNCLAIMED;
}

static void make_lost(struct record *record)
{
	make_received(record);
	record->event.type = EVENT_LOST;
	record->event.fate = EVENT_FATE_READ;
}

static void make_moved(struct record *record)
{
	make_sent(record);
	record->event.type = EVENT_MOVED;
	record->event.via = EVENT_VIA_PIDFD_GETFD;
	record_set_task(record, EVENT_OTHER, 102);
}

/* Not records, but what fuzz-join takes in their place. */

static void make_sweep(struct record *record)
{
	const struct event_queued queued = { .message = 1, .ino = 602, .queued = 1 };

	memset(record, 0, sizeof(*record));
	memcpy(record->data + 8, &queued, sizeof(queued));
}

static void make_loss(struct record *record)
{
	memset(record, 0, sizeof(*record));
	record->data[0] = 8;
}

static void make_tick(struct record *record)
{
	memset(record, 0, sizeof(*record));
	record->data[0] = 16;
}

typedef void (*make_fn)(struct record *record);

static const struct {
	const char *name;
	make_fn parts[5];
} seeds[] = {
	{ "sent", { make_sent } },
	{ "refused", { make_refused } },
	{ "received", { make_received } },
	{ "lost", { make_lost } },
	{ "moved", { make_moved } },
	{ "pass", { make_sent, make_received } },
	{ "early", { make_received, make_sent } },
	{ "failed", { make_sent, make_failed } },
	{ "claimed", { make_claim, make_claim, make_unclaimed } },
	{ "claimed-late", { make_unclaimed, make_claim, make_tick } },
	{ "named", { make_named_claim, make_tick, make_named_claim, make_unclaimed } },
	{ "peeked", { make_sent, make_peek, make_peek, make_received } },
	{ "before", { make_peek, make_tick, make_sweep, make_received } },
	{ "vanished", { make_sent, make_sweep, make_loss, make_sweep, make_sweep } },
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
	{ "container-docker", "/docker/" DIGITS DIGITS DIGITS DIGITS },
	{ "container-pod", "/kubepods/pod7/crio-" DIGITS DIGITS DIGITS DIGITS },
	{ "container-user", "/user.slice/user@7.service/libpod-" DIGITS ".scope" },
	{ "container-nspawn", "/machine.slice/machine-a\\x2d1.scope/payload" },
};

static void write_part(FILE *file, make_fn make)
{
	struct record record;
	uint32_t size;

	make(&record);
	if (record.event.type)
		record_write(&record);
	memcpy(&size, record.data, sizeof(size)); /* of the event, or of what stands for one */
	fwrite(record.data, 1, size ? (size + 7) & ~7U : 8 + sizeof(struct event_queued), file);
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

		for (size_t k = 0; k < 5 && seeds[i].parts[k]; k++)
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
