/* SPDX-License-Identifier: GPL-2.0-only OR GPL-2.0-or-later */
/*
 * How records go into the ring buffer under Inspektor Gadget, in place of how src/bpf/report.h does it.
 *
 * ig waits until it is woken, so the kernel decides when. What is in the ring buffer when ig stops is not
 * read, which ig tells nobody: so the records are counted at both ends.
 */
#ifndef FDPASS_GADGET_RING_H
#define FDPASS_GADGET_RING_H

#include "bpf/kernel.h"
#include "gadget/params.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct gadget_told);
} told SEC(".maps");

static __always_inline __u64 random_word(void)
{
	return (__u64)bpf_get_prandom_u32() << 32 | bpf_get_prandom_u32();
}

/* ig makes a time of day of the time since boot, which on some kernels jumps a little, back and forth. */
#define CLOCK_JUMP_NS 1000000

static __always_inline void note_boot_offset(struct gadget_told *told)
{
	__s64 offset = bpf_ktime_get_boot_ns() - bpf_ktime_get_ns();
	__s64 change = offset - told->boot_offset_ns;

	if (change > CLOCK_JUMP_NS || change < -CLOCK_JUMP_NS)
		told->boot_offset_ns = offset;
}

static __always_inline long count_and_put(void *ring, const void *record, __u64 size)
{
	__u32 key = 0;
	struct gadget_told *found = bpf_map_lookup_elem(&told, &key);
	long error;

	keep_params();
	if (!found)
		return -1;
	note_boot_offset(found);
	if (!found->identity_key[0]) {
		found->identity_key[1] = random_word();
		found->identity_key[0] = random_word();
	}
	error = bpf_ringbuf_output(ring, (void *)record, size, 0);
	if (!error)
		__sync_fetch_and_add(&found->records, 1);
	return error;
}

#define put_record(ring, record, size, unwoken) count_and_put(ring, record, size)

#endif
