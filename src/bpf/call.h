/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages as the system calls show them, for kernels on which nothing better can be attached:
 * what a sender names is in its own memory and table of descriptors at the entry, what a receiver
 * got is in its own at the exit. What is between the two, and whoever throws a message away, is not
 * seen: user space joins both ends by sockets and files.
 *
 * All of this runs with preemption off (see stand_in.h), and no second program of this sort on the
 * same CPU meanwhile, so the programs share the scratches. A page of the process that is not present
 * cannot be read here; what the kernel has just written is.
 */
#ifndef FDPASS_CALL_H
#define FDPASS_CALL_H

#include <stddef.h>

#include "install.h"
#include "number.h"
#include "task.h"

/* UIO_MAXIOV: the most messages that sendmmsg and recvmmsg take at once. */
#define MAX_MESSAGES 1024

/* struct user_msghdr of linux/socket.h, in a 64-bit process. */
struct user_message {
	__u64 name;
	__u32 name_length;
	__u32 pad;
	__u64 iov;
	__u64 iov_count;
	__u64 control;
	__u64 control_length;
	__u32 flags;
	__u32 end;
};

/* struct mmsghdr */
struct user_messages {
	struct user_message message;
	__u32 length;
	__u32 end;
};

/* A thread inside sendmsg or sendmmsg that named descriptors. */
struct sending {
	__u64 number; /* of the first such message whose result is not told; the next ones follow */
	__u64 named[MAX_MESSAGES / 64]; /* which messages of the call these are: a bit each */
	__u64 unread; /* a message that could not be read; 0: none */
	__u32 left; /* messages whose result is not told */
	__u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4096); /* threads at one time */
	__type(key, __u64);
	__type(value, struct sending);
} sendings SEC(".maps");

/* A thread inside recvmsg or recvmmsg on a unix socket, with a control buffer. */
struct receiving {
	__u64 file;
	__u64 at;
	__u64 length; /* of the control buffer, of each; LENGTH_UNKNOWN where they differ */
};

#define LENGTH_UNKNOWN (~0ULL)

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384); /* threads at one time: services wait in recvmsg */
	__type(key, __u64);
	__type(value, struct receiving);
} receivings SEC(".maps");

/* The socket that is the file; NULL where it is none, or not a unix socket. */
static __always_inline struct sock *unix_socket_of(struct file *file)
{
	struct socket *socket;
	struct sock *sk;

	if (!file)
		return NULL;
	socket = get(file, private_data);
	if (!socket || get(socket, file) != file)
		return NULL;
	sk = get(socket, sk);
	return sk && get(sk, __sk_common.skc_family) == AF_UNIX ? sk : NULL;
}

static __always_inline struct file *file_of_current(__s32 fd)
{
	return file_of_fd(current_task(), fd);
}

/*
 * Where the message goes: to the peer, or from a datagram socket to the address in the message,
 * told as it is bound: a path up to its NUL and with it, an abstract name as long as it is.
 */
static __always_inline void describe_destination(struct scratch *s, struct sock *sk,
						 const struct user_message *message)
{
	struct event_socket *peer = &s->event.peer;
	__u32 length = message->name_length;

	if (!message->name || s->event.socket.type != SOCK_DGRAM) {
		describe_socket(peer, peer_of(sk), -1);
		return;
	}
	describe_socket(peer, NULL, -1);
	if (length <= sizeof(__u16))
		return;
	length -= sizeof(__u16);
	if (length > EVENT_SUN_PATH)
		length = EVENT_SUN_PATH;
	if (bpf_probe_read_user(peer->path, length & 0x7f, (void *)message->name + sizeof(__u16)))
		return;
	peer->path_len = length;
	if (peer->path[0]) {
		long end = bpf_probe_read_user_str(peer->path, EVENT_SUN_PATH,
						   (void *)message->name + sizeof(__u16));
		if (end > 0 && end < length)
			peer->path_len = end;
	}
}

/* The descriptors that a message in user memory names, into the scratch; returns how many. */
static __always_inline __u32 read_named(struct scratch *s, const struct user_message *message)
{
	s->control = message->control;
	s->control_end = message->control + message->control_length;
	s->control_in_user = true;
	s->control_unread = false;
	find_named_files(s, SCRATCH_BEGIN);
	return s->nr_fds;
}

