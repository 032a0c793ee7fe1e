// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading the queues of all unix sockets: see queue_reader.h. A socket that is found is put behind those that
 * are still to be visited, so nothing here is recursive.
 */
#include "host/queue_reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/linux.h"

/* A queue that does not keep still is read so often. */
#define TRIES 4

/* A socket to visit: by its address or that of its file. */
struct visit {
	uint64_t sock, file;
	enum queue_keeper keeper;
	uint64_t keeper_ino;
};

/* An address that was seen: of a socket or of a file. */
struct seen {
	UT_hash_handle hh;
	uint64_t address;
	size_t visit; /* its place among them */
};

/* A queue as it was listed. */
struct listing {
	struct event_listed *entries;
	size_t count, room;
	bool ended; /* else there is no such socket any more */
	struct event_listed end;
};

struct reading {
	struct state *state;
	struct queues *queues;
	struct queue_reader_misses *misses;
	struct visit *visits;
	size_t nr_visits, room;
	struct seen *seen;
	struct listing before, after;
	struct queue *queue; /* that is read */
	uint32_t position; /* of the message that is described */
	bool described;
	int error; /* of a function that cannot return it */
};

/* The next visit is to this address. */
static int see(struct reading *reading, uint64_t address)
{
	struct seen *seen = calloc(1, sizeof(*seen));

	if (!seen)
		return -ENOMEM;
	seen->address = address;
	seen->visit = reading->nr_visits;
	HASH_ADD(hh, reading->seen, address, sizeof(seen->address), seen);
	if (seen->hh.tbl)
		return 0;
	free(seen);
	return -ENOMEM;
}

/* What is to be visited, or was, turns out to be kept by something. */
static void keep_visit(struct reading *reading, struct visit *visit, const struct visit *again)
{
	struct queue *queue = queues_find(reading->queues, visit->sock);

	if (visit->keeper == KEEPER_NONE) {
		visit->keeper = again->keeper;
		visit->keeper_ino = again->keeper_ino;
	}
	if (queue)
		queue_set_keeper(queue, again->keeper, again->keeper_ino);
}

static int add_visit(struct reading *reading, const struct visit *visit)
{
	uint64_t address = visit->sock ? visit->sock : visit->file;
	size_t room = reading->room ? 2 * reading->room : 64;
	struct visit *visits;
	struct seen *seen;
	int r;

	HASH_FIND(hh, reading->seen, &address, sizeof(address), seen);
	if (seen) {
		keep_visit(reading, &reading->visits[seen->visit], visit);
		return 0;
	}
	if (reading->nr_visits == reading->room) {
		visits = reallocarray(reading->visits, room, sizeof(*visits));
		if (!visits)
			return -ENOMEM;
		reading->visits = visits;
		reading->room = room;
	}
	r = see(reading, address);
	if (r < 0)
		return r;
	reading->visits[reading->nr_visits++] = *visit;
	return 0;
}

static void on_socket(void *userdata, uint64_t sock)
{
	struct reading *reading = userdata;
	const struct visit visit = { .sock = sock };
	int r = add_visit(reading, &visit);

	if (r < 0)
		reading->error = r;
}

static int on_listed(void *userdata, const void *data, size_t size)
{
	struct listing *listing = userdata;
	const struct event_listed *entry = data;
	size_t room = listing->room ? 2 * listing->room : 64;

	if (size != sizeof(*entry))
		return -EBADMSG;
	if (entry->message == 0) {
		listing->ended = true;
		listing->end = *entry;
		return 0;
	}
	if (listing->count == listing->room) {
		struct event_listed *entries =
			reallocarray(listing->entries, room, sizeof(*entries));

		if (!entries)
			return -ENOMEM;
		listing->entries = entries;
		listing->room = room;
	}
	listing->entries[listing->count++] = *entry;
	return 0;
}

static int list(struct reading *reading, const struct visit *visit, struct listing *listing)
{
	const struct event_asked asked = {
		.question = EVENT_ASK_QUEUE,
		.sock = visit->sock,
		.file = visit->sock ? 0 : visit->file,
	};

	listing->count = 0;
	listing->ended = false;
	return state_list(reading->state, &asked, on_listed, listing);
}

static bool is_same(const struct listing *one, const struct listing *other)
{
	if (!one->ended || !other->ended || one->count != other->count ||
	    memcmp(&one->end, &other->end, sizeof(one->end)) != 0)
		return false;
	return one->count == 0 ||
	       memcmp(one->entries, other->entries, one->count * sizeof(one->entries[0])) == 0;
}

static int on_described(void *userdata, const void *data, size_t size)
{
	struct reading *reading = userdata;
	struct decoded decoded;
	int r = decode_record(data, size, &decoded);

	if (r >= 0)
		r = queues_take(reading->queues, reading->queue, &decoded, reading->position);
	if (r >= 0)
		reading->described = true;
	return r == -EBADMSG ? 0 : r;
}

