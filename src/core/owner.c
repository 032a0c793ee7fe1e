/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who has a socket open: see owner.h. */
#include "core/owner.h"

#include <stdlib.h>

static struct socket_owners *find_or_make(struct owners_table *table, uint64_t ino)
{
	struct socket_owners *owners;

	HASH_FIND(hh, table->by_ino, &ino, sizeof(ino), owners);
	if (owners)
		return owners;
	owners = calloc(1, sizeof(*owners));
	if (!owners)
		return NULL;
	owners->ino = ino;
	HASH_ADD(hh, table->by_ino, ino, sizeof(owners->ino), owners);
	if (!owners->hh.tbl) {
		free(owners);
		return NULL;
	}
	return owners;
}

static bool is_same(const struct process *a, const struct process *b)
{
	return a->pid == b->pid && a->start_time == b->start_time;
}

static bool add_process(struct socket_owners *owners, const struct process *process)
{
	struct process *processes;

	if (owners->count > 0 && is_same(&owners->processes[owners->count - 1], process))
		return true;
	processes = reallocarray(owners->processes, owners->count + 1, sizeof(*processes));
	if (!processes)
		return false;
	owners->processes = processes;
	processes[owners->count++] = *process;
	return true;
}

void owners_table_add(struct owners_table *table, uint64_t ino, const struct process *process)
{
	struct socket_owners *owners = table->count < MAX_OWNERS ? find_or_make(table, ino) : NULL;

	if (owners && add_process(owners, process))
		table->count++;
	else
		table->cut = true;
}

const struct socket_owners *owners_table_find(const struct owners_table *table, uint64_t ino)
{
	struct socket_owners *owners;

	HASH_FIND(hh, table->by_ino, &ino, sizeof(ino), owners);
	return owners;
}

void owners_table_clear(struct owners_table *table)
{
	struct socket_owners *owners, *next;

	HASH_ITER(hh, table->by_ino, owners, next) {
		HASH_DEL(table->by_ino, owners);
		free(owners->processes);
		free(owners);
	}
	*table = (struct owners_table){};
}
