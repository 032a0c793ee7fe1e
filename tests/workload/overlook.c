/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a tracer cannot tell and has to count: one thing of each kind, so often that it is known how much
 * was lost, or that something was.
 */
#include <err.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "mkbpf.h"
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

/*
 * Passes on a processor where others are inside of bpf(2) most of the time, writing to a map: there the
 * kernel runs no kprobe and no perf event's program (bpf_disable_instrumentation()). The passes get there where the
 * kernel takes the processor from the others meanwhile, as it does since 7.0.
 */

#define SKIPPING_SECONDS 3
#define VALUE_SIZE (16U << 20) /* takes longer to copy than a process has the processor at least */
#define WRITERS 3 /* most often one of them is in there */

static void write_to_map(void)
{
	char *value = calloc(1, VALUE_SIZE);
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY,
		.key_size = sizeof(uint32_t),
		.value_size = VALUE_SIZE,
		.max_entries = 1,
	};
	uint32_t key = 0;
	int map = call_bpf(BPF_MAP_CREATE, &attr, sizeof(attr));

	if (map < 0 && errno == E2BIG)
		_exit(EXIT_SUCCESS); /* kernels that have no such map do not take the processor either */
	require(value && map >= 0, "a map");
	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (uint32_t)map;
	attr.key = (uintptr_t)&key;
	attr.value = (uintptr_t)value;
	for (;;)
		require(call_bpf(BPF_MAP_UPDATE_ELEM, &attr, sizeof(attr)) == 0,
			"writing to the map");
}

static void pass_once(const int ends[2], int file)
{
	char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct parcel parcel;
	int received;

	put_rights(control, file);
	parcel_init(&parcel, control, sizeof(control));
	require(sendmsg(ends[0], &parcel.header, 0) == 1, "sendmsg");
	require(recvmsg(ends[1], &parcel.header, 0) == 1, "recvmsg");
	memcpy(&received, CMSG_DATA((struct cmsghdr *)control), sizeof(received));
	close(received);
}

static void overlook_skipped(void)
{
	time_t end = time(NULL) + SKIPPING_SECONDS;
	unsigned int made;
	int file = eventfd(0, 0), ends[2];
	pid_t writers[WRITERS];
	cpu_set_t first;

	CPU_ZERO(&first);
	CPU_SET(0, &first);
	require(sched_setaffinity(0, sizeof(first), &first) == 0, "sched_setaffinity");
	require(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0, "socketpair");
	for (int i = 0; i < WRITERS; i++) {
		writers[i] = fork();
		require(writers[i] >= 0, "fork");
		if (writers[i] == 0)
			write_to_map();
	}
	for (made = 0; time(NULL) < end; made++)
		pass_once(ends, file);
	fprintf(stderr, "made %u passes\n", made);
	for (int i = 0; i < WRITERS; i++) {
		kill(writers[i], SIGKILL);
		waitpid(writers[i], NULL, 0);
	}
}

int overlook(const char *kind)
{
	if (strcmp(kind, "controls") == 0)
		overlook_controls();
	else if (strcmp(kind, "table") == 0)
		overlook_table();
	else if (strcmp(kind, "unread") == 0)
		overlook_unread();
	else if (strcmp(kind, "skipped") == 0)
		overlook_skipped();
	else
		errx(2, "overlook controls, table, unread or skipped");
	return EXIT_SUCCESS;
}
