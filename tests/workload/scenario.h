/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scenarios: one thing that can happen to descriptors, done by processes of its own. A group is a
 * file; adding a scenario is adding an entry to its group's table.
 */
#ifndef WORKLOAD_SCENARIO_H
#define WORKLOAD_SCENARIO_H

#include <stdbool.h>

#include "stage.h"

struct scenario {
	const char *name;
	actor_fn play; /* in a process of its own, the parent of all others */
	const void *argument;
};

struct group {
	const char *name; /* a scenario is called GROUP/NAME */
	const struct scenario *scenarios;
	unsigned int nr_scenarios;
	bool apart; /* not part of `all`: what it does to a trace is not exact, or big */
};

#define GROUP(group_name, table)                                                                   \
	{                                                                                          \
		.name = group_name, .scenarios = table,                                            \
		.nr_scenarios = sizeof(table) / sizeof((table)[0])                                 \
	}

#define GROUP_APART(group_name, table)                                                             \
	{                                                                                          \
		.name = group_name, .scenarios = table,                                            \
		.nr_scenarios = sizeof(table) / sizeof((table)[0]), .apart = true                  \
	}

extern const struct group pass_group, file_group, lose_group, fail_group, peek_group, road_group,
	ring_group, move_group, hop_group, load_group, hostile_group, mass_group, who_group,
	again_group;

/*
 * Two processes over a socket pair. Each part is played in its own process, with the other end
 * closed; the scenario's process has closed both.
 */
struct duet {
	int type; /* SOCK_* */
	void (*send)(struct actor *me, int sock, const void *argument);
	void (*receive)(struct actor *me, int sock, const void *argument);
	const void *argument;
};

/* An actor_fn: its argument is a struct duet. */
void play_duet(struct actor *me, const void *duet);

/* The two last members of a struct scenario. */
#define DUET(socket_type, sender, receiver, number)                                                \
	play_duet, &(const struct duet)                                                            \
	{                                                                                          \
		.type = socket_type, .send = sender, .receive = receiver, .argument = number       \
	}

/* Queue messages first of all, go on when told, for what begins before the trace or outlives it. */
int hold(FILE *truth);
/* Say on standard output how far it is, and go on with the next line on standard input. */
void say_and_wait(const char *word);

/*
 * Pairs of processes that pass a descriptor as fast as they can. No truth is kept about each pass;
 * standard output gets how many there were by when.
 */
int rush(unsigned int pairs, unsigned int seconds);
/* Do something of this kind that a tracer has to count: see overlook.c. */
int overlook(const char *kind);

#endif
