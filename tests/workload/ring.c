/* SPDX-License-Identifier: GPL-2.0-or-later */
/* io_uring by its system calls, see ring.h; and messages that are sent and received through it. */
#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "message.h"
#include "mkfd.h"
#include "ring.h"
#include "scenario.h"

#define RING_ENTRIES 8

void ring_open(struct ring *ring, struct actor *me, unsigned int flags)
{
	const struct io_uring_params *parameters = &ring->parameters;

	memset(ring, 0, sizeof(*ring));
	ring->parameters.flags = flags;
	ring->fd = (int)syscall(SYS_io_uring_setup, RING_ENTRIES, &ring->parameters);
	if (ring->fd < 0)
		actor_skip(me, "no io_uring like that: %s", strerror(errno));
	ring->submissions = mmap(NULL, parameters->sq_off.array + RING_ENTRIES * sizeof(uint32_t),
				 PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, IORING_OFF_SQ_RING);
	ring->completions =
		mmap(NULL,
		     parameters->cq_off.cqes + parameters->cq_entries * sizeof(struct io_uring_cqe),
		     PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, IORING_OFF_CQ_RING);
	ring->entries = mmap(NULL, RING_ENTRIES * sizeof(struct io_uring_sqe),
			     PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, IORING_OFF_SQES);
	actor_require(ring->submissions == MAP_FAILED || ring->completions == MAP_FAILED ||
				      ring->entries == MAP_FAILED ?
			      -1 :
			      0);
}

static uint32_t *submission_field(const struct ring *ring, uint32_t offset)
{
	return (uint32_t *)((char *)ring->submissions + offset);
}

static uint32_t *completion_field(const struct ring *ring, uint32_t offset)
{
	return (uint32_t *)((char *)ring->completions + offset);
}

struct io_uring_sqe *ring_next(struct ring *ring)
{
	uint32_t tail = *submission_field(ring, ring->parameters.sq_off.tail);
	struct io_uring_sqe *entry = &ring->entries[tail % RING_ENTRIES];

	memset(entry, 0, sizeof(*entry));
	submission_field(ring, ring->parameters.sq_off.array)[tail % RING_ENTRIES] =
		tail % RING_ENTRIES;
	return entry;
}

int ring_submit(struct ring *ring)
{
	uint32_t *tail = submission_field(ring, ring->parameters.sq_off.tail);

	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	return syscall(SYS_io_uring_enter, ring->fd, 1, 0, 0, NULL, 0) < 0 ? -errno : 0;
}

int ring_wait(struct ring *ring, struct io_uring_cqe *ret)
{
	uint32_t *head = completion_field(ring, ring->parameters.cq_off.head);
	const uint32_t *tail = completion_field(ring, ring->parameters.cq_off.tail);
	const struct io_uring_cqe *entries =
		(const void *)completion_field(ring, ring->parameters.cq_off.cqes);

	while (__atomic_load_n(tail, __ATOMIC_ACQUIRE) == *head) {
		if (syscall(SYS_io_uring_enter, ring->fd, 0, 1, IORING_ENTER_GETEVENTS, NULL, 0) <
			    0 &&
		    errno != EINTR)
			return -errno;
	}
	*ret = entries[*head % ring->parameters.cq_entries];
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	return 0;
}

int ring_run(struct ring *ring)
{
	struct io_uring_cqe completion;
	int error = ring_submit(ring);

	if (error == 0)
		error = ring_wait(ring, &completion);
	return error < 0 ? error : completion.res;
}

int ring_register_file(const struct ring *ring, int fd)
{
	return syscall(SYS_io_uring_register, ring->fd, IORING_REGISTER_FILES, &fd, 1) < 0 ?
		       -errno :
		       0;
}

/* Messages */

/* How a request is to be run. */
static const unsigned char in_line = 0, by_worker = IOSQE_ASYNC;

