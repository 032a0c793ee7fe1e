// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fdpass inflight: the descriptors that lie in the queues of sockets now, one by one or summed up; with
 * --watch again and again, and then what changed.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "command/looking.h"
#include "core/grouping.h"
#include "host/clock.h"

/* What there was at one look. */
struct look {
	struct queues *queues;
	struct groups *groups; /* NULL: nothing is summed up */
};

struct inflight {
	struct looking looking;
	struct look before; /* the look before; empty: there was none */
	struct queue_reader_misses misses; /* of all looks */
	uint64_t descriptors, messages, sockets; /* at the last look */
	uint64_t last_message, last_sock; /* that were counted */
	int watch_fd;
	int timeout_fd;
};

/* Rows */

static struct row row_of(const struct inflight *inflight, const struct pass *pass,
			 const struct queued *queued)
{
	return (struct row){
		.pass = pass,
		.resolver = &inflight->looking.resolver,
		.queued = queued,
	};
}

static int show(void *userdata, const struct pass *pass, const struct queued *queued)
{
	struct inflight *inflight = userdata;
	const struct row row = row_of(inflight, pass, queued);

	return looking_show(&inflight->looking, &row);
}

static bool is_selected(const struct inflight *inflight, const struct pass *pass,
			const struct queued *queued)
{
	const struct row row = row_of(inflight, pass, queued);

	return looking_selects(&inflight->looking, &row);
}

static int show_selected(void *userdata, const struct pass *pass, const struct queued *queued)
{
	return is_selected(userdata, pass, queued) ? show(userdata, pass, queued) : 0;
}

/* What the closing line tells: those of a message and of a socket come one after the other. */
static void count(struct inflight *inflight, const struct pass *pass, const struct queued *queued)
{
	inflight->descriptors++;
	inflight->messages += pass->message != inflight->last_message;
	inflight->sockets += queued->sock != inflight->last_sock;
	inflight->last_message = pass->message;
	inflight->last_sock = queued->sock;
}

struct counting {
	struct inflight *inflight;
	struct groups *groups;
};

static int count_selected(void *userdata, const struct pass *pass, const struct queued *queued)
{
	const struct counting *counting = userdata;

	if (!is_selected(counting->inflight, pass, queued))
		return 0;
	count(counting->inflight, pass, queued);
	return counting->groups ? groups_add(counting->groups, pass, queued) : 0;
}

/* A look */

static void clear_look(struct look *look)
{
	look->groups = groups_free(look->groups);
	look->queues = queues_free(look->queues);
}

static int sum_up(struct inflight *inflight, const struct look *look,
		  const struct queues_time *time)
{
	struct counting counting = { .inflight = inflight, .groups = look->groups };

	inflight->descriptors = inflight->messages = inflight->sockets = 0;
	inflight->last_message = inflight->last_sock = 0;
	return queues_tell(look->queues, QUEUED_UNCHANGED, time, count_selected, &counting);
}

static int tell_look(struct inflight *inflight, const struct look *look,
		     const struct queues_time *time)
{
	const struct look *before = &inflight->before;
	int r;

	if (look->groups)
		return groups_tell(look->groups, before->groups, show, inflight);
	if (!before->queues)
		return queues_tell(look->queues, QUEUED_UNCHANGED, time, show_selected, inflight);
	r = queues_tell(before->queues, QUEUED_GONE, time, show_selected, inflight);
	return r < 0 ? r : queues_tell(look->queues, QUEUED_NEW, time, show_selected, inflight);
}

static int read_look(struct inflight *inflight, struct look *ret)
{
	struct queue_reader_misses misses;
	int r = queues_new(&ret->queues);

	if (r >= 0 && inflight->looking.options->by)
		r = groups_new(&ret->groups, inflight->looking.options->by);
	if (r >= 0)
		r = queue_reader_read(inflight->looking.state, ret->queues, &misses);
	if (r < 0)
		return r;
	inflight->misses.changed += misses.changed;
	inflight->misses.cut += misses.cut;
	inflight->misses.unread += misses.unread;
	if (inflight->before.queues)
		queues_compare(ret->queues, inflight->before.queues);
	return 0;
}

