/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Scenarios for the join. A scenario is a list of steps (events, and sweeps), which of them have to
 * come before which others, and the rows that are the truth. scenario_check() runs it
 *  - in every order that the kernel allows: the rows are those of the truth, each time;
 *  - with each event dropped in turn: whatever is still told is true, and nothing contradicts.
 */
#ifndef FDPASS_TEST_JOIN_SCENARIO_H
#define FDPASS_TEST_JOIN_SCENARIO_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/join.h"
#include "record.h"

#define MAX_STEPS 8
#define MAX_ROWS 16
#define MAX_ENTRIES 6

/* Who and where: small numbers, so that a wrong row is easy to read. */
enum { CLIENT = 101, SERVER = 102, OTHER = 103 };
enum { CLIENT_SOCK = 0x501, SERVER_SOCK = 0x502, OTHER_SOCK = 0x503 };
enum { CLIENT_INO = 601, SERVER_INO = 602, OTHER_INO = 603 };
enum { FILE_A = 0xfa, FILE_B = 0xfb, FILE_C = 0xfc };

/* Steps come 1,000 ns apart, and this is the end of the trace. */
#define SCENARIO_STEP_NS 1000
#define SCENARIO_END_NS 1000000

struct step {
	struct record record; /* an event; type 0: this is a sweep */
	struct event_queued entries[MAX_ENTRIES];
	unsigned int nr_entries;
	unsigned int after; /* the steps that come before this one, a bit for each */
};

struct row {
	struct pass pass;
	char path[32]; /* of the file; empty: none */
	unsigned int message; /* truth: which of the scenario's messages */
};

struct rows {
	struct row rows[MAX_ROWS];
	unsigned int count;
};

struct scenario {
	struct step steps[MAX_STEPS];
	unsigned int nr_steps;
	struct rows truth;
	struct join_options options;
	uint64_t unmatched; /* how many are counted so */
};

/* Making a scenario. `after` is a bit for each step: last_step(), or those numbered from 1 << 0. */

struct scenario *scenario_new(void);
unsigned int last_step(const struct scenario *scenario);
struct record *last_record(struct scenario *scenario);
struct record *add_event(struct scenario *scenario, unsigned int after, enum event_type type,
			 uint64_t message, uint32_t pid);
/* A client sends `nr` descriptors, 10 and on, of the files `address` and on, to the server. */
struct record *add_sent(struct scenario *scenario, unsigned int after, uint64_t message,
			uint64_t address, unsigned int nr);
struct record *add_send_failed(struct scenario *scenario, unsigned int after, uint64_t message,
			       int error);
/* The server's side of the message, of which `nr` files are told: installed as 20 and on. */
struct record *add_received(struct scenario *scenario, unsigned int after, uint64_t message,
			    uint64_t address, unsigned int nr);
struct record *add_lost(struct scenario *scenario, unsigned int after, uint64_t message,
			enum event_fate fate);
/* The last event tells this of a file that was not installed. */
void set_fate(struct scenario *scenario, unsigned int index, enum event_fate fate);
/* The last event describes its files itself. */
void describe(struct scenario *scenario);
/* The last event ends a message of this socket of which no sender was found. */
void set_unclaimed(struct scenario *scenario, uint64_t sender_sock);
void add_sweep(struct scenario *scenario, unsigned int after);
/* The last sweep finds this. */
void add_entry(struct scenario *scenario, uint64_t message, bool queued);

/* Rows of the truth: what the sender's event tells; with the receiver's side; without the sender's. */
struct pass *expect(struct scenario *scenario, unsigned int message, unsigned int index,
		    uint64_t address, enum outcome outcome);
struct pass *received(struct pass *pass);
struct pass *without_sender(struct pass *pass);

/* Check the scenario in all ways, and free it. */
void check(struct scenario *scenario);
/*
 * The same in its orders alone. For what is only known as long as no event was lost; the test says
 * which.
 */
void check_whole(struct scenario *scenario);

/* For tests that are no scenarios */

/* A row function; userdata: struct rows. */
int keep_row(void *userdata, const struct pass *pass);
/* Give the step to the join; returns what that returned. */
int try_step(struct join *join, struct step *step, uint64_t now_ns);
void run_step(struct join *join, struct step *step, uint64_t now_ns);

#endif
