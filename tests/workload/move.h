/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A supervisor that puts a descriptor into the process that it supervises. */
#ifndef WORKLOAD_MOVE_H
#define WORKLOAD_MOVE_H

#include <stdbool.h>

#include "stage.h"

struct addition {
	uint32_t flags; /* SECCOMP_ADDFD_FLAG_* */
	uint32_t new_flags; /* O_CLOEXEC or none */
	unsigned int others; /* notifications that wait before the one that is answered */
	bool absent; /* the request lies where only the kernel proper can read it */
	uint32_t leeway;
};

/* An actor_fn: its argument is a struct addition. */
void play_addition(struct actor *me, const void *addition);

#endif
