/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The life of a message with descriptors, for the ways that see the kernel's own functions: the
 * front ends fentry.bpf.c and kprobe.bpf.c fetch the arguments and call these handlers.
 *
 * A message is followed by the address of its scm_fp_list, unique while the list lives; the table
 * gives it a number that is never used again, so an event that is lost cannot join two messages.
 *   on_sent       __scm_send() returned: the list is there, or the send was refused
 *   on_copied     scm_fp_dup(): up to 6.9 (and some stable trees) the copy is what is queued;
 *                 everywhere, MSG_PEEK copies
 *   on_queued     unix_add_edges(), since 6.10: under the lock of the receive queue
 *   on_detach     scm_detach_fds(): recvmsg is about to install
 *   on_destroyed  __scm_destroy(): the end of every list, after installing too
 * Nothing else is needed, and a message without control data passes through none of them.
 */
#ifndef FDPASS_MESSAGE_H
#define FDPASS_MESSAGE_H

#include "describe.h"
#include "install.h"
#include "fail.h"
#include "number.h"
#include "table.h"
#include "task.h"

DECLARE_TABLE(messages); /* in flight on the whole machine */

static __always_inline struct event_message *find_message(struct scm_fp_list *list)
{
	return table_find(&messages, (__u64)list);
}

static __always_inline void keep_message(struct scm_fp_list *list,
					 const struct event_message *message)
{
	if (table_keep(&messages, (__u64)list, message))
		count_lost(EVENT_LOST_TABLE);
}

static __always_inline void forget_message(struct scm_fp_list *list)
{
	table_forget(&messages, (__u64)list);
}

static __always_inline __u32 send_flags_of(struct msghdr *msg)
{
	__u32 flags = get(msg, msg_flags);

	return (get(msg, msg_namelen) ? EVENT_MESSAGE_NAMED : 0) |
	       (flags & MSG_DONTWAIT ? EVENT_MESSAGE_DONTWAIT : 0) |
	       (flags & MSG_OOB ? EVENT_MESSAGE_OOB : 0);
}

/* __scm_send() returned `error`: were there descriptors, or may have been? */
static __always_inline bool may_have_rights(struct scm_cookie *scm, int error)
{
	return error || get(scm, fp);
}

/*
 * __scm_send(sock, msg, scm) returned `error`, and may_have_rights() is so. Runs in the sender, in process context, without
 * locks; only for messages with control data. msg->msg_control is the kernel's own copy.
 */
static __always_inline void on_sent(struct socket *sock, struct msghdr *msg, struct scm_cookie *scm,
				    int error)
{
	struct scm_fp_list *list = error ? NULL : get(scm, fp);
	struct task_struct *task;
	struct scratch *s;
	struct sock *sk, *peer;
	struct call call;
	__u32 count = 0, nr_fds = 0;

	s = scratch_of(SCRATCH_BEGIN);
	if (!s)
		return;
	task = current_task();
	sk = get(sock, sk);
	if (list) {
		count = get(list, count);
	} else {
		if (get(sk, __sk_common.skc_family) != AF_UNIX)
			return;
		walk_control(s, msg);
		find_named_files(s, SCRATCH_BEGIN);
		count = nr_fds = s->nr_fds;
		if (!count)
			return;
	}
	if (count > SCM_MAX_FD)
		count = SCM_MAX_FD;
	begin_record(s, EVENT_SENT, next_number(NUMBER_SENT), count);
	s->event.error = error;
	s->event.flags = EVENT_DESCRIBED | describe_current(&s->event.task);
	call = current_call(task);
	describe_socket(&s->event.socket, sk,
			call.kind == CALL_SEND ? fd_of_socket(task, call.fd, sk) : -1);
	peer = get(msg, msg_namelen) ? NULL : peer_of(sk);
	describe_socket(&s->event.peer, peer, -1);
	if (list) {
		struct event_message message = {
			.number = s->event.message,
			.sock = (__u64)peer,
			.ino = s->event.peer.ino,
			.count = count,
			.state = MESSAGE_SENDING,
			.described = true,
			.sender_sock = (__u64)sk,
			.scm = (__u64)scm,
			.send_flags = send_flags_of(msg) |
				      prospects_of(msg, sk, s->event.socket.type),
			.sender_tid = s->event.task.tid,
		};

		read_files(s, list, count);
		message.first_file = s->lists[0];
		keep_message(list, &message);
		walk_control(s, msg);
	} else {
		s->nr_fds = nr_fds;
	}
	describe_files(SCRATCH_BEGIN);
	report_scratch(s);
}

/*
 * unix_add_edges(list, receiver), since 6.10 (and backported): called for each message with
 * descriptors, under the receiver's unix_state_lock, before the receiver can see it.
 */
static __always_inline void on_queued(struct scm_fp_list *list, struct sock *receiver)
{
	struct event_message *message = find_message(list);

	if (!message)
		return;
	message->sock = (__u64)receiver;
	message->ino = socket_inode(receiver);
	message->state = MESSAGE_QUEUED;
}

