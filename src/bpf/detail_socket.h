/* SPDX-License-Identifier: GPL-2.0-only */
/* What a socket is: its addresses, its state, its peer. */
#ifndef FDPASS_DETAIL_SOCKET_H
#define FDPASS_DETAIL_SOCKET_H

#include <bpf/bpf_endian.h>

#include "detail_record.h"

static __always_inline void read_socket(struct event_socket_detail *ret, struct sock *sk)
{
	struct net *net = probe(sk, __sk_common.skc_net.net);

	*ret = (struct event_socket_detail){
		.netns_id = net ? probe(net, ns.inum) : 0,
		.family = probe(sk, __sk_common.skc_family),
		.type = probe(sk, sk_type),
		.protocol = probe(sk, sk_protocol),
		.state = probe(sk, __sk_common.skc_state),
	};
}

static __always_inline void describe_any_socket(struct scratch *s, __u32 index, struct sock *sk)
{
	struct event_socket_detail *ret =
		append_detail(s, EVENT_DETAIL_SOCKET, index, sizeof(*ret));

	if (ret)
		read_socket(ret, sk);
}

static __always_inline void read_inet(struct event_inet_detail *ret, struct sock *sk, bool is_inet6)
{
	const struct sock_common *common = &sk->__sk_common;

	if (is_inet6) {
		copy_kernel(ret->local, sizeof(ret->local), &common->skc_v6_rcv_saddr);
		copy_kernel(ret->remote, sizeof(ret->remote), &common->skc_v6_daddr);
	} else {
		*(__u32 *)ret->local = probe(sk, __sk_common.skc_rcv_saddr);
		*(__u32 *)ret->remote = probe(sk, __sk_common.skc_daddr);
	}
	ret->local_port = bpf_ntohs(probe((struct inet_sock *)sk, inet_sport));
	ret->remote_port = bpf_ntohs(probe(sk, __sk_common.skc_dport));
	ret->ifindex = probe(sk, __sk_common.skc_bound_dev_if);
}

static __always_inline void read_packet(struct event_packet_detail *ret, struct sock *sk)
{
	ret->ifindex = probe((struct packet_sock *)sk, ifindex);
	ret->protocol = bpf_ntohs(probe((struct packet_sock *)sk, num));
}

static __always_inline void read_vsock(struct event_vsock_detail *ret, struct sock *sk)
{
	struct vsock_sock *vsock = (struct vsock_sock *)sk;

	ret->local_cid = read_foreign(vsock, local_addr.svm_cid);
	ret->local_port = read_foreign(vsock, local_addr.svm_port);
	ret->remote_cid = read_foreign(vsock, remote_addr.svm_cid);
	ret->remote_port = read_foreign(vsock, remote_addr.svm_port);
}

static __always_inline void read_rfcomm(struct event_rfcomm_detail *ret, struct sock *sk)
{
	struct rfcomm_pinfo *rfcomm = (struct rfcomm_pinfo *)sk;

	*(bdaddr_t *)ret->local = read_foreign(rfcomm, src);
	*(bdaddr_t *)ret->remote = read_foreign(rfcomm, dst);
	ret->channel = read_foreign(rfcomm, channel);
}

/* What bind(2) and connect(2) change one after the other, behind what all sockets have. */
static __always_inline void read_addresses(void *ret, struct sock *sk, enum event_detail_type type,
					   bool is_inet6)
{
	if (type == EVENT_DETAIL_INET)
		read_inet(ret, sk, is_inet6);
	else if (type == EVENT_DETAIL_PACKET)
		read_packet(ret, sk);
	else if (type == EVENT_DETAIL_VSOCK)
		read_vsock(ret, sk);
	else if (type == EVENT_DETAIL_RFCOMM)
		read_rfcomm(ret, sk);
}

/* Have they the same words behind what all sockets have? */
static __always_inline bool same_addresses(const struct event_socket_detail *one,
					   const struct event_socket_detail *other, __u32 size)
{
	const __u64 *a = (const __u64 *)(one + 1), *b = (const __u64 *)(other + 1);
	__u64 difference = 0;

	for (__u32 i = 0; i < (size - sizeof(*one)) / sizeof(*a); i++)
		difference |= a[i] ^ b[i];
	return !difference;
}

/* Read twice: what is not the same both times was changed meanwhile, and may be of two connections. */
static __always_inline void describe_addresses(struct scratch *s, __u32 index, struct sock *sk,
					       enum event_detail_type type, __u32 size,
					       bool is_inet6)
{
	struct event_socket_detail *again = (struct event_socket_detail *)s->copy, *ret;

	ret = append_detail(s, type, index, size);
	if (!ret)
		return;
	__builtin_memset(ret, 0, size);
	__builtin_memset(again, 0, size);
	read_addresses(ret, sk, type, is_inet6);
	read_socket(ret, sk);
	read_addresses(again, sk, type, is_inet6);
	if (!same_addresses(ret, again, size))
		drop_detail(s, size);
}

