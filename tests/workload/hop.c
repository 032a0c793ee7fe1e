/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One open file description followed from process to process, and those that must not be mixed up. */
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

#include "message.h"
#include "mkfd.h"
#include "scenario.h"

#define MOST_STATIONS 4

/* Sockets between the stations: station i sends over [i][0], station i + 1 receives at [i][1]. */
struct road {
	unsigned int nr_stations;
	int sockets[MOST_STATIONS][2];
};

struct station {
	const struct road *road;
	unsigned int place;
};

/* Receive from the station before, and hand on what came. */
static void hand_on(struct actor *me, const void *argument)
{
	const struct station *station = argument;
	struct incoming in;

	incoming_init(&in, me, station->road->sockets[station->place - 1][1], CONTROL_WHOLE);
	actor_require(incoming_receive(&in, 0));
	if (station->place + 1 < station->road->nr_stations)
		send_fds(me, station->road->sockets[station->place][0], in.fds, in.nr_fds);
	incoming_close_fds(&in);
}

/* The scenario's process is the first station; in a loop, the last one as well. */
static void travel(struct actor *me, unsigned int nr_stations, bool loop)
{
	struct road road = { .nr_stations = nr_stations };
	struct station stations[MOST_STATIONS];
	int fds[2] = { mkfd_named(me, "regular"), mkfd_named(me, "eventfd") };

	for (unsigned int i = 0; i + 1 < nr_stations; i++)
		actor_require(socketpair(AF_UNIX, SOCK_STREAM, 0, road.sockets[i]));
	for (unsigned int i = 1; i < nr_stations; i++) {
		char comm[TRUTH_COMM];

		stations[i] = (struct station){ &road, i };
		snprintf(comm, sizeof(comm), "w-station-%u", i);
		if (!loop || i + 1 < nr_stations)
			actor_start(me, comm, hand_on, &stations[i]);
	}
	send_fds(me, road.sockets[0][0], fds, 2);
	if (loop)
		hand_on(me, &stations[nr_stations - 1]);
	actor_wait_all(me);
}

static void play_chain(struct actor *me, const void *argument)
{
	(void)argument;
	travel(me, 3, false);
}

static void play_loop(struct actor *me, const void *argument)
{
	(void)argument;
	travel(me, 4, true);
}

/*
 * Opened, passed and closed everywhere, many times: the kernel gives the memory of one to the next,
 * and yet each has an identity of its own.
 */
static void send_successors(struct actor *me, int sock, const void *argument)
{
	(void)argument;
	for (unsigned int i = 0; i < 100; i++) {
		send_named(me, sock, "eventfd");
		step_wait(me->stage, i + 1);
	}
}

static void receive_successors(struct actor *me, int sock, const void *argument)
{
	(void)argument;
	for (unsigned int i = 0; i < 100; i++) {
		receive_fds(me, sock);
		step_reach(me->stage, i + 1);
	}
}

/* The same file opened twice is two open file descriptions. */
static void send_twice_opened(struct actor *me, int sock, const void *argument)
{
	int fds[2] = { mkfd_named(me, "regular"), mkfd_named(me, "regular") };

	(void)argument;
	send_fds(me, sock, fds, 2);
}

static void receive_message(struct actor *me, int sock, const void *argument)
{
	(void)argument;
	receive_fds(me, sock);
}

/* A socket is passed over itself: the receiver gets the sender's end. */
static void send_itself(struct actor *me, int sock, const void *argument)
{
	(void)argument;
	send_fds(me, sock, &sock, 1);
}

static const struct scenario scenarios[] = {
	{ "chain", play_chain, NULL },
	{ "loop", play_loop, NULL },
	{ "successors", DUET(SOCK_STREAM, send_successors, receive_successors, NULL) },
	{ "twice-opened", DUET(SOCK_STREAM, send_twice_opened, receive_message, NULL) },
	{ "itself", DUET(SOCK_STREAM, send_itself, receive_message, NULL) },
};

const struct group hop_group = GROUP("hop", scenarios);
