/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Control messages: which descriptors they name. The kernel's own copy of them is to be believed; what
 * lies in the memory of a process can change between any two reads, and is a hint.
 */
#ifndef FDPASS_CONTROL_H
#define FDPASS_CONTROL_H

#include "record.h"
#include "socket.h"

/* The same in the memory of a 32-bit process: include/net/compat.h. */
struct compat_cmsghdr {
	__u32 cmsg_len;
	__s32 cmsg_level;
	__s32 cmsg_type;
};

#define CONTROLS_IN_CALL 16
/* As many as there is room for, by default: net.core.optmem_max is 131,072 bytes since 6.7. */
#define MAX_CONTROLS 8192

/* The kernel's copy of a message's control data. */
static __always_inline void begin_control(struct scratch *s, struct msghdr *msg)
{
	s->control = (__u64)argument(msg, msg_control);
	s->control_end = s->control + argument(msg, msg_controllen);
	s->control_in_user = false;
	s->control_compat = false;
	s->control_unread = false;
}

/* That in the memory of the current process. */
static __always_inline void begin_user_control(struct scratch *s, __u64 control, __u64 length,
					       bool compat)
{
	s->control = control;
	s->control_end = control + length;
	s->control_in_user = true;
	s->control_compat = compat;
	s->control_unread = false;
}

static __always_inline long read_control(struct scratch *s, void *to, __u32 size, __u64 from)
{
	long error = s->control_in_user ? bpf_probe_read_user(to, size, (void *)from) :
					  bpf_probe_read_kernel(to, size, (void *)from);

	if (error)
		s->control_unread = true;
	return error;
}

static __always_inline long read_control_header(struct scratch *s, struct cmsghdr *ret, __u64 at)
{
	struct compat_cmsghdr compat;

	if (!s->control_compat)
		return read_control(s, ret, sizeof(*ret), at);
	if (read_control(s, &compat, sizeof(compat), at))
		return -1;
	*ret = (struct cmsghdr){ compat.cmsg_len, compat.cmsg_level, compat.cmsg_type };
	return 0;
}

static __always_inline __u32 control_header_size(const struct scratch *s)
{
	return s->control_compat ? sizeof(struct compat_cmsghdr) : sizeof(struct cmsghdr);
}

/* The numbers of a SCM_RIGHTS message: those beyond SCM_MAX_FD, which is refused, are left out. */
static __always_inline void read_numbers(struct scratch *s, __u64 at, __u32 count)
{
	__u32 begin = s->nr_fds;

	if (count > SCM_MAX_FD - begin) {
		s->more_named = true;
		count = SCM_MAX_FD - begin;
	}
	if (begin >= SCM_MAX_FD)
		return;
	read_control(s, fd_at(s, begin), bounded(count) * sizeof(__s32), at);
	s->nr_fds = begin + count;
}

/* One control message: __scm_send() has checked the lengths, but for a send that it refused. */
static __always_inline void step_control(struct scratch *s)
{
	__u32 size = control_header_size(s);
	__u64 align = s->control_compat ? 3 : 7;
	struct cmsghdr header;
	__u64 at = s->control;

	if (at + size > s->control_end || read_control_header(s, &header, at) ||
	    header.cmsg_len < size || header.cmsg_len > s->control_end - at) {
		s->control = 0;
		return;
	}
	if (header.cmsg_level == SOL_SOCKET && header.cmsg_type == SCM_RIGHTS)
		read_numbers(s, at + size, (header.cmsg_len - size) / sizeof(__s32));
	s->control = at + ((header.cmsg_len + align) & ~align);
	if (s->control + size > s->control_end)
		s->control = 0;
}

/* Some control messages. Returns 0 when there are no more; a global function: see file.h. */
__attribute__((noinline)) int read_controls_from(__u32 user)
{
	struct scratch *s = scratch_of(user < NR_SCRATCHES ? user : 0);

	if (!s)
		return 0;
	for (int i = 0; i < CONTROLS_IN_CALL; i++) {
		if (!s->control)
			return 0;
		step_control(s);
	}
	return 1;
}

/*
 * Most often one control message has all that a process names, and is read at once. False: it is not so, or
 * it cannot be read.
 */
static __always_inline bool read_only_control(struct scratch *s)
{
	__u64 length = s->control_end - s->control, rest = length - sizeof(s->header), end;

	if (s->control_compat || rest >= sizeof(s->fds))
		return false;
	barrier_var(rest);
	if (bpf_probe_read_user(&s->header, sizeof(s->header) + (rest & (sizeof(s->fds) - 1)),
				(void *)s->control))
		return false;
	end = (s->header.cmsg_len + 7) & ~7ULL;
	if (s->header.cmsg_len < sizeof(s->header) || s->header.cmsg_len > length ||
	    s->header.cmsg_level != SOL_SOCKET || s->header.cmsg_type != SCM_RIGHTS ||
	    end + sizeof(s->header) <= length)
		return false;
	s->nr_fds = (s->header.cmsg_len - sizeof(s->header)) / sizeof(__s32);
	s->more_named = false;
	return s->nr_fds <= SCM_MAX_FD;
}

/* All of them, into s->fds: 0 where there are too many. A global function, as all that loop for long. */
__attribute__((noinline)) int read_controls(__u32 user)
{
	struct scratch *s = scratch_of(user < NR_SCRATCHES ? user : 0);

	if (!s)
		return 0;
	s->nr_fds = 0;
	s->more_named = false;
	for (int i = 0; i < MAX_CONTROLS; i += CONTROLS_IN_CALL) {
		if (!read_controls_from(user))
			return 1;
	}
	s->control = 0;
	return 0;
}

/*
 * The numbers of an accepted message of `count` descriptors, from the kernel's copy of its control data. Most
 * often one control message has all of them, and is read at once.
 */
static __always_inline void read_numbers_of(struct scratch *s, struct msghdr *msg, __u32 count)
{
	__u64 length = sizeof(s->header) + bounded(count) * sizeof(__s32);

	begin_control(s, msg);
	if (s->control_end - s->control >= length &&
	    !copy_kernel(&s->header, length, (void *)s->control) && s->header.cmsg_len == length &&
	    s->header.cmsg_level == SOL_SOCKET && s->header.cmsg_type == SCM_RIGHTS)
		s->nr_fds = count;
	else if (!read_controls(SCRATCH_BEGIN))
		s->nr_fds = 0; /* they are left out */
}

#define NAMED_IN_CALL 8

/* Look up some of the numbers, from `first` on. Returns 0 after the last. */
__attribute__((noinline)) int find_named_from(__u32 user, __u32 first)
{
	struct scratch *s = scratch_of(user < NR_SCRATCHES ? user : 0);

	if (!s)
		return 0;
	for (__u32 i = 0; i < NAMED_IN_CALL; i++) {
		__u32 index = first + i;

		if (index >= s->nr_fds)
			return 0;
		*list_at(s, index) = file_at(s, *fd_at(s, index));
	}
	return 1;
}

/* The files that s->fds lead to in the table of the current task, into s->lists. */
static __always_inline void find_named_files(struct scratch *s, enum scratch_user user)
{
	open_table(s);
	for (__u32 i = 0; i < SCM_MAX_FD; i += NAMED_IN_CALL) {
		if (!find_named_from(user, i))
			return;
	}
}

#endif
