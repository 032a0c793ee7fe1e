/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages with descriptors, and the truth about them. An outgoing message writes its rows down
 * before it is sent; its data is its number in the scenario, so that whoever receives it knows whose
 * rows to complete.
 */
#ifndef WORKLOAD_MESSAGE_H
#define WORKLOAD_MESSAGE_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "stage.h"

#define MESSAGE_MAX_FDS 253 /* SCM_MAX_FD */
/* Room for some control messages with a descriptor more than is allowed. */
#define MESSAGE_CONTROL_MAX 8192

/* "stream", "dgram", "seqpacket" and their SOCK_*. */
const char *socket_type_name(int type);

/* A number for a message with rows for this many descriptors; what is not a message has one too. */
uint32_t message_new(struct actor *me, unsigned int count, struct truth_row **ret);

struct outgoing {
	struct actor *me;
	int sock;
	uint32_t number;
	struct truth_row *rows;
	unsigned int nr_fds;
	int fds[MESSAGE_MAX_FDS + 1];
	struct msghdr header;
	struct iovec data;
	struct sockaddr_un address;
	char control[MESSAGE_CONTROL_MAX] __attribute__((aligned(16)));
};

void outgoing_init(struct outgoing *out, struct actor *me, int sock);
/* Append a SCM_RIGHTS control message. */
void outgoing_add(struct outgoing *out, const int *fds, unsigned int nr_fds);
void outgoing_add_credentials(struct outgoing *out);
void outgoing_to(struct outgoing *out, const struct sockaddr_un *address, socklen_t size);
/* The rows, right before the system call; and its result (a negative errno) right after it. */
void outgoing_begin(struct outgoing *out);
void outgoing_end(struct outgoing *out, long result);
/* sendmsg(2). Returns the number of bytes or a negative errno. */
long outgoing_send(struct outgoing *out, int flags);

/* A message of some descriptors, as simple as can be. Returns its number. */
uint32_t send_fds(struct actor *me, int sock, const int *fds, unsigned int nr_fds);
/* The same, of one descriptor from the factory, which is closed afterwards. */
uint32_t send_named(struct actor *me, int sock, const char *name);

struct incoming {
	struct actor *me;
	int sock;
	uint32_t number;
	bool peek;
	const char *reason; /* of what is not installed: "truncated", or as the scenario knows */
	struct window window;
	unsigned int nr_fds; /* installed by the last receive */
	int fds[MESSAGE_MAX_FDS];
	struct msghdr header;
	struct iovec data;
	char control[MESSAGE_CONTROL_MAX] __attribute__((aligned(16)));
};

#define CONTROL_NONE 0
#define CONTROL_WHOLE CMSG_SPACE(MESSAGE_MAX_FDS * sizeof(int))

void incoming_init(struct incoming *in, struct actor *me, int sock, size_t control_size);
void incoming_begin(struct incoming *in);
/* Complete the rows of the message that came, if the call succeeded. */
void incoming_end(struct incoming *in, long result);
/* recvmsg(2). Returns the number of bytes or a negative errno. */
long incoming_receive(struct incoming *in, int flags);
void incoming_close_fds(struct incoming *in);

/* Receive a message with all that it has, and close that. */
void receive_fds(struct actor *me, int sock);

/*
 * A message that gets lost without recvmsg: note when, why and by whom. sock: the socket that the
 * actor has hold of when it happens, or -1 where it has none.
 */
struct losing {
	struct actor *me;
	struct window window;
	int sock;
	uint64_t socket_ino;
};

void losing_begin(struct losing *losing, struct actor *me, int sock);
/* `message` was lost between losing_begin() and now. */
void losing_end(const struct losing *losing, uint32_t message, const char *reason, uint32_t leeway);

/* It ended after its rows were completed, and has ended by now. */
void message_has_ended(struct stage *stage, uint32_t message);
/* All rows of a message may differ in this. */
void message_leeway(struct stage *stage, uint32_t message, uint32_t leeway);

#endif
