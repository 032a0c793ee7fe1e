/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rarer roads: shared sockets, senders that are gone, threads without a leader, other system calls. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "message.h"
#include "mkfd.h"
#include "scenario.h"

/* Sockets that several processes have */

#define SHARERS 3

static void send_shared(struct actor *me, const void *argument)
{
	for (int i = 0; i < 4; i++)
		send_named(me, *(const int *)argument, "eventfd");
}

static void receive_shared(struct actor *me, const void *argument)
{
	for (int i = 0; i < 4; i++)
		receive_fds(me, *(const int *)argument);
}

/* Each message has one sender and one receiver, and which is not to be foreseen. */
static void play_shared(struct actor *me, const void *argument)
{
	int ends[2];

	(void)argument;
	actor_require(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends));
	for (int i = 0; i < SHARERS; i++) {
		actor_start(me, "w-sharing-send", send_shared, &ends[0]);
		actor_start(me, "w-sharing-recv", receive_shared, &ends[1]);
	}
	actor_wait_all(me);
}

/* A socket by another number than it was made with. */
static void send_duplicated(struct actor *me, int sock, const void *argument)
{
	(void)argument;
	send_named(me, (int)actor_require(fcntl(sock, F_DUPFD, 700)), "eventfd");
}

static void receive_duplicated(struct actor *me, int sock, const void *argument)
{
	(void)argument;
	receive_fds(me, (int)actor_require(fcntl(sock, F_DUPFD_CLOEXEC, 800)));
}

/* The descriptors go high as well. */
static void receive_high(struct actor *me, int sock, const void *argument)
{
	(void)argument;
	for (int fd = 3; fd < 600; fd++) {
		if (fcntl(fd, F_GETFD) < 0)
			actor_require(dup2(STDERR_FILENO, fd));
	}
	receive_fds(me, sock);
}

/* Senders that are gone */

static void send_and_exit(struct actor *me, int sock, const void *argument)
{
	(void)argument;
	send_named(me, sock, "eventfd");
	step_reach(me->stage, 1);
}

static void send_and_exec(struct actor *me, int sock, const void *argument)
{
	(void)argument;
	send_named(me, sock, "eventfd");
	step_reach(me->stage, 1);
	actor_require(dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO));
	execl("/proc/self/exe", "workload", "list", NULL);
	actor_require(-1);
}

static void receive_later(struct actor *me, int sock, const void *argument)
{
	(void)argument;
	step_wait(me->stage, 1);
	/* Long enough for the sender to be gone. */
	usleep(100000);
	receive_fds(me, sock);
}

static void receive_now(struct actor *me, int sock, const void *argument)
{
	(void)argument;
	receive_fds(me, sock);
}

/* The receiver is gone from the process table before its row can have been printed. */
static void send_one(struct actor *me, int sock, const void *argument)
{
	(void)argument;
	send_named(me, sock, "memfd");
}

static void receive_and_exec(struct actor *me, int sock, const void *argument)
{
	(void)argument;
	receive_fds(me, sock);
	actor_require(dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO));
	execl("/proc/self/exe", "workload", "list", NULL);
	actor_require(-1);
}

/* A thread whose leader is gone */

struct survivor {
	struct actor *me;
	int sock;
	void (*act)(struct actor *me, int sock, const void *argument);
};

static void *survive(void *argument)
{
	const struct survivor *survivor = argument;
	static struct actor mine;

	/* The leader is a zombie by now, or will be soon. */
	usleep(100000);
	mine = *survivor->me;
	actor_enter(&mine, "w-survivor");
	survivor->act(&mine, survivor->sock, NULL);
	_exit(EXIT_SUCCESS);
}

static void leave_to_thread(struct actor *me, int sock, const void *argument)
{
	static struct survivor survivor;
	static struct actor myself;
	pthread_t thread;

	/* The leader's stack stays, but what is on it is the leader's business. */
	myself = *me;
	survivor =
		(struct survivor){ &myself, sock,
				   *(void (*const *)(struct actor *, int, const void *))argument };
	actor_require(-pthread_create(&thread, NULL, survive, &survivor));
	pthread_exit(NULL);
}

static void (*const surviving_receiver)(struct actor *, int, const void *) = receive_now;
static void (*const surviving_sender)(struct actor *, int, const void *) = send_one;

static void leave_receiving(struct actor *me, int sock, const void *argument)
{
	(void)argument;
	leave_to_thread(me, sock, &surviving_receiver);
}

