/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the iterators tell: state, not events. Reading an iterator until it ends only runs it, the
 * entries go through a ring buffer. They are not written to the iterator itself, because iter/unix
 * passes over the other sockets of a hash bucket where the 32 KiB that it returns at once end in the
 * middle of one (seen on 6.18).
 */
#ifndef FDPASS_IN_FLIGHT_H
#define FDPASS_IN_FLIGHT_H

#include "event.h"
#include "kernel.h"

/* struct event_queued: user space empties it after each run. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 << 20);
} queues SEC(".maps");

/* Of this run: its network namespace, and whether some entry found no room. */
__u32 netns = 0;
bool is_cut = false;

static __always_inline bool tell(const struct event_queued *entry)
{
	if (!bpf_ringbuf_output(&queues, (void *)entry, sizeof(*entry), BPF_RB_NO_WAKEUP))
		return true;
	is_cut = true;
	return false;
}

/* The end of the run. */
static __always_inline void tell_end(void)
{
	struct event_queued entry = { .ino = netns, .position = is_cut };

	is_cut = false;
	tell(&entry);
}

#endif
