// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A bundled example: a proxy that is reloaded hands what it has to its successor, over a socket
 * between them. Once all goes well; then the successor makes the two mistakes that lose
 * descriptors without any error: it reads with read(2), and it has no descriptor left (EMFILE).
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST 2

static int fail(const char *what)
{
	int error = errno;

	fprintf(stderr, "handover: %s: %s\n", what, strerror(error));
	return -error;
}

static int give(int channel, const int *fds, size_t count)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(MOST * sizeof(int))] = { 0 };
	char text[] = "take";
	struct iovec data = { .iov_base = text, .iov_len = strlen(text) };
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = CMSG_SPACE(count * sizeof(int)),
	};
	struct cmsghdr *rights = CMSG_FIRSTHDR(&message);

	rights->cmsg_level = SOL_SOCKET;
	rights->cmsg_type = SCM_RIGHTS;
	rights->cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(rights), fds, count * sizeof(int));
	return sendmsg(channel, &message, 0) < 0 ? fail("sendmsg") : 0;
}

/* The received descriptors stay open: nothing here closes them before the process ends. */
static int take(int channel)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(MOST * sizeof(int))];
	char text[4];
	struct iovec data = { .iov_base = text, .iov_len = sizeof(text) };
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control),
	};

	return recvmsg(channel, &message, MSG_CMSG_CLOEXEC) < 0 ? fail("recvmsg") : 0;
}

/* Lower the limit so that exactly one more descriptor can be had. */
static int leave_room_for_one(void)
{
	int next = dup(STDERR_FILENO);
	struct rlimit limit = { .rlim_cur = next + 1, .rlim_max = next + 1 };

	if (next < 0 || close(next) < 0 || setrlimit(RLIMIT_NOFILE, &limit) < 0)
		return fail("RLIMIT_NOFILE");
	return 0;
}

static int succeed(int channel)
{
	char text[4];
	int r;

	prctl(PR_SET_NAME, "proxy-new");
	r = take(channel);
	if (r < 0)
		return r;
	if (read(channel, text, sizeof(text)) < 0)
		return fail("read");
	r = leave_room_for_one();
	if (r < 0)
		return r;
	r = take(channel);
	/*
	 * A real one would go on; so does this, for a moment. A socket that is there still is what
	 * tells a message that was read from one that was closed unread.
	 */
	sleep(1);
	return r;
}

static int listen_on_loopback(void)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return fail("socket");
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, 1) < 0)
		return fail("listen");
	return fd;
}

static int hand_over(int channel)
{
	int state[] = { listen_on_loopback(), memfd_create("proxy-state", MFD_CLOEXEC) };
	int file = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
	int devices[] = { open("/dev/null", O_RDWR | O_CLOEXEC),
			  open("/dev/zero", O_RDWR | O_CLOEXEC) };
	int r;

	prctl(PR_SET_NAME, "proxy-old");
	r = give(channel, state, 2);
	if (r >= 0)
		r = give(channel, &file, 1);
	if (r >= 0)
		r = give(channel, devices, 2);
	return r;
}

int main(void)
{
	int channel[2], status, r;
	pid_t successor;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel) < 0) {
		fail("socketpair");
		return EXIT_FAILURE;
	}
	successor = fork();
	if (successor < 0) {
		fail("fork");
		return EXIT_FAILURE;
	}
	if (successor == 0) {
		close(channel[0]);
		_exit(succeed(channel[1]) < 0 ? EXIT_FAILURE : EXIT_SUCCESS);
	}
	close(channel[1]);
	r = hand_over(channel[0]);
	close(channel[0]);
	if (waitpid(successor, &status, 0) < 0 || status != 0 || r < 0)
		return EXIT_FAILURE;
	fprintf(stderr, "handover: five descriptors sent, three received\n");
	return EXIT_SUCCESS;
}
