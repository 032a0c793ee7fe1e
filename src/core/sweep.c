/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sweeps: comparing what is in flight by the events with what is queued in truth. They tell what left
 * a queue unseen, what is pending, and what is queued that no event told of.
 */
#include <errno.h>
#include <stdlib.h>

#include "core/join_state.h"

static int add_sighting(struct sightings *sightings, const struct event_queued *queued)
{
	if (sightings->count == sightings->size) {
		size_t size = sightings->size ? 2 * sightings->size : 64;
		struct event_queued *items = reallocarray(sightings->items, size, sizeof(*items));

		if (!items)
			return -ENOMEM;
		sightings->items = items;
		sightings->size = size;
	}
	sightings->items[sightings->count++] = *queued;
	return 0;
}

int join_sweep_received(struct join *join, const struct decoded *decoded)
{
	const struct event_queued queued = {
		.sock = decoded->event->socket.sock,
		.first_file = decoded->event->nr_files ? decoded->files[0].file : 0,
	};

	return add_sighting(&join->received, &queued);
}

static bool is_due(const struct join *join, const struct message *message, uint64_t now_ns)
{
	uint64_t sent_ns = message->common.time_ns;

	return join->options.pending_after_ns > 0 && !message->pending_told && sent_ns > 0 &&
	       now_ns >= sent_ns && now_ns - sent_ns >= join->options.pending_after_ns;
}

bool join_wants_sweep(const struct join *join)
{
	const struct message *message;

	if (join->blind || join->sweep == 0)
		return true;
	TAILQ_FOREACH(message, &join->messages.by_age, by_age) {
		if (message->accepted_ns > 0 || is_due(join, message, join->now_ns))
			return true;
	}
	return false;
}

int join_sweep_begin(struct join *join, uint64_t now_ns)
{
	join->sweep++;
	join->sweep_begin_ns = now_ns;
	join->sweeping = true;
	join->lost_in_sweep = false;
	join->cut_sweep = false;
	join->swept_netns = 0;
	join->found.count = 0;
	join->received.count = 0;
	return 0;
}

/* Only kept until the end: the events that explain it may not have been read yet. */
int join_sweep_entry(struct join *join, const struct event_queued *queued)
{
	return add_sighting(&join->found, queued);
}

static bool was_accepted_before_sweep(const struct join *join, const struct message *message)
{
	return message->accepted_ns > 0 && message->accepted_ns < join->sweep_begin_ns;
}

static bool is_told_by(const struct message *message, const struct event_queued *entry)
{
	return !message->unsure && message->total_files == entry->count && message->nr_files > 0 &&
	       !differ(message->files[0].file.address, entry->first_file) &&
	       !differ(message->common.to.socket_ino, entry->ino);
}

/*
 * The message that an entry of a queue is, among those that were queued before the sweep, or among
 * those that may or may not have been. The newest: those before it leave the queue first.
 */
static struct message *find_queued(const struct join *join, const struct queue *queue,
				   const struct event_queued *entry, bool before)
{
	struct message *message;

	for (message = TAILQ_LAST(&queue->messages, message_list); message;
	     message = TAILQ_PREV(message, message_list, in_queue)) {
		if (message->seen != join->sweep && message->missed_ns == 0 &&
		    is_told_by(message, entry) &&
		    was_accepted_before_sweep(join, message) == before)
			return message;
	}
	return NULL;
}

static struct message *find_swept(const struct join *join, const struct event_queued *entry,
				  bool before)
{
	const struct queue *queue = messages_to_sock(&join->messages, entry->sock);
	struct message *message = NULL;

	if (queue)
		message = find_queued(join, queue, entry, before);
	/* Where datagrams go that were sent to a name is not known: each may be the one. */
	for (queue = join->messages.to_names; queue && !message; queue = queue->by_key.next)
		message = find_queued(join, queue, entry, before);
	return message;
}

/* Was the entry's message received since the sweep began? Each is that of one entry. */
static bool was_received(struct join *join, const struct event_queued *entry)
{
	for (size_t i = 0; i < join->received.count; i++) {
		struct event_queued *received = &join->received.items[i];

		if (received->sock == entry->sock &&
		    !differ(received->first_file, entry->first_file)) {
			received->sock = 0;
			return true;
		}
	}
	return false;
}

/*
 * A message that is queued and not known: sent before the trace, or its event was lost. It stands
 * in the queue like the others, so that its receiver is not joined to one of them.
 */
static int add_stranger(struct join *join, const struct event_queued *entry)
{
	const struct event_socket socket = { .sock = entry->sock };
	struct message *message;

	if (join->messages.count >= join->options.max_messages) {
		join->lost_in_sweep = true; /* not all are known after this sweep */
		return 0;
	}
	message = message_new_stranger(entry->first_file, entry->count);
	if (!message)
		return -ENOMEM;
	message->common.to.socket_ino = entry->ino;
	message->accepted_ns = join->sweep_begin_ns;
	message->seen = join->sweep;
	return join_keep_message(join, message, &socket);
}

static void take_numbered_entry(struct join *join, const struct event_queued *entry)
{
	struct message *message = messages_find(&join->messages, entry->message);

	if (!message)
		return;
	message->seen = join->sweep;
	message->queued = entry->queued;
	message->unsure = false;
	if (message->common.to.socket_ino == 0)
		message->common.to.socket_ino = entry->ino;
}

