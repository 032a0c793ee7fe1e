// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The same call of sendmmsg(2) twice, of messages that name one file by different numbers: a call that ended before
 * its last message must not be taken for the same one that goes on.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "mkfd.h"
#include "message.h"
#include "scenario.h"

#define BATCH 3
#define ROUNDS 2

/* Another number of the same open file description. */
static int another_number(struct actor *me, int fd)
{
	int other = (int)actor_require(dup(fd));

	description_set(me, other, description_of(me, fd));
	return other;
}

/* One open file description by several numbers. */
static void make_numbers(struct actor *me, int fds[BATCH])
{
	fds[0] = mkfd_named(me, "eventfd");
	for (unsigned int i = 1; i < BATCH; i++)
		fds[i] = another_number(me, fds[0]);
}

/* Send the first `tried` of them, of which `sent` are sent and the others fail with this errno. */
static void send_batch(struct mmsghdr *headers, struct outgoing *out, unsigned int tried,
		       unsigned int sent, int error)
{
	long result;

	for (unsigned int i = 0; i < BATCH; i++) {
		if (i < tried)
			outgoing_begin(&out[i]);
		headers[i].msg_hdr = out[i].header;
	}
	result = actor_require(sendmmsg(out->sock, headers, BATCH, MSG_DONTWAIT));
	actor_require(result == (long)sent ? 0 : -1);
	for (unsigned int i = 0; i < tried; i++)
		outgoing_end(&out[i], i < sent ? 0 : -error);
}

static void prepare(struct actor *me, int sock, struct outgoing *out, const int *fds)
{
	for (unsigned int i = 0; i < BATCH; i++) {
		outgoing_init(&out[i], me, sock);
		outgoing_add(&out[i], &fds[i], 1);
	}
}

/* The third one's descriptor is bad the first time. */
static void send_refused(struct actor *me, int sock, const void *argument)
{
	static struct outgoing out[ROUNDS][BATCH];
	struct mmsghdr headers[BATCH] = { 0 };
	int fds[BATCH];

	(void)argument;
	make_numbers(me, fds);
	actor_require(close(fds[2]));
	prepare(me, sock, out[0], fds);
	send_batch(headers, out[0], 3, 2, EBADF);
	step_reach(me->stage, 1);
	step_wait(me->stage, 2);
	actor_require(another_number(me, fds[0]) == fds[2] ? 0 : -1);
	prepare(me, sock, out[1], fds);
	send_batch(headers, out[1], 3, 3, 0);
	step_reach(me->stage, 3);
}

static void receive_refused(struct actor *me, int sock, const void *argument)
{
	(void)argument;
	step_wait(me->stage, 1);
	receive_fds(me, sock);
	receive_fds(me, sock);
	step_reach(me->stage, 2);
	step_wait(me->stage, 3);
	for (int i = 0; i < BATCH; i++)
		receive_fds(me, sock);
}

/* More than a stream has room for: of the first message a part is sent, and of no other anything. */
static void send_parts(struct actor *me, int sock, const void *argument)
{
	static char data[4 << 20];
	static struct outgoing out[ROUNDS][BATCH];
	struct mmsghdr headers[BATCH] = { 0 };
	int fds[BATCH];

	(void)argument;
	make_numbers(me, fds);
	for (unsigned int round = 0; round < ROUNDS; round++) {
		step_wait(me->stage, 2 * round);
		prepare(me, sock, out[round], fds);
		memcpy(data, &out[round][0].number, sizeof(out[round][0].number));
		out[round][0].data.iov_base = data;
		out[round][0].data.iov_len = sizeof(data);
		send_batch(headers, out[round], 1, 1, 0);
		actor_require(headers[0].msg_len < sizeof(data) ? 0 : -1);
		step_reach(me->stage, 2 * round + 1);
	}
}

static void receive_parts(struct actor *me, int sock, const void *argument)
{
	static char rest[65536];
	ssize_t size;

	(void)argument;
	for (unsigned int round = 0; round < ROUNDS; round++) {
		step_wait(me->stage, 2 * round + 1);
		receive_fds(me, sock);
		do
			size = recv(sock, rest, sizeof(rest), MSG_DONTWAIT);
		while (size > 0);
		/* The sender has closed it, perhaps, after the last one. */
		actor_require(size == 0 || errno == EAGAIN ? 0 : -1);
		step_reach(me->stage, 2 * round + 2);
	}
}

static const struct scenario scenarios[] = {
	{ "refused", DUET(SOCK_SEQPACKET, send_refused, receive_refused, NULL) },
	{ "parts", DUET(SOCK_STREAM, send_parts, receive_parts, NULL) },
};

const struct group again_group = GROUP("again", scenarios);
