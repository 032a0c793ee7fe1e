/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a filter is made of: for the files of this folder that make, try and read it. */
#ifndef FDPASS_FILTER_CLAUSE_H
#define FDPASS_FILTER_CLAUSE_H

#include "core/filter.h"

enum filter_comparison {
	FILTER_EQUAL,
	FILTER_LESS,
	FILTER_AT_MOST,
	FILTER_GREATER,
	FILTER_AT_LEAST,
	FILTER_REGEX,
};

/* What a value is compared with. The field's type tells which member is set. */
struct filter_operand {
	uint64_t u64;
	int64_t i64;
	bool boolean;
	char *text; /* owned; NUL-terminated */
	size_t size;
	void *regex; /* owned, FILTER_REGEX only */
};

/* Holds where any of the fields compares so with any of the operands; the other way if negated. */
struct filter_clause {
	const struct field *fields[2]; /* of one type; the second may be NULL */
	enum filter_comparison comparison;
	bool negated;
	size_t nr_operands;
	struct filter_operand *operands;
};

struct filter {
	const struct filter_regex_ops *regex_ops;
	size_t nr_clauses;
	struct filter_clause *clauses;
};

/*
 * Add to a filter, to a clause, which owns what is added from now on. Where there is no memory for
 * it, it is freed, and -ENOMEM is returned.
 */
int filter_add_clause(struct filter *filter, struct filter_clause *clause);
int filter_add_operand(const struct filter *filter, struct filter_clause *clause,
		       struct filter_operand *operand);
void filter_clear_clause(const struct filter *filter, struct filter_clause *clause);

#endif
