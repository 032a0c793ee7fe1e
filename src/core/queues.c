/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The queues of sockets at one look: see queues.h. */
#include "core/queues.h"

#include <errno.h>
#include <stdlib.h>

#include "core/join_state.h"

int queues_new(struct queues **ret)
{
	struct queues *queues = calloc(1, sizeof(*queues));
	int r;

	if (!queues)
		return -ENOMEM;
	TAILQ_INIT(&queues->by_age);
	r = names_new(&queues->names);
	if (r >= 0)
		r = identities_new(&queues->identities, SIZE_MAX);
	if (r < 0) {
		queues_free(queues);
		return r;
	}
	*ret = queues;
	return 0;
}

struct queues *queues_free(struct queues *queues)
{
	if (!queues)
		return NULL;
	while (!TAILQ_EMPTY(&queues->by_age)) {
		struct queue *queue = TAILQ_FIRST(&queues->by_age);

		queues_clear(queues, queue);
		HASH_DEL(queues->by_sock, queue);
		TAILQ_REMOVE(&queues->by_age, queue, by_age);
		free(queue->messages);
		free(queue);
	}
	owners_table_clear(&queues->owners);
	identities_free(queues->identities);
	names_free(queues->names);
	free(queues->holders);
	free(queues);
	return NULL;
}

struct queue *queues_find(const struct queues *queues, uint64_t sock)
{
	struct queue *queue;

	HASH_FIND(hh, queues->by_sock, &sock, sizeof(sock), queue);
	return queue;
}

struct queue *queues_add(struct queues *queues, uint64_t sock)
{
	struct queue *queue = calloc(1, sizeof(*queue));

	if (!queue)
		return NULL;
	queue->sock = sock;
	HASH_ADD(hh, queues->by_sock, sock, sizeof(queue->sock), queue);
	if (!queue->hh.tbl) {
		free(queue);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&queues->by_age, queue, by_age);
	return queue;
}

void queues_clear(struct queues *queues, struct queue *queue)
{
	for (size_t i = 0; i < queue->nr_messages; i++)
		message_free(queue->messages[i].message, queues->names);
	queue->nr_messages = 0;
}

static int make_room(struct queue *queue)
{
	size_t room = queue->room ? 2 * queue->room : 1;
	struct queue_message *messages;

	if (queue->nr_messages < queue->room)
		return 0;
	messages = reallocarray(queue->messages, room, sizeof(*messages));
	if (!messages)
		return -ENOMEM;
	queue->messages = messages;
	queue->room = room;
	return 0;
}

/* Without having seen all creations, two eventfds cannot be told apart. */
static int identify_files(struct queues *queues, struct message *message)
{
	int r = 0;

	for (uint32_t i = 0; i < message->nr_files && r >= 0; i++) {
		if (!identity_needs_creation(&message->files[i]))
			r = identities_set(queues->identities, &message->files[i]);
	}
	return r;
}

int queues_take(struct queues *queues, struct queue *queue, const struct decoded *decoded,
		uint32_t position)
{
	struct message *message;
	struct pass *pass;
	int r = make_room(queue);

	if (r >= 0)
		r = decoded->charge ? 0 : -EBADMSG;
	if (r >= 0)
		r = message_new(&message, queues->names, decoded);
	if (r < 0)
		return r;
	join_take_sender(message, decoded);
	pass = &message->common;
	pass->message = ++queues->last_number;
	pass->from.sockfd = ENDPOINT_FD_UNKNOWN;
	pass->outcome = OUTCOME_PENDING;
	queue->messages[queue->nr_messages++] = (struct queue_message){
		.message = message,
		.address = decoded->event->message,
		.charge = *decoded->charge,
		.position = position,
	};
	return identify_files(queues, message);
}

void queue_set_keeper(struct queue *queue, enum queue_keeper keeper, uint64_t ino)
{
	if (queue->keeper != KEEPER_NONE)
		return;
	queue->keeper = keeper;
	queue->keeper_ino = ino;
}

