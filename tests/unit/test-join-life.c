/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The join: the life of a message whose number all events tell, in all orders that they can come in, and
 * what comes of events that are malformed or that nobody wants.
 */
#include <errno.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>

#include "join-scenario.h"

static void test_pass(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	add_sent(s, 0, 1, FILE_A, 1);
	add_received(s, 0, 1, FILE_A, 1);
	received(expect(s, 1, 0, FILE_A, OUTCOME_DELIVERED));
	check(s);
}

static void test_several(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	add_sent(s, 0, 1, FILE_A, 3);
	add_received(s, 0, 1, FILE_A, 3);
	for (unsigned int i = 0; i < 3; i++)
		received(expect(s, 1, i, FILE_A, OUTCOME_DELIVERED));
	check(s);
}

/* Two messages of the same file at once. */
static void test_two_messages(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	add_sent(s, 0, 1, FILE_A, 1);
	record_set_task(add_sent(s, 0, 2, FILE_A, 1), EVENT_SELF, OTHER);
	add_received(s, 0, 2, FILE_A, 1)->files[0].fd = 30;
	add_received(s, 0, 1, FILE_A, 1);
	received(expect(s, 1, 0, FILE_A, OUTCOME_DELIVERED));
	received(expect(s, 2, 0, FILE_A, OUTCOME_DELIVERED))->to.fd = 30;
	s->truth.rows[1].pass.sender.pid = OTHER;
	check(s);
}

static void check_partial(enum event_fate fate)
{
	struct scenario *s = scenario_new();

	add_sent(s, 0, 1, FILE_A, 2);
	add_received(s, 0, 1, FILE_A, 2);
	set_fate(s, 1, fate);
	received(expect(s, 1, 0, FILE_A, OUTCOME_DELIVERED));
	received(expect(s, 1, 1, FILE_A, OUTCOME_LOST))->fate = fate;
	check(s);
}

static void test_partial(void **state)
{
	(void)state;
	check_partial(EVENT_FATE_TRUNCATED);
	check_partial(EVENT_FATE_EMFILE);
	check_partial(EVENT_FATE_DENIED);
	check_partial(EVENT_FATE_DROPPED);
}

/* What the receiver had is told of those that it had no room for. */
static void test_full_table(void **state)
{
	struct scenario *s = scenario_new();
	struct pass *lost;

	(void)state;
	add_sent(s, 0, 1, FILE_A, 2);
	record_set_full(add_received(s, 0, 1, FILE_A, 2), 24, 20);
	set_fate(s, 1, EVENT_FATE_EMFILE);
	received(expect(s, 1, 0, FILE_A, OUTCOME_DELIVERED));
	lost = received(expect(s, 1, 1, FILE_A, OUTCOME_LOST));
	lost->fate = EVENT_FATE_EMFILE;
	lost->receiver_fds = 24;
	lost->receiver_fds_limit = 20;
	check(s);
}

/* The event tells the rest of its files as one. */
static void test_rest(void **state)
{
	struct scenario *s = scenario_new();
	struct record *record;

	(void)state;
	add_sent(s, 0, 1, FILE_A, 3);
	record = add_received(s, 0, 1, FILE_A, 1);
	record->event.total_files = 3;
	record->event.fate = EVENT_FATE_TRUNCATED;
	received(expect(s, 1, 0, FILE_A, OUTCOME_DELIVERED));
	for (unsigned int i = 1; i < 3; i++)
		received(expect(s, 1, i, FILE_A, OUTCOME_LOST))->fate = EVENT_FATE_TRUNCATED;
	check(s);
}

/* What became of a file is not known: nothing is told of that. */
static void test_unknown_fate(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	add_sent(s, 0, 1, FILE_A, 1);
	add_received(s, 0, 1, FILE_A, 1);
	set_fate(s, 0, EVENT_FATE_UNKNOWN);
	received(expect(s, 1, 0, FILE_A, OUTCOME_UNKNOWN));
	check(s);
}

