/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of fields: what each getter makes of a pass, and what --fields makes of the table. */
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sample.h"

static const int32_t one_hour_east = 3600;

/* A field's value as text; "" where it is not known. */
static const char *value_text(const struct row *row, const char *name, char *ret, size_t size)
{
	const struct field *field = field_find(name);
	struct value value;

	assert_non_null(field);
	if (!field_get(field, row, &value))
		return "";
	switch (field->type) {
	case FIELD_STRING:
	case FIELD_LIST:
		assert_true(value.size < size);
		memcpy(ret, value.text, value.size);
		ret[value.size] = '\0';
		break;
	case FIELD_U32:
	case FIELD_U64:
		snprintf(ret, size, "%" PRIu64, value.u64);
		break;
	case FIELD_I32:
		snprintf(ret, size, "%" PRId64, value.i64);
		break;
	case FIELD_BOOL:
		snprintf(ret, size, "%s", value.boolean ? "true" : "false");
		break;
	}
	return ret;
}

static void assert_value(const struct sample *sample, const char *name, const char *expected)
{
	char text[FIELD_TEXT_MAX + 1];

	assert_string_equal(value_text(&sample->row, name, text, sizeof(text)), expected);
}

static void test_all_known(void **state)
{
	static const char *const values[][2] = {
		{ "timestamp", "2023-11-14T23:13:21.000000000+01:00" },
		{ "ended", "" }, /* latency_ns tells it */
		{ "id", "12.0" },
		{ "via", "scm_rights" },
		{ "proc.comm", "client" },
		{ "proc.pid", "1296790" },
		{ "proc.tid", "1296791" },
		{ "proc.nspid", "" }, /* the same as pid */
		{ "proc.mntns_id", "4026531841" },
		{ "proc.netns_id", "4026531840" },
		{ "proc.pidns_id", "4026531836" },
		{ "proc.userns_id", "4026531837" },
		{ "proc.cgroupns_id", "4026531835" },
		{ "proc.cgroup_id", "7" },
		{ "proc.cgroup", "/user.slice" },
		{ "proc.creds.uid", "1000" },
		{ "proc.creds.gid", "1000" },
		{ "proc.creds.user", "alban" },
		{ "proc.creds.group", "alban" },
		{ "proc.parent.comm", "bash" },
		{ "proc.parent.pid", "1296" },
		{ "runtime.containerName", "" },
		{ "runtime.containerId", "" },
		{ "runtime.containerImageName", "" },
		{ "runtime.runtimeName", "" },
		{ "k8s.namespace", "" },
		{ "k8s.podName", "" },
		{ "k8s.containerName", "" },
		{ "socket_ino", "8683452" },
		{ "sockfd", "7" },
		{ "socket_type", "stream" },
		{ "socket_path", "/run/dbus/system_bus_socket" },
		{ "fd", "3" },
		{ "file", "/dev/null" },
		{ "file_detail", "" },
		{ "file_deleted", "false" },
		{ "file_type", "chr" },
		{ "file_ino", "4" },
		{ "file_dev", "0:5" },
		{ "file_flags", "O_RDWR" },
		{ "file_id", "4d0515facd002c1f" },
		{ "file_rdev", "1:3" },
		{ "file_pid", "" },
		{ "file_size", "" },
		{ "file_seals", "" },
		{ "file_state", "" },
		{ "file_local", "" },
		{ "file_remote", "" },
		{ "file_netns_id", "" },
		{ "file_peer_ino", "" },
		{ "file_peer_pid", "" },
		{ "outcome", "delivered" },
		{ "reason", "" },
		{ "latency_ns", "84000" },
		{ "cross", "user,container" },
		{ "risk", "" },
		{ "receiver.comm", "dbus-broker" },
		{ "receiver.pid", "5128" },
		{ "receiver.tid", "5128" },
		{ "receiver.nspid", "7" },
		{ "receiver.mntns_id", "" }, /* 0: it has none any more */
		{ "receiver.netns_id", "" },
		{ "receiver.pidns_id", "" },
		{ "receiver.userns_id", "" },
		{ "receiver.cgroupns_id", "" },
		{ "receiver.cgroup_id", "9" },
		{ "receiver.cgroup", "/docker/6f" },
		{ "receiver.creds.uid", "81" },
		{ "receiver.creds.gid", "82" },
		{ "receiver.creds.user", "uid:81" },
		{ "receiver.creds.group", "gid:82" },
		{ "receiver.parent.comm", "" },
		{ "receiver.parent.pid", "" },
		{ "receiver.runtime.containerName", "web" },
		{ "receiver.runtime.containerId", "6f" },
		{ "receiver.runtime.containerImageName", "busybox" },
		{ "receiver.runtime.runtimeName", "docker" },
		{ "receiver.k8s.namespace", "shop" },
		{ "receiver.k8s.podName", "front" },
		{ "receiver.k8s.containerName", "nginx" },
		{ "receiver.socket_ino", "8629627" },
		{ "receiver.sockfd", "107" },
		{ "receiver.fd", "9" },
		{ "receiver.cloexec", "true" },
		{ "receiver.fds", "" }, /* only when its table was full */
		{ "receiver.fds_limit", "" },
	};
	struct sample sample;

	sample_init(&sample, &one_hour_east);
	assert_int_equal(sizeof(values) / sizeof(values[0]), nr_fields);
	for (size_t i = 0; i < nr_fields; i++) {
		assert_string_equal(field_table[i].name, values[i][0]);
		assert_value(&sample, values[i][0], values[i][1]);
	}
}

