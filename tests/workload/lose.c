/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Descriptors that were sent and never arrived, and why. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "message.h"
#include "mkfd.h"
#include "refuse.h"
#include "scenario.h"

static const unsigned int one = 1, two = 2, three = 3, six = 6;

static void send_some(struct actor *me, int sock, const void *argument)
{
	const unsigned int *nr_fds = argument;
	int fds[6];

	for (unsigned int i = 0; i < *nr_fds; i++)
		fds[i] = mkfd_named(me, i == 0 ? "regular" : "eventfd");
	send_fds(me, sock, fds, *nr_fds);
	/* The socket stays until the receiver is done: what happens is the receiver's doing. */
	step_reach(me->stage, 1);
	step_wait(me->stage, 2);
}

static void receive_into(struct actor *me, int sock, size_t control_size, const char *reason)
{
	struct incoming in;

	step_wait(me->stage, 1);
	incoming_init(&in, me, sock, control_size);
	in.reason = reason;
	actor_require(incoming_receive(&in, 0));
	step_reach(me->stage, 2);
}

static void receive_no_control(struct actor *me, int sock, const void *argument)
{
	(void)argument;
	receive_into(me, sock, CONTROL_NONE, "truncated");
}

static void receive_length_of_one(struct actor *me, int sock, const void *argument)
{
	(void)argument;
	receive_into(me, sock, CMSG_LEN(sizeof(int)), "truncated");
}

/* On 64 bits, the padding is room for a second one. */
static void receive_space_of_one(struct actor *me, int sock, const void *argument)
{
	(void)argument;
	receive_into(me, sock, CMSG_SPACE(sizeof(int)), "truncated");
}

/* Room for the header and nothing else. */
static void receive_header_only(struct actor *me, int sock, const void *argument)
{
	(void)argument;
	receive_into(me, sock, CMSG_LEN(0), "truncated");
}

/* Leave free numbers for so many descriptors, and no more. */
static void limit_descriptors(unsigned int left)
{
	struct rlimit limit;
	int fds[4];

	actor_require(left < sizeof(fds) / sizeof(fds[0]) ? 0 : -1);
	for (unsigned int i = 0; i <= left; i++)
		fds[i] = (int)actor_require(open("/dev/null", O_RDONLY));
	actor_require(getrlimit(RLIMIT_NOFILE, &limit));
	limit.rlim_cur = (rlim_t)fds[left];
	actor_require(setrlimit(RLIMIT_NOFILE, &limit));
	for (unsigned int i = 0; i <= left; i++)
		close(fds[i]);
}

static void receive_two_slots(struct actor *me, int sock, const void *argument)
{
	(void)argument;
	step_wait(me->stage, 1);
	limit_descriptors(2);
	receive_into(me, sock, CONTROL_WHOLE, "emfile");
}

static void receive_no_slot(struct actor *me, int sock, const void *argument)
{
	(void)argument;
	step_wait(me->stage, 1);
	limit_descriptors(0);
	receive_into(me, sock, CONTROL_WHOLE, "emfile");
}

/* It has more than the limit that it is given then. */
static void receive_below_its_own(struct actor *me, int sock, const void *argument)
{
	struct rlimit limit;

	(void)argument;
	step_wait(me->stage, 1);
	actor_require(getrlimit(RLIMIT_NOFILE, &limit));
	actor_require(fcntl(sock, F_DUPFD, 200));
	limit.rlim_cur = (rlim_t)sock; /* which is open, as all below it */
	actor_require(setrlimit(RLIMIT_NOFILE, &limit));
	receive_into(me, sock, CONTROL_WHOLE, "emfile");
}

/* Neither room nor descriptors: the kernel stops at the room. */
static void receive_both_short(struct actor *me, int sock, const void *argument)
{
	(void)argument;
	step_wait(me->stage, 1);
	limit_descriptors(2);
	receive_into(me, sock, CMSG_LEN(2 * sizeof(int)), "truncated");
}

static int refuse(struct actor *me, int every)
{
	int program = refuse_files_of(me->self.pid, every);

	if (program < 0)
		actor_skip(me, "no security module that refuses: %s", strerror(-program));
	return program;
}

static void receive_refused(struct actor *me, int sock, const void *argument)
{
	int program;

	(void)argument;
	step_wait(me->stage, 1);
	program = refuse(me, 1);
	receive_into(me, sock, CONTROL_WHOLE, "denied");
	close(program);
}

/* Since 7.3: the place of one that is refused has its errno, and the others are installed. */

#ifndef SO_RIGHTS_NOTRUNC
#define SO_RIGHTS_NOTRUNC 85
#endif

