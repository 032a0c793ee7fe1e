/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Races without an order: one thread passes descriptors, another changes what the first one's system
 * calls work with, again and again. What was passed in truth the receiver knows by the file that came,
 * and by the number that was the lowest free one.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "message.h"
#include "hostile.h"
#include "mkfd.h"

/* Whichever comes first. */
#define ROUNDS 10000
#define RACE_NS 600000000LL
/* Two files, and the sender's number that leads to either. */
#define FILES 2
#define RACED_FD 100

/* What is changed, and the thread that does it. */
struct changer {
	enum race_against against;
	atomic_bool over;
	int fds[FILES];
	struct cmsghdr *control;
	int raced_fd;
	pthread_t id;
};

static void change_control(struct changer *changer, unsigned int turn)
{
	volatile struct cmsghdr *control = changer->control;
	volatile int *number = (void *)CMSG_DATA(changer->control);

	/* Now and then there is no descriptor at all. */
	control->cmsg_level = turn % 5 == 4 ? SOL_SOCKET + 1 : SOL_SOCKET;
	*number = changer->fds[turn % FILES];
}

static void *change(void *argument)
{
	struct changer *changer = argument;

	for (unsigned int turn = 0; !atomic_load(&changer->over); turn++) {
		if (changer->against == AGAINST_CONTROL)
			change_control(changer, turn);
		else if (fcntl(changer->raced_fd, F_GETFD) >= 0)
			dup2(changer->fds[turn % FILES], changer->raced_fd);
	}
	return NULL;
}

static void changer_start(struct changer *changer)
{
	if (changer->against != AGAINST_NOBODY)
		actor_require(-pthread_create(&changer->id, NULL, change, changer));
}

static void changer_stop(struct changer *changer)
{
	atomic_store(&changer->over, true);
	if (changer->against != AGAINST_NOBODY)
		pthread_join(changer->id, NULL);
}

static int64_t now_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/*
 * The sender's half of a row, measured once for each file: in rows of a message that is never sent,
 * where the receiver looks up what has come.
 */
static void measure_files(struct actor *me, int sock, const int *fds, struct outgoing *out)
{
	outgoing_init(out, me, sock);
	outgoing_add(out, fds, FILES);
	outgoing_begin(out);
	for (unsigned int i = 0; i < FILES; i++) {
		out->rows[i].outcome = NULL;
		out->rows[i].leeway |= LEEWAY_ANY_FIELD;
	}
	atomic_store(&me->stage->told, out->number);
	step_reach(me->stage, 1);
}

/* A row that is not there until something has come. */
static uint32_t new_round(struct actor *me, const struct truth_row *sample, struct truth_row **row)
{
	uint32_t number = message_new(me, 1, row);

	**row = *sample;
	(*row)->message = number;
	(*row)->index = 0;
	return number;
}

static void send_rounds(struct actor *me, int sock, struct changer *changer,
			const struct truth_row *sample)
{
	int64_t end = now_ns() + RACE_NS;
	struct outgoing out;

	outgoing_init(&out, me, sock);
	outgoing_add(&out, changer->against == AGAINST_TABLE ? (int[]){ RACED_FD } : changer->fds,
		     1);
	changer->control = (void *)out.control;
	changer->raced_fd = (int)actor_require(dup2(changer->fds[0], RACED_FD));
	changer_start(changer);
	for (unsigned int round = 0; round < ROUNDS && now_ns() < end; round++) {
		struct truth_row *row;

		out.number = new_round(me, sample, &row);
		window_open(&row->sent);
		actor_require(sendmsg(sock, &out.header, MSG_NOSIGNAL));
		window_close(&row->sent);
	}
	changer_stop(changer);
}

void send_in_race(struct actor *me, int sock, const void *argument)
{
	const struct race *race = argument;
	struct changer changer = { .against = race->sender };
	struct outgoing samples;

	changer.fds[0] = mkfd_named(me, "eventfd");
	changer.fds[1] = mkfd_named(me, "memfd");
	measure_files(me, sock, changer.fds, &samples);
	send_rounds(me, sock, &changer, samples.rows);
	shutdown(sock, SHUT_WR);
	step_wait(me->stage, 2);
}

/* Which of the sender's files it is. */
static const struct truth_row *recognize(struct actor *me, int fd)
{
	uint32_t number = atomic_load(&me->stage->told);
	const struct truth_row *samples = &me->stage->rows[me->stage->messages[number].first_row];
	struct description file;

	description_measure(&file, fd);
	for (unsigned int i = 0; i < FILES; i++) {
		if (strcmp(file.name, samples[i].file.name) == 0 && file.ino == samples[i].file.ino)
			return &samples[i];
	}
	actor_require(-1);
	return NULL;
}

static void complete(struct actor *me, const struct race *race, struct incoming *in, int fd)
{
	const struct message *message = &me->stage->messages[in->number];
	struct truth_row *row = &me->stage->rows[message->first_row];
	const struct truth_row *sample;

	if (race->sender != AGAINST_NOBODY) {
		sample = recognize(me, fd);
		row->file = sample->file;
		row->description_id = sample->description_id;
		row->from.fd = race->sender == AGAINST_TABLE ? RACED_FD : sample->from.fd;
	}
	row->receiver = me->self;
	row->to = (struct end){ inode_of(in->sock), in->sock, fd };
	row->cloexec = 0;
	row->ended = in->window;
	row->outcome = "delivered";
}

/* The number, where nobody else has changed it. */
static int number_of(struct incoming *in)
{
	struct cmsghdr *control = CMSG_FIRSTHDR(&in->header);
	int fd = -1;

	if (control)
		memcpy(&fd, CMSG_DATA(control), sizeof(fd));
	return fd;
}

/* The lowest free number, which is what a received descriptor gets. */
static int next_number(void)
{
	int fd = (int)actor_require(dup(0));

	close(fd);
	return fd;
}

static bool receive_round(struct actor *me, int sock, const struct race *race,
			  struct changer *changer)
{
	static struct incoming in;
	int fd = race->receiver == AGAINST_CONTROL ? next_number() : -1;
	long result;

	incoming_init(&in, me, sock, CMSG_SPACE(sizeof(int)));
	in.header.msg_control = changer->control;
	incoming_begin(&in);
	result = actor_require(recvmsg(sock, &in.header, 0));
	window_close(&in.window);
	if (result == 0)
		return false;
	if (race->receiver != AGAINST_CONTROL)
		fd = number_of(&in);
	if (fd < 0)
		return true;
	complete(me, race, &in, fd);
	close(fd);
	/* Where the other thread put something there after it was closed. */
	if (fd != changer->raced_fd)
		close(changer->raced_fd);
	return true;
}

void receive_in_race(struct actor *me, int sock, const void *argument)
{
	static char control[CMSG_SPACE(sizeof(int))] __attribute__((aligned(16)));
	const struct race *race = argument;
	struct changer changer = { .against = race->receiver, .control = (void *)control };

	changer.fds[0] = mkfd_named(me, "null");
	changer.fds[1] = mkfd_named(me, "pipe");
	changer.raced_fd = next_number();
	step_wait(me->stage, 1);
	changer_start(&changer);
	while (receive_round(me, sock, race, &changer))
		;
	changer_stop(&changer);
	step_reach(me->stage, 2);
}