/*
 * scm_fp_dup(list) returned `copy`: for the queue, in the sender (unix_attach_fds() up to 6.9), or
 * for MSG_PEEK, in the receiver.
 */
static __always_inline void on_copied(struct scm_fp_list *list, struct scm_fp_list *copy)
{
	struct event_message *message = find_message(list);
	struct event_message copied = {};

	if (!copy)
		return;
	if (!message && current_call(current_task()).kind == CALL_SEND)
		return; /* a send that was under way when the trace began */
	if (!message) { /* queued before the trace began, and peeked now */
		copied.number = next_number(NUMBER_COPIED);
		copied.count = get(list, count);
		copied.state = MESSAGE_QUEUED;
		keep_message(list, &copied);
		copied.state = MESSAGE_PEEKED;
		keep_message(copy, &copied);
		return;
	}
	copied = *message;
	copied.msg = 0;
	if (message->state == MESSAGE_SENDING &&
	    message->sender_tid == (__u32)bpf_get_current_pid_tgid()) {
		message->state = MESSAGE_COPIED;
		message->copy = (__u64)copy;
	} else {
		copied.state = MESSAGE_PEEKED;
	}
	keep_message(copy, &copied);
}

/*
 * scm_detach_fds(msg, scm): the receiver has a control buffer. It ends in __scm_destroy(), by then
 * everything is installed and written; so this only remembers where.
 */
static __always_inline void on_detach(struct msghdr *msg, struct scm_cookie *scm)
{
	struct scm_fp_list *list = get(scm, fp);
	struct event_message *message = find_message(list);
	struct event_message fresh = {};

	if (!message) { /* queued before the trace began */
		fresh.number = next_number(NUMBER_DETACH);
		fresh.count = get(list, count);
		fresh.state = MESSAGE_QUEUED;
		keep_message(list, &fresh);
		message = find_message(list);
		if (!message)
			return;
	}
	message->control = (__u64)get(msg, msg_control);
	message->control_length = get(msg, msg_controllen);
	message->control_flags = get(msg, msg_flags);
	message->msg = (__u64)msg;
}

/* How many descriptors were written to the control buffer, from its own header. */
static __always_inline __u32 installed_count(const struct event_message *message, bool compat)
{
	__u64 length = 0;
	__u32 header = compat ? sizeof(struct compat_cmsghdr) : sizeof(struct cmsghdr);

	if (bpf_probe_read_user(&length, compat ? 4 : 8, (void *)message->control) ||
	    length < header)
		return 0;
	length = (length - header) / sizeof(__s32);
	return length < message->count ? length : message->count;
}

/* The files of a received message and the numbers that they got. */
static __always_inline void describe_received(struct scratch *s,
					      const struct event_message *message,
					      struct task_struct *task)
{
	struct msghdr *msg = (struct msghdr *)message->msg;
	bool compat = message->control_flags & MSG_CMSG_COMPAT;
	__u32 header = compat ? sizeof(struct compat_cmsghdr) : sizeof(struct cmsghdr);
	__u32 flags = get(msg, msg_flags);
	__u32 count = s->event.total_files;
	__u32 installed = count, room = 0;
	struct files_struct *files = see(task, files);
	struct fdtable *table = see(files, fdt);

	if (message->control_length > header)
		room = (message->control_length - header) / sizeof(__s32);
	s->event.room = room < 0xffff ? room : 0xffff;
	if (flags & MSG_CTRUNC) {
		installed = get(msg, msg_control) == (void *)message->control ?
				    0 :
				    installed_count(message, compat);
		if (installed < count)
			s->event.flags |= EVENT_CTRUNC;
	}
	if (installed > SCM_MAX_FD)
		installed = SCM_MAX_FD;
	if (installed < count && installed < room)
		s->event.stop = why_stopped(task);
	if (installed && bpf_probe_read_user(s->fds, (installed & 0xff) * sizeof(__s32),
					     (void *)message->control + header))
		count_lost(EVENT_LOST_READ);

	s->installed = installed;
	s->cloexec = message->control_flags & MSG_CMSG_CLOEXEC ? EVENT_FILE_CLOEXEC : 0;
	s->open = (__u64)see(table, fd);
	s->open_size = see(table, max_fds);
	for (__u32 i = 0; i < SCM_MAX_FD; i += FILES_IN_CALL) {
		if (!installed_on(i))
			break;
	}
}

/* The receiving socket: known since it was queued, or the first argument of the call. */
static __always_inline void describe_receiver(struct scratch *s,
					      const struct event_message *message,
					      struct task_struct *task)
{
	struct call call = current_call(task);
	struct sock *sk = (struct sock *)message->sock;
	struct file *file;
	struct socket *socket;
	bool reading = call.kind == CALL_RECEIVE || call.kind == CALL_READ;

	if (!sk && reading) {
		file = file_of_fd(task, call.fd);
		if (file) {
			socket = get(file, private_data);
			if (socket && get(socket, file) == file)
				sk = get(socket, sk);
		}
	}
	describe_socket(&s->event.socket, sk, reading ? fd_of_socket(task, call.fd, sk) : -1);
	if (!s->event.socket.ino)
		s->event.socket.ino = message->ino;
}

