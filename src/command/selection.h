/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which passes are shown: --target_pid, --pid, --comm, --uid and `-- COMMAND`. */
#ifndef FDPASS_SELECTION_H
#define FDPASS_SELECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/pass.h"

#define NUMBER_LIST_MAX 64

struct number_list {
	size_t count; /* 0: no condition */
	uint32_t numbers[NUMBER_LIST_MAX];
};

#define NAME_LIST_MAX 64

struct name_list {
	size_t count; /* 0: no condition */
	char names[NAME_LIST_MAX][EVENT_COMM_LEN];
};

/* Each condition that is set must hold. One about either side holds where one of both is known so. */
struct selection {
	uint64_t sender_pid; /* 0: any */
	struct number_list pids; /* either side */
	struct number_list uids; /* either side */
	struct name_list comms; /* either side */
	bool traced; /* either side descends from this process */
};

bool selection_has(const struct selection *selection, const struct pass *pass);

#endif
