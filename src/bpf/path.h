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

#include "detail.h"

/* 253 descriptors, with 100 steps for the path of each: three loops, each verified by itself. */
#define STEPS_IN_CALL 6
#define CALLS_IN_WALK 66
#define MAX_WALKS (SCM_MAX_FD * 100 / STEPS_IN_CALL / CALLS_IN_WALK)

/* What the walk finds, which files with the same path share. */
#define PATH_FLAGS (EVENT_FILE_PSEUDO | EVENT_FILE_CUT | EVENT_FILE_DETACHED | EVENT_FILE_DELETED)

#define DENTRY_PARTS struct dentry, d_hash, d_inode
#define DENTRY_AND_NAME struct dentry, d_hash, d_iname
#define MOUNT_PARTS struct mount, mnt_parent, mnt.mnt_root

static __always_inline struct event_name *name_in_record(struct scratch *s, __u32 offset)
{
	return record_at(s, s->used + sizeof(struct event_section) + offset);
}

/* The file whose path it is. */
static __always_inline struct event_file *walked_file(struct scratch *s)
{
	return file_in_record(s, s->index);
}

/* The walk of this file's path is over. */
static __always_inline void end_walk(struct scratch *s)
{
	s->dentry = 0;
	/* Nothing was named from the folder on: it is the root. */
	if (s->folder < CACHED_FOLDERS && s->folder_offset == s->paths_used)
		s->folders[s->folder].offset = EVENT_NO_NAME;
}

/* Let the chain of the file's names go on with the component at `offset`. */
static __always_inline void link_name(struct scratch *s, __u32 offset)
{
	if (s->previous == EVENT_NO_NAME) {
		walked_file(s)->names_offset = offset;
		s->last_offset = offset;
	} else {
		name_in_record(s, s->previous)->parent_offset = offset;
	}
	s->previous = offset;
}

/* A short name lies in the dentry itself, as d_iname; that has another type in newer kernels. */
#define HAS_SHORT_NAME bpf_core_field_exists(((struct dentry *)0)->d_iname)

static __always_inline void copy_dentry(struct scratch *s, struct dentry *dentry)
{
	if (HAS_SHORT_NAME)
		COPY(s->copy, dentry, DENTRY_AND_NAME);
	else
		COPY(s->copy, dentry, DENTRY_PARTS);
}

/* Copy a name of the dentry, of which s->copy has the parts. */
static __always_inline long copy_name(struct scratch *s, char *to, struct dentry *dentry,
				      const char *from, __u32 length)
{
#ifndef TYPED_READS
	if (HAS_SHORT_NAME) {
		__u32 size = bpf_core_field_size(struct dentry, d_iname);
		__u32 at = bpf_core_field_offset(struct dentry, d_iname);

		if (from == (char *)dentry + at && length < SHORT_NAME && size >= SHORT_NAME &&
		    RANGE_SIZE(DENTRY_AND_NAME) <= COPY_SIZE) {
			__builtin_memcpy(
				to, s->copy + at - bpf_core_field_offset(struct dentry, d_hash),
				SHORT_NAME);
			return 0;
		}
	}
#endif
	return copy_kernel(to, length, from);
}

/* Add the dentry's name to the names; false where there is no room, or it cannot be read. */
static __always_inline bool add_name(struct scratch *s, struct dentry *dentry, __u32 length)
{
	__u32 offset = s->paths_used;
	struct event_name *name = name_in_record(s, offset);
	__u32 size;

	length &= 0xff;
	size = (sizeof(*name) + length + 3) & ~3U;
	if (s->path_length + length + 1 > EVENT_MAX_PATH || offset + size > s->paths_room)
		return false;
	name->parent_offset = EVENT_NO_NAME;
	name->length = length;
	if (length && copy_name(s, name->name, dentry,
				COPIED(s->copy, dentry, DENTRY_PARTS, d_name.name), length))
		return false;
	*(__u32 *)(name->name + length) = 0; /* the padding */
	s->paths_used = offset + size;
	s->path_length += length + 1;
	link_name(s, offset);
	return true;
}

/* The mount that a struct vfsmount is in. */
static __always_inline struct mount *mount_of(__u64 mnt)
{
	return (void *)mnt - bpf_core_field_offset(struct mount, mnt);
}

/* The walk comes to a mount. */
static __always_inline void enter_mount(struct scratch *s, __u64 mnt)
{
	struct mount *mount = typed(mount_of(mnt));

	COPY(s->mount, mount, MOUNT_PARTS);
	s->mnt = mnt;
	s->mnt_root = (__u64)COPIED(s->mount, mount, MOUNT_PARTS, mnt.mnt_root);
}

/* Begin with file s->index: where its path begins, or with that of the file before. */
static __always_inline void begin_walk(struct scratch *s)
{
	const struct place *place = &s->places[bounded(s->index)];

	if (place->dentry == s->last_dentry && place->mnt == s->last_mnt) {
		struct event_file *ret = walked_file(s);

		ret->names_offset = s->last_offset;
		ret->flags = (ret->flags & ~EVENT_FILE_CUT) | s->last_flags;
		return;
	}
	s->previous = EVENT_NO_NAME;
	s->path_length = 0;
	s->folder = CACHED_FOLDERS;
	/* Another file's folder can be found, or this one's is kept for the files that come. */
	s->sharing = s->nr_folders || s->index + 1 < s->nr_files;
	s->dentry = place->dentry;
	s->last_dentry = place->dentry;
	s->last_mnt = place->mnt;
	s->last_offset = EVENT_NO_NAME;
	s->last_flags = EVENT_FILE_CUT; /* until the walk has come to its end */
	enter_mount(s, place->mnt);
}

