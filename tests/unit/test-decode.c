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

#include "decoding.h"

static void make_record(struct record *record)
{
	record_begin(record, EVENT_SENT, 1);
	record_set_task(record, EVENT_SELF, 101);
	record_set_task(record, EVENT_OTHER, 102);
	record_set_socket(record, EVENT_SELF, 0x501, 601, 3);
	record_set_socket(record, EVENT_OTHER, 0x502, 602, -1);
	record_set_socket_name(record, EVENT_OTHER, "/run", 4);
	record_add_file(record, 0xf1, 3);
	record_add_file(record, 0xf2, 4);
	record_set_path(record, 0, "/var/lib/file");
}

static struct event_name *leaf_of(struct record *record, unsigned int index)
{
	return record_name(record, record->files[index].names_offset);
}

static void assert_path(struct record *record, unsigned int index, const char *expected)
{
	char path[DECODE_PATH_MAX];
	struct decoded decoded;
	int length;

	assert_int_equal(decode(record, &decoded), 0);
	assert_int_equal(decode_path(&decoded, &decoded.files[index], path, &length), 0);
	assert_string_equal(path, expected);
	assert_int_equal(length, strlen(expected));
}

static void assert_no_name(struct record *record, unsigned int index)
{
	char path[DECODE_PATH_MAX];
	struct decoded decoded;
	int length;

	assert_int_equal(decode(record, &decoded), 0);
	assert_int_equal(decode_path(&decoded, &decoded.files[index], path, &length), 0);
	assert_int_equal(length, -1);
}

static void assert_broken_path(struct record *record, unsigned int index)
{
	char path[DECODE_PATH_MAX];
	struct decoded decoded;
	int length;

	assert_int_equal(decode(record, &decoded), 0);
	assert_int_equal(decode_path(&decoded, &decoded.files[index], path, &length), -EBADMSG);
	assert_int_equal(length, -1);
}

static void check_sections(struct record *record)
{
	struct decoded decoded;

	assert_int_equal(decode(record, &decoded), 0);
	assert_ptr_equal(decoded.event, record->data);
	for (unsigned int i = 0; i < NR_EVENT_PARTIES; i++) {
		assert_int_equal(decoded.tasks[i]->pid, 101 + i);
		assert_int_equal(decoded.sockets[i]->ino, 601 + i);
	}
	assert_null(decoded.names[EVENT_SELF]);
	assert_int_equal(decoded.name_sizes[EVENT_OTHER], 4);
	assert_memory_equal(decoded.names[EVENT_OTHER], "/run", 4);
	assert_int_equal(decoded.nr_files, 2);
	assert_memory_equal(decoded.files, record->files, 2 * sizeof(struct event_file));
	assert_int_equal(decoded.paths_size, record->paths_size);
	assert_memory_equal(decoded.paths, record->paths, record->paths_size);
}

/* The sections may come in any order. */
static void test_sections(void **state)
{
	struct record record;

	(void)state;
	make_record(&record);
	check_sections(&record);
	record.backwards = true;
	check_sections(&record);
}

/* What is not known has no section. */
static void test_bare(void **state)
{
	struct record record;
	struct decoded decoded;

	(void)state;
	record_begin(&record, EVENT_SEND_FAILED, 1);
	assert_int_equal(decode(&record, &decoded), 0);
	for (unsigned int i = 0; i < NR_EVENT_PARTIES; i++) {
		assert_null(decoded.tasks[i]);
		assert_null(decoded.sockets[i]);
		assert_null(decoded.names[i]);
	}
	assert_int_equal(decoded.nr_files, 0);
	assert_int_equal(decoded.paths_size, 0);
}

/* The size is that of the record, or it is refused without a look at what lies behind. */
static void check_size(const struct record *record, size_t size)
{
	struct decoded decoded;
	void *exact = malloc(size + !size);

	assert_non_null(exact);
	memcpy(exact, record->data, size);
	assert_int_equal(decode_record(exact, size, &decoded), -EBADMSG);
	free(exact);
}

static void test_sizes(void **state)
{
	struct record record;
	size_t whole;

	(void)state;
	make_record(&record);
	whole = record_write(&record);
	for (size_t size = 0; size < whole; size++)
		check_size(&record, size);
}

