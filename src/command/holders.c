// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fdpass holders: who holds an open file now, by a descriptor, a mapping, or a message in a queue. What is
 * asked about becomes files that are sought: for a process the kernel tells what its descriptors are, and a
 * path is opened, so that it is a descriptor of this process.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command/looking.h"
#include "core/held.h"
#include "core/sought.h"
#include "host/clock.h"

struct holders_search {
	struct looking looking;
	struct sought *sought;
	struct holdings *targets; /* what the process that was named has */
	struct holdings *holdings;
	struct queues *queues;
	struct queue_reader_misses misses;
	uint64_t counts[NR_HELD_AS]; /* rows */
	uint64_t malformed;
	int target_fd; /* of a path; -1: none */
};

/* What is sought */

static int seek(struct holders_search *search, enum event_same same, uint64_t number, uint32_t dev)
{
	const struct event_sought key = { .number = number, .dev = dev, .same = same };
	int r = sought_add(&search->sought, &key);

	return r < 0 ? r : state_seek(search->looking.state, &key);
}

/* A file that the process has. All anonymous files share one inode, which says nothing about them. */
static int seek_file(void *userdata, const struct pass *pass, const struct held *held)
{
	struct holders_search *search = userdata;
	const struct target *target = &search->looking.options->target;
	const struct file *file = &pass->file;
	int r = 0;

	(void)held;
	if (target->kind == TARGET_MOUNT)
		return seek(search, EVENT_SAME_FILESYSTEM, 0, file->dev);
	if (target->kind == TARGET_PROCESS)
		r = seek(search, EVENT_SAME_DESCRIPTION, file->address, 0);
	if (r >= 0 && file->magic != ANON_INODE_FS_MAGIC &&
	    (target->kind == TARGET_PATH || target->fd >= 0))
		r = seek(search, EVENT_SAME_INODE, file->ino, file->dev);
	return r;
}

static int take(struct holders_search *search, struct holdings *holdings, const void *data,
		size_t size)
{
	struct decoded decoded;
	int r = decode_record(data, size, &decoded);

	if (r >= 0)
		r = holdings_take(holdings, &decoded);
	if (r != -EBADMSG)
		return r;
	search->malformed++;
	return 0;
}

static int take_target(void *userdata, const void *data, size_t size)
{
	struct holders_search *search = userdata;

	return take(search, search->targets, data, size);
}

static int take_holding(void *userdata, const void *data, size_t size)
{
	struct holders_search *search = userdata;

	return take(search, search->holdings, data, size);
}

/* Returns 0, a negative errno, or -ECANCELED: there is nothing to seek, which has been said. */
static int find_targets(struct holders_search *search)
{
	const struct target *target = &search->looking.options->target;
	struct event_seek descriptors = { .pid = target->pid, .fd = target->fd };
	int r;

	if (target->kind == TARGET_INODE)
		return seek(search, EVENT_SAME_INODE, target->ino, target->dev);
	if (target->path)
		descriptors =
			(struct event_seek){ .pid = (uint32_t)getpid(), .fd = search->target_fd };
	r = state_files(search->looking.state, &descriptors, take_target, search);
	if (r >= 0 && search->targets->count == 0) {
		if (target->fd >= 0)
			command_say("'%s': there is no such descriptor",
				    search->looking.options->operand);
		else
			command_say("'%s': there is no such process, or it has no open files",
				    search->looking.options->operand);
		return -ECANCELED;
	}
	return r < 0 ? r : holdings_tell(search->targets, seek_file, search);
}

/* Rows */

static int show(struct holders_search *search, const struct row *row)
{
	if (!looking_selects(&search->looking, row))
		return 0;
	search->counts[row->held->as]++;
	return looking_show(&search->looking, row);
}

static int show_holding(void *userdata, const struct pass *pass, const struct held *held)
{
	static const struct queued in_no_queue = { .uid = QUEUED_UID_UNKNOWN };
	struct holders_search *search = userdata;
	const struct row row = {
		.pass = pass,
		.resolver = &search->looking.resolver,
		.queued = &in_no_queue,
		.held = held,
	};

	return show(search, &row);
}