/* Installed, but its number is not known. */
static void test_unknown_number(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	add_sent(s, 0, 1, FILE_A, 1);
	add_received(s, 0, 1, FILE_A, 1)->files[0].flags &= ~EVENT_FILE_FD_KNOWN;
	received(expect(s, 1, 0, FILE_A, OUTCOME_DELIVERED))->to.fd = ENDPOINT_FD_UNKNOWN;
	check(s);
}

static void test_peek(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	add_sent(s, 0, 1, FILE_A, 1);
	add_received(s, 0, 1, FILE_A, 1)->event.flags = EVENT_PEEK;
	add_received(s, last_step(s), 1, FILE_A, 1)->files[0].fd = 30;
	received(expect(s, 1, 0, FILE_A, OUTCOME_PEEKED));
	received(expect(s, 1, 0, FILE_A, OUTCOME_DELIVERED))->to.fd = 30;
	check(s);
}

/* Two threads, one peeks and one receives: the peek may be told last. */
static void test_peek_at_once(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	add_sent(s, 0, 1, FILE_A, 1);
	add_received(s, 0, 1, FILE_A, 1)->event.flags = EVENT_PEEK;
	add_received(s, 0, 1, FILE_A, 1)->files[0].fd = 30;
	received(expect(s, 1, 0, FILE_A, OUTCOME_PEEKED));
	received(expect(s, 1, 0, FILE_A, OUTCOME_DELIVERED))->to.fd = 30;
	check(s);
}

/* The number of a descriptor that was never open is told as it was given. */
static void test_failed_at_once(void **state)
{
	struct scenario *s = scenario_new();
	struct record *record;
	struct pass *pass;

	(void)state;
	record = add_sent(s, 0, 1, FILE_A, 2);
	record->event.flags |= EVENT_FAILED;
	record->event.error = -EBADF;
	record->files[1] = (struct event_file){
		.fd = 77,
		.flags = EVENT_FILE_FD_KNOWN,
		.names_offset = EVENT_NO_NAME,
	};
	expect(s, 1, 0, FILE_A, OUTCOME_FAILED)->error = EBADF;
	pass = expect(s, 1, 1, FILE_A, OUTCOME_FAILED);
	pass->error = EBADF;
	pass->from.fd = 77;
	pass->file = (struct file){};
	s->truth.rows[1].path[0] = 0;
	check(s);
}

static void check_failed_later(int error, int told)
{
	struct scenario *s = scenario_new();

	add_sent(s, 0, 1, FILE_A, 1);
	add_send_failed(s, last_step(s), 1, error);
	expect(s, 1, 0, FILE_A, OUTCOME_FAILED)->error = told;
	check(s);
}

static void test_failed_later(void **state)
{
	(void)state;
	check_failed_later(-EPIPE, EPIPE);
	check_failed_later(0, 0);
}

static void check_lost(enum event_fate fate)
{
	struct scenario *s = scenario_new();
	struct pass *pass;

	add_sent(s, 0, 1, FILE_A, 1);
	add_lost(s, 0, 1, fate);
	pass = expect(s, 1, 0, FILE_A, OUTCOME_LOST);
	received(pass)->fate = fate;
	check(s);
}

static void test_lost(void **state)
{
	(void)state;
	check_lost(EVENT_FATE_UNREAD);
	check_lost(EVENT_FATE_READ);
	check_lost(EVENT_FATE_TRUNCATED);
	check_lost(EVENT_FATE_DROPPED);
	check_lost(EVENT_FATE_UNKNOWN);
}

/* The kernel's worker that frees a cycle is not who lost it. */
static void test_garbage(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	add_sent(s, 0, 1, FILE_A, 1);
	add_lost(s, 0, 1, EVENT_FATE_GC)->event.flags = EVENT_TASK_KERNEL;
	expect(s, 1, 0, FILE_A, OUTCOME_LOST)->fate = EVENT_FATE_GC;
	check(s);
}

/* Lost with no system call on the socket, such as a process that exits. */
static void test_lost_without_descriptor(void **state)
{
	struct scenario *s = scenario_new();
	struct pass *pass;

	(void)state;
	add_sent(s, 0, 1, FILE_A, 1);
	add_lost(s, 0, 1, EVENT_FATE_UNREAD)->sockets[EVENT_SELF].fd = -1;
	pass = received(expect(s, 1, 0, FILE_A, OUTCOME_LOST));
	pass->fate = EVENT_FATE_UNREAD;
	pass->to.sockfd = ENDPOINT_FD_UNKNOWN;
	check(s);
}

