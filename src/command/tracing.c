// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What the commands that trace have in common: see tracing.h. One loop waits for everything: the ring
 * buffer, signals, the traced command's end, timers, and the end of whoever reads the output.
 */
#include "command/tracing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "host/clock.h"
#include "host/priority.h"
#include "host/privilege.h"
#include "host/reason.h"
#include "host/signals.h"

/* The kernel side wakes nobody for a few events: they are looked for so often. */
#define LOOK_NS (100 * NSEC_PER_MSEC)
/* Receive queues are swept at each second look, while something is in flight. */
#define LOOKS_PER_SWEEP 2

/* Passes */

static int take_pass(void *userdata, const struct pass *pass)
{
	struct tracing *tracing = userdata;
	const struct row row = {
		.pass = pass,
		.resolver = parties_resolver(tracing->parties),
	};
	int r = tracing->sink->pass(tracing->userdata, &row);

	tracing->full = r == -ECANCELED;
	return r;
}

/* Events */

static void update_losses(struct tracing *tracing)
{
	struct join_counts counts;

	if (!tracing->join)
		return;
	join_counts(tracing->join, &counts);
	tracing->losses.evicted_passes = counts.evicted_passes;
	tracing->losses.unmatched = counts.unmatched;
	tracing->losses.malformed_records = counts.malformed;
	tracer_lost(tracing->tracer, tracing->losses.events);
}

/* The warning waits for a second look: see tracer_lost(). */
static void check_losses(struct tracing *tracing)
{
	uint64_t before = losses_sum(&tracing->losses), sum;

	update_losses(tracing);
	sum = losses_sum(&tracing->losses);
	if (sum > before)
		join_note_loss(tracing->join);
	if (before > 0 && sum > 0 && !tracing->warned) {
		command_say("events are being lost; the end tells how many, and why");
		tracing->warned = true;
	}
}

static int take_record(void *userdata, const void *data, size_t size)
{
	struct tracing *tracing = userdata;
	int r;

	r = join_record(tracing->join, data, size);
	/* What is malformed was counted, and is told at the end. */
	return r == -EBADMSG ? 0 : r;
}

static int read_ring(struct tracing *tracing)
{
	int r = tracer_read(tracing->tracer, take_record, tracing);

	return r == -EAGAIN ? 0 : r; /* the rest is there at the next look */
}

/* The same, with the record that is being written just now. Returns -EAGAIN where that does not end. */
static int read_whole_ring(struct tracing *tracing)
{
	uint64_t give_up_ns = clock_monotonic_ns() + NSEC_PER_SEC;
	int r;

	while ((r = tracer_read(tracing->tracer, take_record, tracing)) == -EAGAIN) {
		if (clock_monotonic_ns() > give_up_ns)
			break;
		usleep(100);
	}
	return r;
}

static void take_queued(void *userdata, const struct event_queued *queued)
{
	struct tracing *tracing = userdata;

	join_sweep_entry(tracing->join, queued);
}

static void ask_owner(void *userdata, uint64_t ino)
{
	struct tracing *tracing = userdata;

	tracer_ask_owner(tracing->tracer, ino);
	tracing->asked = true;
}

static void take_owner(void *userdata, const struct event_owner *owner)
{
	struct tracing *tracing = userdata;

	join_sweep_owner(tracing->join, owner);
}

/* Who may receive what will be told as pending. Where that cannot be found out, it is left out. */
static void find_owners(struct tracing *tracing, bool last)
{
	tracing->asked = false;
	join_sweep_sockets(tracing->join, last, ask_owner, tracing);
	if (tracing->asked)
		tracer_owners(tracing->tracer, take_owner, tracing);
}

