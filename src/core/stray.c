/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Strays: hashes of lists, by number and by sending socket. */
#include "core/stray.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/linux.h"

void strays_init(struct strays *strays)
{
	*strays = (struct strays){};
	TAILQ_INIT(&strays->by_age);
	TAILQ_INIT(&strays->lasting);
}

void strays_free(struct strays *strays)
{
	struct stray *stray;

	while ((stray = TAILQ_FIRST(&strays->by_age)) || (stray = TAILQ_FIRST(&strays->lasting)))
		free(strays_take(strays, stray));
}

static struct stray_bucket *find_bucket(struct stray_bucket *buckets, uint64_t key)
{
	struct stray_bucket *bucket;

	HASH_FIND(hh, buckets, &key, sizeof(key), bucket);
	return bucket;
}

static struct stray_bucket *get_bucket(struct stray_bucket **buckets, uint64_t key)
{
	struct stray_bucket *bucket = find_bucket(*buckets, key);

	if (bucket)
		return bucket;
	bucket = calloc(1, sizeof(*bucket));
	if (!bucket)
		return NULL;
	bucket->key = key;
	TAILQ_INIT(&bucket->list);
	HASH_ADD(hh, *buckets, key, sizeof(bucket->key), bucket);
	if (!bucket->hh.tbl) {
		free(bucket);
		return NULL;
	}
	return bucket;
}

static bool is_claim(const struct decoded *decoded)
{
	return decoded->event->type == EVENT_SENT;
}

/* The address of the socket that the message came from; 0: not known. */
static uint64_t sender_of(const struct decoded *decoded)
{
	const struct event_socket *socket =
		decoded->sockets[is_claim(decoded) ? EVENT_SELF : EVENT_OTHER];

	return socket ? socket->sock : 0;
}

/* What a claim and an end have in common, as one number: the sending socket, and the first file. */
static uint64_t key_of(const struct decoded *decoded)
{
	uint64_t first = decoded->nr_files > 0 ? decoded->files[0].address : 0;

	return sender_of(decoded) ^ first * UINT64_C(0x9e3779b97f4a7c15);
}

/* Where it goes is told by an address in the sender's memory: it may lie there for as long as it likes. */
static bool is_addressed(const struct decoded *decoded)
{
	const struct event_socket *to = decoded->sockets[EVENT_OTHER];

	return is_claim(decoded) && (!to || to->sock == 0);
}

static struct stray_bucket **buckets_of(struct strays *strays, const struct stray *stray)
{
	return is_claim(&stray->decoded) ? &strays->claims : &strays->by_socket;
}

static int add_to_buckets(struct strays *strays, struct stray *stray)
{
	const struct event *event = stray->decoded.event;
	uint64_t sender = sender_of(&stray->decoded);

	if (event->message != 0) {
		stray->by_number = get_bucket(&strays->by_number, event->message);
		if (!stray->by_number)
			return -ENOMEM;
		TAILQ_INSERT_TAIL(&stray->by_number->list, stray, in_number);
	}
	if (sender != 0 && (is_claim(&stray->decoded) || event->flags & EVENT_UNCLAIMED)) {
		stray->by_socket = get_bucket(buckets_of(strays, stray), key_of(&stray->decoded));
		if (!stray->by_socket)
			return -ENOMEM;
		TAILQ_INSERT_TAIL(&stray->by_socket->list, stray, in_socket);
	}
	return 0;
}

static void drop_bucket(struct stray_bucket **buckets, struct stray_bucket *bucket)
{
	if (!TAILQ_EMPTY(&bucket->list))
		return;
	HASH_DEL(*buckets, bucket);
	free(bucket);
}

static void take_from_buckets(struct strays *strays, struct stray *stray)
{
	if (stray->by_number) {
		TAILQ_REMOVE(&stray->by_number->list, stray, in_number);
		drop_bucket(&strays->by_number, stray->by_number);
	}
	if (stray->by_socket) {
		TAILQ_REMOVE(&stray->by_socket->list, stray, in_socket);
		drop_bucket(buckets_of(strays, stray), stray->by_socket);
	}
}

int strays_add(struct strays *strays, const struct decoded *decoded, const uint64_t *identities,
	       uint64_t now_ns)
{
	size_t size = decoded->event->size, nr_bytes = decoded->nr_files * sizeof(*identities);
	struct stray *stray = calloc(1, sizeof(*stray) + nr_bytes + size);
	unsigned char *record;

	if (!stray)
		return -ENOMEM;
	memcpy(stray->identities, identities, nr_bytes);
	record = (unsigned char *)stray->identities + nr_bytes;
	memcpy(record, decoded->event, size);
	stray->size = sizeof(*stray) + nr_bytes + size;
	stray->since_ns = now_ns;
	stray->forever = is_addressed(decoded);
	if (decode_record(record, size, &stray->decoded) < 0 || add_to_buckets(strays, stray) < 0) {
		take_from_buckets(strays, stray);
		free(stray);
		return -ENOMEM;
	}
	stray->decoded.identities = stray->identities;
	TAILQ_INSERT_TAIL(stray->forever ? &strays->lasting : &strays->by_age, stray, by_age);
	strays->count++;
	strays->size += stray->size;
	return 0;
}

