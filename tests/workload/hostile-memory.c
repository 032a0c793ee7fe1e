/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lies in the process's own memory: what a system call was given, and what it gave back, lies where
 * the process can change it or take it away before anybody else has looked. The kernel works with
 * copies of its own.
 */
#include <pthread.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "absent.h"
#include "message.h"
#include "hostile.h"
#include "mkfd.h"

#define ROUNDS 8
#define NR_FDS 2
#define PAGE 4096

/* The steps of a round, after those of the rounds before. */
enum step {
	STEP_SENT = 1, /* or the sender is inside sendmsg(2), and has hidden what it sends */
	STEP_TAKEN, /* the first message was taken, and the receiver has hidden it */
	STEP_RECEIVED, /* the call has returned */
	STEPS,
};

static unsigned int step_of(unsigned int round, enum step step)
{
	return round * STEPS + step;
}

/* Messages without descriptors, of the number 0. */
static bool send_plain(int sock, int flags)
{
	uint32_t zero = 0;

	return send(sock, &zero, sizeof(zero), flags | MSG_NOSIGNAL) == sizeof(zero);
}

static void receive_plain(int sock, unsigned int count)
{
	uint32_t number;

	for (unsigned int i = 0; i < count; i++) {
		actor_require(recv(sock, &number, sizeof(number), 0));
		actor_require(number == 0 ? 0 : -1);
	}
}

static void make_fds(struct actor *me, int *fds)
{
	fds[0] = mkfd_named(me, "memfd");
	fds[1] = mkfd_named(me, "eventfd");
}

/* What ends a round: the receiver waits for one message more. */
static void end_round(struct actor *me, int sock, unsigned int round)
{
	step_wait(me->stage, step_of(round, STEP_TAKEN));
	actor_require(send_plain(sock, 0) ? 0 : -1);
	step_wait(me->stage, step_of(round, STEP_RECEIVED));
}

void send_openly(struct actor *me, int sock, const void *argument)
{
	struct outgoing out;
	int fds[NR_FDS];

	(void)argument;
	make_fds(me, fds);
	for (unsigned int round = 0; round < ROUNDS; round++) {
		outgoing_init(&out, me, sock);
		outgoing_add(&out, fds, NR_FDS);
		actor_require(send_hidden(&out, NULL));
		step_reach(me->stage, step_of(round, STEP_SENT));
		end_round(me, sock, round);
	}
}

/*
 * The header is absent when sendmsg(2) is entered; while that waits for room, another thread takes
 * the control data out of it.
 */
struct hider {
	struct stage *stage;
	struct msghdr *header;
	pid_t sender; /* its thread */
	atomic_uint sending; /* the round that is about to be sent, from 1 */
};

static char state_of_thread(pid_t tid)
{
	char path[64], line[512] = "", *end;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/thread-self/../%d/stat", tid);
	file = fopen(path, "re");
	if (file) {
		end = fgets(line, sizeof(line), file) ? strrchr(line, ')') : NULL;
		fclose(file);
		return end ? end[2] : '?';
	}
	return '?';
}

static void *hide_headers(void *argument)
{
	struct hider *hider = argument;

	for (unsigned int round = 0; round < ROUNDS; round++) {
		while (atomic_load(&hider->sending) != round + 1)
			sched_yield();
		while (state_of_thread(hider->sender) != 'S')
			sched_yield();
		hider->header->msg_control = NULL;
		hider->header->msg_controllen = 0;
		step_reach(hider->stage, step_of(round, STEP_SENT));
	}
	return NULL;
}

/* Fill the queue; the receiver is told how many to take out of it. */
static void fill(struct actor *me, int sock)
{
	unsigned int count = 0;

	while (send_plain(sock, MSG_DONTWAIT))
		count++;
	atomic_store(&me->stage->told, count);
}