static int take_found_entry(struct join *join, const struct event_queued *entry)
{
	struct message *message = find_swept(join, entry, true);

	if (message) {
		message->seen = join->sweep;
		message->queued = true;
		if (message->queue->key.sock != 0 && message->common.to.socket_ino == 0)
			message->common.to.socket_ino = entry->ino;
		return 0;
	}
	if (was_received(join, entry))
		return 0;
	message = find_swept(join, entry, false);
	if (!message)
		return add_stranger(join, entry);
	message->seen = join->sweep;
	message->queued = false;
	return 0;
}

/* The end of the sweep, or not all of a queue was told. */
static void take_note(struct join *join, const struct event_queued *entry)
{
	struct queue *queue = messages_to_sock(&join->messages, entry->sock);

	if (entry->sock == 0) {
		join->swept_netns = entry->ino;
		return;
	}
	join->cut_sweep = true;
	if (queue)
		queue->cut = join->sweep;
}

static int take_entry(struct join *join, const struct event_queued *entry)
{
	if (entry->count == 0)
		take_note(join, entry);
	else if (entry->message != 0)
		take_numbered_entry(join, entry);
	else if (entry->sock != 0)
		return take_found_entry(join, entry);
	return 0;
}

static bool looks_like(const struct message *message, const struct message *other)
{
	return message->total_files == other->total_files && message->nr_files > 0 &&
	       other->nr_files > 0 &&
	       message->files[0].file.address == other->files[0].file.address;
}

/* Can it be this one that is queued, and the other one that was found in its place is not? */
static bool may_be_in_place_of(const struct join *join, const struct message *message,
			       struct message *other)
{
	return other->seen == join->sweep && looks_like(message, other) &&
	       !join_is_surely_before(message, other);
}

/* The message left its queue. Of those that could be in its place no less is known. */
static void note_missing(const struct join *join, struct message *message)
{
	const struct queue *queue = message->queue;
	struct message *other = message;

	message->missed_ns = join->sweep_begin_ns;
	while (queue && (other = TAILQ_NEXT(other, in_queue))) {
		if (may_be_in_place_of(join, message, other))
			other->unsure = true;
	}
}

/*
 * A message that left its queue is received as a rule, and its receiver tells that soon. Else it was
 * read without its descriptors, thrown away, or received in a way that is not seen (io_uring, a
 * 32-bit program): nothing is known of its end.
 */
static int tell_vanished(struct join *join, struct message *message)
{
	if (message->missed_ns == 0)
		note_missing(join, message);
	if (join->sweep_begin_ns - message->missed_ns < join->options.late_ns)
		return 0;
	return join_end_message(join, message, OUTCOME_UNKNOWN);
}

static int tell_pending(struct join *join, struct message *message)
{
	message->pending_told = true;
	return join_tell_outcome(join, message, OUTCOME_PENDING);
}

static bool is_known_queued(const struct join *join, const struct message *message)
{
	return message->seen != 0 && message->seen == join->sweep && message->queued &&
	       !message->unsure;
}

/*
 * Begin anew after a loss: any entry may be a message whose event was lost, so none can be taken for
 * one that is known. They are all strangers.
 */
static void forget_order(struct join *join)
{
	struct message *message;

	TAILQ_FOREACH(message, &join->messages.by_age, by_age)
		message->unsure = true;
}

/* Was it looked for everywhere that it could be queued? */
static bool was_looked_for(const struct join *join, const struct message *message)
{
	const struct queue *queue = message->queue;
	bool cut = queue && queue->key.sock != 0 ? queue->cut == join->sweep : join->cut_sweep;

	return was_accepted_before_sweep(join, message) && !cut &&
	       !differ(join->swept_netns, message->netns);
}

/* What the sweep means for a message, after all of its entries. */
static int end_sweep_of(struct join *join, struct message *message)
{
	if (message->seen != join->sweep)
		return was_looked_for(join, message) ? tell_vanished(join, message) : 0;
	if (is_known_queued(join, message) && is_due(join, message, join->sweep_begin_ns))
		return tell_pending(join, message);
	return 0;
}

int join_sweep_end(struct join *join, uint64_t now_ns)
{
	struct message *message, *next;
	int r = 0;

	join->now_ns = now_ns;
	join->sweeping = false;
	if (join->blind)
		forget_order(join);
	for (size_t i = 0; i < join->found.count && r >= 0; i++)
		r = take_entry(join, &join->found.items[i]);
	for (message = TAILQ_FIRST(&join->messages.by_age); message && r >= 0; message = next) {
		next = TAILQ_NEXT(message, by_age);
		r = end_sweep_of(join, message);
	}
	if (r >= 0)
		join->blind = join->lost_in_sweep ||
			      (join->cut_sweep && (join->blind || join->sweep == 1));
	return r;
}

void join_note_loss(struct join *join)
{
	join->blind = true;
	join->lost_in_sweep = true;
}

int join_tick(struct join *join, uint64_t now_ns)
{
	join->now_ns = now_ns;
	join->sweeping = false; /* one that was given up */
	return 0;
}

int join_finish(struct join *join, uint64_t now_ns)
{
	struct message *message;
	int r = 0;

	join->now_ns = now_ns;
	while (r >= 0 && (message = TAILQ_FIRST(&join->messages.by_age))) {
		if (!is_known_queued(join, message))
			r = join_end_message(join, message, OUTCOME_UNKNOWN);
		else if (!message->pending_told)
			r = join_end_message(join, message, OUTCOME_PENDING);
		else
			message_free(messages_take(&join->messages, message));
	}
	return r;
}
