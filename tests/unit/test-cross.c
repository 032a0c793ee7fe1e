/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parties of a pass do not share. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/cross.h"
#include "sample.h"

static const int32_t utc;

/* A pass from a process to its like. */
static void make_alike(struct sample *sample)
{
	sample_init(sample, &utc);
	sample->pass.receiver = sample->pass.sender;
}

static void assert_cross(const struct sample *sample, const char *expected)
{
	struct value value;

	assert_true(field_get(field_find("cross"), &sample->row, &value));
	assert_int_equal(value.size, strlen(expected));
	assert_memory_equal(value.text, expected, value.size);
}

static void test_each(void **state)
{
	struct sample sample;
	struct process *receiver = &sample.pass.receiver;

	make_alike(&sample);
	assert_cross(&sample, "");
	receiver->uid++;
	assert_cross(&sample, "user");
	receiver->cgroup_id = 9;
	assert_cross(&sample, "user,container");
	receiver->mntns_id++;
	assert_cross(&sample, "user,container,mntns");
	receiver->pidns_id++;
	receiver->netns_id++;
	assert_cross(&sample, "user,container,mntns,pidns,netns");
	receiver->userns_id++;
	receiver->cgroupns_id++;
	assert_cross(&sample, "user,container,mntns,pidns,netns,userns,cgroupns");
}

/* What is not known is no boundary. */
static void test_unknown(void **state)
{
	struct sample sample;
	struct process *receiver = &sample.pass.receiver;

	make_alike(&sample);
	receiver->mntns_id = receiver->pidns_id = receiver->netns_id = 0;
	receiver->userns_id = receiver->cgroupns_id = 0;
	receiver->cgroup_id = 8;
	assert_cross(&sample, "");
	sample.resolver.cgroup = NULL;
	assert_cross(&sample, "");
}

static void test_one_party(void **state)
{
	struct sample sample;
	struct value value;

	make_alike(&sample);
	sample.pass.receiver.known = false;
	assert_false(field_get(field_find("cross"), &sample.row, &value));
	make_alike(&sample);
	sample.pass.sender.known = false;
	assert_false(field_get(field_find("cross"), &sample.row, &value));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_one_party),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