/* Who can receive from the queue has this socket open. */
static uint64_t holders_ino(const struct queue *queue)
{
	return queue->ino == 0 && queue->keeper == KEEPER_BACKLOG ? queue->keeper_ino : queue->ino;
}

void queues_sockets(const struct queues *queues, queues_ino_fn fn, void *userdata)
{
	const struct queue *queue;

	TAILQ_FOREACH(queue, &queues->by_age, by_age) {
		if (queue->nr_messages == 0)
			continue;
		fn(userdata, holders_ino(queue));
		for (size_t i = 0; i < queue->nr_messages; i++)
			fn(userdata, queue->messages[i].message->common.from.socket_ino);
	}
}

static int make_room_for_holder(struct queues *queues)
{
	size_t room = queues->room ? 2 * queues->room : 16;
	struct holder *holders;

	if (queues->nr_holders < queues->room)
		return 0;
	holders = reallocarray(queues->holders, room, sizeof(*holders));
	if (!holders)
		return -ENOMEM;
	queues->holders = holders;
	queues->room = room;
	return 0;
}

int queues_take_owner(struct queues *queues, const struct event_owner *owner)
{
	struct holder *holder;
	int r = make_room_for_holder(queues);

	if (r < 0)
		return r;
	holder = &queues->holders[queues->nr_holders++];
	holder->ino = owner->ino;
	holder->fd = owner->fd;
	holder->fd_limit = owner->fd_limit;
	join_take_process(&holder->process, &owner->task, owner->flags);
	owners_table_add(&queues->owners, owner->ino, &holder->process);
	return 0;
}

static int order_holders(const void *a, const void *b)
{
	const struct holder *one = a, *other = b;

	if (one->ino != other->ino)
		return one->ino < other->ino ? -1 : 1;
	if (one->process.pid != other->process.pid)
		return one->process.pid < other->process.pid ? -1 : 1;
	return (one->fd > other->fd) - (one->fd < other->fd);
}

void queues_settle(struct queues *queues)
{
	if (queues->nr_holders > 0)
		qsort(queues->holders, queues->nr_holders, sizeof(queues->holders[0]),
		      order_holders);
}

static int order_ino(const void *key, const void *entry)
{
	uint64_t ino = *(const uint64_t *)key;
	const struct holder *holder = entry;

	return (ino > holder->ino) - (ino < holder->ino);
}

static struct holders holders_of(const struct queues *queues, uint64_t ino)
{
	struct holders holders = {};
	const struct holder *end, *found;

	if (ino == 0 || queues->nr_holders == 0)
		return holders;
	end = queues->holders + queues->nr_holders;
	found = bsearch(&ino, queues->holders, queues->nr_holders, sizeof(*found), order_ino);
	if (!found)
		return holders;
	holders.first = found;
	while (holders.first > queues->holders && holders.first[-1].ino == ino)
		holders.first--;
	while (holders.first + holders.count < end && holders.first[holders.count].ino == ino)
		holders.count++;
	return holders;
}

/* The least limit of those of this user. */
static uint64_t fd_limit_of(const struct holders *holders, uint32_t uid)
{
	uint64_t least = 0;

	for (size_t i = 0; i < holders->count; i++) {
		const struct holder *holder = &holders->first[i];

		if (holder->process.uid == uid && (least == 0 || holder->fd_limit < least))
			least = holder->fd_limit;
	}
	return least;
}

static struct queued describe_queue(const struct queues *queues, const struct queue *queue)
{
	struct queued queued = {
		.sock = queue->sock,
		.keeper = queue->keeper,
		.keeper_ino = queue->keeper_ino,
		.length = queue->length,
		.changed = queue->changed,
		.holders = holders_of(queues, holders_ino(queue)),
	};

	if (queue->ino != 0 && queued.holders.count > 0) {
		queued.keeper = KEEPER_PROCESS;
		queued.keeper_ino = 0;
	}
	return queued;
}

/* Who may receive it. Of several processes, any may. */
static void take_receivers(const struct queues *queues, const struct queue *queue,
			   struct pass *pass)
{
	const struct socket_owners *owners = owners_table_find(&queues->owners, holders_ino(queue));

