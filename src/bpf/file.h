/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What each descriptor of a record is: its number, the open file and its inode, read at the event,
 * since by the time that user space could look it may be closed, renamed or reused. That takes no
 * walk, so it is always told whole; the paths come after (path.h).
 *
 * A few files are a global function of their own, which the verifier checks once and not again for
 * each turn of the loop that calls it: 253 of them verify on 5.10, without tail calls or bpf_loop().
 */
#ifndef FDPASS_FILE_H
#define FDPASS_FILE_H

#include "identity.h"
#include "record.h"
#include "socket.h"

/* The addresses of a list's files, at most SCM_MAX_FD. */
static __always_inline void read_files(struct scratch *s, struct scm_fp_list *list, __u32 count)
{
	copy_kernel(s->lists, bounded(count) * sizeof(__u64),
		    (void *)list + bpf_core_field_offset(struct scm_fp_list, fp));
}

/* All that is told of an open file but its path. */
static __always_inline void describe_file(struct scratch *s, struct event_file *ret,
					  struct file *file)
{
	struct inode *inode;
	struct super_block *super;

	COPY(s->copy, file, struct file, f_flags);
	inode = COPIED(s->copy, file, struct file, f_inode);
	ret->open_flags = COPIED(s->copy, file, struct file, f_flags);
	ret->inode_generation = probe(inode, i_generation);
	COPY(s->copy, inode, struct inode, i_ino);
	ret->ino = COPIED(s->copy, inode, struct inode, i_ino);
	ret->mode = COPIED(s->copy, inode, struct inode, i_mode);
	super = COPIED(s->copy, inode, struct inode, i_sb);
	COPY(s->copy, super, struct super_block, s_magic);
	ret->dev = COPIED(s->copy, super, struct super_block, s_dev);
	ret->magic = COPIED(s->copy, super, struct super_block, s_magic);
	ret->generation = generation_of(file, ret->magic);
}

/* File `index` of the record, its number as in s->fds: not known beyond s->nr_fds. */
static __always_inline void write_file(struct scratch *s, __u32 index)
{
	struct event_file *ret = file_in_record(s, index);
	struct file *file = (struct file *)*list_at(s, index);
	bool numbered = index < s->nr_fds;

	*ret = (struct event_file){
		.address = (__u64)file,
		.fd = numbered ? *fd_at(s, index) : -1,
		.flags = numbered ? EVENT_FILE_FD_KNOWN : 0,
		.names_offset = EVENT_NO_NAME,
	};
	if (!file || !(s->event.flags & EVENT_DESCRIBED))
		return;
	ret->flags |= EVENT_FILE_CUT; /* until its path has been walked to the end */
	describe_file(s, ret, file);
}

#define FILES_IN_CALL 8

/* Some files, from `first` on. Returns 0 after the last. */
__attribute__((noinline)) int write_files_from(__u32 user, __u32 first)
{
	struct scratch *s = scratch_of(user < NR_SCRATCHES ? user : 0);

	if (!s)
		return 0;
	for (__u32 i = 0; i < FILES_IN_CALL; i++) {
		if (first + i >= s->nr_files)
			return 0;
		write_file(s, first + i);
	}
	return 1;
}

/* The files of the record, for which begin_files() made room. */
static __always_inline void write_files(enum scratch_user user)
{
	for (__u32 i = 0; i < SCM_MAX_FD; i += FILES_IN_CALL) {
		if (!write_files_from(user, i))
			return;
	}
}

#endif
