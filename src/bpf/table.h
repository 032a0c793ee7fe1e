/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of messages, by the address of their struct scm_fp_list.
 *
 * Where programs have compare-and-exchange (since 5.12) it is an array of buckets that they search
 * themselves: a look-up in the kernel's hash costs more instructions than all that a handler then
 * does with what it found. Else it is such a hash.
 */
#ifndef FDPASS_TABLE_H
#define FDPASS_TABLE_H

#include "event.h"
#include "kernel.h"

#ifdef TYPED_READS

#define BUCKET_BITS 14
#define BUCKET_SIZE 8

struct bucket {
	__u64 lists[BUCKET_SIZE]; /* 0: free */
	struct event_message messages[BUCKET_SIZE];
};

#define DECLARE_TABLE(name)                                                                        \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_ARRAY);                                                  \
		__uint(max_entries, 1 << BUCKET_BITS);                                             \
		__type(key, __u32);                                                                \
		__type(value, struct bucket);                                                      \
	} name SEC(".maps")

/*
 * Multiplicative hashing; lists are a few KiB apart. The verifier lets no pointer be multiplied, but
 * half of one that was moved is a number to it.
 */
static __always_inline struct bucket *bucket_of(void *table, __u64 list)
{
	__u32 key;

	asm("%0 = %1" : "=w"(key) : "w"((__u32)list));
	key = key * 0x9e3779b9 >> (32 - BUCKET_BITS);
	return bpf_map_lookup_elem(table, &key);
}

static __always_inline struct event_message *table_find(void *table, __u64 list)
{
	struct bucket *bucket = bucket_of(table, list);

	if (!bucket)
		return NULL;
#pragma unroll
	for (int i = 0; i < BUCKET_SIZE; i++) {
		if (bucket->lists[i] == list)
			return &bucket->messages[i];
	}
	return NULL;
}

/*
 * A place for the message of this list, all 0 or that of an earlier list of this address, whose end
 * was missed. NULL: the bucket is full.
 */
static __always_inline struct event_message *table_add(void *table, __u64 list)
{
	struct event_message *found = table_find(table, list);
	struct bucket *bucket = bucket_of(table, list);

	if (found || !bucket)
		return found;
#pragma unroll
	for (int i = 0; i < BUCKET_SIZE; i++) {
		if (!bucket->lists[i] && !__sync_val_compare_and_swap(&bucket->lists[i], 0, list))
			return &bucket->messages[i];
	}
	return NULL;
}

static __always_inline long table_keep(void *table, __u64 list, const struct event_message *message)
{
	struct event_message *place = table_add(table, list);

	if (!place)
		return -1;
	*place = *message;
	return 0;
}

/* Who reads the table meanwhile tells a message by its number. */
static __always_inline void table_forget(void *table, __u64 list)
{
	struct bucket *bucket = bucket_of(table, list);

	if (!bucket)
		return;
#pragma unroll
	for (int i = 0; i < BUCKET_SIZE; i++) {
		if (bucket->lists[i] != list)
			continue;
		bucket->messages[i].state = 0;
		bucket->messages[i].number = 0;
		barrier();
		bucket->lists[i] = 0;
		return;
	}
}

#else

#define DECLARE_TABLE(name)                                                                        \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_HASH);                                                   \
		__uint(max_entries, 65536);                                                        \
		__type(key, __u64);                                                                \
		__type(value, struct event_message);                                               \
	} name SEC(".maps")

static __always_inline struct event_message *table_find(void *table, __u64 list)
{
	return bpf_map_lookup_elem(table, &list);
}

static __always_inline long table_keep(void *table, __u64 list, const struct event_message *message)
{
	return bpf_map_update_elem(table, &list, message, BPF_ANY);
}

static __always_inline void table_forget(void *table, __u64 list)
{
	bpf_map_delete_elem(table, &list);
}

#endif

#endif
