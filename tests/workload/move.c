/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Descriptors that get into another process with no message. */
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "absent.h"
#include "message.h"
#include "mkfd.h"
#include "move.h"
#include "ring.h"
#include "scenario.h"
#include "supervise.h"

/* Not in the 32-bit headers of all. */
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

/* The row of a move, as far as the process that has the descriptor knows it. */
static struct truth_row *move_new(struct actor *owner, const char *via, int fd)
{
	struct truth_row *row;
	uint32_t number = message_new(owner, 1, &row);

	*row = (struct truth_row){
		.message = number,
		.via = via,
		.outcome = "delivered",
		.leeway = LEEWAY_END,
		.description_id = description_of(owner, fd),
		.sender = owner->self,
		.from = { 0, TRUTH_NO_FD, fd },
		.to = { 0, TRUTH_NO_FD, TRUTH_NO_FD },
		.cloexec = -1,
		.receiver_fds = -1,
	};
	description_measure(&row->file, fd);
	return row;
}

/* pidfd_getfd(2): the receiver fetches it. */

static void own_descriptor(struct actor *me, const void *argument)
{
	int fd = mkfd_named(me, "memfd");

	(void)argument;
	move_new(me, "pidfd_getfd", (int)actor_require(fcntl(fd, F_DUPFD, 50)))->description_id =
		description_of(me, fd);
	step_reach(me->stage, 1);
	step_wait(me->stage, 2);
}

static void play_fetch(struct actor *me, const void *argument)
{
	pid_t owner = actor_start(me, "w-owner", own_descriptor, argument);
	struct truth_row *row = &me->stage->rows[0];
	int pidfd = (int)syscall(SYS_pidfd_open, owner, 0);

	if (pidfd < 0)
		actor_skip(me, "no pidfd_open(2): %s", strerror(errno));
	step_wait(me->stage, 1);
	window_open(&row->sent);
	row->to.fd = (int)syscall(SYS_pidfd_getfd, pidfd, row->from.fd, 0);
	window_close(&row->sent);
	if (row->to.fd < 0) {
		row->outcome = NULL;
		actor_skip(me, "no pidfd_getfd(2): %s", strerror(errno));
	}
	row->receiver = me->self;
	row->cloexec = 1;
	step_reach(me->stage, 2);
	actor_wait_all(me);
}

/* SECCOMP_IOCTL_NOTIF_ADDFD: a supervisor puts it into a process that waits in a system call. */

/* The number that ADDFD is told to use. */
#define CHOSEN_FD 90

static const struct addition any_number = { 0, O_CLOEXEC };
static const struct addition chosen_number = { SECCOMP_ADDFD_FLAG_SETFD, 0 };
static const struct addition and_send = { SECCOMP_ADDFD_FLAG_SEND, O_CLOEXEC };

void play_addition(struct actor *me, const void *argument)
{
	const struct addition *addition = argument;
	int fd = mkfd_named(me, "memfd");
	struct truth_row *row = move_new(me, "seccomp_addfd", fd);
	struct seccomp_notif_resp response = { 0 };
	struct seccomp_notif_addfd *request = absent_new(sizeof(*request));
	long result;

	row->leeway |= addition->leeway;
	supervised_start(me, row, addition->others);
	request->id = response.id = supervised_wait(me, addition->others);
	request->srcfd = (uint32_t)fd;
	request->flags = addition->flags;
	request->newfd = addition->flags & SECCOMP_ADDFD_FLAG_SETFD ? CHOSEN_FD : 0;
	request->newfd_flags = addition->new_flags;
	if (addition->absent)
		absent_make(request, sizeof(*request));
	window_open(&row->sent);
	result = ioctl(SUPERVISED_LISTENER, SECCOMP_IOCTL_NOTIF_ADDFD, request);
	window_close(&row->sent);
	if (result < 0) {
		row->outcome = NULL;
		actor_skip(me, "no SECCOMP_IOCTL_NOTIF_ADDFD like that: %s", strerror(errno));
	}
	row->to.fd = (int)result;
	row->cloexec = addition->new_flags != 0;
	if (!(addition->flags & SECCOMP_ADDFD_FLAG_SEND))
		actor_require(ioctl(SUPERVISED_LISTENER, SECCOMP_IOCTL_NOTIF_SEND, &response));
	actor_wait_all(me);
}