struct stray *strays_take(struct strays *strays, struct stray *stray)
{
	take_from_buckets(strays, stray);
	TAILQ_REMOVE(stray->forever ? &strays->lasting : &strays->by_age, stray, by_age);
	strays->count--;
	strays->size -= stray->size;
	return stray;
}

struct stray *strays_of_number(const struct strays *strays, uint64_t number)
{
	struct stray_bucket *bucket = find_bucket(strays->by_number, number);

	return bucket ? TAILQ_FIRST(&bucket->list) : NULL;
}

/* A path may have a NUL behind it, or not; in a name that begins with one, all counts. */
static size_t length_of_name(const char *name, size_t size)
{
	return name[0] != '\0' ? strnlen(name, size) : size;
}

/* An address that a claim names is that of the receiving socket, as far as both are known. */
static bool addresses_agree(const struct decoded *claim, const struct decoded *end)
{
	const char *to = claim->names[EVENT_OTHER], *own = end->names[EVENT_SELF];
	size_t size = claim->name_sizes[EVENT_OTHER], own_size = end->name_sizes[EVENT_SELF];

	if (!is_addressed(claim) || size == 0 || own_size == 0)
		return true;
	size = length_of_name(to, size);
	return size == length_of_name(own, own_size) && memcmp(to, own, size) == 0;
}

static bool files_agree(const struct decoded *a, const struct decoded *b)
{
	if (a->event->total_files != b->event->total_files || a->nr_files != b->nr_files)
		return false;
	for (uint32_t i = 0; i < a->nr_files; i++) {
		if (a->files[i].address != b->files[i].address)
			return false;
	}
	return true;
}

/* A message of a stream lies in its queue until its data are copied; others leave it before that. */
static bool is_queued_until_taken(const struct decoded *claim)
{
	const struct event_socket *from = claim->sockets[EVENT_SELF];

	return !is_addressed(claim) && from && from->type == LINUX_SOCK_STREAM;
}

/*
 * A message is taken after its thread had sent the one before; and a sender that did not find it in the queue
 * any more comes after who took it. Whoever names something else than it sends could have another message
 * told as its own otherwise.
 */
static bool times_agree(const struct decoded *claim, const struct decoded *end)
{
	uint64_t taken_ns = end->event->time_ns - end->event->ago_ns;

	if (end->event->ago_ns == EVENT_AGO_MAX)
		return true;
	if (claim->event->ago_ns != EVENT_AGO_MAX &&
	    taken_ns < claim->event->time_ns - claim->event->ago_ns)
		return false;
	return !is_queued_until_taken(claim) || taken_ns <= claim->event->time_ns;
}

/* Two claims that tell the same but for the time. */
static bool tell_the_same(const struct decoded *a, const struct decoded *b)
{
	if (!a->tasks[EVENT_SELF] || !b->tasks[EVENT_SELF] ||
	    a->tasks[EVENT_SELF]->tid != b->tasks[EVENT_SELF]->tid)
		return false;
	for (uint32_t i = 0; i < a->nr_files && i < b->nr_files; i++) {
		if (a->files[i].fd != b->files[i].fd)
			return false;
	}
	return true;
}

/* Candidates that are looked at: whoever has more of them queued at one time is told with less. */
#define MAX_CANDIDATES 64

struct stray *strays_claim_of(const struct strays *strays, const struct decoded *end)
{
	struct stray_bucket *bucket = find_bucket(strays->claims, key_of(end));
	struct stray *found = NULL, *stray;
	int looked_at = 0;

	if (!bucket)
		return NULL;
	TAILQ_FOREACH(stray, &bucket->list, in_socket) {
		if (++looked_at > MAX_CANDIDATES)
			break;
		if (!files_agree(&stray->decoded, end) || !addresses_agree(&stray->decoded, end) ||
		    !times_agree(&stray->decoded, end))
			continue;
		if (found && !tell_the_same(&found->decoded, &stray->decoded))
			return NULL;
		if (!found)
			found = stray;
	}
	return found;
}

struct stray *strays_end_of(const struct strays *strays, const struct decoded *claim)
{
	struct stray_bucket *bucket = find_bucket(strays->by_socket, key_of(claim));
	struct stray *found = NULL, *stray;
	int looked_at = 0;

	if (!bucket)
		return NULL;
	TAILQ_FOREACH(stray, &bucket->list, in_socket) {
		if (++looked_at > MAX_CANDIDATES)
			break;
		if (!files_agree(&stray->decoded, claim) ||
		    !addresses_agree(claim, &stray->decoded) ||
		    !times_agree(claim, &stray->decoded))
			continue;
		/* A thread has told of its message before the next one: the other is somebody else's. */
		if (found && found->decoded.event->message != stray->decoded.event->message)
			return NULL;
		if (!found)
			found = stray;
	}
	return found;
}

struct stray *strays_oldest(const struct strays *strays)
{
	struct stray *late = TAILQ_FIRST(&strays->by_age);
	struct stray *lasting = TAILQ_FIRST(&strays->lasting);

	if (!late || !lasting)
		return late ? late : lasting;
	return late->since_ns < lasting->since_ns ? late : lasting;
}

struct stray *strays_expired(const struct strays *strays, uint64_t ns)
{
	struct stray *oldest = TAILQ_FIRST(&strays->by_age);

	return oldest && oldest->since_ns < ns ? oldest : NULL;
}
