// SPDX-License-Identifier: GPL-2.0-or-later
/* Which passes are shown. */
#include "command/selection.h"

static bool is_traced(const struct process *process)
{
	return process->known && process->traced;
}

/* Is one of those traced who sent it, received it, or may receive it? */
static bool is_of_traced(const struct pass *pass)
{
	bool traced = is_traced(&pass->sender) || is_traced(&pass->receiver);

	for (size_t i = 0; i < pass->nr_owners; i++)
		traced |= is_traced(&pass->owners[i]);
	return traced;
}

bool selection_has(const struct selection *selection, const struct row *row)
{
	if (selection->traced && !is_of_traced(row->pass))
		return false;
	return filter_has(selection->filter, row);
}
