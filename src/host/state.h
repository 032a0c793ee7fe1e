/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reader of state: what is there now, told by the iterators of src/bpf/state.bpf.c, with nothing
 * attached to the kernel.
 */
#ifndef FDPASS_HOST_STATE_H
#define FDPASS_HOST_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"
#include "host/owner.h"
#include "host/ring.h"

struct state;

#define STATE_REASON_MAX 1280

/*
 * Load it, and open what takes privileges: the network namespaces of all processes, for the first
 * state_sockets(). Returns 0, or a negative errno with a sentence in `reason` that says why it cannot be had.
 */
int state_new(struct state **ret, char reason[STATE_REASON_MAX]);
/* Accepts NULL, returns NULL. */
struct state *state_free(struct state *state);

/* Can the kernel tell sockets that no process has open? It can since 5.15. */
bool state_sees_all_sockets(const struct state *state);
/* But not those of some other network namespace, for want of privileges. */
bool state_misses_namespaces(const struct state *state);

/* A call for each socket with something in its queue, by its address; for some more than once. */
typedef void (*state_socket_fn)(void *userdata, uint64_t sock);
int state_sockets(struct state *state, state_socket_fn fn, void *userdata);

/*
 * Ask about a socket, with EVENT_ASK_QUEUE, or about a message of its queue. A call for each entry of the
 * queue, or one with a record; none where it is not there any more. Returns 0, a negative errno, or what
 * the function returned, where that is negative.
 */
int state_list(struct state *state, const struct event_asked *asked, ring_record_fn fn,
	       void *userdata);
int state_describe(struct state *state, const struct event_asked *asked, ring_record_fn fn,
		   void *userdata);

/* Look for this file too. Returns 0 or a negative errno. */
int state_seek(struct state *state, const struct event_sought *key);
/* A call with a record for each descriptor that is sought, or each mapping. Errors as above. */
int state_files(struct state *state, const struct event_seek *seek, ring_record_fn fn,
		void *userdata);
int state_mappings(struct state *state, const struct event_seek *seek, ring_record_fn fn,
		   void *userdata);

/* Who has a socket open: see host/owner.h. */
void state_ask_owner(struct state *state, uint64_t ino);
int state_owners(struct state *state, owner_fn fn, void *userdata);

/* Is all of it readable with the privileges of now? For privilege_drop(). */
bool state_can_read(void *state);

/* Records for which there was no room, ever. */
uint64_t state_lost(const struct state *state);

#endif
