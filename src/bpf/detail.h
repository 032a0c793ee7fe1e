/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kinds of files have besides a name: of a socket its addresses and its state. Read only where
 * such a file is in the message, and each by itself, since a global function is verified once.
 *
 * The open file keeps what its private_data leads to. What that leads to can change and be freed while it
 * is read: then the pointer to it is another one afterwards, and what was read is left out.
 */
#ifndef FDPASS_DETAIL_H
#define FDPASS_DETAIL_H

#include "detail_anonymous.h"
#include "detail_file.h"
#include "detail_socket.h"

static __always_inline void describe_kind(struct scratch *s, __u32 index, struct file *file)
{
	struct event_file *told = file_in_record(s, index);
	__u32 magic = told->magic;

	if (magic == SOCKFS_MAGIC)
		describe_socket_file(s, index, file);
	else if (magic == ANON_INODE_FS_MAGIC)
		describe_anonymous(s, index, file);
	else if (magic == NSFS_MAGIC)
		describe_namespace(s, index, file);
	else if (magic == PIDFS_MAGIC)
		describe_pidfd(s, index, probe(probe(file, f_inode), i_private));
	else if (magic == DMA_BUF_MAGIC && bpf_core_type_exists(struct dma_buf))
		describe_dmabuf(s, index, probe(file, private_data));
	else if (is_ptmx(told))
		describe_ptmx(s, index, file);
	else if (is_input(told) && bpf_core_type_exists(struct evdev_client))
		describe_input(s, index, file);
	else if (is_memory(magic) && (told->mode & S_IFMT) == S_IFREG)
		describe_memory(s, index, file, magic);
}

/* The detail of a file, if it has one. Returns 0 after the last file. */
__attribute__((noinline)) int write_detail(__u32 user, __u32 index)
{
	struct scratch *s = scratch_of(user < NR_SCRATCHES ? user : 0);

	if (!s || index >= s->nr_files)
		return 0;
	if (*list_at(s, index))
		describe_kind(s, index, (struct file *)*list_at(s, index));
	return 1;
}

/* The details of all files, in their order. */
static __always_inline void write_details(struct scratch *s, enum scratch_user user)
{
	__u32 begin = s->used, size;

	s->used += sizeof(struct event_section);
	for (__u32 i = 0; i < SCM_MAX_FD; i++) {
		if (!write_detail(user, i))
			break;
	}
	size = s->used - begin - sizeof(struct event_section);
	if (size)
		*(struct event_section *)record_at(s, begin) =
			section(EVENT_SECTION_DETAILS, 0, size);
	else
		s->used = begin;
}

#endif
