/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How numbers are distributed, in bounded memory whatever they are and however many: they are counted in buckets
 * that grow with the number, 16 between a power of two and the next. Numbers below 32 have one each.
 */
#ifndef FDPASS_CORE_HISTOGRAM_H
#define FDPASS_CORE_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

/* A bucket is as wide as its least number, divided by this. */
#define HISTOGRAM_PARTS 16
/* The powers of two from 16 to 2^63 have 16 each, and so do the numbers below. */
#define HISTOGRAM_BUCKETS (HISTOGRAM_PARTS * 61)

/* A zeroed one is empty. */
struct histogram {
	uint64_t count; /* of all */
	uint64_t buckets[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *histogram, uint64_t number);

/* The largest number that is counted in this bucket. */
uint64_t histogram_most(size_t bucket);

/*
 * The number that so many percent are at most, and one of them is (nearest rank): the largest that its bucket
 * can have, so no less than it is, and by less than a sixteenth more. 0 where it is empty.
 */
uint64_t histogram_percentile(const struct histogram *histogram, unsigned int percent);

#endif
