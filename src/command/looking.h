/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the commands that look at what there is now have in common: their begin, their rows, their end. */
#ifndef FDPASS_LOOKING_H
#define FDPASS_LOOKING_H

#include <stdbool.h>
#include <stdint.h>

#include "command/options.h"
#include "command/rows.h"
#include "core/field.h"
#include "host/queue_reader.h"
#include "host/state.h"
#include "host/user.h"

struct looking {
	const struct options *options;
	struct users *users;
	struct state *state;
	struct rows *rows;
	struct resolver resolver;
	int signal_fd;
	bool stopped; /* by a signal */
};

/* A zeroed one, but for the options: looking_free() can be called on it in any case. */
#define LOOKING_INIT(given)                                                                        \
	{                                                                                          \
		.options = (given), .signal_fd = -1                                                \
	}

/*
 * Open all that takes privileges and give them up. Returns STATUS_OK or STATUS_CANNOT, and has said why.
 */
int looking_begin(struct looking *looking);
void looking_free(struct looking *looking);

/* The row is one of those that the options choose. */
bool looking_selects(const struct looking *looking, const struct row *row);
/* Tell a row. Waits for a slow reader. Returns 0, a negative errno, or -ECANCELED: a signal came. */
int looking_show(struct looking *looking, const struct row *row);
/* Has a signal come that ends it? `looking` is a struct looking. */
bool looking_must_stop(void *looking);
/*
 * All rows were told, or `error` has ended that. Returns 0, or a negative errno of which nothing more is to be
 * told than looking_say_error() does; -EPIPE and -ECANCELED are no errors.
 */
int looking_end(struct looking *looking, int error);
/* Returns STATUS_CANNOT. */
int looking_say_error(const struct looking *looking, int error);

/* What could not be read of queues: "; 2 queues changed each time that they were read". */
void looking_print_misses(const struct looking *looking, const struct queue_reader_misses *misses,
			  FILE *stream);
/* How much that was. */
uint64_t looking_missed(const struct looking *looking, const struct queue_reader_misses *misses);

#endif
