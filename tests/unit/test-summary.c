/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The summary: the sentence at the end of a trace, for known rows and losses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "command/summary.h"
#include "sample.h"

static const int32_t no_offset;

/* Count a row of descriptor `index` of a message. */
static void count(struct summary *summary, uint64_t message, uint32_t index, enum outcome outcome)
{
	struct sample sample;

	sample_init(&sample, &no_offset);
	sample.pass.message = message;
	sample.pass.index = index;
	sample.pass.outcome = outcome;
	assert_int_equal(summary_count(summary, &sample.row), 0);
}

static void assert_summary(struct summary *summary, const char *expected)
{
	char *text;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	assert_non_null(stream);
	summary_print(summary, stream);
	fclose(stream);
	assert_string_equal(text, expected);
	free(text);
	summary_clear(summary);
}

static void assert_losses(const struct losses *losses, const char *expected)
{
	char *text;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	assert_non_null(stream);
	losses_print(losses, stream);
	fclose(stream);
	assert_string_equal(text, expected);
	free(text);
}

static void test_nothing(void **state)
{
	struct summary summary = { 0 };

	assert_summary(&summary, "no passes");
}

static void test_pending_is_counted_once(void **state)
{
	struct summary summary = { 0 };

	count(&summary, 12, 0, OUTCOME_PENDING);
	count(&summary, 12, 1, OUTCOME_PENDING);
	count(&summary, 12, 0, OUTCOME_DELIVERED);
	assert_summary(&summary, "2 passes: 1 delivered, 1 pending");
}

/* A peek is a row of its own, and the message stays queued. */
static void test_peeked_while_pending(void **state)
{
	struct summary summary = { 0 };

	count(&summary, 12, 0, OUTCOME_PENDING);
	count(&summary, 12, 0, OUTCOME_PEEKED);
	assert_summary(&summary, "2 passes: 1 peeked, 1 pending");
}

/* Numbers that differ in their top bits are different messages: the join's own have the top one. */
static void test_own_numbers(void **state)
{
	struct summary summary = { 0 };

	for (unsigned int bit = 50; bit < 64; bit++)
		count(&summary, 12 | UINT64_C(1) << bit, 0, OUTCOME_PENDING);
	count(&summary, 12, 0, OUTCOME_DELIVERED);
	assert_summary(&summary, "15 passes: 1 delivered, 14 pending");
}

static void test_no_losses(void **state)
{
	struct losses losses = { .evicted_passes = 0 };

	assert_true(losses_sum(&losses) == 0);
	assert_losses(&losses, "no events lost");
}

static void test_one_of_each_loss(void **state)
{
	struct losses losses = {
		.events[EVENT_LOST_SKIPPED] = 1,
		.evicted_passes = 1,
		.malformed_records = 1,
		.unwritten_rows = 1,
	};

	assert_true(losses_sum(&losses) == 4);
	assert_losses(&losses, "1 event lost (1 skipped by the kernel), 1 pass given up: too many "
			       "were in flight, 1 record not understood, 1 row not written");
}

static void test_two_of_each_loss(void **state)
{
	struct losses losses = {
		.events[EVENT_LOST_SKIPPED] = 2,
		.evicted_passes = 2,
		.malformed_records = 2,
		.unwritten_rows = 2,
	};

	assert_losses(&losses,
		      "2 events lost (2 skipped by the kernel), 2 passes given up: "
		      "too many were in flight, 2 records not understood, 2 rows not written");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_pending_is_counted_once),
		cmocka_unit_test(test_peeked_while_pending),
		cmocka_unit_test(test_own_numbers),
		cmocka_unit_test(test_no_losses),
		cmocka_unit_test(test_one_of_each_loss),
		cmocka_unit_test(test_two_of_each_loss),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