static void receive_places(struct actor *me, int sock, int every, size_t control_size,
			   const char *reason)
{
	int program;

	if (setsockopt(sock, SOL_SOCKET, SO_RIGHTS_NOTRUNC, &(int){ 1 }, sizeof(int)) < 0)
		actor_skip(me, "no SO_RIGHTS_NOTRUNC: %s", strerror(errno));
	program = refuse(me, every);
	receive_into(me, sock, control_size, reason);
	close(program);
}

static void receive_refused_places(struct actor *me, int sock, const void *argument)
{
	(void)argument;
	step_wait(me->stage, 1);
	receive_places(me, sock, 2, CONTROL_WHOLE, NULL);
}

static void receive_no_place(struct actor *me, int sock, const void *argument)
{
	(void)argument;
	step_wait(me->stage, 1);
	receive_places(me, sock, 1, CONTROL_WHOLE, NULL);
}

static void receive_few_places(struct actor *me, int sock, const void *argument)
{
	(void)argument;
	step_wait(me->stage, 1);
	receive_places(me, sock, 2, CMSG_LEN(3 * sizeof(int)), "truncated");
}

/* Reads that take no descriptors */

static void read_away(struct actor *me, int sock, const void *argument)
{
	struct losing losing;
	uint32_t number = 0;

	(void)argument;
	step_wait(me->stage, 1);
	losing_begin(&losing, me, sock);
	actor_require(read(sock, &number, sizeof(number)));
	losing_end(&losing, number, "read", 0);
	step_reach(me->stage, 2);
}

static void recv_away(struct actor *me, int sock, const void *argument)
{
	struct losing losing;
	uint32_t number = 0;

	(void)argument;
	step_wait(me->stage, 1);
	losing_begin(&losing, me, sock);
	actor_require(recv(sock, &number, sizeof(number), 0));
	losing_end(&losing, number, "read", 0);
	step_reach(me->stage, 2);
}

static void splice_away(struct actor *me, int sock, const void *argument)
{
	struct losing losing;
	uint32_t number = 0;
	int ends[2];

	(void)argument;
	step_wait(me->stage, 1);
	actor_require(pipe(ends));
	losing_begin(&losing, me, sock);
	actor_require(splice(sock, NULL, ends[1], NULL, sizeof(number), 0));
	actor_require(read(ends[0], &number, sizeof(number)));
	losing_end(&losing, number, "read", 0);
	step_reach(me->stage, 2);
}

/* Nobody reads */

static void close_unread(struct actor *me, int sock, const void *argument)
{
	struct losing losing;

	(void)argument;
	step_wait(me->stage, 1);
	losing_begin(&losing, me, sock);
	close(sock);
	losing_end(&losing, 1, "unread", LEEWAY_RECEIVER_SOCKET);
	step_reach(me->stage, 2);
}

static void shut_down(struct actor *me, int sock, const void *argument)
{
	step_wait(me->stage, 1);
	actor_require(shutdown(sock, SHUT_RDWR));
	close_unread(me, sock, argument);
}

/* The actor's end loses the message: its parent tells when that was over. */
static void exit_unread(struct actor *me, int sock, const void *argument)
{
	struct losing losing;

	(void)argument;
	step_wait(me->stage, 1);
	losing_begin(&losing, me, sock);
	losing_end(&losing, 1, "unread", LEEWAY_RECEIVER_SOCKET);
}

static void kill_unread(struct actor *me, int sock, const void *argument)
{
	exit_unread(me, sock, argument);
	step_reach(me->stage, 3);
	pause();
}

struct ending {
	int ends[2];
	void (*end)(struct actor *me, int sock, const void *argument);
};

static void play_ending_sender(struct actor *me, const void *argument)
{
	const struct ending *ending = argument;

	close(ending->ends[1]);
	curtain_wait(me->stage);
	send_some(me, ending->ends[0], &one);
}

static void play_ending_receiver(struct actor *me, const void *argument)
{
	const struct ending *ending = argument;

	close(ending->ends[0]);
	curtain_wait(me->stage);
	ending->end(me, ending->ends[1], NULL);
}

static void play_ending(struct actor *me, void (*end)(struct actor *, int, const void *))
{
	struct ending ending = { .end = end };
	pid_t receiver;

	actor_require(socketpair(AF_UNIX, SOCK_STREAM, 0, ending.ends));
	actor_start(me, "w-sender", play_ending_sender, &ending);
	receiver = actor_start(me, "w-receiver", play_ending_receiver, &ending);
	close(ending.ends[0]);
	close(ending.ends[1]);
	curtain_raise(me->stage);
	if (end == kill_unread) {
		step_wait(me->stage, 3);
		actor_require(kill(receiver, SIGKILL));
	}
	actor_require(waitpid(receiver, NULL, 0));
	message_has_ended(me->stage, 1);
	/* The sender waits for step 2: any later one will do. */
	step_reach(me->stage, 4);
}

