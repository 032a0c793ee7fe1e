/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * flood SECONDS RATE: a sender and a receiver that pass new descriptors of several kinds, RATE
 * messages a second, and lose some in each way; in a new socket every thousand messages. At the end
 * it says how many descriptors it sent. The truth about each is not kept: this is for millions.
 */
#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MESSAGES_IN_SOCKET 1000
/* The sender rests after so many. */
#define MESSAGES_IN_BATCH 50
#define DESCRIPTORS_MOST 3
/* How the receiver takes a message: by its place among so many. */
#define WAYS_TO_TAKE 16
#define TAKE_BY_READ 5
#define TAKE_AFTER_PEEK 9

static int must(int result, const char *what)
{
	if (result < 0)
		err(EXIT_FAILURE, "%s", what);
	return result;
}

/* A new open file, of another kind each time. */
static int make(unsigned int number)
{
	char path[] = "/tmp/flood.XXXXXX";
	int fd;

	switch (number % 4) {
	case 0:
		return must(eventfd(0, EFD_CLOEXEC), "eventfd");
	case 1:
		return must(memfd_create("flood", MFD_CLOEXEC), "memfd_create");
	case 2:
		return must(open("/dev/null", O_RDWR | O_CLOEXEC), "/dev/null");
	}
	fd = must(mkstemp(path), "mkstemp");
	unlink(path);
	return fd;
}

struct message {
	struct msghdr header;
	struct iovec data;
	char byte;
	char control[CMSG_SPACE(DESCRIPTORS_MOST * sizeof(int))] __attribute__((aligned(16)));
};

static void message_init(struct message *message, unsigned int nr_fds)
{
	memset(message, 0, sizeof(*message));
	message->data = (struct iovec){ &message->byte, 1 };
	message->header.msg_iov = &message->data;
	message->header.msg_iovlen = 1;
	message->header.msg_control = message->control;
	message->header.msg_controllen = CMSG_SPACE(nr_fds * sizeof(int));
}

/* Returns how many descriptors were sent. */
static unsigned int send_one(int sock, unsigned int number)
{
	unsigned int nr_fds = 1 + number % DESCRIPTORS_MOST;
	int fds[DESCRIPTORS_MOST];
	struct message message;
	struct cmsghdr *control;

	message_init(&message, nr_fds);
	control = CMSG_FIRSTHDR(&message.header);
	control->cmsg_level = SOL_SOCKET;
	control->cmsg_type = SCM_RIGHTS;
	control->cmsg_len = CMSG_LEN(nr_fds * sizeof(int));
	for (unsigned int i = 0; i < nr_fds; i++)
		fds[i] = make(number + i);
	memcpy(CMSG_DATA(control), fds, nr_fds * sizeof(int));
	must((int)sendmsg(sock, &message.header, 0), "sendmsg");
	for (unsigned int i = 0; i < nr_fds; i++)
		close(fds[i]);
	return nr_fds;
}

/* Returns whether there was a message. */
static bool receive_one(int sock, int flags)
{
	struct message message;
	struct cmsghdr *control;
	int length;

	message_init(&message, DESCRIPTORS_MOST);
	length = must((int)recvmsg(sock, &message.header, flags), "recvmsg");
	for (control = CMSG_FIRSTHDR(&message.header); control;
	     control = CMSG_NXTHDR(&message.header, control)) {
		size_t count = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		for (size_t i = 0; i < count; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(control) + i * sizeof(int), sizeof(fd));
			close(fd);
		}
	}
	return length > 0;
}

static bool take_one(int sock, unsigned int number)
{
	char byte;

	switch (number % WAYS_TO_TAKE) {
	case TAKE_BY_READ:
		return must((int)read(sock, &byte, 1), "read") > 0;
	case TAKE_AFTER_PEEK:
		receive_one(sock, MSG_PEEK);
	}
	return receive_one(sock, 0);
}

/* The last of a socket's messages are not read: they are lost when it is closed. */
static _Noreturn void receive_some(int sock)
{
	for (unsigned int i = 0; i < MESSAGES_IN_SOCKET - 1 && take_one(sock, i); i++)
		;
	_exit(EXIT_SUCCESS);
}

static void rest(const struct timespec *begin, uint64_t nr_messages, unsigned int rate)
{
	uint64_t ns = (uint64_t)begin->tv_nsec + nr_messages * 1000000000 / rate;
	const struct timespec until = {
		.tv_sec = begin->tv_sec + (time_t)(ns / 1000000000),
		.tv_nsec = (long)(ns % 1000000000),
	};

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

static time_t seconds_since(const struct timespec *begin)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec - begin->tv_sec;
}

static unsigned int parse(const char *text)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (value == 0 || value > INT_MAX || *end)
		errx(2, "usage: flood SECONDS RATE");
	return (unsigned int)value;
}

int main(int argc, char **argv)
{
	uint64_t nr_messages = 0, nr_descriptors = 0;
	struct timespec begin;
	unsigned int rate;
	time_t seconds;

	if (argc != 3)
		errx(2, "usage: flood SECONDS RATE");
	seconds = parse(argv[1]);
	rate = parse(argv[2]);
	clock_gettime(CLOCK_MONOTONIC, &begin);
	while (seconds_since(&begin) < seconds) {
		int ends[2];
		pid_t receiver;

		must(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), "socketpair");
		receiver = must(fork(), "fork");
		if (receiver == 0) {
			close(ends[0]);
			receive_some(ends[1]);
		}
		for (unsigned int i = 0; i < MESSAGES_IN_SOCKET; i++) {
			nr_descriptors += send_one(ends[0], i);
			if (++nr_messages % MESSAGES_IN_BATCH == 0)
				rest(&begin, nr_messages, rate);
		}
		close(ends[1]);
		waitpid(receiver, NULL, 0);
		close(ends[0]);
	}
	printf("%" PRIu64 " descriptors in %" PRIu64 " messages\n", nr_descriptors, nr_messages);
	return EXIT_SUCCESS;
}
