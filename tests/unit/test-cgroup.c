/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The path of a cgroup, as a record tells it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/decode.h"
#include "core/join.h"
#include "record.h"

static void make_record(struct record *record, const char *names, size_t size)
{
	record_begin(record, EVENT_SENT, 1);
	record_set_task(record, EVENT_SELF, 7)->cgroup_id = 77;
	record_add_file(record, 0x1000, 3);
	record_set_cgroup(record, EVENT_SELF, names, size);
	record_write(record);
}

static void assert_path(const char *names, size_t size, const char *expected)
{
	char path[DECODE_CGROUP_MAX];
	struct decoded decoded;
	struct record record;

	make_record(&record, names, size);
	assert_int_equal(decode_record(record.data, record.event.size, &decoded), 0);
	assert_int_equal(decode_cgroup(&decoded, EVENT_SELF, path), 1);
	assert_string_equal(path, expected);
	assert_int_equal(decode_cgroup(&decoded, EVENT_OTHER, path), 0);
}

static void test_paths(void **state)
{
	static const char names[] = "docker-1.scope\0system.slice";
	char longest[EVENT_MAX_CGROUP], path[EVENT_MAX_CGROUP + 1];

	assert_path(names, sizeof(names), "/system.slice/docker-1.scope");
	assert_path("a", 2, "/a");
	assert_path("", 0, "/");
	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	path[0] = '/';
	memcpy(path + 1, longest, sizeof(longest));
	assert_path(longest, sizeof(longest), path);
}

static void assert_refused(struct record *record)
{
	struct decoded decoded;

	assert_int_equal(decode_record(record->data, record->event.size, &decoded), -EBADMSG);
}

static void test_broken(void **state)
{
	static const struct {
		const char *names;
		size_t size;
	} cases[] = {
		{ "", 1 }, { "a", 1 }, { "a\0\0b", 5 }, { "\0a", 3 }, { "a\0\0", 3 },
	};
	struct record record;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		make_record(&record, cases[i].names, cases[i].size);
		assert_refused(&record);
	}
	make_record(&record, "a", 2);
	record_section(&record, EVENT_SECTION_CGROUP, EVENT_SELF)->index = NR_EVENT_PARTIES;
	assert_refused(&record);
}

/* What the join was told last. */
struct told {
	uint64_t id;
	char path[64];
};

static void on_cgroup(void *userdata, uint64_t id, const char *path)
{
	struct told *told = userdata;

	told->id = id;
	snprintf(told->path, sizeof(told->path), "%s", path);
}

static int on_row(void *userdata, const struct pass *pass)
{
	return 0;
}

static void test_join_tells(void **state)
{
	const struct join_options options = { .max_bytes = 1 << 20, .on_cgroup = on_cgroup };
	struct record record;
	struct told told = { 0 };
	struct join *join;

	assert_int_equal(join_new(&join, &options, on_row, &told), 0);
	make_record(&record, "a", 2);
	assert_int_equal(join_record(join, record.data, record.event.size), 0);
	assert_int_equal(told.id, 77);
	assert_string_equal(told.path, "/a");
	join_free(join);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_broken),
		cmocka_unit_test(test_join_tells),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
