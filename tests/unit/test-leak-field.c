/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a row tells of descriptors that are still open. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/leak.h"

#define LIMIT 1024

static void assert_text(const struct leak *leak, const char *name, const char *expected)
{
	const struct row row = { .leak = leak };
	struct value value;

	assert_true(field_get(field_find(name), &row, &value));
	assert_int_equal(value.size, strlen(expected));
	assert_memory_equal(value.text, expected, value.size);
}

static void assert_number(const struct leak *leak, const char *name, uint64_t expected)
{
	const struct row row = { .leak = leak };
	struct value value;

	assert_true(field_get(field_find(name), &row, &value));
	assert_int_equal(value.u64, expected);
}

static bool is_known(const struct leak *leak, const char *name)
{
	const struct row row = { .leak = leak };
	struct value value;

	return field_get(field_find(name), &row, &value);
}

static void test_fields(void **state)
{
	struct leak leak = {
		.still_open = 512,
		.oldest_ns = 7,
		.per_hour = 10800,
		.fds = 600,
		.fds_limit = LIMIT,
		.emfile_s = 26 * 60 + 5,
		.trend = TREND_GROWING,
	};

	assert_text(&leak, "copy", "received");
	assert_text(&leak, "forecast", "EMFILE in 26 min at this rate");
	assert_number(&leak, "still_open", 512);
	assert_number(&leak, "oldest_ns", 7);
	assert_number(&leak, "per_hour", 10800);
	assert_number(&leak, "fds", 600);
	assert_number(&leak, "fds_limit", LIMIT);
	assert_number(&leak, "limit_percent", 50);
	assert_number(&leak, "emfile_in_s", 26 * 60 + 5);
	leak.emfile_s = 119;
	assert_text(&leak, "forecast", "EMFILE in 119 s at this rate");
	leak.emfile_s = 3 * 86400;
	assert_text(&leak, "forecast", "EMFILE in 3 days at this rate");
	leak.emfile_s = 0;
	assert_text(&leak, "forecast", "EMFILE now");
	leak = (struct leak){ .emfile_s = LEAK_NO_FORECAST, .own = true };
	assert_text(&leak, "copy", "own");
	assert_false(is_known(&leak, "forecast"));
	assert_false(is_known(&leak, "emfile_in_s"));
	assert_false(is_known(&leak, "growing"));
	assert_false(is_known(&leak, "per_hour"));
	assert_false(is_known(&leak, "fds"));
	assert_false(is_known(&leak, "limit_percent"));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_fields) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
