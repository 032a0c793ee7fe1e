/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A pass: one descriptor of one message, from its sender to its receiver or to its loss. One row
 * of the output. The join makes passes of events; kinds, users and outputs fill or read them.
 *
 * What is not known has a value that says so (named at each member), and is left out of the row.
 */
#ifndef FDPASS_PASS_H
#define FDPASS_PASS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"

enum outcome {
	OUTCOME_UNKNOWN = 0,
	OUTCOME_DELIVERED,
	OUTCOME_PEEKED,
	OUTCOME_LOST,
	OUTCOME_FAILED,
	OUTCOME_PENDING,
	NR_OUTCOMES,
};

/* Which of a process there is to tell. */
enum process_scope {
	PROCESS_ONE = 0, /* all that is known of it */
	PROCESS_OF_NAME, /* it stands for all with its comm: that alone */
	PROCESS_OF_CONTAINER, /* for all in its container */
};

/* Begins with what the event tells. */
struct process {
	struct event_task;
	enum process_scope scope;
	bool known; /* false: no member is */
	bool traced; /* descends from the tracer: fdpass -- COMMAND */
};

static inline bool process_is_one(const struct process *process)
{
	return process->known && process->scope == PROCESS_ONE;
}

/* One side of a pass: a socket and a descriptor in a process. */
struct endpoint {
	uint64_t socket_ino; /* 0: not known */
	int32_t sockfd; /* -1: none (io_uring); ENDPOINT_FD_UNKNOWN */
	int32_t fd; /* ENDPOINT_FD_UNKNOWN: not known; the number is as given where a send failed */
};

#define ENDPOINT_FD_UNKNOWN INT32_MIN

/* pass.via of what is no single pass, and has not gone in any of the ways that passes go. */
#define PASS_NO_VIA UINT16_MAX

/* The open file description that passed. Begins with what the event tells. */
struct file {
	struct event_file;
	bool known; /* false: no member but address and fd is */
	uint64_t identity; /* of the open file description, see core/identity.h; 0: not known */
	/* Raw bytes, NUL-terminated; NULL: no name. "name" alone where it is pseudo. Borrowed. */
	const char *path;
	/* What else the kernel side told, as it is in the record; NULL: nothing. Borrowed. */
	const struct event_section *detail;
};

struct pass {
	uint64_t time_ns; /* CLOCK_MONOTONIC, when the message was sent; 0: not known */
	/* CLOCK_REALTIME - CLOCK_MONOTONIC when its first event was told: one for all rows of the pass. */
	int64_t realtime_offset_ns;
	uint64_t done_ns; /* when its outcome was known; 0: not known */
	/*
	 * The number that `id` is made of; unique within a trace. The kernel side's, or, with the top
	 * bit set, one of the join's own, where the kernel side cannot tell.
	 */
	uint64_t message;
	uint32_t index; /* of the descriptor in the message, from 0 */
	uint16_t via; /* enum event_via */
	struct process sender;
	struct process receiver;
	struct endpoint from;
	struct endpoint to;
	uint16_t socket_type; /* SOCK_*; 0: not known */
	uint16_t socket_path_len; /* 0: not bound, at either end */
	char socket_path[EVENT_SUN_PATH]; /* sun_path as it is: an abstract name begins with NUL */
	struct file file;
	enum outcome outcome;
	enum event_fate fate; /* when lost: why */
	/* When lost for EMFILE: the receiver's descriptors then, and its RLIMIT_NOFILE; 0: not told. */
	uint64_t receiver_fds, receiver_fds_limit;
	int error; /* when failed: the positive errno; 0: not known */
	bool more_named; /* when failed: the message named more descriptors than one can carry */
	int8_t cloexec; /* in the receiver: 1, 0; -1: not known */
	/* When pending: who has the receiving socket open. One is the receiver, of several any may be. */
	const struct process *owners; /* borrowed */
	size_t nr_owners;
};

/* Nanoseconds from sent to received or lost. False: not known, or it went without a message. */
bool pass_latency(const struct pass *pass, uint64_t *ret);

/* A copy, with all that it borrows; the caller frees it. NULL: no memory. */
struct pass *pass_dup(const struct pass *pass);

#endif
