// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fdpass trace: passes as they happen. One loop waits for everything: the ring buffer, signals, the
 * traced command's end, timers, and the end of whoever reads the output.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "command/command.h"
#include "command/options.h"
#include "command/parties.h"
#include "command/rows.h"
#include "command/summary.h"
#include "core/join.h"
#include "host/child.h"
#include "host/clock.h"
#include "host/priority.h"
#include "host/privilege.h"
#include "host/reason.h"
#include "host/signals.h"
#include "host/tracer.h"

/* The kernel side wakes nobody for a few events: they are looked for so often. */
#define LOOK_NS (100 * NSEC_PER_MSEC)
/* Receive queues are swept at each second look, while something is in flight. */
#define LOOKS_PER_SWEEP 2
struct trace {
	const struct options *options;
	struct parties *parties;
	struct child *child; /* NULL: no COMMAND */
	struct tracer *tracer;
	struct join *join;
	struct rows *rows;
	struct summary summary;
	struct losses losses;
	sigset_t inherited_mask; /* of signals, for the command */
	uint64_t nr_rows;
	uint64_t nr_looks;
	int epoll_fd;
	int signal_fd;
	int look_fd;
	int timeout_fd;
	bool cannot_sweep;
	bool asked; /* for the owners of some socket */
	bool warned; /* events were lost since the reading before this one */
	bool warned_of_rows; /* rows were left out */
	bool ending; /* at the next look */
	bool ended;
	bool full; /* --max-entries rows were shown */
};

/* Rows */

static int show_pass(void *userdata, const struct pass *pass)
{
	struct trace *trace = userdata;
	const struct row row = {
		.pass = pass,
		.resolver = parties_resolver(trace->parties),
	};
	int r;

	if (!selection_has(&trace->options->selection, &row))
		return 0;
	r = rows_put(trace->rows, &row);
	if (r < 0)
		return r;
	r = summary_count(&trace->summary, &row);
	if (r < 0)
		return r;
	trace->full = ++trace->nr_rows == trace->options->max_entries;
	return trace->full ? -ECANCELED : 0;
}

/* Events */

static void update_losses(struct trace *trace)
{
	struct join_counts counts;

	if (!trace->join)
		return;
	join_counts(trace->join, &counts);
	trace->losses.evicted_passes = counts.evicted_passes;
	trace->losses.unmatched = counts.unmatched;
	trace->losses.malformed_records = counts.malformed;
	tracer_lost(trace->tracer, trace->losses.events);
}

/* The warning waits for a second look: see tracer_lost(). */
static void check_losses(struct trace *trace)
{
	uint64_t before = losses_sum(&trace->losses), sum;

	update_losses(trace);
	sum = losses_sum(&trace->losses);
	if (sum > before)
		join_note_loss(trace->join);
	if (before > 0 && sum > 0 && !trace->warned) {
		command_say("events are being lost; the end tells how many, and why");
		trace->warned = true;
	}
}

static int take_record(void *userdata, const void *data, size_t size)
{
	struct trace *trace = userdata;
	int r;

	r = join_record(trace->join, data, size);
	/* What is malformed was counted, and is told at the end. */
	return r == -EBADMSG ? 0 : r;
}

static int read_ring(struct trace *trace)
{
	int r = tracer_read(trace->tracer, take_record, trace);

	return r == -EAGAIN ? 0 : r; /* the rest is there at the next look */
}

/* The same, with the record that is being written just now. Returns -EAGAIN where that does not end. */
static int read_whole_ring(struct trace *trace)
{
	uint64_t give_up_ns = clock_monotonic_ns() + NSEC_PER_SEC;
	int r;

	while ((r = tracer_read(trace->tracer, take_record, trace)) == -EAGAIN) {
		if (clock_monotonic_ns() > give_up_ns)
			break;
		usleep(100);
	}
	return r;
}

static void take_queued(void *userdata, const struct event_queued *queued)
{
	struct trace *trace = userdata;

	join_sweep_entry(trace->join, queued);
}

static void ask_owner(void *userdata, uint64_t ino)
{
	struct trace *trace = userdata;

	tracer_ask_owner(trace->tracer, ino);
	trace->asked = true;
}

