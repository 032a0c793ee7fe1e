/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is kept of a thread between its tracepoints: with its task, in the object of the kernels since 6.2,
 * which costs less than an entry that is put into a hash and taken out again. 5.10 has no such memory that
 * these programs may use (it came with 5.13, a10787e6d58c "bpf: Enable task local storage for tracing
 * programs"): the other object has a hash by thread.
 *
 *   DECLARE_OF_THREADS(name, type, of the hash: its type, flags, and entries)
 *   find_of_thread(name)   what is kept of the current thread; NULL: nothing
 *   room_of_thread(name)   the same, all 0 where nothing was; NULL: there is no memory
 *   free_of_thread(name)   it is not needed any more
 */
#ifndef FDPASS_THREAD_H
#define FDPASS_THREAD_H

#include "kernel.h"

#ifdef TYPED_READS

#define DECLARE_OF_THREADS(name, kept, hash_type, hash_flags, hash_entries)                        \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_TASK_STORAGE);                                           \
		__uint(map_flags, BPF_F_NO_PREALLOC);                                              \
		__type(key, int);                                                                  \
		__type(value, kept);                                                               \
	} name SEC(".maps")

#define find_of_thread(name) bpf_task_storage_get(&(name), bpf_get_current_task_btf(), NULL, 0)
#define room_of_thread(name)                                                                       \
	bpf_task_storage_get(&(name), bpf_get_current_task_btf(), NULL,                            \
			     BPF_LOCAL_STORAGE_GET_F_CREATE)
#define free_of_thread(name) ((void)0) /* it ends with the task */

#else

#define DECLARE_OF_THREADS(name, kept, hash_type, hash_flags, hash_entries)                        \
	struct {                                                                                   \
		__uint(type, hash_type);                                                           \
		__uint(map_flags, hash_flags);                                                     \
		__uint(max_entries, hash_entries);                                                 \
		__type(key, __u64);                                                                \
		__type(value, kept);                                                               \
	} name SEC(".maps");                                                                       \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_ARRAY);                                                  \
		__uint(max_entries, 1);                                                            \
		__type(key, __u32);                                                                \
		__type(value, kept);                                                               \
	} fresh_##name SEC(".maps") /* what is put into the hash: all 0 */

static __always_inline void *find_in_hash(void *map)
{
	__u64 thread = bpf_get_current_pid_tgid();

	return bpf_map_lookup_elem(map, &thread);
}

static __always_inline void *room_in_hash(void *map, void *fresh)
{
	__u64 thread = bpf_get_current_pid_tgid();
	void *found = bpf_map_lookup_elem(map, &thread);
	__u32 zero = 0;

	if (found)
		return found;
	fresh = bpf_map_lookup_elem(fresh, &zero);
	if (!fresh || bpf_map_update_elem(map, &thread, fresh, BPF_NOEXIST))
		return NULL;
	return bpf_map_lookup_elem(map, &thread);
}

static __always_inline void free_in_hash(void *map)
{
	__u64 thread = bpf_get_current_pid_tgid();

	bpf_map_delete_elem(map, &thread);
}

#define find_of_thread(name) find_in_hash(&(name))
#define room_of_thread(name) room_in_hash(&(name), &fresh_##name)
#define free_of_thread(name) free_in_hash(&(name))

#endif

#endif
