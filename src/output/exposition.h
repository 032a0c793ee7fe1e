/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Metrics as the text that Prometheus reads: its exposition format, version 0.0.4. */
#ifndef FDPASS_OUTPUT_EXPOSITION_H
#define FDPASS_OUTPUT_EXPOSITION_H

#include "core/metrics.h"

#define EXPOSITION_TYPE "text/plain; version=0.0.4; charset=utf-8"

struct buffer;

/* What is told besides what was counted. */
struct exposition_state {
	const char *way; /* to attach */
	uint64_t messages_in_flight;
};

/* Append all. Returns 0 or -ENOMEM. */
int exposition_write(struct buffer *buffer, const struct metrics *metrics,
		     const struct exposition_state *state);

#endif
