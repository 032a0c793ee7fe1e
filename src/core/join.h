/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The join: events → passes. An event tells one point of a message's life, as the kernel side saw
 * it; a pass is the whole life of one descriptor. The join keeps what is between the two: messages
 * that were sent and have not ended.
 *
 * Keyed events (event.message is the same at both ends) are joined by that number. Keyless ones (the
 * receiver's message is 0) are joined by the receiving socket, the order in its queue and the
 * addresses of the files; sweeps of the receive queues tell what left a queue unseen.
 *
 * An event that is missing makes rows unknown or poorer, never wrong. The time is always given from
 * outside, on CLOCK_MONOTONIC.
 */
#ifndef FDPASS_JOIN_H
#define FDPASS_JOIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/pass.h"
#include "event.h"

struct join;

struct join_options {
	uint64_t pending_after_ns; /* tell a pass that is queued for so long as pending; 0: never */
	/*
	 * One that has left its queue may yet be told by its receiver, on the way out of the kernel
	 * and not on a CPU: for so long it is waited for.
	 */
	uint64_t late_ns;
	size_t max_messages; /* kept at once, at least 1; the oldest falls out, and is counted */
};

/* A row. The pass is borrowed until the function returns; a negative errno stops what calls it. */
typedef int (*join_row_fn)(void *userdata, const struct pass *pass);

int join_new(struct join **ret, const struct join_options *options, join_row_fn fn, void *userdata);
/* Accepts NULL, returns NULL. Rows of messages that are still open are not told: join_finish(). */
struct join *join_free(struct join *join);

/*
 * One record of the ring buffer, 8-byte aligned. Returns 0, -EBADMSG where it is malformed (it is
 * counted, and the join goes on), -ENOMEM, or what the row function returned.
 */
int join_record(struct join *join, const void *data, size_t size);

/*
 * Events were lost (tracer_lost() tells more than before): what is open now may have ended unseen.
 * To be called before join_record() of anything that happened after that.
 */
void join_note_loss(struct join *join);

/* The clock, a few times a second: tells which passes should be pending by now. */
int join_tick(struct join *join, uint64_t now_ns);

/*
 * A sweep: what is queued in all receive queues, or in the table of messages (tracer_queued()).
 * Begin, one call for each entry, end; the events that happened up to the end of the reading have to
 * be given (join_record) before join_sweep_end(). Keyless, a message that was sent before the begin
 * and is found nowhere ended unseen. Pending passes are told at the end of a sweep that finds
 * them. A sweep that cannot be read to its end, or in which entries are missing, is given up: just do
 * not call join_sweep_end().
 */
bool join_wants_sweep(const struct join *join);
int join_sweep_begin(struct join *join, uint64_t now_ns);
int join_sweep_entry(struct join *join, const struct event_queued *queued);
int join_sweep_end(struct join *join, uint64_t now_ns);

/*
 * The end of the trace: everything still open gets its last row. It is pending where it is known to
 * be queued, which is where the last sweep found it, else its outcome is unknown. So call it after a
 * sweep, wherever sweeps can be had. What was told as pending and still is, is not told again.
 */
int join_finish(struct join *join, uint64_t now_ns);

struct join_counts {
	uint64_t messages_open;
	uint64_t evicted_passes; /* fell out for max_messages: told with an unknown outcome */
	uint64_t malformed; /* records that were refused */
};

void join_counts(const struct join *join, struct join_counts *ret);

#endif