static void take_owner(void *userdata, const struct event_owner *owner)
{
	struct trace *trace = userdata;

	join_sweep_owner(trace->join, owner);
}

/* Who may receive what will be told as pending. Where that cannot be found out, it is left out. */
static void find_owners(struct trace *trace, bool last)
{
	trace->asked = false;
	join_sweep_sockets(trace->join, last, ask_owner, trace);
	if (trace->asked)
		tracer_owners(trace->tracer, take_owner, trace);
}

/* Compare what is in flight with what the events say. `last`: join_finish() follows. */
static int sweep(struct trace *trace, bool last)
{
	int r;

	if (trace->cannot_sweep)
		return 0;
	join_sweep_begin(trace->join, clock_monotonic_ns());
	r = tracer_queued(trace->tracer, take_queued, trace);
	if (r == -EOPNOTSUPP) {
		trace->cannot_sweep = true;
		return 0;
	}
	if (r >= 0)
		find_owners(trace, last);
	/* The events that explain what the sweep did not find come before its end. */
	if (r >= 0)
		r = read_whole_ring(trace);
	if (r == -ENOBUFS || r == -EAGAIN)
		return 0; /* the next one may be whole */
	if (r < 0)
		return r;
	check_losses(trace);
	return join_sweep_end(trace->join, clock_monotonic_ns());
}

static void check_rows(struct trace *trace)
{
	if (trace->warned_of_rows || rows_unwritten(trace->rows) == 0)
		return;
	command_say("rows are left out, since they are read too slowly; the end tells how many");
	trace->warned_of_rows = true;
}

/* What the loop waits for */

static int on_look(struct trace *trace)
{
	uint64_t expirations;
	int r;

	/* Late looks are not made up for. */
	if (read(trace->look_fd, &expirations, sizeof(expirations)) < 0)
		return -errno;
	trace->ended |= trace->ending;
	join_set_realtime_offset(trace->join, clock_realtime_offset_ns());
	r = read_ring(trace);
	if (r < 0)
		return r;
	check_losses(trace);
	r = join_tick(trace->join, clock_monotonic_ns());
	if (r >= 0 && ++trace->nr_looks % LOOKS_PER_SWEEP == 0 && join_wants_sweep(trace->join))
		r = sweep(trace, false);
	if (r >= 0)
		r = parties_go_on(trace->parties);
	check_rows(trace);
	return r;
}

/* Who somebody is, is known now. */
static int on_parties(struct trace *trace)
{
	return parties_go_on(trace->parties);
}

static int on_timeout(struct trace *trace)
{
	trace->ended = true;
	return 0;
}

/* The command decides what ends it: a Ctrl-C reaches it by itself, other signals are handed on. */
static void on_stop_signal(struct trace *trace, const struct signalfd_siginfo *info)
{
	if (!trace->child)
		trace->ended = true;
	else if (info->ssi_code != SI_KERNEL)
		child_signal(trace->child, (int)info->ssi_signo);
}

static int on_signal(struct trace *trace)
{
	struct signalfd_siginfo info;

	if (read(trace->signal_fd, &info, sizeof(info)) != sizeof(info))
		return -errno;
	if (info.ssi_signo != SIGCHLD)
		on_stop_signal(trace, &info);
	else if (trace->child && child_reap(trace->child))
		trace->ending = true; /* what it left to the kernel's workers ends until then */
	return 0;
}

/* Watched for errors only: whoever reads the rows has gone. */
static int on_reader(struct trace *trace)
{
	(void)trace;
	return -EPIPE;
}

static int on_error(struct trace *trace)
{
	return rows_error(trace->rows);
}

enum source {
	SOURCE_RING,
	SOURCE_LOOK,
	SOURCE_PARTIES,
	SOURCE_TIMEOUT,
	SOURCE_SIGNAL,
	SOURCE_READER,
	SOURCE_ERROR
};

static int (*const handlers[])(struct trace *trace) = {
	[SOURCE_RING] = read_ring,     [SOURCE_LOOK] = on_look,	    [SOURCE_PARTIES] = on_parties,
	[SOURCE_TIMEOUT] = on_timeout, [SOURCE_SIGNAL] = on_signal, [SOURCE_READER] = on_reader,
	[SOURCE_ERROR] = on_error,
};

