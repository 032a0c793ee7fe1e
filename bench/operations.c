// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a benchmark counts: operations, each as long as the clock says that it takes. In a guest whose
 * clock advances by a nanosecond for each instruction (QEMU's -icount shift=0) that is how many. The
 * thread is called as what it does, so that rows tell by which operation they were made.
 *
 *   operations all [TRACER]    each operation's name, its instructions, and the rows that it makes; this
 *                              process is stopped meanwhile: what it does to read is not counted
 *   operations burst MESSAGES  so many messages of 253 descriptors, back to back, by burst-MESSAGES
 */
#include <err.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define MOST 253 /* SCM_MAX_FD */
#define ROUNDS 51 /* an odd number: the median is one of them */
#define WARM_UP 20

struct bench {
	int ends[2]; /* a pair of unix stream sockets */
	int tcp[2]; /* a connection over loopback */
	int fds[MOST];
	unsigned int count; /* descriptors of a message */
	char control[CMSG_SPACE(MOST * sizeof(int))];
};

static long check(long result, const char *what)
{
	if (result < 0)
		err(EXIT_FAILURE, "%s", what);
	return result;
}

static void transfer(const int ends[2], size_t control_size, char *control, int peeks)
{
	char byte = 'x';
	struct iovec data = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr header = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = control_size,
	};

	check(sendmsg(ends[0], &header, 0), "sendmsg");
	for (int i = 0; i < peeks + 1; i++) {
		header.msg_controllen = control_size;
		check(recvmsg(ends[1], &header, i < peeks ? MSG_PEEK : 0), "recvmsg");
		for (struct cmsghdr *got = CMSG_FIRSTHDR(&header); got;
		     got = CMSG_NXTHDR(&header, got)) {
			size_t size = got->cmsg_len - CMSG_LEN(0);

			for (size_t at = 0; got->cmsg_type == SCM_RIGHTS && at < size;
			     at += sizeof(int)) {
				int fd;

				memcpy(&fd, CMSG_DATA(got) + at, sizeof(fd));
				close(fd);
			}
		}
	}
}

static struct cmsghdr *begin_control(struct bench *bench, int type, size_t size)
{
	struct cmsghdr *header = (struct cmsghdr *)bench->control;

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = type;
	header->cmsg_len = CMSG_LEN(size);
	return header;
}

static void pass_peeked(struct bench *bench, int peeks)
{
	size_t size = bench->count * sizeof(int);

	memcpy(CMSG_DATA(begin_control(bench, SCM_RIGHTS, size)), bench->fds, size);
	transfer(bench->ends, CMSG_SPACE(size), bench->control, peeks);
}

static void call_getpid(struct bench *bench)
{
	syscall(SYS_getpid);
}

static void call_dup(struct bench *bench)
{
	close(dup(bench->fds[0]));
}

static void send_plain(struct bench *bench)
{
	transfer(bench->ends, 0, NULL, 0);
}

static void send_tcp(struct bench *bench)
{
	transfer(bench->tcp, 0, NULL, 0);
}

static void send_credentials(struct bench *bench)
{
	const struct ucred own = { .pid = getpid(), .uid = getuid(), .gid = getgid() };

	memcpy(CMSG_DATA(begin_control(bench, SCM_CREDENTIALS, sizeof(own))), &own, sizeof(own));
	transfer(bench->ends, CMSG_SPACE(sizeof(own)), bench->control, 0);
}

static void pass(struct bench *bench)
{
	pass_peeked(bench, 0);
}

static void peek(struct bench *bench)
{
	pass_peeked(bench, 1);
}

struct operation {
	const char *name;
	void (*run)(struct bench *bench);
	unsigned int count; /* descriptors */
	unsigned int rows; /* that one run makes */
	bool deep; /* of a file eleven names deep, not of /dev/null */
};

static const struct operation operations[] = {
	{ "getpid", call_getpid, 1, 0, false },
	{ "dup+close", call_dup, 1, 0, false },
	{ "plain", send_plain, 1, 0, false },
	{ "tcp", send_tcp, 1, 0, false },
	{ "credentials", send_credentials, 1, 0, false },
	{ "pass-1", pass, 1, 1, false },
	{ "pass-8", pass, 8, 8, false },
	{ "pass-253", pass, MOST, MOST, false },
	{ "deep-1", pass, 1, 1, true },
	{ "deep-8", pass, 8, 8, true },
	{ "peek-1", peek, 1, 2, false },
};