/* IORING_OP_MSG_RING: from a place in one ring's table of files to a place in another's. */

struct post {
	unsigned int setup; /* of the ring that gets it, IORING_SETUP_* */
	unsigned char flags; /* of the request, IOSQE_* */
	unsigned int place; /* plus one, or IORING_FILE_INDEX_ALLOC */
};

static const struct post plain_post = { .place = 1 };
static const struct post worker_post = { .place = 1, .flags = IOSQE_ASYNC };
static const struct post any_place_post = { .place = IORING_FILE_INDEX_ALLOC };
/* The task that the ring belongs to installs it itself. */
static const struct post deferred_post = {
	.place = 1,
	.setup = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN,
};

struct posting {
	const struct post *post;
	struct ring target;
	struct process receiver; /* unknown where the kernel does not say whose the ring is */
};

static void post_descriptor(struct actor *me, const void *argument)
{
	const struct posting *posting = argument;
	int fd = mkfd_named(me, "memfd");
	struct truth_row *row = move_new(me, "io_uring", fd);
	struct io_uring_sqe *entry;
	struct ring ring;
	int result;

	ring_open(&ring, me, 0);
	actor_require(ring_register_file(&ring, fd));
	entry = ring_next(&ring);
	entry->opcode = 40; /* IORING_OP_MSG_RING, 5.18 on; with descriptors since 6.0 */
	entry->flags = posting->post->flags;
	entry->fd = posting->target.fd;
	entry->addr = IORING_MSG_SEND_FD;
	entry->addr3 = 0; /* the place in this ring's table */
	entry->file_index = posting->post->place;
	row->from.fd = TRUTH_NO_FD; /* it is a place in a table, no descriptor */
	row->receiver = posting->receiver;
	window_open(&row->sent);
	result = ring_run(&ring);
	window_close(&row->sent);
	if (result < 0) {
		row->outcome = NULL;
		actor_skip(me, "no descriptors over IORING_OP_MSG_RING: %s", strerror(-result));
	}
}

static void posting_init(struct posting *posting, struct actor *me, const struct post *post)
{
	*posting = (struct posting){ .post = post };
	ring_open(&posting->target, me, post->setup);
	if (ring_register_file(&posting->target, -1) < 0)
		actor_skip(me, "no empty places in a ring's table here");
}

static void play_post(struct actor *me, const void *argument)
{
	struct posting posting;

	posting_init(&posting, me, argument);
	posting.receiver = me->self;
	actor_start(me, "w-poster", post_descriptor, &posting);
	actor_wait_all(me);
}

/* Two processes submit to the ring that gets it. */

static void share_ring(struct actor *me, const void *argument)
{
	struct ring target = ((const struct posting *)argument)->target;

	ring_next(&target)->opcode = IORING_OP_NOP;
	actor_require(ring_run(&target));
	step_reach(me->stage, 1);
	step_wait(me->stage, 2);
}

static void post_to_shared(struct actor *me, const void *argument)
{
	step_wait(me->stage, 1);
	post_descriptor(me, argument);
	step_reach(me->stage, 2);
}

static void play_post_to_shared(struct actor *me, const void *argument)
{
	struct posting posting;

	posting_init(&posting, me, argument);
	actor_start(me, "w-sharer", share_ring, &posting);
	actor_start(me, "w-poster", post_to_shared, &posting);
	actor_wait_all(me);
}

static const struct scenario scenarios[] = {
	{ "pidfd-getfd", play_fetch, NULL },
	{ "addfd", play_addition, &any_number },
	{ "addfd-setfd", play_addition, &chosen_number },
	{ "addfd-send", play_addition, &and_send },
	{ "msg-ring", play_post, &plain_post },
	{ "msg-ring-worker", play_post, &worker_post },
	{ "msg-ring-any-place", play_post, &any_place_post },
	{ "msg-ring-deferred", play_post, &deferred_post },
	{ "msg-ring-shared", play_post_to_shared, &plain_post },
};

const struct group move_group = GROUP("move", scenarios);