/* Compare what is in flight with what the events say. `last`: join_finish() follows. */
static int sweep(struct tracing *tracing, bool last)
{
	int r;

	if (tracing->cannot_sweep)
		return 0;
	join_sweep_begin(tracing->join, clock_monotonic_ns());
	r = tracer_queued(tracing->tracer, take_queued, tracing);
	if (r == -EOPNOTSUPP) {
		tracing->cannot_sweep = true;
		return 0;
	}
	if (r >= 0)
		find_owners(tracing, last);
	/* The events that explain what the sweep did not find come before its end. */
	if (r >= 0)
		r = read_whole_ring(tracing);
	if (r == -ENOBUFS || r == -EAGAIN)
		return 0; /* the next one may be whole */
	if (r < 0)
		return r;
	check_losses(tracing);
	return join_sweep_end(tracing->join, clock_monotonic_ns());
}

static void check_rows(struct tracing *tracing)
{
	if (tracing->warned_of_rows || rows_unwritten(tracing->rows) == 0)
		return;
	command_say("rows are left out, since they are read too slowly; the end tells how many");
	tracing->warned_of_rows = true;
}

/* What the loop waits for */

static int on_look(struct tracing *tracing)
{
	uint64_t expirations;
	int r;

	/* Late looks are not made up for. */
	if (read(tracing->look_fd, &expirations, sizeof(expirations)) < 0)
		return -errno;
	tracing->ended |= tracing->ending;
	join_set_realtime_offset(tracing->join, clock_realtime_offset_ns());
	r = read_ring(tracing);
	if (r < 0)
		return r;
	check_losses(tracing);
	r = join_tick(tracing->join, clock_monotonic_ns());
	if (r >= 0 && ++tracing->nr_looks % LOOKS_PER_SWEEP == 0 && join_wants_sweep(tracing->join))
		r = sweep(tracing, false);
	if (r >= 0)
		r = parties_go_on(tracing->parties);
	if (r >= 0 && tracing->sink->tick)
		r = tracing->sink->tick(tracing->userdata);
	check_rows(tracing);
	return r;
}

/* Who somebody is, is known now. */
static int on_parties(struct tracing *tracing)
{
	return parties_go_on(tracing->parties);
}

static int on_timeout(struct tracing *tracing)
{
	tracing->ended = true;
	return 0;
}

/* The command decides what ends it: a Ctrl-C reaches it by itself, other signals are handed on. */
static void on_stop_signal(struct tracing *tracing, const struct signalfd_siginfo *info)
{
	if (!tracing->child)
		tracing->ended = true;
	else if (info->ssi_code != SI_KERNEL)
		child_signal(tracing->child, (int)info->ssi_signo);
}

static int on_signal(struct tracing *tracing)
{
	struct signalfd_siginfo info;

	if (read(tracing->signal_fd, &info, sizeof(info)) != sizeof(info))
		return -errno;
	if (info.ssi_signo != SIGCHLD)
		on_stop_signal(tracing, &info);
	else if (tracing->child && child_reap(tracing->child))
		tracing->ending = true; /* what it left to the kernel's workers ends until then */
	return 0;
}

/* Watched for errors only: whoever reads the rows has gone. */
static int on_reader(struct tracing *tracing)
{
	(void)tracing;
	return -EPIPE;
}

