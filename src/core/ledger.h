/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ledger of received descriptors: which open files were received, from whom and by whom, and where each of
 * them is open at a look. Nothing tells when one is closed: what a look does not find any more is crossed out.
 *
 * A descriptor counts where it is now. Whose it is follows from what the ledger has of its process, the first
 * that fits: it was received as this descriptor; it is the one that the process sent; the process received the
 * file, and has moved it; it sent the file, and has it elsewhere; it is a child of one that received it. Any
 * other process had the file all along, and what it has is left out.
 *
 * Open files are told apart as in identity.h, and where a process has opened one itself that it never sent, it
 * is not what it received.
 */
#ifndef FDPASS_CORE_LEDGER_H
#define FDPASS_CORE_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "core/pass.h"

/* How files came: from whom, to whom, over which socket, and what they are. */
struct origin {
	UT_hash_handle hh;
	size_t nr_references;
	/* What is the same for all of them: sender, receiver, sockets, and the file, if it is one. */
	struct pass *pass;
	size_t key_size;
	unsigned char key[];
};

/* A descriptor that is open at a look. */
struct kept {
	struct origin *origin; /* borrowed */
	const struct event_kept *event; /* of which the task is who has it */
	uint64_t since_ns; /* CLOCK_MONOTONIC, when it was received */
	bool own; /* the sender's own, of what it sent */
};

struct ledger;

/* It takes at most about so much memory; beyond, received descriptors are not watched, and counted. */
int ledger_new(struct ledger **ret, size_t most_bytes);
/* Accepts NULL, returns NULL. */
struct ledger *ledger_free(struct ledger *ledger);

/* Take note of a pass. What has not arrived, or by whom is not known, is passed over. Returns 0 or -ENOMEM. */
int ledger_take(struct ledger *ledger, const struct pass *pass);

/*
 * A look: which files are to be looked for; then a call for each descriptor that is found, in the order in which
 * it is told; then the end. Passes are taken before and after a look, and not in it.
 */
typedef void (*ledger_file_fn)(void *userdata, uint64_t file);
void ledger_look(struct ledger *ledger, ledger_file_fn fn, void *userdata);
/* Returns 1, and whose it is, or 0: it is nobody's that is told, or was told already; or -ENOMEM. */
int ledger_found(struct ledger *ledger, const struct event_kept *event, struct kept *ret);
void ledger_end_look(struct ledger *ledger);

/* For who keeps one after a look. */
struct origin *origin_ref(struct origin *origin);
void ledger_unref(struct ledger *ledger, struct origin *origin);

/* Descriptors that were received, and those of them that are not watched, for want of room. */
uint64_t ledger_received(const struct ledger *ledger);
uint64_t ledger_unwatched(const struct ledger *ledger);

#endif
