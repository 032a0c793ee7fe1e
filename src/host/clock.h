/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The clocks: events have CLOCK_MONOTONIC, rows tell the time of day. */
#ifndef FDPASS_CLOCK_H
#define FDPASS_CLOCK_H

#include <stdint.h>

#define NSEC_PER_SEC UINT64_C(1000000000)
#define NSEC_PER_MSEC UINT64_C(1000000)

/* CLOCK_MONOTONIC now. */
uint64_t clock_monotonic_ns(void);

/* CLOCK_REALTIME - CLOCK_MONOTONIC now. It changes when the time of day is set. */
int64_t clock_realtime_offset_ns(void);

/* Read the time zone's file, once, while it can be opened. */
void clock_load_zone(void);
/* Seconds east of UTC of the local time at a moment, in seconds since the epoch. */
int32_t clock_utc_offset(void *userdata, int64_t seconds);

/* A timerfd of CLOCK_MONOTONIC. 0 and 0: it never expires. Returns 0 or a negative errno; the caller
 * closes *ret, which is -1 or a descriptor. */
int clock_new_timer(int *ret, uint64_t first_ns, uint64_t interval_ns);

#endif