static struct io_uring_sqe *next_message(struct ring *ring, int operation, int sock,
					 const struct msghdr *header)
{
	struct io_uring_sqe *entry = ring_next(ring);

	entry->opcode = (unsigned char)operation;
	entry->fd = sock;
	entry->addr = (uintptr_t)header;
	entry->len = 1;
	return entry;
}

/* There is no system call with the socket's descriptor. */
static void forget_sender_fd(struct outgoing *out, unsigned char flags)
{
	for (unsigned int i = 0; i < out->nr_fds; i++) {
		out->rows[i].from.sockfd = -1;
		if (flags & IOSQE_ASYNC)
			out->rows[i].leeway |= LEEWAY_SENDER_THREAD;
	}
}

static void send_by_ring(struct actor *me, int sock, const void *argument)
{
	const unsigned char *flags = argument;
	int fds[2] = { mkfd_named(me, "regular"), mkfd_named(me, "eventfd") };
	struct outgoing out;
	struct ring ring;
	int result;

	ring_open(&ring, me, 0);
	outgoing_init(&out, me, sock);
	outgoing_add(&out, fds, 2);
	outgoing_begin(&out);
	forget_sender_fd(&out, *flags);
	next_message(&ring, IORING_OP_SENDMSG, sock, &out.header)->flags = *flags;
	result = ring_run(&ring);
	/* Until 5.12, io_uring refuses control data before it looks at it. */
	if (result == -EINVAL) {
		for (unsigned int i = 0; i < out.nr_fds; i++)
			out.rows[i].outcome = NULL;
		actor_skip(me, "io_uring takes no control data here");
	}
	outgoing_end(&out, result);
	errno = -result;
	actor_require(result);
	/* The receiver's end tells of this socket, which ends with this process. */
	step_wait(me->stage, 1);
}

static void receive_plainly(struct actor *me, int sock, const void *argument)
{
	(void)argument;
	receive_fds(me, sock);
	step_reach(me->stage, 1);
}

static void send_plainly(struct actor *me, int sock, const void *argument)
{
	int fds[2] = { mkfd_named(me, "regular"), mkfd_named(me, "eventfd") };

	(void)argument;
	step_wait(me->stage, 1);
	send_fds(me, sock, fds, 2);
	step_reach(me->stage, 2);
}

static void forget_receiver_fd(struct actor *me, uint32_t number, unsigned char flags)
{
	const struct message *message = &me->stage->messages[number];

	for (uint32_t i = 0; i < message->count; i++) {
		struct truth_row *row = &me->stage->rows[message->first_row + i];

		row->to.sockfd = -1;
		if (flags & IOSQE_ASYNC)
			row->leeway |= LEEWAY_RECEIVER_THREAD;
	}
}

static void skip_without_control(struct actor *me, int result)
{
	if (result == -EINVAL)
		actor_skip(me, "io_uring takes no control data here");
}

/* What is there already, so that the request is done where it is submitted. */
static void receive_by_ring(struct actor *me, int sock, const void *argument)
{
	const unsigned char *flags = argument;
	struct incoming in;
	struct ring ring;
	int result;

	ring_open(&ring, me, 0);
	step_reach(me->stage, 1);
	step_wait(me->stage, 2);
	incoming_init(&in, me, sock, CONTROL_WHOLE);
	incoming_begin(&in);
	next_message(&ring, IORING_OP_RECVMSG, sock, &in.header)->flags = *flags;
	result = ring_run(&ring);
	skip_without_control(me, result);
	incoming_end(&in, result);
	errno = -result;
	actor_require(result);
	forget_receiver_fd(me, in.number, *flags);
}

/* What comes only later: the request is finished when the socket becomes readable. */
static void receive_by_waiting_ring(struct actor *me, int sock, const void *argument)
{
	struct io_uring_cqe completion;
	struct incoming in;
	struct ring ring;

	(void)argument;
	ring_open(&ring, me, 0);
	incoming_init(&in, me, sock, CONTROL_WHOLE);
	incoming_begin(&in);
	next_message(&ring, IORING_OP_RECVMSG, sock, &in.header);
	actor_require(ring_submit(&ring));
	step_reach(me->stage, 1);
	actor_require(ring_wait(&ring, &completion));
	skip_without_control(me, completion.res);
	incoming_end(&in, completion.res);
	forget_receiver_fd(me, in.number, 0);
}

