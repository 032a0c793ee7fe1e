/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The inside of the join, between its two halves: join.c makes passes of events, sweep.c makes sure
 * of what no event tells.
 */
#ifndef FDPASS_JOIN_STATE_H
#define FDPASS_JOIN_STATE_H

#include "core/join.h"
#include "core/identity.h"
#include "core/message.h"

/* Messages in receive queues, by socket and first file. */
struct sightings {
	struct event_queued *items;
	size_t count;
	size_t size; /* that items has room for */
};

struct join {
	struct join_options options;
	join_row_fn fn;
	void *userdata;
	struct messages messages;
	struct identities *identities;
	uint64_t own_numbers; /* given so far */
	uint64_t now_ns; /* of the last tick */
	uint64_t evicted_passes;
	uint64_t malformed;
	/*
	 * The last ones with a number that were received: a peek that another thread made at the
	 * same time may be told after that.
	 */
	struct message *received_lately[16];
	unsigned int nr_received_lately; /* ever */

	/*
	 * Events were lost, or the first sweep did not find all that was queued before the trace: so
	 * messages may be queued that are not known here, before and among those that are. Until a
	 * sweep has found them nothing is joined without a number.
	 */
	bool blind;

	/* The sweep */
	uint64_t sweep; /* its number, from 1 */
	uint64_t sweep_begin_ns;
	bool sweeping; /* between begin and end */
	bool lost_in_sweep;
	bool cut_sweep; /* some queue was not told whole: what was sent to a name may be in it */
	uint32_t swept_netns; /* only sockets of this network namespace were looked at; 0: all */
	struct sightings found; /* in the queues */
	struct sightings received; /* since the begin, by keyless events */
};

/* Two addresses or inode numbers that are both known, and not the same. */
static inline bool differ(uint64_t a, uint64_t b)
{
	return a != 0 && b != 0 && a != b;
}

/* Was the one queued before the other? A thread sends one at a time, others may overtake. */
bool join_is_surely_before(const struct message *one, const struct message *other);

/*
 * Put a message in, as messages_add() does; it gets a number if it has none, and the oldest ones
 * give way. Takes the message over, also when it fails.
 */
int join_keep_message(struct join *join, struct message *message,
		      const struct event_socket *socket);
/* Tell a row for each of the message's descriptors, all with this outcome. */
int join_tell_outcome(struct join *join, const struct message *message, enum outcome outcome);
/* The same, as their last rows: the message is taken out and freed. */
int join_end_message(struct join *join, struct message *message, enum outcome outcome);

/* To be called for what keyless events tell as received, while a sweep is under way. */
int join_sweep_received(struct join *join, const struct decoded *decoded);

#endif
