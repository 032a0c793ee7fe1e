/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The join: senders that do not know which message theirs was (claims), and the ends that no sender was
 * found to; and what waits too long for its other half.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/linux.h"
#include "join-scenario.h"

/* The rows of a receiver who is told whose socket it was, and not who sent it. */
static struct pass *unclaimed(struct pass *pass)
{
	without_sender(pass)->from.socket_ino = CLIENT_INO;
	return pass;
}

/* The last event is sent to this address, which is looked up by the kernel alone. */
static void set_address(struct scenario *scenario, const char *address, size_t size)
{
	struct record *record = last_record(scenario);

	record->sockets[EVENT_OTHER] = (struct event_socket){ .fd = -1 };
	record_set_socket_name(record, EVENT_OTHER, address, size);
}

static void set_own_name(struct scenario *scenario, const char *name, size_t size)
{
	record_set_socket_name(last_record(scenario), EVENT_SELF, name, size);
}

static struct record *add_unclaimed(struct scenario *scenario, unsigned int after, uint64_t message,
				    int fd)
{
	struct record *record = add_received(scenario, after, message, FILE_A, 1);

	record->files[0].fd = fd;
	set_unclaimed(scenario, CLIENT_SOCK);
	return record;
}

/* The claim may come before and after the end that it is of. */
static void test_claim(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	add_sent(s, 0, 0, FILE_A, 2);
	add_received(s, 0, 1, FILE_A, 2);
	set_unclaimed(s, CLIENT_SOCK);
	received(expect(s, 1, 0, FILE_A, OUTCOME_DELIVERED));
	received(expect(s, 1, 1, FILE_A, OUTCOME_DELIVERED));
	check(s);
}

static void test_claim_of_lost(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	add_sent(s, 0, 0, FILE_A, 1);
	add_lost(s, 0, 1, EVENT_FATE_READ);
	set_unclaimed(s, CLIENT_SOCK);
	received(expect(s, 1, 0, FILE_A, OUTCOME_LOST))->fate = EVENT_FATE_READ;
	check(s);
}

/* A peek is no end: what is claimed with it is received later. */
static void test_claim_of_peeked(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	add_sent(s, 0, 0, FILE_A, 1);
	add_unclaimed(s, 0, 1, 20);
	last_record(s)->event.flags |= EVENT_PEEK;
	add_unclaimed(s, 2, 1, 30);
	received(expect(s, 1, 0, FILE_A, OUTCOME_PEEKED));
	received(expect(s, 1, 0, FILE_A, OUTCOME_DELIVERED))->to.fd = 30;
	check(s);
}

/* The same thread, again and again: it told of each before it sent the next one. */
static void test_claims_in_turn(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	add_sent(s, 0, 0, FILE_A, 1);
	add_sent(s, 1, 0, FILE_A, 1);
	add_unclaimed(s, 0, 1, 20);
	add_unclaimed(s, 1 | 4, 2, 30);
	received(expect(s, 1, 0, FILE_A, OUTCOME_DELIVERED));
	received(expect(s, 2, 0, FILE_A, OUTCOME_DELIVERED))->to.fd = 30;
	check(s);
}

/* Other files, another socket: these are not mixed up in any order. */
static void test_claims_apart(void **state)
{
	struct scenario *s = scenario_new();
	struct pass *pass;

	(void)state;
	add_sent(s, 0, 0, FILE_A, 1);
	record_set_task(add_sent(s, 0, 0, FILE_B, 1), EVENT_SELF, OTHER);
	record_set_socket(add_sent(s, 0, 0, FILE_A, 1), EVENT_SELF, OTHER_SOCK, OTHER_INO, 3);
	add_unclaimed(s, 0, 1, 20);
	add_received(s, 0, 2, FILE_B, 1);
	set_unclaimed(s, CLIENT_SOCK);
	add_received(s, 0, 3, FILE_A, 1);
	set_unclaimed(s, OTHER_SOCK);
	received(expect(s, 1, 0, FILE_A, OUTCOME_DELIVERED));
	pass = received(expect(s, 2, 0, FILE_B, OUTCOME_DELIVERED));
	pass->sender.pid = OTHER;
	pass = received(expect(s, 3, 0, FILE_A, OUTCOME_DELIVERED));
	pass->from.socket_ino = OTHER_INO;
	check(s);
}

