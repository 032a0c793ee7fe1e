/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages in flight: what the join knows of a message between its first event and its last one, found
 * by number or by age.
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
#include "core/name.h"
#include "core/pass.h"
#include "event.h"

/*
 * What a message in flight can be. It goes down this list and never up again; where it ends, its last
 * rows are told and it is no more.
 */
enum message_state {
	MESSAGE_SENT, /* accepted from its sender */
	MESSAGE_QUEUED, /* seen in a queue since */
	MESSAGE_PENDING, /* told as pending */
};

struct message {
	struct pass common; /* what all passes of the message have in common */
	enum message_state state;
	uint64_t sender_sock; /* address of the sender's socket; 0: not known */
	uint64_t kept_ns; /* when it was kept here */
	uint64_t kept_in; /* the last sweep that had begun then */
	uint64_t seen; /* the last sweep that found it; 0: none did */
	UT_hash_handle by_number;
	TAILQ_ENTRY(message) by_age;
	uint32_t total_files;
	uint32_t nr_files; /* of files[]; at most total_files */
	struct file files[]; /* files[].fd is the one in the sender */
};

TAILQ_HEAD(message_list, message);

/* All that are in flight. */
struct messages {
	struct names *names; /* borrowed */
	struct message *by_number;
	/* Oldest first: those that were told as pending, and those that were not. */
	struct message_list pending, fresh;
	size_t count;
	size_t size; /* bytes of memory, without the names */
};

/* A message of the event's files. Returns 0, -EBADMSG or -ENOMEM. */
int message_new(struct message **ret, struct names *names, const struct decoded *decoded);
/* Accepts NULL, returns NULL. */
struct message *message_free(struct message *message, struct names *names);
/* Describe the files that are not described yet as this event tells them. Errors as above. */
int message_describe(struct message *message, struct names *names, const struct decoded *decoded);
/* Could the event tell of this message's files? One that tells of none could. */
bool message_has_files(const struct message *message, const struct decoded *decoded);

void messages_init(struct messages *messages, struct names *names);
void messages_free(struct messages *messages);
/* Puts a message in, by common.message. Takes it over, unless it fails with -ENOMEM. */
int messages_add(struct messages *messages, struct message *message);
/* Takes a message out: it is the caller's again. */
struct message *messages_take(struct messages *messages, struct message *message);
struct message *messages_find(const struct messages *messages, uint64_t number);
/* It was told as pending: see the lists. */
void messages_set_pending(struct messages *messages, struct message *message);
/* The one that has been kept for longest; NULL: there is none. */
struct message *messages_oldest(const struct messages *messages);

#endif
