/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What of a filter the kernel side can decide: nothing that would cost a row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "host/regex.h"
#include "kernel_side.h"
#include "sample.h"

static const int32_t utc;

static const struct filter_words either_pid = {
	{ "proc.pid", "receiver.pid" }, "a process id", 1, 4194304
};
static const struct filter_words either_uid = {
	{ "proc.creds.uid", "receiver.creds.uid" }, "a user id", 0, UINT32_MAX - 1
};

static struct filter *new_filter(const char *text)
{
	struct filter_error error;
	struct filter *filter;

	assert_int_equal(filter_new(&filter, &regex_ops), 0);
	assert_int_equal(filter_add(filter, text, &error), 0);
	return filter;
}

static void test_conditions(void **state)
{
	struct filter *filter = new_filter("proc.pid==7,receiver.comm!=sshd,fd==3,file~x,uid>=5");
	char *message = NULL;
	struct filter_kernel kernel;

	assert_int_equal(filter_add_words(filter, &either_uid, "0,81,!1000", &message), 0);
	filter_kernel(filter, &kernel);
	assert_int_equal(kernel.count, 4);

	assert_int_equal(kernel.conditions[0].key, FILTER_KERNEL_PID);
	assert_int_equal(kernel.conditions[0].sides, FILTER_KERNEL_SENDER);
	assert_int_equal(kernel.conditions[0].negated, 0);
	assert_int_equal(kernel.conditions[0].count, 1);
	assert_int_equal(kernel.conditions[0].numbers[0], 7);

	assert_int_equal(kernel.conditions[1].key, FILTER_KERNEL_COMM);
	assert_int_equal(kernel.conditions[1].sides, FILTER_KERNEL_RECEIVER);
	assert_int_equal(kernel.conditions[1].negated, 1);
	assert_memory_equal(kernel.conditions[1].comms[0], "sshd\0\0\0\0\0\0\0\0\0\0\0", 16);

	assert_int_equal(kernel.conditions[2].key, FILTER_KERNEL_UID);
	assert_int_equal(kernel.conditions[2].sides, FILTER_KERNEL_EITHER);
	assert_int_equal(kernel.conditions[2].count, 2);
	assert_int_equal(kernel.conditions[2].numbers[1], 81);
	assert_int_equal(kernel.conditions[3].negated, 1);
	assert_int_equal(kernel.conditions[3].numbers[0], 1000);
	filter_free(filter);
}

static void test_leaves_the_rest(void **state)
{
	static const char *const cases[] = {
		"",
		"proc.tid==7",
		"proc.pid>=7",
		"proc.comm~x",
		"file==/dev/null",
		"proc.comm==more-than-sixteen-bytes",
	};
	struct filter_kernel kernel;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct filter *filter = new_filter(cases[i]);

		filter_kernel(filter, &kernel);
		assert_int_equal(kernel.count, 0);
		filter_free(filter);
	}
}

static void test_limits(void **state)
{
	struct filter *filter = new_filter("");
	char *message = NULL;
	struct filter_kernel kernel;
	struct filter_error error;

	/* One word too many: nothing is known of it. */
	assert_int_equal(filter_add_words(filter, &either_pid,
					  "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17", &message),
			 0);
	filter_kernel(filter, &kernel);
	assert_int_equal(kernel.count, 0);
	for (int i = 0; i < FILTER_KERNEL_CONDITIONS + 1; i++)
		assert_int_equal(filter_add(filter, "proc.pid==1", &error), 0);
	filter_kernel(filter, &kernel);
	assert_int_equal(kernel.count, FILTER_KERNEL_CONDITIONS);
	filter_free(filter);
}

/* The kernel side keeps each row that the filter has, and each part of it alone is exact. */
static void test_keeps(void **state)
{
	static const char *const cases[] = {
		"proc.pid==1296790",
		"proc.pid!=1296790",
		"receiver.pid==5128",
		"receiver.pid!=5128",
		"proc.comm==client",
		"receiver.comm==client",
		"receiver.comm!=client",
		"proc.creds.uid==1000,receiver.creds.uid==81",
		"proc.creds.uid==0,receiver.creds.uid!=0",
	};
	struct sample sample;

	sample_init(&sample, &utc);
	for (unsigned int known = 0; known < 4; known++) {
		sample.pass.sender.known = known & 1;
		sample.pass.receiver.known = known & 2;
		for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
			struct filter *filter = new_filter(cases[i]);
			struct filter_kernel kernel;

			filter_kernel(filter, &kernel);
			assert_int_equal(kernel_side_keeps(&kernel, &sample.pass),
					 filter_has(filter, &sample.row));
			filter_free(filter);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_conditions),
		cmocka_unit_test(test_leaves_the_rest),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_keeps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
