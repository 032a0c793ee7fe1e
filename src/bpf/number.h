/* SPDX-License-Identifier: GPL-2.0-only */
/* Numbers for messages and moves: never used again, so that nothing that is lost joins two. */
#ifndef FDPASS_NUMBER_H
#define FDPASS_NUMBER_H

#include "kernel.h"

/*
 * Who gives numbers: a program each, with a counter on each CPU. A program does not run twice at
 * a time on a CPU, and 5.10 has no atomic operation that returns a value.
 */
enum numberer {
	NUMBER_SENT,
	NUMBER_COPIED,
	NUMBER_DETACH,
	NUMBER_TAKEN,
	NUMBER_ENDED,
	NUMBER_MOVED,
	NR_NUMBERERS
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, NR_NUMBERERS);
	__type(key, __u32);
	__type(value, __u64);
} numbers SEC(".maps");

/* A global function, so that no caller has a place on its stack for the key: see file.h. */
__attribute__((noinline)) __u64 next_number(enum numberer who)
{
	__u32 key = who;
	__u64 *counter = bpf_map_lookup_elem(&numbers, &key);

	if (!counter)
		return 0;
	*counter += 1;
	return (__u64)bpf_get_smp_processor_id() << 44 | (__u64)who << 40 | *counter;
}

#endif
