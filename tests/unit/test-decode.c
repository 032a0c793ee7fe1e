/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Decoding of records: what is well formed is read, and nothing else is believed. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/decode.h"
#include "record.h"

static int decode(struct record *record, struct decoded *ret)
{
	return decode_record(record->data, record_event(record)->size, ret);
}

static void make_record(struct record *record)
{
	record_begin(record, EVENT_SENT, 1);
	record_add_file(record, 0xf1, 3);
	record_add_file(record, 0xf2, 4);
	record_set_path(record, 0, "/var/lib/file");
}

static void assert_path(struct record *record, unsigned int index, const char *expected)
{
	struct decoded decoded;
	char *path;

	assert_int_equal(decode(record, &decoded), 0);
	assert_int_equal(decode_path(&decoded, &decoded.files[index], &path), 0);
	assert_string_equal(path, expected);
	free(path);
}

static void assert_no_path(struct record *record, unsigned int index)
{
	struct decoded decoded;
	char *path = NULL;

	assert_int_equal(decode(record, &decoded), 0);
	assert_int_equal(decode_path(&decoded, &decoded.files[index], &path), -EBADMSG);
	assert_null(path);
}

static void test_parts(void **state)
{
	struct record record;
	struct decoded decoded;

	(void)state;
	make_record(&record);
	assert_int_equal(decode(&record, &decoded), 0);
	assert_ptr_equal(decoded.event, record.data);
	assert_ptr_equal(decoded.files, record_file(&record, 0));
	assert_ptr_equal(decoded.names, record_names(&record));
}

/* Every size but the true one is refused, without a look at what lies behind. */
static void test_sizes(void **state)
{
	struct record record;
	struct decoded decoded;

	(void)state;
	make_record(&record);
	for (size_t size = 0; size < record_event(&record)->size; size++) {
		void *exact = malloc(size + !size);

		assert_non_null(exact);
		memcpy(exact, record.data, size);
		assert_int_equal(decode_record(exact, size, &decoded), -EBADMSG);
		if (size >= sizeof(struct event)) {
			((struct event *)exact)->size = size;
			assert_int_equal(decode_record(exact, size, &decoded), -EBADMSG);
		}
		free(exact);
	}
}

static void break_type(struct event *event)
{
	event->type = 0;
}

static void break_type_beyond(struct event *event)
{
	event->type = EVENT_MOVED + 1;
}

static void break_files(struct event *event)
{
	event->nr_files = EVENT_MAX_FILES + 1;
	event->total_files = EVENT_MAX_FILES + 1;
	event->size = sizeof(*event) + event->nr_files * sizeof(struct event_file);
	event->names_size = 0;
}

static void break_total(struct event *event)
{
	event->total_files = event->nr_files - 1;
}

static void break_names_size(struct event *event)
{
	event->names_size += 4;
}

static void break_sizes_that_wrap(struct event *event)
{
	event->names_size = 0U - 4;
	event->size -= 4;
}

static void break_error(struct event *event)
{
	event->error = INT32_MIN;
}

static void break_error_sign(struct event *event)
{
	event->error = EBADF;
}

static void break_via(struct event *event)
{
	event->via = EVENT_VIA_IO_URING + 1;
}

static void break_socket(struct event *event)
{
	event->socket.path_len = EVENT_SUN_PATH + 1;
}

static void break_peer(struct event *event)
{
	event->peer.path_len = UINT16_MAX;
}

static void test_contradictions(void **state)
{
	static void (*const breaks[])(struct event * event) = {
		break_type,  break_type_beyond,	    break_files,  break_total,
		break_error, break_sizes_that_wrap, break_via,	  break_names_size,
		break_peer,  break_error_sign,	    break_socket,
	};
	struct record record;
	struct decoded decoded;

	(void)state;
	for (size_t i = 0; i < sizeof(breaks) / sizeof(breaks[0]); i++) {
		make_record(&record);
		breaks[i](record_event(&record));
		assert_int_equal(decode(&record, &decoded), -EBADMSG);
	}
}

