/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What lies in queues: a program that fills the queues of sockets, which it and others have open or nobody
 * has, and writes down what is where, measured by itself. A line of truth for each descriptor.
 *
 *   queued TRUTH [FILE]    says "queued" when all is there, and waits for the end of standard input
 *
 * The file, if there is one, is in a queue and open nowhere.
 */
#include <err.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#define MOST_FDS 253
#define MOST_HOLDERS 4
#define STACK_SIZE 65536

/* What is to be told of a queue: the receiving socket, the sending one, who has the former open. */
struct queue {
	FILE *truth;
	const char *name; /* of the case */
	const char *type;
	const char *path; /* that an end is bound to; NULL: none */
	uint64_t ino, sender_ino; /* 0: none */
	const char *held_by;
	uint64_t held_by_ino; /* 0: it is a process */
	unsigned int length;
	pid_t holders[MOST_HOLDERS]; /* 0 behind the last */
	int holder_fd;
	bool has_credentials; /* the sender's pid is known */
	pid_t sender;
};

static uint64_t inode_of(int fd)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		err(EXIT_FAILURE, "fstat");
	return status.st_ino;
}

static void require(long result, const char *what)
{
	if (result < 0)
		err(EXIT_FAILURE, "%s", what);
}

static void put_holders(const struct queue *queue)
{
	fputs("\"holders\":[", queue->truth);
	for (size_t i = 0; i < MOST_HOLDERS && queue->holders[i]; i++)
		fprintf(queue->truth, "%s\"%d:%d\"", i ? "," : "", queue->holders[i],
			queue->holder_fd);
	fputs("]", queue->truth);
}

/* Write down a message of these descriptors at a position of the queue. */
static void put_message(const struct queue *queue, unsigned int position, const int *fds,
			unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		struct stat status;

		require(fstat(fds[i], &status), "fstat");
		fprintf(queue->truth,
			"{\"case\":\"%s\",\"receiver_ino\":%ju,\"socket_ino\":%ju,\"socket_type\":\"%s\","
			"\"socket_path\":\"%s\",\"held_by\":\"%s\",\"held_by_ino\":%ju,\"queue_length\":%u,"
			"\"queue_position\":%u,\"message_fds\":%u,\"index\":%u,\"file_ino\":%ju,"
			"\"file_dev\":\"%u:%u\",\"sender_uid\":%u,\"sender_pid\":%d,",
			queue->name, (uintmax_t)queue->ino, (uintmax_t)queue->sender_ino,
			queue->type, queue->path ? queue->path : "", queue->held_by,
			(uintmax_t)queue->held_by_ino, queue->length, position, count, i,
			(uintmax_t)status.st_ino, major(status.st_dev), minor(status.st_dev),
			getuid(), queue->has_credentials ? queue->sender : 0);
		put_holders(queue);
		fputs("}\n", queue->truth);
	}
}

static void send_to(int sock, const int *fds, unsigned int count)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int) * MOST_FDS)];
		struct cmsghdr header;
	} control = {};
	char byte = 'x';
	struct iovec data = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
	};

	if (count > 0) {
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int) * count);
		memcpy(CMSG_DATA(&control.header), fds, sizeof(int) * count);
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(sizeof(int) * count);
	}
	require(sendmsg(sock, &message, 0), "sendmsg");
}

/* A file of a few sorts. */
static int make_file(unsigned int number)
{
	int ends[2], fd;

	switch (number % 4) {
	case 0:
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
		break;
	case 1:
		fd = memfd_create("queued", MFD_CLOEXEC);
		break;
	case 2:
		fd = eventfd(0, EFD_CLOEXEC);
		break;
	default:
		require(pipe2(ends, O_CLOEXEC), "pipe2");
		close(ends[1]);
		fd = ends[0];
	}
	require(fd, "a file");
	return fd;
}

static void make_files(int *fds, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		fds[i] = make_file(i);
}

static void close_files(const int *fds, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		close(fds[i]);
}

static struct queue queue_of_pair(FILE *truth, const char *name, int type, int ends[2])
{
	require(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends), "socketpair");
	return (struct queue){
		.truth = truth,
		.name = name,
		.type = type == SOCK_STREAM ? "stream" :
			type == SOCK_DGRAM  ? "dgram" :
					      "seqpacket",
		.ino = inode_of(ends[1]),
		.sender_ino = inode_of(ends[0]),
		.held_by = "process",
		.holders = { getpid() },
		.holder_fd = ends[1],
	};
}

