/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The paths of the files of a record: a walk of small steps, each one component of a path. Its position
 * is kept in the scratch memory, and a few steps are a global function (see file.h).
 *
 * Files in one folder share the names above it: the folders that were walked through are looked up
 * before anything else, also before the mounts that lie upon each other there. So a message does not
 * cost more steps than it has files and different folders. Who has more of these than that gets the
 * rest marked as cut.
 */
#ifndef FDPASS_PATH_H
#define FDPASS_PATH_H

#include "file.h"

/* 253 descriptors, with 100 steps for the path of each: three loops, each verified by itself. */
#define STEPS_IN_CALL 6
#define CALLS_IN_WALK 66
#define MAX_WALKS (SCM_MAX_FD * 100 / STEPS_IN_CALL / CALLS_IN_WALK)

#define PATH_FLAGS (EVENT_FILE_PSEUDO | EVENT_FILE_CUT | EVENT_FILE_DETACHED)

static __always_inline struct event_name *name_in_record(struct scratch *s, __u32 offset)
{
	return record_at(s, s->used + sizeof(struct event_section) + offset);
}

/* The walk of this file's path is over. `end`: where the names go on; EVENT_NO_NAME: nowhere. */
static __always_inline void end_walk(struct scratch *s)
{
	s->dentry = 0;
	/* Nothing was named from the folder on: it is the root. */
	if (s->folder < CACHED_FOLDERS && s->folder_offset == s->paths_used)
		s->folders[s->folder].offset = EVENT_NO_NAME;
}

/* Let the chain of the file's names go on with the component at `offset`. */
static __always_inline void link_name(struct scratch *s, struct event_file *ret, __u32 offset)
{
	if (s->previous == EVENT_NO_NAME) {
		ret->names_offset = offset;
		s->last_offset = offset;
	} else {
		name_in_record(s, s->previous)->parent_offset = offset;
	}
	s->previous = offset;
}

/* Add a component to the names; false where there is no room, or it cannot be read. */
static __always_inline bool add_name(struct scratch *s, struct event_file *ret, const char *from,
				     __u32 length)
{
	__u32 offset = s->paths_used;
	struct event_name *name = name_in_record(s, offset);
	__u32 size;

	length &= 0xff;
	size = (sizeof(*name) + length + 3) & ~3U;
	if (s->path_length + length + 1 > EVENT_MAX_PATH ||
	    s->used + sizeof(struct event_section) + offset + size + sizeof(__u64) > RECORD_MAX)
		return false;
	name->parent_offset = EVENT_NO_NAME;
	name->length = length;
	if (length) {
		((__u32 *)name)[(size / sizeof(__u32) - 1) & 0x7f] = 0; /* the padding */
		if (copy_kernel(name->name, length, from))
			return false;
	}
	s->paths_used = offset + size;
	s->path_length += length + 1;
	link_name(s, ret, offset);
	return true;
}

/* Begin with file s->index: where its path begins, or that of the file before. */
static __always_inline void begin_walk(struct scratch *s, struct event_file *ret, struct file *file)
{
	struct dentry *dentry;

	COPY(s->copy, file, struct file, f_path.dentry);
	dentry = COPIED(s->copy, file, struct file, f_path.dentry);
	s->mnt = (__u64)COPIED(s->copy, file, struct file, f_path.mnt);
	COPY(s->copy, dentry, struct dentry, d_parent);
	if (!COPIED(s->copy, dentry, struct dentry, d_hash.pprev) &&
	    COPIED(s->copy, dentry, struct dentry, d_parent) != dentry)
		ret->flags |= EVENT_FILE_DELETED;
	s->previous = EVENT_NO_NAME;
	s->path_length = 0;
	s->folder = CACHED_FOLDERS;
	if ((__u64)dentry == s->last_dentry && s->mnt == s->last_mnt) {
		ret->names_offset = s->last_offset;
		ret->flags = (ret->flags & ~EVENT_FILE_CUT) |
			     (file_in_record(s, s->last_index)->flags & PATH_FLAGS);
		return;
	}
	s->dentry = (__u64)dentry;
	s->last_dentry = (__u64)dentry;
	s->last_mnt = s->mnt;
	s->last_offset = EVENT_NO_NAME;
	s->last_index = s->index;
	s->mnt_root = (__u64)probe((struct vfsmount *)s->mnt, mnt_root);
}

