/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a descriptor is besides its name: the truth of what the tracer calls its detail. */
#ifndef WORKLOAD_DETAIL_H
#define WORKLOAD_DETAIL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "json.h"

/* An address as the tracer writes it: raw bytes, a NUL behind; of size 0: there is none. */
struct address {
	size_t size;
	char bytes[160];
};

struct detail {
	/* Of what is no socket. */
	char text[128]; /* empty: none */
	bool any_text; /* it cannot be measured */
	bool is_device, has_size;
	unsigned int major, minor; /* of a device */
	pid_t pid; /* of a pidfd; 0: none */
	int64_t size; /* of a memfd or a dma-buf */
	char seals[64];

	bool is_socket;
	bool is_connected;
	const char *state; /* NULL: it has none */
	char protocol[40]; /* of its address, of a netlink or a packet socket; empty: none */
	struct address local, remote;
	uint64_t netns;
	/* Of a unix socket, and whether it cannot be measured. */
	uint64_t peer_ino;
	pid_t peer_pid;
	bool any_peer_ino, any_peer_pid;
};

/*
 * Whoever makes a unix socket and its peer says so: no system call tells. 0: the peer is closed, or not
 * accepted.
 */
void detail_set_peer(int fd, uint64_t peer_ino);

/* The same of whoever waits to be connected to an address, as the tracer writes it. */
void detail_set_connecting(int fd, const char *address);

/* The name of a socket's protocol, which is what its dentry is called. */
const char *detail_protocol(int fd);

/* `link` is what procfs says where the descriptor leads. */
void detail_measure(struct detail *ret, int fd, const char *link);
void detail_add(struct object *object, const struct detail *detail);
/* The fields of which nothing can be said, into a list; `more`: it has some already. Returns that. */
bool detail_write_any(FILE *stream, const struct detail *detail, bool more);

#endif
