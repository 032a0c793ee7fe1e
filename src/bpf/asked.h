/* SPDX-License-Identifier: GPL-2.0-only */
/* What user space asks an iterator for: a bit for each, which it sets in memory, with no system call. */
#ifndef FDPASS_ASKED_H
#define FDPASS_ASKED_H

#include "kernel.h"

#define DECLARE_ASKED(name, nr_bits)                                                               \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_ARRAY);                                                  \
		__uint(map_flags, BPF_F_MMAPABLE);                                                 \
		__uint(max_entries, (1 << (nr_bits)) / 64);                                        \
		__type(key, __u32);                                                                \
		__type(value, __u64);                                                              \
	} name SEC(".maps")

static __always_inline bool is_bit_asked(void *asked, __u32 bit)
{
	__u32 key = bit / 64;
	__u64 *bits = bpf_map_lookup_elem(asked, &key);

	return bits && *bits & 1ULL << bit % 64;
}

#endif