static void play_exit(struct actor *me, const void *argument)
{
	(void)argument;
	play_ending(me, exit_unread);
}

static void play_kill(struct actor *me, const void *argument)
{
	(void)argument;
	play_ending(me, kill_unread);
}

/* Connected, never accepted; the listener is closed. */

static void connect_and_send(struct actor *me, const void *argument)
{
	int sock = (int)actor_require(socket(AF_UNIX, SOCK_STREAM, 0));

	step_wait(me->stage, 1);
	actor_require(connect(sock, argument, sizeof(struct sockaddr_un)));
	send_named(me, sock, "memfd");
	step_reach(me->stage, 2);
	step_wait(me->stage, 3);
}

static void listen_and_close(struct actor *me, const void *argument)
{
	int listener = (int)actor_require(socket(AF_UNIX, SOCK_STREAM, 0));
	struct losing losing;

	actor_require(bind(listener, argument, sizeof(struct sockaddr_un)));
	actor_require(listen(listener, 1));
	step_reach(me->stage, 1);
	step_wait(me->stage, 2);
	losing_begin(&losing, me, -1);
	close(listener);
	losing_end(&losing, 1, "unread", 0);
	step_reach(me->stage, 3);
}

static void play_backlog(struct actor *me, const void *argument)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	(void)argument;
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/listener", me->stage->directory);
	actor_start(me, "w-listener", listen_and_close, &address);
	actor_start(me, "w-client", connect_and_send, &address);
	actor_wait_all(me);
}

/*
 * Two sockets that hold each other in their queues, and that nobody else has: only the garbage
 * collector frees them. It runs when a unix socket is closed while some are in flight.
 */
static void play_cycle(struct actor *me, const void *argument)
{
	int ends[2], other[2];

	(void)argument;
	actor_require(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	send_fds(me, ends[0], &ends[0], 1);
	send_fds(me, ends[1], &ends[1], 1);
	/* Beside the sockets, something that is not part of the cycle. */
	send_named(me, ends[0], "memfd");
	close(ends[0]);
	close(ends[1]);
	for (uint32_t message = 1; message <= 3; message++) {
		struct losing losing;

		losing_begin(&losing, me, -1);
		losing_end(&losing, message, "gc", LEEWAY_RECEIVER | LEEWAY_END);
	}
	for (int i = 0; i < 10; i++) {
		actor_require(socketpair(AF_UNIX, SOCK_STREAM, 0, other));
		close(other[0]);
		close(other[1]);
		usleep(20000);
	}
}

static const struct scenario scenarios[] = {
	{ "no-control", DUET(SOCK_STREAM, send_some, receive_no_control, &two) },
	{ "no-control-datagram", DUET(SOCK_DGRAM, send_some, receive_no_control, &two) },
	{ "length-of-one", DUET(SOCK_STREAM, send_some, receive_length_of_one, &three) },
	{ "space-of-one", DUET(SOCK_STREAM, send_some, receive_space_of_one, &two) },
	{ "header-only", DUET(SOCK_STREAM, send_some, receive_header_only, &two) },
	{ "emfile", DUET(SOCK_STREAM, send_some, receive_two_slots, &six) },
	{ "emfile-lowered", DUET(SOCK_STREAM, send_some, receive_below_its_own, &two) },
	{ "emfile-all", DUET(SOCK_SEQPACKET, send_some, receive_no_slot, &two) },
	{ "both-short", DUET(SOCK_STREAM, send_some, receive_both_short, &six) },
	{ "denied", DUET(SOCK_STREAM, send_some, receive_refused, &three) },
	{ "denied-places", DUET(SOCK_STREAM, send_some, receive_refused_places, &three) },
	{ "denied-places-all", DUET(SOCK_SEQPACKET, send_some, receive_no_place, &two) },
	{ "denied-places-short", DUET(SOCK_STREAM, send_some, receive_few_places, &six) },
	{ "read", DUET(SOCK_STREAM, send_some, read_away, &two) },
	{ "read-seqpacket", DUET(SOCK_SEQPACKET, send_some, read_away, &two) },
	{ "recv-datagram", DUET(SOCK_DGRAM, send_some, recv_away, &two) },
	{ "splice", DUET(SOCK_STREAM, send_some, splice_away, &two) },
	{ "close", DUET(SOCK_STREAM, send_some, close_unread, &two) },
	{ "close-datagram", DUET(SOCK_DGRAM, send_some, close_unread, &two) },
	{ "shutdown", DUET(SOCK_STREAM, send_some, shut_down, &two) },
	{ "exit", play_exit, NULL },
	{ "kill", play_kill, NULL },
	{ "backlog", play_backlog, NULL },
	{ "gc", play_cycle, NULL },
};

const struct group lose_group = GROUP("lose", scenarios);
