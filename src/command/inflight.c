// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fdpass inflight: the descriptors that lie in the queues of sockets now, one by one or summed up; with
 * --watch again and again, and then what changed.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "command/command.h"
#include "command/options.h"
#include "command/resolver.h"
#include "command/rows.h"
#include "core/grouping.h"
#include "host/clock.h"
#include "host/privilege.h"
#include "host/queue_reader.h"
#include "host/signals.h"
#include "host/state.h"

/* So much may wait for a slow reader: it is waited for. */
#define WAITING_MOST (1 << 20)

/* What there was at one look. */
struct look {
	struct queues *queues;
	struct groups *groups; /* NULL: nothing is summed up */
};

struct inflight {
	const struct options *options;
	struct users *users;
	struct state *state;
	struct rows *rows;
	struct resolver resolver;
	struct look before; /* the look before; empty: there was none */
	struct queue_reader_misses misses; /* of all looks */
	uint64_t descriptors, messages, sockets; /* at the last look */
	uint64_t last_message, last_sock; /* that were counted */
	int signal_fd;
	int watch_fd;
	int timeout_fd;
	bool stopped;
};

/* A signal that ends it. */
static bool must_stop(void *userdata)
{
	struct inflight *inflight = userdata;
	struct signalfd_siginfo info;

	while (read(inflight->signal_fd, &info, sizeof(info)) == sizeof(info))
		inflight->stopped |= info.ssi_signo != SIGCHLD;
	return inflight->stopped;
}

/* Rows */

static int show(void *userdata, const struct pass *pass, const struct queued *queued)
{
	struct inflight *inflight = userdata;
	const struct row row = {
		.pass = pass,
		.resolver = &inflight->resolver,
		.queued = queued,
	};
	int r = rows_put(inflight->rows, &row);

	rows_wait(inflight->rows, WAITING_MOST, must_stop, inflight);
	return r < 0 ? r : inflight->stopped ? -ECANCELED : 0;
}

static bool is_selected(const struct inflight *inflight, const struct pass *pass,
			const struct queued *queued)
{
	const struct row row = {
		.pass = pass,
		.resolver = &inflight->resolver,
		.queued = queued,
	};

	return selection_has(&inflight->options->selection, &row);
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

	if (r >= 0 && inflight->options->by)
		r = groups_new(&ret->groups, inflight->options->by);
	if (r >= 0)
		r = queue_reader_read(inflight->state, ret->queues, &misses);
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
	rows_push(inflight->rows);
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
		{ .fd = inflight->signal_fd, .events = POLLIN },
		{ .fd = rows_error_fd(inflight->rows), .events = POLLIN },
		{ .fd = rows_fd(inflight->rows) }, /* only whether the reader has gone */
	};
	uint64_t expirations;

	for (;;) {
		if (poll(sources, sizeof(sources) / sizeof(sources[0]), -1) < 0)
			return -errno;
		if (sources[4].revents & POLLERR)
			return -EPIPE;
		if (sources[3].revents)
			return rows_error(inflight->rows);
		if (sources[1].revents || must_stop(inflight))
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
			r = inflight->options->watch_s ? wait_for_next(inflight) : 0;
	} while (r > 0);
	return r;
}

/* The end */

static const char *plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

static void print_misses(const struct inflight *inflight, FILE *stream)
{
	const struct queue_reader_misses *misses = &inflight->misses;

	if (misses->changed > 0)
		fprintf(stream, "; %" PRIu64 " queue%s changed each time that it was read",
			misses->changed, plural(misses->changed));
	if (misses->cut > 0)
		fprintf(stream, "; %" PRIu64 " queue%s too long to be read whole", misses->cut,
			plural(misses->cut));
	if (misses->unread > 0)
		fprintf(stream, "; %" PRIu64 " message%s could not be read", misses->unread,
			plural(misses->unread));
	if (!state_sees_all_sockets(inflight->state))
		fputs("; on this kernel, sockets that neither a process nor a message holds are "
		      "not seen",
		      stream);
	else if (state_misses_namespaces(inflight->state))
		fputs("; some processes hide their network namespace: sockets there that none "
		      "holds are not seen",
		      stream);
}

static bool has_misses(const struct inflight *inflight)
{
	const struct queue_reader_misses *misses = &inflight->misses;

	return misses->changed + misses->cut + misses->unread > 0 ||
	       rows_unwritten(inflight->rows) > 0;
}

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
			inflight->descriptors, plural(inflight->descriptors), inflight->messages,
			plural(inflight->messages), plural(inflight->sockets), inflight->sockets,
			plural(inflight->sockets));
	print_misses(inflight, stream);
	if (fclose(stream) == 0)
		command_say("%s", text);
	free(text);
}

/* `error` is what ended the looks. Returns an exit status. */
static int conclude(struct inflight *inflight, int error)
{
	int r;

	if (error == -ECANCELED)
		error = 0;
	rows_wait(inflight->rows, 0, must_stop, inflight);
	r = rows_end(inflight->rows, must_stop, inflight);
	if (error >= 0)
		error = r;
	if (error == -EPIPE) /* `fdpass inflight | head` */
		return STATUS_OK;
	if (error < 0) {
		command_say("%s: %s",
			    rows_error(inflight->rows) < 0 ? rows_target(inflight->rows) :
							     "the look broke off",
			    strerror(-error));
		return STATUS_CANNOT;
	}
	say_summary(inflight);
	return has_misses(inflight) ? STATUS_LOST : STATUS_OK;
}

/* The begin */

static int prepare(struct inflight *inflight)
{
	sigset_t inherited_mask;
	uint64_t watch_ns = inflight->options->watch_s * NSEC_PER_SEC;
	int r = resolver_init(&inflight->resolver, &inflight->users);

	if (r >= 0)
		r = rows_new(&inflight->rows, inflight->options);
	if (r >= 0)
		r = inflight->signal_fd = signals_open(&inherited_mask);
	if (r >= 0)
		r = clock_new_timer(&inflight->watch_fd, watch_ns, watch_ns);
	if (r >= 0)
		r = clock_new_timer(&inflight->timeout_fd,
				    inflight->options->timeout_s * NSEC_PER_SEC, 0);
	return r;
}

static int say_error(const char *doing, int error)
{
	if (error != -ECANCELED) /* it has been said */
		command_say("%s: %s", doing, strerror(-error));
	return STATUS_CANNOT;
}

static int run(struct inflight *inflight)
{
	char reason[STATE_REASON_MAX];
	int r;

	if (privilege_check(reason) < 0) {
		command_say("%s", reason);
		return STATUS_CANNOT;
	}
	r = prepare(inflight);
	if (r < 0)
		return say_error("cannot prepare the look", r);
	if (state_new(&inflight->state, reason) < 0) {
		command_say("cannot look: %s", reason);
		return STATUS_CANNOT;
	}
	r = privilege_drop(state_can_read, inflight->state);
	if (r >= 0)
		r = rows_begin(inflight->rows);
	if (r < 0)
		return say_error("cannot begin the look", r);
	return conclude(inflight, look_on(inflight));
}

static void close_if_open(int fd)
{
	if (fd >= 0)
		close(fd);
}

int inflight_run(const struct options *options)
{
	struct inflight inflight = {
		.options = options,
		.signal_fd = -1,
		.watch_fd = -1,
		.timeout_fd = -1,
	};
	int status = run(&inflight);

	clear_look(&inflight.before);
	state_free(inflight.state);
	rows_free(inflight.rows);
	users_free(inflight.users);
	close_if_open(inflight.signal_fd);
	close_if_open(inflight.watch_fd);
	close_if_open(inflight.timeout_fd);
	return status;
}
