/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The join: events → passes. An event tells one point of a message's life, as the kernel side saw
 * it; a pass is the whole life of one descriptor. The join keeps what is between the two: messages
 * that were sent and have not ended, found by the number that the kernel side gave them.
 *
 * An event that is missing makes rows unknown or poorer, never wrong. All that the join is told comes in
 * by the functions below, with the time on CLOCK_MONOTONIC, so that a recording of it can be replayed.
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
	/* How long the event of one side waits for that of the other, which may come after it. */
	uint64_t late_ns;
	size_t max_bytes; /* of memory for what is in flight; the oldest falls out, and is counted */
	/*
	 * The creation of all files with an anonymous inode is told. Where it is not, two of them cannot be
	 * told apart, and have no identity.
	 */
	bool sees_creations;
	/* The path of a cgroup, told before the rows of the processes in it, perhaps again; may be NULL. */
	void (*on_cgroup)(void *userdata, uint64_t id, const char *path);
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

/* CLOCK_REALTIME - CLOCK_MONOTONIC, for what is told from now on. */
void join_set_realtime_offset(struct join *join, int64_t offset_ns);

/* Events were lost: what is open now may have ended unseen. */
void join_note_loss(struct join *join);

/* The clock, a few times a second: what has waited for long enough is told. */
int join_tick(struct join *join, uint64_t now_ns);

/*
 * A sweep: what is in flight by the kernel's own table (tracer_queued()). Begin, one call for each entry,
 * end; the events that happened up to the end of the reading have to be given (join_record) before
 * join_sweep_end(). A message that was kept before the begin and is found nowhere ended unseen. Pending
 * passes are told at the end of a sweep that finds them. A sweep that cannot be read to its end, or in which
 * entries are missing, is given up: just do not call join_sweep_end().
 */
bool join_wants_sweep(const struct join *join);
void join_sweep_begin(struct join *join, uint64_t now_ns);
void join_sweep_entry(struct join *join, const struct event_queued *queued);
/*
 * Who has the receiving sockets open of the messages that are told as pending at the end of the sweep, or,
 * where it is the last one, of join_finish(): after the entries, which sockets these are, by their inodes
 * (some several times); then a call for each process that has one open.
 */
typedef void (*join_socket_fn)(void *userdata, uint64_t ino);
void join_sweep_sockets(const struct join *join, bool last, join_socket_fn fn, void *userdata);
void join_sweep_owner(struct join *join, const struct event_owner *owner);
int join_sweep_end(struct join *join, uint64_t now_ns);

/*
 * The end of the trace: everything still open gets its last row. It is pending where it is known to
 * be queued, which is where the last sweep found it, else its outcome is unknown. So call it after a
 * sweep. What was told as pending and still is, is not told again.
 */
int join_finish(struct join *join, uint64_t now_ns);

struct join_counts {
	uint64_t messages_open;
	uint64_t bytes; /* of memory, of what is open */
	uint64_t evicted_passes; /* fell out for max_bytes: told with an unknown outcome */
	uint64_t unmatched; /* events of one side that none of the other side belongs to */
	uint64_t malformed; /* records that were refused */
};

void join_counts(const struct join *join, struct join_counts *ret);

#endif
