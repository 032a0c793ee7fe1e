/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which rows the parameters of the gadget ask for: they tell of the sender, as ig's own do. */
#ifndef FDPASS_GADGET_PARAMS_H
#define FDPASS_GADGET_PARAMS_H

#include <stdbool.h>
#include <string.h>

#include "core/pass.h"
#include "gadget/row.h"

static inline bool params_want_any(const struct gadget_params *params)
{
	return params->target_pid == 0 && params->targ_pid == 0 && params->targ_tid == 0 &&
	       params->targ_uid == (__u32)-1 && params->targ_gid == (__u32)-1 &&
	       params->targ_comm[0] == '\0';
}

/* A sender that is not known is nobody's that is asked for. */
static inline bool params_want(const struct gadget_params *params, const struct process *sender)
{
	if (params_want_any(params))
		return true;
	return sender->known &&
	       (params->target_pid == 0 || (__u32)params->target_pid == sender->pid) &&
	       (params->targ_pid == 0 || params->targ_pid == sender->pid) &&
	       (params->targ_tid == 0 || params->targ_tid == sender->tid) &&
	       (params->targ_uid == (__u32)-1 || params->targ_uid == sender->uid) &&
	       (params->targ_gid == (__u32)-1 || params->targ_gid == sender->gid) &&
	       (params->targ_comm[0] == '\0' ||
		strncmp(params->targ_comm, sender->comm, sizeof(params->targ_comm)) == 0);
}

#endif
