/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the commands that trace have in common: their begin, the loop in which events become passes, their
 * end, and what was lost. What becomes of the passes is the command's.
 */
#ifndef FDPASS_TRACING_H
#define FDPASS_TRACING_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "command/options.h"
#include "command/parties.h"
#include "command/rows.h"
#include "command/summary.h"
#include "core/join.h"
#include "host/child.h"
#include "host/tracer.h"

/* What a command does. A negative errno ends the trace. */
struct tracing_sink {
	/* The trace has begun, the privileges are dropped, and what it finds will be told. NULL: rows_begin() is all. */
	int (*begin)(void *userdata);
	/* A pass. -ECANCELED: it was the last one that is wanted, and nothing more of them is told. */
	int (*pass)(void *userdata, const struct row *row);
	/* Some time has gone by, and what happened in it was told as far as it is known. NULL: nothing is done. */
	int (*tick)(void *userdata);
	/* `input_fd` polls readable. */
	int (*input)(void *userdata);
	/* The loop has ended, however it did; passes are told until `end`. NULL: as above. */
	void (*stop)(void *userdata);
	/* All passes were told; the rows end when it returns. NULL: as above. */
	int (*end)(void *userdata);
	/* What the last line tells before it tells what was lost. */
	void (*print_summary)(void *userdata, FILE *stream);
	bool finds_kept; /* it calls tracer_kept() */
};

struct tracing {
	const struct options *options;
	const struct tracing_sink *sink;
	void *userdata; /* of the sink */
	struct parties *parties;
	struct child *child; /* NULL: no COMMAND */
	struct tracer *tracer;
	struct join *join;
	struct rows *rows;
	struct losses losses;
	sigset_t inherited_mask; /* of signals, for the command */
	uint64_t nr_looks;
	int epoll_fd;
	int signal_fd;
	int look_fd;
	int timeout_fd;
	int input_fd; /* of the sink; -1: none */
	bool quiet; /* until the loop ends: the sink itself shows what is lost */
	bool cannot_sweep;
	bool asked; /* for the owners of some socket */
	bool warned; /* events were lost since the reading before this one */
	bool warned_of_rows; /* rows were left out */
	bool ending; /* at the next look */
	bool ended;
	bool full; /* no more passes are wanted */
};

/* A zeroed one, but for who uses it. */
#define TRACING_INIT(given_options, given_sink, given_userdata)                                    \
	{                                                                                          \
		.options = (given_options), .sink = (given_sink), .userdata = (given_userdata),    \
		.epoll_fd = -1, .signal_fd = -1, .look_fd = -1, .timeout_fd = -1, .input_fd = -1   \
	}

/* Trace, from the begin to the end. Returns an exit status, and has said all there is to say. */
int tracing_run(struct tracing *tracing);

#endif
