/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is told at the end of a trace: how many passes, how they ended, and what was not seen. */
#ifndef FDPASS_SUMMARY_H
#define FDPASS_SUMMARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "core/field.h"

/* Rows with one outcome and one reason. */
struct tally {
	enum outcome outcome;
	uint64_t count;
	char reason[24]; /* "": none is known */
};

/* Outcomes and reasons are few; the errno of failed sends is any. */
#define TALLIES_MOST 64

struct pending_pass;

/* A zeroed one is empty. */
struct summary {
	uint64_t rows[NR_OUTCOMES];
	struct tally tallies[TALLIES_MOST];
	size_t nr_tallies;
	struct pending_pass *pending; /* told as pending, and not ended yet: counted once */
};

/* What was lost on the way from the kernel to whoever reads the rows. */
struct losses {
	uint64_t events[NR_EVENT_LOST];
	uint64_t evicted_passes;
	uint64_t malformed_records;
	uint64_t unwritten_rows; /* whoever reads them was too slow */
};

/* Count a row. Returns 0 or -ENOMEM. */
int summary_count(struct summary *summary, const struct row *row);
/* Free what it has, not the summary itself. */
void summary_clear(struct summary *summary);
/* "3 passes: 2 delivered, 1 lost (emfile)". */
void summary_print(const struct summary *summary, FILE *stream);

uint64_t losses_sum(const struct losses *losses);
/* "no events lost", or how many, and why. */
void losses_print(const struct losses *losses, FILE *stream);

#endif
