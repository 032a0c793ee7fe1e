// SPDX-License-Identifier: GPL-2.0-or-later
/* Which passes are shown. */
#include "command/selection.h"

#include <string.h>

static bool list_has(const struct number_list *list, uint32_t number)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->numbers[i] == number)
			return true;
	}
	return false;
}

static bool has_pid(const struct selection *selection, const struct process *process)
{
	return list_has(&selection->pids, process->pid);
}

static bool has_uid(const struct selection *selection, const struct process *process)
{
	return list_has(&selection->uids, process->uid);
}

static bool has_comm(const struct selection *selection, const struct process *process)
{
	for (size_t i = 0; i < selection->comms.count; i++) {
		if (strcmp(selection->comms.names[i], process->comm) == 0)
			return true;
	}
	return false;
}

static bool has_traced(const struct selection *selection, const struct process *process)
{
	(void)selection;
	return process->traced;
}

static bool either_side(const struct selection *selection, const struct pass *pass,
			bool (*condition)(const struct selection *selection,
					  const struct process *process))
{
	return (pass->sender.known && condition(selection, &pass->sender)) ||
	       (pass->receiver.known && condition(selection, &pass->receiver));
}

bool selection_has(const struct selection *selection, const struct pass *pass)
{
	if (selection->sender_pid != 0 &&
	    !(pass->sender.known && pass->sender.pid == selection->sender_pid))
		return false;
	if (selection->pids.count > 0 && !either_side(selection, pass, has_pid))
		return false;
	if (selection->uids.count > 0 && !either_side(selection, pass, has_uid))
		return false;
	if (selection->comms.count > 0 && !either_side(selection, pass, has_comm))
		return false;
	return !selection->traced || either_side(selection, pass, has_traced);
}