/* Of a pass of which nothing is known, only the id and the way are told. */
static void test_nothing_known(void **state)
{
	struct sample sample;
	const struct pass unknown = {
		.message = 3,
		.index = 252,
		.from = { .sockfd = ENDPOINT_FD_UNKNOWN, .fd = ENDPOINT_FD_UNKNOWN },
		.to = { .sockfd = ENDPOINT_FD_UNKNOWN, .fd = ENDPOINT_FD_UNKNOWN },
		.cloexec = -1,
	};

	sample_init(&sample, &one_hour_east);
	sample.pass = unknown;
	for (size_t i = 0; i < nr_fields; i++) {
		const char *name = field_table[i].name;

		if (strcmp(name, "id") == 0)
			assert_value(&sample, name, "3.252");
		else if (strcmp(name, "via") == 0)
			assert_value(&sample, name, "scm_rights");
		else
			assert_value(&sample, name, "");
	}
}

static void test_timestamp(void **state)
{
	int32_t offset = 0;
	struct sample sample;

	sample_init(&sample, &offset);
	sample.pass.time_ns = 1;
	sample.pass.realtime_offset_ns = 0;
	assert_value(&sample, "timestamp", "1970-01-01T00:00:00.000000001+00:00");
	offset = -9000;
	assert_value(&sample, "timestamp", "1969-12-31T21:30:00.000000001-02:30");
	offset = 20700;
	assert_value(&sample, "timestamp", "1970-01-01T05:45:00.000000001+05:45");
	offset = 0;
	sample.pass.realtime_offset_ns = -2; /* a clock that is set before its epoch */
	assert_value(&sample, "timestamp", "1969-12-31T23:59:59.999999999+00:00");
	sample.pass.time_ns = 0;
	assert_value(&sample, "timestamp", "");
}

/* Of a message that was sent before the trace began. */
static void test_ended(void **state)
{
	const int32_t offset = 0;
	struct sample sample;

	sample_init(&sample, &offset);
	sample.pass.realtime_offset_ns = 0;
	sample.pass.time_ns = 0;
	assert_value(&sample, "ended", "1970-01-01T00:00:01.000084000+00:00");
	assert_value(&sample, "latency_ns", "");
	sample.pass.done_ns = 0; /* it is pending */
	assert_value(&sample, "ended", "");
}

static void test_outcomes(void **state)
{
	struct sample sample;

	sample_init(&sample, &one_hour_east);
	sample.pass.fate = EVENT_FATE_EMFILE;
	sample.pass.error = EAGAIN;
	assert_value(&sample, "reason", ""); /* delivered: neither counts */

	sample.pass.outcome = OUTCOME_LOST;
	assert_value(&sample, "outcome", "lost");
	assert_value(&sample, "reason", "emfile");
	assert_value(&sample, "latency_ns", "84000");
	assert_value(&sample, "receiver.fds_limit", "");
	sample.pass.receiver_fds = 3;
	assert_value(&sample, "receiver.fds", "3");
	assert_value(&sample, "receiver.fds_limit", "0");
	sample.pass.fate = EVENT_FATE_UNKNOWN;
	assert_value(&sample, "reason", "");

	sample.pass.outcome = OUTCOME_FAILED;
	assert_value(&sample, "outcome", "failed");
	assert_value(&sample, "reason", "EAGAIN");
	assert_value(&sample, "latency_ns", "");
	sample.pass.error = 0;
	assert_value(&sample, "reason", "");
	sample.pass.error = 4000;
	assert_value(&sample, "reason", "errno:4000");

	sample.pass.outcome = OUTCOME_PENDING;
	assert_value(&sample, "latency_ns", "");
	sample.pass.outcome = OUTCOME_PEEKED;
	assert_value(&sample, "latency_ns", "84000");
	sample.pass.done_ns = 0;
	assert_value(&sample, "latency_ns", "");
}

