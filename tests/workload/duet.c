/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two processes over a socket pair: the shape that most scenarios have. */
#include <sys/socket.h>
#include <unistd.h>

#include "scenario.h"

struct part {
	const struct duet *duet;
	int ends[2];
};

static void play_sender(struct actor *me, const void *argument)
{
	const struct part *part = argument;

	me->peer_ino = inode_of(part->ends[1]);
	close(part->ends[1]);
	curtain_wait(me->stage);
	part->duet->send(me, part->ends[0], part->duet->argument);
}

static void play_receiver(struct actor *me, const void *argument)
{
	const struct part *part = argument;

	me->peer_ino = inode_of(part->ends[0]);
	close(part->ends[0]);
	curtain_wait(me->stage);
	part->duet->receive(me, part->ends[1], part->duet->argument);
}

void play_duet(struct actor *me, const void *argument)
{
	struct part part = { .duet = argument };

	actor_require(socketpair(AF_UNIX, part.duet->type, 0, part.ends));
	actor_start(me, "w-sender", play_sender, &part);
	actor_start(me, "w-receiver", play_receiver, &part);
	close(part.ends[0]);
	close(part.ends[1]);
	curtain_raise(me->stage);
	actor_wait_all(me);
}