/* Messages with several descriptors, and one without any between them. */
static void fill_pair(FILE *truth, const char *name, int type)
{
	int ends[2], fds[5];
	struct queue queue = queue_of_pair(truth, name, type, ends);

	make_files(fds, 5);
	queue.length = 3;
	send_to(ends[0], fds, 4);
	send_to(ends[0], NULL, 0);
	send_to(ends[0], fds + 4, 1);
	put_message(&queue, 0, fds, 4);
	put_message(&queue, 2, fds + 4, 1);
	close_files(fds, 5);
}

/* A process that has our descriptors until we end: a copy of the table, or the same. */
static int hold(void *unused)
{
	/* Its name looks like what stands around names. */
	prctl(PR_SET_NAME, "que ued]:1[");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	pause();
	return unused != NULL;
}

static pid_t start_holder(int flags)
{
	char *stack = malloc(STACK_SIZE);
	pid_t pid;

	if (!stack)
		err(EXIT_FAILURE, "malloc");
	pid = clone(hold, stack + STACK_SIZE, flags | SIGCHLD, NULL);
	require(pid, "clone");
	return pid;
}

/* Several have the receiving socket open: of a copied table, and of a shared one. */
static void fill_shared(FILE *truth, const char *name, int flags)
{
	int ends[2], fd = make_file(0);
	struct queue queue = queue_of_pair(truth, name, SOCK_STREAM, ends);

	queue.length = 1;
	send_to(ends[0], &fd, 1);
	queue.holders[1] = start_holder(flags);
	put_message(&queue, 0, &fd, 1);
	close(fd);
}

static int bind_listener(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(address.sun_path + 1, name);
	require(bind(listener, (struct sockaddr *)&address,
		     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name))),
		"bind");
	require(listen(listener, 8), "listen");
	return listener;
}

static int connect_to(const char *name)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(address.sun_path + 1, name);
	require(connect(sock, (struct sockaddr *)&address,
			(socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(name))),
		"connect");
	return sock;
}

/*
 * Sockets that wait to be accepted: they have no inode, and since nobody knows yet whether credentials will be
 * asked for, the kernel has them. One's sender has closed its end.
 */
static void fill_backlog(FILE *truth)
{
	int listener = bind_listener("fdpass-queued");
	struct queue queue = {
		.truth = truth,
		.name = "backlog",
		.type = "stream",
		.path = "@fdpass-queued",
		.held_by = "backlog",
		.held_by_ino = inode_of(listener),
		.length = 2,
		.holders = { getpid() },
		.holder_fd = listener,
		.has_credentials = true,
		.sender = getpid(),
	};
	int fds[2];

	for (int i = 0; i < 2; i++) {
		int sock = connect_to("fdpass-queued");

		make_files(fds, 2);
		send_to(sock, fds, 2);
		send_to(sock, NULL, 0);
		queue.sender_ino = i == 0 ? inode_of(sock) : 0;
		put_message(&queue, 0, fds, 2);
		close_files(fds, 2);
		if (i > 0)
			close(sock);
	}
}

#define DEPTH 5

/* Sockets that lie in queues themselves, each in that of the next: only the last one is open. */
static void fill_nested(FILE *truth)
{
	struct queue queues[DEPTH];
	int ends[DEPTH][2], fd = make_file(1);

	for (int i = 0; i < DEPTH; i++) {
		queues[i] = queue_of_pair(truth, "nested", SOCK_STREAM, ends[i]);
		queues[i].length = 1;
		send_to(ends[i][0], i > 0 ? &ends[i - 1][1] : &fd, 1);
	}
	for (int i = 0; i < DEPTH; i++) {
		if (i + 1 < DEPTH) {
			queues[i].held_by = "message";
			queues[i].held_by_ino = queues[i + 1].ino;
			queues[i].holders[0] = 0;
		}
		put_message(&queues[i], 0, i > 0 ? &ends[i - 1][1] : &fd, 1);
	}
	for (int i = 0; i + 1 < DEPTH; i++)
		close(ends[i][1]);
	close(fd);
}