static void leave_sending(struct actor *me, int sock, const void *argument)
{
	(void)argument;
	leave_to_thread(me, sock, &surviving_sender);
}

#ifdef SYS_socketcall

/* socketcall(2): what a 32-bit libc used to call, arguments in memory */

static long socketcall(int call, int sock, const void *header, int flags)
{
	long arguments[] = { sock, (long)header, flags };
	long result = syscall(SYS_socketcall, call, arguments);

	return result < 0 ? -errno : result;
}

#define SOCKETCALL_SENDMSG 16
#define SOCKETCALL_RECVMSG 17

static void send_by_socketcall(struct actor *me, int sock, const void *argument)
{
	int fds[2] = { mkfd_named(me, "regular"), mkfd_named(me, "eventfd") };
	struct outgoing out;
	long result;

	(void)argument;
	outgoing_init(&out, me, sock);
	outgoing_add(&out, fds, 2);
	outgoing_begin(&out);
	result = socketcall(SOCKETCALL_SENDMSG, sock, &out.header, 0);
	outgoing_end(&out, result);
	actor_require(result);
}

static void receive_by_socketcall(struct actor *me, int sock, const void *argument)
{
	struct incoming in;
	long result;

	(void)argument;
	incoming_init(&in, me, sock, CONTROL_WHOLE);
	incoming_begin(&in);
	result = socketcall(SOCKETCALL_RECVMSG, sock, &in.header, 0);
	incoming_end(&in, result);
	actor_require(result);
}

#endif

/* A stream's message that is read in pieces: the descriptors come with the first. */

static void send_long(struct actor *me, int sock, const void *argument)
{
	int fd = mkfd_named(me, "eventfd");
	uint32_t data[4] = { 0 };
	struct outgoing out;

	(void)argument;
	outgoing_init(&out, me, sock);
	outgoing_add(&out, &fd, 1);
	data[0] = out.number;
	out.data.iov_base = data;
	out.data.iov_len = sizeof(data);
	actor_require(outgoing_send(&out, 0));
	step_reach(me->stage, 1);
}

static void receive_pieces(struct actor *me, int sock, const void *argument)
{
	struct incoming in;

	(void)argument;
	step_wait(me->stage, 1);
	incoming_init(&in, me, sock, CONTROL_WHOLE);
	actor_require(incoming_receive(&in, 0));
	for (int i = 0; i < 3; i++)
		actor_require(recvmsg(sock, &in.header, 0));
}

/* A receiver that sleeps in the kernel, many times, while others run on its CPU. */
static void send_slowly(struct actor *me, int sock, const void *argument)
{
	(void)argument;
	for (int i = 0; i < 10; i++) {
		usleep(2000);
		send_named(me, sock, i % 2 ? "eventfd" : "memfd");
	}
}

static void receive_ten(struct actor *me, int sock, const void *argument)
{
	(void)argument;
	for (int i = 0; i < 10; i++)
		receive_fds(me, sock);
}

static const struct scenario scenarios[] = {
	{ "shared", play_shared, NULL },
	{ "duplicated", DUET(SOCK_STREAM, send_duplicated, receive_duplicated, NULL) },
	{ "high-numbers", DUET(SOCK_STREAM, send_one, receive_high, NULL) },
	{ "sender-exits", DUET(SOCK_STREAM, send_and_exit, receive_later, NULL) },
	{ "sender-execs", DUET(SOCK_DGRAM, send_and_exec, receive_later, NULL) },
	{ "receiver-exits", DUET(SOCK_STREAM, send_one, receive_now, NULL) },
	{ "receiver-execs", DUET(SOCK_STREAM, send_one, receive_and_exec, NULL) },
	{ "no-leader-receiver", DUET(SOCK_STREAM, send_one, leave_receiving, NULL) },
	{ "no-leader-sender", DUET(SOCK_STREAM, leave_sending, receive_now, NULL) },
#ifdef SYS_socketcall
	{ "socketcall", DUET(SOCK_STREAM, send_by_socketcall, receive_by_socketcall, NULL) },
#endif
	{ "pieces", DUET(SOCK_STREAM, send_long, receive_pieces, NULL) },
	{ "waiting", DUET(SOCK_STREAM, send_slowly, receive_ten, NULL) },
};

const struct group road_group = GROUP("road", scenarios);
