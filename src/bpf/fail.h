/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why a send failed that __scm_send() had accepted. The result of the system call is seen by no
 * hook that plain messages do not pass through too, so it is told from the state in which the
 * list is destroyed, in the sender, a moment after the kernel decided: only what follows from that
 * state for certain, in the order in which net/unix/af_unix.c asks. The rest is 0: not known.
 */
#ifndef FDPASS_FAIL_H
#define FDPASS_FAIL_H

#include "event.h"
#include "socket.h"

#define EPERM 1
#define EAGAIN 11
#define EPIPE 32
#define EISCONN 106
#define ENOTCONN 107
#define EMSGSIZE 90
#define ETOOMANYREFS 109
#define ECONNREFUSED 111
#define EOPNOTSUPP 95

#define MSG_OOB 0x1
#define MSG_DONTWAIT 0x40
#define RCV_SHUTDOWN 1
#define TCP_ESTABLISHED 1
#define CAP_SYS_ADMIN 21
#define CAP_SYS_RESOURCE 24

/* too_many_unix_fds(): more in flight than RLIMIT_NOFILE, and no capability that allows it. */
static __always_inline bool too_many_in_flight(struct task_struct *task)
{
	struct signal_struct *signal = get(task, signal);
	struct cred *cred = get(task, real_cred);
	__u64 limit = 0, capabilities = 0;

	bpf_core_read(&limit, sizeof(limit), &signal->rlim[RLIMIT_NOFILE].rlim_cur);
	bpf_core_read(&capabilities, sizeof(capabilities), &cred->cap_effective);
	return get(get(cred, user), unix_inflight) > limit &&
	       (!(capabilities & (1ULL << CAP_SYS_ADMIN | 1ULL << CAP_SYS_RESOURCE)) ||
		get(get(cred, user_ns), level));
}

/*
 * What a send can fail with later is told by how it began. sk_err is what a send fails with before
 * all else, and is forgotten then: the other end sets both when it is closed with messages unread.
 */
static __always_inline __u32 prospects_of(struct msghdr *msg, struct sock *sk, __u16 type)
{
	__u32 prospects = 0;

	if (type == SOCK_STREAM)
		return 0;
	if (get(msg, msg_iter.count) > (__u32)get(sk, sk_sndbuf) - 32)
		prospects |= EVENT_MESSAGE_TOO_LONG;
	if (type == SOCK_SEQPACKET && get(sk, sk_shutdown) & SEND_SHUTDOWN && !get(sk, sk_err))
		prospects |= EVENT_MESSAGE_SHUT;
	return prospects;
}

/* Refused before the list was attached to a message buffer. */
static __always_inline int why_not_attached(const struct event_message *message,
					    struct task_struct *task, struct sock *sk, short type)
{
	bool named = message->send_flags & EVENT_MESSAGE_NAMED;
	bool full = get(sk, sk_wmem_alloc.refs.counter) >= get(sk, sk_sndbuf);
	bool full_now = full && message->send_flags & EVENT_MESSAGE_DONTWAIT;
	bool too_many = too_many_in_flight(task);

	if (message->send_flags & EVENT_MESSAGE_OOB)
		return 0;
	if (type == SOCK_STREAM && named)
		return get(sk, __sk_common.skc_state) == TCP_ESTABLISHED ? -EISCONN : -EOPNOTSUPP;
	if (!named && !peer_of(sk))
		return -ENOTCONN;
	if (type == SOCK_STREAM && get(sk, sk_shutdown) & SEND_SHUTDOWN)
		return -EPIPE;
	if (message->send_flags & EVENT_MESSAGE_TOO_LONG)
		return named ? 0 : -EMSGSIZE; /* or it is no name */
	if (message->send_flags & EVENT_MESSAGE_SHUT)
		return -EPIPE;
	if (too_many && !full_now)
		return -ETOOMANYREFS;
	if (full_now && !too_many)
		return -EAGAIN;
	return 0;
}

/* SO_PASSRIGHTS off in the receiver, since 6.16 */
static __always_inline bool refuses_rights(struct sock *peer)
{
	if (!bpf_core_field_exists(((struct sock___rights *)peer)->sk_scm_rights))
		return false;
	return !BPF_CORE_READ_BITFIELD_PROBED((struct sock___rights *)peer, sk_scm_rights);
}

/* Refused by the receiving end, the list already attached. The peer is held by the sender. */
static __always_inline int why_not_queued(struct sock *sk, struct sock *peer, short type)
{
	if (type == SOCK_DGRAM)
		return peer && !peer_of(sk) ? -ECONNREFUSED : 0;
	if (!peer)
		return 0;
	if (get(peer, __sk_common.skc_flags) & 1UL << SOCK_DEAD ||
	    get(peer, sk_shutdown) & RCV_SHUTDOWN)
		return -EPIPE;
	if (refuses_rights(peer))
		return -EPERM;
	return 0;
}

static __always_inline int why_failed(const struct event_message *message, struct task_struct *task,
				      struct scm_cookie *scm)
{
	struct sock *sk = (struct sock *)message->sender_sock;
	short type = get(get(sk, sk_socket), type);

	/* scm_send()'s own cookie, or that of the destructor of a message buffer? */
	if ((__u64)scm == message->scm)
		return why_not_attached(message, task, sk, type);
	return why_not_queued(sk, (struct sock *)message->sock, type);
}

#endif