/* What moves without a message is there as it goes: no time passes that would tell anything. */
static void test_latency_of_moves(void **state)
{
	struct sample sample;

	sample_init(&sample, &one_hour_east);
	assert_value(&sample, "latency_ns", "84000");
	for (uint16_t via = EVENT_VIA_PIDFD_GETFD; via <= EVENT_VIA_IO_URING; via++) {
		sample.pass.via = via;
		assert_value(&sample, "latency_ns", "");
	}
}

static const char *long_name(void *userdata, uint32_t id)
{
	static char name[2 * FIELD_TEXT_MAX];

	memset(name, 'n', sizeof(name) - 1);
	return name;
}

static void test_long_names_are_cut(void **state)
{
	struct sample sample;
	struct value value;

	sample_init(&sample, &one_hour_east);
	sample.resolver.user = long_name;
	sample.resolver.group = long_name;
	assert_true(field_get(field_find("proc.creds.user"), &sample.row, &value));
	assert_int_equal(value.size, FIELD_TEXT_MAX);
	assert_true(field_get(field_find("proc.creds.group"), &sample.row, &value));
	assert_int_equal(value.size, FIELD_TEXT_MAX);
	assert_int_equal(value.text[FIELD_TEXT_MAX - 1], 'n');
}

static void test_file_deleted(void **state)
{
	struct sample sample;

	sample_init(&sample, &one_hour_east);
	sample_set_path(&sample, "/tmp/x (deleted)");
	assert_value(&sample, "file_deleted", "false");
	sample.pass.file.flags = EVENT_FILE_DELETED;
	assert_value(&sample, "file_deleted", "true");
	assert_value(&sample, "file", "/tmp/x (deleted) (deleted)");
	sample.pass.file.flags = EVENT_FILE_DELETED | EVENT_FILE_PSEUDO;
	assert_value(&sample, "file_deleted", "");
	sample.pass.file.flags = 0;
	sample.pass.file.path = NULL;
	assert_value(&sample, "file_deleted", "");
}

static void assert_socket_path(struct sample *sample, const char *path, size_t size,
			       const char *expected, size_t expected_size)
{
	struct value value;

	memset(sample->pass.socket_path, 'x', sizeof(sample->pass.socket_path));
	memcpy(sample->pass.socket_path, path, size);
	sample->pass.socket_path_len = (uint16_t)size;
	assert_true(field_get(field_find("socket_path"), &sample->row, &value));
	assert_int_equal(value.size, expected_size);
	assert_memory_equal(value.text, expected, expected_size);
}

static void test_socket_path(void **state)
{
	char longest[EVENT_SUN_PATH];
	struct sample sample;

	sample_init(&sample, &one_hour_east);
	assert_socket_path(&sample, "/run/a", 6, "/run/a", 6);
	assert_socket_path(&sample, "/run/a\0", 7, "/run/a", 6);
	assert_socket_path(&sample, "\0a\0b", 4, "@a\0b", 4);
	assert_socket_path(&sample, "@a\0", 3, "./@a", 4); /* a path, not an abstract name */
	assert_socket_path(&sample, "\0@a", 3, "@@a", 3);
	memset(longest, 'a', sizeof(longest)); /* no NUL at all */
	assert_socket_path(&sample, longest, sizeof(longest), longest, sizeof(longest));
}

/* The same open file has the same identity, any other another; and it tells no address. */
static void test_file_id(void **state)
{
	struct value first, second;
	const struct field *field = field_find("file_id");
	struct sample sample;

	sample_init(&sample, &one_hour_east);
	assert_true(field_get(field, &sample.row, &first));
	sample.pass.message++;
	assert_true(field_get(field, &sample.row, &second));
	assert_memory_equal(first.buffer, second.buffer, 16);
	sample.pass.file.identity++; /* the address was used again */
	assert_true(field_get(field, &sample.row, &second));
	assert_memory_not_equal(first.buffer, second.buffer, 16);
	sample.pass.file.identity--;
	sample.resolver.identity_key[0]++; /* another trace */
	assert_true(field_get(field, &sample.row, &second));
	assert_memory_not_equal(first.buffer, second.buffer, 16);
}