static __always_inline struct sending *find_sending(void)
{
	__u64 thread = bpf_get_current_pid_tgid();

	return bpf_map_lookup_elem(&sendings, &thread);
}

static __always_inline void forget_sending(void)
{
	__u64 thread = bpf_get_current_pid_tgid();

	bpf_map_delete_elem(&sendings, &thread);
}

static __always_inline struct sending *begin_sending(void)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct sending sending = {};

	if (bpf_map_update_elem(&sendings, &thread, &sending, BPF_ANY)) {
		count_lost(EVENT_LOST_TABLE);
		return NULL;
	}
	return find_sending();
}

/*
 * Message `index` of the call, at `at`, is about to be sent over the descriptor `fd`. This is a
 * global function so that the verifier checks it once, and not for each of the messages.
 */
__attribute__((noinline)) int sending_message(__u64 at, __s32 fd, __u32 index)
{
	struct task_struct *task = current_task();
	struct user_message message;
	struct sending *sending;
	struct scratch *s;
	struct sock *sk;
	__u32 count = 0;
	bool unread;

	unread = bpf_probe_read_user(&message, sizeof(message), (void *)at);
	if (!unread && (!message.control || message.control_length < sizeof(struct cmsghdr)))
		return 0;
	sk = unix_socket_of(file_of_fd(task, fd));
	s = scratch_of(SCRATCH_BEGIN);
	if (!sk || !s || index >= MAX_MESSAGES)
		return 0;
	if (!unread) {
		count = read_named(s, &message);
		unread = s->control_unread;
	}
	if (!count && !unread)
		return 0;
	/* what a missed exit left is not this call's */
	sending = (index ? find_sending() : NULL) ?: begin_sending();
	if (!sending)
		return 0;
	if (unread) {
		sending->unread = at;
		return 0;
	}
	begin_record(s, EVENT_SENT, next_number(NUMBER_SENT), count);
	s->nr_fds = count;
	if (!sending->left++)
		sending->number = s->event.message;
	sending->named[index / 64 % (MAX_MESSAGES / 64)] |= 1ULL << index % 64;
	s->event.flags = EVENT_DESCRIBED | describe_current(&s->event.task);
	describe_socket(&s->event.socket, sk, fd);
	describe_destination(s, sk, &message);
	describe_files(SCRATCH_BEGIN);
	report_scratch(s);
	return 0;
}

/* sendmsg(fd, at, flags) is entered. */
static __always_inline void on_sendmsg(__s32 fd, __u64 at)
{
	sending_message(at, fd, 0);
}

/* sendmmsg(fd, at, count, flags) is entered. */
static __always_inline void on_sendmmsg(__s32 fd, __u64 at, __u32 count)
{
	if (!unix_socket_of(file_of_current(fd)))
		return;
	forget_sending();
	for (__u32 i = 0; i < MAX_MESSAGES; i++) {
		if (i >= count)
			break;
		sending_message(at + i * sizeof(struct user_messages), fd, i);
	}
}

/*
 * ERESTARTSYS to ERESTART_RESTARTBLOCK: a signal came before anything was sent. Whether the call
 * then fails with EINTR or begins anew is decided later.
 */
static __always_inline bool is_interrupted(__s64 error)
{
	return error <= -512 && error >= -516;
}

/*
 * What became of message `index` of a call that returned `result`: an errno where it sent nothing,
 * else how many messages it sent, and then nobody is told why the next one failed. Returns how many
 * are not told yet. A global function, as sending_message().
 */
__attribute__((noinline)) int report_result(__u32 index, __s64 result, bool tried_next)
{
	struct scratch *s = scratch_of(SCRATCH_BEGIN);
	struct sending *sending = find_sending();
	__u16 flags = 0;
	__s32 error = 0;

	if (!s || !sending || !sending->left)
		return 0;
	if (!(sending->named[index / 64 % (MAX_MESSAGES / 64)] & 1ULL << index % 64))
		return sending->left;
	if (index == 0 && result < 0) {
		flags = EVENT_FAILED;
		error = is_interrupted(result) ? 0 : result;
	} else if (index == result && tried_next) {
		flags = EVENT_FAILED;
	} else if (result < 0 || index >= result) {
		flags = EVENT_CANCELLED;
	}
	begin_record(s, EVENT_SEND_RESULT, sending->number++, 0);
	s->event.error = error;
	s->event.flags = flags | describe_current(&s->event.task);
	describe_socket(&s->event.socket, NULL, -1);
	describe_socket(&s->event.peer, NULL, -1);
	report_scratch(s);
	return --sending->left;
}