static void test_moved(void **state)
{
	struct scenario *s = scenario_new();
	struct record *record;
	struct pass *pass;

	(void)state;
	record = add_event(s, 0, EVENT_MOVED, 0, SERVER);
	record->event.via = EVENT_VIA_PIDFD_GETFD;
	record_set_task(record, EVENT_OTHER, CLIENT);
	record_add_file(record, FILE_A, 10);
	record_add_file(record, FILE_A, 20)->flags |= EVENT_FILE_CLOEXEC;
	describe(s);
	pass = received(expect(s, 1, 0, FILE_A, OUTCOME_DELIVERED));
	pass->via = EVENT_VIA_PIDFD_GETFD;
	pass->socket_type = 0;
	pass->from.socket_ino = 0;
	pass->from.sockfd = ENDPOINT_FD_UNKNOWN;
	pass->to.socket_ino = 0;
	pass->to.sockfd = ENDPOINT_FD_UNKNOWN;
	check(s);
}

static void test_queued_before(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	add_received(s, 0, 1, FILE_A, 2);
	describe(s);
	add_lost(s, 0, 2, EVENT_FATE_UNREAD);
	describe(s);
	without_sender(received(expect(s, 1, 0, FILE_A, OUTCOME_DELIVERED)));
	without_sender(received(expect(s, 1, 1, FILE_A, OUTCOME_DELIVERED)));
	without_sender(received(expect(s, 2, 0, FILE_A, OUTCOME_LOST)))->fate = EVENT_FATE_UNREAD;
	check(s);
}

/* Of a message from before the trace the first event alone describes the files. */
static void test_peeked_before(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	add_received(s, 0, 1, FILE_A, 1)->event.flags = EVENT_PEEK;
	describe(s);
	add_received(s, last_step(s), 1, FILE_A, 1);
	without_sender(received(expect(s, 1, 0, FILE_A, OUTCOME_PEEKED)));
	without_sender(received(expect(s, 1, 0, FILE_A, OUTCOME_DELIVERED)));
	check(s);
}

/* A list whose end was missed, and whose address has another message now. */
static void test_number_of_another(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	add_sent(s, 0, 1, FILE_A, 1);
	add_received(s, 0, 1, FILE_B, 1);
	describe(s);
	expect(s, 1, 0, FILE_A, OUTCOME_UNKNOWN);
	without_sender(received(expect(s, 2, 0, FILE_B, OUTCOME_DELIVERED)));
	check(s);
}

/* Rows of files with an anonymous inode, and what tells them apart. */
static uint64_t anonymous_identity(bool sees_creations, uint32_t generation, uint32_t magic,
				   const char *name)
{
	struct scenario *s = scenario_new();
	struct rows rows = {};
	struct join *join;

	s->options.sees_creations = sees_creations;
	add_sent(s, 0, 1, FILE_A, 1);
	last_record(s)->files[0].magic = magic;
	last_record(s)->files[0].generation = generation;
	last_record(s)->files[0].names_offset =
		record_add_name(last_record(s), name, strlen(name), EVENT_NO_NAME);
	last_record(s)->files[0].flags |= EVENT_FILE_PSEUDO;
	assert_int_equal(join_new(&join, &s->options, keep_row, &rows), 0);
	run_step(join, &s->steps[0], 1);
	assert_int_equal(join_finish(join, 2), 0);
	assert_int_equal(rows.count, 1);
	assert_true(rows.rows[0].pass.file.known);
	join_free(join);
	free(s);
	return rows.rows[0].pass.file.identity;
}

