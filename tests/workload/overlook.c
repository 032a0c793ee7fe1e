/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a tracer cannot tell and has to count: one thing of each kind, so often that it is known how much
 * was lost, or that something was.
 */
#include <err.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "scenario.h"

static void require(bool good, const char *what)
{
	if (!good)
		err(EXIT_FAILURE, "%s", what);
}

struct parcel {
	struct msghdr header;
	struct iovec data;
	char byte;
};

static void parcel_init(struct parcel *parcel, void *control, size_t size)
{
	memset(parcel, 0, sizeof(*parcel));
	parcel->data = (struct iovec){ &parcel->byte, 1 };
	parcel->header.msg_iov = &parcel->data;
	parcel->header.msg_iovlen = 1;
	parcel->header.msg_control = control;
	parcel->header.msg_controllen = size;
}

static void put_rights(void *at, int fd)
{
	struct cmsghdr *control = at;

	control->cmsg_level = SOL_SOCKET;
	control->cmsg_type = SCM_RIGHTS;
	control->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(control), &fd, sizeof(fd));
}

/* Refused sends that name their descriptor behind more control messages than are looked through. */

#define CONTROLS 8192
#define REFUSED_SENDS 3
#define OPTMEM "/proc/sys/net/core/optmem_max"

/* How much control data a socket may have. Returns what it was. */
static int set_optmem(int most)
{
	FILE *file = fopen(OPTMEM, "r+");
	int before = 0;

	require(file && fscanf(file, "%d", &before) == 1, OPTMEM);
	rewind(file);
	require(fprintf(file, "%d\n", most) > 0 && fclose(file) == 0, OPTMEM);
	return before;
}

static void overlook_controls(void)
{
	size_t size = CONTROLS * CMSG_SPACE(0) + CMSG_SPACE(sizeof(int));
	int optmem = set_optmem(4 * CONTROLS * CMSG_SPACE(0));
	char *controls = calloc(1, size);
	struct parcel parcel;
	int ends[2];

	require(controls && socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0, "socketpair");
	/* Of no level that anybody knows: these are passed over. */
	for (size_t i = 0; i < CONTROLS; i++)
		((struct cmsghdr *)(controls + i * CMSG_SPACE(0)))->cmsg_len = CMSG_LEN(0);
	put_rights(controls + CONTROLS * CMSG_SPACE(0), -1);
	for (int i = 0; i < REFUSED_SENDS; i++) {
		parcel_init(&parcel, controls, size);
		require(sendmsg(ends[0], &parcel.header, 0) < 0 && errno == EBADF, "sendmsg");
	}
	set_optmem(optmem);
	free(controls);
}

/* More messages in flight than the table has room for, but where it is an array that they fill evenly. */

#define IN_FLIGHT 70000
#define PAIRS_MOST 2000

static void overlook_table(void)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct rlimit limit = { 2 * PAIRS_MOST + 64, 2 * PAIRS_MOST + 64 };
	int file = eventfd(0, 0), ends[2] = { -1, -1 };
	struct parcel parcel;
	unsigned int sent = 0;

	require(setrlimit(RLIMIT_NOFILE, &limit) == 0, "setrlimit");
	put_rights(control, file);
	while (sent < IN_FLIGHT) {
		parcel_init(&parcel, control, sizeof(control));
		if (sendmsg(ends[0], &parcel.header, MSG_DONTWAIT) > 0)
			sent++;
		else
			require(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0, "socketpair");
	}
}

/* A send that fails, whose control message has gone from memory meanwhile. */

static void *forget_page(void *page)
{
	usleep(100000);
	madvise(page, (size_t)sysconf(_SC_PAGESIZE), MADV_DONTNEED);
	return NULL;
}

static void overlook_unread(void)
{
	void *page = mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct timeval patience = { 0, 300000 };
	struct parcel parcel;
	pthread_t thread;
	int ends[2];

	require(page != MAP_FAILED && socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0, "socketpair");
	while (send(ends[0], "", 1, MSG_DONTWAIT) > 0)
		;
	require(setsockopt(ends[0], SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) == 0,
		"SO_SNDTIMEO");
	put_rights(page, ends[1]);
	parcel_init(&parcel, page, CMSG_SPACE(sizeof(int)));
	require(pthread_create(&thread, NULL, forget_page, page) == 0, "pthread_create");
	require(sendmsg(ends[0], &parcel.header, 0) < 0 && errno == EAGAIN, "sendmsg");
	pthread_join(thread, NULL);
}

int overlook(const char *kind)
{
	if (strcmp(kind, "controls") == 0)
		overlook_controls();
	else if (strcmp(kind, "table") == 0)
		overlook_table();
	else if (strcmp(kind, "unread") == 0)
		overlook_unread();
	else
		errx(2, "overlook controls, table or unread");
	return EXIT_SUCCESS;
}
