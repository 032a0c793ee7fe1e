/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Passes that succeed: sorts of sockets, of addresses, of messages. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "message.h"
#include "mkfd.h"
#include "scenario.h"

/* A message of a number of descriptors, all of the same file but the first and the last. */

static const unsigned int one = 1, eight = 8, most = MESSAGE_MAX_FDS;

static void make_fds(struct actor *me, int *fds, unsigned int nr_fds)
{
	for (unsigned int i = 0; i < nr_fds; i++)
		fds[i] = mkfd_named(me, i == 0 ? "regular" : i == nr_fds - 1 ? "memfd" : "eventfd");
}

static void send_number(struct actor *me, int sock, const void *argument)
{
	const unsigned int *nr_fds = argument;
	int fds[MESSAGE_MAX_FDS];

	make_fds(me, fds, *nr_fds);
	send_fds(me, sock, fds, *nr_fds);
}

static void receive_one_message(struct actor *me, int sock, const void *argument)
{
	(void)argument;
	receive_fds(me, sock);
}

/* The same descriptor several times, and in several messages. */
static void send_repeated(struct actor *me, int sock, const void *argument)
{
	int fd = mkfd_named(me, "eventfd");
	int same = (int)actor_require(dup(fd));

	(void)argument;
	description_set(me, same, description_of(me, fd));
	send_fds(me, sock, (int[]){ fd, same, fd }, 3);
	send_fds(me, sock, &same, 1);
	send_named(me, sock, "eventfd");
}

static void receive_three(struct actor *me, int sock, const void *argument)
{
	(void)argument;
	for (int i = 0; i < 3; i++)
		receive_fds(me, sock);
}

/* Control messages */

static void send_several_controls(struct actor *me, int sock, const void *argument)
{
	struct outgoing out;
	int fds[6];

	(void)argument;
	make_fds(me, fds, 6);
	outgoing_init(&out, me, sock);
	outgoing_add(&out, fds, 2);
	outgoing_add(&out, fds + 2, 1);
	outgoing_add(&out, fds + 3, 3);
	actor_require(outgoing_send(&out, 0));
}

static void send_with_credentials(struct actor *me, int sock, const void *argument)
{
	struct outgoing out;
	int fds[2];

	(void)argument;
	make_fds(me, fds, 2);
	outgoing_init(&out, me, sock);
	outgoing_add(&out, fds, 1);
	outgoing_add_credentials(&out);
	outgoing_add(&out, fds + 1, 1);
	actor_require(outgoing_send(&out, 0));
}

static void receive_with_credentials(struct actor *me, int sock, const void *argument)
{
	struct incoming in;

	(void)argument;
	actor_require(setsockopt(sock, SOL_SOCKET, SO_PASSCRED, &(int){ 1 }, sizeof(int)));
	incoming_init(&in, me, sock, CMSG_SPACE(sizeof(struct ucred)) + CONTROL_WHOLE);
	actor_require(incoming_receive(&in, 0));
	incoming_close_fds(&in);
}

/* No rows may come of these. */
static void send_without_descriptors(struct actor *me, int sock, const void *argument)
{
	struct outgoing out;

	(void)argument;
	outgoing_init(&out, me, sock);
	actor_require(outgoing_send(&out, 0));
	outgoing_init(&out, me, sock);
	outgoing_add_credentials(&out);
	actor_require(outgoing_send(&out, 0));
	outgoing_init(&out, me, sock);
	outgoing_add(&out, NULL, 0);
	actor_require(outgoing_send(&out, 0));
}

static void receive_close_on_exec(struct actor *me, int sock, const void *argument)
{
	struct incoming in;

	(void)argument;
	incoming_init(&in, me, sock, CONTROL_WHOLE);
	actor_require(incoming_receive(&in, MSG_CMSG_CLOEXEC));
	incoming_close_fds(&in);
}

/* A stream's data before and after a message may come in one read; descriptors come with theirs. */
static void send_amid_data(struct actor *me, int sock, const void *argument)
{
	struct outgoing out;
	int fd = mkfd_named(me, "eventfd");

	(void)argument;
	actor_require(send(sock, &(uint32_t){ 0 }, sizeof(uint32_t), 0));
	outgoing_init(&out, me, sock);
	outgoing_add(&out, &fd, 1);
	actor_require(outgoing_send(&out, 0));
	actor_require(send(sock, &(uint32_t){ 0 }, sizeof(uint32_t), 0));
	step_reach(me->stage, 1);
}

