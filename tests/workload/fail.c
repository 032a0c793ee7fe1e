/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sends that fail: no descriptor passed, whatever the message named. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include "message.h"
#include "mkfd.h"
#include "scenario.h"

#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83 /* 6.16 on */
#endif

/* A number that is certainly no open descriptor. */
#define BAD_FD 4000

/* This send must fail like that. */
static void must_fail(struct outgoing *out, int flags, int error)
{
	long result = outgoing_send(out, flags);

	errno = (int)-result;
	actor_require(result == -error ? 0 : -1);
}

static void fail_with(struct actor *me, int sock, const int *fds, unsigned int nr_fds, int error)
{
	struct outgoing out;

	outgoing_init(&out, me, sock);
	outgoing_add(&out, fds, nr_fds);
	must_fail(&out, MSG_DONTWAIT, error);
}

/* Refused for what the control message says */

static void send_bad(struct actor *me, int sock, const void *argument)
{
	int good = mkfd_named(me, "eventfd");

	(void)argument;
	fail_with(me, sock, (int[]){ good, BAD_FD, good }, 3, EBADF);
	fail_with(me, sock, (int[]){ -1 }, 1, EBADF);
	/* And one that is right, from the same socket. */
	send_fds(me, sock, &good, 1);
}

static void send_too_many(struct actor *me, int sock, const void *argument)
{
	int fds[MESSAGE_MAX_FDS + 1];

	(void)argument;
	fds[0] = mkfd_named(me, "eventfd");
	for (unsigned int i = 1; i <= MESSAGE_MAX_FDS; i++)
		fds[i] = fds[0];
	fail_with(me, sock, fds, MESSAGE_MAX_FDS + 1, EINVAL);
	send_fds(me, sock, fds, 1);
}

/* Two control messages, each of which would do. */
static void send_too_many_in_two(struct actor *me, int sock, const void *argument)
{
	int fds[MESSAGE_MAX_FDS];
	struct outgoing out;

	(void)argument;
	fds[0] = mkfd_named(me, "eventfd");
	for (unsigned int i = 1; i < MESSAGE_MAX_FDS; i++)
		fds[i] = fds[0];
	outgoing_init(&out, me, sock);
	outgoing_add(&out, fds, MESSAGE_MAX_FDS - 1);
	outgoing_add(&out, fds, 2);
	must_fail(&out, 0, EINVAL);
	send_fds(me, sock, fds, 1);
}

/* Credentials that are not one's own, after the descriptors were taken. */
static void send_false_credentials(struct actor *me, int sock, const void *argument)
{
	int fd = mkfd_named(me, "eventfd");
	struct outgoing out;
	struct ucred *credentials;

	(void)argument;
	actor_require(setuid(40001));
	actor_enter(me, "w-sender");
	outgoing_init(&out, me, sock);
	outgoing_add(&out, &fd, 1);
	outgoing_add_credentials(&out);
	credentials = (void *)(out.control + CMSG_SPACE(sizeof(int)) + CMSG_LEN(0));
	credentials->uid = 0;
	must_fail(&out, 0, EPERM);
	send_fds(me, sock, &fd, 1);
}

static void receive_one(struct actor *me, int sock, const void *argument)
{
	(void)argument;
	receive_fds(me, sock);
}

/* A ring's descriptor: refused from 6.7 on, passed before. */
static void send_ring(struct actor *me, int sock, const void *argument)
{
	char parameters[256] = { 0 };
	struct outgoing out;
	int fd = (int)syscall(SYS_io_uring_setup, 4, parameters);

	(void)argument;
	if (fd < 0)
		actor_skip(me, "no io_uring: %s", strerror(errno));
	outgoing_init(&out, me, sock);
	outgoing_add(&out, &fd, 1);
	if (outgoing_send(&out, 0) >= 0)
		return;
	fd = mkfd_named(me, "eventfd");
	send_fds(me, sock, &fd, 1);
}

/* The second of three is bad: the first is sent, the third is not tried. */
static void send_bad_batch(struct actor *me, int sock, const void *argument)
{
	static struct outgoing out[3];
	struct mmsghdr headers[3] = { 0 };
	int good = mkfd_named(me, "eventfd");

	(void)argument;
	for (int i = 0; i < 3; i++) {
		int fds[] = { good, i == 1 ? BAD_FD : good };

		outgoing_init(&out[i], me, sock);
		outgoing_add(&out[i], fds, 2);
		if (i < 2)
			outgoing_begin(&out[i]);
		headers[i].msg_hdr = out[i].header;
	}
	actor_require(sendmmsg(sock, headers, 3, 0) == 1 ? 0 : -1);
	outgoing_end(&out[0], 0);
	outgoing_end(&out[1], -EBADF);
}