/* Parts of a message that are looked at. */
#define MAX_PARTS 16

/*
 * Whether the message was sent in part only, as a stream that is full allows: then sendmmsg ends,
 * and the next message was not tried. True too where that cannot be told.
 */
static __always_inline bool is_partial(__u64 at)
{
	struct user_messages message;
	__u64 sum = 0;

	if (bpf_probe_read_user(&message, sizeof(message), (void *)at) ||
	    message.message.iov_count > MAX_PARTS)
		return true;
	for (__u32 i = 0; i < MAX_PARTS; i++) {
		__u64 length = 0;

		if (i >= message.message.iov_count)
			break;
		bpf_probe_read_user(&length, sizeof(length),
				    (void *)message.message.iov + i * 16 + 8);
		sum += length;
	}
	return message.length < sum;
}

/* Count the message that could not be read at the entry if it did send descriptors. */
static __always_inline void count_unread(const struct sending *sending)
{
	struct scratch *s = scratch_of(SCRATCH_BEGIN);
	struct user_message message;

	if (!s || !sending->unread)
		return;
	if (bpf_probe_read_user(&message, sizeof(message), (void *)sending->unread) ||
	    read_named(s, &message))
		count_lost(EVENT_LOST_READ);
}

/* sendmsg returned. */
static __always_inline void on_sendmsg_done(__s64 result)
{
	struct sending *sending = find_sending();

	if (!sending)
		return;
	if (result >= 0)
		count_unread(sending);
	report_result(0, result < 0 ? result : 1, false);
	forget_sending();
}

/* sendmmsg returned. */
static __always_inline void on_sendmmsg_done(__u64 at, __s64 result)
{
	struct sending *sending = find_sending();
	bool tried_next;

	if (!sending)
		return;
	if (result >= 0)
		count_unread(sending);
	tried_next = result > 0 && !is_partial(at + (result - 1) * sizeof(struct user_messages));
	for (__u32 i = 0; i < MAX_MESSAGES; i++) {
		if (!report_result(i, result, tried_next))
			break;
	}
	forget_sending();
}

/* Remember a receiver that waits, for its exit. */
static __always_inline void keep_receiving(struct file *file, __u64 at, __u64 length)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct receiving receiving = { .file = (__u64)file, .at = at, .length = length };

	/* Where there is no room for it, the exit tells less, but nothing is lost. */
	bpf_map_update_elem(&receivings, &thread, &receiving, BPF_ANY);
}

/* recvmsg(fd, at, flags) is entered. */
static __always_inline void on_recvmsg(__s32 fd, __u64 at)
{
	struct user_message message;
	struct file *file;

	if (bpf_probe_read_user(&message, sizeof(message), (void *)at) || !message.control ||
	    !message.control_length)
		return;
	file = file_of_current(fd);
	if (unix_socket_of(file))
		keep_receiving(file, at, message.control_length);
}

/* Length of the control buffer of message `index`. */
static __always_inline __u64 control_length_of(__u64 at, __u32 index)
{
	__u64 length = 0;

	bpf_probe_read_user(&length, sizeof(length),
			    (void *)at + index * sizeof(struct user_messages) +
				    offsetof(struct user_message, control_length));
	return length;
}

/* recvmmsg(fd, at, count, flags, timeout) is entered. */
static __always_inline void on_recvmmsg(__s32 fd, __u64 at, __u32 count)
{
	struct file *file = file_of_current(fd);
	__u64 length, differs = 0;

	if (!unix_socket_of(file))
		return;
	length = control_length_of(at, 0);
	for (__u32 i = 1; i < MAX_MESSAGES; i++) {
		if (i >= count)
			break;
		differs |= length ^ control_length_of(at, i);
	}
	if (length | differs)
		keep_receiving(file, at, differs ? LENGTH_UNKNOWN : length);
}

/* Control messages of one receive: credentials, security, descriptors, a pidfd, and to spare. */
#define MAX_RECEIVED_CONTROLS 8

