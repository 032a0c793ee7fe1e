/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Why a send failed that __scm_send() had accepted. The result of the system call is seen by no
 * hook that plain messages do not pass through too, so it is told from the state in which the
 * list is destroyed, in the sender, a moment after the kernel decided: only what follows from that
 * state for certain, in the order in which net/unix/af_unix.c asks. The rest is 0: not known.
 */
#ifndef FDPASS_FAIL_H
#define FDPASS_FAIL_H

#include "socket.h"
#include "table.h"

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

/* message.send_flags: how it was sent */
#define SEND_NAMED 0x1 /* with an address: msg_name */
#define SEND_DONTWAIT 0x2 /* MSG_DONTWAIT or O_NONBLOCK */
#define SEND_OOB 0x4 /* MSG_OOB */
#define SEND_TOO_LONG 0x8 /* not a stream, and longer than the socket's send buffer */
#define SEND_SHUT 0x10 /* SOCK_SEQPACKET, and the other end was gone already */

/* too_many_unix_fds(): more in flight than RLIMIT_NOFILE, and no capability that allows it. */
static __always_inline bool too_many_in_flight(struct task_struct *task)
{
	struct signal_struct *signal = probe(task, signal);
	struct cred *cred = probe(task, real_cred);
	__u64 limit = 0, capabilities = 0;

	bpf_core_read(&limit, sizeof(limit), &signal->rlim[RLIMIT_NOFILE].rlim_cur);
	bpf_core_read(&capabilities, sizeof(capabilities), &cred->cap_effective);
	return probe(probe(cred, user), unix_inflight) > limit &&
	       (!(capabilities & (1ULL << CAP_SYS_ADMIN | 1ULL << CAP_SYS_RESOURCE)) ||
		probe(probe(cred, user_ns), level));
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
	if (argument(msg, msg_iter.count) > (__u32)argument(sk, sk_sndbuf) - 32)
		prospects |= SEND_TOO_LONG;
	if (type == SOCK_SEQPACKET && argument(sk, sk_shutdown) & SEND_SHUTDOWN &&
	    !argument(sk, sk_err))
		prospects |= SEND_SHUT;
	return prospects;
}

/* Refused before the list was attached to a message buffer. */
static __always_inline int why_not_attached(const struct message *message, struct task_struct *task,
					    struct sock *sk, short type)
{
	bool named = message->send_flags & SEND_NAMED;
	bool full = probe(sk, sk_wmem_alloc.refs.counter) >= probe(sk, sk_sndbuf);
	bool full_now = full && message->send_flags & SEND_DONTWAIT;
	bool too_many = too_many_in_flight(task);

	if (message->send_flags & SEND_OOB)
		return 0;
	if (type == SOCK_STREAM && named)
		return probe(sk, __sk_common.skc_state) == TCP_ESTABLISHED ? -EISCONN : -EOPNOTSUPP;
	if (!named && !peer_of(sk))
		return -ENOTCONN;
	if (type == SOCK_STREAM && probe(sk, sk_shutdown) & SEND_SHUTDOWN)
		return -EPIPE;
	if (message->send_flags & SEND_TOO_LONG)
		return named ? 0 : -EMSGSIZE; /* or it is no name */
	if (message->send_flags & SEND_SHUT)
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
	if (probe(peer, __sk_common.skc_flags) & 1UL << SOCK_DEAD ||
	    probe(peer, sk_shutdown) & RCV_SHUTDOWN)
		return -EPIPE;
	if (refuses_rights(peer))
		return -EPERM;
	return 0;
}

static __always_inline int why_failed(const struct message *message, struct scm_cookie *scm)
{
	struct sock *sk = (struct sock *)message->sender_sock;
	short type = probe(probe(sk, sk_socket), type);

	/* scm_send()'s own cookie, or that of the destructor of a message buffer? */
	if ((__u64)scm == message->scm)
		return why_not_attached(message, current_task(), sk, type);
	return why_not_queued(sk, (struct sock *)message->sock, type);
}

#endif