/* Refused for what the data is */

static void send_bad_data(struct actor *me, int sock, const void *argument)
{
	int fd = mkfd_named(me, "eventfd");
	struct outgoing out;

	(void)argument;
	outgoing_init(&out, me, sock);
	outgoing_add(&out, &fd, 1);
	out.data.iov_base = (void *)16;
	must_fail(&out, 0, EFAULT);
	send_fds(me, sock, &fd, 1);
}

static void send_too_long(struct actor *me, int sock, const void *argument)
{
	static char data[4 << 20];
	int fd = mkfd_named(me, "eventfd");
	struct outgoing out;

	(void)argument;
	outgoing_init(&out, me, sock);
	outgoing_add(&out, &fd, 1);
	out.data.iov_base = data;
	out.data.iov_len = sizeof(data);
	must_fail(&out, 0, EMSGSIZE);
	send_fds(me, sock, &fd, 1);
}

/* Refused for what the other end is */

static void wait_and_fail(struct actor *me, int sock, const void *argument)
{
	const int *error = argument;
	int fds[2] = { mkfd_named(me, "regular"), mkfd_named(me, "eventfd") };

	step_wait(me->stage, 1);
	fail_with(me, sock, fds, 2, *error);
	step_reach(me->stage, 2);
}

static void close_first(struct actor *me, int sock, const void *argument)
{
	(void)argument;
	close(sock);
	step_reach(me->stage, 1);
}

static void shut_first(struct actor *me, int sock, const void *argument)
{
	(void)argument;
	actor_require(shutdown(sock, SHUT_RD));
	step_reach(me->stage, 1);
	step_wait(me->stage, 2);
}

static void refuse_first(struct actor *me, int sock, const void *argument)
{
	(void)argument;
	if (setsockopt(sock, SOL_SOCKET, SO_PASSRIGHTS, &(int){ 0 }, sizeof(int)) < 0)
		actor_skip(me, "no SO_PASSRIGHTS: %s", strerror(errno));
	step_reach(me->stage, 1);
	step_wait(me->stage, 2);
}

static const int broken_pipe = EPIPE, refused = ECONNREFUSED, not_permitted = EPERM;

/* A name that was bound once, and one that never was; a socket that is connected to nothing. */
static void play_nobody(struct actor *me, const void *argument)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = mkfd_named(me, "eventfd");
	struct outgoing out;
	int sock, bound;

	(void)argument;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/gone", me->stage->directory);
	bound = (int)actor_require(socket(AF_UNIX, SOCK_DGRAM, 0));
	actor_require(bind(bound, (struct sockaddr *)&address, sizeof(address)));
	close(bound);
	sock = (int)actor_require(socket(AF_UNIX, SOCK_DGRAM, 0));
	outgoing_init(&out, me, sock);
	outgoing_add(&out, &fd, 1);
	outgoing_to(&out, &address, sizeof(address));
	must_fail(&out, 0, ECONNREFUSED);

	strcpy(address.sun_path + strlen(address.sun_path), "-never");
	outgoing_init(&out, me, sock);
	outgoing_add(&out, &fd, 1);
	outgoing_to(&out, &address, sizeof(address));
	must_fail(&out, 0, ENOENT);

	fail_with(me, sock, &fd, 1, ENOTCONN);
	sock = (int)actor_require(socket(AF_UNIX, SOCK_STREAM, 0));
	fail_with(me, sock, &fd, 1, ENOTCONN);
}

static void fill(struct actor *me, int sock, int fd)
{
	struct outgoing out;
	long result;

	do {
		outgoing_init(&out, me, sock);
		outgoing_add(&out, &fd, 1);
		result = outgoing_send(&out, MSG_DONTWAIT);
	} while (result > 0);
	actor_require(result == -EAGAIN ? 0 : -1);
}

/* Full: tried until it fails, and again when there is room. */
static void send_until_full(struct actor *me, int sock, const void *argument)
{
	int fd = mkfd_named(me, "eventfd");

	(void)argument;
	fill(me, sock, fd);
	fail_with(me, sock, &fd, 1, EAGAIN);
	step_reach(me->stage, 1);
	step_wait(me->stage, 2);
	send_fds(me, sock, &fd, 1);
	shutdown(sock, SHUT_WR);
	step_reach(me->stage, 3);
}

static void drain(struct actor *me, int sock)
{
	struct incoming in;
	long result;

	do {
		incoming_init(&in, me, sock, CONTROL_WHOLE);
		result = incoming_receive(&in, MSG_DONTWAIT);
		incoming_close_fds(&in);
	} while (result > 0);
}

