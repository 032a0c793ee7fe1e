/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which processes have a socket open, as a sweep was told. */
#ifndef FDPASS_CORE_OWNER_H
#define FDPASS_CORE_OWNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "core/pass.h"

/* Processes that are kept, of all sockets together: some megabytes. */
#define MAX_OWNERS 32768

struct socket_owners {
	UT_hash_handle hh;
	uint64_t ino;
	size_t count, room;
	struct process *processes;
};

struct owners_table {
	struct socket_owners *by_ino;
	size_t count; /* processes, of all sockets */
	bool cut; /* there were more, or no memory: nobody is known to be the only one */
};

/* One that is told again is kept once: the descriptors of a process come one after the other. */
void owners_table_add(struct owners_table *table, uint64_t ino, const struct process *process);
/* NULL: nobody is known. */
const struct socket_owners *owners_table_find(const struct owners_table *table, uint64_t ino);
void owners_table_clear(struct owners_table *table);

#endif
