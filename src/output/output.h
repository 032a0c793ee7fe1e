/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Outputs: rows to bytes in a buffer. An output is three functions, begin, row and end, in one
 * table of classes; no one else knows what a column or an object is.
 */
#ifndef FDPASS_OUTPUT_H
#define FDPASS_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

#include "core/field.h"

struct output_options {
	enum row_kind kind; /* of all rows */
	int width; /* columns of the terminal; 0: no terminal, and nothing is ever cut */
	bool color;
	bool utf8; /* the locale (LC_CTYPE) is UTF-8; otherwise the columns are ASCII */
};

struct buffer;
struct output;

/*
 * What `name` ("columns", "json", "jsonpretty", "yaml") shows of rows of this kind where --fields is not
 * given, and so what its +x and -x change. Returns 0, or -ENOENT: there is no such output.
 */
int output_default_fields(const char *name, enum row_kind kind, struct field_list *ret);

/* Is it a table, with a column for each field? */
bool output_is_table(const char *name);

/*
 * Make an output into a buffer, which is borrowed. `fields` are copied; NULL: no --fields, which is
 * the reading view of passes for the columns and all that is known for the others.
 * Returns 0, -ENOENT (there is no output of that name), or -ENOMEM.
 */
int output_new(struct output **ret, const char *name, struct buffer *buffer,
	       const struct field_list *fields, const struct output_options *options);
/* Accepts NULL, returns NULL. Ends nothing: see output_end. */
struct output *output_free(struct output *output);

/*
 * Begin once, a call for each row, end once: each appends to the buffer. All return 0, or -ENOMEM where
 * it did not get all.
 */
int output_begin(struct output *output);
int output_row(struct output *output, const struct row *row);
int output_end(struct output *output);

/* The names of all outputs, best first; NULL when index is past the last. */
const char *output_name(size_t index);

/*
 * The list of fields, from their table: as plain text for --list-fields all of such rows, as
 * reStructuredText for the manual page those that no kind before it has. Return 0 or a negative errno.
 */
int output_field_help(FILE *stream, enum row_kind kind);
int output_field_reference(FILE *stream, enum row_kind kind);

#endif
