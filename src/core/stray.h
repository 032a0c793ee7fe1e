/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Strays: events that wait for their other half. The kernel orders few of them: what a receiver tells
 * can come before what the sender tells of the same message, and a sender whose message was taken at once
 * does not know its number. A stray waits for a while, and is then taken for all that there is.
 */
#ifndef FDPASS_STRAY_H
#define FDPASS_STRAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include <uthash.h>

#include "core/decode.h"

struct stray_bucket;

struct stray {
	struct decoded decoded; /* of the record that follows the identities */
	uint64_t since_ns;
	bool forever;
	struct stray_bucket *by_number, *by_socket; /* NULL: in none */
	TAILQ_ENTRY(stray) in_number, in_socket, by_age;
	size_t size;
	uint64_t identities[];
};

TAILQ_HEAD(stray_list, stray);

/* The strays with one number, or of one sending socket, oldest first. Never empty. */
struct stray_bucket {
	UT_hash_handle hh;
	uint64_t key;
	struct stray_list list;
};

struct strays {
	struct stray_bucket *by_number; /* ends of messages that are not known */
	struct stray_bucket
		*by_socket; /* those of which no sender was found when they were queued */
	struct stray_bucket *claims; /* what senders tell without a number, by their socket */
	struct stray_list by_age; /* those that do not wait for ever */
	struct stray_list lasting;
	size_t count, size;
};

void strays_init(struct strays *strays);
void strays_free(struct strays *strays);

/* Keep a copy of a record that is decoded, and of the identities of its files. Returns 0 or -ENOMEM. */
int strays_add(struct strays *strays, const struct decoded *decoded, const uint64_t *identities,
	       uint64_t now_ns);
/* Take it out: to be freed by the caller. */
struct stray *strays_take(struct strays *strays, struct stray *stray);

/* The oldest end of a message of this number; NULL: none waits. */
struct stray *strays_of_number(const struct strays *strays, uint64_t number);
/*
 * The claim that is of this end of a message, or the end that is of this claim: of the same sending socket
 * and the same files. NULL where there is none, or where it cannot be told which of several it is.
 */
struct stray *strays_claim_of(const struct strays *strays, const struct decoded *end);
struct stray *strays_end_of(const struct strays *strays, const struct decoded *claim);
/* The one that has waited for longest; NULL: none waits. */
struct stray *strays_oldest(const struct strays *strays);
/* One that has waited since before `ns`; NULL: none has. */
struct stray *strays_expired(const struct strays *strays, uint64_t ns);

#endif
