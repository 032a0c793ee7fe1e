/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is kept of a thread between its tracepoints, or only while a call of it is under way.
 *
 *   DECLARE_OF_THREADS(name, type, of the hash: its type, flags, and entries)
 *   find_of_thread(name)   what is kept of the current thread; NULL: nothing
 *   room_of_thread(name)   the same, all 0 where nothing was; NULL: there is no memory
 *
 *   DECLARE_OF_CALLS(name, type, of the hash: flags, and entries)   the type begins with a word for this
 *   find_of_call(name)        what is kept of the current thread's call; NULL: nothing
 *   room_of_call(name)        for one of which nothing is kept; NULL: there is no memory
 *   free_of_call(name, kept)  it is not needed any more
 *
 * In the object of the kernels since 6.2 that lies with the task, which costs less than an entry that is put
 * into a hash and taken out again. A call most often has the only one at its place of a small array, which costs
 * a fifth of that. 5.10 has no memory with the task that these programs may use (it came with 5.13, a10787e6d58c
 * "bpf: Enable task local storage for tracing programs"): the other object has hashes by thread.
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

#define PLACES_OF_CALLS 256 /* a power of two */

/* `name`_spilled: the place of a thread was another's, so what is kept of its call lies with the task. */
#define DECLARE_OF_CALLS(name, kept, hash_flags, hash_entries)                                     \
	DECLARE_OF_THREADS(name, kept, , , );                                                      \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_ARRAY);                                                  \
		__uint(max_entries, PLACES_OF_CALLS);                                              \
		__type(key, __u32);                                                                \
		__type(value, kept);                                                               \
	} places_of_##name SEC(".maps");                                                           \
	bool name##_spilled = false

/* What is at the place of the current thread; *self tells whether it is of that. */
static __always_inline void *place_of_call(void *places, __u64 *self)
{
	struct task_struct *task = bpf_get_current_task_btf();
	__u32 pid = task->pid, key = pid & (PLACES_OF_CALLS - 1);

	/* Two that have one place do not begin at such times that theirs are equal. */
	*self = task->start_boottime ^ (__u64)pid << 44;
	return bpf_map_lookup_elem(places, &key);
}

static __always_inline void *if_of_thread(void *kept, __u64 self)
{
	return kept && *(__u64 *)kept == self ? kept : NULL;
}

#define find_of_call(name)                                                                         \
	({                                                                                         \
		__u64 self_;                                                                       \
		void *kept_ = if_of_thread(place_of_call(&places_of_##name, &self_), self_);       \
                                                                                                   \
		if (!kept_ && name##_spilled)                                                      \
			kept_ = if_of_thread(find_of_thread(name), self_);                         \
		kept_;                                                                             \
	})
#define room_of_call(name)                                                                         \
	({                                                                                         \
		__u64 self_;                                                                       \
		__u64 *room_ = place_of_call(&places_of_##name, &self_);                           \
                                                                                                   \
		if (room_ && __sync_val_compare_and_swap(room_, 0, self_)) {                       \
			name##_spilled = true;                                                     \
			room_ = room_of_thread(name);                                              \
			if (room_)                                                                 \
				*room_ = self_;                                                    \
		}                                                                                  \
		(void *)room_;                                                                     \
	})

/* In order after all that was done there. */
#define free_of_call(name, kept)                                                                   \
	((void)__sync_val_compare_and_swap((__u64 *)(kept), *(__u64 *)(kept), 0))

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

#define DECLARE_OF_CALLS(name, kept, hash_flags, hash_entries)                                     \
	DECLARE_OF_THREADS(name, kept, BPF_MAP_TYPE_HASH, hash_flags, hash_entries)
#define find_of_call(name) find_of_thread(name)
#define room_of_call(name) room_of_thread(name)
#define free_of_call(name, kept) free_in_hash(&(name))

#endif

#endif
