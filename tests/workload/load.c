/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Many at once. */
#include <sys/socket.h>
#include <unistd.h>

#include "message.h"
#include "mkfd.h"
#include "scenario.h"

#define PAIRS 20
#define MESSAGES 20

/* Everyone starts when all are there. */
static void send_in_crowd(struct actor *me, const void *argument)
{
	const int *sock = argument;
	int fds[3] = { mkfd_named(me, "eventfd"), mkfd_named(me, "memfd"),
		       mkfd_named(me, "regular") };

	step_wait(me->stage, 1);
	for (unsigned int i = 0; i < MESSAGES; i++)
		send_fds(me, *sock, fds, 1 + i % 3);
}

static void receive_in_crowd(struct actor *me, const void *argument)
{
	const int *sock = argument;

	step_wait(me->stage, 1);
	for (unsigned int i = 0; i < MESSAGES; i++)
		receive_fds(me, *sock);
}

static void play_crowd(struct actor *me, const void *argument)
{
	const int *type = argument;
	int ends[PAIRS][2];

	for (int i = 0; i < PAIRS; i++)
		actor_require(socketpair(AF_UNIX, *type, 0, ends[i]));
	for (int i = 0; i < PAIRS; i++) {
		actor_start(me, "w-crowd-send", send_in_crowd, &ends[i][0]);
		actor_start(me, "w-crowd-recv", receive_in_crowd, &ends[i][1]);
	}
	step_reach(me->stage, 1);
	actor_wait_all(me);
}

/* Messages of as many descriptors as can be, back to back. */

static void send_burst(struct actor *me, int sock, const void *argument)
{
	int fds[MESSAGE_MAX_FDS];

	(void)argument;
	for (unsigned int i = 0; i < MESSAGE_MAX_FDS; i++)
		fds[i] = mkfd_named(me, i % 2 ? "eventfd" : "null");
	for (unsigned int i = 0; i < MESSAGES; i++)
		send_fds(me, sock, fds, MESSAGE_MAX_FDS);
	step_reach(me->stage, 1);
}

static void receive_burst(struct actor *me, int sock, const void *argument)
{
	(void)argument;
	for (unsigned int i = 0; i < MESSAGES; i++)
		receive_fds(me, sock);
}

static void receive_burst_late(struct actor *me, int sock, const void *argument)
{
	step_wait(me->stage, 1);
	receive_burst(me, sock, argument);
}

static const int stream = SOCK_STREAM, datagram = SOCK_DGRAM;

static const struct scenario scenarios[] = {
	{ "crowd", play_crowd, &stream },
	{ "crowd-datagram", play_crowd, &datagram },
	{ "burst", DUET(SOCK_STREAM, send_burst, receive_burst, NULL) },
	{ "burst-late", DUET(SOCK_STREAM, send_burst, receive_burst_late, NULL) },
};

const struct group load_group = GROUP("load", scenarios);
