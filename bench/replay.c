// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * replay FORMAT PASSES: a stream of records, as the kernel side makes them of passes of one descriptor,
 * through the same code as in a trace: join, selection, output, writer and summary. The rows go to
 * standard output. On standard error it tells how many there were in a second; under valgrind, how many
 * instructions they take (bench/reader).
 */
#include <err.h>
#include <locale.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "command/options.h"
#include "command/rows.h"
#include "command/summary.h"
#include "core/join.h"
#include "host/clock.h"
#include "host/user.h"
#include "record.h"

/* Passes that are under way at the same time. */
#define IN_FLIGHT 8

struct replay {
	struct options options;
	struct resolver resolver;
	struct summary summary;
	struct users *users;
	struct rows *rows;
	struct join *join;
	struct record sent, received;
};

static int show_pass(void *userdata, const struct pass *pass)
{
	struct replay *replay = userdata;
	const struct row row = { .pass = pass, .resolver = &replay->resolver };

	if (!selection_has(&replay->options.selection, &row))
		return 0;
	if (rows_put(replay->rows, &row) < 0)
		errx(EXIT_FAILURE, "a row cannot be written");
	return summary_count(&replay->summary, &row);
}

static void set_task(struct record *record, uint32_t pid)
{
	struct event_task *task = record_set_task(record, EVENT_SELF, pid);

	task->parent_pid = 1;
	task->cgroup_id = 4242;
	task->mntns_id = task->netns_id = task->pidns_id = task->userns_id = 4026531841;
	strcpy(task->parent_comm, "systemd");
}

/* The two records of a pass, but for what differs from one to the next. */
static void make_records(struct replay *replay)
{
	struct record *sent = &replay->sent, *received = &replay->received;
	struct event_file *file;

	record_begin(sent, EVENT_SENT, 1)->flags = EVENT_DESCRIBED;
	set_task(sent, 1296790);
	record_set_socket(sent, EVENT_SELF, 0xffff888000001000, 8683452, 7);
	record_set_socket(sent, EVENT_OTHER, 0xffff888000002000, 8629627, -1);
	file = record_add_file(sent, 0xffff888000003000, 3);
	file->ino = 4;
	file->dev = 5;
	file->magic = 0x01021994; /* tmpfs */
	file->open_flags = 2;
	file->mode = 0020666;
	record_set_path(sent, 0, "/dev/null");

	record_begin(received, EVENT_RECEIVED, 1);
	set_task(received, 5128);
	record_set_socket(received, EVENT_SELF, 0xffff888000002000, 8629627, 107);
	record_set_socket(received, EVENT_OTHER, 0xffff888000001000, 8683452, -1);
	record_add_file(received, 0xffff888000003000, 9)->fate = EVENT_FATE_INSTALLED;
}

static void give(struct replay *replay, struct record *record, uint64_t message, uint64_t time_ns)
{
	struct event *event = (struct event *)record->data;

	event->message = message;
	event->time_ns = time_ns;
	if (join_record(replay->join, record->data, event->size) < 0)
		errx(EXIT_FAILURE, "a record was refused");
}

static void give_all(struct replay *replay, uint64_t passes)
{
	for (uint64_t i = 1; i <= passes + IN_FLIGHT; i++) {
		if (i <= passes)
			give(replay, &replay->sent, i, i * 10000);
		if (i > IN_FLIGHT)
			give(replay, &replay->received, i - IN_FLIGHT, i * 10000 + 5000);
	}
}

static void make_replay(struct replay *replay)
{
	const struct join_options options = {
		.late_ns = NSEC_PER_SEC / 2,
		.max_bytes = replay->options.max_memory,
	};

	if (users_new(&replay->users) < 0 || rows_new(&replay->rows, &replay->options) < 0 ||
	    join_new(&replay->join, &options, show_pass, replay) < 0)
		errx(EXIT_FAILURE, "out of memory");
	replay->resolver = (struct resolver){
		.user = users_user,
		.group = users_group,
		.utc_offset = clock_utc_offset,
		.userdata = replay->users,
	};
	clock_load_zone();
	make_records(replay);
	record_write(&replay->sent);
	record_write(&replay->received);
}

static void free_replay(struct replay *replay)
{
	join_free(replay->join);
	rows_free(replay->rows);
	users_free(replay->users);
	summary_clear(&replay->summary);
	options_clear(&replay->options);
}

static bool never(void *userdata)
{
	(void)userdata;
	return false;
}

int main(int argc, char **argv)
{
	static struct replay replay;
	uint64_t passes = argc == 3 ? strtoull(argv[2], NULL, 10) : 0, begin_ns, end_ns;
	char output[] = "-o", *arguments[] = { argv[0], output, argv[1], NULL };
	char *error_message = NULL;
	cpu_set_t one;

	setlocale(LC_CTYPE, "");
	if (passes == 0 || options_parse(&replay.options, 3, arguments, &error_message) < 0)
		errx(EXIT_FAILURE, "usage: replay FORMAT PASSES");
	CPU_ZERO(&one);
	CPU_SET(0, &one);
	sched_setaffinity(0, sizeof(one), &one);
	make_replay(&replay);
	begin_ns = clock_monotonic_ns();
	if (rows_begin(replay.rows) < 0)
		errx(EXIT_FAILURE, "the rows cannot be written");
	give_all(&replay, passes);
	rows_end(replay.rows, never, NULL);
	end_ns = clock_monotonic_ns();
	fprintf(stderr, "%.0f rows a second, %llu not written\n",
		(double)passes / (double)(end_ns - begin_ns) * NSEC_PER_SEC,
		(unsigned long long)rows_unwritten(replay.rows));
	free_replay(&replay);
	return EXIT_SUCCESS;
}
