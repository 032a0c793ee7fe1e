/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The inside of the join, between its parts: join.c decides which event is of which message, tell.c makes
 * passes of them, and above both sweep.c makes sure of what no event tells.
 */
#ifndef FDPASS_JOIN_STATE_H
#define FDPASS_JOIN_STATE_H

#include "core/identity.h"
#include "core/join.h"
#include "core/message.h"
#include "core/owner.h"
#include "core/stray.h"

/* Messages that ended a moment ago: a peek that another thread made may be told after that. */
#define ENDED_LATELY 16

struct join {
	struct join_options options;
	join_row_fn fn;
	void *userdata;
	struct names *names;
	struct messages messages;
	struct strays strays;
	struct identities *identities;
	struct message *ended_lately[ENDED_LATELY];
	unsigned int nr_ended; /* ever */
	uint64_t own_numbers; /* given so far */
	uint64_t now_ns; /* of the last that was told */
	int64_t realtime_offset_ns;
	uint64_t evicted_passes;
	uint64_t unmatched;
	uint64_t malformed;

	uint64_t sweep; /* its number, from 1 */
	uint64_t sweep_begin_ns;
	struct owners_table owners; /* of sockets with pending messages, by the sweep under way */
	bool lost; /* events, since the begin of the last sweep that came to its end */
	bool lost_before; /* and before the one that is under way */
};

/* `flags`: of the event, for the task that is traced. */
void join_take_process(struct process *process, const struct event_task *task, uint16_t flags);
/* Who sent the message, and over which sockets. */
void join_take_sender(struct message *message, const struct decoded *decoded);

/* Tell a row for each of the message's descriptors, all with this outcome. */
int join_tell_outcome(struct join *join, const struct message *message, enum outcome outcome);
/* As the event that ended it tells it: EVENT_RECEIVED, of a peek as well; either; EVENT_SEND_FAILED. */
int join_tell_received(struct join *join, const struct message *message,
		       const struct decoded *decoded);
int join_tell_end(struct join *join, const struct message *message, const struct decoded *decoded);
int join_tell_failed(struct join *join, const struct message *message, const struct event *event);
/* A descriptor that moved: the message stands for it. */
int join_tell_moved(struct join *join, const struct message *message,
		    const struct decoded *decoded);

/* Tell the last rows of a message, all with this outcome: the message is taken out and freed. */
int join_end_message(struct join *join, struct message *message, enum outcome outcome);
/* What ended a moment ago is not peeked at any more, or its memory is needed. */
void join_forget_ended(struct join *join);
/* The strays that have waited since before `ns` are told as they are. */
int join_give_up_strays(struct join *join, uint64_t ns);

#endif
