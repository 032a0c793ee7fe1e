/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The group of hostile programs, and what all of them need, see hostile.h. */
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "message.h"
#include "hostile.h"
#include "mkfd.h"
#include "move.h"

#define NOBODY 65534
/* Many systems allow more. */
#define IN_FLIGHT 65536
/* Before and after an attack, while the innocent go on. */
#define SETTLE_US 40000
/* The innocent pass a descriptor so often; the patient among them receive it so much later. */
#define INNOCENT_PACE_US 10000
#define PATIENCE_US 200000

struct attack {
	actor_fn play; /* by a process of nobody's */
	const void *argument;
	bool held; /* until told on standard input */
};

static void send_innocently(struct actor *me, int sock, const void *argument)
{
	const char *file = argument;

	while (!atomic_load(&me->stage->over)) {
		send_named(me, sock, file);
		usleep(INNOCENT_PACE_US);
	}
}

void receive_until_end(struct actor *me, int sock, const void *argument)
{
	struct incoming in;
	long result;

	(void)argument;
	while (true) {
		incoming_init(&in, me, sock, CONTROL_WHOLE);
		result = incoming_receive(&in, 0);
		if (result == 0)
			return;
		errno = (int)-result;
		actor_require(result);
		incoming_close_fds(&in);
	}
}

/* All that has come meanwhile, each time: it has waited in the queue. Returns whether more can. */
static bool receive_all(struct actor *me, int sock)
{
	struct incoming in;
	long result;

	do {
		incoming_init(&in, me, sock, CONTROL_WHOLE);
		result = incoming_receive(&in, MSG_DONTWAIT);
		incoming_close_fds(&in);
	} while (result > 0);
	return result == -EAGAIN;
}

static void receive_patiently(struct actor *me, int sock, const void *argument)
{
	(void)argument;
	do {
		usleep(PATIENCE_US);
	} while (receive_all(me, sock));
}

static const struct duet innocent = { SOCK_STREAM, send_innocently, receive_until_end, "eventfd" };
static const struct duet patient = { SOCK_STREAM, send_innocently, receive_patiently, "memfd" };

long send_hidden(struct outgoing *out, const struct msghdr *header)
{
	long result;

	outgoing_begin(out);
	message_leeway(out->me->stage, out->number, LEEWAY_ANY_FIELD);
	result = sendmsg(out->sock, header ? header : &out->header, MSG_NOSIGNAL);
	if (result < 0)
		result = -errno;
	outgoing_end(out, result);
	return result;
}

static void become_nobody(struct actor *me)
{
	actor_require(syscall(SYS_setgroups, 0, NULL));
	actor_require(setresgid(NOBODY, NOBODY, NOBODY));
	actor_require(setresuid(NOBODY, NOBODY, NOBODY));
	/* Both are lost with the privileges. */
	prctl(PR_SET_DUMPABLE, 1);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	actor_enter(me, "w-attacker");
}

static void play_as_nobody(struct actor *me, const void *argument)
{
	const struct attack *attack = argument;

	if (geteuid() != 0)
		actor_skip(me, "root alone can become nobody");
	become_nobody(me);
	attack->play(me, attack->argument);
	actor_wait_all(me);
}

/* What a user may have in flight is as many as a process may have open. */
static void raise_limit(void)
{
	struct rlimit limit = { IN_FLIGHT, IN_FLIGHT };

	if (setrlimit(RLIMIT_NOFILE, &limit) == 0)
		return;
	actor_require(getrlimit(RLIMIT_NOFILE, &limit));
	limit.rlim_cur = limit.rlim_max;
	actor_require(setrlimit(RLIMIT_NOFILE, &limit));
}

/* What it queued waits for a line; and for another one when the innocent have ended. */
static void hold_attack(struct actor *me, const pid_t *innocents)
{
	step_wait(me->stage, 1);
	say_and_wait("queued");
	atomic_store(&me->stage->over, 1);
	actor_wait(me, innocents[0]);
	actor_wait(me, innocents[1]);
	say_and_wait("held");
	step_reach(me->stage, 2);
}

static void play_attack(struct actor *me, const void *argument)
{
	const struct attack *attack = argument;
	pid_t innocents[2], attacker;

	actor_require(chmod(me->stage->directory, 0777));
	raise_limit();
	innocents[0] = actor_start(me, "w-innocents", play_duet, &innocent);
	innocents[1] = actor_start(me, "w-patients", play_duet, &patient);
	usleep(SETTLE_US);
	attacker = actor_start(me, "w-attacker", play_as_nobody, attack);
	if (attack->held)
		hold_attack(me, innocents);
	actor_wait(me, attacker);
	usleep(SETTLE_US);
	atomic_store(&me->stage->over, 1);
	actor_wait_all(me);
}

