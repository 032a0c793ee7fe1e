/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a way to attach misses: one table, from which come what doctor says, the lists in the README and
 * the manual page, and what the tests excuse.
 */
#ifndef FDPASS_GAP_H
#define FDPASS_GAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct gap {
	const char *ways; /* names, with commas; "*": all */
	const char *kernels; /* of tests/vm/KERNELS: patterns, with commas */
	/* Of tests/workload: patterns, with commas. NULL: the tests cannot come across it. */
	const char *scenarios;
	const char *field; /* that is missing then; "row": all of it */
	const char *reason;
	const char *what; /* is not seen, for whoever uses it */
};

extern const struct gap gap_table[];
extern const size_t nr_gaps;

bool gap_is_of(const struct gap *gap, const char *way);

/* A line each, as tests/e2e/compare.py reads them: WAY KERNEL SCENARIO FIELD REASON... */
void gap_print_excuses(FILE *stream);
/* A list for people, which is Markdown and reStructuredText alike. */
void gap_print_list(FILE *stream);

#endif