static int on_error(struct tracing *tracing)
{
	return rows_error(tracing->rows);
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

static int (*const handlers[])(struct tracing *tracing) = {
	[SOURCE_RING] = read_ring,     [SOURCE_LOOK] = on_look,	    [SOURCE_PARTIES] = on_parties,
	[SOURCE_TIMEOUT] = on_timeout, [SOURCE_SIGNAL] = on_signal, [SOURCE_READER] = on_reader,
	[SOURCE_ERROR] = on_error,
};

static int loop(struct tracing *tracing)
{
	while (!tracing->ended) {
		struct epoll_event event;
		int r;

		rows_push(tracing->rows);
		r = epoll_wait(tracing->epoll_fd, &event, 1, -1);
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return -errno;
		r = handlers[event.data.u32](tracing);
		if (r < 0)
			return r;
	}
	return 0;
}

/* The begin */

static int watch(struct tracing *tracing, int fd, enum source source)
{
	struct epoll_event event = {
		.events = source == SOURCE_READER ? 0 : EPOLLIN,
		.data.u32 = source,
	};

	return epoll_ctl(tracing->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static int watch_all(struct tracing *tracing)
{
	int r;

	tracing->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (tracing->epoll_fd < 0)
		return -errno;
	r = watch(tracing, tracer_fd(tracing->tracer), SOURCE_RING);
	if (r >= 0)
		r = watch(tracing, tracing->signal_fd, SOURCE_SIGNAL);
	if (r >= 0)
		r = clock_new_timer(&tracing->look_fd, LOOK_NS, LOOK_NS);
	if (r >= 0)
		r = watch(tracing, tracing->look_fd, SOURCE_LOOK);
	if (r >= 0)
		r = clock_new_timer(&tracing->timeout_fd,
				    tracing->options->timeout_s * NSEC_PER_SEC, 0);
	if (r >= 0)
		r = watch(tracing, tracing->timeout_fd, SOURCE_TIMEOUT);
	if (r >= 0 && parties_fd(tracing->parties) >= 0)
		r = watch(tracing, parties_fd(tracing->parties), SOURCE_PARTIES);
	if (r >= 0)
		r = watch(tracing, rows_error_fd(tracing->rows), SOURCE_ERROR);
	if (r >= 0)
		r = watch(tracing, rows_fd(tracing->rows), SOURCE_READER);
	/* A regular file: it never has a reader that goes. */
	return r == -EPERM ? 0 : r;
}

static int make_join(struct tracing *tracing)
{
	const struct join_options join_options = {
		.late_ns = NSEC_PER_SEC / 2,
		.pending_after_ns = tracing->options->pending_after_s * NSEC_PER_SEC,
		.max_bytes = reason_room(tracing->options->max_memory),
		.sees_creations = tracer_sees_creations(tracing->tracer),
		.on_cgroup = parties_cgroup,
	};

	int r = join_new(&tracing->join, &join_options, parties_pass, tracing->parties);

	if (r >= 0)
		join_set_realtime_offset(tracing->join, clock_realtime_offset_ns());
	return r;
}

/* All but the tracer. The command is forked here, before the privileges are dropped. */
static int prepare(struct tracing *tracing)
{
	int r = parties_new(&tracing->parties, take_pass, tracing);

	if (r >= 0)
		r = rows_new(&tracing->rows, tracing->options);
	if (r >= 0)
		r = tracing->signal_fd = signals_open(&tracing->inherited_mask);
	if (r >= 0 && tracing->options->child_argv)
		r = child_new(&tracing->child, tracing->options->child_argv,
			      &tracing->inherited_mask);
	return r;
}

static int attach(struct tracing *tracing, char reason[TRACER_REASON_MAX])
{
	const struct tracer_options tracer_options = {
		.way = tracing->options->way,
		.ring_size = tracing->options->buffer_size,
		.trace_children = tracing->child != NULL,
		.system_calls = tracing->options->system_calls,
		.finds_kept = tracing->sink->finds_kept,
	};

	return tracer_new(&tracing->tracer, &tracer_options, reason);
}

static void ignore_queued(void *userdata, const struct event_queued *queued)
{
	(void)userdata;
	(void)queued;
}

/* Everything that is read of the tracer once it is attached can be read with what is left. */
static bool can_read(void *userdata)
{
	struct tracing *tracing = userdata;
	int r = tracer_queued(tracing->tracer, ignore_queued, NULL);

	return r >= 0 || r == -EOPNOTSUPP;
}

/* Whoever waits for the begin of a trace waits for this line. */
static void say_attached(const struct tracing *tracing)
{
	struct utsname name;
	size_t length;

	/* "6.12" of "6.12.107+deb13-amd64" */
	uname(&name);
	length = strcspn(name.release, ".");
	if (name.release[length] == '.')
		length += 1 + strspn(name.release + length + 1, "0123456789");
	command_say("tracing with %s on %.*s (fdpass doctor tells what that can see)",
		    tracer_way(tracing->tracer), (int)length, name.release);
}

static int begin(struct tracing *tracing)
{
	int r = make_join(tracing);

	if (r >= 0)
		r = watch_all(tracing);
	if (r < 0)
		return r;
	priority_raise();
	return privilege_drop(can_read, tracing);
}

/* The end */

/* A signal while it is waited for the reader of the last rows. */
static bool must_stop(void *userdata)
{
	const struct tracing *tracing = userdata;
	struct signalfd_siginfo info;

	while (read(tracing->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo != SIGCHLD)
			return true;
	}
	return false;
}

/* `error` is what ended the loop. What is still open gets its row, where rows can be shown. */
static int finish(struct tracing *tracing, int error)
{
	int r = tracing->full ? 0 : error, written;

	if (r >= 0 && !tracing->full)
		r = sweep(tracing, true);
	if (r >= 0 && !tracing->full)
		r = join_finish(tracing->join, clock_monotonic_ns());
	if (r >= 0 && !tracing->full)
		r = parties_finish(tracing->parties);
	if (r >= 0 && !tracing->full && tracing->sink->end)
		r = tracing->sink->end(tracing->userdata);
	if (tracing->full)
		r = 0;
	written = rows_end(tracing->rows, must_stop, tracing);
	return written < 0 ? written : r;
}

static void say_summary(const struct tracing *tracing)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	if (!stream)
		return;
	tracing->sink->print_summary(tracing->userdata, stream);
	fputs("; ", stream);
	losses_print(&tracing->losses, stream);
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
static int conclude(struct tracing *tracing, int error)
{
	bool no_reader = error == -EPIPE;
	bool lost;

	update_losses(tracing);
	tracing->losses.unwritten_rows = rows_unwritten(tracing->rows);
	lost = losses_sum(&tracing->losses) > 0;
	/* `fdpass | head` ends in silence, unless there is more to know than that. */
	if (!no_reader || lost)
		say_summary(tracing);
	if (error < 0 && !no_reader)
		return say_error(rows_error(tracing->rows) < 0 ? rows_target(tracing->rows) :
								 "the trace broke off",
				 error);
	if (tracing->child && tracing->ending)
		return child_status(tracing->child);
	if (tracing->child)
		command_say("the command goes on, and is not traced any more");
	return lost ? STATUS_LOST : STATUS_OK;
}

/* Let the command run. Returns an exit status where it cannot. */
static int start_child(struct tracing *tracing)
{
	int r = tracing->child ? child_start(tracing->child) : 0;

	if (r == 0)
		return STATUS_OK;
	command_say("%s: %s", tracing->options->child_argv[0], strerror(-r));
	return r == -ENOENT ? STATUS_NOT_FOUND : STATUS_NOT_EXECUTABLE;
}

static int run(struct tracing *tracing)
{
	char reason[TRACER_REASON_MAX];
	int r, status;

	if (privilege_check(reason) < 0) {
		command_say("%s", reason);
		return STATUS_CANNOT;
	}
	r = prepare(tracing);
	if (r == -ECANCELED)
		return STATUS_CANNOT;
	if (r < 0)
		return say_error("cannot prepare the trace", r);
	if (attach(tracing, reason) < 0) {
		command_say("cannot trace: %s", reason);
		return STATUS_CANNOT;
	}
	r = begin(tracing);
	if (r < 0)
		return say_error("cannot begin the trace", r);
	say_attached(tracing);
	status = start_child(tracing);
	if (status != STATUS_OK)
		return status;
	r = rows_begin(tracing->rows);
	if (r >= 0 && tracing->sink->begin)
		r = tracing->sink->begin(tracing->userdata);
	if (r >= 0)
		r = loop(tracing);
	return conclude(tracing, finish(tracing, r));
}

static void clean_up(struct tracing *tracing)
{
	tracer_free(tracing->tracer);
	child_free(tracing->child);
	join_free(tracing->join);
	rows_free(tracing->rows);
	parties_free(tracing->parties);
	command_close(tracing->epoll_fd);
	command_close(tracing->signal_fd);
	command_close(tracing->look_fd);
	command_close(tracing->timeout_fd);
}

int tracing_run(struct tracing *tracing)
{
	int status = run(tracing);

	clean_up(tracing);
	return status;
}
