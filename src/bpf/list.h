/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The life of a message with descriptors, for the ways that see the kernel's own functions: hooks.bpf.c
 * calls these handlers.
 *
 * A message is followed by the address of its scm_fp_list, unique while the list lives; the table
 * gives it a number that is never used again, so an event that is lost cannot join two messages.
 *   on_accepted   __scm_send() returned: the list is there
 *   on_refused    the same, but that it failed
 *   on_copied     scm_fp_dup(): up to 6.9 (and some stable trees) the copy is what is queued;
 *                 everywhere, MSG_PEEK copies
 *   on_queued     unix_add_edges(), since 6.10: under the lock of the receive queue
 *   on_detach     scm_detach_fds(): recvmsg is about to install
 *   on_destroyed  __scm_destroy(): the end of every list, after installing too
 * Nothing else is needed, and a message without control data passes through none of them.
 */
#ifndef FDPASS_LIST_H
#define FDPASS_LIST_H

#include "call.h"
#include "control.h"
#include "fail.h"
#include "hint.h"
#include "in_flight.h"
#include "install.h"
#include "lost.h"
#include "path.h"
#include "told.h"

static __always_inline __u32 send_flags_of(struct msghdr *msg)
{
	__u32 flags = argument(msg, msg_flags);

	return (argument(msg, msg_namelen) ? SEND_NAMED : 0) |
	       (flags & MSG_DONTWAIT ? SEND_DONTWAIT : 0) | (flags & MSG_OOB ? SEND_OOB : 0);
}

/* The sockets of a send, and their names; the receiving one into `message`, where it is known. */
static __always_inline void describe_send(struct scratch *s, struct socket *sock, struct sock *sk,
					  struct message *message)
{
	struct file *file = argument(sock, file);
	struct unix_ends ends = ends_of(s, sk);
	__u16 type = argument(sock, type);
	struct socket *receiver = NULL;
	struct sock *peer = message->send_flags & SEND_NAMED ? NULL : ends.peer;
	bool is_own;

	read_call(SCRATCH_BEGIN);
	is_own = is_send(&s->call) && file && file_of_fd(current_task(), s->call.fd) == file;
	write_socket(s, EVENT_SELF, sk, probe(inode_of_socket(sock), i_ino), type,
		     is_own ? s->call.fd : -1);
	append_socket_name(s, EVENT_SELF, ends.name);
	if (peer) {
		message->sock = (__u64)peer;
		receiver = probe(peer, sk_socket);
		append_socket_name(s, EVENT_OTHER, probe((struct unix_sock *)peer, addr));
	}
	if (receiver) {
		message->socket = (__u64)receiver;
		message->ino = probe(inode_of_socket(receiver), i_ino);
	}
	write_socket(s, EVENT_OTHER, peer, message->ino, peer ? type : 0, -1);
}

/*
 * __scm_send() refused a message: what it names is in the kernel's copy of the control data, and in the
 * table of the sender.
 */
static __always_inline void on_refused(struct socket *sock, struct msghdr *msg, int error)
{
	struct scratch *s = scratch_of(SCRATCH_BEGIN);
	struct sock *sk = argument(sock, sk);
	struct message message = { .send_flags = send_flags_of(msg) };
	__u32 count;

	if (!s || argument(sk, __sk_common.skc_family) != AF_UNIX)
		return;
	begin_control(s, msg);
	if (!read_controls(SCRATCH_BEGIN)) {
		count_lost(EVENT_LOST_CONTROLS);
		return;
	}
	count = s->nr_fds;
	if (!count)
		return;
	find_named_files(s, SCRATCH_BEGIN);
	begin_record(s, EVENT_SENT, next_number(NUMBER_SENT), count, 2);
	s->nr_fds = count;
	s->event.error = error;
	s->event.flags = EVENT_FAILED;
	write_current(SCRATCH_BEGIN);
	begin_files(s, count);
	describe_send(s, sock, sk, &message);
	describe_files(SCRATCH_BEGIN);
	report_record(s);
}

/*
 * __scm_send(sock, msg, scm) accepted a message. Runs in the sender, in process context, without locks;
 * only for messages with control data. msg->msg_control is the kernel's own copy. False: there is no room.
 */
static __always_inline bool on_accepted(struct socket *sock, struct msghdr *msg,
					struct scm_cookie *scm)
{
	struct scm_fp_list *list = argument(scm, fp);
	struct scratch *s = scratch_of(SCRATCH_BEGIN);
	struct sock *sk = argument(sock, sk);
	struct message message = {};
	__u32 count = argument(list, count);
	bool kept;

