/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the rows of a trace go: in which output, to standard output or to the file of --to. */
#ifndef FDPASS_ROWS_H
#define FDPASS_ROWS_H

#include <stdbool.h>
#include <stdint.h>

#include "command/options.h"

struct rows;

/*
 * Open the file, if one is named. Returns 0, a negative errno, or -ECANCELED: the file cannot be
 * opened, which has been said.
 */
int rows_new(struct rows **ret, const struct options *options);
/* Accepts NULL, returns NULL. */
struct rows *rows_free(struct rows *rows);

/* Begin to write, with the privileges of now. Returns 0 or a negative errno. */
int rows_begin(struct rows *rows);
/*
 * Tell a row. It is written, or counted, later, however slow the reader is. Returns 0, or a negative
 * errno: -EPIPE where nobody reads any more.
 */
int rows_put(struct rows *rows, const struct row *row);
/* No more rows come for now: let those that there are be written. */
void rows_push(struct rows *rows);

/* Wait until no more than `most` bytes wait for the reader, however slow it is, or `stop` says yes. */
void rows_wait(struct rows *rows, size_t most, bool (*stop)(void *userdata), void *userdata);

/* What the rows are written to: to be polled for whoever reads it. Borrowed. */
int rows_fd(const struct rows *rows);
/* Polls readable once a write has failed. Borrowed. */
int rows_error_fd(const struct rows *rows);
/* The negative errno of the write that failed, or 0. */
int rows_error(const struct rows *rows);
/* What they are written to, for an error message. */
const char *rows_target(const struct rows *rows);

/*
 * End the output, and wait until all is written: but no longer than a reader takes something, than
 * a few seconds, and than `stop` says no. Returns 0 or the negative errno of a write.
 */
int rows_end(struct rows *rows, bool (*stop)(void *userdata), void *userdata);
/* Rows that were told and not written: too many waited, or rows_end() did not wait for them. */
uint64_t rows_unwritten(const struct rows *rows);

#endif
