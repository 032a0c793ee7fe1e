/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The view for reading: what stands behind a file's name, and what gives way where there is no room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "output/buffer.h"
#include "output/output.h"
#include "sample.h"

#define LISTEN 10

static const int32_t utc = 0;

/* A listening socket that was passed, and lost, on a terminal so wide: what stands from FILE on. */
static void assert_file(int width, enum outcome outcome, const char *expected)
{
	static const struct {
		struct event_section section;
		struct event_inet_detail inet;
	} listener = {
		.section = { .type = EVENT_DETAIL_INET },
		.inet = { .socket = { .type = SOCK_STREAM, .state = LISTEN }, .local_port = 443 },
	};
	const struct output_options options = { .width = width, .utf8 = true };
	struct buffer buffer = {};
	struct output *output;
	struct sample sample;
	char *file;

	sample_init(&sample, &utc);
	sample_set_path(&sample, "TCP");
	sample.pass.file.magic = 0x534f434b;
	sample.pass.file.flags = EVENT_FILE_PSEUDO;
	sample.pass.file.detail = &listener.section;
	sample.pass.outcome = outcome;
	sample.pass.fate = EVENT_FATE_EMFILE;
	assert_int_equal(output_new(&output, "columns", &buffer, NULL, &options), 0);
	assert_int_equal(output_begin(output), 0);
	assert_int_equal(output_row(output, &sample.row), 0);
	buffer_put(&buffer, "", 1);
	file = strstr(buffer.bytes, "µs");
	assert_non_null(file);
	assert_string_equal(file + strlen("µs"), expected);
	output_free(output);
	buffer_free(&buffer);
}

static void test_detail(void **state)
{
	assert_file(0, OUTCOME_DELIVERED, "  TCP 0.0.0.0:443 LISTEN\n");
	assert_file(120, OUTCOME_DELIVERED, "  TCP 0.0.0.0:443 LISTEN\n");
	assert_file(80, OUTCOME_DELIVERED, " TCP 0.0.0.0:443 LI…\n");
}

/* The end of the pass says more than the detail. */
static void test_note(void **state)
{
	assert_file(0, OUTCOME_LOST, "  TCP 0.0.0.0:443 LISTEN · lost: emfile\n");
	assert_file(120, OUTCOME_LOST, "  TCP 0.0.0.0:443 LISTEN · lost: emfile\n");
	assert_file(80, OUTCOME_LOST, " TCP · lost: emfile\n");
}

/* A program that closes a socket of its own, in which it kept a descriptor. */
static void test_own_side(void **state)
{
	const struct output_options options = { .width = 120, .utf8 = true, .color = true };
	struct buffer buffer = {};
	struct output *output;
	struct sample sample;

	sample_init(&sample, &utc);
	sample.pass.outcome = OUTCOME_LOST;
	sample.pass.fate = EVENT_FATE_UNREAD;
	assert_int_equal(output_new(&output, "columns", &buffer, NULL, &options), 0);
	assert_int_equal(output_begin(output), 0);
	assert_int_equal(output_row(output, &sample.row), 0);
	sample.pass.receiver.pid = sample.pass.sender.parent_pid;
	assert_int_equal(output_row(output, &sample.row), 0);
	sample.pass.receiver.pid = sample.pass.sender.pid;
	assert_int_equal(output_row(output, &sample.row), 0);
	buffer_put(&buffer, "", 1);
	assert_non_null(strstr(buffer.bytes, "\x1b[31mlost: unread\x1b[0m\n"));
	assert_non_null(
		strstr(buffer.bytes, "\x1b[2mlost: unread by its sender's parent\x1b[0m\n"));
	assert_non_null(strstr(buffer.bytes, "\x1b[2mlost: unread by its sender\x1b[0m\n"));
	output_free(output);
	buffer_free(&buffer);
}

/* What is shown of a memory file on a terminal so wide, from FILE on. */
static void assert_memory(int width, const char *path, const char *expected)
{
	const struct output_options options = { .width = width, .utf8 = true };
	struct buffer buffer = {};
	struct output *output;
	struct sample sample;

	sample_init(&sample, &utc);
	sample_set_path(&sample, path);
	sample.pass.file.magic = 0x01021994;
	sample.pass.file.flags = EVENT_FILE_PSEUDO;
	assert_int_equal(output_new(&output, "columns", &buffer, NULL, &options), 0);
	assert_int_equal(output_begin(output), 0);
	assert_int_equal(output_row(output, &sample.row), 0);
	buffer_put(&buffer, "", 1);
	assert_non_null(strstr(buffer.bytes, "µs"));
	assert_string_equal(strstr(buffer.bytes, "µs") + strlen("µs"), expected);
	output_free(output);
	buffer_free(&buffer);
}

/* Names that differ at their end, as those of pipewire(1) do. */
static void test_middle(void **state)
{
	static const char name[] = "memfd:pipewire-memfd:flags=0x0000000f,type=2,size=2312";

	assert_memory(120, name, "  memfd:pipewire-memfd:fl…000000f,type=2,size=2312\n");
	assert_memory(80, name, " memfd:pip…size=2312\n");
}

/* What has no place in the tree is told with the socket's, where there is room for all of it. */
static void test_over(void **state)
{
	assert_memory(0, "memfd:x", "  memfd:x over /run/dbus/system_bus_socket\n");
	assert_memory(120, "memfd:x", "  memfd:x over /run/dbus/system_bus_socket\n");
	assert_memory(80, "memfd:x", " memfd:x\n");
	assert_memory(0, "memfd:x over y",
		      "  \"memfd:x over y\" over /run/dbus/system_bus_socket\n");
}

/* Columns grow with the processes in them, and leave a third to the file. */
static void test_growing(void **state)
{
	const struct output_options options = { .width = 80, .utf8 = true };
	struct buffer buffer = {};
	struct output *output;
	struct sample sample;

	sample_init(&sample, &utc);
	assert_int_equal(output_new(&output, "columns", &buffer, NULL, &options), 0);
	assert_int_equal(output_begin(output), 0);
	sample_set_comm(&sample, "a");
	assert_int_equal(output_row(output, &sample.row), 0);
	sample_set_comm(&sample, "fifteen-letters");
	assert_int_equal(output_row(output, &sample.row), 0);
	sample_set_comm(&sample, "a");
	assert_int_equal(output_row(output, &sample.row), 0);
	buffer_put(&buffer, "", 1);
	assert_string_equal(
		buffer.bytes,
		"TIME     SENDER             FD    FD RECEIVER          AFTER FILE\n"
		"22:13:21 a[1296790]          3 →   9 dbus-broker[5128]  84µs /dev/null\n"
		"22:13:21 fifteen-…[1296790]   3 →   9 dbus-broker[5128]  84µs /dev/null\n"
		"22:13:21 a[1296790]           3 →   9 dbus-broker[5128]  84µs /dev/null\n");
	output_free(output);
	buffer_free(&buffer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_detail),	 cmocka_unit_test(test_note),
		cmocka_unit_test(test_own_side), cmocka_unit_test(test_middle),
		cmocka_unit_test(test_over),	 cmocka_unit_test(test_growing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
