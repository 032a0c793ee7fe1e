/* SPDX-License-Identifier: GPL-2.0-only */
/* What a receiver got: the descriptors that were installed, and why there are no more of them. */
#ifndef FDPASS_INSTALL_H
#define FDPASS_INSTALL_H

#include "describe.h"

/* Words of the open file table that are looked at for a free descriptor. */
#define MAX_WORDS 64

/*
 * Why installing stopped: no descriptor below RLIMIT_NOFILE is free, or one is and a security
 * module refused the file. get_unused_fd_flags() begins at next_fd, so this does too.
 */
static __always_inline enum event_status why_stopped(struct task_struct *task)
{
	struct files_struct *files = see(task, files);
	struct fdtable *table = see(files, fdt);
	struct signal_struct *signal = get(task, signal);
	unsigned long *open = get(table, open_fds);
	__u64 limit = 0, used;
	__u32 size = get(table, max_fds);
	__u32 at = get(files, next_fd);

	bpf_core_read(&limit, sizeof(limit), &signal->rlim[RLIMIT_NOFILE].rlim_cur);
	for (int i = 0; i < MAX_WORDS; i++) {
		if (at >= limit)
			return EVENT_FILE_EMFILE;
		if (at >= size)
			return EVENT_FILE_DENIED; /* the table can grow */
		used = 0;
		bpf_probe_read_kernel(&used, sizeof(used), open + at / 64);
		used = ~used & (~0ULL << (at % 64));
		if (used) {
			__u32 bit = at & ~63U;

			/* the position of the lowest free bit, without a bit-scan instruction */
			used &= -used;
			bit += !!(used & 0xaaaaaaaaaaaaaaaaULL) |
			       !!(used & 0xccccccccccccccccULL) << 1 |
			       !!(used & 0xf0f0f0f0f0f0f0f0ULL) << 2 |
			       !!(used & 0xff00ff00ff00ff00ULL) << 3 |
			       !!(used & 0xffff0000ffff0000ULL) << 4 |
			       !!(used & 0xffffffff00000000ULL) << 5;
			return bit < limit ? EVENT_FILE_DENIED : EVENT_FILE_EMFILE;
		}
		at = (at & ~63U) + 64;
	}
	return EVENT_FILE_DROPPED;
}

/* What a descriptor of the current task's table leads to, an address; 0: nothing. */
static __always_inline __u64 file_at(__u64 open, __u32 size, __u32 fd)
{
	__u64 slot = open + fd * sizeof(__u64);
	__u64 file = 0;

	if (fd >= size)
		return 0;
	copy_kernel(&file, sizeof(file), (void *)slot);
	return file;
}

/* File `index` of a received message and the number that it got. */
static __always_inline void describe_installed(struct scratch *s, __u32 index)
{
	struct event_file *ret = file_in_record(s, index);
	__u64 address = s->lists[index & 0xff];
	__s32 fd = s->fds[index & 0xff];

	if (!ret)
		return;
	ret->file = address;
	ret->detail = 0;
	ret->names_offset = EVENT_NO_NAME;
	ret->inode_generation = 0;
	ret->generation = 0;
	ret->fd = -1;
	ret->flags = 0;
	if (index >= s->installed) {
		ret->status = index < s->event.room ? s->event.stop : EVENT_FILE_TRUNCATED;
		return;
	}
	if (fd < 0 && fd >= -4095) { /* SO_RIGHTS_NOTRUNC, since 7.3 */
		ret->status = EVENT_FILE_DENIED;
		return;
	}
	ret->status = EVENT_FILE_INSTALLED;
	ret->flags = s->cloexec;
	/*
	 * The numbers lie in the receiver's memory, where another of its threads could write: told
	 * only if the descriptor really leads to this file.
	 */
	if (file_at(s->open, s->open_size, fd) == address) {
		ret->fd = fd;
		ret->flags |= EVENT_FILE_FD_KNOWN;
	}
}

#define FILES_IN_CALL 8

/* Some files, from `first` on; a global function for the same reason as walk_on(). */
__attribute__((noinline)) int installed_on(__u32 first)
{
	struct scratch *s = scratch_of(SCRATCH_END);

	if (!s)
		return 0;
	for (__u32 i = 0; i < FILES_IN_CALL; i++) {
		if (first + i >= s->event.total_files)
			return 0;
		describe_installed(s, first + i);
	}
	return 1;
}

#endif
