/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs that hide what they pass, make up what they do not, or are many: what an ordinary user can
 * do to a trace. Each plays beside innocent processes whose rows must all be whole.
 */
#ifndef WORKLOAD_HOSTILE_H
#define WORKLOAD_HOSTILE_H

#include "scenario.h"

/* sendmsg(2) of what may leave out anything in its rows, with another header (NULL: its own). */
long send_hidden(struct outgoing *out, const struct msghdr *header);

/* hostile-memory.c: duets. */
void send_hidden_header(struct actor *me, int sock, const void *argument);
void send_openly(struct actor *me, int sock, const void *argument);
void receive_openly(struct actor *me, int sock, const void *argument);
/* The argument is an enum tampering. */
void receive_and_tamper(struct actor *me, int sock, const void *argument);
void send_absent_control(struct actor *me, int sock, const void *argument);
void send_many_controls(struct actor *me, int sock, const void *argument);
void receive_until_end(struct actor *me, int sock, const void *argument);

enum tampering {
	TAMPER_ZERO, /* all of the control data */
	TAMPER_SWAP, /* the number for that of another file */
	TAMPER_DROP, /* the page with the numbers */
};

/* hostile-race.c: duets. The argument is a struct race. */
void send_in_race(struct actor *me, int sock, const void *argument);
void receive_in_race(struct actor *me, int sock, const void *argument);

enum race_against {
	AGAINST_NOBODY,
	AGAINST_CONTROL, /* of the sender, or of the receiver */
	AGAINST_TABLE,
};

struct race {
	enum race_against sender, receiver;
};

/* hostile-mount.c */
void send_mounted(struct actor *me, int sock, const void *argument);

/* hostile-queue.c: actor_fns. The argument is a struct hoard. */
struct hoard {
	const char *file; /* by the factory's name */
	unsigned int messages; /* in all, or as many as fit */
	unsigned int nr_fds; /* in each */
	unsigned int in_socket; /* messages that one socket gets at most */
	bool named; /* sent to a name */
	bool held; /* say "queued", wait for a line, and leave them queued; else receive them */
};
void play_hoard(struct actor *me, const void *argument);

/* Duets: two messages, of which the first is thrown away. The argument is a struct skipping. */
struct skipping {
	bool no_descriptors; /* RLIMIT_NOFILE is reached; else there is no control buffer */
	unsigned int pause_us; /* before the second one is received */
};
void send_two(struct actor *me, int sock, const void *argument);
void receive_second(struct actor *me, int sock, const void *argument);

#endif
