// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is there now, read by iterators, with nothing attached. The first two find sockets with something in
 * their queues; the third one answers what user space asks about one of them, which it writes into the only
 * entry of a map; the rest tell who holds a file.
 *
 * There is no lock that could be taken here. A queue is looked at before and after it is read, and a message
 * has to be in it still when its description is finished.
 */
#define NO_CREATIONS
#include "event.h"
#include "owner.h"
#include "path.h"
#include "skb.h"

char LICENSE[] SEC("license") = "GPL";

/* Sockets, by their addresses. */

static __always_inline void tell_socket(struct seq_file *seq, struct sock *sk)
{
	__u64 address = (__u64)sk;

	if (probe(sk, sk_receive_queue.qlen))
		bpf_seq_write(seq, &address, sizeof(address));
}

/* Those that some process has open. */
SEC("iter/task_file")
int tell_open_sockets(struct bpf_iter__task_file *ctx)
{
	struct file *file = ctx->file;
	struct inode *inode;
	struct sock *sk;

	if (!ctx->task || !file)
		return 0;
	inode = probe(file, f_inode);
	if ((probe(inode, i_mode) & S_IFMT) != S_IFSOCK)
		return 0;
	sk = unix_socket_of(file);
	if (sk)
		tell_socket(ctx->meta->seq, sk);
	return 0;
}

/* All of a network namespace, since 5.15: that no process has open, too. */
SEC("iter/unix")
int tell_unix_sockets(struct bpf_iter__unix *ctx)
{
	struct unix_sock *sk = ctx->unix_sk;

	if (sk)
		tell_socket(ctx->meta->seq, (struct sock *)sk);
	return 0;
}

/* What the third one is asked: a struct event_asked in an array of one entry. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct event_asked);
} question SEC(".maps");

/* A queue: struct event_listed, each. The messages go where all records go. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20); /* more than MAX_LISTED */
} listed SEC(".maps");

/* 16384 messages: what a queue holds that nobody made larger is hundreds. */
#define LISTED_IN_CALL 32
#define MAX_CALLS 512
#define MAX_LISTED (LISTED_IN_CALL * MAX_CALLS)

/* The walk along a queue, in memory: so the verifier sees that one step is like the other. */
struct walk {
	__u64 sk, head;
	__u64 at; /* the next message; 0: it was taken out meanwhile */
	__u32 position;
	__u32 listens, cut;
	__u32 length;
	__u64 first, last;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct walk);
} walks SEC(".maps");

static __always_inline struct walk *the_walk(void)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&walks, &key);
}

static __always_inline void list_entry(struct walk *walk, const struct event_listed *entry)
{
	if (bpf_ringbuf_output(&listed, (void *)entry, sizeof(*entry), BPF_RB_NO_WAKEUP))
		walk->cut = 1;
}

/* What has descriptors, or waits in a backlog. */
static __always_inline void list_message(struct walk *walk, struct sk_buff *skb)
{
	struct scm_fp_list *list = walk->listens ? NULL : list_of(skb);
	struct event_listed entry = {
		.message = (__u64)skb,
		.list = (__u64)list,
		.sock = (__u64)probe(skb, sk),
		.position = walk->position,
		.count = list ? probe(list, count) : 0,
	};

	if (list || walk->listens)
		list_entry(walk, &entry);
	walk->position++;
}

/* Some messages of the queue. Returns 0 behind the last. */
__attribute__((noinline)) int list_some(void)
{
	volatile struct walk *walk = the_walk();

	if (!walk)
		return 0;
	for (int i = 0; i < LISTED_IN_CALL; i++) {
		struct sk_buff *skb = (struct sk_buff *)walk->at;

		if (!walk->at || walk->at == walk->head)
			return 0;
		list_message((struct walk *)walk, skb);
		walk->at = (__u64)probe(skb, next);
	}
	return 1;
}