/* The same where the record says that it is so short: a section is cut in its midst. */
static void test_truncated(void **state)
{
	size_t whole, ends = 0;
	struct record record;

	(void)state;
	make_record(&record);
	whole = record_write(&record);
	for (size_t size = sizeof(struct event); size < whole; size++) {
		struct event *exact = malloc(size);
		struct decoded decoded;
		int r;

		assert_non_null(exact);
		memcpy(exact, record.data, size);
		exact->size = size;
		r = decode_record(exact, size, &decoded);
		assert_true(r == 0 || r == -EBADMSG);
		ends += r == 0;
		free(exact);
	}
	assert_int_equal(ends, 7); /* between two sections, of which there are 7 */
}

static void break_type(struct event *event)
{
	event->type = 0;
}

static void break_type_beyond(struct event *event)
{
	event->type = NR_EVENT_TYPES;
}

static void break_total(struct event *event)
{
	event->total_files = 1; /* two are told */
}

static void break_total_beyond(struct event *event)
{
	event->total_files = EVENT_MAX_FILES + 1;
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

static void break_fate(struct event *event)
{
	event->fate = NR_EVENT_FATES;
}

/* What was installed is told by the files. */
static void break_fate_installed(struct event *event)
{
	event->fate = EVENT_FATE_INSTALLED;
}

/* Only a sender may not know which message it was. */
static void break_number(struct event *event)
{
	event->type = EVENT_RECEIVED;
	event->message = 0;
}

static void break_reserved(struct event *event)
{
	event->reserved[2] = 1;
}

static void test_header(void **state)
{
	static void (*const breaks[])(struct event * event) = {
		break_type,	break_type_beyond,    break_total,  break_total_beyond,
		break_error,	break_error_sign,     break_via,    break_fate,
		break_reserved, break_fate_installed, break_number,
	};
	struct record record;

	(void)state;
	for (size_t i = 0; i < sizeof(breaks) / sizeof(breaks[0]); i++) {
		make_record(&record);
		breaks[i](&record.event);
		record_write(&record);
		assert_refused(&record);
	}
}

/* Which section to break, and how: where a number is 0, that is left. */
struct broken_section {
	unsigned int type;
	unsigned int new_type;
	unsigned int new_index;
	uint32_t new_size;
};

static void test_broken_sections(void **state)
{
	static const struct broken_section breaks[] = {
		{ .type = EVENT_SECTION_TASK, .new_type = NR_EVENT_SECTIONS },
		{ .type = EVENT_SECTION_TASK, .new_type = UINT16_MAX },
		{ .type = EVENT_SECTION_TASK, .new_index = NR_EVENT_PARTIES },
		{ .type = EVENT_SECTION_TASK, .new_size = sizeof(struct event_task) - 8 },
		{ .type = EVENT_SECTION_TASK, .new_size = sizeof(struct event_task) + 8 },
		{ .type = EVENT_SECTION_SOCKET, .new_index = NR_EVENT_PARTIES },
		{ .type = EVENT_SECTION_SOCKET, .new_size = sizeof(struct event_socket) - 1 },
		{ .type = EVENT_SECTION_SOCKET_NAME, .new_index = UINT16_MAX },
		{ .type = EVENT_SECTION_SOCKET_NAME, .new_size = EVENT_SUN_PATH + 1 },
		{ .type = EVENT_SECTION_FILES, .new_index = 1 },
		{ .type = EVENT_SECTION_FILES, .new_index = 3 },
		{ .type = EVENT_SECTION_FILES, .new_size = sizeof(struct event_file) },
		{ .type = EVENT_SECTION_PATHS, .new_size = UINT32_MAX },
		{ .type = EVENT_SECTION_PATHS, .new_size = UINT32_MAX - 7 },
	};
	struct record record;

	(void)state;
	for (size_t i = 0; i < sizeof(breaks) / sizeof(breaks[0]); i++) {
		struct event_section *section;

		make_record(&record);
		record_write(&record);
		section = record_section(&record, breaks[i].type, EVENT_OTHER);
		if (breaks[i].new_type)
			section->type = breaks[i].new_type;
		if (breaks[i].new_index)
			section->index = breaks[i].new_index;
		if (breaks[i].new_size)
			section->size = breaks[i].new_size;
		assert_refused(&record);
	}

	/* no type at all: what is left of a buffer that was not written */
	record_write(&record);
	record_section(&record, EVENT_SECTION_TASK, EVENT_SELF)->type = 0;
	assert_refused(&record);
}

/* More files than a message can have, each told. */
static void test_too_many_files(void **state)
{
	size_t size = sizeof(struct event) + sizeof(struct event_section) +
		      (EVENT_MAX_FILES + 1) * sizeof(struct event_file);
	struct event *event = calloc(1, size);
	struct event_section *section = (struct event_section *)(event + 1);
	struct decoded decoded;

	(void)state;
	assert_non_null(event);
	event->size = size;
	event->type = EVENT_MOVED;
	section->type = EVENT_SECTION_FILES;
	section->index = EVENT_MAX_FILES + 1;
	section->size = section->index * sizeof(struct event_file);
	assert_int_equal(decode_record(event, size, &decoded), -EBADMSG);
	free(event);
}

/* A section that is told twice contradicts itself. */
static void test_twice(void **state)
{
	struct record record;

	(void)state;
	make_record(&record);
	record_write(&record);
	record_section(&record, EVENT_SECTION_TASK, EVENT_OTHER)->index = EVENT_SELF;
	assert_refused(&record);
	record_write(&record);
	record_section(&record, EVENT_SECTION_SOCKET, EVENT_OTHER)->index = EVENT_SELF;
	assert_refused(&record);
}

/* Padding that is not 0 was left there by another record. */
static void test_padding(void **state)
{
	struct record record;
	char *behind;

	(void)state;
	make_record(&record);
	for (unsigned int i = 4; i < 8; i++) {
		record_write(&record);
		behind = (char *)(record_section(&record, EVENT_SECTION_SOCKET_NAME, EVENT_OTHER) +
				  1);
		behind[i] = 1;
		assert_refused(&record);
	}
	record_write(&record);
	((struct event_socket *)(record_section(&record, EVENT_SECTION_SOCKET, EVENT_SELF) + 1))
		->reserved = 1;
	assert_refused(&record);
}

static void test_comm_without_end(void **state)
{
	struct record record;

	(void)state;
	make_record(&record);
	memset(record.tasks[EVENT_SELF].comm, 'x', EVENT_COMM_LEN);
	record_write(&record);
	assert_refused(&record);
	make_record(&record);
	memset(record.tasks[EVENT_OTHER].parent_comm, 'x', EVENT_COMM_LEN);
	record_write(&record);
	assert_refused(&record);
}

static void test_file_fate(void **state)
{
	struct record record;

	(void)state;
	make_record(&record);
	record.files[1].fate = NR_EVENT_FATES;
	record_write(&record);
	assert_refused(&record);
}

/* The longest name of a socket, and one that has no name to tell. */
static void test_socket_names(void **state)
{
	char longest[EVENT_SUN_PATH];
	struct record record;
	struct decoded decoded;

	(void)state;
	make_record(&record);
	memset(longest, 'a', sizeof(longest));
	record_set_socket_name(&record, EVENT_SELF, longest, sizeof(longest));
	record_set_socket_name(&record, EVENT_OTHER, "", 0);
	assert_int_equal(decode(&record, &decoded), 0);
	assert_int_equal(decoded.name_sizes[EVENT_SELF], sizeof(longest));
	assert_null(decoded.names[EVENT_OTHER]);
}

static void test_paths(void **state)
{
	struct record record;

	(void)state;
	make_record(&record);
	assert_path(&record, 0, "/var/lib/file");
	assert_no_name(&record, 1);

	/* two files with the same directory */
	record.files[1].names_offset =
		record_add_name(&record, "other", 5, leaf_of(&record, 0)->parent_offset);
	assert_path(&record, 1, "/var/lib/other");
	assert_path(&record, 0, "/var/lib/file");

	record.files[0].flags = EVENT_FILE_DELETED; /* the kind tells it */
	assert_path(&record, 0, "/var/lib/file");
	record.files[0].flags = EVENT_FILE_CUT;
	assert_path(&record, 0, ".../var/lib/file");
	record.files[1].names_offset = EVENT_NO_NAME; /* cut before its first component */
	record.files[1].flags = EVENT_FILE_CUT;
	assert_no_name(&record, 1);
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
	record.files[1].names_offset = record_add_name(&record, "[eventfd]", 9, EVENT_NO_NAME);
	record.files[1].flags = EVENT_FILE_PSEUDO;
	assert_path(&record, 1, "[eventfd]");
	record.files[1].flags = EVENT_FILE_PSEUDO | EVENT_FILE_DELETED;
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
	char path[DECODE_PATH_MAX];
	struct record record;
	struct decoded decoded;
	uint32_t offset = EVENT_NO_NAME;
	int length;

	(void)state;
	make_record(&record);
	for (int i = 0; i < 64; i++)
		offset = record_add_name(&record, component, 63, offset);
	record.files[1].names_offset = offset;
	assert_int_equal(decode(&record, &decoded), 0);
	assert_int_equal(decode_path(&decoded, &decoded.files[1], path, &length), 0);
	assert_int_equal(length, EVENT_MAX_PATH);
	assert_int_equal(strlen(path), EVENT_MAX_PATH);
	assert_int_equal(path[0], '/');

	/* the longest that there is: whole in length, and yet not begun at the root */
	record.files[1].flags = EVENT_FILE_CUT;
	assert_int_equal(decode(&record, &decoded), 0);
	assert_int_equal(decode_path(&decoded, &decoded.files[1], path, &length), 0);
	assert_int_equal(length, DECODE_PATH_MAX - 1);
	record.files[1].flags = 0;

	record.files[1].names_offset = record_add_name(&record, "leaf", 4, offset);
	assert_int_equal(decode(&record, &decoded), 0);
	assert_int_equal(decode_path(&decoded, &decoded.files[1], path, &length), 0);
	assert_int_equal(strncmp(path, ".../0123", 8), 0);
	assert_int_equal(length, strlen(path));
	assert_string_equal(path + length - 6, "e/leaf");
}

static void test_broken_names(void **state)
{
	struct record record;
	struct event_name *leaf;
	uint32_t offset;

	(void)state;
	make_record(&record);
	offset = record.files[0].names_offset;
	leaf = leaf_of(&record, 0);

	leaf->parent_offset = offset; /* its own parent */
	assert_broken_path(&record, 0);
	record_name(&record, 0)->parent_offset = offset; /* a longer circle */
	leaf->parent_offset = 0;
	assert_broken_path(&record, 0);
	leaf->parent_offset = 2; /* not aligned */
	assert_broken_path(&record, 0);
	leaf->parent_offset = record.paths_size - 4; /* half a component */
	assert_broken_path(&record, 0);
	leaf->parent_offset = EVENT_NO_NAME - 3; /* far out */
	assert_broken_path(&record, 0);

	make_record(&record);
	leaf->length = 5; /* beyond the end */
	assert_broken_path(&record, 0);
	leaf->length = UINT32_MAX;
	assert_broken_path(&record, 0);
	record.files[0].flags = EVENT_FILE_PSEUDO;
	assert_broken_path(&record, 0);
	record.files[0].names_offset = record.paths_size;
	assert_broken_path(&record, 0);

	make_record(&record);
	record.paths_size = 0; /* a file that names a path, and no paths */
	assert_broken_path(&record, 0);
}

/* Longer than a component of a path can be: 255. */
static void test_long_component(void **state)
{
	char name[257] = "";
	struct record record;

	(void)state;
	make_record(&record);
	memset(name, 'a', 256);
	record.files[0].names_offset = record_add_name(&record, name, 256, EVENT_NO_NAME);
	assert_broken_path(&record, 0);
	record.files[0].flags = EVENT_FILE_PSEUDO;
	assert_broken_path(&record, 0);
	name[255] = '\0';
	record.files[0].names_offset = record_add_name(&record, name, 255, EVENT_NO_NAME);
	assert_path(&record, 0, name);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sections),       cmocka_unit_test(test_bare),
		cmocka_unit_test(test_sizes),	       cmocka_unit_test(test_truncated),
		cmocka_unit_test(test_header),	       cmocka_unit_test(test_broken_sections),
		cmocka_unit_test(test_too_many_files), cmocka_unit_test(test_twice),
		cmocka_unit_test(test_padding),	       cmocka_unit_test(test_comm_without_end),
		cmocka_unit_test(test_file_fate),      cmocka_unit_test(test_socket_names),
		cmocka_unit_test(test_paths),	       cmocka_unit_test(test_root),
		cmocka_unit_test(test_pseudo),	       cmocka_unit_test(test_raw_bytes),
		cmocka_unit_test(test_long_path),      cmocka_unit_test(test_broken_names),
		cmocka_unit_test(test_long_component),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
