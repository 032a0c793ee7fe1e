/* SPDX-License-Identifier: GPL-2.0-only */
/* Who has an open file by now: an iterator over all files of all processes, since 5.8. */
#ifndef FDPASS_KEPT_H
#define FDPASS_KEPT_H

#include "asked.h"
#include "event.h"
#include "iterator.h"
#include "kernel.h"
#include "owner.h"

/* The files that user space asks for: EVENT_KEPT_BIT(). */
DECLARE_ASKED(kept_asked, EVENT_KEPT_BITS);

/* The table that is gone through: its descriptors come in the order of their numbers. */
__u64 kept_table = 0;
__u32 kept_count = 0;
__s32 kept_last = -1;
bool kept_told = false; /* some descriptor of it */
/* The file that is looked at: by way of memory, since the verifier lets nothing be reckoned with a pointer. */
volatile __u64 kept_file = 0;

static __always_inline bool is_kept_asked(struct file *file)
{
	kept_file = (__u64)file;
	return is_bit_asked(&kept_asked, EVENT_KEPT_BIT(kept_file));
}

/* Returns false where the reader has no room: then it comes back with the same file. */
static __always_inline bool end_kept_table(struct seq_file *seq)
{
	struct event_kept end = { .table = kept_table, .count = kept_count };

	if (kept_told && bpf_seq_write(seq, &end, sizeof(end)))
		return false;
	kept_told = false;
	return true;
}

/* A file that there was no room to tell of comes again, and is counted once. */
static __always_inline bool count_kept(struct seq_file *seq, __u64 table, __s32 fd)
{
	if (table == kept_table && fd == kept_last)
		return true;
	if (table != kept_table || fd < kept_last) {
		if (!end_kept_table(seq))
			return false;
		kept_table = table;
		kept_count = 0;
	}
	kept_last = fd;
	kept_count++;
	return true;
}

static __always_inline void tell_kept_file(struct seq_file *seq, struct task_struct *task,
					   struct file *file)
{
	struct inode *inode = probe(file, f_inode);
	struct super_block *super = probe(inode, i_sb);
	struct event_kept kept = {
		.file = (__u64)file,
		.table = kept_table,
		.ino = probe(inode, i_ino),
		.fd_limit = fd_limit_of(task),
		.dev = probe(super, s_dev),
		.inode_generation = probe(inode, i_generation),
		.open_flags = probe(file, f_flags),
		.fd = kept_last,
		.mode = probe(inode, i_mode),
	};

	if (probe(file, f_cred) == probe(task, real_cred))
		kept.flags |= EVENT_KEPT_OPENED;
	write_task(&kept.task, task);
	kept.task.tid = 0;
	if (!bpf_seq_write(seq, &kept, sizeof(kept)))
		kept_told = true;
}

/* Writes a struct event_kept for each descriptor of such a file, and for each table that has one. */
SEC("iter/task_file")
int tell_kept(struct bpf_iter__task_file *ctx)
{
	struct seq_file *seq = ctx->meta->seq;
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;

	if (!task || !file) {
		if (end_kept_table(seq))
			kept_table = 0;
		return 0;
	}
	if (count_kept(seq, (__u64)probe(task, files), (__s32)ctx->fd) && is_kept_asked(file))
		tell_kept_file(seq, task, file);
	return 0;
}

#endif