static __always_inline void begin_end(struct scratch *s, const struct event_message *message,
				      struct scm_fp_list *list, __u16 type,
				      struct task_struct *task)
{
	__u32 count = message->count;

	if (count > SCM_MAX_FD)
		count = SCM_MAX_FD;
	begin_record(s, type, message->number, count);
	s->event.flags = describe_current(&s->event.task);
	describe_socket(&s->event.peer, NULL, -1);
	describe_receiver(s, message, task);
	read_files(s, list, count);
}

/*
 * Until 6.10 the garbage collector runs in whoever closes a unix socket while something is in
 * flight; since then only in a worker (4090fa373f0e "af_unix: Replace garbage collection
 * algorithm"). Set by user space where the kernel has no unix_add_edges().
 */
const volatile bool collector_in_caller = false;

/*
 * The old collector only drops the messages that close a cycle; what else is queued goes when the
 * sockets then die, with the mark on them that they were found to be garbage (unix_gc()).
 */
static __always_inline bool is_garbage(struct sock *sk)
{
	struct unix_sock___collected *garbage = (struct unix_sock___collected *)sk;

	return bpf_core_field_exists(garbage->gc_flags) &&
	       get(garbage, gc_flags) & 1UL << UNIX_GC_CANDIDATE;
}

/* Why a queued message ended without having been received. */
static __always_inline enum event_reason why_lost(const struct event_message *message,
						  struct task_struct *task)
{
	struct sock *sk = (struct sock *)message->sock;

	if (sk && get(sk, __sk_common.skc_flags) & 1UL << SOCK_DEAD)
		return is_garbage(sk) ? EVENT_REASON_GC : EVENT_REASON_UNREAD;
	if (see(task, flags) & PF_KTHREAD)
		return EVENT_REASON_GC;
	switch (current_call(task).kind) {
	case CALL_RECEIVE:
		return EVENT_REASON_TRUNCATED;
	case CALL_READ:
		return EVENT_REASON_READ;
	case CALL_OTHER:
		if (sk && collector_in_caller)
			return EVENT_REASON_GC;
		return EVENT_REASON_UNKNOWN;
	default:
		return EVENT_REASON_UNKNOWN;
	}
}

/*
 * A list that the table does not know ends: a message that was queued before the trace began, or
 * a send that __scm_send() refuses at this moment, which on_sent() will tell. The latter has the
 * credentials that scm_send() sets: none (-1), or those of a control message, in a send.
 */
static __always_inline bool is_refused_send(struct scm_cookie *scm, struct task_struct *task)
{
	if (get(scm, creds.uid.val) == (__u32)-1)
		return true;
	return get(scm, creds.pid) && current_call(task).kind == CALL_SEND;
}

/*
 * __scm_destroy(scm): in the receiver after installing, in the sender when the send failed or its
 * list was copied, in whoever threw the message away.
 */
static __always_inline void on_destroyed(struct scm_cookie *scm)
{
	struct scm_fp_list *list = get(scm, fp);
	struct task_struct *task = current_task();
	struct event_message *found = find_message(list);
	struct event_message message = {};
	struct scratch *s;

	if (found) {
		message = *found;
		forget_message(list);
	} else {
		if (!list || is_refused_send(scm, task))
			return;
		message.number = next_number(NUMBER_ENDED);
		message.count = get(list, count);
		message.state = MESSAGE_QUEUED;
	}
	if (message.state == MESSAGE_COPIED) {
		found = find_message((struct scm_fp_list *)message.copy);
		if (found && found->state == MESSAGE_SENDING)
			found->state = MESSAGE_QUEUED;
		return;
	}
	if (message.state == MESSAGE_PEEKED && !message.msg)
		return; /* peeked without a control buffer: nothing was installed */
	s = scratch_of(SCRATCH_END);
	if (!s)
		return;
	if (message.msg) {
		begin_end(s, &message, list, EVENT_RECEIVED, task);
		if (message.state == MESSAGE_PEEKED)
			s->event.flags |= EVENT_PEEK;
		describe_received(s, &message, task);
	} else if (message.state == MESSAGE_SENDING &&
		   message.sender_tid == (__u32)bpf_get_current_pid_tgid()) {
		begin_end(s, &message, list, EVENT_SEND_RESULT, task);
		s->event.flags |= EVENT_FAILED;
		s->event.error = why_failed(&message, task, scm);
	} else {
		begin_end(s, &message, list, EVENT_LOST, task);
		s->event.reason = why_lost(&message, task);
	}
	if (!message.described) {
		s->event.flags |= EVENT_DESCRIBED;
		describe_files(SCRATCH_END);
	} else if (s->event.type != EVENT_RECEIVED) { /* the files are known by the message */
		s->event.nr_files = 0;
		s->names_begin = sizeof(struct event);
	}
	report_scratch(s);
}

#endif
