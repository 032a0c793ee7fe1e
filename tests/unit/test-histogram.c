/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The histogram, held against the exact percentiles of the numbers that went into it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/histogram.h"

#define MANY 10000

static int compare(const void *one, const void *other)
{
	uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;

	return a < b ? -1 : a > b;
}

/* xorshift64: the same numbers each time. */
static uint64_t random_number(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* By the definition: the least number of which at least so many percent are no larger. */
static uint64_t exact_percentile(const uint64_t *sorted, size_t count, unsigned int percent)
{
	for (size_t i = 0; i < count; i++) {
		if ((i + 1) * 100 >= count * percent)
			return sorted[i];
	}
	return sorted[count - 1];
}

static void check(uint64_t *numbers, size_t count)
{
	struct histogram histogram = {};

	for (size_t i = 0; i < count; i++)
		histogram_add(&histogram, numbers[i]);
	assert_int_equal(histogram.count, count);
	qsort(numbers, count, sizeof(numbers[0]), compare);
	for (unsigned int percent = 0; percent <= 100; percent++) {
		uint64_t exact = exact_percentile(numbers, count, percent);
		uint64_t told = histogram_percentile(&histogram, percent);

		assert_true(told >= exact);
		assert_true(told - exact <= exact / HISTOGRAM_PARTS);
	}
}

static void test_any_magnitude(void **state)
{
	static uint64_t numbers[MANY];
	uint64_t random = 88172645463325252;

	for (size_t i = 0; i < MANY; i++)
		numbers[i] = random_number(&random) >> (random_number(&random) % 64);
	check(numbers, MANY);
}

static void test_few(void **state)
{
	uint64_t random = 362436069;

	for (size_t count = 1; count <= 200; count++) {
		uint64_t numbers[200];

		for (size_t i = 0; i < count; i++)
			numbers[i] = random_number(&random) % 1000000;
		check(numbers, count);
	}
}

/* A few that are slow, as latencies are. */
static void test_tail(void **state)
{
	static uint64_t numbers[MANY];

	for (size_t i = 0; i < MANY; i++)
		numbers[i] = i % 100 == 7 ? 250000000 + i : 9000 + i % 13;
	check(numbers, MANY);
}

static void test_small_numbers_are_exact(void **state)
{
	for (uint64_t number = 0; number < 32; number++) {
		struct histogram histogram = {};

		histogram_add(&histogram, number);
		assert_int_equal(histogram_percentile(&histogram, 50), number);
	}
}

/* Each bucket begins where the one before it ends, and the last one ends where numbers do. */
static void test_buckets_have_no_gaps(void **state)
{
	for (size_t i = 0; i + 1 < HISTOGRAM_BUCKETS; i++) {
		struct histogram histogram = {};

		histogram_add(&histogram, histogram_most(i));
		histogram_add(&histogram, histogram_most(i) + 1);
		assert_int_equal(histogram.buckets[i], 1);
		assert_int_equal(histogram.buckets[i + 1], 1);
	}
	assert_true(histogram_most(HISTOGRAM_BUCKETS - 1) == UINT64_MAX);
}

static void test_empty(void **state)
{
	const struct histogram histogram = {};

	assert_int_equal(histogram_percentile(&histogram, 99), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_magnitude),
		cmocka_unit_test(test_few),
		cmocka_unit_test(test_tail),
		cmocka_unit_test(test_small_numbers_are_exact),
		cmocka_unit_test(test_buckets_have_no_gaps),
		cmocka_unit_test(test_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
