/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages in flight: what the join knows of a message between its first event and its last one,
 * found by number, by the socket that it goes to, or by age.
 */
#ifndef FDPASS_MESSAGE_H
#define FDPASS_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "core/decode.h"
#include "core/pass.h"
#include "event.h"

struct message_file {
	struct file file;
	int32_t fd; /* in the sender; ENDPOINT_FD_UNKNOWN */
};

struct message {
	struct pass common; /* what all passes of the message have in common */
	uint64_t sender_sock; /* address of the sender's socket; 0: not known */
	uint32_t netns; /* of the socket that it goes to; 0: not known */
	uint64_t accepted_ns; /* when its send was known to have succeeded; 0: not known */
	uint64_t seen; /* the last sweep that found it; 0: none did */
	uint64_t missed_ns; /* when a sweep first looked for it in vain; 0: none did */
	bool queued; /* in that sweep: it was in a receive queue, the send not still under way */
	bool pending_told;
	bool stranger; /* found queued, and nothing else is known: no row is told of it */
	/*
	 * It ended unseen, or another one did that looks the same: nothing is joined to it any more,
	 * and unless its send fails, how it ended stays unknown.
	 */
	bool unsure;

	/* Of message.c */
	UT_hash_handle by_number;
	TAILQ_ENTRY(message) by_age;
	TAILQ_ENTRY(message) in_queue;
	struct queue *queue; /* NULL: where it goes is not known */

	uint32_t total_files;
	uint32_t nr_files; /* of files[]; at most total_files */
	struct message_file files[];
};

TAILQ_HEAD(message_list, message);

/* Where messages go to: a socket, or the name that a datagram was sent to. */
struct queue_key {
	uint64_t sock; /* 0: known by name only */
	uint16_t path_len;
	char path[EVENT_SUN_PATH];
	char padding[2]; /* 0: keys are compared as bytes */
};

/* The messages that are under way to one socket, or to one name, oldest first. Never empty. */
struct queue {
	struct queue_key key;
	struct message_list messages;
	uint64_t cut; /* the last sweep that did not tell all of it */
	UT_hash_handle by_key;
};

/* All that are in flight. A zeroed one with an initialised list is empty: see messages_init(). */
struct messages {
	struct message *by_number;
	struct queue *to_socks;
	struct queue *to_names;
	struct message_list by_age; /* oldest first */
	size_t count;
};

/*
 * A message as an event tells it: the files with their descriptions, nothing of who and where.
 * Returns 0, -EBADMSG where a name is broken, or -ENOMEM.
 */
int message_new(struct message **ret, const struct decoded *decoded);
/* A message that is known to be queued only; NULL: no memory. */
struct message *message_new_stranger(uint64_t first_file, uint32_t total_files);
/* Frees a message that is in no table. Accepts NULL, returns NULL. */
struct message *message_free(struct message *message);

/* Describe the files that are not described yet as this event tells them. Errors as above. */
int message_describe(struct message *message, const struct decoded *decoded);

void messages_init(struct messages *messages);
void messages_free(struct messages *messages);

/*
 * Puts a message in, by common.message and, unless `socket` is NULL or says nothing, by where it
 * goes. Takes it over, unless it fails with -ENOMEM.
 */
int messages_add(struct messages *messages, struct message *message,
		 const struct event_socket *socket);
/* Takes a message out: it is the caller's again. */
struct message *messages_take(struct messages *messages, struct message *message);

struct message *messages_find(const struct messages *messages, uint64_t number);
/* Those under way to a socket by its address, or by its name; NULL: none are. */
struct queue *messages_to_sock(const struct messages *messages, uint64_t sock);
struct queue *messages_to_name(const struct messages *messages, const struct event_socket *socket);

#endif
