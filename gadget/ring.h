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

/* ig makes a time of day of it. */
#define record_clock bpf_ktime_get_boot_ns

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

static __always_inline long put_record(void *ring, const void *record, __u64 size, __u64 *unwoken)
{
	__u32 key = 0;
	struct gadget_told *found = bpf_map_lookup_elem(&told, &key);
	long error;

	keep_params();
	if (!found)
		return -1;
	if (!found->identity_key[0]) {
		found->identity_key[1] = random_word();
		found->identity_key[0] = random_word();
	}
	error = bpf_ringbuf_output(ring, (void *)record, size, 0);
	if (!error)
		__sync_fetch_and_add(&found->records, 1);
	return error;
}

#endif
