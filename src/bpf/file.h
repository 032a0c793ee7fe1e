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

/* The addresses of a list's files, at most SCM_MAX_FD; `to` has room for as many. */
static __always_inline void copy_files(__u64 *to, struct scm_fp_list *list, __u32 count)
{
	copy_kernel(to, bounded(count) * sizeof(*to),
		    (void *)list + bpf_core_field_offset(struct scm_fp_list, fp));
}

static __always_inline void read_files(struct scratch *s, struct scm_fp_list *list, __u32 count)
{
	copy_files(s->lists, list, count);
}

/* linux/magic.h, but for PIDFS_MAGIC: fs/pidfs.c, since 6.9 */
#define SOCKFS_MAGIC 0x534f434b
#define NSFS_MAGIC 0x6e736673
#define TMPFS_MAGIC 0x01021994
#define HUGETLBFS_MAGIC 0x958458f6
#define PIDFS_MAGIC 0x50494446
#define DMA_BUF_MAGIC 0x444d4142

#define FILE_PARTS struct file, f_path, f_flags
#define INODE_PARTS struct inode, i_mode, i_rdev
#define SUPER_PARTS struct super_block, s_dev, s_magic

/* The file system that an inode is in: most often that of the file before. */
static __always_inline void describe_super(struct scratch *s, struct event_file *ret,
					   struct super_block *super)
{
	if ((__u64)super != s->super) {
		s->super = (__u64)super;
		COPY(s->super_copy, super, SUPER_PARTS);
		s->dev = COPIED(s->super_copy, super, SUPER_PARTS, s_dev);
		s->magic = COPIED(s->super_copy, super, SUPER_PARTS, s_magic);
	}
	ret->dev = s->dev;
	ret->magic = s->magic;
}

/* The master of a pseudo terminal is 5:2. */
static __always_inline bool is_ptmx(const struct event_file *file)
{
	return file->rdev == (5 << 20 | 2) && (file->mode & S_IFMT) == S_IFCHR;
}

/* Of evdev: 13:64 to 13:95. */
static __always_inline bool is_input(const struct event_file *file)
{
	return (file->rdev & ~31U) == (13 << 20 | 64) && (file->mode & S_IFMT) == S_IFCHR;
}

/* The file systems that memfds are in, without a link to them. */
static __always_inline bool is_memory(__u32 magic)
{
	return magic == TMPFS_MAGIC || magic == HUGETLBFS_MAGIC;
}

/* Is it of a kind that has details perhaps? See detail.h. s->copy has the parts of its inode. */
static __always_inline bool has_detail(struct scratch *s, const struct event_file *file,
				       struct inode *inode)
{
	if ((file->mode & S_IFMT) == S_IFCHR)
		return is_ptmx(file) || is_input(file);
	return file->magic == SOCKFS_MAGIC || file->magic == ANON_INODE_FS_MAGIC ||
	       file->magic == NSFS_MAGIC || file->magic == PIDFS_MAGIC ||
	       file->magic == DMA_BUF_MAGIC ||
	       (is_memory(file->magic) && !COPIED(s->copy, inode, INODE_PARTS, i_nlink));
}

/* All that is told of an open file but its path, and where that begins. */
static __always_inline void describe_file(struct scratch *s, struct event_file *ret,
					  struct file *file, struct place *place)
{
	struct inode *inode;

	file = typed(file);
	COPY(s->copy, file, FILE_PARTS);
	place->dentry = (__u64)COPIED(s->copy, file, FILE_PARTS, f_path.dentry);
	place->mnt = (__u64)COPIED(s->copy, file, FILE_PARTS, f_path.mnt);
	ret->open_flags = COPIED(s->copy, file, FILE_PARTS, f_flags);
	inode = COPIED(s->copy, file, FILE_PARTS, f_inode);
	ret->inode_generation = follow(inode, i_generation);
	COPY(s->copy, inode, INODE_PARTS);
	ret->ino = COPIED(s->copy, inode, INODE_PARTS, i_ino);
	ret->mode = COPIED(s->copy, inode, INODE_PARTS, i_mode);
	ret->rdev = COPIED(s->copy, inode, INODE_PARTS, i_rdev);
	describe_super(s, ret, COPIED(s->copy, inode, INODE_PARTS, i_sb));
	ret->generation = generation_of(file, ret->magic);
	if (has_detail(s, ret, inode))
		s->detailed = true;
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
	describe_file(s, ret, file, &s->places[bounded(index)]);
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
	return first + FILES_IN_CALL < s->nr_files;
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
