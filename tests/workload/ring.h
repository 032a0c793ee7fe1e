/* SPDX-License-Identifier: GPL-2.0-or-later */
/* io_uring by its system calls: as much as one request at a time needs. */
#ifndef WORKLOAD_RING_H
#define WORKLOAD_RING_H

#include <linux/io_uring.h>

#include "stage.h"

struct ring {
	int fd;
	struct io_uring_params parameters;
	void *submissions; /* the mapped queues */
	void *completions;
	struct io_uring_sqe *entries;
};

/* Flags: IORING_SETUP_*. Skips the scenario where the kernel has no io_uring, or not like that. */
void ring_open(struct ring *ring, struct actor *me, unsigned int flags);
/* Clear the next request, and return it to be filled in. */
struct io_uring_sqe *ring_next(struct ring *ring);
/* Submit it. Returns 0 or a negative errno. */
int ring_submit(struct ring *ring);
/* Wait for a completion and take it. Returns 0 or a negative errno. */
int ring_wait(struct ring *ring, struct io_uring_cqe *ret);
/* Submit, wait, and return the result. */
int ring_run(struct ring *ring);
/* Register a table of one descriptor (-1: an empty place). Returns 0 or a negative errno. */
int ring_register_file(const struct ring *ring, int fd);

#endif