static __always_inline bool has_changed(const struct walk *walk, struct sock *sk)
{
	bool whole = walk->at == walk->head && walk->position == walk->length;

	return (!whole && walk->position < MAX_LISTED) ||
	       probe(sk, sk_receive_queue.qlen) != walk->length ||
	       (__u64)probe(sk, sk_receive_queue.next) != walk->first ||
	       (__u64)probe(sk, sk_receive_queue.prev) != walk->last;
}

static __always_inline void begin_walk_of(struct walk *walk, struct sock *sk)
{
	*walk = (struct walk){
		.sk = (__u64)sk,
		.head = (__u64)sk + bpf_core_field_offset(struct sock, sk_receive_queue),
		.at = (__u64)probe(sk, sk_receive_queue.next),
		.listens = probe(sk, __sk_common.skc_state) == TCP_LISTEN,
		.length = probe(sk, sk_receive_queue.qlen),
		.last = (__u64)probe(sk, sk_receive_queue.prev),
	};
	walk->first = walk->at;
}

static __always_inline void list_queue(struct sock *sk)
{
	struct walk *walk = the_walk();
	struct event_listed end = { .list = (__u64)sk };

	if (!walk)
		return;
	begin_walk_of(walk, sk);
	for (int i = 0; i < MAX_CALLS; i++) {
		if (!list_some())
			break;
	}
	end.sock = socket_inode(sk);
	end.position = walk->length;
	end.flags = (walk->listens ? EVENT_LISTED_LISTENS : 0) |
		    (walk->cut || walk->position >= MAX_LISTED ? EVENT_LISTED_CUT : 0) |
		    (has_changed(walk, sk) ? EVENT_LISTED_CHANGED : 0);
	list_entry(walk, &end);
}

/* A socket of the record, and its name. */
static __always_inline void append_socket(struct scratch *s, enum event_party party,
					  struct sock *sk)
{
	struct event_socket *to =
		append_section(s, EVENT_SECTION_SOCKET, party, sizeof(struct event_socket));

	*to = (struct event_socket){
		.sock = (__u64)sk,
		.ino = sk ? socket_inode(sk) : 0,
		.fd = -1,
		.type = sk ? probe(sk, sk_type) : 0,
	};
	if (sk)
		append_socket_name(s, party, probe((struct unix_sock *)sk, addr));
}

/* A record of state: only what is known gets a section. */
static __always_inline void begin_state(struct scratch *s, __u16 type, __u64 message, __u32 count)
{
	s->event = (struct event){
		.type = type,
		.time_ns = record_clock(),
		.message = message,
		.total_files = count,
	};
	s->used = sizeof(s->event);
	s->paths_used = 0;
	s->nr_fds = 0;
}

static __always_inline void append_task(struct scratch *s, struct task_struct *task)
{
	struct event_task *to = append_section(s, EVENT_SECTION_TASK, EVENT_SELF, sizeof(*to));

	s->event.flags |= write_task(to, task);
	to->tid = 0;
}

/* The process of the credentials, while it lives. */
static __always_inline void append_sender(struct scratch *s, struct sk_buff *skb)
{
	struct pid *pid = probe(parms_of(skb), pid);
	struct task_struct *task = pid ? task_of_pid(pid) : NULL;

	if (task)
		append_task(s, task);
}

static __always_inline void append_charge(struct scratch *s, struct sk_buff *skb,
					  struct scm_fp_list *list)
{
	struct user_struct *user = probe(list, user);
	struct event_charge *to = append_section(s, EVENT_SECTION_CHARGE, 0, sizeof(*to));

	*to = (struct event_charge){
		.in_flight = probe(user, unix_inflight),
		.queued_ns = probe(skb, tstamp),
		.uid = probe(user, uid.val),
	};
}

/* Nothing is told of a message that is not, or not whole, what was listed. */
static __always_inline void tell_message(struct sock *sk, struct sk_buff *skb,
					 struct scm_fp_list *list)
{
	struct scratch *s = scratch_of(SCRATCH_BEGIN);
	struct sock *from;
	__u32 count;