static __always_inline void set_path_flags(struct scratch *s, __u32 flags)
{
	struct event_file *ret = walked_file(s);

	s->last_flags = (s->last_flags & ~EVENT_FILE_CUT) | flags;
	ret->flags = (ret->flags & ~EVENT_FILE_CUT) | flags;
}

/* Another file's path led through this folder: go on as that did from here. False: none did. */
static __always_inline bool step_to_cached(struct scratch *s)
{
	__u32 place = (__u32)(s->dentry >> 6 ^ s->dentry >> 12 ^ s->mnt >> 6) % CACHED_FOLDERS;
	struct cached_folder *folder = &s->folders[place];

	if (folder->dentry == s->dentry && folder->mnt == s->mnt && folder->epoch == s->epoch &&
	    folder->file != s->index) {
		if (folder->offset != EVENT_NO_NAME)
			link_name(s, folder->offset);
		set_path_flags(s, file_in_record(s, folder->file)->flags &
					  (PATH_FLAGS & ~EVENT_FILE_DELETED));
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
		s->sharing = s->nr_folders++ > 0;
	}
	return false;
}

/* The walk is at the root of a mount: go on in the one that it is mounted on, or end. */
static __always_inline void step_out_of_mount(struct scratch *s, struct dentry *dentry,
					      bool parentless)
{
	struct mount *mount = typed(mount_of(s->mnt));
	struct mount *above = COPIED(s->mount, mount, MOUNT_PARTS, mnt_parent);
	bool unnamed = s->previous == EVENT_NO_NAME;
	__u32 flags = 0;

	if (above != mount) {
		s->dentry = (__u64)COPIED(s->mount, mount, MOUNT_PARTS, mnt_mountpoint);
		enter_mount(s, (__u64)above + bpf_core_field_offset(struct mount, mnt));
		return;
	}
	/* The top: of a namespace's tree, or of a mount that is in none (an error pointer for the
	 * kernel's own mounts, NULL after a lazy umount). */
	if ((__u64)follow(mount, mnt_ns) - 1 >= (__u64)-4096)
		flags = parentless && unnamed ? EVENT_FILE_PSEUDO : EVENT_FILE_DETACHED;
	if (unnamed && !add_name(s, dentry,
				 flags & EVENT_FILE_PSEUDO ?
					 COPIED(s->copy, dentry, DENTRY_PARTS, d_name.len) :
					 0))
		flags |= EVENT_FILE_CUT;
	set_path_flags(s, flags);
	end_walk(s);
}

/* One step up a path: out of a mount, or to the parent directory. Ends with s->dentry 0. */
static __always_inline void step_path(struct scratch *s)
{
	struct dentry *dentry = typed((struct dentry *)s->dentry), *parent;

	if (s->sharing && s->previous != EVENT_NO_NAME && step_to_cached(s))
		return;
	copy_dentry(s, dentry);
	parent = COPIED(s->copy, dentry, DENTRY_PARTS, d_parent);
	if (s->dentry == s->last_dentry && parent != dentry &&
	    !COPIED(s->copy, dentry, DENTRY_PARTS, d_hash.pprev)) {
		s->last_flags |= EVENT_FILE_DELETED;
		walked_file(s)->flags |= EVENT_FILE_DELETED;
	}
	if (s->dentry == s->mnt_root) {
		step_out_of_mount(s, dentry, parent == dentry);
		return;
	}
	if (!add_name(s, dentry, COPIED(s->copy, dentry, DENTRY_PARTS, d_name.len))) {
		end_walk(s);
		return;
	}
	if (parent == dentry) { /* no directory holds it: a socket, a pipe, a memfd */
		set_path_flags(s, EVENT_FILE_PSEUDO);
		end_walk(s);
		return;
	}
	s->dentry = (__u64)parent;
}

/* Returns false when all paths are told. */
static __always_inline bool step(struct scratch *s)
{
	if (s->dentry) {
		step_path(s);
		return true;
	}
	s->index++;
	if (s->index >= s->nr_files)
		return false;
	if (*list_at(s, s->index))
		begin_walk(s);
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

/*
 * Write the files, their details and their paths, which are the last section of the record. A global function: else
 * the verifier would go through the loops for each of the ways that lead here.
 */
__attribute__((noinline)) int describe_files(__u32 user)
{
	struct scratch *s = scratch_of(user < NR_SCRATCHES ? user : 0);

	if (!s)
		return 0;
	s->event.flags |= EVENT_DESCRIBED;
	s->super = 0;
	s->detailed = false;
	write_files(user);
	if (s->detailed)
		write_details(s, user);
	s->dentry = 0;
	s->last_dentry = 0;
	s->index = -1;
	s->nr_folders = 0;
	s->paths_room = RECORD_MAX - s->used - sizeof(struct event_section) - sizeof(__u64);
	s->epoch++;
	for (int i = 0; i < MAX_WALKS; i++) {
		if (!walk_far(user))
			break;
	}
	return 0;
}

#endif