/* The control data that the kernel wrote. */
struct received {
	__u64 before; /* bytes of the buffer that lie before the descriptors */
	__u32 count; /* descriptors, whose numbers are in the scratch */
	bool credentials; /* whole */
	bool pidfd; /* whole */
};

static __always_inline void read_received(struct received *ret, struct scratch *s,
					  const struct user_message *message)
{
	__u64 at = message->control;
	__u64 end = at + message->control_length;
	struct cmsghdr header;

	ret->count = 0;
	ret->before = message->control_length;
	ret->credentials = false;
	ret->pidfd = false;
	for (int i = 0; i < MAX_RECEIVED_CONTROLS; i++) {
		if (at + sizeof(header) > end)
			break;
		if (bpf_probe_read_user(&header, sizeof(header), (void *)at)) {
			count_lost(EVENT_LOST_READ);
			break;
		}
		if (header.cmsg_len < sizeof(header))
			break;
		if (header.cmsg_level == SOL_SOCKET && header.cmsg_type == SCM_RIGHTS) {
			__u32 count = (header.cmsg_len - sizeof(header)) / sizeof(__s32);

			if (count > SCM_MAX_FD)
				count = SCM_MAX_FD;
			ret->before = at - message->control;
			ret->count = count;
			barrier_var(count); /* keep the mask, the verifier needs it */
			if (bpf_probe_read_user(s->fds, (count & 0xff) * sizeof(__s32),
						(void *)at + sizeof(header)))
				count_lost(EVENT_LOST_READ);
		} else if (header.cmsg_level == SOL_SOCKET && header.cmsg_type == SCM_CREDENTIALS) {
			ret->credentials = header.cmsg_len == sizeof(header) + 12;
		} else if (header.cmsg_level == SOL_SOCKET && header.cmsg_type == SCM_PIDFD) {
			ret->pidfd = header.cmsg_len == sizeof(header) + 4;
		}
		at += (header.cmsg_len + 7) & ~7ULL;
	}
}

/*
 * MSG_CTRUNC is also set for what else the socket asked for and what had no room. Returns whether
 * it must have been for descriptors. What is asked for is a bit of struct socket, since 6.16 of
 * struct sock (0e81cfd971dc "af_unix: Move SOCK_PASS{CRED,PIDFD,SEC} to struct sock.").
 */
static __always_inline bool is_cut_for_rights(struct sock *sk, const struct received *received)
{
	struct sock___rights *asked = (struct sock___rights *)sk;
	bool credentials, security, pidfd;

	if (!sk)
		return false;
	if (bpf_core_field_exists(asked->sk_scm_credentials)) {
		credentials = BPF_CORE_READ_BITFIELD_PROBED(asked, sk_scm_credentials);
		security = BPF_CORE_READ_BITFIELD_PROBED(asked, sk_scm_security);
		pidfd = BPF_CORE_READ_BITFIELD_PROBED(asked, sk_scm_pidfd);
	} else {
		unsigned long flags = get(get(sk, sk_socket), flags);

		credentials = flags & 1UL << SOCK_PASSCRED;
		security = flags & 1UL << SOCK_PASSSEC;
		pidfd = flags & 1UL << SOCK_PASSPIDFD;
	}
	if (pidfd && !received->pidfd)
		return false;
	/* these two are written before the descriptors */
	return received->count || (!security && (!credentials || received->credentials));
}

/* The most descriptors that a control buffer of this length could hold: scm_max_fds(). */
static __always_inline __u16 room_of(const struct received *received, __u64 length)
{
	__u64 room;

	if (length == LENGTH_UNKNOWN || length < received->before + sizeof(struct cmsghdr))
		return 0;
	room = (length - received->before - sizeof(struct cmsghdr)) / sizeof(__s32);
	return room < 0xffff ? room : 0xffff;
}

/* Which files some of the descriptors lead to. A global function, as installed_on(). */
__attribute__((noinline)) int find_installed_on(__u32 first)
{
	struct scratch *s = scratch_of(SCRATCH_END);

	if (!s)
		return 0;
	for (__u32 i = 0; i < FILES_IN_CALL; i++) {
		__u32 index = (first + i) & 0xff;

		s->lists[index] = file_at(s->open, s->open_size, s->fds[index]);
	}
	return 0;
}

