/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Many messages in queues, and messages that are thrown away from them. */
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "message.h"
#include "hostile.h"
#include "mkfd.h"

/* As much as the system lets a socket have is less. */
#define SEND_BUFFER (64 << 20)
/* How long they wait where they are received in the end. */
#define HOARD_US 500000

/* Two sockets, of which the second has a name that the first may send to. */
struct store {
	int from, to;
	struct sockaddr_un name;
	socklen_t name_size;
	unsigned int messages; /* that are in it */
};

static void store_open(struct store *store, struct actor *me)
{
	static unsigned int number;
	int ends[2];

	/* Connected to each other: the queue may be longer than that of others. */
	actor_require(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends));
	store->from = ends[0];
	store->to = ends[1];
	store->messages = 0;
	store->name = (struct sockaddr_un){ .sun_family = AF_UNIX };
	snprintf(store->name.sun_path + 1, sizeof(store->name.sun_path) - 1, "hoard-%d-%u",
		 me->self.pid, number++);
	store->name_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
				       strlen(store->name.sun_path + 1));
	actor_require(bind(store->to, (struct sockaddr *)&store->name, store->name_size));
	actor_require(
		setsockopt(store->from, SOL_SOCKET, SO_SNDBUF, &(int){ SEND_BUFFER }, sizeof(int)));
}

/* Returns false when no more fit. */
static bool store_send(struct store *store, struct actor *me, const struct hoard *hoard,
		       const int *fds)
{
	static struct outgoing out;
	long result;

	outgoing_init(&out, me, store->from);
	outgoing_add(&out, fds, hoard->nr_fds);
	if (hoard->named)
		outgoing_to(&out, &store->name, store->name_size);
	me->peer_ino = inode_of(store->to);
	outgoing_begin(&out);
	result = sendmsg(store->from, &out.header, MSG_DONTWAIT);
	outgoing_end(&out, result < 0 ? -errno : result);
	if (result < 0)
		message_leeway(me->stage, out.number, LEEWAY_ANY_FIELD);
	store->messages += result >= 0;
	return result >= 0;
}

static void store_receive(const struct store *store, struct actor *me)
{
	for (unsigned int i = 0; i < store->messages; i++)
		receive_fds(me, store->to);
}

/* Descriptors of one open file. */
static void make_same(struct actor *me, const struct hoard *hoard, int *fds)
{
	fds[0] = mkfd_named(me, hoard->file);
	for (unsigned int i = 1; i < hoard->nr_fds; i++) {
		fds[i] = (int)actor_require(dup(fds[0]));
		description_set(me, fds[i], description_of(me, fds[0]));
	}
}

#define STORES_MOST 128

void play_hoard(struct actor *me, const void *argument)
{
	static struct store stores[STORES_MOST];
	const struct hoard *hoard = argument;
	unsigned int nr_stores = 0, sent = 0;
	int fds[MESSAGE_MAX_FDS];

	make_same(me, hoard, fds);
	if (hoard->held) { /* nobody else has the sockets open */
		me->peer = me->self;
		me->peer.tid = 0;
	}
	while (sent < hoard->messages && nr_stores < STORES_MOST) {
		struct store *store = &stores[nr_stores++];

		store_open(store, me);
		while (sent < hoard->messages && store->messages < hoard->in_socket &&
		       store_send(store, me, hoard, fds))
			sent++;
		/* It was to be one socket: as many as it takes will do. */
		if (hoard->in_socket >= hoard->messages)
			break;
	}
	if (hoard->held) {
		step_reach(me->stage, 1);
		step_wait(me->stage, 2);
		return;
	}
	usleep(HOARD_US);
	for (unsigned int i = 0; i < nr_stores; i++)
		store_receive(&stores[i], me);
}

/* The first of two is thrown away */

void send_two(struct actor *me, int sock, const void *argument)
{
	(void)argument;
	send_named(me, sock, "memfd");
	send_named(me, sock, "eventfd");
	step_reach(me->stage, 1);
	step_wait(me->stage, 2);
}

static void throw_away(struct actor *me, int sock, bool no_descriptors)
{
	struct incoming in;

	incoming_init(&in, me, sock, no_descriptors ? CONTROL_WHOLE : CONTROL_NONE);
	in.reason = no_descriptors ? "emfile" : "truncated";
	actor_require(incoming_receive(&in, 0));
}

void receive_second(struct actor *me, int sock, const void *argument)
{
	const struct skipping *skipping = argument;
	struct rlimit limit, none;

	step_wait(me->stage, 1);
	actor_require(getrlimit(RLIMIT_NOFILE, &limit));
	none = (struct rlimit){ 0, limit.rlim_max };
	if (skipping->no_descriptors)
		actor_require(setrlimit(RLIMIT_NOFILE, &none));
	throw_away(me, sock, skipping->no_descriptors);
	actor_require(setrlimit(RLIMIT_NOFILE, &limit));
	usleep(skipping->pause_us);
	receive_fds(me, sock);
	step_reach(me->stage, 2);
}
