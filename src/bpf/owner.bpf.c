// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who has a socket open: an iterator over the files of all processes (since 5.8). User space sets the bits
 * of the sockets that it asks for, runs it, and reads a struct event_owner for each descriptor that leads
 * to one of them.
 */
#include "event.h"
#include "kernel.h"
#include "read.h"
#include "task.h"

char LICENSE[] SEC("license") = "GPL";

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
} __attribute__((preserve_access_index));

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	__u32 fd;
	struct file *file;
} __attribute__((preserve_access_index));

__u8 asked[(1 << EVENT_ASKED_BITS) / 8];

static __always_inline bool is_asked_for(__u64 ino)
{
	__u32 bit = EVENT_ASKED_BIT(ino);

	return asked[bit / 8] & 1 << bit % 8;
}

SEC("iter/task_file")
int tell_owners(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct event_owner owner = {};
	struct inode *inode;

	if (!task || !file)
		return 0;
	inode = probe(file, f_inode);
	if ((probe(inode, i_mode) & S_IFMT) != S_IFSOCK)
		return 0;
	owner.ino = probe(inode, i_ino);
	if (!is_asked_for(owner.ino))
		return 0;
	owner.flags = write_task(&owner.task, task);
	owner.task.tid = 0;
	bpf_seq_write(ctx->meta->seq, &owner, sizeof(owner));
	return 0;
}