/* A socket that lies in its own queue, and is open too. */
static void fill_own(FILE *truth)
{
	int ends[2];
	struct queue queue = queue_of_pair(truth, "own", SOCK_STREAM, ends);

	queue.length = 1;
	send_to(ends[0], &ends[1], 1);
	put_message(&queue, 0, &ends[1], 1);
}

/* The receiver wants the credentials of its senders, so the kernel has them. */
static void fill_with_credentials(FILE *truth)
{
	int ends[2], fd = make_file(2), on = 1;
	struct queue queue = queue_of_pair(truth, "credentials", SOCK_DGRAM, ends);

	require(setsockopt(ends[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)), "SO_PASSCRED");
	queue.length = 1;
	queue.has_credentials = true;
	queue.sender = getpid();
	send_to(ends[0], &fd, 1);
	put_message(&queue, 0, &fd, 1);
	close(fd);
}

#define MANY 100

static void fill_many(FILE *truth)
{
	int ends[2], fds[MOST_FDS];
	struct queue queue = queue_of_pair(truth, "many", SOCK_STREAM, ends);

	make_files(fds, MOST_FDS);
	queue.length = MANY;
	for (unsigned int i = 0; i < MANY; i++) {
		send_to(ends[0], fds, MOST_FDS);
		put_message(&queue, i, fds, MOST_FDS);
	}
	close_files(fds, MOST_FDS);
}

static void fill_with_file(FILE *truth, const char *path)
{
	int ends[2], fd = open(path, O_RDONLY | O_CLOEXEC);
	struct queue queue = queue_of_pair(truth, "file", SOCK_STREAM, ends);

	require(fd, path);
	queue.length = 1;
	send_to(ends[0], &fd, 1);
	put_message(&queue, 0, &fd, 1);
	close(fd);
}

static void *wait_for_ever(void *unused)
{
	for (;;)
		pause();
	return unused;
}

static void fill_namespace(FILE *truth)
{
	require(unshare(CLONE_NEWNET), "unshare");
	fill_pair(truth, "namespace", SOCK_STREAM);
	fill_backlog(truth);
	fill_nested(truth);
}

static void fill_shared_table(FILE *truth)
{
	fill_shared(truth, "shared", CLONE_FILES);
}

/* In a process of its own, which lives as long as this one. */
static void fill_apart(FILE *truth, void (*fill)(FILE *truth))
{
	int ready[2];
	char byte;
	pid_t pid;

	fflush(truth);
	require(pipe2(ready, O_CLOEXEC), "pipe2");
	pid = fork();
	require(pid, "fork");
	if (pid > 0) {
		close(ready[1]);
		if (read(ready[0], &byte, 1) != 1)
			errx(EXIT_FAILURE, "a process failed");
		close(ready[0]);
		return;
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	fill(truth);
	fflush(truth);
	require(write(ready[1], "x", 1), "write");
	wait_for_ever(NULL);
}

static void fill_all(FILE *truth)
{
	pthread_t thread;

	/* Threads are not holders of their own. */
	if (pthread_create(&thread, NULL, wait_for_ever, NULL) != 0)
		errx(EXIT_FAILURE, "pthread_create");
	/* First what others get copies of: nothing else is to be open then. */
	fill_apart(truth, fill_namespace);
	fill_apart(truth, fill_shared_table);
	fill_shared(truth, "copied", 0);
	fill_pair(truth, "stream", SOCK_STREAM);
	fill_pair(truth, "dgram", SOCK_DGRAM);
	fill_pair(truth, "seqpacket", SOCK_SEQPACKET);
	fill_backlog(truth);
	fill_nested(truth);
	fill_own(truth);
	fill_with_credentials(truth);
	fill_many(truth);
}

int main(int argc, char **argv)
{
	FILE *truth;

	if (argc != 2 && argc != 3)
		errx(EXIT_FAILURE, "usage: queued TRUTH [FILE]");
	truth = fopen(argv[1], "we");
	if (!truth)
		err(EXIT_FAILURE, "%s", argv[1]);
	fill_all(truth);
	if (argc == 3)
		fill_with_file(truth, argv[2]);
	if (fclose(truth) != 0)
		err(EXIT_FAILURE, "%s", argv[1]);
	puts("queued");
	fflush(stdout);
	while (getchar() != EOF)
		;
	return EXIT_SUCCESS;
}
