/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the trace's own begin and end cut: messages that were queued before it began and are received
 * during it, and messages that are still queued when it ends.
 */
#include <err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "message.h"
#include "mkfd.h"
#include "scenario.h"

struct pair {
	int ends[2];
};

static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };
#define NR_TYPES (sizeof(types) / sizeof(types[0]))

void say_and_wait(const char *word)
{
	char line[64];

	puts(word);
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		errx(EXIT_FAILURE, "standard input ended: hold waits for two lines");
}

static void queue(struct actor *me, int sock, const char *first, const char *second)
{
	int fds[2] = { mkfd_named(me, first), mkfd_named(me, second) };

	send_fds(me, sock, fds, 2);
	close(fds[0]);
	close(fds[1]);
}

int hold(FILE *truth)
{
	static struct actor me;
	struct pair pairs[NR_TYPES];
	uint32_t before;

	me.stage = stage_new();
	if (!me.stage)
		err(EXIT_FAILURE, "cannot make a stage");
	actor_enter(&me, "w-holder");
	for (size_t i = 0; i < NR_TYPES; i++) {
		actor_require(socketpair(AF_UNIX, types[i], 0, pairs[i].ends));
		queue(&me, pairs[i].ends[0], "regular", "eventfd");
	}
	before = me.stage->nr_messages;
	say_and_wait("queued");

	for (size_t i = 0; i < NR_TYPES; i++)
		receive_fds(&me, pairs[i].ends[1]);
	for (uint32_t i = 1; i <= before; i++)
		message_leeway(me.stage, i, LEEWAY_QUEUED_BEFORE);
	me.peer = me.self;
	me.peer.tid = 0;
	for (size_t i = 0; i < NR_TYPES; i++) {
		me.peer_ino = inode_of(pairs[i].ends[1]);
		queue(&me, pairs[i].ends[0], "memfd", "pipe");
	}
	say_and_wait("held");

	stage_write(me.stage, "hold", truth);
	truth_write_scenario(truth, "hold", "ran", "");
	fclose(truth);
	stage_free(me.stage);
	return EXIT_SUCCESS;
}