static __always_inline void describe_netlink(struct scratch *s, __u32 index, struct sock *sk)
{
	struct event_netlink_detail *ret =
		append_detail(s, EVENT_DETAIL_NETLINK, index, sizeof(*ret));

	if (!ret)
		return;
	read_socket(&ret->socket, sk);
	ret->port = probe((struct netlink_sock *)sk, portid);
	ret->reserved = 0;
}

/* The process that a struct pid stands for, as the host sees it. */
static __always_inline __u32 host_pid(struct pid *pid)
{
	return pid ? probe(pid, numbers[0].nr) : 0;
}

static __always_inline void read_peer(struct event_unix_detail *ret, struct sock *sk,
				      struct sock *peer)
{
	struct pid *pid = probe(sk, sk_peer_pid);

	ret->peer_ino = peer ? socket_inode(peer) : 0;
	ret->peer_pid = host_pid(pid);
	if (probe(sk, sk_peer_pid) != pid)
		ret->peer_pid = 0;
}

/* Names are kept while their socket lives; the peer lives while it is the peer. */
static __always_inline void describe_unix(struct scratch *s, __u32 index, struct sock *sk)
{
	struct sock *peer = peer_of(sk);
	struct unix_address *name = probe((struct unix_sock *)sk, addr), *peer_name;
	__u32 used = s->used, at = used + sizeof(struct event_section);
	struct event_unix_detail *ret;
	__u32 length, peer_length;

	peer_name = peer ? probe((struct unix_sock *)peer, addr) : NULL;
	length = name_length(name);
	peer_length = name_length(peer_name);
	ret = append_detail(s, EVENT_DETAIL_UNIX, index, sizeof(*ret) + length + peer_length);
	if (!ret)
		return;
	read_socket(&ret->socket, sk);
	/* Of a datagram socket it tells, by kernel, nothing or that another is connected to it. */
	if (peer)
		ret->socket.state = TCP_ESTABLISHED;
	else if (ret->socket.state == TCP_ESTABLISHED)
		ret->socket.state = TCP_CLOSE;
	ret->name_size = length;
	ret->peer_name_size = peer_length;
	read_peer(ret, sk, peer);
	copy_unix_name(record_at(s, at + sizeof(*ret)), name, length);
	copy_unix_name(record_at(s, at + sizeof(*ret) + length), peer_name, peer_length);
	if (peer_of(sk) != peer)
		s->used = used; /* none */
}

/* A family whose sockets no part of this kernel has, is not described further. */
static __always_inline void describe_family(struct scratch *s, __u32 index, struct sock *sk,
					    __u16 family)
{
	if (family == AF_NETLINK && bpf_core_type_exists(struct netlink_sock))
		describe_netlink(s, index, sk);
	else if (family == AF_PACKET && bpf_core_type_exists(struct packet_sock))
		describe_addresses(s, index, sk, EVENT_DETAIL_PACKET,
				   sizeof(struct event_packet_detail), false);
	else if (family == AF_VSOCK && bpf_core_type_exists(struct vsock_sock))
		describe_addresses(s, index, sk, EVENT_DETAIL_VSOCK,
				   sizeof(struct event_vsock_detail), false);
	else if (family == AF_BLUETOOTH && probe(sk, sk_protocol) == BTPROTO_RFCOMM &&
		 bpf_core_type_exists(struct rfcomm_pinfo))
		describe_addresses(s, index, sk, EVENT_DETAIL_RFCOMM,
				   sizeof(struct event_rfcomm_detail), false);
	else
		describe_any_socket(s, index, sk);
}

/* Write what a file of sockfs is. */
static __always_inline void describe_socket_file(struct scratch *s, __u32 index, struct file *file)
{
	struct socket *socket = probe(file, private_data);
	struct sock *sk;
	__u16 family;

	if (!socket || probe(socket, file) != file) /* opened with O_PATH */
		return;
	sk = probe(socket, sk);
	if (!sk)
		return;
	family = probe(sk, __sk_common.skc_family);
	if (family == AF_UNIX)
		describe_unix(s, index, sk);
	else if (family == AF_INET || family == AF_INET6)
		describe_addresses(s, index, sk, EVENT_DETAIL_INET,
				   sizeof(struct event_inet_detail), family == AF_INET6);
	else
		describe_family(s, index, sk, family);
}

#endif