static int loop(struct trace *trace)
{
	while (!trace->ended) {
		struct epoll_event event;
		int r;

		rows_push(trace->rows);
		r = epoll_wait(trace->epoll_fd, &event, 1, -1);
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -errno;
		r = handlers[event.data.u32](trace);
		if (r < 0)
			return r;
	}
	return 0;
}

/* The begin */

static int watch(struct trace *trace, int fd, enum source source)
{
	struct epoll_event event = {
		.events = source == SOURCE_READER ? 0 : EPOLLIN,
		.data.u32 = source,
	};

	return epoll_ctl(trace->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static int watch_all(struct trace *trace)
{
	int r;

	trace->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (trace->epoll_fd < 0)
		return -errno;
	r = watch(trace, tracer_fd(trace->tracer), SOURCE_RING);
	if (r >= 0)
		r = watch(trace, trace->signal_fd, SOURCE_SIGNAL);
	if (r >= 0)
		r = clock_new_timer(&trace->look_fd, LOOK_NS, LOOK_NS);
	if (r >= 0)
		r = watch(trace, trace->look_fd, SOURCE_LOOK);
	if (r >= 0)
		r = clock_new_timer(&trace->timeout_fd, trace->options->timeout_s * NSEC_PER_SEC,
				    0);
	if (r >= 0)
		r = watch(trace, trace->timeout_fd, SOURCE_TIMEOUT);
	if (r >= 0 && parties_fd(trace->parties) >= 0)
		r = watch(trace, parties_fd(trace->parties), SOURCE_PARTIES);
	if (r >= 0)
		r = watch(trace, rows_error_fd(trace->rows), SOURCE_ERROR);
	if (r >= 0)
		r = watch(trace, rows_fd(trace->rows), SOURCE_READER);
	/* A regular file: it never has a reader that goes. */
	return r == -EPERM ? 0 : r;
}

static int make_join(struct trace *trace)
{
	const struct join_options join_options = {
		.late_ns = NSEC_PER_SEC / 2,
		.pending_after_ns = trace->options->pending_after_s * NSEC_PER_SEC,
		.max_bytes = reason_room(trace->options->max_memory),
		.sees_creations = tracer_sees_creations(trace->tracer),
		.on_cgroup = parties_cgroup,
	};

	int r = join_new(&trace->join, &join_options, parties_pass, trace->parties);

	if (r >= 0)
		join_set_realtime_offset(trace->join, clock_realtime_offset_ns());
	return r;
}

/* All but the tracer. The command is forked here, before the privileges are dropped. */
static int prepare(struct trace *trace)
{
	int r = parties_new(&trace->parties, show_pass, trace);

	if (r >= 0)
		r = rows_new(&trace->rows, trace->options);
	if (r >= 0)
		r = trace->signal_fd = signals_open(&trace->inherited_mask);
	if (r >= 0 && trace->options->child_argv)
		r = child_new(&trace->child, trace->options->child_argv, &trace->inherited_mask);
	return r;
}

static int attach(struct trace *trace, char reason[TRACER_REASON_MAX])
{
	const struct tracer_options tracer_options = {
		.way = trace->options->way,
		.ring_size = trace->options->buffer_size,
		.trace_children = trace->child != NULL,
		.system_calls = trace->options->system_calls,
	};

	return tracer_new(&trace->tracer, &tracer_options, reason);
}

static void ignore_queued(void *userdata, const struct event_queued *queued)
{
	(void)userdata;
	(void)queued;
}

/* Everything that is read of the tracer once it is attached can be read with what is left. */
static bool can_read(void *userdata)
{
	struct trace *trace = userdata;
	int r = tracer_queued(trace->tracer, ignore_queued, NULL);

	return r >= 0 || r == -EOPNOTSUPP;
}

/* Whoever waits for the begin of a trace waits for this line. */
static void say_attached(const struct trace *trace)
{
	struct utsname name;
	size_t length;

	/* "6.12" of "6.12.107+deb13-amd64" */
	uname(&name);
	length = strcspn(name.release, ".");
	if (name.release[length] == '.')
		length += 1 + strspn(name.release + length + 1, "0123456789");
	command_say("tracing with %s on %.*s (fdpass doctor tells what that can see)",
		    tracer_way(trace->tracer), (int)length, name.release);
}

static int begin(struct trace *trace)
{
	int r = make_join(trace);

	if (r >= 0)
		r = watch_all(trace);
	if (r < 0)
		return r;
	priority_raise();
	return privilege_drop(can_read, trace);
}

/* The end */

/* A signal while it is waited for the reader of the last rows. */
static bool must_stop(void *userdata)
{
	const struct trace *trace = userdata;
	struct signalfd_siginfo info;

	while (read(trace->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo != SIGCHLD)
			return true;
	}
	return false;
}

/* `error` is what ended the loop. What is still open gets its row, where rows can be shown. */
static int finish(struct trace *trace, int error)
{
	int r = trace->full ? 0 : error, written;

	if (r >= 0 && !trace->full)
		r = sweep(trace, true);
	if (r >= 0 && !trace->full)
		r = join_finish(trace->join, clock_monotonic_ns());
	if (r >= 0 && !trace->full)
		r = parties_finish(trace->parties);
	if (trace->full)
		r = 0;
	written = rows_end(trace->rows, must_stop, trace);
	return written < 0 ? written : r;
}

static void say_summary(const struct trace *trace)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	if (!stream)
		return;
	summary_print(&trace->summary, stream);
	fputs("; ", stream);
	losses_print(&trace->losses, stream);
	if (fclose(stream) == 0)
		command_say("%s", text);
	free(text);
}

static int say_error(const char *doing, int error)
{
	command_say("%s: %s", doing, strerror(-error));
	return STATUS_CANNOT;
}

/* How it ended: says so, and returns the exit status. */
static int conclude(struct trace *trace, int error)
{
	bool no_reader = error == -EPIPE;
	bool lost;

	update_losses(trace);
	trace->losses.unwritten_rows = rows_unwritten(trace->rows);
	lost = losses_sum(&trace->losses) > 0;
	/* `fdpass | head` ends in silence, unless there is more to know than that. */
	if (!no_reader || lost)
		say_summary(trace);
	if (error < 0 && !no_reader)
		return say_error(rows_error(trace->rows) < 0 ? rows_target(trace->rows) :
							       "the trace broke off",
				 error);
	if (trace->child && trace->ending)
		return child_status(trace->child);
	if (trace->child)
		command_say("the command goes on, and is not traced any more");
	return lost ? STATUS_LOST : STATUS_OK;
}

/* Let the command run. Returns an exit status where it cannot. */
static int start_child(struct trace *trace)
{
	int r = trace->child ? child_start(trace->child) : 0;

	if (r == 0)
		return STATUS_OK;
	command_say("%s: %s", trace->options->child_argv[0], strerror(-r));
	return r == -ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_EXECUTABLE;
}

static int run(struct trace *trace)
{
	char reason[TRACER_REASON_MAX];
	int r, status;

	if (privilege_check(reason) < 0) {
		command_say("%s", reason);
		return STATUS_CANNOT;
	}
	r = prepare(trace);
	if (r == -ECANCELED)
		return STATUS_CANNOT;
	if (r < 0)
		return say_error("cannot prepare the trace", r);
	if (attach(trace, reason) < 0) {
		command_say("cannot trace: %s", reason);
		return STATUS_CANNOT;
	}
	r = begin(trace);
	if (r < 0)
		return say_error("cannot begin the trace", r);
	say_attached(trace);
	status = start_child(trace);
	if (status != STATUS_OK)
		return status;
	r = rows_begin(trace->rows);
	if (r >= 0)
		r = loop(trace);
	return conclude(trace, finish(trace, r));
}

static void clean_up(struct trace *trace)
{
	tracer_free(trace->tracer);
	child_free(trace->child);
	join_free(trace->join);
	rows_free(trace->rows);
	parties_free(trace->parties);
	summary_clear(&trace->summary);
	command_close(trace->epoll_fd);
	command_close(trace->signal_fd);
	command_close(trace->look_fd);
	command_close(trace->timeout_fd);
}

int trace_run(const struct options *options)
{
	struct trace trace = {
		.options = options,
		.epoll_fd = -1,
		.signal_fd = -1,
		.look_fd = -1,
		.timeout_fd = -1,
	};
	int status = run(&trace);

	clean_up(&trace);
	return status;
}