/* Of two messages with the same first file, it is the one with the same second file. */
static void test_claims_of_several_files(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	add_sent(s, 0, 0, FILE_A, 2);
	record_set_task(add_sent(s, 0, 0, FILE_A, 1), EVENT_SELF, OTHER);
	add_received(s, 0, 1, FILE_A, 2);
	set_unclaimed(s, CLIENT_SOCK);
	add_unclaimed(s, 0, 2, 20);
	received(expect(s, 1, 0, FILE_A, OUTCOME_DELIVERED));
	received(expect(s, 1, 1, FILE_A, OUTCOME_DELIVERED));
	received(expect(s, 2, 0, FILE_A, OUTCOME_DELIVERED))->sender.pid = OTHER;
	check(s);
}

/*
 * Two threads sent the same file over one socket at once: who of them sent which is not known, so it is
 * not told. Where the claim of one is lost, the other's looks as if it were the only one.
 */
static void check_ambiguous(unsigned int claims_after, unsigned int ends_after)
{
	struct scenario *s = scenario_new();

	add_sent(s, claims_after, 0, FILE_A, 1);
	record_set_task(add_sent(s, claims_after, 0, FILE_A, 1), EVENT_SELF, OTHER);
	add_unclaimed(s, ends_after, 1, 20);
	add_unclaimed(s, ends_after, 2, 30);
	unclaimed(received(expect(s, 1, 0, FILE_A, OUTCOME_DELIVERED)));
	unclaimed(received(expect(s, 2, 0, FILE_A, OUTCOME_DELIVERED)))->to.fd = 30;
	s->unmatched = 2;
	check_whole(s);
}

static void test_ambiguous(void **state)
{
	(void)state;
	check_ambiguous(0, 1 | 2);
	check_ambiguous(4 | 8, 0);
}

/* A sender was found to the message when it was queued: no claim is its. */
static void test_not_unclaimed(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	add_sent(s, 0, 0, FILE_A, 1);
	add_unclaimed(s, 0, 1, 20);
	last_record(s)->event.flags &= ~EVENT_UNCLAIMED;
	unclaimed(received(expect(s, 1, 0, FILE_A, OUTCOME_DELIVERED)));
	s->unmatched = 1;
	check(s);
}

static void check_named(const char *address, size_t size, const char *name, size_t name_size)
{
	struct scenario *s = scenario_new();

	add_sent(s, 0, 0, FILE_A, 1);
	set_address(s, address, size);
	add_unclaimed(s, 0, 1, 20);
	set_own_name(s, name, name_size);
	received(expect(s, 1, 0, FILE_A, OUTCOME_DELIVERED));
	check(s);
}

static void test_named(void **state)
{
	(void)state;
	check_named("/run/a", 6, "/run/a", 6);
	check_named("/run/a\0", 7, "/run/a", 6);
	check_named("/run/a", 6, "/run/a\0", 7);
	check_named("/run/a\0junk", 11, "/run/a\0", 7);
	check_named("\0a\0b", 4, "\0a\0b", 4);
	check_named("/run/a", 6, "", 0); /* the name is not told */
}

/* Sent to another socket than this one: it was not received, as far as is known. */
static void check_named_otherwise(const char *address, size_t size, const char *name,
				  size_t name_size)
{
	struct scenario *s = scenario_new();

	add_sent(s, 0, 0, FILE_A, 1);
	set_address(s, address, size);
	add_unclaimed(s, 0, 1, 20);
	set_own_name(s, name, name_size);
	unclaimed(received(expect(s, 1, 0, FILE_A, OUTCOME_DELIVERED)));
	expect(s, 2, 0, FILE_A, OUTCOME_UNKNOWN)->to.socket_ino = 0;
	check(s);
}

static void test_named_otherwise(void **state)
{
	(void)state;
	check_named_otherwise("/run/a", 6, "/run/b", 6);
	check_named_otherwise("/run/a", 6, "/run/ab", 7);
	check_named_otherwise("/run/ab", 7, "/run/a", 6);
	check_named_otherwise("\0a", 2, "\0a\0", 3);
	check_named_otherwise("\0a", 2, "a", 1);
	check_named_otherwise("a", 1, "\0a", 2);
}

/* The queue's order is that of one sender's claims. */
static void test_named_in_turn(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		add_sent(s, i ? last_step(s) : 0, 0, FILE_A, 1);
		set_address(s, "/run/a", 6);
	}
	for (unsigned int i = 0; i < 3; i++) {
		add_unclaimed(s, last_step(s), i + 1, 20 + i);
		set_own_name(s, "/run/a", 6);
		received(expect(s, i + 1, 0, FILE_A, OUTCOME_DELIVERED))->to.fd = 20 + i;
	}
	check(s);
}

/* What is not a scenario */

