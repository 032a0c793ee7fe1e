/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Full speed: as many passes as the machine can do, for what a trace does when it cannot keep up.
 * From time to time a sender rests and tells the time and how many it has sent, so that whoever reads
 * the rows knows how many there must be between two times.
 */
#include <err.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "scenario.h"

#define NOBODY 65534
#define MARK_NS 100000000LL
#define REST_US 3000

struct pass {
	struct msghdr header;
	struct iovec data;
	char byte;
	char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(16)));
};

static void pass_init(struct pass *pass)
{
	memset(pass, 0, sizeof(*pass));
	pass->data = (struct iovec){ &pass->byte, 1 };
	pass->header.msg_iov = &pass->data;
	pass->header.msg_iovlen = 1;
	pass->header.msg_control = pass->control;
	pass->header.msg_controllen = sizeof(pass->control);
}

static int64_t now_ns(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static void mark(uint64_t sent)
{
	usleep(REST_US);
	printf("{\"pid\":%d,\"realtime\":%" PRId64 ",\"sent\":%" PRIu64 "}\n", getpid(),
	       now_ns(CLOCK_REALTIME), sent);
	fflush(stdout);
	usleep(REST_US);
}

static void send_at_full_speed(int sock, unsigned int seconds)
{
	int64_t begin = now_ns(CLOCK_MONOTONIC), next = begin;
	struct cmsghdr *control;
	struct pass pass;
	int fd = eventfd(0, EFD_CLOEXEC);

	pass_init(&pass);
	control = CMSG_FIRSTHDR(&pass.header);
	*control = (struct cmsghdr){ CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS };
	memcpy(CMSG_DATA(control), &fd, sizeof(fd));
	for (uint64_t sent = 0;; sent++) {
		int64_t now = now_ns(CLOCK_MONOTONIC);

		if (now >= next) {
			mark(sent);
			next = now_ns(CLOCK_MONOTONIC) + MARK_NS;
			if (now - begin > seconds * INT64_C(1000000000))
				return;
		}
		if (sendmsg(sock, &pass.header, MSG_NOSIGNAL) < 0)
			err(EXIT_FAILURE, "sendmsg");
	}
}

static void receive_at_full_speed(int sock)
{
	struct pass pass;
	int fd;

	while (true) {
		pass_init(&pass);
		if (recvmsg(sock, &pass.header, 0) <= 0)
			return;
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&pass.header)), sizeof(fd));
		close(fd);
	}
}

/* One of a pair. It ends with its parent, and is nobody's. */
static pid_t start(const int *ends, bool sender, unsigned int seconds)
{
	pid_t pid = fork();

	if (pid < 0)
		err(EXIT_FAILURE, "fork");
	if (pid > 0)
		return pid;
	if (setresgid(NOBODY, NOBODY, NOBODY) < 0 || setresuid(NOBODY, NOBODY, NOBODY) < 0)
		err(EXIT_FAILURE, "cannot become nobody");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(ends[sender ? 1 : 0]);
	if (sender)
		send_at_full_speed(ends[0], seconds);
	else
		receive_at_full_speed(ends[1]);
	_exit(EXIT_SUCCESS);
}

int rush(unsigned int pairs, unsigned int seconds)
{
	int status, ends[2];
	bool failed = false;

	for (unsigned int i = 0; i < pairs; i++) {
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) < 0)
			err(EXIT_FAILURE, "socketpair");
		start(ends, true, seconds);
		start(ends, false, seconds);
		close(ends[0]);
		close(ends[1]);
	}
	while (wait(&status) > 0)
		failed = failed || status != 0;
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
