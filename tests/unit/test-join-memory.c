/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The join: how much memory and time it takes, whoever sends whatever. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "join-scenario.h"

struct load {
	struct scenario *scenario; /* for its events, which are sent again and again */
	struct join *join;
	uint64_t rows, unknown;
	uint64_t now_ns;
};

static int count_row(void *userdata, const struct pass *pass)
{
	struct load *load = userdata;

	load->rows++;
	load->unknown += pass->outcome == OUTCOME_UNKNOWN;
	return 0;
}

static void begin(struct load *load, size_t max_bytes)
{
	*load = (struct load){ .scenario = scenario_new() };
	load->scenario->options.max_bytes = max_bytes;
	assert_int_equal(join_new(&load->join, &load->scenario->options, count_row, load), 0);
}

static struct join_counts counts_of(const struct load *load)
{
	struct join_counts counts;

	join_counts(load->join, &counts);
	return counts;
}

/* The same event once more, of this message. */
static void give(struct load *load, unsigned int step, uint64_t message)
{
	load->scenario->steps[step].record.event.message = message;
	run_step(load->join, &load->scenario->steps[step], ++load->now_ns);
}

/* Everything is told, and all memory given back. */
static void finish(struct load *load)
{
	struct join_counts counts;

	assert_int_equal(join_finish(load->join, ++load->now_ns), 0);
	counts = counts_of(load);
	assert_int_equal(counts.messages_open, 0);
	assert_int_equal(counts.bytes, 0);
	join_free(load->join);
	free(load->scenario);
}

/* All files have this one path, of 15 components of 255 bytes. */
static void set_long_path(struct record *record, char letter)
{
	uint32_t offset = EVENT_NO_NAME;
	char name[255];

	memset(name, letter, sizeof(name));
	for (unsigned int i = 0; i < 15; i++)
		offset = record_add_name(record, name, sizeof(name), offset);
	for (unsigned int i = 0; i < record->nr_files; i++)
		record->files[i].names_offset = offset;
}

/* EVENT_MAX_FILES descriptors of one file. */
static void add_many(struct load *load, uint64_t message, char letter)
{
	struct record *record = add_sent(load->scenario, 0, message, FILE_A, 1);

	record->paths_size = 0;
	while (record->nr_files < EVENT_MAX_FILES)
		record_add_file(record, FILE_A, 10);
	set_long_path(record, letter);
}

/* A name is kept once, however many descriptors have it. */
static void test_shared_names(void **state)
{
	size_t one_message;
	struct load load;

	(void)state;
	begin(&load, (size_t)256 << 20);
	add_many(&load, 1, 'a');
	give(&load, 0, 1);
	one_message = counts_of(&load).bytes;
	assert_in_range(one_message, 15 * 256, EVENT_MAX_FILES * 256);
	for (unsigned int i = 2; i <= 80; i++)
		give(&load, 0, i);
	assert_in_range(counts_of(&load).bytes, one_message, 80 * (one_message - 15 * 256) + 8192);
	finish(&load);
	assert_int_equal(load.rows, 80 * EVENT_MAX_FILES);
}

/* Also what is kept of those that ended a moment ago. */
static void test_given_back(void **state)
{
	struct load load;

	(void)state;
	begin(&load, (size_t)256 << 20);
	add_many(&load, 1, 'a');
	add_received(load.scenario, 0, 1, FILE_A, 1)->event.total_files = EVENT_MAX_FILES;
	for (unsigned int i = 1; i <= 40; i++) {
		give(&load, 0, i);
		give(&load, 1, i);
	}
	assert_int_equal(counts_of(&load).messages_open, 0);
	assert_in_range(counts_of(&load).bytes, 0, 8192);
	finish(&load);
}

/* The oldest falls out, is told, and counted. */
static void test_eviction(void **state)
{
	struct join_counts counts;
	size_t one_message;
	struct load load;

	(void)state;
	begin(&load, 1 << 20);
	add_sent(load.scenario, 0, 1, FILE_A, 3);
	give(&load, 0, 1);
	one_message = counts_of(&load).bytes;
	for (unsigned int i = 2; i <= 5000; i++)
		give(&load, 0, i);
	counts = counts_of(&load);
	assert_in_range(counts.bytes, (1 << 20) - 2 * one_message, (1 << 20) + one_message);
	assert_int_equal(counts.evicted_passes, 3 * (5000 - counts.messages_open));
	assert_int_equal(load.rows, counts.evicted_passes);
	assert_int_equal(load.unknown, counts.evicted_passes);
	finish(&load);
	assert_int_equal(load.rows, 3 * 5000);
}

