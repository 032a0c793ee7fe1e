/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the queues of all unix sockets. */
#ifndef FDPASS_HOST_QUEUE_READER_H
#define FDPASS_HOST_QUEUE_READER_H

#include <stdint.h>

#include "core/queues.h"
#include "host/state.h"

/* What was not told, or not all of one moment. */
struct queue_reader_misses {
	uint64_t changed; /* queues that did not keep still, however often they were read */
	uint64_t cut; /* queues with more messages than are looked at */
	uint64_t unread; /* messages that could not be described */
};

/*
 * Fill the queues, which are empty: those that processes have open, those that iterators over sockets tell,
 * and, from there, those that wait in backlogs or lie in messages, to any depth. Returns 0 or a negative errno.
 */
int queue_reader_read(struct state *state, struct queues *queues,
		      struct queue_reader_misses *misses);

#endif
