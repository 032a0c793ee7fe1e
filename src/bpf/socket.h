/* SPDX-License-Identifier: GPL-2.0-only */
/* Over which socket: unix sockets, their names, and a task's descriptors for them. */
#ifndef FDPASS_SOCKET_H
#define FDPASS_SOCKET_H

#include "event.h"
#include "kernel.h"

/* The file that a descriptor of the task, typed as of see(), leads to; NULL where there is none. */
static __always_inline struct file *file_of_fd(struct task_struct *task, __s32 fd)
{
	struct files_struct *files = see(task, files);
	struct fdtable *table = see(files, fdt);
	struct file *file = NULL;

	if (fd < 0 || (__u32)fd >= see(table, max_fds))
		return NULL;
	copy_kernel(&file, sizeof(file), see(table, fd) + fd);
	return file;
}

static __always_inline struct inode *inode_of_socket(struct socket *socket)
{
	/* SOCKET_I() of include/net/sock.h: both are members of struct socket_alloc. */
	return (void *)socket - bpf_core_field_offset(struct socket_alloc, socket) +
	       bpf_core_field_offset(struct socket_alloc, vfs_inode);
}

/* The inode in sockfs; 0 for a socket without a file: not accepted yet, or closed. */
static __always_inline __u64 socket_inode(struct sock *sk)
{
	struct socket *socket = get(sk, sk_socket);

	return socket ? get(inode_of_socket(socket), i_ino) : 0;
}

/* The descriptor `fd` of the task if it leads to this socket, else -1. */
static __always_inline __s32 fd_of_socket(struct task_struct *task, __s32 fd, struct sock *sk)
{
	struct file *file = file_of_fd(task, fd);

	if (!file || !sk || get(file, private_data) != get(sk, sk_socket))
		return -1;
	return fd;
}

/* The name that the socket is bound to: struct unix_address, kept while the socket lives. */
static __always_inline void describe_name(struct event_socket *ret, struct sock *sk)
{
	struct unix_address *address = get((struct unix_sock *)sk, addr);
	int length;

	ret->path_len = 0;
	if (!address)
		return;
	length = get(address, len) - (int)sizeof(unsigned short);
	if (length <= 0)
		return;
	if (length > EVENT_SUN_PATH)
		length = EVENT_SUN_PATH;
	/* name[0].sun_path: the family is a short */
	if (bpf_probe_read_kernel(ret->path, length & 0x7f,
				  (void *)address +
					  bpf_core_field_offset(struct unix_address, name) +
					  sizeof(unsigned short)))
		return;
	ret->path_len = length;
}

/* The inode of the network namespace of the socket. */
static __always_inline __u32 netns_of(struct sock *sk)
{
	struct net *net = get(sk, __sk_common.skc_net.net);

	return get(net, ns.inum);
}

/* A socket that has a struct socket gives its type; an embryo in a backlog has none. */
static __always_inline void describe_socket(struct event_socket *ret, struct sock *sk, __s32 fd)
{
	struct socket *socket;

	ret->sock = (__u64)sk;
	ret->fd = fd;
	ret->ino = 0;
	ret->type = 0;
	ret->path_len = 0;
	ret->netns = 0;
	if (!sk)
		return;
	ret->netns = netns_of(sk);
	socket = get(sk, sk_socket);
	if (socket) {
		ret->type = get(socket, type);
		ret->ino = get(inode_of_socket(socket), i_ino);
	}
	describe_name(ret, sk);
}

static __always_inline struct sock *peer_of(struct sock *sk)
{
	return get((struct unix_sock *)sk, peer);
}

#endif