static const enum tampering zero = TAMPER_ZERO, swap = TAMPER_SWAP, drop = TAMPER_DROP;
static const unsigned int often = 10, once = 1;
static const struct skipping no_control = { false, 0 }, no_control_late = { false, 500000 };
static const struct skipping no_descriptors = { true, 0 }, no_descriptors_late = { true, 500000 };
static const struct race send_control = { AGAINST_CONTROL, AGAINST_NOBODY };
static const struct race send_table = { AGAINST_TABLE, AGAINST_NOBODY };
static const struct race receive_control = { AGAINST_NOBODY, AGAINST_CONTROL };
static const struct race receive_table = { AGAINST_NOBODY, AGAINST_TABLE };
static const struct hoard many_to_name = { "eventfd", 1500, 1, 200, true, false };
static const struct hoard many_in_socket = { "eventfd", 2500, 1, 2500, false, false };
static const struct hoard long_paths = { "long-path", 8, MESSAGE_MAX_FDS, 80, false, false };
static const struct addition absent_request = { .new_flags = O_CLOEXEC,
						.absent = true,
						.leeway = LEEWAY_ANY_FIELD };
static const struct addition hidden_request = { .new_flags = O_CLOEXEC,
						.others = 300,
						.leeway = LEEWAY_ANY_FIELD };

/* The last members of a struct scenario. */
#define ATTACK(play_it, with)                                                                      \
	play_attack, &(const struct attack)                                                        \
	{                                                                                          \
		.play = play_it, .argument = with                                                  \
	}
#define ATTACKING_DUET(socket_type, sender, receiver, number)                                      \
	ATTACK(play_duet, (&(const struct duet){ socket_type, sender, receiver, number }))

static const struct scenario scenarios[] = {
	{ "hide-send", ATTACKING_DUET(SOCK_DGRAM, send_hidden_header, receive_openly, NULL) },
	{ "hide-receive", ATTACKING_DUET(SOCK_DGRAM, send_openly, receive_and_tamper, &zero) },
	{ "hide-both", ATTACKING_DUET(SOCK_DGRAM, send_hidden_header, receive_and_tamper, &zero) },
	{ "swap-number", ATTACKING_DUET(SOCK_DGRAM, send_openly, receive_and_tamper, &swap) },
	{ "drop-number", ATTACKING_DUET(SOCK_DGRAM, send_openly, receive_and_tamper, &drop) },
	{ "absent-control",
	  ATTACKING_DUET(SOCK_STREAM, send_absent_control, receive_until_end, &often) },
	{ "many-controls",
	  ATTACKING_DUET(SOCK_STREAM, send_many_controls, receive_until_end, &once) },
	{ "stacked-mounts", ATTACKING_DUET(SOCK_STREAM, send_mounted, receive_until_end, NULL) },
	{ "many-to-name", ATTACK(play_hoard, &many_to_name) },
	{ "many-in-socket", ATTACK(play_hoard, &many_in_socket) },
	{ "long-paths", ATTACK(play_hoard, &long_paths) },
	{ "skip-no-control", ATTACKING_DUET(SOCK_STREAM, send_two, receive_second, &no_control) },
	{ "skip-no-control-late",
	  ATTACKING_DUET(SOCK_STREAM, send_two, receive_second, &no_control_late) },
	{ "skip-emfile", ATTACKING_DUET(SOCK_STREAM, send_two, receive_second, &no_descriptors) },
	{ "skip-emfile-late",
	  ATTACKING_DUET(SOCK_STREAM, send_two, receive_second, &no_descriptors_late) },
	{ "addfd-absent", ATTACK(play_addition, &absent_request) },
	{ "addfd-behind", ATTACK(play_addition, &hidden_request) },
	{ "race-send-control",
	  ATTACKING_DUET(SOCK_STREAM, send_in_race, receive_in_race, &send_control) },
	{ "race-send-table",
	  ATTACKING_DUET(SOCK_STREAM, send_in_race, receive_in_race, &send_table) },
	{ "race-receive-control",
	  ATTACKING_DUET(SOCK_STREAM, send_in_race, receive_in_race, &receive_control) },
	{ "race-receive-table",
	  ATTACKING_DUET(SOCK_STREAM, send_in_race, receive_in_race, &receive_table) },
};

const struct group hostile_group = GROUP_APART("hostile", scenarios);

/* More than a guest can take: what they cost is measured (tests/e2e/test_hostile.py). */

static const struct hoard mass_to_name = { "eventfd", 15000, 1, 3000, true, true };
static const struct hoard mass_in_socket = { "eventfd", 8000, 1, 8000, false, true };
static const struct hoard mass_of_paths = { "long-path", 80, MESSAGE_MAX_FDS, 80, false, true };

#define MASS(hoard)                                                                                \
	play_attack, &(const struct attack)                                                        \
	{                                                                                          \
		.play = play_hoard, .argument = hoard, .held = true                                \
	}

static const struct scenario masses[] = {
	{ "to-name", MASS(&mass_to_name) },
	{ "in-socket", MASS(&mass_in_socket) },
	{ "long-paths", MASS(&mass_of_paths) },
};

const struct group mass_group = GROUP_APART("mass", masses);