struct waiting {
	struct scenario *scenario;
	struct rows rows;
	struct join *join;
};

static void begin_waiting(struct waiting *waiting)
{
	*waiting = (struct waiting){ .scenario = scenario_new() };
	waiting->scenario->options.late_ns = 1000;
	assert_int_equal(
		join_new(&waiting->join, &waiting->scenario->options, keep_row, &waiting->rows), 0);
}

static uint64_t unmatched(const struct waiting *waiting)
{
	struct join_counts counts;

	join_counts(waiting->join, &counts);
	return counts.unmatched;
}

static void end_waiting(struct waiting *waiting)
{
	join_free(waiting->join);
	free(waiting->scenario);
}

/* FIFO, and each has the time at which it was claimed. */
static void test_named_times(void **state)
{
	struct waiting w;

	(void)state;
	begin_waiting(&w);
	for (unsigned int i = 0; i < 2; i++) {
		add_sent(w.scenario, 0, 0, FILE_A, 1);
		set_address(w.scenario, "/run/a", 6);
		run_step(w.join, &w.scenario->steps[i], 1000 + i);
	}
	/* They wait for ever, as datagrams do. */
	assert_int_equal(join_tick(w.join, UINT64_C(1000000000000)), 0);
	for (unsigned int i = 0; i < 2; i++) {
		add_unclaimed(w.scenario, 0, i + 1, 20);
		set_own_name(w.scenario, "/run/a", 6);
		run_step(w.join, &w.scenario->steps[2 + i], UINT64_C(1000000000000) + i);
		assert_int_equal(w.rows.count, i + 1);
		assert_true(w.rows.rows[i].pass.sender.known);
		assert_int_equal(w.rows.rows[i].pass.time_ns, 1000 + i);
	}
	assert_int_equal(unmatched(&w), 0);
	end_waiting(&w);
}

/* What was sent is told at the end, though nobody says what came of it. */
static void test_named_unseen(void **state)
{
	struct waiting w;

	(void)state;
	begin_waiting(&w);
	add_sent(w.scenario, 0, 0, FILE_A, 1);
	set_address(w.scenario, "/run/a", 6);
	run_step(w.join, &w.scenario->steps[0], 1000);
	assert_int_equal(join_tick(w.join, 1000000), 0);
	assert_int_equal(w.rows.count, 0);
	assert_int_equal(join_finish(w.join, 1000001), 0);
	assert_int_equal(w.rows.count, 1);
	assert_int_equal(w.rows.rows[0].pass.outcome, OUTCOME_UNKNOWN);
	assert_true(w.rows.rows[0].pass.sender.known);
	assert_int_equal(unmatched(&w), 0);
	end_waiting(&w);
}

/* That its message was sent is not proved: it is counted, and not told. */
static void test_late_claim(void **state)
{
	struct waiting w;

	(void)state;
	begin_waiting(&w);
	add_sent(w.scenario, 0, 0, FILE_A, 1);
	add_unclaimed(w.scenario, 0, 1, 20);
	run_step(w.join, &w.scenario->steps[0], 1000);
	assert_int_equal(join_tick(w.join, 2000), 0);
	assert_int_equal(unmatched(&w), 0);
	assert_int_equal(join_tick(w.join, 2001), 0);
	assert_int_equal(unmatched(&w), 1);
	assert_int_equal(w.rows.count, 0);
	run_step(w.join, &w.scenario->steps[1], 2002);
	assert_int_equal(join_tick(w.join, 4000), 0);
	assert_int_equal(w.rows.count, 1);
	assert_false(w.rows.rows[0].pass.sender.known);
	assert_int_equal(unmatched(&w), 1);
	end_waiting(&w);
}

/* An end that waits for its sender in vain is told, once, by itself. */
static void check_late_end(uint64_t number)
{
	struct waiting w;

	begin_waiting(&w);
	add_unclaimed(w.scenario, 0, 1, 20);
	add_sent(w.scenario, 0, number, FILE_A, 1);
	run_step(w.join, &w.scenario->steps[0], 1000);
	assert_int_equal(join_tick(w.join, 2000), 0);
	assert_int_equal(w.rows.count, 0);
	assert_int_equal(join_tick(w.join, 2001), 0);
	assert_int_equal(w.rows.count, 1);
	assert_false(w.rows.rows[0].pass.sender.known);
	assert_int_equal(w.rows.rows[0].pass.message, 1);
	assert_int_equal(w.rows.rows[0].pass.outcome, OUTCOME_DELIVERED);
	run_step(w.join, &w.scenario->steps[1], 2002);
	assert_int_equal(join_finish(w.join, 3000), 0);
	for (unsigned int i = 1; i < w.rows.count; i++)
		assert_int_equal(w.rows.rows[i].pass.outcome, OUTCOME_UNKNOWN);
	assert_int_equal(unmatched(&w), number ? 0 : 1);
	end_waiting(&w);
}