	if (!s || !is_linked(skb, list))
		return;
	count = probe(list, count);
	if (count > SCM_MAX_FD)
		return;
	from = probe(skb, sk);
	begin_state(s, EVENT_IN_QUEUE, (__u64)skb, count);
	append_sender(s, skb);
	append_socket(s, EVENT_SELF, from);
	append_socket(s, EVENT_OTHER, sk);
	append_charge(s, skb, list);
	begin_files(s, count);
	read_files(s, list, count);
	describe_files(SCRATCH_BEGIN);
	if (is_linked(skb, list) && probe(skb, sk) == from && (__u32)probe(list, count) == count)
		report_record(s);
}

SEC("iter/bpf_map_elem")
int answer(struct bpf_iter__bpf_map_elem *ctx)
{
	const struct event_asked *asked = ctx->value;
	struct sock *sk;

	if (!asked)
		return 0;
	sk = asked->sock ? (struct sock *)asked->sock : unix_socket_of((struct file *)asked->file);
	/* It may have been freed since its address was told. */
	if (!sk || probe(sk, __sk_common.skc_family) != AF_UNIX)
		return 0;
	if (asked->question == EVENT_ASK_QUEUE)
		list_queue(sk);
	else
		tell_message(sk, (struct sk_buff *)asked->message,
			     (struct scm_fp_list *)asked->list);
	return 0;
}

/* Who holds a file. */

/* Which files are told: a struct event_seek in an array of one entry; and those that are sought. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct event_seek);
} seeking SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1 << 20); /* descriptors of one process */
	__type(key, struct event_sought);
	__type(value, __u8);
} sought SEC(".maps");

static __always_inline bool is_sought(__u64 number, __u32 dev, enum event_same same)
{
	struct event_sought key = { .number = number, .dev = dev, .same = same };

	return bpf_map_lookup_elem(&sought, &key);
}

static __always_inline enum event_same same_as_sought(struct file *file)
{
	struct inode *inode = probe(file, f_inode);
	struct super_block *super = probe(inode, i_sb);
	__u32 dev = probe(super, s_dev);

	if (is_sought((__u64)file, 0, EVENT_SAME_DESCRIPTION))
		return EVENT_SAME_DESCRIPTION;
	if (is_sought(probe(inode, i_ino), dev, EVENT_SAME_INODE))
		return EVENT_SAME_INODE;
	return is_sought(0, dev, EVENT_SAME_FILESYSTEM) ? EVENT_SAME_FILESYSTEM : EVENT_SAME_NONE;
}

/* Describe it: s->record is it then. fd -1: it is mapped. */
static __always_inline void describe_held(struct scratch *s, struct task_struct *task,
					  struct file *file, __s32 fd, enum event_same same)
{
	struct event_held *held;

	begin_state(s, EVENT_HELD, 0, 1);
	append_task(s, task);
	held = append_section(s, EVENT_SECTION_HELD, 0, sizeof(*held));
	*held = (struct event_held){ .same = same, .mapped = fd < 0 };
	begin_files(s, 1);
	*list_at(s, 0) = (__u64)file;
	*fd_at(s, 0) = fd;
	s->nr_fds = fd >= 0;
	describe_files(SCRATCH_BEGIN);
}

/* The record goes into the ring buffer; a byte for the reader lets it look there before the next one. */
static __always_inline void tell_held(struct seq_file *seq, struct task_struct *task,
				      struct file *file, __s32 fd, enum event_same same)
{
	struct scratch *s = scratch_of(SCRATCH_BEGIN);
	__u8 byte = 0;

	if (!s)
		return;
	describe_held(s, task, file, fd, same);
	report_record(s);
	bpf_seq_write(seq, &byte, sizeof(byte));
}

static __always_inline struct event_seek *the_seek(void)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&seeking, &key);
}

