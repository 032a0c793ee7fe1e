/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A stage is what one scenario happens on: memory that its processes share, with the rows that they
 * measure, and a clock of steps by which they wait for each other. An actor is one of them.
 *
 * Nothing is passed to actors but by fork: what the parent opened, they have. An actor that cannot
 * play its part ends at once (actor_require), and the scenario counts as broken.
 */
#ifndef WORKLOAD_STAGE_H
#define WORKLOAD_STAGE_H

#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>

#include "truth.h"

#define STAGE_MAX_ROWS 32768
#define STAGE_MAX_MESSAGES 32768
#define STAGE_MAX_ACTORS 256
/* Descriptors of which the identity is remembered. */
#define ACTOR_MAX_FDS 2048

struct message {
	uint32_t first_row;
	uint32_t count;
};

struct stage {
	char directory[64]; /* the scenario's own; removed afterwards */
	atomic_uint curtain; /* 1 when it is up */
	atomic_uint step;
	atomic_uint told; /* a number that one process of the scenario tells another */
	atomic_uint over; /* 1: whoever goes on all the while may end */
	atomic_uint descriptions; /* identities of open file descriptions given so far */
	atomic_uint nr_messages;
	atomic_uint nr_rows;
	atomic_uint nr_actors;
	pid_t actors[STAGE_MAX_ACTORS]; /* as the host's procfs shows them */
	char skipped[256]; /* why this kernel or machine cannot do it; empty: it can */
	struct message messages[STAGE_MAX_MESSAGES + 1]; /* from 1 */
	struct truth_row rows[STAGE_MAX_ROWS];
};

/* One process of a scenario, or one thread of it: each has its own copy. */
struct actor {
	struct stage *stage;
	struct process self;
	struct process peer; /* the only one that has that socket open, where it is known */
	uint64_t peer_ino; /* of the socket that its own leads to, where it is known; else 0 */
	uint32_t descriptions[ACTOR_MAX_FDS]; /* by descriptor; 0: none given yet */
};

typedef void (*actor_fn)(struct actor *me, const void *argument);

/* Map a stage and make its directory. Returns NULL with errno set. */
struct stage *stage_new(void);
void stage_free(struct stage *stage);
/* Write what happened, when all actors have ended. */
void stage_write(const struct stage *stage, const char *scenario, FILE *stream);

/* The scenario's steps: announce that one is reached, wait for it. Steps only go up. */
void step_reach(struct stage *stage, unsigned int step);
void step_wait(struct stage *stage, unsigned int step);

/*
 * The actors that were started wait for the curtain, and their parent raises it when it has closed
 * what is theirs alone: whoever closes a socket last is who loses what is in it.
 */
void curtain_raise(struct stage *stage);
void curtain_wait(struct stage *stage);

/* Begin to act as `comm`: measure this thread anew. Also after anything of it has changed. */
void actor_enter(struct actor *me, const char *comm);
/* Fork an actor that does `play` and exits. Returns its pid. */
pid_t actor_start(struct actor *me, const char *comm, actor_fn play, const void *argument);
/* Wait for one child of this actor; ends it when that failed. */
void actor_wait(struct actor *me, pid_t pid);
/* Wait for all children of this actor; ends it when one of them failed. */
void actor_wait_all(struct actor *me);
/* This machine cannot do the scenario: say why, and end the actor. */
_Noreturn void actor_skip(struct actor *me, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* What must hold: a negative or false result ends the actor with a message. */
#define actor_require(expression) actor_check((long)(expression), #expression, __FILE__, __LINE__)
long actor_check(long result, const char *expression, const char *file, int line);

/* The identity of the open file description behind a descriptor of this actor. */
uint32_t description_of(struct actor *me, int fd);
/* A descriptor was opened or received: it has a new identity, or this one. */
void description_set(struct actor *me, int fd, uint32_t description);

#endif