static void connect_tcp(int ends[2])
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t size = sizeof(address);
	int listener = check(socket(AF_INET, SOCK_STREAM, 0), "socket");

	check(bind(listener, (struct sockaddr *)&address, size), "bind");
	check(getsockname(listener, (struct sockaddr *)&address, &size), "getsockname");
	check(listen(listener, 1), "listen");
	ends[0] = check(socket(AF_INET, SOCK_STREAM, 0), "socket");
	check(connect(ends[0], (struct sockaddr *)&address, size), "connect");
	ends[1] = check(accept(listener, NULL, NULL), "accept");
	close(listener);
}

/* In a new directory: eleven names from the root of the file system of /tmp. */
static int open_deep(void)
{
	char path[256] = "/tmp/bench-XXXXXX";

	if (!mkdtemp(path))
		err(EXIT_FAILURE, "mkdtemp");
	for (int i = 0; i < 8; i++) {
		strcat(path, "/folder");
		check(mkdir(path, 0700), path);
	}
	strcat(path, "/file");
	return check(open(path, O_CREAT | O_RDWR, 0600), path);
}

static void set_up(struct bench *bench)
{
	struct rlimit limit = { 4 * MOST, 4 * MOST };

	check(setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
	check(socketpair(AF_UNIX, SOCK_STREAM, 0, bench->ends), "socketpair");
}

static void take_descriptors(struct bench *bench, int fd, unsigned int count)
{
	bench->count = count;
	for (unsigned int i = 0; i < count; i++)
		bench->fds[i] = fd;
}

static int compare_counts(const void *one, const void *other)
{
	const long *a = one, *b = other;

	return (*a > *b) - (*a < *b);
}

static long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000L + now.tv_nsec;
}

/* The median: a tick of the clock comes into a few of them. */
static long measure(const struct operation *operation, struct bench *bench)
{
	long counts[ROUNDS];

	for (int i = 0; i < WARM_UP; i++)
		operation->run(bench);
	for (int i = 0; i < ROUNDS; i++) {
		long begin = now_ns();

		operation->run(bench);
		counts[i] = now_ns() - begin;
	}
	qsort(counts, ROUNDS, sizeof(counts[0]), compare_counts);
	return counts[ROUNDS / 2];
}

static void signal_tracer(pid_t tracer, int signal)
{
	if (tracer)
		check(kill(tracer, signal), "kill");
}

static void run_all(struct bench *bench, pid_t tracer)
{
	int null = check(open("/dev/null", O_RDWR), "/dev/null");
	int deep = open_deep();

	connect_tcp(bench->tcp);
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
		const struct operation *operation = &operations[i];

		prctl(PR_SET_NAME, operation->name);
		take_descriptors(bench, operation->deep ? deep : null, operation->count);
		signal_tracer(tracer, SIGSTOP);
		printf("%s %ld %u\n", operation->name, measure(operation, bench),
		       operation->rows * (WARM_UP + ROUNDS));
		signal_tracer(tracer, SIGCONT);
		sleep(2); /* it reads; also where there is none, so that all else is the same */
	}
}

static void run_burst(struct bench *bench, int messages)
{
	char name[16];

	snprintf(name, sizeof(name), "burst-%d", messages);
	prctl(PR_SET_NAME, name);
	take_descriptors(bench, check(open("/dev/null", O_RDWR), "/dev/null"), MOST);
	for (int i = 0; i < messages; i++)
		pass(bench);
}

int main(int argc, char *argv[])
{
	static struct bench bench;

	set_up(&bench);
	if ((argc == 2 || argc == 3) && strcmp(argv[1], "all") == 0)
		run_all(&bench, argc == 3 ? atoi(argv[2]) : 0);
	else if (argc == 3 && strcmp(argv[1], "burst") == 0)
		run_burst(&bench, atoi(argv[2]));
	else
		errx(2, "usage: operations all [TRACER] | burst MESSAGES");
	return EXIT_SUCCESS;
}
