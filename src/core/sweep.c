/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sweeps: comparing what is in flight by the events with what is by the kernel's table. They tell what is
 * pending, and after events were lost, what ended unseen.
 */
#include "core/join_state.h"

/* Told as pending by now, if it is known to be queued. */
static bool is_due(const struct join *join, const struct message *message, uint64_t now_ns)
{
	/* Of one that was only peeked at, it is not known when it was sent: it waits since then at least. */
	uint64_t since_ns = message->common.time_ns ? message->common.time_ns : message->kept_ns;

	return join->options.pending_after_ns > 0 && now_ns >= since_ns &&
	       now_ns - since_ns >= join->options.pending_after_ns;
}

bool join_wants_sweep(const struct join *join)
{
	const struct message *oldest = TAILQ_FIRST(&join->messages.fresh);

	return ((join->lost || join->lost_before) && join->messages.count > 0) ||
	       (oldest && is_due(join, oldest, join->now_ns));
}

void join_note_loss(struct join *join)
{
	join->lost = true;
}

void join_sweep_begin(struct join *join, uint64_t now_ns)
{
	join->sweep++;
	join->sweep_begin_ns = now_ns;
	join->lost_before |= join->lost;
	join->lost = false;
	owners_table_clear(&join->owners);
}

void join_sweep_entry(struct join *join, const struct event_queued *queued)
{
	struct message *message = messages_find(&join->messages, queued->message);

	if (!message)
		return;
	message->seen = join->sweep;
	if (message->state == MESSAGE_SENT && queued->queued)
		message->state = MESSAGE_QUEUED;
	if (message->common.to.socket_ino == 0)
		message->common.to.socket_ino = queued->ino;
}

/* The kernel's table has it now, and knows it to be queued. */
static bool is_queued(const struct join *join, const struct message *message)
{
	return message->seen != 0 && message->seen == join->sweep &&
	       message->state >= MESSAGE_QUEUED;
}

void join_sweep_sockets(const struct join *join, bool last, join_socket_fn fn, void *userdata)
{
	const struct message *message;

	TAILQ_FOREACH(message, &join->messages.fresh, by_age) {
		if (!last && !is_due(join, message, join->sweep_begin_ns))
			break;
		if (is_queued(join, message) && message->common.to.socket_ino != 0)
			fn(userdata, message->common.to.socket_ino);
	}
}

void join_sweep_owner(struct join *join, const struct event_owner *owner)
{
	struct process process;

	join_take_process(&process, &owner->task, owner->flags);
	owners_table_add(&join->owners, owner->ino, &process);
}

static int tell_pending(struct join *join, struct message *message)
{
	messages_set_pending(&join->messages, message);
	return join_tell_outcome(join, message, OUTCOME_PENDING);
}

/*
 * It ended unseen: an event of it was lost. Of one that was kept since the sweep began nothing is known: its
 * record may have lain in the ring for long.
 */
static bool has_vanished(const struct join *join, const struct message *message)
{
	return message->seen != join->sweep && message->kept_in != join->sweep;
}

static int end_vanished(struct join *join, struct message_list *list)
{
	struct message *message, *next;
	int r = 0;

	for (message = TAILQ_FIRST(list); message && r >= 0; message = next) {
		next = TAILQ_NEXT(message, by_age);
		if (has_vanished(join, message))
			r = join_end_message(join, message, OUTCOME_UNKNOWN);
	}
	return r;
}

int join_sweep_end(struct join *join, uint64_t now_ns)
{
	struct message *message, *next;
	int r = 0;

	join->now_ns = now_ns;
	if (join->lost_before) {
		r = end_vanished(join, &join->messages.fresh);
		if (r >= 0)
			r = end_vanished(join, &join->messages.pending);
		join->lost_before = false;
	}
	for (message = TAILQ_FIRST(&join->messages.fresh); message && r >= 0; message = next) {
		next = TAILQ_NEXT(message, by_age);
		if (!is_due(join, message, join->sweep_begin_ns))
			break;
		if (is_queued(join, message))
			r = tell_pending(join, message);
	}
	return r;
}

int join_finish(struct join *join, uint64_t now_ns)
{
	struct message *message;
	int r;

	join->now_ns = now_ns;
	r = join_give_up_strays(join, UINT64_MAX);
	while (r >= 0 && (message = messages_oldest(&join->messages))) {
		if (!is_queued(join, message))
			r = join_end_message(join, message, OUTCOME_UNKNOWN);
		else if (message->state != MESSAGE_PENDING)
			r = join_end_message(join, message, OUTCOME_PENDING);
		else
			message_free(messages_take(&join->messages, message), join->names);
	}
	join_forget_ended(join);
	return r;
}
