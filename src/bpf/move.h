/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Descriptors that get into another process with no message: pidfd_getfd(2), the seccomp
 * supervisor's SECCOMP_IOCTL_NOTIF_ADDFD (seccomp_unotify(2)), and io_uring's IORING_OP_MSG_RING.
 */
#ifndef FDPASS_MOVE_H
#define FDPASS_MOVE_H

#include "number.h"
#include "path.h"
#include "told.h"

/* A supervisor inside its ioctl: who gets the descriptor is known only before it is answered. */
struct adding {
	struct event_task target;
	__u64 cgroup; /* its kernfs_node */
	__u64 file;
	__u32 source_fd;
	__u32 fd_flags;
	__u64 flags; /* EVENT_TASK_* of the target */
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024); /* supervisors inside the ioctl at one time */
	__type(key, __u64);
	__type(value, struct adding);
} addings SEC(".maps");

/* Keep what the current thread is about to do, until it is done. */
static __always_inline void keep_under_way(void *map, const void *value)
{
	__u64 thread = bpf_get_current_pid_tgid();

	if (!bpf_map_update_elem(map, &thread, value, BPF_NOEXIST))
		return;
	/* The end of an earlier one was missed, or there is no room. */
	if (bpf_map_update_elem(map, &thread, value, BPF_ANY))
		count_lost(EVENT_LOST_TABLE);
	else
		count_lost(EVENT_LOST_SKIPPED);
}

/*
 * Moves are rare: their programs share a scratch, and one that was preempted keeps the others
 * of its CPU out. Returns NULL, and counts, where that is so.
 */
static __always_inline struct scratch *begin_move(enum event_via via)
{
	struct scratch *s = scratch_of(SCRATCH_MOVE);

	if (!s)
		return NULL;
	if (s->busy) {
		count_lost(EVENT_LOST_SKIPPED);
		return NULL;
	}
	s->busy = true;
	begin_record(s, EVENT_MOVED, next_number(NUMBER_MOVED), 1, 0);
	s->event.via = via;
	return s;
}

/* Where the other task is told, of whom the descriptor was. */
static __always_inline struct event_task *append_other_task(struct scratch *s)
{
	return append_section(s, EVENT_SECTION_TASK, EVENT_OTHER, sizeof(struct event_task));
}

/* The same of a task that is not the current one. */
static __always_inline void append_source(struct scratch *s, struct task_struct *source)
{
	struct event_task *other = append_other_task(s);

	s->event.flags |= write_task(other, source);
	tell_cgroup_of(s, SCRATCH_MOVE, EVENT_OTHER, source, other->cgroup_id);
}

/*
 * Report a move: the first file is what moved, with its number where it came from; the second, if there
 * is one, the same as it was installed. The tasks are told already.
 */
static __always_inline void report_move(struct scratch *s, __u64 file, __u32 nr_fds, __s32 from,
					__s32 to, bool cloexec)
{
	s->lists[0] = file;
	s->lists[1] = file;
	s->fds[0] = from;
	s->fds[1] = to;
	s->nr_fds = nr_fds;
	begin_files(s, nr_fds ? 2 : 1);
	describe_files(SCRATCH_MOVE);
	if (nr_fds) {
		struct event_file *installed = file_in_record(s, 1);

		installed->fate = EVENT_FATE_INSTALLED;
		if (cloexec)
			installed->flags |= EVENT_FILE_CLOEXEC;
	}
	report_record(s);
	s->busy = false;
}

/*
 * pidfd_getfd(pid, fd) of kernel/pid.c (since 5.6) returned `installed`, a descriptor of the
 * current task; it is always close-on-exec.
 */
static __always_inline void on_pidfd_getfd(struct pid *pid, __s32 fd, __s32 installed)
{
	struct task_struct *source;
	struct scratch *s;

	if (installed < 0)
		return;
	source = task_of_pid(pid);
	s = begin_move(EVENT_VIA_PIDFD_GETFD);
	if (!s)
		return;
	write_current(SCRATCH_MOVE);
	if (source)
		append_source(s, source);
	report_move(s, (__u64)file_of_fd(current_task(), installed), 2, fd, installed, true);
}

#define SECCOMP_IOCTL_NOTIF_ADDFD 0x40182103