static void receive_amid_data(struct actor *me, int sock, const void *argument)
{
	struct incoming in;
	uint32_t data[3];
	long result;

	(void)argument;
	step_wait(me->stage, 1);
	incoming_init(&in, me, sock, CONTROL_WHOLE);
	in.data.iov_base = data;
	in.data.iov_len = sizeof(data);
	incoming_begin(&in);
	result = actor_require(recvmsg(sock, &in.header, 0));
	/* The read stops behind the message's data: the number is the second of two. */
	actor_require(result == 2 * (long)sizeof(uint32_t) ? 0 : -1);
	in.number = data[1];
	incoming_end(&in, result);
}

/* Addresses */

enum binding {
	BOUND_PATH,
	BOUND_ABSTRACT,
};

struct connection {
	enum binding binding;
	int type;
};

static const struct connection stream_path = { BOUND_PATH, SOCK_STREAM };
static const struct connection stream_abstract = { BOUND_ABSTRACT, SOCK_STREAM };
static const struct connection seqpacket_path = { BOUND_PATH, SOCK_SEQPACKET };
static const struct connection datagram_path = { BOUND_PATH, SOCK_DGRAM };
static const struct connection datagram_abstract = { BOUND_ABSTRACT, SOCK_DGRAM };

static socklen_t make_address(struct actor *me, enum binding binding, struct sockaddr_un *ret)
{
	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (binding == BOUND_PATH) {
		snprintf(ret->sun_path, sizeof(ret->sun_path), "%s/socket", me->stage->directory);
		return sizeof(*ret);
	}
	snprintf(ret->sun_path + 1, sizeof(ret->sun_path) - 1, "workload-%d", me->self.parent);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(ret->sun_path + 1));
}

/* A socket that is bound in this process. */
static int bind_socket(struct actor *me, const struct connection *connection)
{
	struct sockaddr_un address;
	socklen_t size = make_address(me, connection->binding, &address);
	int sock = (int)actor_require(socket(AF_UNIX, connection->type, 0));

	actor_require(bind(sock, (struct sockaddr *)&address, size));
	return sock;
}

static void serve(struct actor *me, const void *argument)
{
	int listener = bind_socket(me, argument);
	int sock;

	actor_require(listen(listener, 1));
	step_reach(me->stage, 1);
	sock = (int)actor_require(accept(listener, NULL, NULL));
	receive_fds(me, sock);
	/* And back: the sender's own end is the one that is bound. */
	send_named(me, sock, "eventfd");
	step_wait(me->stage, 2);
}

static void call(struct actor *me, const void *argument)
{
	const struct connection *connection = argument;
	int sock = (int)actor_require(socket(AF_UNIX, connection->type, 0));
	struct sockaddr_un address;
	socklen_t size;

	step_wait(me->stage, 1);
	size = make_address(me, connection->binding, &address);
	actor_require(connect(sock, (struct sockaddr *)&address, size));
	send_named(me, sock, "memfd");
	receive_fds(me, sock);
	step_reach(me->stage, 2);
}

static void play_connected(struct actor *me, const void *connection)
{
	actor_start(me, "w-server", serve, connection);
	actor_start(me, "w-client", call, connection);
}

static void receive_datagrams(struct actor *me, const void *argument)
{
	int sock = bind_socket(me, argument);

	step_reach(me->stage, 1);
	for (int i = 0; i < 3; i++)
		receive_fds(me, sock);
}

/* Twice by name, and once over the same socket when it is connected. */
static void send_datagrams(struct actor *me, const void *argument)
{
	const struct connection *connection = argument;
	int sock = (int)actor_require(socket(AF_UNIX, connection->type, 0));
	struct sockaddr_un address;
	struct outgoing out;
	socklen_t size;
	int fd = mkfd_named(me, "eventfd");

	step_wait(me->stage, 1);
	size = make_address(me, connection->binding, &address);
	for (int i = 0; i < 2; i++) {
		outgoing_init(&out, me, sock);
		outgoing_add(&out, &fd, 1);
		outgoing_to(&out, &address, size);
		actor_require(outgoing_send(&out, 0));
	}
	actor_require(connect(sock, (struct sockaddr *)&address, size));
	send_fds(me, sock, &fd, 1);
}

static void play_datagrams(struct actor *me, const void *connection)
{
	actor_start(me, "w-receiver", receive_datagrams, connection);
	actor_start(me, "w-sender", send_datagrams, connection);
}

/* Several messages in a call */

#define BATCH 5