static void test_late_end(void **state)
{
	(void)state;
	check_late_end(0);
	check_late_end(1);
}

/* A broken name shows when the event is told: it is counted then, and the trace goes on. */
static void test_malformed(void **state)
{
	struct join_counts counts;
	struct waiting w;

	(void)state;
	begin_waiting(&w);
	for (unsigned int i = 0; i < 2; i++) {
		add_unclaimed(w.scenario, 0, i + 1, 20);
		add_sent(w.scenario, 0, 0, FILE_B, 1)->has_socket[EVENT_OTHER] = i;
	}
	for (unsigned int i = 0; i < 4; i++) {
		w.scenario->steps[i].record.files[0].names_offset = i < 3 ? 4096 : EVENT_NO_NAME;
		assert_int_equal(try_step(w.join, &w.scenario->steps[i], 1000 + i),
				 i < 3 ? -EBADMSG : 0);
	}
	assert_int_equal(join_tick(w.join, 10000), 0);
	assert_int_equal(join_finish(w.join, 10001), 0);
	join_counts(w.join, &counts);
	assert_int_equal(counts.malformed, 3);
	assert_int_equal(counts.bytes, 0);
	assert_int_equal(counts.unmatched, 1);
	assert_int_equal(w.rows.count, 0);
	end_waiting(&w);
}

/* A claim tells of what was sent before it was received, whatever its own time. */
/* The rows of an end that was taken so long before 2,000 ns, with a claim of 1,900 since 1,800. */
static size_t rows_of_taken(uint32_t ago_ns, uint16_t type)
{
	struct record *sent;
	struct waiting w;
	size_t count;

	begin_waiting(&w);
	sent = add_sent(w.scenario, 0, 0, FILE_A, 1);
	sent->event.ago_ns = 100;
	sent->sockets[EVENT_SELF].type = type;
	add_unclaimed(w.scenario, 0, 1, 20)->event.ago_ns = ago_ns;
	run_step(w.join, &w.scenario->steps[0], 1900);
	run_step(w.join, &w.scenario->steps[1], 2000);
	count = w.rows.count;
	end_waiting(&w);
	return count;
}

/* What was taken before the thread had sent the one before is not its, nor what was taken after it looked. */
static void test_claimed_in_time(void **state)
{
	(void)state;
	assert_int_equal(rows_of_taken(150, LINUX_SOCK_STREAM), 1);
	assert_int_equal(rows_of_taken(250, LINUX_SOCK_STREAM), 0);
	assert_int_equal(rows_of_taken(50, LINUX_SOCK_STREAM), 0);
	assert_int_equal(rows_of_taken(EVENT_AGO_MAX, LINUX_SOCK_STREAM), 1);
	/* A datagram leaves its queue before its data are copied. */
	assert_int_equal(rows_of_taken(50, LINUX_SOCK_DGRAM), 1);
}

static void test_claimed_time(void **state)
{
	struct waiting w;

	(void)state;
	begin_waiting(&w);
	add_unclaimed(w.scenario, 0, 1, 20);
	add_sent(w.scenario, 0, 0, FILE_A, 1);
	run_step(w.join, &w.scenario->steps[0], 1000);
	run_step(w.join, &w.scenario->steps[1], 1500);
	assert_int_equal(w.rows.count, 1);
	assert_int_equal(w.rows.rows[0].pass.time_ns, 1000);
	assert_int_equal(w.rows.rows[0].pass.done_ns, 1000);
	end_waiting(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_claim),
		cmocka_unit_test(test_claim_of_lost),
		cmocka_unit_test(test_claim_of_peeked),
		cmocka_unit_test(test_claims_in_turn),
		cmocka_unit_test(test_claims_apart),
		cmocka_unit_test(test_claims_of_several_files),
		cmocka_unit_test(test_ambiguous),
		cmocka_unit_test(test_not_unclaimed),
		cmocka_unit_test(test_named),
		cmocka_unit_test(test_named_otherwise),
		cmocka_unit_test(test_named_in_turn),
		cmocka_unit_test(test_named_times),
		cmocka_unit_test(test_named_unseen),
		cmocka_unit_test(test_late_claim),
		cmocka_unit_test(test_late_end),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_claimed_time),
		cmocka_unit_test(test_claimed_in_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