/* The walk is at a folder, with the names below it told: go on as a file before did from here. */
static __always_inline bool step_to_cached(struct scratch *s, struct event_file *ret)
{
	__u32 place = (__u32)(s->dentry >> 6 ^ s->dentry >> 12 ^ s->mnt >> 6) % CACHED_FOLDERS;
	struct cached_folder *folder = &s->folders[place];

	if (folder->dentry == s->dentry && folder->mnt == s->mnt && folder->epoch == s->epoch &&
	    folder->file != s->index) {
		if (folder->offset != EVENT_NO_NAME)
			link_name(s, ret, folder->offset);
		ret->flags = (ret->flags & ~EVENT_FILE_CUT) |
			     (file_in_record(s, folder->file)->flags & PATH_FLAGS);
		end_walk(s);
		return true;
	}
	if (s->folder == CACHED_FOLDERS && folder->epoch != s->epoch) {
		*folder = (struct cached_folder){
			.dentry = s->dentry,
			.mnt = s->mnt,
			.offset = s->paths_used,
			.file = s->index,
			.epoch = s->epoch,
		};
		s->folder = place;
		s->folder_offset = s->paths_used;
	}
	return false;
}

/* The walk is at the root of a mount: go on in the one that it is mounted on, or end. */
static __always_inline void step_out_of_mount(struct scratch *s, struct event_file *ret,
					      bool parentless)
{
	struct mount *mount = (void *)s->mnt - bpf_core_field_offset(struct mount, mnt);
	struct mount *above = probe(mount, mnt_parent);

	if (above != mount) {
		s->dentry = (__u64)probe(mount, mnt_mountpoint);
		s->mnt = (__u64)above + bpf_core_field_offset(struct mount, mnt);
		s->mnt_root = (__u64)probe((struct vfsmount *)s->mnt, mnt_root);
		return;
	}
	/* The top: of a namespace's tree, or of a mount that is in none (an error pointer for the
	 * kernel's own mounts, NULL after a lazy umount). */
	ret->flags &= ~EVENT_FILE_CUT;
	if ((__u64)probe(mount, mnt_ns) - 1 >= (__u64)-4096)
		ret->flags |= parentless && s->previous == EVENT_NO_NAME ? EVENT_FILE_PSEUDO :
									   EVENT_FILE_DETACHED;
	if (s->previous == EVENT_NO_NAME) {
		struct dentry *dentry = (struct dentry *)s->dentry;
		bool root = !(ret->flags & EVENT_FILE_PSEUDO);

		if (!add_name(s, ret, probe(dentry, d_name.name),
			      root ? 0 : probe(dentry, d_name.len)))
			ret->flags |= EVENT_FILE_CUT;
	}
	end_walk(s);
}

/* One step up a path: out of a mount, or to the parent directory. Ends with s->dentry 0. */
static __always_inline void step_path(struct scratch *s)
{
	struct event_file *ret = file_in_record(s, s->index);
	struct dentry *dentry = (struct dentry *)s->dentry, *parent;

	if (s->previous != EVENT_NO_NAME && step_to_cached(s, ret))
		return;
	COPY(s->copy, dentry, struct dentry, d_name);
	parent = COPIED(s->copy, dentry, struct dentry, d_parent);
	if (s->dentry == s->mnt_root) {
		step_out_of_mount(s, ret, parent == dentry);
		return;
	}
	if (!add_name(s, ret, COPIED(s->copy, dentry, struct dentry, d_name.name),
		      COPIED(s->copy, dentry, struct dentry, d_name.len))) {
		end_walk(s);
		return;
	}
	if (parent == dentry) { /* no directory holds it: a socket, a pipe, a memfd */
		ret->flags = (ret->flags & ~EVENT_FILE_CUT) | EVENT_FILE_PSEUDO;
		end_walk(s);
		return;
	}
	s->dentry = (__u64)parent;
}

/* Returns false when all paths are told. */
static __always_inline bool step(struct scratch *s)
{
	struct file *file;

	if (s->dentry) {
		step_path(s);
		return true;
	}
	s->index++;
	if (s->index >= s->nr_files)
		return false;
	file = (struct file *)*list_at(s, s->index);
	if (file)
		begin_walk(s, file_in_record(s, s->index), file);
	return true;
}

/* Some steps of the walk in the scratch of `user`. Returns 0 when all paths are told. */
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

/* Some more of them. */
__attribute__((noinline)) int walk_far(__u32 user)
{
	for (int i = 0; i < CALLS_IN_WALK; i++) {
		if (!walk_on(user))
			return 0;
	}
	return 1;
}

/* Write the files and their paths, which are the last section of the record. */
static __always_inline void describe_files(struct scratch *s, enum scratch_user user)
{
	s->event.flags |= EVENT_DESCRIBED;
	write_files(user);
	s->dentry = 0;
	s->last_dentry = 0;
	s->index = -1;
	s->epoch++;
	for (int i = 0; i < MAX_WALKS; i++) {
		if (!walk_far(user))
			return;
	}
}

#endif
