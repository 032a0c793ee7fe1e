/* SPDX-License-Identifier: GPL-2.0-only */
/* Who has a socket open: an iterator over all files of all processes, since 5.8. */
#ifndef FDPASS_OWNER_H
#define FDPASS_OWNER_H

#include "asked.h"
#include "event.h"
#include "iterator.h"
#include "kernel.h"
#include "task.h"

/* The sockets that user space asks for: EVENT_ASKED_BIT(). */
DECLARE_ASKED(asked, EVENT_ASKED_BITS);

static __always_inline bool is_asked_for(__u64 ino)
{
	return is_bit_asked(&asked, EVENT_ASKED_BIT(ino));
}

static __always_inline __u64 fd_limit_of(struct task_struct *task)
{
	struct signal_struct *signal = probe(task, signal);

	return probe(signal, rlim[RLIMIT_NOFILE].rlim_cur);
}

/* Writes a struct event_owner for each descriptor that leads to one of them. */
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
	owner.fd = ctx->fd;
	owner.fd_limit = fd_limit_of(task);
	owner.flags = write_task(&owner.task, task);
	owner.task.tid = 0;
	bpf_seq_write(ctx->meta->seq, &owner, sizeof(owner));
	return 0;
}

#endif
