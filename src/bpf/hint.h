/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the current thread's system call says in the process's own memory about the message that it sends:
 * a hint. Other threads can change it meanwhile, so the files that it names are looked up in the
 * kernel's table, and what becomes of that is held against the kernel's own list where there is one.
 */
#ifndef FDPASS_HINT_H
#define FDPASS_HINT_H

#include "call.h"
#include "control.h"

/* UIO_MAXIOV: the most messages that sendmmsg and recvmmsg take at once. */
#define MAX_MESSAGES 1024

/* How many messages the call names. */
static __always_inline __u32 messages_of(const struct call *call)
{
	return call->kind == CALL_SEND_MANY || call->kind == CALL_RECEIVE_MANY ? call->count : 1;
}

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

/* The same in a 32-bit one: struct compat_msghdr of net/compat.h. */
struct compat_user_message {
	__u32 name;
	__u32 name_length;
	__u32 iov;
	__u32 iov_count;
	__u32 control;
	__u32 control_length;
	__u32 flags;
};

/* In memory, a struct mmsghdr has one of these, and a length. */
static __always_inline __u64 message_at(const struct call *call, __u32 index)
{
	return call->message + index * (call->compat ?
						sizeof(struct compat_user_message) + sizeof(__u32) :
						sizeof(struct user_message) + sizeof(__u64));
}

static __always_inline bool read_user_message(struct user_message *ret, const struct call *call,
					      __u32 index)
{
	struct compat_user_message compat;
	__u64 at = message_at(call, index);

	if (!call->compat)
		return !bpf_probe_read_user(ret, sizeof(*ret), (void *)at);
	if (bpf_probe_read_user(&compat, sizeof(compat), (void *)at))
		return false;
	*ret = (struct user_message){
		.name = compat.name,
		.name_length = compat.name_length,
		.iov = compat.iov,
		.iov_count = compat.iov_count,
		.control = compat.control,
		.control_length = compat.control_length,
		.flags = compat.flags,
	};
	return true;
}

/* Vectors of a message that are added up. */
#define MAX_VECTORS 16

/* The length of a vector of a message: of struct iovec, or of struct compat_iovec. */
static __always_inline __u64 vector_length(const struct call *call, __u64 vectors, __u32 index)
{
	__u64 length = 0;
	__u32 compat_length = 0;

	if (call->compat) {
		bpf_probe_read_user(&compat_length, sizeof(compat_length),
				    (void *)vectors + index * 8 + 4);
		return compat_length;
	}
	bpf_probe_read_user(&length, sizeof(length), (void *)vectors + index * 16 + 8);
	return length;
}

/*
 * How many bytes message `index` of the current call has; 0: it cannot be told. A global function, so that the
 * verifier does not go through it for each message.
 */
__attribute__((noinline)) __u64 length_of_message(__u32 index)
{
	struct scratch *s = scratch_of(SCRATCH_BEGIN);
	struct user_message message;
	__u64 sum = 0;

	if (!s || !read_user_message(&message, &s->call, index) || message.iov_count > MAX_VECTORS)
		return 0;
	for (__u32 i = 0; i < MAX_VECTORS; i++) {
		if (i >= message.iov_count)
			break;
		sum += vector_length(&s->call, message.iov, i);
	}
	return sum;
}

/* Where the control data of a message lie. */
struct user_control {
	__u64 at, length;
};

static __always_inline bool read_user_control(struct user_control *ret, const struct call *call,
					      __u32 index)
{
	struct user_message message;

	_Static_assert(__builtin_offsetof(struct user_message, control_length) ==
			       __builtin_offsetof(struct user_message, control) + sizeof(__u64),
		       "read at once");
	if (!call->compat)
		return !bpf_probe_read_user(ret, sizeof(*ret),
					    (void *)message_at(call, index) +
						    __builtin_offsetof(struct user_message,
								       control));
	if (!read_user_message(&message, call, index))
		return false;
	*ret = (struct user_control){ message.control, message.control_length };
	return true;
}

enum hint {
	HINT_NOTHING, /* it names no descriptors */
	HINT_FILES, /* it names those in s->fds */
	HINT_UNREAD, /* its memory cannot be read */
};

/*
 * The descriptors that message `index` of the call names. A global function, so that the verifier checks
 * it once. Returns enum hint.
 */
__attribute__((noinline)) int read_hint(__u32 index)
{
	struct scratch *s = scratch_of(SCRATCH_BEGIN);
	struct user_control control;

	if (!s || !is_send(&s->call))
		return HINT_NOTHING;
	s->nr_fds = 0;
	if (!read_user_control(&control, &s->call, index))
		return HINT_UNREAD;
	if (!control.at || control.length < sizeof(struct compat_cmsghdr))
		return HINT_NOTHING;
	begin_user_control(s, control.at, control.length, s->call.compat);
	if (!read_only_control(s) && !read_controls(SCRATCH_BEGIN)) {
		count_lost(EVENT_LOST_CONTROLS);
		return HINT_NOTHING;
	}
	if (s->control_unread)
		return HINT_UNREAD;
	return s->nr_fds ? HINT_FILES : HINT_NOTHING;
}

#endif