	if (!owners)
		return;
	pass->owners = owners->processes;
	pass->nr_owners = owners->count;
	if (owners->count == 1 && !queues->owners.cut)
		pass->receiver = owners->processes[0];
}

static void take_time(struct pass *pass, struct queued *queued, const struct event_charge *charge,
		      const struct queues_time *time)
{
	uint64_t realtime_now = time->now_ns + (uint64_t)time->realtime_offset_ns;

	pass->realtime_offset_ns = time->realtime_offset_ns;
	pass->time_ns = 0;
	if (charge->queued_ns == 0 || charge->queued_ns > realtime_now)
		return;
	queued->age_ns = realtime_now - charge->queued_ns;
	if (queued->age_ns < time->now_ns)
		pass->time_ns = time->now_ns - queued->age_ns;
}

static bool is_same(const struct queue_message *one, const struct queue_message *other)
{
	const struct message *a = one->message, *b = other->message;

	if (one->address != other->address || a->nr_files != b->nr_files)
		return false;
	for (uint32_t i = 0; i < a->nr_files; i++) {
		if (a->files[i].address != b->files[i].address)
			return false;
	}
	return true;
}

/* Messages leave a queue at its head and come to its end, so most often the next one is the same. */
static void match_queue(struct queue *queue, struct queue *before)
{
	size_t at = 0;

	for (size_t i = 0; i < queue->nr_messages; i++) {
		struct queue_message *message = &queue->messages[i];

		for (size_t j = at; j < before->nr_messages && !message->matched; j++) {
			if (!is_same(message, &before->messages[j]))
				continue;
			message->matched = before->messages[j].matched = true;
			message->message->common.message =
				before->messages[j].message->common.message;
			at = j + 1;
		}
	}
}

void queues_compare(struct queues *queues, struct queues *before)
{
	struct queue *queue, *same;
	size_t i;

	TAILQ_FOREACH(queue, &before->by_age, by_age) {
		for (i = 0; i < queue->nr_messages; i++)
			queue->messages[i].matched = false;
	}
	queues->last_number = before->last_number;
	TAILQ_FOREACH(queue, &queues->by_age, by_age) {
		same = queues_find(before, queue->sock);
		if (same)
			match_queue(queue, same);
		for (i = 0; i < queue->nr_messages; i++) {
			if (!queue->messages[i].matched)
				queue->messages[i].message->common.message = ++queues->last_number;
		}
	}
}

static int tell_message(const struct queues *queues, const struct queue *queue,
			const struct queue_message *message, enum queued_change change,
			const struct queues_time *time, queues_row_fn fn, void *userdata)
{
	struct queued queued = describe_queue(queues, queue);
	struct pass pass = message->message->common;
	int r = 0;

	queued.change = change;
	queued.of_one = true;
	queued.position = message->position;
	queued.message_fds = message->message->nr_files;
	queued.uid = message->charge.uid;
	queued.in_flight = message->charge.in_flight;
	queued.sender_holders = holders_of(queues, pass.from.socket_ino);
	queued.fd_limit = fd_limit_of(&queued.sender_holders, queued.uid);
	take_time(&pass, &queued, &message->charge, time);
	take_receivers(queues, queue, &pass);
	for (uint32_t i = 0; i < message->message->nr_files && r >= 0; i++) {
		pass.index = i;
		pass.file = message->message->files[i];
		r = fn(userdata, &pass, &queued);
	}
	return r;
}

int queues_tell(const struct queues *queues, enum queued_change change,
		const struct queues_time *time, queues_row_fn fn, void *userdata)
{
	const struct queue *queue;
	int r = 0;

	TAILQ_FOREACH(queue, &queues->by_age, by_age) {
		for (size_t i = 0; i < queue->nr_messages && r >= 0; i++) {
			const struct queue_message *message = &queue->messages[i];

			if (change == QUEUED_UNCHANGED || !message->matched)
				r = tell_message(queues, queue, message, change, time, fn,
						 userdata);
		}
	}
	return r < 0 ? r : 0;
}