static void test_paths(void **state)
{
	struct record record;
	struct decoded decoded;
	char *path;

	(void)state;
	make_record(&record);
	assert_path(&record, 0, "/var/lib/file");

	/* no name */
	assert_int_equal(decode(&record, &decoded), 0);
	assert_int_equal(decode_path(&decoded, &decoded.files[1], &path), 0);
	assert_null(path);

	/* two files with the same directory */
	record_file(&record, 1)->names_offset =
		record_add_name(&record, "other", 5,
				((struct event_name *)(record_names(&record) +
						       record_file(&record, 0)->names_offset))
					->parent_offset);
	assert_path(&record, 1, "/var/lib/other");
	assert_path(&record, 0, "/var/lib/file");

	record_file(&record, 0)->flags = EVENT_FILE_DELETED; /* the kind tells it */
	assert_path(&record, 0, "/var/lib/file");
	record_file(&record, 0)->flags = EVENT_FILE_CUT;
	assert_path(&record, 0, ".../var/lib/file");
}

static void test_root(void **state)
{
	struct record record;

	(void)state;
	make_record(&record);
	record_set_path(&record, 1, "/");
	assert_path(&record, 1, "/");
}

static void test_pseudo(void **state)
{
	struct record record;

	(void)state;
	make_record(&record);
	record_file(&record, 1)->names_offset =
		record_add_name(&record, "[eventfd]", 9, EVENT_NO_NAME);
	record_file(&record, 1)->flags = EVENT_FILE_PSEUDO;
	assert_path(&record, 1, "[eventfd]");
	record_file(&record, 1)->flags = EVENT_FILE_PSEUDO | EVENT_FILE_DELETED;
	assert_path(&record, 1, "[eventfd]");
}

static void test_raw_bytes(void **state)
{
	struct record record;

	(void)state;
	make_record(&record);
	record_set_path(&record, 1, "/\n\033[1m/\xff\xfe \\");
	assert_path(&record, 1, "/\n\033[1m/\xff\xfe \\");
}

/* A path longer than EVENT_MAX_PATH keeps its end. */
static void test_long_path(void **state)
{
	char component[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcde";
	struct record record;
	struct decoded decoded;
	uint32_t offset = EVENT_NO_NAME;
	char *path;

	(void)state;
	make_record(&record);
	for (int i = 0; i < 64; i++)
		offset = record_add_name(&record, component, 63, offset);
	record_file(&record, 1)->names_offset = offset;
	assert_int_equal(decode(&record, &decoded), 0);
	assert_int_equal(decode_path(&decoded, &decoded.files[1], &path), 0);
	assert_int_equal(strlen(path), EVENT_MAX_PATH);
	assert_int_equal(path[0], '/');
	free(path);

	record_file(&record, 1)->names_offset = record_add_name(&record, "leaf", 4, offset);
	assert_int_equal(decode(&record, &decoded), 0);
	assert_int_equal(decode_path(&decoded, &decoded.files[1], &path), 0);
	assert_int_equal(strncmp(path, ".../0123", 8), 0);
	assert_string_equal(path + strlen(path) - 6, "e/leaf");
	free(path);
}

static void test_broken_names(void **state)
{
	struct record record;
	struct event_name *leaf;
	uint32_t offset;

	(void)state;
	make_record(&record);
	offset = record_file(&record, 0)->names_offset;
	leaf = (struct event_name *)(record_names(&record) + offset);

	leaf->parent_offset = offset; /* its own parent */
	assert_no_path(&record, 0);
	((struct event_name *)record_names(&record))->parent_offset = offset; /* a longer circle */
	leaf->parent_offset = 0;
	assert_no_path(&record, 0);
	leaf->parent_offset = 2; /* not aligned */
	assert_no_path(&record, 0);
	leaf->parent_offset = record_event(&record)->names_size - 4; /* half a component */
	assert_no_path(&record, 0);
	leaf->parent_offset = EVENT_NO_NAME - 3; /* far out */
	assert_no_path(&record, 0);

	make_record(&record);
	leaf->length = 5; /* beyond the end */
	assert_no_path(&record, 0);
	leaf->length = UINT32_MAX;
	assert_no_path(&record, 0);
	record_file(&record, 0)->flags = EVENT_FILE_PSEUDO;
	assert_no_path(&record, 0);
	record_file(&record, 0)->names_offset = record_event(&record)->names_size;
	assert_no_path(&record, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parts),	       cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_contradictions), cmocka_unit_test(test_paths),
		cmocka_unit_test(test_root),	       cmocka_unit_test(test_pseudo),
		cmocka_unit_test(test_raw_bytes),      cmocka_unit_test(test_long_path),
		cmocka_unit_test(test_broken_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
