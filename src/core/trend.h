/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whether a number grows, as it was at looks from time to time. What comes and goes makes it go up and down, so
 * the least counts: it grows where the least of the second quarter of the time, of the third and of the last
 * one are each larger than the one before. The first quarter is not asked: many things are opened at the begin.
 */
#ifndef FDPASS_CORE_TREND_H
#define FDPASS_CORE_TREND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* However long it lasts: then each is the least of several looks. */
#define TREND_SAMPLES 64

struct trend_sample {
	uint64_t time_ns;
	uint64_t least;
};

/* A zeroed one is empty. */
struct trend {
	struct trend_sample samples[TREND_SAMPLES];
	size_t count;
	uint32_t looks_per_sample; /* 0: as 1 */
	uint32_t looks_in_last;
};

enum trend_verdict {
	TREND_UNKNOWN = 0, /* there were too few looks */
	TREND_STEADY,
	TREND_GROWING,
};

void trend_add(struct trend *trend, uint64_t time_ns, uint64_t number);
/* Where it grows, `per_hour` is by how much, rounded; else 0. */
enum trend_verdict trend_judge(const struct trend *trend, uint64_t *per_hour);

#endif
