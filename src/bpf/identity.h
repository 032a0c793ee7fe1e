/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which open file description: the kernel uses the address of a struct file again as soon as it is
 * free, and two eventfds differ in nothing else, not even in their inode. So the creation of files
 * with an anonymous inode (eventfd, epoll, timerfd, signalfd, inotify …) is noted, by address.
 *
 * This hook is not on the path of messages: whoever creates such a file pays it.
 * All other files are told apart by user space (src/core/identity.c) from what they are.
 *
 * With NO_CREATIONS nothing is noted, by whoever looks once.
 */
#ifndef FDPASS_IDENTITY_H
#define FDPASS_IDENTITY_H

#include "kernel.h"
#include "report.h"
#include "socket.h"

#define ANON_INODE_FS_MAGIC 0x09041934 /* linux/magic.h */

#ifdef NO_CREATIONS
static __always_inline __u32 generation_of(struct file *file, __u32 magic)
{
	return 0;
}
#else

struct {
	/* Over days, such files lie at more addresses than any table has room for. Of one that was
	 * evicted the generation is not known, which is no other file's. */
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 131072);
	__type(key, __u64);
	__type(value, __u32);
} generations SEC(".maps");

/*
 * A file with an anonymous inode was created. The generation is the time: unlike any other of this
 * address, but for a chance of one in 2^32 after 73 minutes.
 */
static __always_inline void on_created(struct file *file)
{
	__u64 address = (__u64)file;
	__u32 generation = (__u32)(bpf_ktime_get_ns() >> 10) ?: 1;

	if (!file || address >= (__u64)-4095)
		return;
	if (bpf_map_update_elem(&generations, &address, &generation, BPF_ANY))
		count_lost(EVENT_LOST_TABLE);
}

/* The same where only the descriptor is known, in the table of the current task. */
static __always_inline void on_created_fd(__s32 fd)
{
	if (fd >= 0)
		on_created(file_of_fd(current_task(), fd));
}

/* 0: created before the trace began or very long ago, or not a file with an anonymous inode. */
static __always_inline __u32 generation_of(struct file *file, __u32 magic)
{
	__u64 address = (__u64)file;
	__u32 *generation;

	if (magic != ANON_INODE_FS_MAGIC)
		return 0;
	generation = bpf_map_lookup_elem(&generations, &address);
	return generation ? *generation : 0;
}
#endif

#endif
