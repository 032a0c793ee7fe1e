/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What each descriptor of a message is: its number, the open file and its path, read at the event,
 * since by the time that user space could look it may be closed, renamed or reused.
 *
 * The work is a walk of small steps: a control message, a file, or one component of a path. Its
 * position is kept in the scratch memory, and a few steps are a global function of their own, which
 * the verifier checks once and not again for each turn of the loop that calls it. So 253 paths of
 * any depth verify on 5.10, without tail calls or bpf_loop().
 */
#ifndef FDPASS_DESCRIBE_H
#define FDPASS_DESCRIBE_H

#include "identity.h"
#include "report.h"
#include "socket.h"

#define STEPS_IN_CALL 6
/* 253 descriptors, with 100 steps for the path of each. */
#define MAX_CALLS (253 * 100 / STEPS_IN_CALL)

/* Control messages of one send that are looked at where there is no list: each may have one file. */
#define CONTROLS_IN_CALL 16
#define MAX_CONTROLS 512

#define NAMES_MASK (RECORD_SIZE - 1)

static __always_inline struct event_file *file_in_record(struct scratch *s, __u32 index)
{
	barrier_var(index); /* the bound must be that of the register that is used */
	if (index >= SCM_MAX_FD)
		return NULL;
	return (struct event_file *)(s->record + sizeof(struct event)) + index;
}

/* Begin a record: the header, then room for `count` files, then names. */
static __always_inline void begin_record(struct scratch *s, __u16 type, __u64 message, __u32 count)
{
	struct event *event = &s->event;

	event->type = type;
	event->flags = 0;
	event->time_ns = bpf_ktime_get_ns();
	event->message = message;
	event->error = 0;
	event->reason = EVENT_REASON_UNKNOWN;
	event->via = EVENT_VIA_SCM_RIGHTS;
	event->nr_files = count;
	event->total_files = count;
	event->room = 0;
	event->stop = EVENT_FILE_NONE;
	event->reserved = 0;
	s->names_begin = sizeof(struct event) + count * sizeof(struct event_file);
	s->names_used = 0;
	s->control = 0;
	s->control_end = 0;
	s->dentry = 0;
	s->last_dentry = 0;
	s->parent_dentry = 0;
	s->index = 0;
	s->nr_fds = 0;
}

/* Let the walk read the descriptors' numbers from the kernel's copy of the control messages. */
static __always_inline void walk_control(struct scratch *s, struct msghdr *msg)
{
	s->control = (__u64)get(msg, msg_control);
	s->control_end = s->control + get(msg, msg_controllen);
	s->control_in_user = false;
}

static __always_inline void read_files(struct scratch *s, struct scm_fp_list *list, __u32 count)
{
	copy_kernel(s->lists, (count & 0xff) * sizeof(__u64),
		    (void *)list + bpf_core_field_offset(struct scm_fp_list, fp));
}

static __always_inline long read_control(struct scratch *s, void *to, __u32 size, __u64 from)
{
	long error = s->control_in_user ? bpf_probe_read_user(to, size, (void *)from) :
					  copy_kernel(to, size, (void *)from);

	if (error)
		s->control_unread = true;
	return error;
}

/* One control message: __scm_send() has checked the lengths, but for a send that it refused. */
static __always_inline void step_control(struct scratch *s)
{
	struct cmsghdr header;
	__u64 at = s->control;
	__u32 count = 0;

	if (at + sizeof(header) > s->control_end || read_control(s, &header, sizeof(header), at) ||
	    header.cmsg_len < sizeof(header) || header.cmsg_len > s->control_end - at) {
		s->control = 0;
		return;
	}
	if (header.cmsg_level == SOL_SOCKET && header.cmsg_type == SCM_RIGHTS) {
		__u32 begin = s->nr_fds;

		count = (header.cmsg_len - sizeof(header)) / sizeof(__s32);
		if (begin < SCM_MAX_FD) {
			if (count > SCM_MAX_FD - begin) /* refused: the first ones are told */
				count = SCM_MAX_FD - begin;
			read_control(s, &s->fds[begin & 0xff], (count & 0xff) * sizeof(__s32),
				     at + sizeof(header));
			s->nr_fds = begin + count;
		}
	}
	s->control = at + ((header.cmsg_len + 7) & ~7ULL);
	if (s->control + sizeof(header) > s->control_end)
		s->control = 0;
}

#define NAMED_IN_CALL 8

/*
 * Look up some of the descriptors that a message names, from `first` on, in the current task's
 * table. A global function: the verifier checks it once. Returns 0 after the last.
 */