static void send_batch(struct actor *me, int sock, const void *argument)
{
	static struct outgoing out[BATCH];
	struct mmsghdr headers[BATCH] = { 0 };
	long result;

	(void)argument;
	for (int i = 0; i < BATCH; i++) {
		int fds[BATCH];

		outgoing_init(&out[i], me, sock);
		make_fds(me, fds, (unsigned int)i);
		/* The first has no descriptors at all. */
		if (i > 0)
			outgoing_add(&out[i], fds, (unsigned int)i);
	}
	for (int i = 0; i < BATCH; i++)
		outgoing_begin(&out[i]);
	for (int i = 0; i < BATCH; i++)
		headers[i].msg_hdr = out[i].header;
	result = actor_require(sendmmsg(sock, headers, BATCH, 0));
	actor_require(result == BATCH ? 0 : -1);
	for (int i = 0; i < BATCH; i++)
		outgoing_end(&out[i], 0);
	step_reach(me->stage, 1);
}

static void receive_batch(struct actor *me, int sock, const void *argument)
{
	static struct incoming in[BATCH];
	struct mmsghdr headers[BATCH] = { 0 };

	(void)argument;
	step_wait(me->stage, 1);
	for (int i = 0; i < BATCH; i++) {
		incoming_init(&in[i], me, sock, CONTROL_WHOLE);
		incoming_begin(&in[i]);
		headers[i].msg_hdr = in[i].header;
	}
	actor_require(recvmmsg(sock, headers, BATCH, 0, NULL) == BATCH ? 0 : -1);
	for (int i = 0; i < BATCH; i++) {
		in[i].header = headers[i].msg_hdr;
		incoming_end(&in[i], headers[i].msg_len);
	}
}

/* Threads */

struct thread {
	struct actor *me;
	int sock;
	void (*play)(struct actor *me, int sock);
};

static void send_from_thread(struct actor *me, int sock)
{
	for (int i = 0; i < 5; i++)
		send_named(me, sock, "eventfd");
}

static void receive_in_thread(struct actor *me, int sock)
{
	for (int i = 0; i < 5; i++)
		receive_fds(me, sock);
}

static void *thread_main(void *argument)
{
	const struct thread *thread = argument;
	struct actor *me = thread->me;
	struct actor mine = *me;
	char comm[TRUTH_COMM];

	snprintf(comm, sizeof(comm), "w-thread-%d", thread->sock);
	actor_enter(&mine, comm);
	thread->play(&mine, thread->sock);
	return NULL;
}

#define THREADS 4