/* Multishot: one request, and a completion with a buffer of the ring's for each message. */

#define SHOTS 3
#define BUFFER_SIZE 1024

/* A buffer as the kernel filled it in: a header, then the control data, then the data. */
static void take_shot(struct incoming *in, char *buffer)
{
	const struct io_uring_recvmsg_out *shot = (const void *)buffer;
	char *control = buffer + sizeof(*shot);

	memcpy(in->control, control, shot->controllen);
	in->header.msg_controllen = shot->controllen;
	memcpy(&in->number, control + CMSG_SPACE(4 * sizeof(int)), sizeof(in->number));
}

static void receive_shots(struct actor *me, int sock, const void *argument)
{
	static char buffers[SHOTS][BUFFER_SIZE] __attribute__((aligned(16)));
	struct msghdr header = { .msg_controllen = CMSG_SPACE(4 * sizeof(int)) };
	struct io_uring_cqe completion;
	struct io_uring_sqe *entry;
	struct window window;
	struct ring ring;

	(void)argument;
	ring_open(&ring, me, 0);
	entry = ring_next(&ring);
	entry->opcode = IORING_OP_PROVIDE_BUFFERS;
	entry->fd = SHOTS;
	entry->addr = (uintptr_t)buffers;
	entry->len = BUFFER_SIZE;
	actor_require(ring_run(&ring));
	entry = next_message(&ring, IORING_OP_RECVMSG, sock, &header);
	entry->flags = IOSQE_BUFFER_SELECT;
	entry->ioprio = IORING_RECV_MULTISHOT;
	window_open(&window);
	actor_require(ring_submit(&ring));
	step_reach(me->stage, 1);
	for (int i = 0; i < SHOTS; i++) {
		struct incoming in;

		incoming_init(&in, me, sock, CONTROL_WHOLE);
		incoming_begin(&in);
		/* The message may have come before this one's turn to be looked at. */
		in.window = window;
		actor_require(ring_wait(&ring, &completion));
		if (completion.res == -EINVAL)
			actor_skip(me, "io_uring has no multishot recvmsg here");
		errno = -completion.res;
		actor_require(completion.res);
		take_shot(&in, buffers[completion.flags >> IORING_CQE_BUFFER_SHIFT]);
		incoming_end(&in, completion.res);
		forget_receiver_fd(me, in.number, 0);
		step_reach(me->stage, (unsigned int)i + 2);
	}
}

static void send_shots(struct actor *me, int sock, const void *argument)
{
	(void)argument;
	for (unsigned int i = 1; i <= SHOTS; i++) {
		step_wait(me->stage, i);
		send_named(me, sock, "eventfd");
	}
	/* The receiver's request ends with the socket: not before the last is taken. */
	step_wait(me->stage, SHOTS + 1);
}

static const struct scenario scenarios[] = {
	{ "send", DUET(SOCK_STREAM, send_by_ring, receive_plainly, &in_line) },
	{ "send-worker", DUET(SOCK_STREAM, send_by_ring, receive_plainly, &by_worker) },
	{ "receive", DUET(SOCK_STREAM, send_plainly, receive_by_ring, &in_line) },
	{ "receive-worker", DUET(SOCK_STREAM, send_plainly, receive_by_ring, &by_worker) },
	{ "receive-waiting", DUET(SOCK_SEQPACKET, send_plainly, receive_by_waiting_ring, NULL) },
	{ "receive-multishot", DUET(SOCK_SEQPACKET, send_shots, receive_shots, NULL) },
};

const struct group ring_group = GROUP("ring", scenarios);
