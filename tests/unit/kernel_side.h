/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a kernel side makes of struct filter_kernel, once both sides of a pass are known. */
#ifndef FDPASS_TEST_KERNEL_SIDE_H
#define FDPASS_TEST_KERNEL_SIDE_H

#include <string.h>

#include "core/filter_kernel.h"

static inline bool kernel_side_equal(const struct filter_kernel_condition *condition, size_t i,
				     const struct process *process)
{
	switch (condition->key) {
	case FILTER_KERNEL_PID:
		return condition->numbers[i] == process->pid;
	case FILTER_KERNEL_UID:
		return condition->numbers[i] == process->uid;
	default:
		return strncmp(condition->comms[i], process->comm, EVENT_COMM_LEN) == 0;
	}
}

static inline bool kernel_side_has(const struct filter_kernel_condition *condition,
				   const struct process *process)
{
	for (size_t i = 0; process->known && i < condition->count; i++) {
		if (kernel_side_equal(condition, i, process))
			return true;
	}
	return false;
}

/* The kernel side keeps the events of this pass. */
static inline bool kernel_side_keeps(const struct filter_kernel *kernel, const struct pass *pass)
{
	for (uint32_t i = 0; i < kernel->count; i++) {
		const struct filter_kernel_condition *condition = &kernel->conditions[i];
		bool holds = (condition->sides & FILTER_KERNEL_SENDER &&
			      kernel_side_has(condition, &pass->sender)) ||
			     (condition->sides & FILTER_KERNEL_RECEIVER &&
			      kernel_side_has(condition, &pass->receiver));

		if (holds == condition->negated)
			return false;
	}
	return true;
}

#endif