__attribute__((noinline)) int named_on(__u32 user, __u32 first)
{
	struct scratch *s = scratch_of(user < NR_SCRATCHES ? user : 0);
	struct task_struct *task = current_task();

	if (!s)
		return 0;
	for (__u32 i = 0; i < NAMED_IN_CALL; i++) {
		__u32 index = first + i;

		if (index >= s->nr_fds)
			return 0;
		s->lists[index & 0xff] = (__u64)file_of_fd(task, s->fds[index & 0xff]);
	}
	return 1;
}

/* Some control messages. Returns 0 when there are no more; a global function as walk_on(). */
__attribute__((noinline)) int read_controls_on(__u32 user)
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
 * The files that the control messages name, for where there is no list of them: looked up in the
 * table of the current task.
 */
static __always_inline void find_named_files(struct scratch *s, enum scratch_user user)
{
	s->nr_fds = 0;
	for (int i = 0; i < MAX_CONTROLS; i += CONTROLS_IN_CALL) {
		if (!read_controls_on(user))
			break;
	}
	if (s->control)
		count_lost(EVENT_LOST_READ);
	s->control = 0;
	for (__u32 i = 0; i < SCM_MAX_FD; i += NAMED_IN_CALL) {
		if (!named_on(user, i))
			return;
	}
}

/* The inode, its file system, and which descriptor it is. */
static __always_inline void describe_inode(struct event_file *ret, struct inode *inode)
{
	struct super_block *super = get(inode, i_sb);

	ret->ino = get(inode, i_ino);
	ret->inode_generation = get(inode, i_generation);
	ret->mode = get(inode, i_mode);
	ret->dev = get(super, s_dev);
	ret->magic = get(super, s_magic);
}

/* What the walk of a path told of the file `index`, for another one with the same names. */
static __always_inline __u8 path_flags_of(struct scratch *s, __u32 index)
{
	struct event_file *file = file_in_record(s, index);

	return file ? file->flags & (EVENT_FILE_PSEUDO | EVENT_FILE_CUT | EVENT_FILE_DETACHED) : 0;
}

/* File s->index: all but its path, and where the walk of its path begins. */
static __always_inline void step_file(struct scratch *s)
{
	__u32 index = s->index;
	struct event_file *ret = file_in_record(s, index);
	struct file *file;
	struct dentry *dentry;
	struct vfsmount *mnt;

	if (!ret)
		return;
	s->index = index + 1;
	file = (struct file *)s->lists[index & 0xff];
	ret->file = (__u64)file;
	ret->detail = 0;
	ret->inode_generation = 0;
	ret->generation = 0;
	ret->names_offset = EVENT_NO_NAME;
	if (s->event.type != EVENT_RECEIVED) { /* there, describe_received() has told these */
		ret->status = EVENT_FILE_NONE;
		ret->fd = index < s->nr_fds ? s->fds[index & 0xff] : -1;
		ret->flags = index < s->nr_fds ? EVENT_FILE_FD_KNOWN : 0;
	}
	if (!file) {
		ret->ino = 0;
		ret->dev = 0;
		ret->magic = 0;
		ret->open_flags = 0;
		ret->mode = 0;
		return;
	}
	describe_inode(ret, get(file, f_inode));
	ret->generation = generation_of(file, ret->magic);
	ret->open_flags = get(file, f_flags);
	dentry = get(file, f_path.dentry);
	mnt = get(file, f_path.mnt);
	if (!get(dentry, d_hash.pprev) && get(dentry, d_parent) != dentry)
		ret->flags |= EVENT_FILE_DELETED;
	s->mnt = (__u64)mnt;
	s->dentry = (__u64)dentry;
	s->previous = EVENT_NO_NAME;
	s->path_length = 0;
	if (s->dentry == s->last_dentry && s->mnt == s->last_mnt) {
		ret->names_offset = s->last_offset;
		ret->flags |= path_flags_of(s, s->last_index);
		s->dentry = 0;
	} else {
		s->last_dentry = s->dentry;
		s->last_mnt = s->mnt;
		s->last_index = index;
	}
}

/* Let the chain of the file's names go on with the component at `offset`. */
static __always_inline void link_name(struct scratch *s, struct event_file *ret, __u32 offset)
{
	if (s->previous == EVENT_NO_NAME) {
		ret->names_offset = offset;
		s->last_offset = offset;
	} else {
		struct event_name *child =
			(void *)&s->record[(s->names_begin + s->previous) & NAMES_MASK];

		child->parent_offset = offset;
	}
	s->previous = offset;
}

