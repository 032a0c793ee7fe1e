// SPDX-License-Identifier: GPL-2.0-only
/*
 * State, not events: what user space asks for, by reading one of these iterators to its end. Look-ups from
 * there are none: while one of those is under way, the kernel skips every kprobe and tracepoint program on
 * that CPU (bpf_disable_instrumentation()).
 */
#include "event.h"
#include "kernel.h"
#include "read.h"
#include "table.h"
#include "task.h"

char LICENSE[] SEC("license") = "GPL";

/* What is in flight: the table of messages, since 5.9. The entries go through a ring buffer. */

struct bpf_iter__bpf_map_elem {
	void *key;
	void *value;
} __attribute__((preserve_access_index));

/* struct event_queued: user space empties it after each run. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 << 20); /* more than the table has */
} queued SEC(".maps");

bool is_cut = false; /* some entry of this run found no room */

static __always_inline void tell(const struct event_queued *entry)
{
	if (bpf_ringbuf_output(&queued, (void *)entry, sizeof(*entry), BPF_RB_NO_WAKEUP))
		is_cut = true;
}

static __always_inline void tell_message(const struct message *message)
{
	struct event_queued entry = {
		.message = message->number,
		.ino = message->ino,
		.queued = message->state == MESSAGE_QUEUED,
	};

	if (entry.message &&
	    (message->state == MESSAGE_SENDING || message->state == MESSAGE_QUEUED))
		tell(&entry);
}

static __always_inline void tell_end(void)
{
	struct event_queued entry = { .cut = is_cut };

	is_cut = false;
	tell(&entry);
}

SEC("iter/bpf_map_elem")
int tell_table(struct bpf_iter__bpf_map_elem *ctx)
{
	const void *value = ctx->value;
	const struct bucket *bucket;

	if (!value) {
		tell_end();
		return 0;
	}
	bucket = value;
#pragma unroll
	for (int i = 0; i < BUCKET_SIZE; i++) {
		if (bucket->keys[i] > KEY_BUSY)
			tell_message(&bucket->messages[i]);
	}
	return 0;
}

/* Who has a socket open: all files of all processes, since 5.8. */

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

/* The sockets that user space asks for: EVENT_ASKED_BIT(). */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, (1 << EVENT_ASKED_BITS) / 64);
	__type(key, __u32);
	__type(value, __u64); /* a bit for each */
} asked SEC(".maps");

static __always_inline bool is_asked_for(__u64 ino)
{
	__u32 bit = EVENT_ASKED_BIT(ino), key = bit / 64;
	__u64 *bits = bpf_map_lookup_elem(&asked, &key);

	return bits && *bits & 1ULL << bit % 64;
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
	owner.flags = write_task(&owner.task, task);
	owner.task.tid = 0;
	bpf_seq_write(ctx->meta->seq, &owner, sizeof(owner));
	return 0;
}