static int look_once(struct inflight *inflight)
{
	struct look look = {};
	struct queues_time time;
	int r = read_look(inflight, &look);

	time.now_ns = clock_monotonic_ns();
	time.realtime_offset_ns = clock_realtime_offset_ns();
	if (r >= 0)
		r = sum_up(inflight, &look, &time);
	if (r >= 0)
		r = tell_look(inflight, &look, &time);
	rows_push(inflight->looking.rows);
	clear_look(&inflight->before);
	inflight->before = look;
	return r;
}

/* Until the next look. Returns 1, or 0 where it ends, or a negative errno. */
static int wait_for_next(struct inflight *inflight)
{
	struct pollfd sources[] = {
		{ .fd = inflight->watch_fd, .events = POLLIN },
		{ .fd = inflight->timeout_fd, .events = POLLIN },
		{ .fd = inflight->looking.signal_fd, .events = POLLIN },
		{ .fd = rows_error_fd(inflight->looking.rows), .events = POLLIN },
		{ .fd = rows_fd(inflight->looking.rows) }, /* only whether the reader has gone */
	};
	uint64_t expirations;

	for (;;) {
		if (poll(sources, sizeof(sources) / sizeof(sources[0]), -1) < 0)
			return -errno;
		if (sources[4].revents & POLLERR)
			return -EPIPE;
		if (sources[3].revents)
			return rows_error(inflight->looking.rows);
		if (sources[1].revents || looking_must_stop(&inflight->looking))
			return 0;
		if (sources[0].revents)
			return read(inflight->watch_fd, &expirations, sizeof(expirations)) < 0 ?
				       -errno :
				       1;
	}
}

static int look_on(struct inflight *inflight)
{
	int r;

	do {
		r = look_once(inflight);
		if (r >= 0)
			r = inflight->looking.options->watch_s ? wait_for_next(inflight) : 0;
	} while (r > 0);
	return r;
}

/* The end */

static void say_summary(const struct inflight *inflight)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	if (!stream)
		return;
	if (inflight->descriptors == 0)
		fputs("nothing is in flight", stream);
	else
		fprintf(stream,
			"%" PRIu64 " descriptor%s in %" PRIu64
			" message%s, in the queue%s of %" PRIu64 " socket%s",
			inflight->descriptors, command_plural(inflight->descriptors),
			inflight->messages, command_plural(inflight->messages),
			command_plural(inflight->sockets), inflight->sockets,
			command_plural(inflight->sockets));
	looking_print_misses(&inflight->looking, &inflight->misses, stream);
	if (fclose(stream) == 0)
		command_say("%s", text);
	free(text);
}

/* `error` is what ended the looks. Returns an exit status. */
static int conclude(struct inflight *inflight, int error)
{
	error = looking_end(&inflight->looking, error);
	if (error == -EPIPE) /* `fdpass inflight | head` */
		return STATUS_OK;
	if (error < 0 && error != -ECANCELED)
		return looking_say_error(&inflight->looking, error);
	say_summary(inflight);
	return looking_missed(&inflight->looking, &inflight->misses) > 0 ? STATUS_LOST : STATUS_OK;
}

static int set_timers(struct inflight *inflight)
{
	const struct options *options = inflight->looking.options;
	uint64_t watch_ns = options->watch_s * NSEC_PER_SEC;
	int r = clock_new_timer(&inflight->watch_fd, watch_ns, watch_ns);

	if (r >= 0)
		r = clock_new_timer(&inflight->timeout_fd, options->timeout_s * NSEC_PER_SEC, 0);
	return r;
}

static int run(struct inflight *inflight)
{
	int status = looking_begin(&inflight->looking), r;

	if (status != STATUS_OK)
		return status;
	r = set_timers(inflight);
	if (r >= 0)
		r = rows_begin(inflight->looking.rows);
	return conclude(inflight, r < 0 ? r : look_on(inflight));
}

int inflight_run(const struct options *options)
{
	struct inflight inflight = {
		.looking = LOOKING_INIT(options),
		.watch_fd = -1,
		.timeout_fd = -1,
	};
	int status = run(&inflight);

	clear_look(&inflight.before);
	looking_free(&inflight.looking);
	command_close(inflight.watch_fd);
	command_close(inflight.timeout_fd);
	return status;
}
