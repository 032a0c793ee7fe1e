/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The way out: the ring buffer, the counters of what did not get there, and the scratch memory in
 * which a record is put together. One function takes room, and it is the one that counts.
 */
#ifndef FDPASS_REPORT_H
#define FDPASS_REPORT_H

#include "event.h"
#include "kernel.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 8 << 20); /* user space sets it */
} events SEC(".maps");

/*
 * User space reads this as its own memory: while it is in bpf(2) to look something up, the kernel
 * skips every kprobe and tracepoint program on that CPU (bpf_disable_instrumentation()), and since
 * 7.0 it can lose the CPU to others there.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, NR_EVENT_LOST);
	__type(key, __u32);
	__type(value, __u64);
} lost SEC(".maps");

/* The reader is woken when so much is waiting; else it looks by itself a few times a second. */
const volatile __u64 wake_at = 2 << 20;

static __always_inline void add_lost(enum event_lost kind, __s64 events)
{
	__u32 key = kind;
	__u64 *count = bpf_map_lookup_elem(&lost, &key);

	if (count)
		__sync_fetch_and_add(count, events);
}

static __always_inline void count_lost(enum event_lost kind)
{
	add_lost(kind, 1);
}

/* Give a finished record to user space, or count it. */
static __always_inline void report(const void *record, __u64 size)
{
	__u64 flags = bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) >= wake_at ?
			      BPF_RB_FORCE_WAKEUP :
			      BPF_RB_NO_WAKEUP;

	if (bpf_ringbuf_output(&events, (void *)record, size, flags))
		count_lost(EVENT_LOST_RING);
}

/*
 * A record under construction. A message of 253 descriptors with long paths needs more than the
 * 32 KiB of a per-CPU array's value, so the scratches are a plain array with entries for each CPU. A
 * program may be preempted and another one run on the CPU, so no two programs share one. The same
 * program does not run twice on a CPU: the kernel skips it and counts that (recursion_misses).
 */
enum scratch_user { SCRATCH_BEGIN, SCRATCH_END, SCRATCH_MOVE, NR_SCRATCHES };

#define RECORD_SIZE 65536 /* a power of two: offsets are masked with it, for the verifier */

struct scratch {
	__u64 lists[SCM_MAX_FD + 3]; /* addresses of the files, as in struct scm_fp_list */
	__s32 fds[SCM_MAX_FD + 3]; /* their numbers, from the control messages */
	/* The walk that describes the files: a position kept in memory, see describe.h. */
	__u64 control, control_end; /* control messages not read yet */
	bool control_in_user; /* in the memory of the process, not the kernel's copy of it */
	bool control_unread; /* some of it could not be read */
	__u64 dentry, mnt; /* next component; dentry 0: between two files */
	__u64 parent_dentry, parent_mnt; /* directory of the last file that was described */
	__u64 last_dentry, last_mnt; /* the last file itself */
	__u32 parent_offset, last_offset; /* their names */
	__u32 parent_index, last_index; /* the files that these are of */
	__u32 index; /* file that is being described */
	__u32 previous; /* offset of the name whose parent comes next; EVENT_NO_NAME: none yet */
	__u32 path_length;
	__u32 nr_fds;
	__u32 names_begin; /* in record, after the files */
	__u32 names_used;
	/* Received: how many were installed, with which flags, and the receiver's table. */
	__u64 open;
	__u32 open_size;
	__u16 installed;
	__u8 cloexec;
	__u8 busy; /* SCRATCH_MOVE, which two programs share */
	/* A record: struct event, struct event_file[], names. The slack takes what one step writes. */
	union {
		struct event event;
		char record[RECORD_SIZE + 512];
	};
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, NR_SCRATCHES); /* user space: times the number of CPUs */
	__type(key, __u32);
	__type(value, struct scratch);
} scratches SEC(".maps");

static __always_inline struct scratch *scratch_of(enum scratch_user user)
{
	__u32 key = bpf_get_smp_processor_id() * NR_SCRATCHES + user;

	return bpf_map_lookup_elem(&scratches, &key);
}

/* Report the record in the scratch; its sizes are in its header. */
static __always_inline void report_scratch(struct scratch *s)
{
	__u32 size = (s->names_begin + s->names_used + 7) & ~7;

	if (size > RECORD_SIZE)
		size = RECORD_SIZE;
	s->event.names_size = size - s->names_begin;
	s->event.size = size;
	report(&s->event, size);
}

#endif
