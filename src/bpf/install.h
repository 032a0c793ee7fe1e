/* SPDX-License-Identifier: GPL-2.0-only */
/* What a receiver got: the descriptors that were installed, and why there are no more of them. */
#ifndef FDPASS_INSTALL_H
#define FDPASS_INSTALL_H

#include "control.h"
#include "file.h"
#include "table.h"

/* Words of the open file table that are looked at for a free descriptor. */
#define MAX_WORDS 64

/* RLIMIT_NOFILE of the task. */
static __always_inline __u64 descriptor_limit(struct task_struct *task)
{
	struct signal_struct *signal = load(task, signal);

	return load(signal, rlim[RLIMIT_NOFILE].rlim_cur);
}

/*
 * The position of the lowest bit that is set, without a bit-scan instruction: each six bits in a row of the
 * factor are another number, and the bit moves its own to the top.
 */
#define SIX_BITS_EACH 0x022fdd63cc95386dULL

static const __u8 bit_positions[64] = {
	0,  1,	2,  53, 3,  7,	54, 27, 4,  38, 41, 8,	34, 55, 48, 28, 62, 5,	39, 46, 44, 42,
	22, 9,	24, 35, 59, 56, 49, 18, 29, 11, 63, 52, 6,  26, 37, 40, 33, 47, 61, 45, 43, 21,
	23, 58, 17, 10, 51, 25, 36, 32, 60, 20, 57, 16, 50, 31, 19, 15, 30, 14, 13, 12,
};

static __always_inline __u32 lowest_bit(__u64 word)
{
	__u64 place = (word & -word) * SIX_BITS_EACH >> 58;

	barrier_var(place);
	return bit_positions[place & 63];
}

/*
 * Why installing stopped: no descriptor below RLIMIT_NOFILE is free, or one is and a security
 * module refused the file. get_unused_fd_flags() begins at next_fd, so this does too. A global function: see
 * file.h. Returns enum event_fate.
 */
__attribute__((noinline)) int why_stopped(void)
{
	struct task_struct *task = current_task();
	struct files_struct *files = load(task, files);
	struct fdtable *table = load(files, fdt);
	unsigned long *open = load(table, open_fds);
	__u64 limit = descriptor_limit(task), word;
	__u32 size = load(table, max_fds);
	__u32 at = load(files, next_fd);

	for (int i = 0; i < MAX_WORDS; i++) {
		if (at >= limit)
			return EVENT_FATE_EMFILE;
		if (at >= size)
			return EVENT_FATE_DENIED; /* the table can grow */
		word = 0;
		copy_kernel(&word, sizeof(word), open + at / 64);
		word = ~word & (~0ULL << (at % 64));
		at &= ~63U;
		if (word)
			return at + lowest_bit(word) < limit ? EVENT_FATE_DENIED :
							       EVENT_FATE_EMFILE;
		at += 64;
	}
	return EVENT_FATE_DROPPED;
}