/* The longest path that there is, deleted, fits. */
static void test_longest_path(void **state)
{
	struct sample sample;
	struct value value;

	sample_init(&sample, &one_hour_east);
	memset(sample.path, 'a', EVENT_MAX_PATH);
	sample.path[0] = '/';
	sample.pass.file.flags = EVENT_FILE_DELETED;
	assert_true(field_get(field_find("file"), &sample.row, &value));
	assert_int_equal(value.size, EVENT_MAX_PATH + strlen(" (deleted)"));
}

/* Names and headers can be told apart, whichever is meant. */
static void test_table(void **state)
{
	for (size_t i = 0; i < nr_fields; i++) {
		assert_ptr_equal(field_find(field_table[i].name), &field_table[i]);
		assert_ptr_equal(field_find(field_table[i].header), &field_table[i]);
		assert_true(strlen(field_table[i].name) + 1 < FIELD_TEXT_MAX);
		assert_int_not_equal(field_table[i].meaning[strlen(field_table[i].meaning) - 1],
				     '.');
	}
}

static void assert_selected(const char *text, const char *expected)
{
	struct field_list base = { .count = 2, .fields = { field_find("fd"), field_find("file") } };
	char names[256] = "", *error_message = NULL;
	struct field_list list;
	size_t length = 0;

	assert_int_equal(field_select(&list, &base, text, &error_message), 0);
	for (size_t i = 0; i < list.count; i++)
		length += (size_t)snprintf(names + length, sizeof(names) - length, "%s%s",
					   i > 0 ? "," : "", list.fields[i]->name);
	assert_string_equal(names, expected);
	assert_null(error_message);
}

static void test_select(void **state)
{
	assert_selected("proc.comm,fd", "proc.comm,fd");
	assert_selected("comm,PID,Receiver.Pid", "proc.comm,proc.pid,receiver.pid");
	assert_selected("fd,file,fd", "fd,file");
	assert_selected("+id", "fd,file,id");
	assert_selected("+fd", "fd,file");
	assert_selected("-fd", "file");
	assert_selected("-fd,+id,-file,sockfd", "id,sockfd");
	assert_selected("-id", "fd,file");
	assert_selected("id,sockfd,-id", "sockfd");
}

static void assert_refused(const char *text, const char *expected)
{
	struct field_list base = { .count = 1, .fields = { field_find("fd") } };
	struct field_list list = { .count = 77 };
	char *error_message = NULL;

	assert_int_equal(field_select(&list, &base, text, &error_message), -EINVAL);
	assert_string_equal(error_message, expected);
	assert_int_equal(list.count, 77);
	free(error_message);
}

static void test_select_refused(void **state)
{
	assert_refused("fd,proc.cmm", "there is no field 'proc.cmm'; did you mean 'proc.comm'?");
	assert_refused("socket_inode",
		       "there is no field 'socket_inode'; did you mean 'socket_ino'?");
	assert_refused("+flie", "there is no field 'flie'; did you mean 'file'?");
	assert_refused("xyzzy", "there is no field 'xyzzy'; fdpass --list-fields lists them");
	assert_refused("", "a field's name is missing in ''");
	assert_refused("fd,", "a field's name is missing in 'fd,'");
	assert_refused("+", "a field's name is missing in '+'");
	assert_refused("-fd", "no field is left of '-fd'");
}

/* Of all kinds of rows: found by their names and headers, and a list has room for them. */
static void test_fields_of_each_kind(void **state)
{
	for (unsigned int kind = 0; kind < NR_ROW_KINDS; kind++) {
		const struct field *field;
		size_t count = 0;

		for (; (field = field_of(kind, count)); count++) {
			assert_ptr_equal(field_find(field->name), field);
			assert_ptr_equal(field_find(field->header), field);
			assert_true(field_is_of(field, kind));
			assert_int_not_equal(field->meaning[strlen(field->meaning) - 1], '.');
		}
		assert_true(count >= nr_fields && count <= FIELD_LIST_MAX);
	}
	assert_false(field_is_of(field_find("queue_length"), ROW_PASS));
	assert_false(field_is_of(field_find("held_as"), ROW_QUEUED));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields_of_each_kind),
		cmocka_unit_test(test_all_known),
		cmocka_unit_test(test_nothing_known),
		cmocka_unit_test(test_timestamp),
		cmocka_unit_test(test_ended),
		cmocka_unit_test(test_outcomes),
		cmocka_unit_test(test_latency_of_moves),
		cmocka_unit_test(test_file_deleted),
		cmocka_unit_test(test_socket_path),
		cmocka_unit_test(test_long_names_are_cut),
		cmocka_unit_test(test_file_id),
		cmocka_unit_test(test_longest_path),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_select),
		cmocka_unit_test(test_select_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
