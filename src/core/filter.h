/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which rows are shown. A filter is made of expressions (--filter) and of lists of words (--pid,
 * --comm and so on), and a row is in it where all of them hold. The grammar is that of Inspektor
 * Gadget's --filter; the manual page has it.
 *
 * A condition about a field that is not known in a row does not hold, and its negation does: each
 * row is either in `outcome==lost` or in `outcome!=lost`. One about the receiver of a pending row holds
 * where it does for one of those who have the receiving socket open.
 */
#ifndef FDPASS_FILTER_H
#define FDPASS_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/field.h"
#include "core/filter_regex.h"

struct filter;

/* What is wrong with an expression. */
struct filter_error {
	char *message; /* a sentence, with bytes of the expression as they are; the caller frees it */
	size_t place; /* in the expression, in bytes */
};

/* regex_ops is borrowed; NULL: there are no regular expressions here. Returns 0 or -ENOMEM. */
int filter_new(struct filter **ret, const struct filter_regex_ops *regex_ops);
void filter_free(struct filter *filter);

/*
 * Add an expression, as given to --filter: conditions joined by commas, all of which must hold.
 * Returns 0, or -EINVAL with *error set, or -ENOMEM.
 */
int filter_add(struct filter *filter, const char *text, struct filter_error *error);

/* How the words of an option are read. */
struct filter_words {
	const char *fields[2]; /* their names, of one type; the second may be NULL */
	const char *what; /* in error messages: "a process id" */
	uint64_t least, most; /* numbers: the range; texts: most bytes, or 0 */
};

/*
 * Add words joined by commas: one of the fields has one of them. "!word" is one that none of the
 * fields may have. Commas and backslashes in a word are escaped as in an expression.
 *
 * Returns 0, or -EINVAL with *error_message set to a sentence (the caller frees it), or -ENOMEM.
 */
int filter_add_words(struct filter *filter, const struct filter_words *words, const char *text,
		     char **error_message);

/* One of these fields, which are texts, is known and not empty. Returns 0 or -ENOMEM. */
int filter_add_some(struct filter *filter, const char *const fields[2]);

/* A field of the filter that rows of this kind have not; NULL: they have all. */
const struct field *filter_foreign_field(const struct filter *filter, enum row_kind kind);

/* Everything that was added holds for this row. */
bool filter_has(const struct filter *filter, const struct row *row);

#endif