	if (!s)
		return false;
	if (count > SCM_MAX_FD)
		count = SCM_MAX_FD;
	message.number = next_number(NUMBER_SENT);
	message.count = count;
	message.state = MESSAGE_SENDING;
	message.described = true;
	message.sender_sock = (__u64)sk;
	message.scm = (__u64)scm;
	message.sender_tid = (__u32)bpf_get_current_pid_tgid();
	begin_record(s, EVENT_SENT, message.number, count, 2);
	write_current(SCRATCH_BEGIN);
	begin_files(s, count);
	message.send_flags = send_flags_of(msg) | prospects_of(msg, sk, argument(sock, type));
	describe_send(s, sock, sk, &message);
	kept = keep_message(list, &message);
	read_files(s, list, count);
	read_numbers_of(s, msg, count);
	describe_files(SCRATCH_BEGIN);
	report_record(s);
	return kept;
}

/* Did another program do the work of this call? */
static __always_inline bool was_accepted(struct scm_cookie *scm)
{
	struct message *message = find_message(argument(scm, fp));

	return message && message->state == MESSAGE_SENDING && message->scm == (__u64)scm &&
	       message->sender_tid == (__u32)bpf_get_current_pid_tgid();
}

/* Keep a message that was queued before the trace began. NULL: there is no room. */
static __always_inline struct message *keep_unknown(struct scm_fp_list *list, enum numberer who)
{
	struct message message = {
		.number = next_number(who),
		.count = argument(list, count),
		.state = MESSAGE_QUEUED,
	};

	return keep_message(list, &message);
}

/*
 * unix_add_edges(list, receiver), since 6.10 (and backported): called for each message with
 * descriptors, under the receiver's unix_state_lock, before the receiver can see it.
 */
static __always_inline void on_queued(struct scm_fp_list *list, struct sock *receiver)
{
	struct message *message = find_message(list);

	if (!message)
		return;
	if (message->sock != (__u64)receiver) {
		message->sock = (__u64)receiver;
		message->socket = 0;
		message->ino = socket_inode(receiver);
	}
	message->state = MESSAGE_QUEUED;
}

/*
 * scm_fp_dup(list) returned `copy`: for the queue, in the sender (unix_attach_fds() up to 6.9), or
 * for MSG_PEEK, in the receiver. False: the table does not have it.
 */
