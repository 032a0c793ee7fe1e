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

static bool make_room(struct socket_owners *owners)
{
	size_t room = owners->room ? 2 * owners->room : 1;
	struct process *processes;

	if (owners->count < owners->room)
		return true;
	processes = reallocarray(owners->processes, room, sizeof(*processes));
	if (!processes)
		return false;
	owners->processes = processes;
	owners->room = room;
	return true;
}

/* Is it the one that was added last? */
static bool has_last(const struct socket_owners *owners, const struct process *process)
{
	const struct process *last;

	if (owners->count == 0)
		return false;
	last = &owners->processes[owners->count - 1];
	return last->pid == process->pid && last->start_time == process->start_time;
}

void owners_table_add(struct owners_table *table, uint64_t ino, const struct process *process)
{
	struct socket_owners *owners = find_or_make(table, ino);

	if (owners && has_last(owners, process))
		return;
	if (!owners || table->count == MAX_OWNERS || !make_room(owners)) {
		table->cut = true;
		return;
	}
	owners->processes[owners->count++] = *process;
	table->count++;
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