/* struct seccomp_notif_addfd of linux/seccomp.h */
struct seccomp_notif_addfd {
	__u64 id;
	__u32 flags;
	__u32 srcfd;
	__u32 newfd;
	__u32 newfd_flags;
};

/* Notifications of one listener that are looked through for the one that is answered. */
#define MAX_NOTIFICATIONS 4096
#define NOTIFICATIONS_IN_CALL 64

static __always_inline struct seccomp_knotif *notification_at(__u64 at)
{
	return (void *)at - bpf_core_field_offset(struct seccomp_knotif, list);
}

/*
 * Where the list leads to from `at`, after some notifications, or at the one of this id. A global function: see
 * file.h.
 */
__attribute__((noinline)) __u64 pass_notifications(__u64 at, __u64 head, __u64 id)
{
	struct scratch *s = scratch_of(SCRATCH_MOVE);

	if (!s)
		return head;
	for (int i = 0; i < NOTIFICATIONS_IN_CALL; i++) {
		if (at == head || probe(notification_at(at), id) == id)
			break;
		at = as_number(s, probe((struct list_head *)at, next));
	}
	return at;
}

static __always_inline struct task_struct *task_of_notification(struct file *listener, __u64 id)
{
	struct scratch *s = scratch_of(SCRATCH_MOVE);
	struct seccomp_filter *filter = probe(listener, private_data);
	__u64 head, at;

	if (!s)
		return NULL;
	head = as_number(s, probe(filter, notif)) +
	       bpf_core_field_offset(struct notification, notifications);
	at = as_number(s, probe((struct list_head *)head, next));
	for (int i = 0; i < MAX_NOTIFICATIONS / NOTIFICATIONS_IN_CALL; i++) {
		at = pass_notifications(at, head, id);
		if (at == head)
			return NULL;
		if (probe(notification_at(at), id) == id)
			return probe(notification_at(at), task);
	}
	count_lost(EVENT_LOST_CONTROLS);
	return NULL;
}

/*
 * seccomp_notify_ioctl(listener, command, argument), since 5.0; ADDFD since 5.9. Runs in the
 * supervisor; the target waits meanwhile and is told here, before it goes on.
 */
static __always_inline void on_adding(struct file *listener, __u32 command, __u64 argument)
{
	struct seccomp_notif_addfd request;
	struct task_struct *target;
	struct adding adding = {};

	if (command != SECCOMP_IOCTL_NOTIF_ADDFD)
		return;
	if (bpf_probe_read_user(&request, sizeof(request), (void *)argument)) {
		count_lost(EVENT_LOST_READ);
		return;
	}
	target = task_of_notification(listener, request.id);
	if (!target)
		return;
	adding.flags = write_task(&adding.target, target);
	adding.cgroup = (__u64)cgroup_node_of_id(target, adding.target.cgroup_id);
	adding.file = (__u64)file_of_fd(current_task(), request.srcfd);
	adding.source_fd = request.srcfd;
	adding.fd_flags = request.newfd_flags;
	keep_under_way(&addings, &adding);
}

/* The tasks of it: the target, and the supervisor, which is the current one. */
static __always_inline void tell_added(struct scratch *s, const struct adding *adding)
{
	struct task_struct *task = current_task();
	struct event_task *other;

	head_of(s)->task = adding->target;
	tell_cgroup(s, SCRATCH_MOVE, EVENT_SELF, adding->target.cgroup_id, (void *)adding->cgroup);
	other = append_other_task(s);
	s->event.flags |= adding->flags | write_any_task(other, task, s->copy);
	tell_cgroup_of(s, SCRATCH_MOVE, EVENT_OTHER, task, other->cgroup_id);
}

/* The ioctl returned: the descriptor's number in the target, or a negative errno. */
static __always_inline void on_added(__s32 installed)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct adding *adding = bpf_map_lookup_elem(&addings, &thread);
	struct scratch *s;

	if (!adding)
		return;
	s = installed >= 0 ? begin_move(EVENT_VIA_SECCOMP_ADDFD) : NULL;
	if (s) {
		tell_added(s, adding);
		report_move(s, adding->file, 2, adding->source_fd, installed,
			    adding->fd_flags & O_CLOEXEC);
	}
	bpf_map_delete_elem(&addings, &thread);
}

#define IORING_MSG_SEND_FD 1