static void send_hiding(struct hider *hider, struct actor *me, int sock, const int *fds,
			unsigned int round)
{
	struct outgoing out;

	outgoing_init(&out, me, sock);
	outgoing_add(&out, fds, NR_FDS);
	*hider->header = out.header;
	absent_make(hider->header, sizeof(*hider->header));
	atomic_store(&hider->sending, round + 1);
	actor_require(send_hidden(&out, hider->header));
}

void send_hidden_header(struct actor *me, int sock, const void *argument)
{
	struct hider hider = { me->stage, absent_new(sizeof(struct msghdr)), me->self.tid, 0 };
	int fds[NR_FDS];
	pthread_t id;

	(void)argument;
	make_fds(me, fds);
	actor_require(setsockopt(sock, SOL_SOCKET, SO_SNDBUF, &(int){ 1 }, sizeof(int)));
	actor_require(-pthread_create(&id, NULL, hide_headers, &hider));
	for (unsigned int round = 0; round < ROUNDS; round++) {
		fill(me, sock);
		send_hiding(&hider, me, sock, fds, round);
		end_round(me, sock, round);
	}
	pthread_join(id, NULL);
}

/* The other side of the same */

void receive_openly(struct actor *me, int sock, const void *argument)
{
	(void)argument;
	for (unsigned int round = 0; round < ROUNDS; round++) {
		step_wait(me->stage, step_of(round, STEP_SENT));
		receive_plain(sock, atomic_load(&me->stage->told));
		receive_fds(me, sock);
		step_reach(me->stage, step_of(round, STEP_TAKEN));
		receive_plain(sock, 1);
		step_reach(me->stage, step_of(round, STEP_RECEIVED));
	}
}

/*
 * recvmmsg(2) has taken the first message and waits for the second: meanwhile another thread takes
 * the numbers, and hides them.
 */
struct tamperer {
	struct actor *me;
	enum tampering tampering;
	int decoy;
	atomic_uint receiving; /* the round, from 1 */
	char *pages; /* the control messages' header ends the first one, the second has the numbers */
	struct incoming in;
	uint32_t plain;
	struct iovec plain_data;
	struct mmsghdr messages[2];
};

static void take_numbers(struct tamperer *tamperer)
{
	const struct msghdr *from = &tamperer->messages[0].msg_hdr;
	struct msghdr *to = &tamperer->in.header;

	memcpy(tamperer->in.control, from->msg_control, from->msg_controllen);
	to->msg_control = tamperer->in.control;
	to->msg_controllen = from->msg_controllen;
	to->msg_flags = from->msg_flags;
}

static void tamper(struct tamperer *tamperer)
{
	struct msghdr *header = &tamperer->messages[0].msg_hdr;
	int *numbers = (void *)(tamperer->pages + PAGE);

	switch (tamperer->tampering) {
	case TAMPER_ZERO:
		memset(header->msg_control, 0, header->msg_controllen);
		header->msg_controllen = 0;
		break;
	case TAMPER_SWAP:
		for (unsigned int i = 0; i < NR_FDS; i++)
			numbers[i] = tamperer->decoy;
		break;
	case TAMPER_DROP:
		actor_require(madvise(numbers, PAGE, MADV_DONTNEED));
		break;
	}
}

static void *tamper_with_messages(void *argument)
{
	struct tamperer *tamperer = argument;
	const volatile unsigned int *length = &tamperer->messages[0].msg_len;

	for (unsigned int round = 0; round < ROUNDS; round++) {
		while (atomic_load(&tamperer->receiving) != round + 1 || *length == 0)
			sched_yield();
		take_numbers(tamperer);
		tamper(tamperer);
		step_reach(tamperer->me->stage, step_of(round, STEP_TAKEN));
	}
	return NULL;
}