static __always_inline bool on_copied(struct scm_fp_list *list, struct scm_fp_list *copy)
{
	struct message *message = find_message(list);
	struct message copied = {};

	if (!copy)
		return false;
	if (!message) { /* queued before the trace began, and peeked now; or that send goes on */
		if (is_sending())
			return false;
		copied.number = next_number(NUMBER_COPIED);
		copied.count = argument(list, count);
		copied.state = MESSAGE_QUEUED;
		keep_message(list, &copied);
		copied.state = MESSAGE_PEEKED;
		return keep_message(copy, &copied);
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
	return keep_message(copy, &copied);
}

static __always_inline bool was_copied(struct scm_fp_list *list, struct scm_fp_list *copy)
{
	struct message *message = find_message(list), *copied = find_message(copy);

	return message && copied && copied->number == message->number;
}

/*
 * scm_detach_fds(msg, scm): the receiver has a control buffer. It ends in __scm_destroy(), by then
 * everything is installed and written; so this only remembers where. False: there is no room.
 */
static __always_inline bool on_detach(struct msghdr *msg, struct scm_cookie *scm)
{
	struct scm_fp_list *list = argument(scm, fp);
	struct message *message = find_message(list);

	if (!message) { /* queued before the trace began */
		message = keep_unknown(list, NUMBER_DETACH);
		if (!message)
			return false;
	}
	message->control = (__u64)argument(msg, msg_control);
	message->control_length = argument(msg, msg_controllen);
	message->control_flags = argument(msg, msg_flags);
	message->msg = (__u64)msg;
	return true;
}

static __always_inline bool was_detached(struct msghdr *msg, struct scm_cookie *scm)
{
	struct message *message = find_message(argument(scm, fp));

	return message && message->msg == (__u64)msg;
}

/* The file of the receiving call's descriptor, 0 without one. A global function: see open_table(). */
__attribute__((noinline)) __u64 receiving_file(void)
{
	struct scratch *s = scratch_of(SCRATCH_END);

	if (!s || (!is_receive(&s->call) && s->call.kind != CALL_READ))
		return 0;
	return as_number(s, file_of_fd(current_task(), s->call.fd));
}

/* The receiving socket: known since it was queued, or the first argument of s->call. */
static __always_inline void describe_receiver(struct scratch *s, const struct message *message)
{
	struct sock *sk = (struct sock *)message->sock;
	bool named = message->send_flags & SEND_NAMED || !message->described;
	struct file *file;
	__s32 fd = -1;

	file = (struct file *)receiving_file();
	if (!sk)
		sk = unix_socket_of(file);
	if (file && is_file_of(file, sk, (struct socket *)message->socket))
		fd = s->call.fd;
	if (message->ino)
		write_socket(s, EVENT_SELF, sk, message->ino, 0, fd);
	else
		describe_socket(s, EVENT_SELF, sk, fd);
	/* The sender's event told it, unless the message was sent to a name. */
	if (sk && named)
		append_socket_name(s, EVENT_SELF, probe((struct unix_sock *)sk, addr));
}

/*
 * A list that the table does not know ends: a message that was queued before the trace began, or
 * a send that __scm_send() refuses at this moment, which on_refused() will tell. The latter has the
 * credentials that scm_send() sets: none (-1), or those of a control message, in a send.
 */
static __always_inline bool is_refused_send(struct scm_cookie *scm)
{
	if (argument(scm, creds.uid.val) == (__u32)-1)
		return true;
	return argument(scm, creds.pid) && is_sending();
}

/*
 * Does the receiving call name a control buffer? Without one the kernel drops the descriptors; with one it goes
 * through scm_detach_fds(), so that the program there was not run if that was not seen. From the receiver's memory: a
 * hint. A global function, for the stack.
 */
__attribute__((noinline)) int names_control(void)
{
	struct scratch *s = scratch_of(SCRATCH_END);
	struct task_struct *task = current_task();
	struct user_control control = {};

	if (!s || s->call.kind != CALL_RECEIVE || s->call.compat)
		return false;
	COPY_UNKNOWN(KNOWN_CURRENT, s->copy, task, TASK_STATE);
	find_arguments(s, copy_registers(s, task));
	return read_user_control(&control, &s->call, 0) && control.at;
}

/* How a list ended: what is told of it. */
static __always_inline enum event_type type_of_end(const struct scratch *s,
						   const struct message *message)
{
	if (message->msg)
		return EVENT_RECEIVED;
	if (message->state == MESSAGE_SENDING && !is_receive(&s->call) &&
	    message->sender_tid == (__u32)bpf_get_current_pid_tgid())
		return EVENT_SEND_FAILED;
	return names_control() ? EVENT_RECEIVED : EVENT_LOST;
}

/* Tell the end of a list. */
static __always_inline void report_end(const struct message *message, struct scm_fp_list *list,
				       struct scm_cookie *scm)
{
	struct scratch *s = scratch_of(SCRATCH_END);
	bool with_files = message->msg || !message->described;
	__u32 count = message->count;
	enum event_type type;

	if (!s)
		return;
	read_call(SCRATCH_END);
	type = type_of_end(s, message);
	if (count > SCM_MAX_FD)
		count = SCM_MAX_FD;
	begin_record(s, type, message->number, count, 1);
	write_current(SCRATCH_END);
	if (with_files)
		begin_files(s, count);
	describe_receiver(s, message);
	if (with_files)
		read_files(s, list, count);
	if (message->msg)
		read_received(s, message);
	if (!message->described)
		describe_files(SCRATCH_END);
	if (message->msg) {
		if (message->state == MESSAGE_PEEKED)
			s->event.flags |= EVENT_PEEK;
		write_all_installed(s);
	} else if (type == EVENT_SEND_FAILED) {
		s->event.error = why_failed(message, scm);
	} else if (type == EVENT_LOST) {
		s->event.fate = why_lost(&s->call, (struct sock *)message->sock);
	}
	report_record(s);
}

/*
 * __scm_destroy(scm): in the receiver after installing, in the sender when the send failed or its
 * list was copied, in whoever threw the message away.
 */
static __always_inline void on_destroyed(struct scm_cookie *scm)
{
	struct scm_fp_list *list = argument(scm, fp);
	struct message *message = find_message(list), *copy;

	if (!message) {
		if (!list || is_refused_send(scm))
			return;
		message = keep_unknown(list, NUMBER_ENDED);
		if (!message)
			return;
	}
	if (message->state == MESSAGE_COPIED) {
		copy = find_message((void *)message->copy);
		if (copy && copy->state == MESSAGE_SENDING)
			copy->state = MESSAGE_QUEUED;
	} else if (message->state != MESSAGE_PEEKED || message->msg) {
		report_end(message, list, scm);
	} /* else peeked without a control buffer: nothing was installed */
	forget_message(list, message->number);
}

#endif