/* A thread that carries out IORING_OP_MSG_RING: a file goes from one ring's table into another's. */
struct posting {
	__u64 request;
	__u64 ring; /* the other one; 0: it is not installed yet */
	__u64 file;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024); /* threads that carry out one at one time */
	__type(key, __u64);
	__type(value, struct posting);
} postings SEC(".maps");

static __always_inline struct posting *find_posting(void)
{
	__u64 thread = bpf_get_current_pid_tgid();

	return bpf_map_lookup_elem(&postings, &thread);
}

/*
 * io_msg_ring(request, flags), since 5.18: runs in the task that submitted it, in a worker of it, or
 * in the thread that polls the ring.
 */
static __always_inline void on_posting(struct io_kiocb *request)
{
	struct io_msg *msg = (struct io_msg *)request;
	struct posting posting = { .request = (__u64)request };

	if (!bpf_core_field_exists(msg->src_file) || probe(msg, cmd) != IORING_MSG_SEND_FD)
		return;
	keep_under_way(&postings, &posting);
}

/*
 * io_msg_tw_fd_complete(work), since 6.2: a ring that only one task may touch has it carried out by
 * that task.
 */
static __always_inline void on_posting_remotely(struct callback_head *work)
{
	on_posting((void *)work - bpf_core_field_offset(struct io_msg, tw));
}

static __always_inline void on_posted(void)
{
	__u64 thread = bpf_get_current_pid_tgid();

	bpf_map_delete_elem(&postings, &thread);
}

static __always_inline struct task_struct *task_of_request(struct io_kiocb *request)
{
	struct io_kiocb___task *older = (void *)request;

	if (bpf_core_field_exists(older->task))
		return probe(older, task);
	return probe(probe(request, tctx), task);
}

/* Tasks that use one ring that are looked at. */
#define MAX_RING_USERS 64

/*
 * The process that uses the ring: each task that ever submitted to it is on its list until it exits
 * or executes another program. NULL where that is not one process: then who gets it is not known.
 */
static __always_inline struct task_struct *user_of_ring(struct io_ring_ctx *ring)
{
	struct list_head *head =
		(void *)ring + bpf_core_field_offset(struct io_ring_ctx, tctx_list);
	struct task_struct *submitter = probe(ring, submitter_task);
	struct task_struct *user = NULL;
	struct list_head *at = probe(head, next);

	for (int i = 0; i < MAX_RING_USERS && at != head; i++) {
		struct io_tctx_node *node =
			(void *)at - bpf_core_field_offset(struct io_tctx_node, ctx_node);
		struct task_struct *leader = probe(probe(node, task), group_leader);

		if (user && leader != user)
			return NULL;
		user = leader;
		at = probe(at, next);
	}
	if (at != head)
		return NULL;
	return user && submitter && probe(submitter, group_leader) == user ? submitter : user;
}

/*
 * __io_fixed_fd_install(ring, file, place), since 6.0: `file` is put into the table of the ring, by
 * io_msg_ring() or by a request that opens or accepts straight into it. The ring is locked.
 */
static __always_inline void on_installing(struct io_ring_ctx *ring, struct file *file)
{
	struct posting *posting = find_posting();
	struct io_msg *msg;

	if (!posting)
		return;
	msg = (struct io_msg *)posting->request;
	if (probe(msg, src_file) != file)
		return; /* the end of that one was missed: this is another */
	posting->ring = (__u64)ring;
	posting->file = (__u64)file;
}

/* It returned: a place in the table, 0 or a negative errno. A place in a table is no descriptor. */
static __always_inline void on_installed(__s32 place)
{
	struct posting *posting = find_posting();
	struct task_struct *user;
	struct scratch *s;

	if (!posting || !posting->ring || place < 0)
		return;
	s = begin_move(EVENT_VIA_IO_URING);
	if (!s)
		return;
	user = user_of_ring((void *)posting->ring);
	if (user) {
		s->event.flags |= write_task(&head_of(s)->task, user);
		tell_cgroup_of(s, SCRATCH_MOVE, EVENT_SELF, user, head_of(s)->task.cgroup_id);
	} else {
		s->used = __builtin_offsetof(struct record_head, task_section);
	}
	append_source(s, task_of_request((void *)posting->request));
	report_move(s, posting->file, 0, -1, -1, false);
}

#endif