/* Whoever sent it does not hold it any more by that. */
static int show_queued(void *userdata, const struct pass *pass, const struct queued *queued)
{
	struct holders_search *search = userdata;
	const struct held held = {
		.as = HELD_AS_MESSAGE,
		.same = sought_find(search->sought, &pass->file),
	};
	struct pass without_sender = *pass;
	const struct row row = {
		.pass = &without_sender,
		.resolver = &search->looking.resolver,
		.queued = queued,
		.held = &held,
	};

	if (held.same == EVENT_SAME_NONE)
		return 0;
	without_sender.sender = (struct process){};
	return show(search, &row);
}

static int read_all(struct holders_search *search)
{
	const struct event_seek sought = { .seeker = (uint32_t)getpid() };
	int r = state_files(search->looking.state, &sought, take_holding, search);

	if (r >= 0)
		r = state_mappings(search->looking.state, &sought, take_holding, search);
	if (r >= 0)
		r = queue_reader_read(search->looking.state, search->queues, &search->misses);
	return r;
}

static int search_all(struct holders_search *search)
{
	const struct queues_time time = {
		.now_ns = clock_monotonic_ns(),
		.realtime_offset_ns = clock_realtime_offset_ns(),
	};
	int r = read_all(search);

	if (r >= 0)
		r = holdings_tell(search->holdings, show_holding, search);
	if (r >= 0)
		r = queues_tell(search->queues, QUEUED_UNCHANGED, &time, show_queued, search);
	return r;
}

/* The end */

static uint64_t missed(const struct holders_search *search)
{
	return looking_missed(&search->looking, &search->misses) + search->malformed;
}

static void print_summary(const struct holders_search *search, FILE *stream)
{
	uint64_t descriptors = search->counts[HELD_AS_DESCRIPTOR];
	uint64_t mapping = search->counts[HELD_AS_MAPPING];
	uint64_t queued = search->counts[HELD_AS_MESSAGE];

	if (descriptors + mapping + queued == 0)
		fputs("nobody holds it", stream);
	else
		fprintf(stream,
			"held by %" PRIu64 " descriptor%s, mapped by %" PRIu64
			" process%s, %" PRIu64 " time%s in a queue",
			descriptors, command_plural(descriptors), mapping, mapping == 1 ? "" : "es",
			queued, command_plural(queued));
	looking_print_misses(&search->looking, &search->misses, stream);
}

static void say_summary(const struct holders_search *search)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	if (!stream)
		return;
	print_summary(search, stream);
	if (fclose(stream) == 0)
		command_say("%s", text);
	free(text);
}

/* `error` is what ended the search. Returns an exit status. */
static int conclude(struct holders_search *search, int error)
{
	error = looking_end(&search->looking, error);
	if (error == -EPIPE || error == -ECANCELED)
		return STATUS_OK;
	if (error < 0)
		return looking_say_error(&search->looking, error);
	say_summary(search);
	return missed(search) > 0 ? STATUS_LOST : STATUS_OK;
}

/* The begin */

/* A file of which nothing is read or written: as a place in the tree. */
static int open_target(struct holders_search *search)
{
	const char *path = search->looking.options->target.path;

	if (!path)
		return 0;
	search->target_fd = open(path, O_PATH | O_CLOEXEC);
	if (search->target_fd >= 0)
		return 0;
	command_say("'%s': %s", path, strerror(errno));
	return -ECANCELED;
}

static int prepare(struct holders_search *search)
{
	int r = open_target(search);

	if (r >= 0)
		r = queues_new(&search->queues);
	if (r >= 0)
		r = holdings_new(&search->targets);
	if (r >= 0)
		r = holdings_new(&search->holdings);
	return r;
}

static int run(struct holders_search *search)
{
	int r = prepare(search), status;

	if (r == -ECANCELED)
		return STATUS_CANNOT;
	if (r < 0) {
		command_say("cannot begin to look: %s", strerror(-r));
		return STATUS_CANNOT;
	}
	status = looking_begin(&search->looking);
	if (status != STATUS_OK)
		return status;
	r = find_targets(search);
	if (r == -ECANCELED)
		return STATUS_CANNOT;
	if (r >= 0)
		r = rows_begin(search->looking.rows);
	return conclude(search, r < 0 ? r : search_all(search));
}

int holders_run(const struct options *options)
{
	struct holders_search search = {
		.looking = LOOKING_INIT(options),
		.target_fd = -1,
	};
	int status = run(&search);

	holdings_free(search.holdings);
	holdings_free(search.targets);
	queues_free(search.queues);
	sought_clear(&search.sought);
	looking_free(&search.looking);
	if (search.target_fd >= 0)
		close(search.target_fd);
	return status;
}
