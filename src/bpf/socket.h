/* SPDX-License-Identifier: GPL-2.0-only */
/* Over which socket: unix sockets, their names, and a task's descriptors for them. */
#ifndef FDPASS_SOCKET_H
#define FDPASS_SOCKET_H

#include "record.h"

#define TABLE_SIZE struct fdtable, max_fds, fd

/* The file that a descriptor of the current task leads to; NULL where there is none. */
static __always_inline struct file *file_of_fd(struct task_struct *task, __s32 fd)
{
	struct files_struct *files = load(task, files);
	struct fdtable *table = load(files, fdt);
	struct file *file = NULL, **all;
	char copy[16];

	COPY_UNKNOWN(KNOWN_CURRENT, copy, table, TABLE_SIZE);
	if (fd < 0 || (__u32)fd >= LOADED(KNOWN_CURRENT, copy, table, TABLE_SIZE, max_fds))
		return NULL;
	all = LOADED(KNOWN_CURRENT, copy, table, TABLE_SIZE, fd);
	copy_kernel(&file, sizeof(file), all + fd);
	return file;
}

/*
 * The current task's table, in which file_at() then looks: for many descriptors. Not in a loop: whenever the
 * verifier comes to a pointer that is read from a task, it searches all types of the kernel by name, several
 * times (btf_nested_type_is_trusted(); since 7.0 they are sorted).
 */
static __always_inline void open_table(struct scratch *s)
{
	struct task_struct *task = current_task();
	struct files_struct *files = load(task, files);
	struct fdtable *table = load(files, fdt);

	s->open = (__u64)load(table, fd);
	s->close_on_exec = (__u64)load(table, close_on_exec);
	s->open_size = load(table, max_fds);
}

/* What a descriptor of the table that s->open is leads to, an address; 0: nothing. */
static __always_inline __u64 file_at(const struct scratch *s, __u32 fd)
{
	__u64 file = 0;

	if (fd >= s->open_size)
		return 0;
	copy_kernel(&file, sizeof(file), (void *)(s->open + fd * sizeof(__u64)));
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
	struct socket *socket = probe(sk, sk_socket);

	return socket ? probe(inode_of_socket(socket), i_ino) : 0;
}

/* The socket that the file is; NULL where it is none, or not a unix socket. */
static __always_inline struct sock *unix_socket_of(struct file *file)
{
	struct socket *socket;
	struct sock *sk;

	if (!file)
		return NULL;
	socket = probe(file, private_data);
	if (!socket)
		return NULL;
	socket = typed(socket);
	if (follow(socket, file) != file)
		return NULL;
	sk = follow(socket, sk);
	return sk && follow(sk, __sk_common.skc_family) == AF_UNIX ? sk : NULL;
}

/* Is it the file of this socket? `socket` is its struct socket, NULL where that is not known yet. */
static __always_inline bool is_file_of(struct file *file, struct sock *sk, struct socket *socket)
{
	if (!socket && sk)
		socket = probe(sk, sk_socket);
	return socket && probe(file, private_data) == socket;
}

/* The descriptor `fd` of the open table if it leads to this socket, else -1. */
static __always_inline __s32 fd_of_socket(const struct scratch *s, __s32 fd, struct sock *sk)
{
	struct file *file = (struct file *)file_at(s, fd);

	return file && is_file_of(file, sk, NULL) ? fd : -1;
}

/* Write a socket of the record. `fd` is a descriptor of the task of the event for it, or -1. */
static __always_inline void write_socket(struct scratch *s, enum event_party party, struct sock *sk,
					 __u64 ino, __u16 type, __s32 fd)
{
	head_of(s)->sockets[party].socket = (struct event_socket){
		.sock = (__u64)sk,
		.ino = ino,
		.type = type,
		.fd = fd,
	};
}

/* The same, of which nothing is known yet. An embryo in a backlog has no struct socket. */
static __always_inline void describe_socket(struct scratch *s, enum event_party party,
					    struct sock *sk, __s32 fd)
{
	struct socket *socket = sk ? probe(sk, sk_socket) : NULL;

	write_socket(s, party, sk, socket ? probe(inode_of_socket(socket), i_ino) : 0,
		     socket ? follow(socket, type) : 0, fd);
}

/* What a unix socket is bound to, and what it is connected to. */
struct unix_ends {
	struct unix_address *name;
	struct sock *peer;
};

#define UNIX_ENDS struct unix_sock, addr, peer

static __always_inline struct unix_ends ends_of(struct scratch *s, struct sock *sk)
{
	struct unix_sock *own = typed((struct unix_sock *)sk);
	struct unix_ends ends;

	COPY(s->copy, own, UNIX_ENDS);
	ends.name = COPIED(s->copy, own, UNIX_ENDS, addr);
	ends.peer = COPIED(s->copy, own, UNIX_ENDS, peer);
	return ends;
}

/* The length of a name in sun_path, 0 where there is none. */
static __always_inline __u32 name_length(struct unix_address *name)
{
	__u32 length = name ? probe(name, len) : 0;

	return length > sizeof(__u16) && length <= sizeof(__u16) + EVENT_SUN_PATH ?
		       length - sizeof(__u16) :
		       0;
}

/* Copy a name of this length into a record. */
static __always_inline void copy_unix_name(void *to, struct unix_address *name, __u32 length)
{
	barrier_var(length);
	/* name[0].sun_path: the family is a short */
	bpf_probe_read_kernel(to, length & 0x7f,
			      (void *)name + bpf_core_field_offset(struct unix_address, name) +
				      sizeof(__u16));
}

/* Append the name that a socket is bound to, which is kept while the socket lives. */
static __always_inline void append_socket_name(struct scratch *s, enum event_party party,
					       struct unix_address *name)
{
	__u32 length = name_length(name);

	if (length)
		copy_unix_name(append_section(s, EVENT_SECTION_SOCKET_NAME, party, length), name,
			       length);
}

static __always_inline struct sock *peer_of(struct sock *sk)
{
	return probe((struct unix_sock *)sk, peer);
}

#endif