/* Add a component to the names; false where there is no room. */
static __always_inline bool add_name(struct scratch *s, struct event_file *ret,
				     struct dentry *dentry, bool root)
{
	__u32 offset = s->names_used;
	__u32 begin = s->names_begin + offset;
	struct event_name *name;
	__u32 length = root ? 0 : get(dentry, d_name.len) & 0xff;

	if (s->path_length + length + 1 > EVENT_MAX_PATH ||
	    begin + sizeof(*name) + 256 > RECORD_SIZE) {
		ret->flags |= EVENT_FILE_CUT;
		return false;
	}
	name = (void *)&s->record[begin & NAMES_MASK];
	name->parent_offset = EVENT_NO_NAME;
	name->length = length;
	if (length && copy_kernel(name->name, length, get(dentry, d_name.name)))
		count_lost(EVENT_LOST_READ);
	s->names_used = offset + ((sizeof(*name) + length + 3) & ~3U);
	s->path_length += length + 1;
	link_name(s, ret, offset);
	return true;
}

/* One step up a path: out of a mount, or to the parent directory. Ends with s->dentry 0. */
static __always_inline void step_path(struct scratch *s)
{
	struct event_file *ret = file_in_record(s, s->index - 1);
	struct dentry *dentry = (struct dentry *)s->dentry;
	struct vfsmount *vfsmount = (struct vfsmount *)s->mnt;
	struct dentry *parent;
	bool leaf;

	if (!ret)
		return;
	parent = get(dentry, d_parent);
	if (dentry == get(vfsmount, mnt_root)) {
		struct mount *mount = (void *)vfsmount - bpf_core_field_offset(struct mount, mnt);
		struct mount *above = get(mount, mnt_parent);

		if (above != mount) {
			s->dentry = (__u64)get(mount, mnt_mountpoint);
			s->mnt = (__u64)above + bpf_core_field_offset(struct mount, mnt);
			return;
		}
		/* The top: of a namespace's tree, or of a mount that is in none (an error
		 * pointer for the kernel's own mounts, NULL after a lazy umount). */
		if ((__u64)get(mount, mnt_ns) - 1 >= (__u64)-4096)
			ret->flags |= parent == dentry && s->previous == EVENT_NO_NAME ?
					      EVENT_FILE_PSEUDO :
					      EVENT_FILE_DETACHED;
		if (s->previous == EVENT_NO_NAME)
			add_name(s, ret, dentry, !(ret->flags & EVENT_FILE_PSEUDO));
		s->dentry = 0;
		return;
	}
	if (parent == dentry) { /* no directory holds it: a socket, a pipe, a memfd */
		ret->flags |= EVENT_FILE_PSEUDO;
		add_name(s, ret, dentry, false);
		s->dentry = 0;
		return;
	}
	if (s->dentry == s->parent_dentry && s->mnt == s->parent_mnt &&
	    s->parent_index != s->index - 1 && s->previous != EVENT_NO_NAME) {
		link_name(s, ret, s->parent_offset);
		ret->flags |= path_flags_of(s, s->parent_index);
		s->dentry = 0;
		return;
	}
	leaf = s->previous == EVENT_NO_NAME;
	if (!add_name(s, ret, dentry, false)) {
		s->parent_dentry = 0;
		s->dentry = 0;
		return;
	}
	s->dentry = (__u64)parent;
	/* The directory of this file serves the next one too: its name will be the next one. */
	if (leaf && (s->parent_dentry != (__u64)parent || s->parent_mnt != s->mnt)) {
		s->parent_dentry = (__u64)parent;
		s->parent_mnt = s->mnt;
		s->parent_index = s->index - 1;
		s->parent_offset = s->names_used;
	}
}

/* Returns false when all files are described. */
static __always_inline bool step(struct scratch *s)
{
	if (s->control)
		step_control(s);
	else if (s->dentry)
		step_path(s);
	else if (s->index < s->event.nr_files)
		step_file(s);
	else
		return false;
	return true;
}

/* Some steps of the walk in the scratch of `user`. Returns 0 when all files are described. */
__attribute__((noinline)) int walk_on(__u32 user)
{
	struct scratch *s = scratch_of(user < NR_SCRATCHES ? user : 0);

	if (!s)
		return 0;
	for (int i = 0; i < STEPS_IN_CALL; i++) {
		if (!step(s))
			return 0;
	}
	return 1;
}

/* Describe the files of the record. What is left after so many steps keeps the flag of a cut. */
static __always_inline void describe_files(enum scratch_user user)
{
	for (int i = 0; i < MAX_CALLS; i++) {
		if (!walk_on(user))
			return;
	}
	count_lost(EVENT_LOST_READ);
}

#endif