static void on_alarm(int signal)
{
	(void)signal;
}

/* Full, and a signal comes while it waits for room. */
static void send_until_alarm(struct actor *me, int sock, const void *argument)
{
	/* No SA_RESTART; and again and again, as the first may come before it waits. */
	const struct sigaction action = { .sa_handler = on_alarm };
	const struct itimerval often = { { 0, 50000 }, { 0, 50000 } };
	const struct itimerval never = { 0 };
	int fd = mkfd_named(me, "eventfd");
	struct outgoing out;

	(void)argument;
	fill(me, sock, fd);
	actor_require(sigaction(SIGALRM, &action, NULL));
	actor_require(setitimer(ITIMER_REAL, &often, NULL));
	outgoing_init(&out, me, sock);
	outgoing_add(&out, &fd, 1);
	must_fail(&out, 0, EINTR);
	actor_require(setitimer(ITIMER_REAL, &never, NULL));
	shutdown(sock, SHUT_WR);
	step_reach(me->stage, 1);
}

static void receive_after_alarm(struct actor *me, int sock, const void *argument)
{
	(void)argument;
	step_wait(me->stage, 1);
	drain(me, sock);
}

static void receive_after_full(struct actor *me, int sock, const void *argument)
{
	(void)argument;
	step_wait(me->stage, 1);
	drain(me, sock);
	step_reach(me->stage, 2);
	step_wait(me->stage, 3);
	drain(me, sock);
}

/* More in flight than the user may have. */
static void send_beyond_budget(struct actor *me, int sock, const void *argument)
{
	struct rlimit limit = { 24, 24 };
	int fds[10];
	struct outgoing out;
	long result;

	(void)argument;
	fds[0] = mkfd_named(me, "eventfd");
	for (unsigned int i = 1; i < 10; i++)
		fds[i] = fds[0];
	actor_require(setrlimit(RLIMIT_NOFILE, &limit));
	actor_require(setuid(40005));
	actor_enter(me, "w-sender");
	do {
		outgoing_init(&out, me, sock);
		outgoing_add(&out, fds, 10);
		result = outgoing_send(&out, MSG_DONTWAIT);
	} while (result > 0);
	errno = (int)-result;
	actor_require(result == -ETOOMANYREFS ? 0 : -1);
	step_reach(me->stage, 1);
	step_wait(me->stage, 2);
	send_fds(me, sock, fds, 1);
	step_reach(me->stage, 3);
}

static const struct scenario scenarios[] = {
	{ "ebadf", DUET(SOCK_STREAM, send_bad, receive_one, NULL) },
	{ "einval-too-many", DUET(SOCK_STREAM, send_too_many, receive_one, NULL) },
	{ "einval-two-controls", DUET(SOCK_STREAM, send_too_many_in_two, receive_one, NULL) },
	{ "einval-io-uring", DUET(SOCK_STREAM, send_ring, receive_one, NULL) },
	{ "eperm-credentials", DUET(SOCK_STREAM, send_false_credentials, receive_one, NULL) },
	{ "batch", DUET(SOCK_SEQPACKET, send_bad_batch, receive_one, NULL) },
	{ "efault", DUET(SOCK_SEQPACKET, send_bad_data, receive_one, NULL) },
	{ "emsgsize", DUET(SOCK_DGRAM, send_too_long, receive_one, NULL) },
	{ "epipe", DUET(SOCK_STREAM, wait_and_fail, close_first, &broken_pipe) },
	{ "epipe-seqpacket", DUET(SOCK_SEQPACKET, wait_and_fail, close_first, &broken_pipe) },
	{ "epipe-shutdown", DUET(SOCK_STREAM, wait_and_fail, shut_first, &broken_pipe) },
	{ "econnrefused", DUET(SOCK_DGRAM, wait_and_fail, close_first, &refused) },
	{ "eperm-passrights", DUET(SOCK_STREAM, wait_and_fail, refuse_first, &not_permitted) },
	{ "nobody", play_nobody, NULL },
	{ "eagain-datagram", DUET(SOCK_DGRAM, send_until_full, receive_after_full, NULL) },
	{ "eagain-stream", DUET(SOCK_STREAM, send_until_full, receive_after_full, NULL) },
	{ "eintr", DUET(SOCK_STREAM, send_until_alarm, receive_after_alarm, NULL) },
	{ "etoomanyrefs", DUET(SOCK_STREAM, send_beyond_budget, receive_after_full, NULL) },
};

const struct group fail_group = GROUP("fail", scenarios);