static __always_inline __u32 nr_bits(__u64 word)
{
	word -= word >> 1 & 0x5555555555555555ULL;
	word = (word & 0x3333333333333333ULL) + (word >> 2 & 0x3333333333333333ULL);
	word = (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0fULL;
	return word * 0x0101010101010101ULL >> 56;
}

/*
 * The current task's table has no free descriptor: tell how many it has. All below the limit are in use; beyond that
 * are some where it was lowered. Left out where those are too many to count. A global function: see file.h.
 */
__attribute__((noinline)) int append_full(void)
{
	struct scratch *s = scratch_of(SCRATCH_END);
	struct task_struct *task = current_task();
	struct files_struct *files = load(task, files);
	struct fdtable *table = load(files, fdt);
	unsigned long *open = load(table, open_fds);
	__u64 limit = descriptor_limit(task), count = limit, at = limit, word;
	__u32 size = load(table, max_fds);

	if (!s)
		return 0;
	for (int i = 0; i < MAX_WORDS && at < size; i++) {
		word = 0;
		copy_kernel(&word, sizeof(word), open + at / 64);
		count += nr_bits(word & ~0ULL << (at % 64));
		at = (at & ~63ULL) + 64;
	}
	if (at >= size)
		*(struct event_full *)append_section(s, EVENT_SECTION_FULL, 0,
						     sizeof(struct event_full)) =
			(struct event_full){ .count = count, .fd_limit = limit };
	return 0;
}

/* Descriptors that are looked at for one that is told nowhere. */
#define MAX_SEARCHED 1024

#define SEARCHED_IN_CALL 16

/* Look at some descriptors for the file, from `first` on. A global function: see file.h. */
__attribute__((noinline)) int search_fds_from(__u64 file, __u32 first)
{
	struct scratch *s = scratch_of(SCRATCH_END);

	if (!s)
		return 0;
	for (__u32 i = 0; i < SEARCHED_IN_CALL; i++) {
		if (file_at(s, first + i) == file)
			s->only_fd = s->only_fd == -1 ? (__s32)(first + i) : -2;
	}
	return 0;
}

/*
 * The only descriptor that leads to the file; negative where there is none, or more than one. For when the
 * receiver's memory does not tell the number.
 */
__attribute__((noinline)) int only_fd_of(__u64 file)
{
	struct scratch *s = scratch_of(SCRATCH_END);

	if (!s || s->open_size > MAX_SEARCHED)
		return -1;
	s->only_fd = -1;
	for (__u32 i = 0; i < MAX_SEARCHED; i += SEARCHED_IN_CALL)
		search_fds_from(file, i);
	return s->only_fd;
}

/* File `index` of a received message: what became of it, and its number; negative: that is not known. */
static __always_inline void write_fate(struct scratch *s, __u32 index, enum event_fate fate,
				       __s32 fd)
{
	struct event_file *ret = file_in_record(s, index);
	__u8 flags = (fate == EVENT_FATE_INSTALLED ? s->cloexec : 0) |
		     (fd >= 0 ? EVENT_FILE_FD_KNOWN : 0);

	if (fd < 0)
		fd = -1;
	if (s->event.flags & EVENT_DESCRIBED) {
		ret->fd = fd;
		ret->fate = fate;
		ret->flags = (ret->flags & ~EVENT_FILE_FD_KNOWN) | flags;
		return;
	}
	*ret = (struct event_file){
		.address = *list_at(s, index),
		.fd = fd,
		.fate = fate,
		.flags = flags,
		.names_offset = EVENT_NO_NAME,
	};
}

/* File `index` of a received message and the number that it got. */
static __always_inline void write_installed(struct scratch *s, __u32 index)
{
	__u64 address = *list_at(s, index);
	__s32 fd = index < s->nr_fds ? *fd_at(s, index) : -1;

	if (index >= s->installed) {
		write_fate(s, index, index < s->room ? s->stop : EVENT_FATE_TRUNCATED, -1);
		return;
	}
	if (index < s->nr_fds && fd < 0 && fd >= -4095) { /* SO_RIGHTS_NOTRUNC, since 7.3 */
		write_fate(s, index, EVENT_FATE_DENIED, -1);
		return;
	}
	/*
	 * The numbers lie in the receiver's memory, where another of its threads could write: told
	 * only if the descriptor really leads to this file.
	 */
	if (file_at(s, fd) != address)
		fd = only_fd_of(address);
	write_fate(s, index, EVENT_FATE_INSTALLED, fd);
}

/* Some files, from `first` on; a global function: see file.h. */
__attribute__((noinline)) int write_installed_from(__u32 first)
{
	struct scratch *s = scratch_of(SCRATCH_END);

	if (!s)
		return 0;
	for (__u32 i = 0; i < FILES_IN_CALL; i++) {
		if (first + i >= s->nr_files)
			return 0;
		write_installed(s, first + i);
	}
	return 1;
}

/* What became of each file of s->lists: s->installed of them are, with the numbers in s->fds. */
static __always_inline void write_all_installed(struct scratch *s)
{
	open_table(s);
	for (__u32 i = 0; i < SCM_MAX_FD; i += FILES_IN_CALL) {
		if (!write_installed_from(i))
			break;
	}
}

/*
 * How many descriptors were installed, of some that were not: the kernel moved msg_control behind them, to
 * a multiple of 8. Which of the two numbers it was is told by the header in the receiver's memory.
 */
static __always_inline __u32 installed_count(const struct message *message, __u64 end, __u32 header)
{
	__u64 length = 0, most = end - message->control;

	if (most <= header)
		return 0;
	most = (most - header) / sizeof(__s32);
	if (most > message->count)
		most = message->count;
	if (bpf_probe_read_user(&length, header == sizeof(struct cmsghdr) ? 8 : 4,
				(void *)message->control) ||
	    length < header)
		return most;
	length = (length - header) / sizeof(__s32);
	return length + 1 == most ? length : most;
}

/* How many files of a list that scm_detach_fds() had were installed, and their numbers, for write_all_installed(). */
static __always_inline void read_received(struct scratch *s, const struct message *message)
{
	struct msghdr *msg = (struct msghdr *)message->msg;
	__u32 header = message->control_flags & MSG_CMSG_COMPAT ? sizeof(struct compat_cmsghdr) :
								  sizeof(struct cmsghdr);
	__u32 count = s->nr_files, installed = count;
	__u64 room = 0;

	if (message->control_length > header)
		room = (message->control_length - header) / sizeof(__s32);
	if (probe(msg, msg_flags) & MSG_CTRUNC)
		installed = installed_count(message, (__u64)probe(msg, msg_control), header);
	if (installed > SCM_MAX_FD)
		installed = SCM_MAX_FD;
	s->room = room < SCM_MAX_FD ? room : SCM_MAX_FD;
	s->installed = installed;
	s->stop = installed < count && installed < room ? why_stopped() : 0;
	if (s->stop == EVENT_FATE_EMFILE)
		append_full();
	s->cloexec = message->control_flags & MSG_CMSG_CLOEXEC ? EVENT_FILE_CLOEXEC : 0;
	s->nr_fds = installed;
	if (installed && bpf_probe_read_user(s->fds, bounded(installed) * sizeof(__s32),
					     (void *)message->control + header))
		s->nr_fds = 0; /* another thread unmapped it */
}

#endif
