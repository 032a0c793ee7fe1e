/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What of a filter the kernel side can decide: conditions on who sends and who receives. Every row
 * that the filter has satisfies all of them; others may as well, and are sorted out in user space.
 */
#ifndef FDPASS_FILTER_KERNEL_H
#define FDPASS_FILTER_KERNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "core/filter.h"
#include "event.h"

/* More than these are left to user space. */
#define FILTER_KERNEL_CONDITIONS 8
#define FILTER_KERNEL_VALUES 16

enum filter_kernel_key {
	FILTER_KERNEL_PID,
	FILTER_KERNEL_UID,
	FILTER_KERNEL_COMM,
};

/* Bits. */
enum filter_kernel_side {
	FILTER_KERNEL_SENDER = 1 << 0,
	FILTER_KERNEL_RECEIVER = 1 << 1,
	FILTER_KERNEL_EITHER = FILTER_KERNEL_SENDER | FILTER_KERNEL_RECEIVER,
};

/*
 * One of these sides has one of these values; if negated, none of these sides has any of them. A
 * side of which nothing is known has none.
 */
struct filter_kernel_condition {
	uint8_t key; /* enum filter_kernel_key */
	uint8_t sides; /* enum filter_kernel_side */
	uint8_t negated;
	uint8_t count;
	union {
		uint32_t numbers[FILTER_KERNEL_VALUES];
		char comms[FILTER_KERNEL_VALUES][EVENT_COMM_LEN]; /* NULs up to the end */
	};
};

/* All must hold. Of a fixed layout: it can be a constant of the kernel side. */
struct filter_kernel {
	uint32_t count;
	struct filter_kernel_condition conditions[FILTER_KERNEL_CONDITIONS];
};

void filter_kernel(const struct filter *filter, struct filter_kernel *ret);

#endif
