/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether a number grows: what is made of it at each look. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/trend.h"

#define SECOND UINT64_C(1000000000)

/* A look each second. */
static enum trend_verdict judge(uint64_t (*number)(uint64_t second), uint64_t seconds,
				uint64_t *per_hour)
{
	struct trend trend = {};

	for (uint64_t second = 0; second < seconds; second++)
		trend_add(&trend, 1000 * SECOND + second * SECOND, number(second));
	return trend_judge(&trend, per_hour);
}

static uint64_t three_a_second(uint64_t second)
{
	return 3 * second;
}

static uint64_t one_in_ten_seconds(uint64_t second)
{
	return 7 + second / 10;
}

static uint64_t all_at_the_begin(uint64_t second)
{
	return second == 0 ? 20 : 50;
}

static uint64_t up_and_down(uint64_t second)
{
	return 100 + 7 * second % 20;
}

/* Larger and larger, and each time they are all closed. */
static uint64_t in_batches(uint64_t second)
{
	return second % 5 ? 10 * second : 0;
}

static uint64_t up_and_down_and_leaks(uint64_t second)
{
	return up_and_down(second) + second;
}

static uint64_t fewer(uint64_t second)
{
	return 1000 - second;
}

static void test_too_few_looks(void **state)
{
	uint64_t per_hour = 1;

	assert_int_equal(judge(three_a_second, 0, &per_hour), TREND_UNKNOWN);
	assert_int_equal(judge(three_a_second, 1, &per_hour), TREND_UNKNOWN);
	assert_int_equal(judge(three_a_second, 3, &per_hour), TREND_UNKNOWN);
	assert_int_equal(per_hour, 0);
	assert_int_equal(judge(three_a_second, 4, &per_hour), TREND_GROWING);
}

static void test_grows(void **state)
{
	uint64_t per_hour;

	for (uint64_t seconds = 4; seconds < 300; seconds++) {
		assert_int_equal(judge(three_a_second, seconds, &per_hour), TREND_GROWING);
		assert_int_equal(per_hour, 3 * 3600);
	}
	assert_int_equal(judge(one_in_ten_seconds, 3600, &per_hour), TREND_GROWING);
	assert_in_range(per_hour, 355, 365);
	assert_int_equal(judge(up_and_down_and_leaks, 1200, &per_hour), TREND_GROWING);
	assert_in_range(per_hour, 3500, 3700);
}

static void test_does_not_grow(void **state)
{
	uint64_t per_hour;

	for (uint64_t seconds = 8; seconds < 300; seconds++) {
		assert_int_equal(judge(all_at_the_begin, seconds, &per_hour), TREND_STEADY);
		assert_int_equal(per_hour, 0);
		assert_int_equal(judge(fewer, seconds, &per_hour), TREND_STEADY);
	}
	for (uint64_t seconds = 80; seconds < 1000; seconds++)
		assert_int_equal(judge(up_and_down, seconds, &per_hour), TREND_STEADY);
	for (uint64_t seconds = 24; seconds < 300; seconds++)
		assert_int_equal(judge(in_batches, seconds, &per_hour), TREND_STEADY);
}

/* However long it lasts, it keeps its size, and what it says. */
static void test_long(void **state)
{
	uint64_t per_hour;

	assert_int_equal(judge(three_a_second, 1000000, &per_hour), TREND_GROWING);
	assert_int_equal(per_hour, 3 * 3600);
	assert_int_equal(judge(up_and_down, 1000000, &per_hour), TREND_STEADY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_too_few_looks),
		cmocka_unit_test(test_grows),
		cmocka_unit_test(test_does_not_grow),
		cmocka_unit_test(test_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
