/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A line of text in columns, written from left to right: what both views of the columns are made
 * of.
 *
 * libsmartcols does not serve here: rows must come out one at a time, and on a terminal that is too
 * narrow its scols_table_print_range() fits the widths anew to the lines that it has at each call,
 * so the columns of one row do not stand under those of the row before (2.38: seen); nor does it
 * mark what it cut.
 */
#ifndef FDPASS_OUTPUT_LINE_H
#define FDPASS_OUTPUT_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "output/buffer.h"

enum line_align {
	LINE_LEFT,
	LINE_RIGHT,
};

/* What is left out of a text that is wider than its cell. */
enum line_cut {
	LINE_CUT_NONE, /* nothing: it takes the room of the next cell, which shifts */
	LINE_CUT_END,
	LINE_CUT_BEGIN, /* of a path: the file's name is at its end */
	LINE_CUT_MIDDLE, /* what differs is at the begin, or at the end */
};

/* A text that is printable as it is (see text_escape), and how it is shown. */
struct cell {
	const char *text;
	size_t size;
	enum line_align align;
	enum line_cut cut;
	const char *color; /* the parameters of an SGR sequence ("31"); NULL: as it comes */
};

struct line {
	struct buffer *buffer;
	const char *dots; /* stands for what was cut; one column wide */
	int start; /* where the next cell begins */
	int end; /* where the text that was written so far ends */
};

/* The columns that a text takes on a terminal. */
int line_text_width(const char *text, size_t size);

/* The bytes at the begin of a text that fit into `room` columns. */
size_t line_fit(const char *text, size_t size, int room);

/*
 * Write a cell of `width` columns, `gap` columns after the one before. Blanks are written when text
 * follows them, so a line has none at its end.
 */
void line_put(struct line *line, int gap, int width, const struct cell *cell);
/* End the line. */
void line_end(struct line *line);

#endif
