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

/* Why a descriptor was lost. A failed send has an errno instead. */
enum loss {
	LOSS_UNKNOWN = 0,
	LOSS_TRUNCATED,
	LOSS_EMFILE,
	LOSS_DENIED,
	LOSS_UNREAD,
	LOSS_READ,
	LOSS_GC,
	NR_LOSSES,
};

struct process {
	bool known; /* false: no member is */
	bool traced; /* descends from the tracer: fdpass -- COMMAND */
	uint32_t pid;
	uint32_t tid;
	uint32_t nspid; /* equal to pid in the initial pid namespace */
	uint32_t uid;
	uint32_t gid;
	uint32_t parent_pid; /* 0: not known */
	uint64_t mntns_id; /* 0: not known */
	char comm[EVENT_COMM_LEN + 1];
	char parent_comm[EVENT_COMM_LEN + 1];
};

/* One side of a pass: a socket and a descriptor in a process. */
struct endpoint {
	uint64_t socket_ino; /* 0: not known */
	int32_t sockfd; /* -1: none (io_uring); ENDPOINT_FD_UNKNOWN */
	int32_t fd; /* ENDPOINT_FD_UNKNOWN: not known; the number is as given where a send failed */
};

#define ENDPOINT_FD_UNKNOWN INT32_MIN

/* The open file description that passed. Owned by the pass that it is in. */
struct file {
	bool known; /* false: no member but address and generation is */
	uint64_t address; /* 0: not known */
	uint64_t identity; /* of the open file description, see core/identity.h; 0: not known */
	uint32_t generation; /* as in event.h */
	uint32_t inode_generation;
	uint64_t ino;
	uint64_t detail;
	uint32_t dev; /* MAJOR << 20 | MINOR, as in event.h */
	uint32_t magic;
	uint32_t open_flags;
	uint32_t mode;
	uint8_t flags; /* EVENT_FILE_* */
	char *path; /* raw bytes, NUL-terminated; NULL: no name. "name" alone where it is pseudo */
};

struct pass {
	uint64_t time_ns; /* CLOCK_MONOTONIC, when the message was sent; 0: not known */
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
	enum loss loss; /* when lost */
	int error; /* when failed: the positive errno; 0: not known */
	int8_t cloexec; /* in the receiver: 1, 0; -1: not known */
};

#endif
