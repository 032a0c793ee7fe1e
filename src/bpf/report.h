/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The way out: the ring buffer and the counters of what did not get there. One function takes room,
 * and it is the one that counts.
 */
#ifndef FDPASS_REPORT_H
#define FDPASS_REPORT_H

#include "event.h"
#include "kernel.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 << 20); /* user space sets it */
} events SEC(".maps");

/*
 * User space reads this as its own memory: while it is in bpf(2) to look something up, the kernel
 * skips every kprobe and tracepoint program on that CPU (bpf_disable_instrumentation()), and since
 * 7.0 it can lose the CPU to others there.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, NR_EVENT_LOST);
	__type(key, __u32);
	__type(value, __u64);
} lost SEC(".maps");

static __always_inline void add_lost(enum event_lost kind, __s64 events)
{
	__u32 key = kind;
	__u64 *count = bpf_map_lookup_elem(&lost, &key);

	if (count)
		__sync_fetch_and_add(count, events);
}

static __always_inline void count_lost(enum event_lost kind)
{
	add_lost(kind, 1);
}

/*
 * The clock of the records, and what puts one into the ring buffer. Whoever has another reader defines both
 * before this is included.
 */
#ifndef record_clock
#define record_clock bpf_ktime_get_ns

/*
 * The reader is woken when so much was reported on one CPU since it was last woken from there; else
 * it looks by itself a few times a second.
 */
const volatile __u64 wake_at = 256 << 10;

/* `unwoken` sums up what was reported. */
static __always_inline long put_record(void *ring, const void *record, __u64 size, __u64 *unwoken)
{
	__u64 flags = BPF_RB_NO_WAKEUP;

	*unwoken += size;
	if (*unwoken >= wake_at) {
		*unwoken = 0;
		flags = BPF_RB_FORCE_WAKEUP;
	}
	return bpf_ringbuf_output(ring, (void *)record, size, flags);
}
#endif

/* Give a finished record to user space; false: there is no room, and it is counted. */
static __always_inline bool report(const void *record, __u64 size, __u64 *unwoken)
{
	if (!put_record(&events, record, size, unwoken))
		return true;
	count_lost(EVENT_LOST_RING);
	return false;
}

#endif
