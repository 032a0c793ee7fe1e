/* SPDX-License-Identifier: GPL-2.0-or-later */
/* MSG_PEEK installs real descriptors; the message stays, and has an end of its own. */
#include <sys/socket.h>
#include <unistd.h>

#include "message.h"
#include "mkfd.h"
#include "scenario.h"

static const unsigned int once = 1, thrice = 3;

static void send_three(struct actor *me, int sock, const void *argument)
{
	int fds[] = { mkfd_named(me, "regular"), mkfd_named(me, "eventfd"),
		      mkfd_named(me, "memfd") };

	(void)argument;
	send_fds(me, sock, fds, 3);
	step_reach(me->stage, 1);
	step_wait(me->stage, 2);
}

static void peek_into(struct actor *me, int sock, unsigned int times, size_t control_size)
{
	struct incoming in;

	step_wait(me->stage, 1);
	for (unsigned int i = 0; i < times; i++) {
		incoming_init(&in, me, sock, control_size);
		actor_require(incoming_receive(&in, MSG_PEEK));
	}
}

static void peek_and_receive(struct actor *me, int sock, const void *argument)
{
	const unsigned int *times = argument;

	peek_into(me, sock, *times, CONTROL_WHOLE);
	receive_fds(me, sock);
	step_reach(me->stage, 2);
}

static void peek_short_and_receive(struct actor *me, int sock, const void *argument)
{
	(void)argument;
	peek_into(me, sock, 1, CMSG_LEN(sizeof(int)));
	receive_fds(me, sock);
	step_reach(me->stage, 2);
}

/* What a careful program does to learn the sizes: nothing is installed. */
static void peek_nothing_and_receive(struct actor *me, int sock, const void *argument)
{
	(void)argument;
	peek_into(me, sock, 1, CONTROL_NONE);
	receive_fds(me, sock);
	step_reach(me->stage, 2);
}

static void peek_and_read(struct actor *me, int sock, const void *argument)
{
	struct losing losing;
	uint32_t number = 0;

	(void)argument;
	peek_into(me, sock, 1, CONTROL_WHOLE);
	losing_begin(&losing, me, sock);
	actor_require(read(sock, &number, sizeof(number)));
	losing_end(&losing, number, "read", 0);
	step_reach(me->stage, 2);
}

static void peek_and_close(struct actor *me, int sock, const void *argument)
{
	struct losing losing;

	(void)argument;
	peek_into(me, sock, 1, CONTROL_WHOLE);
	losing_begin(&losing, me, sock);
	close(sock);
	losing_end(&losing, 1, "unread", LEEWAY_RECEIVER_SOCKET);
	step_reach(me->stage, 2);
}

static const struct scenario scenarios[] = {
	{ "once", DUET(SOCK_STREAM, send_three, peek_and_receive, &once) },
	{ "thrice", DUET(SOCK_STREAM, send_three, peek_and_receive, &thrice) },
	{ "datagram", DUET(SOCK_DGRAM, send_three, peek_and_receive, &once) },
	{ "seqpacket", DUET(SOCK_SEQPACKET, send_three, peek_and_receive, &once) },
	{ "truncated", DUET(SOCK_STREAM, send_three, peek_short_and_receive, NULL) },
	{ "no-control", DUET(SOCK_SEQPACKET, send_three, peek_nothing_and_receive, NULL) },
	{ "then-read", DUET(SOCK_STREAM, send_three, peek_and_read, NULL) },
	{ "then-close", DUET(SOCK_STREAM, send_three, peek_and_close, NULL) },
};

const struct group peek_group = GROUP("peek", scenarios);
