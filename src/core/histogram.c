// SPDX-License-Identifier: GPL-2.0-or-later
/* How numbers are distributed: see histogram.h. */
#include "core/histogram.h"

/* log2(HISTOGRAM_PARTS) */
#define PART_BITS 4

_Static_assert(HISTOGRAM_PARTS == 1 << PART_BITS, "the upper bits of a number are its bucket");

/* The bits of a number but for its upper five, and those, of which the first one is set. */
static size_t bucket_of(uint64_t number)
{
	unsigned int shift;

	if (number < HISTOGRAM_PARTS)
		return (size_t)number;
	shift = 63 - PART_BITS - (unsigned int)__builtin_clzll(number);
	return shift * HISTOGRAM_PARTS + (size_t)(number >> shift);
}

void histogram_add(struct histogram *histogram, uint64_t number)
{
	histogram->buckets[bucket_of(number)]++;
	histogram->count++;
}

uint64_t histogram_most(size_t bucket)
{
	size_t shift = bucket < HISTOGRAM_PARTS ? 0 : bucket / HISTOGRAM_PARTS - 1;
	uint64_t upper = bucket - shift * HISTOGRAM_PARTS;

	return (upper << shift) + ((UINT64_C(1) << shift) - 1);
}

uint64_t histogram_percentile(const struct histogram *histogram, unsigned int percent)
{
	/* Rounded up; a rank of 2^64 / 100 and more is not reached in a lifetime. */
	uint64_t rank = (histogram->count * percent + 99) / 100, below = 0;

	if (histogram->count == 0)
		return 0;
	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
		below += histogram->buckets[i];
		if (below > 0 && below >= rank)
			return histogram_most(i);
	}
	return UINT64_MAX;
}