static void test_identity(void **state)
{
	(void)state;
	assert_int_not_equal(anonymous_identity(true, 0, ANON_INODE_FS_MAGIC, "[eventfd]"), 0);
	assert_int_not_equal(anonymous_identity(true, 1, ANON_INODE_FS_MAGIC, "[eventfd]"), 0);
	assert_int_equal(anonymous_identity(false, 0, ANON_INODE_FS_MAGIC, "[eventfd]"), 0);
	assert_int_not_equal(anonymous_identity(false, 1, ANON_INODE_FS_MAGIC, "[eventfd]"), 0);
	/* The generation may be that of an eventfd, which had this address before. */
	assert_int_equal(anonymous_identity(false, 1, ANON_INODE_FS_MAGIC, "bpf-map"), 0);
	assert_int_not_equal(anonymous_identity(true, 1, ANON_INODE_FS_MAGIC, "bpf-map"), 0);
	assert_int_not_equal(anonymous_identity(false, 0, TMPFS_MAGIC, "memfd:x"), 0);
}

static void test_malformed(void **state)
{
	struct scenario *s = scenario_new();
	struct join_counts counts;
	struct rows rows = {};
	struct record *record;
	struct join *join;
	size_t size;

	(void)state;
	record = add_sent(s, 0, 1, FILE_A, 1);
	size = record_write(record);
	assert_int_equal(join_new(&join, &s->options, keep_row, &rows), 0);
	assert_int_equal(join_record(join, record->data, size - 1), -EBADMSG);
	assert_int_equal(join_record(join, record->data, 0), -EBADMSG);
	record->files[0].names_offset = record->paths_size;
	assert_int_equal(try_step(join, &s->steps[0], 1), -EBADMSG);
	add_event(s, 0, EVENT_MOVED, 1, CLIENT); /* of no file */
	assert_int_equal(try_step(join, &s->steps[1], 1), -EBADMSG);
	join_counts(join, &counts);
	assert_int_equal(counts.malformed, 4);
	assert_int_equal(counts.messages_open, 0);
	assert_int_equal(counts.bytes, 0);
	assert_int_equal(rows.count, 0);
	join_free(join);
	free(s);
}

static int refuse_row(void *userdata, const struct pass *pass)
{
	(void)pass;
	*(unsigned int *)userdata += 1;
	return -EPIPE;
}

static void test_stopped(void **state)
{
	struct scenario *s = scenario_new();
	unsigned int calls = 0;
	struct join *join;

	(void)state;
	add_sent(s, 0, 1, FILE_A, 3);
	add_received(s, 0, 1, FILE_A, 3);
	assert_int_equal(join_new(&join, &s->options, refuse_row, &calls), 0);
	run_step(join, &s->steps[0], 1);
	assert_int_equal(try_step(join, &s->steps[1], 2), -EPIPE);
	assert_int_equal(calls, 1);
	join_free(join);
	free(s);
}

/* The time of a pass is when it was sent, and that of its end when that came. */
static void test_times(void **state)
{
	struct scenario *s = scenario_new();
	struct rows rows = {};
	struct join *join;

	(void)state;
	add_sent(s, 0, 1, FILE_A, 1);
	add_received(s, 0, 1, FILE_A, 1);
	assert_int_equal(join_new(&join, &s->options, keep_row, &rows), 0);
	run_step(join, &s->steps[1], 2000); /* told first */
	run_step(join, &s->steps[0], 1000);
	assert_int_equal(rows.count, 1);
	assert_int_equal(rows.rows[0].pass.time_ns, 1000);
	assert_int_equal(rows.rows[0].pass.done_ns, 2000);
	join_free(join);
	free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pass),
		cmocka_unit_test(test_several),
		cmocka_unit_test(test_two_messages),
		cmocka_unit_test(test_partial),
		cmocka_unit_test(test_full_table),
		cmocka_unit_test(test_rest),
		cmocka_unit_test(test_unknown_fate),
		cmocka_unit_test(test_unknown_number),
		cmocka_unit_test(test_peek),
		cmocka_unit_test(test_peek_at_once),
		cmocka_unit_test(test_failed_at_once),
		cmocka_unit_test(test_failed_later),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_lost_without_descriptor),
		cmocka_unit_test(test_moved),
		cmocka_unit_test(test_queued_before),
		cmocka_unit_test(test_peeked_before),
		cmocka_unit_test(test_number_of_another),
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_stopped),
		cmocka_unit_test(test_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
