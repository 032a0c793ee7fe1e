/* SPDX-License-Identifier: GPL-2.0-only OR GPL-2.0-or-later */
/*
 * The parameters of the gadget, which ig sets before it loads the object. They are not used in the
 * kernel: to leave out a sender is to leave its receiver without one, so the module does it, which
 * knows both.
 */
#ifndef FDPASS_GADGET_PARAMS_BPF_H
#define FDPASS_GADGET_PARAMS_BPF_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <bpf/bpf_helpers.h>

#include "gadget/row.h"

/* ig looks for the names of global variables; nothing reads them. */
#define PARAM(name) const void *gadget_param_##name

/* In the order of struct gadget_params, which is how the module reads them. */
#define IN_PARAMS SEC(".rodata.params")

const volatile __s32 target_pid IN_PARAMS = 0;
const volatile gadget_pid targ_pid IN_PARAMS = 0;
const volatile gadget_tid targ_tid IN_PARAMS = 0;
const volatile gadget_uid targ_uid IN_PARAMS = -1;
const volatile gadget_gid targ_gid IN_PARAMS = -1;
const volatile gadget_comm targ_comm[GADGET_COMM_LEN] IN_PARAMS = {};
PARAM(target_pid);
PARAM(targ_pid);
PARAM(targ_tid);
PARAM(targ_uid);
PARAM(targ_gid);
PARAM(targ_comm);

/* What no program refers to is not loaded, and the module could not read it. */
static __always_inline void keep_params(void)
{
	(void)target_pid;
}

#endif