/* Which files the descriptors lead to, and that they were installed. */
static __always_inline void describe_own(struct scratch *s, struct task_struct *task, __u32 count,
					 __u32 flags)
{
	struct fdtable *table = get(get(task, files), fdt);

	s->open = (__u64)get(table, fd);
	s->open_size = get(table, max_fds);
	s->installed = count;
	s->cloexec = flags & MSG_CMSG_CLOEXEC ? EVENT_FILE_CLOEXEC : 0;
	for (__u32 i = 0; i < SCM_MAX_FD; i += FILES_IN_CALL) {
		find_installed_on(i);
		if (!installed_on(i))
			break;
	}
}

/* The sending socket, where each receiving one has only one; NULL where it has not. */
static __always_inline struct sock *sender_of(struct sock *sk, __u16 type)
{
	return sk && type != SOCK_DGRAM ? peer_of(sk) : NULL;
}

/*
 * The message at `at` was received over `fd` (-1: it is not known any more which socket that was)
 * into a control buffer of `length` bytes. A global function, as sending_message().
 */
__attribute__((noinline)) int received_message(__u64 at, __s32 fd, __u32 flags, __u64 length)
{
	struct task_struct *task = current_task();
	struct user_message message;
	struct received received;
	struct sock *sk = NULL;
	struct scratch *s;
	bool cut;

	if (bpf_probe_read_user(&message, sizeof(message), (void *)at)) {
		count_lost(EVENT_LOST_READ);
		return 0;
	}
	if (!(message.flags & MSG_CTRUNC) && message.control_length < sizeof(struct cmsghdr))
		return 0;
	if (fd >= 0) {
		sk = unix_socket_of(file_of_fd(task, fd));
		if (!sk)
			return 0;
	}
	s = scratch_of(SCRATCH_END);
	if (!s)
		return 0;
	read_received(&received, s, &message);
	cut = message.flags & MSG_CTRUNC && is_cut_for_rights(sk, &received);
	if (!received.count && (!cut || flags & MSG_PEEK))
		return 0;
	begin_record(s, EVENT_RECEIVED, 0, received.count);
	s->event.flags = EVENT_DESCRIBED | describe_current(&s->event.task);
	if (flags & MSG_PEEK)
		s->event.flags |= EVENT_PEEK;
	describe_socket(&s->event.socket, sk, fd);
	describe_socket(&s->event.peer, sender_of(sk, s->event.socket.type), -1);
	s->event.room = room_of(&received, length);
	if (cut) {
		s->event.flags |= message.control ? EVENT_CTRUNC : EVENT_CTRUNC | EVENT_NO_CONTROL;
		if (message.control && length == LENGTH_UNKNOWN)
			s->event.stop = EVENT_FILE_DROPPED;
		else if (received.count < s->event.room)
			s->event.stop = why_stopped(task);
	}
	describe_own(s, task, received.count, flags);
	describe_files(SCRATCH_END);
	report_scratch(s);
	return 0;
}

/*
 * What was remembered at the entry of a receive. A call that was entered before the trace began has
 * nothing: then the length is not known.
 */
static __always_inline __u64 take_receiving(__u64 at, __s32 *fd)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct receiving *receiving = bpf_map_lookup_elem(&receivings, &thread);
	__u64 length = LENGTH_UNKNOWN;

	if (!receiving)
		return LENGTH_UNKNOWN;
	if (receiving->at == at) {
		length = receiving->length;
		if ((__u64)file_of_current(*fd) != receiving->file)
			*fd = -1; /* closed meanwhile, and perhaps used again */
	}
	bpf_map_delete_elem(&receivings, &thread);
	return length;
}

/* recvmsg(fd, at, flags) returned. */
static __always_inline void on_recvmsg_done(__s32 fd, __u64 at, __u32 flags, __s64 result)
{
	__u64 length = take_receiving(at, &fd);

	if (result >= 0)
		received_message(at, fd, flags, length);
}

/* recvmmsg(fd, at, count, flags, timeout) returned how many it received. */
static __always_inline void on_recvmmsg_done(__s32 fd, __u64 at, __u32 flags, __s64 result)
{
	__u64 length = take_receiving(at, &fd);

	if (fd >= 0 && !unix_socket_of(file_of_current(fd)))
		return;
	for (__u32 i = 0; i < MAX_MESSAGES; i++) {
		if ((__s64)i >= result)
			break;
		received_message(at + i * sizeof(struct user_messages), fd, flags, length);
	}
}

#endif
