/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decoding of what is told of queues and holders. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "decoding.h"

static void test_charge(void **state)
{
	struct record record;
	struct decoded decoded;

	record_begin(&record, EVENT_IN_QUEUE, 0xb1);
	record_set_charge(&record, 1000)->in_flight = 7;
	record_add_file(&record, 0xf1, -1);
	assert_int_equal(decode(&record, &decoded), 0);
	assert_int_equal(decoded.charge->uid, 1000);
	assert_int_equal(decoded.charge->in_flight, 7);

	record.charge.reserved = 1;
	record_write(&record);
	assert_refused(&record);
	record.charge.reserved = 0;
	record_write(&record);
	record_section(&record, EVENT_SECTION_CHARGE, 0)->size -= 8;
	assert_refused(&record);
}

static void test_full(void **state)
{
	struct record record;
	struct decoded decoded;

	record_begin(&record, EVENT_RECEIVED, 1);
	record_set_full(&record, 24, 20);
	record_add_file(&record, 0xf1, 3);
	assert_int_equal(decode(&record, &decoded), 0);
	assert_int_equal(decoded.full->count, 24);
	assert_int_equal(decoded.full->fd_limit, 20);

	record_section(&record, EVENT_SECTION_FULL, 0)->size -= 8;
	assert_refused(&record);
	record_write(&record);
	record_section(&record, EVENT_SECTION_FULL, 0)->index = 1;
	assert_refused(&record);
}

static void test_held(void **state)
{
	struct record record;
	struct decoded decoded;

	record_begin(&record, EVENT_HELD, 0);
	record_set_held(&record, EVENT_SAME_INODE);
	record_add_file(&record, 0xf1, 3);
	assert_int_equal(decode(&record, &decoded), 0);
	assert_int_equal(decoded.held->same, EVENT_SAME_INODE);

	record.held.same = NR_EVENT_SAMES;
	record_write(&record);
	assert_refused(&record);
	record.held = (struct event_held){ .mapped = 2 };
	record_write(&record);
	assert_refused(&record);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_charge),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_held),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
