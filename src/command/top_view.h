/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What fdpass top shows on a terminal: two lines about all, and a table of rows that can be scrolled; and what is
 * asked for by keys.
 */
#ifndef FDPASS_TOP_VIEW_H
#define FDPASS_TOP_VIEW_H

#include "command/options.h"

struct top_view;

enum top_wish {
	TOP_NOTHING, /* more than the view did by itself */
	TOP_QUIT,
	TOP_SORT, /* by the next number */
	TOP_PAUSE, /* or go on */
	TOP_FILTER, /* as top_view_filter() tells */
	TOP_REDRAW,
	NR_TOP_WISHES
};

/*
 * Where rows can be shown on a terminal, with the privileges of now. Returns 1, or 0 where they cannot, and has said
 * why if that is not plain, or a negative errno.
 */
int top_view_new(struct top_view **ret, const struct options *options);
/* Accepts NULL, returns NULL. */
struct top_view *top_view_free(struct top_view *view);

/* Take the terminal, and give it back. */
void top_view_begin(struct top_view *view);
void top_view_end(struct top_view *view);

/* Begin what is shown, with the lines about all; a call for each row; then show it. */
int top_view_begin_rows(struct top_view *view, const char *about, const char *note);
int top_view_row(struct top_view *view, const struct row *row);
void top_view_show(struct top_view *view);

/* Polls readable when there is something for top_view_read(). Borrowed. */
int top_view_fd(const struct top_view *view);
/* Take the keys that were pressed, up to the first that is a wish. */
enum top_wish top_view_read(struct top_view *view);
/* The expression that was typed. Borrowed. */
const char *top_view_filter(const struct top_view *view);

#endif
