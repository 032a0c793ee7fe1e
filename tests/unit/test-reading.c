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
	assert_file(120, OUTCOME_LOST, "  TCP 0.0.0.0:443 LI… · lost: emfile\n");
	assert_file(80, OUTCOME_LOST, " TCP · lost: emfile\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_detail),
		cmocka_unit_test(test_note),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