static void prepare(struct tamperer *tamperer, int sock)
{
	size_t size = CMSG_SPACE(NR_FDS * sizeof(int));

	incoming_init(&tamperer->in, tamperer->me, sock, size);
	tamperer->messages[0].msg_hdr = tamperer->in.header;
	tamperer->messages[0].msg_hdr.msg_control = tamperer->pages + PAGE - CMSG_LEN(0);
	tamperer->messages[0].msg_len = 0;
	tamperer->plain_data = (struct iovec){ &tamperer->plain, sizeof(tamperer->plain) };
	tamperer->messages[1] = (struct mmsghdr){ .msg_hdr = { .msg_iov = &tamperer->plain_data,
							       .msg_iovlen = 1 } };
}

static void receive_tampering(struct tamperer *tamperer, int sock, unsigned int round)
{
	prepare(tamperer, sock);
	incoming_begin(&tamperer->in);
	atomic_store(&tamperer->receiving, round + 1);
	actor_require(recvmmsg(sock, tamperer->messages, 2, 0, NULL) == 2 ? 0 : -1);
	incoming_end(&tamperer->in, sizeof(tamperer->in.number));
	incoming_close_fds(&tamperer->in);
}

void receive_and_tamper(struct actor *me, int sock, const void *argument)
{
	static struct tamperer tamperer;
	pthread_t id;

	tamperer.me = me;
	tamperer.tampering = *(const enum tampering *)argument;
	tamperer.decoy = mkfd_named(me, "null");
	tamperer.pages = mmap(NULL, (size_t)2 * PAGE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	actor_require(tamperer.pages == MAP_FAILED ? -1 : 0);
	actor_require(-pthread_create(&id, NULL, tamper_with_messages, &tamperer));
	for (unsigned int round = 0; round < ROUNDS; round++) {
		step_wait(me->stage, step_of(round, STEP_SENT));
		receive_plain(sock, atomic_load(&me->stage->told));
		receive_tampering(&tamperer, sock, round);
		step_reach(me->stage, step_of(round, STEP_RECEIVED));
	}
	pthread_join(id, NULL);
}

/* Control data that is absent, or too much of it to look at */

#define ABSENT_PACE_US 50000

void send_absent_control(struct actor *me, int sock, const void *argument)
{
	const unsigned int *messages = argument;
	char *control = absent_new(MESSAGE_CONTROL_MAX);
	struct outgoing out;
	int fds[NR_FDS];

	make_fds(me, fds);
	for (unsigned int i = 0; i < *messages; i++) {
		outgoing_init(&out, me, sock);
		outgoing_add(&out, fds, NR_FDS);
		memcpy(control, out.control, out.header.msg_controllen);
		out.header.msg_control = control;
		absent_make(control, MESSAGE_CONTROL_MAX);
		actor_require(send_hidden(&out, NULL));
		usleep(ABSENT_PACE_US);
	}
}

/* So many that name nothing come before the one that does. */
#define EMPTY_CONTROLS 512

void send_many_controls(struct actor *me, int sock, const void *argument)
{
	static char control[EMPTY_CONTROLS * CMSG_SPACE(0) + CMSG_SPACE(NR_FDS * sizeof(int))]
		__attribute__((aligned(16)));
	const struct cmsghdr empty = { CMSG_LEN(0), SOL_SOCKET, SCM_RIGHTS };
	const unsigned int *messages = argument;
	struct outgoing out;
	int fds[NR_FDS];

	make_fds(me, fds);
	for (size_t i = 0; i < EMPTY_CONTROLS; i++)
		memcpy(control + i * CMSG_SPACE(0), &empty, sizeof(empty));
	for (unsigned int i = 0; i < *messages; i++) {
		outgoing_init(&out, me, sock);
		outgoing_add(&out, fds, NR_FDS);
		memcpy(control + EMPTY_CONTROLS * CMSG_SPACE(0), out.control,
		       out.header.msg_controllen);
		out.header.msg_control = control;
		out.header.msg_controllen = sizeof(control);
		actor_require(send_hidden(&out, NULL));
	}
}