/* So do events that wait for their other half, also those that may wait for ever. */
static void test_stray_eviction(void **state)
{
	struct join_counts counts;
	struct load load;

	(void)state;
	begin(&load, 1 << 20);
	add_sent(load.scenario, 0, 0, FILE_A, 1)->has_socket[EVENT_OTHER] = false;
	add_received(load.scenario, 0, 1, FILE_A, 1);
	for (unsigned int i = 1; i <= 5000; i++) {
		give(&load, 0, 0);
		give(&load, 1, i);
	}
	counts = counts_of(&load);
	assert_in_range(counts.bytes, (1 << 20) - 4096, 1 << 20);
	assert_true(counts.evicted_passes > 0);
	assert_int_equal(load.rows, counts.evicted_passes);
	finish(&load);
	assert_int_equal(load.rows, 2 * 5000);
}

/* Peeks at what nobody is known to have sent are told, and not kept in place of what fell out. */
static void test_peek_eviction(void **state)
{
	struct load load;

	(void)state;
	begin(&load, 1 << 16);
	add_received(load.scenario, 0, 1, FILE_A, 1)->event.flags |= EVENT_PEEK;
	for (unsigned int i = 1; i <= 5000; i++)
		give(&load, 0, i);
	assert_in_range(counts_of(&load).bytes, (1 << 16) - 4096, 1 << 16);
	finish(&load);
}

/* A claim's message takes the place of the very end that it is of. */
static void test_claim_evicts_its_end(void **state)
{
	size_t max_bytes = (size_t)256 << 20;

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		struct load load;

		begin(&load, max_bytes);
		add_received(load.scenario, 0, 1, FILE_A, 1);
		set_unclaimed(load.scenario, CLIENT_SOCK);
		set_long_path(last_record(load.scenario), 'a');
		add_sent(load.scenario, 0, 0, FILE_A, 1);
		set_long_path(last_record(load.scenario), 'a');
		give(&load, 0, 1);
		max_bytes = counts_of(&load).bytes; /* the second time nothing else fits */
		give(&load, 1, 0);
		assert_int_equal(counts_of(&load).evicted_passes, i);
		finish(&load);
		assert_int_equal(load.rows, 1 + i);
		assert_int_equal(load.unknown, i);
	}
}

static double seconds(void)
{
	return (double)clock() / CLOCKS_PER_SEC;
}

/* The same without writing it anew: what the test itself takes does not count. */
static void give_written(struct load *load, unsigned int step, uint64_t message)
{
	struct record *record = &load->scenario->steps[step].record;

	((struct event *)record->data)->message = message;
	assert_int_equal(join_record(load->join, record->data, record->event.size), 0);
}

/* What an event costs does not depend on how many messages are queued: 200,000 cost seconds else. */
static void test_many_queued(void **state)
{
	const unsigned int count = 200000;
	double start = seconds();
	struct load load;

	(void)state;
	begin(&load, (size_t)1 << 30);
	record_write(add_sent(load.scenario, 0, 1, FILE_A, 1));
	record_write(add_received(load.scenario, 0, 1, FILE_A, 1));
	for (unsigned int i = 1; i <= count; i++)
		give_written(&load, 0, i);
	assert_int_equal(counts_of(&load).messages_open, count);
	for (unsigned int i = count; i > 0; i--)
		give_written(&load, 1, i);
	assert_int_equal(load.rows, count);
	assert_int_equal(load.unknown, 0);
	finish(&load);
	assert_true(seconds() - start < 5);
}

/* The same for claims of one socket and one file, and their ends. */
static void test_many_claims(void **state)
{
	const unsigned int count = 50000;
	double start = seconds();
	struct load load;

	(void)state;
	begin(&load, (size_t)1 << 30);
	add_sent(load.scenario, 0, 0, FILE_A, 1)->has_socket[EVENT_OTHER] = false;
	record_write(last_record(load.scenario));
	add_received(load.scenario, 0, 1, FILE_A, 1);
	set_unclaimed(load.scenario, CLIENT_SOCK);
	record_write(last_record(load.scenario));
	for (unsigned int i = 1; i <= count; i++)
		give_written(&load, 0, 0);
	for (unsigned int i = 1; i <= count; i++)
		give_written(&load, 1, i);
	assert_int_equal(load.rows, count);
	assert_int_equal(load.unknown, 0);
	finish(&load);
	assert_int_equal(load.rows, count);
	assert_true(seconds() - start < 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shared_names),  cmocka_unit_test(test_given_back),
		cmocka_unit_test(test_eviction),      cmocka_unit_test(test_stray_eviction),
		cmocka_unit_test(test_peek_eviction), cmocka_unit_test(test_claim_evicts_its_end),
		cmocka_unit_test(test_many_queued),   cmocka_unit_test(test_many_claims),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
