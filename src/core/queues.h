/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The queues of sockets at one look: which messages with descriptors lie in them, and who has the sockets
 * open. Whoever reads them (host/queue_reader.c) puts in what it is told; rows come out.
 */
#ifndef FDPASS_CORE_QUEUES_H
#define FDPASS_CORE_QUEUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "core/decode.h"
#include "core/identity.h"
#include "core/message.h"
#include "core/name.h"
#include "core/owner.h"
#include "core/queued.h"

struct queue_message {
	struct message *message;
	uint64_t address; /* of its struct sk_buff */
	struct event_charge charge;
	uint32_t position;
	bool matched; /* it was there at the look before, or, of that one, is there still */
};

/* The queue of one socket. */
struct queue {
	UT_hash_handle hh;
	TAILQ_ENTRY(queue) by_age; /* in the order in which they were found */
	uint64_t sock;
	uint64_t ino; /* 0: it has none (yet) */
	enum queue_keeper keeper; /* but for processes */
	uint64_t keeper_ino;
	uint32_t length;
	bool changed;
	size_t nr_messages, room;
	struct queue_message *messages;
};

struct queues {
	struct names *names;
	struct identities *identities;
	struct queue *by_sock;
	TAILQ_HEAD(, queue) by_age;
	uint64_t last_number; /* of a message */
	struct holder *holders; /* by inode, once queues_settle() was called */
	size_t nr_holders, room;
	struct owners_table owners;
};

/* Returns 0 or -ENOMEM. */
int queues_new(struct queues **ret);
/* Accepts NULL, returns NULL. */
struct queues *queues_free(struct queues *queues);

/* The queue of a socket; NULL: it was not added. */
struct queue *queues_find(const struct queues *queues, uint64_t sock);
/* An empty one. NULL: no memory. */
struct queue *queues_add(struct queues *queues, uint64_t sock);
/* Take all messages out of it. */
void queues_clear(struct queues *queues, struct queue *queue);
/* Add the message of an EVENT_IN_QUEUE. Returns 0, -EBADMSG or -ENOMEM. */
int queues_take(struct queues *queues, struct queue *queue, const struct decoded *decoded,
		uint32_t position);
/* It is not found by a process alone. */
void queue_set_keeper(struct queue *queue, enum queue_keeper keeper, uint64_t ino);

/* A call for each socket of which it is of interest who has it open, by its inode. */
typedef void (*queues_ino_fn)(void *userdata, uint64_t ino);
void queues_sockets(const struct queues *queues, queues_ino_fn fn, void *userdata);
/* One of those, or of any other sockets. Returns 0 or -ENOMEM. */
int queues_take_owner(struct queues *queues, const struct event_owner *owner);
/* All were told. */
void queues_settle(struct queues *queues);

/*
 * Which messages are the same as at the look before: they keep their numbers, and the others get new ones.
 * To be called before anything is told.
 */
void queues_compare(struct queues *queues, struct queues *before);

/* When the rows are told. */
struct queues_time {
	uint64_t now_ns; /* CLOCK_MONOTONIC */
	int64_t realtime_offset_ns;
};

/* Borrowed until it returns; a negative errno ends it. */
typedef int (*queues_row_fn)(void *userdata, const struct pass *pass, const struct queued *queued);
/*
 * A call for each descriptor, those of a message and of a queue one after the other. With a change, only for
 * those that were not matched: as such.
 */
int queues_tell(const struct queues *queues, enum queued_change change,
		const struct queues_time *time, queues_row_fn fn, void *userdata);

#endif