static void play_threads(struct actor *me, const int *socks, void (*play)(struct actor *, int))
{
	struct thread threads[THREADS];
	pthread_t ids[THREADS];

	for (int i = 0; i < THREADS; i++) {
		threads[i] = (struct thread){ me, socks[i], play };
		actor_require(-pthread_create(&ids[i], NULL, thread_main, &threads[i]));
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(ids[i], NULL);
}

static void play_sending_threads(struct actor *me, const void *socks)
{
	play_threads(me, socks, send_from_thread);
}

static void play_receiving_threads(struct actor *me, const void *socks)
{
	play_threads(me, socks, receive_in_thread);
}

static void play_with_threads(struct actor *me, const void *argument)
{
	int senders[THREADS], receivers[THREADS];

	(void)argument;
	for (int i = 0; i < THREADS; i++) {
		int ends[2];

		actor_require(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
		senders[i] = ends[0];
		receivers[i] = ends[1];
	}
	actor_start(me, "w-sender", play_sending_threads, senders);
	actor_start(me, "w-receiver", play_receiving_threads, receivers);
	actor_wait_all(me);
}

/* To itself: sender and receiver are one process. */
static void play_alone(struct actor *me, const void *argument)
{
	int ends[2];

	(void)argument;
	actor_require(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
	send_named(me, ends[0], "eventfd");
	receive_fds(me, ends[1]);
}

/* Who they are */

/* A user without a name, too: uid and gid are those of the thread. */
static void send_as_other_user(struct actor *me, int sock, const void *argument)
{
	int fd = mkfd_named(me, "regular");

	(void)argument;
	actor_require(setgid(40002));
	actor_require(setuid(40001));
	actor_enter(me, "w-sender");
	send_fds(me, sock, &fd, 1);
}

/* Real and effective user differ: the real one is told. */
static void send_with_other_effective_user(struct actor *me, int sock, const void *argument)
{
	int fd = mkfd_named(me, "regular");

	(void)argument;
	actor_require(setresgid((gid_t)-1, 40004, (gid_t)-1));
	actor_require(setresuid((uid_t)-1, 40003, (uid_t)-1));
	send_fds(me, sock, &fd, 1);
}

static void send_from_inner_namespace(struct actor *me, const void *argument)
{
	const int *sock = argument;

	actor_require(getpid() == 1 ? 0 : -1);
	send_named(me, *sock, "eventfd");
}

/* A pid namespace of its own: the host's pid, and the own one beside it. */
static void send_from_pid_namespace(struct actor *me, int sock, const void *argument)
{
	(void)argument;
	if (unshare(CLONE_NEWPID) < 0)
		actor_skip(me, "no new pid namespace: %s", strerror(errno));
	actor_start(me, "w-inner", send_from_inner_namespace, &sock);
	actor_wait_all(me);
}

static void receive_in_inner_namespace(struct actor *me, const void *argument)
{
	receive_fds(me, *(const int *)argument);
}

static void receive_in_pid_namespace(struct actor *me, int sock, const void *argument)
{
	(void)argument;
	if (unshare(CLONE_NEWPID) < 0)
		actor_skip(me, "no new pid namespace: %s", strerror(errno));
	actor_start(me, "w-inner", receive_in_inner_namespace, &sock);
	actor_wait_all(me);
}

static void send_from_mount_namespace(struct actor *me, int sock, const void *argument)
{
	(void)argument;
	if (unshare(CLONE_NEWNS) < 0)
		actor_skip(me, "no new mount namespace: %s", strerror(errno));
	actor_enter(me, "w-sender");
	send_named(me, sock, "eventfd");
}

/* Names that others chose */
static void send_with_odd_name(struct actor *me, int sock, const void *argument)
{
	(void)argument;
	actor_enter(me, "a\"b\\c\n\x1b[31m\xff\xc3\xa4");
	send_named(me, sock, "eventfd");
}

static const struct scenario scenarios[] = {
	{ "stream", DUET(SOCK_STREAM, send_number, receive_one_message, &one) },
	{ "datagram", DUET(SOCK_DGRAM, send_number, receive_one_message, &one) },
	{ "seqpacket", DUET(SOCK_SEQPACKET, send_number, receive_one_message, &one) },
	{ "eight", DUET(SOCK_STREAM, send_number, receive_one_message, &eight) },
	{ "most", DUET(SOCK_STREAM, send_number, receive_one_message, &most) },
	{ "most-seqpacket", DUET(SOCK_SEQPACKET, send_number, receive_one_message, &most) },
	{ "repeated", DUET(SOCK_SEQPACKET, send_repeated, receive_three, NULL) },
	{ "several-controls", DUET(SOCK_STREAM, send_several_controls, receive_one_message, NULL) },
	{ "with-credentials",
	  DUET(SOCK_SEQPACKET, send_with_credentials, receive_with_credentials, NULL) },
	{ "no-descriptors", DUET(SOCK_SEQPACKET, send_without_descriptors, receive_three, NULL) },
	{ "cloexec", DUET(SOCK_STREAM, send_number, receive_close_on_exec, &eight) },
	{ "amid-data", DUET(SOCK_STREAM, send_amid_data, receive_amid_data, NULL) },
	{ "connected-path", play_connected, &stream_path },
	{ "connected-abstract", play_connected, &stream_abstract },
	{ "connected-seqpacket", play_connected, &seqpacket_path },
	{ "named-datagram", play_datagrams, &datagram_path },
	{ "named-abstract", play_datagrams, &datagram_abstract },
	{ "batch-datagram", DUET(SOCK_DGRAM, send_batch, receive_batch, NULL) },
	{ "batch-seqpacket", DUET(SOCK_SEQPACKET, send_batch, receive_batch, NULL) },
	{ "batch-stream", DUET(SOCK_STREAM, send_batch, receive_batch, NULL) },
	{ "threads", play_with_threads, NULL },
	{ "alone", play_alone, NULL },
	{ "other-user", DUET(SOCK_STREAM, send_as_other_user, receive_one_message, NULL) },
	{ "effective-user",
	  DUET(SOCK_STREAM, send_with_other_effective_user, receive_one_message, NULL) },
	{ "sender-nspid", DUET(SOCK_STREAM, send_from_pid_namespace, receive_one_message, NULL) },
	{ "receiver-nspid", DUET(SOCK_STREAM, send_number, receive_in_pid_namespace, &one) },
	{ "mount-namespace",
	  DUET(SOCK_STREAM, send_from_mount_namespace, receive_one_message, NULL) },
	{ "odd-comm", DUET(SOCK_STREAM, send_with_odd_name, receive_one_message, NULL) },
};

const struct group pass_group = GROUP("pass", scenarios);