/* Describe the messages that were listed. Returns how many are not, or a negative errno. */
static int describe_all(struct reading *reading, const struct listing *listing)
{
	struct event_asked asked = {
		.question = EVENT_ASK_MESSAGE,
		.sock = listing->end.list,
	};
	int missing = 0;

	for (size_t i = 0; i < listing->count; i++) {
		const struct event_listed *entry = &listing->entries[i];
		int r;

		asked.message = entry->message;
		asked.list = entry->list;
		reading->position = entry->position;
		reading->described = false;
		r = state_describe(reading->state, &asked, on_described, reading);
		if (r < 0)
			return r;
		missing += !reading->described;
	}
	return missing;
}

/* Read the messages of the queue until it has kept still meanwhile. */
static int read_messages(struct reading *reading, const struct visit *visit)
{
	struct queue *queue = reading->queue;
	int missing = 0;

	for (unsigned int i = 0; i < TRIES; i++) {
		int r = i == 0 ? 0 : list(reading, visit, &reading->before);

		queues_clear(reading->queues, queue);
		if (r >= 0)
			r = missing = describe_all(reading, &reading->before);
		if (r >= 0)
			r = list(reading, visit, &reading->after);
		if (r < 0)
			return r;
		queue->length = reading->before.end.position;
		queue->changed = !is_same(&reading->before, &reading->after) ||
				 reading->before.end.flags & EVENT_LISTED_CHANGED;
		if (!queue->changed)
			break;
	}
	reading->misses->changed += queue->changed;
	/* Where it has changed, those that are missing are not there any more. */
	reading->misses->unread += queue->changed ? 0 : (unsigned int)missing;
	return 0;
}

/* Those that wait to be accepted. */
static int visit_backlog(struct reading *reading, const struct listing *listing)
{
	for (size_t i = 0; i < listing->count; i++) {
		const struct visit visit = {
			.sock = listing->entries[i].sock,
			.keeper = KEEPER_BACKLOG,
			.keeper_ino = listing->end.sock,
		};
		int r = add_visit(reading, &visit);

		if (r < 0)
			return r;
	}
	return 0;
}

/* Sockets among the files of the queue's messages. */
static int visit_files(struct reading *reading, const struct queue *queue)
{
	for (size_t i = 0; i < queue->nr_messages; i++) {
		const struct message *message = queue->messages[i].message;

		for (uint32_t j = 0; j < message->nr_files; j++) {
			const struct visit visit = {
				.file = message->files[j].address,
				.keeper = KEEPER_MESSAGE,
				.keeper_ino = queue->ino,
			};
			int r = 0;

			if ((message->files[j].mode & LINUX_S_IFMT) == LINUX_S_IFSOCK)
				r = add_visit(reading, &visit);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

/* Visit a socket that is there still: `before` has been listed. */
static int visit_queue(struct reading *reading, const struct visit *visit)
{
	const struct event_listed *end = &reading->before.end;
	struct queue *queue = queues_find(reading->queues, end->list);
	int r;

	if (queue) { /* it was found in another way too */
		queue_set_keeper(queue, visit->keeper, visit->keeper_ino);
		return 0;
	}
	queue = queues_add(reading->queues, end->list);
	if (!queue)
		return -ENOMEM;
	queue->ino = end->sock;
	queue_set_keeper(queue, visit->keeper, visit->keeper_ino);
	reading->misses->cut += (end->flags & EVENT_LISTED_CUT) != 0;
	if (end->flags & EVENT_LISTED_LISTENS)
		return visit_backlog(reading, &reading->before);
	if (reading->before.count == 0)
		return 0;
	reading->queue = queue;
	r = read_messages(reading, visit);
	return r < 0 ? r : visit_files(reading, queue);
}

static int visit_all(struct reading *reading)
{
	int r = state_sockets(reading->state, on_socket, reading);

	if (r >= 0)
		r = reading->error;
	for (size_t i = 0; i < reading->nr_visits && r >= 0; i++) {
		const struct visit visit = reading->visits[i];

		r = list(reading, &visit, &reading->before);
		if (r >= 0 && reading->before.ended)
			r = visit_queue(reading, &visit);
	}
	return r;
}

static void ask_owner(void *userdata, uint64_t ino)
{
	struct reading *reading = userdata;

	if (ino != 0)
		state_ask_owner(reading->state, ino);
}

static void on_owner(void *userdata, const struct event_owner *owner)
{
	struct reading *reading = userdata;
	int r = queues_take_owner(reading->queues, owner);

	if (r < 0)
		reading->error = r;
}

static int find_owners(struct reading *reading)
{
	int r;

	queues_sockets(reading->queues, ask_owner, reading);
	r = state_owners(reading->state, on_owner, reading);
	queues_settle(reading->queues);
	return r < 0 ? r : reading->error;
}

static void clear(struct reading *reading)
{
	struct seen *seen, *next;

	HASH_ITER(hh, reading->seen, seen, next) {
		HASH_DEL(reading->seen, seen);
		free(seen);
	}
	free(reading->visits);
	free(reading->before.entries);
	free(reading->after.entries);
}

int queue_reader_read(struct state *state, struct queues *queues,
		      struct queue_reader_misses *misses)
{
	struct reading reading = { .state = state, .queues = queues, .misses = misses };
	int r;

	*misses = (struct queue_reader_misses){};
	r = visit_all(&reading);
	if (r >= 0)
		r = find_owners(&reading);
	clear(&reading);
	return r;
}
