/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A descriptor that lies in a queue now, or several that have something in common: what a row tells of it
 * besides the pass that it is so far.
 */
#ifndef FDPASS_CORE_QUEUED_H
#define FDPASS_CORE_QUEUED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/field.h"
#include "core/pass.h"

/* A descriptor of a process that leads to a socket. */
struct holder {
	uint64_t ino; /* of the socket */
	uint64_t fd_limit; /* RLIMIT_NOFILE of the process */
	int32_t fd;
	struct process process;
};

/* Of one socket. Borrowed. */
struct holders {
	const struct holder *first;
	size_t count;
};

/* What keeps the receiving socket. */
enum queue_keeper {
	KEEPER_NONE = 0, /* nothing that was found: a loop, or the kernel itself */
	KEEPER_PROCESS, /* it is open */
	KEEPER_BACKLOG, /* it waits to be accepted */
	KEEPER_MESSAGE, /* it lies in a queue itself */
	NR_QUEUE_KEEPERS
};

enum queued_change {
	QUEUED_UNCHANGED = 0,
	QUEUED_NEW,
	QUEUED_CHANGED, /* of several: not as many as before, or not the same */
	QUEUED_GONE,
	NR_QUEUED_CHANGES
};

#define QUEUED_UID_UNKNOWN UINT32_MAX

struct queued {
	uint64_t sock; /* which receiving socket; 0: several */
	enum queue_keeper keeper;
	uint64_t
		keeper_ino; /* of the listener, or of the socket in whose queue it lies; 0: not known */
	bool of_one; /* false: several descriptors, and none of position, length, message_fds is known */
	uint32_t position; /* of the message, from 0 */
	uint32_t length; /* of the queue; 0: several queues */
	uint32_t message_fds; /* descriptors of the message */
	bool changed; /* the queue did not keep still while it was read */
	struct holders holders; /* of the receiving socket, or of the listener */
	struct holders sender_holders; /* of the sending socket */
	uint32_t uid; /* of the sender; QUEUED_UID_UNKNOWN */
	uint64_t in_flight; /* of that user in all queues */
	uint64_t fd_limit; /* least RLIMIT_NOFILE of the user's who can send there; 0: not known */
	uint64_t age_ns; /* 0: not known */
	/* Of several: how many. */
	uint64_t descriptors, messages, sockets;
	enum queued_change change;
};

/* What rows of this kind have besides the fields of a pass. */
extern const struct field queued_field_table[];
extern const size_t nr_queued_fields;

#endif