SEC("iter/task_file")
int tell_files(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct event_seek *seek = the_seek();
	struct file *file = ctx->file;
	enum event_same same;
	__s32 fd = ctx->fd;
	__u32 pid;

	if (!task || !file || !seek)
		return 0;
	pid = probe(task, tgid);
	if (seek->pid) {
		if (pid == seek->pid && (seek->fd < 0 || seek->fd == fd))
			tell_held(ctx->meta->seq, task, file, fd, EVENT_SAME_NONE);
		return 0;
	}
	same = pid == seek->seeker ? EVENT_SAME_NONE : same_as_sought(file);
	if (same)
		tell_held(ctx->meta->seq, task, file, fd, same);
	return 0;
}

/* Since 5.12. */
SEC("iter/task_vma")
int tell_mappings(struct bpf_iter__task_vma *ctx)
{
	struct vm_area_struct *vma = ctx->vma;
	struct task_struct *task = ctx->task;
	struct file *file;
	enum event_same same;

	if (!task || !vma)
		return 0;
	file = probe(vma, vm_file);
	if (!file)
		return 0;
	same = same_as_sought(file);
	if (same)
		tell_held(ctx->meta->seq, task, file, -1, same);
	return 0;
}

/*
 * Before 5.12 there is no iterator over mappings, but a list of those of a process. Nothing keeps it still: a
 * mapping is told if it is the process's still when it has been described.
 */
#define HAS_MAPPING_LIST bpf_core_field_exists(((struct mm_struct *)0)->mmap)

#define MAPPINGS_IN_CALL 16
#define MAPPING_CALLS 4096 /* together as many as a process can have: vm.max_map_count */

struct mapping_walk {
	__u64 task, mm;
	__u64 at; /* 0: the end */
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct mapping_walk);
} mapping_walks SEC(".maps");

static __always_inline struct mapping_walk *the_mapping_walk(void)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&mapping_walks, &key);
}

/* Tell the mapping at which the walk is. Returns 0 where it is none of this process any more. */
__attribute__((noinline)) int tell_mapping(void)
{
	struct scratch *s = scratch_of(SCRATCH_BEGIN);
	struct mapping_walk *walk = the_mapping_walk();
	struct vm_area_struct *vma;
	struct task_struct *task;
	struct mm_struct *mm;
	enum event_same same;
	struct file *file;

	if (!walk || !s)
		return 0;
	vma = (struct vm_area_struct *)walk->at;
	task = (struct task_struct *)walk->task;
	mm = (struct mm_struct *)walk->mm;
	if (probe(vma, vm_mm) != mm)
		return 0;
	file = probe(vma, vm_file);
	same = file ? same_as_sought(file) : EVENT_SAME_NONE;
	if (!same)
		return 1;
	describe_held(s, task, file, -1, same);
	if (probe(vma, vm_mm) != mm || probe(vma, vm_file) != file || probe(task, mm) != mm)
		return 0;
	report_record(s);
	return 1;
}

__attribute__((noinline)) int tell_some_mappings(void)
{
	volatile struct mapping_walk *walk = the_mapping_walk();

	if (!walk)
		return 0;
	for (int i = 0; i < MAPPINGS_IN_CALL; i++) {
		struct vm_area_struct *vma = (struct vm_area_struct *)walk->at;

		if (!vma || !tell_mapping())
			return 0;
		if (HAS_MAPPING_LIST)
			walk->at = (__u64)probe(vma, vm_next);
	}
	return 1;
}

SEC("iter/task")
int tell_mappings_of_task(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct mapping_walk *walk = the_mapping_walk();
	struct mm_struct *mm;
	__u8 byte = 0;

	if (!task || !walk || !HAS_MAPPING_LIST || probe(task, pid) != probe(task, tgid))
		return 0;
	mm = probe(task, mm);
	if (!mm)
		return 0;
	walk->task = (__u64)task;
	walk->mm = (__u64)mm;
	walk->at = (__u64)probe(mm, mmap);
	for (int i = 0; i < MAPPING_CALLS; i++) {
		if (!tell_some_mappings())
			break;
	}
	bpf_seq_write(ctx->meta->seq, &byte, sizeof(byte));
	return 0;
}
