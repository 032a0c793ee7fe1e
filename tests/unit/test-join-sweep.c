/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The join: sweeps, which tell what is pending and, after a loss, what ended unseen; and the end. */
#include <stdlib.h>
#include <string.h>

#include "join-scenario.h"

static void test_pending(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	add_sent(s, 0, 1, FILE_A, 1);
	add_sent(s, 0, 2, FILE_B, 1); /* the send is still under way */
	add_sweep(s, 1 | 2);
	add_entry(s, 1, true);
	add_entry(s, 2, false);
	add_entry(s, 3, true); /* nobody told of this one */
	expect(s, 1, 0, FILE_A, OUTCOME_PENDING);
	expect(s, 2, 0, FILE_B, OUTCOME_UNKNOWN);
	check(s);
}

static void test_not_known_to_be_queued(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	add_sent(s, 0, 1, FILE_A, 1);
	expect(s, 1, 0, FILE_A, OUTCOME_UNKNOWN);
	check(s);
}

static void test_pending_after(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	s->options.pending_after_ns = 500;
	add_sent(s, 0, 1, FILE_A, 1);
	add_sweep(s, last_step(s));
	add_entry(s, 1, true);
	add_sweep(s, last_step(s)); /* told only once */
	add_entry(s, 1, true);
	add_received(s, last_step(s), 1, FILE_A, 1);
	expect(s, 1, 0, FILE_A, OUTCOME_PENDING);
	received(expect(s, 1, 0, FILE_A, OUTCOME_DELIVERED));
	check(s);
}

/* Told as pending, and still so at the end. */
static void test_pending_at_end(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	s->options.pending_after_ns = 500;
	add_sent(s, 0, 1, FILE_A, 1);
	add_sweep(s, last_step(s));
	add_entry(s, 1, true);
	expect(s, 1, 0, FILE_A, OUTCOME_PENDING);
	check(s);
}

/* The last sweep did not find it: it is not queued any more, and nobody saw its end. */
static void test_gone_at_end(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	add_sent(s, 0, 1, FILE_A, 1);
	add_sweep(s, last_step(s));
	add_entry(s, 1, true);
	add_sweep(s, last_step(s));
	expect(s, 1, 0, FILE_A, OUTCOME_UNKNOWN);
	check(s);
}

/* The sender did not know the socket that it goes to; the kernel's table does. */
static void test_receiving_socket(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	add_sent(s, 0, 1, FILE_A, 1)->has_socket[EVENT_OTHER] = false;
	add_sweep(s, last_step(s));
	add_entry(s, 1, true);
	expect(s, 1, 0, FILE_A, OUTCOME_PENDING);
	check(s);
}

/* What is not a scenario */

struct swept {
	struct scenario *scenario;
	struct rows rows;
	struct join *join;
};

/* A message of each of these numbers is sent at 1000 and on. */
static void begin(struct swept *swept, uint64_t pending_after_ns, unsigned int messages)
{
	*swept = (struct swept){ .scenario = scenario_new() };
	swept->scenario->options.pending_after_ns = pending_after_ns;
	swept->scenario->options.late_ns = 100;
	assert_int_equal(join_new(&swept->join, &swept->scenario->options, keep_row, &swept->rows),
			 0);
	for (unsigned int i = 0; i < messages; i++) {
		add_sent(swept->scenario, 0, i + 1, FILE_A, 1);
		run_step(swept->join, &swept->scenario->steps[i], 1000 + i);
	}
}

static void end(struct swept *swept)
{
	join_free(swept->join);
	free(swept->scenario);
}

static void keep_socket(void *userdata, uint64_t ino)
{
	uint64_t *sockets = userdata;

	assert_int_equal(*sockets, 0);
	*sockets = ino;
}

static void tell_owner(struct join *join, uint64_t ino, uint32_t pid)
{
	const struct event_owner owner = { .ino = ino,
					   .flags = EVENT_TASK_TRACED,
					   .task = { .pid = pid } };

	join_sweep_owner(join, &owner);
}

/* A sweep that finds message 1, to whose socket these processes have descriptors, up to a 0. */
static void sweep_owned(struct swept *swept, uint64_t now_ns, const uint64_t pids[])
{
	const struct event_queued queued = { .message = 1, .queued = 1 };
	uint64_t asked = 0;

	join_sweep_begin(swept->join, now_ns);
	join_sweep_entry(swept->join, &queued);
	join_sweep_sockets(swept->join, false, keep_socket, &asked);
	assert_int_equal(asked, SERVER_INO);
	for (; *pids; pids++)
		tell_owner(swept->join, SERVER_INO, *pids);
	tell_owner(swept->join, OTHER_INO, OTHER);
	assert_int_equal(join_sweep_end(swept->join, now_ns + 1), 0);
}

/* A sweep that finds the messages of these numbers, up to a 0. */
static void sweep(struct swept *swept, uint64_t now_ns, const uint64_t found[])
{
	join_sweep_begin(swept->join, now_ns);
	for (; *found; found++) {
		const struct event_queued queued = { .message = *found, .queued = 1 };

		join_sweep_entry(swept->join, &queued);
	}
	assert_int_equal(join_sweep_end(swept->join, now_ns + 1), 0);
}

#define FIND(...)                                                                                  \
	(const uint64_t[])                                                                         \
	{                                                                                          \
		__VA_ARGS__ __VA_OPT__(, ) 0                                                       \
	}

static uint64_t open_messages(const struct swept *swept)
{
	struct join_counts counts;

	join_counts(swept->join, &counts);
	return counts.messages_open;
}

static const struct pass *pending_of(struct swept *swept, const uint64_t pids[])
{
	begin(swept, 500, 1);
	sweep_owned(swept, 2000, pids);
	assert_int_equal(swept->rows.count, 1);
	assert_int_equal(swept->rows.rows[0].pass.outcome, OUTCOME_PENDING);
	return &swept->rows.rows[0].pass;
}

/* Who has the receiving socket open, with two descriptors, is the receiver. */
static void test_owner(void **state)
{
	const struct pass *pass;
	struct swept s;

	(void)state;
	pass = pending_of(&s, FIND(SERVER, SERVER));
	assert_int_equal(pass->nr_owners, 1);
	assert_true(pass->receiver.known);
	assert_true(pass->receiver.traced);
	assert_int_equal(pass->receiver.pid, SERVER);
	end(&s);
}

/* Which of several will receive it is not known. */
static void test_owners(void **state)
{
	const struct pass *pass;
	struct swept s;

	(void)state;
	pass = pending_of(&s, FIND(SERVER, CLIENT));
	assert_int_equal(pass->nr_owners, 2);
	assert_false(pass->receiver.known);
	end(&s);
	pass = pending_of(&s, FIND());
	assert_int_equal(pass->nr_owners, 0);
	assert_false(pass->receiver.known);
	end(&s);
}

/* No more are kept than there is room for, and then nobody is known to be the only one. */
static void test_too_many_owners(void **state)
{
	const struct event_queued queued = { .message = 1, .queued = 1 };
	const struct pass *pass;
	struct swept s;

	(void)state;
	begin(&s, 500, 1);
	join_sweep_begin(s.join, 2000);
	join_sweep_entry(s.join, &queued);
	tell_owner(s.join, SERVER_INO, SERVER);
	for (unsigned int i = 0; i < 40000; i++)
		tell_owner(s.join, OTHER_INO, 1000 + i);
	tell_owner(s.join, SERVER_INO, CLIENT); /* for which there is no room any more */
	assert_int_equal(join_sweep_end(s.join, 2001), 0);
	pass = &s.rows.rows[0].pass;
	assert_int_equal(pass->nr_owners, 1);
	assert_false(pass->receiver.known);
	end(&s);
}

/* Many descriptors of one process take no room. */
static void test_many_descriptors(void **state)
{
	const struct event_queued queued = { .message = 1, .queued = 1 };
	struct swept s;

	(void)state;
	begin(&s, 500, 1);
	join_sweep_begin(s.join, 2000);
	join_sweep_entry(s.join, &queued);
	for (unsigned int i = 0; i < 40000; i++)
		tell_owner(s.join, SERVER_INO, SERVER);
	assert_int_equal(join_sweep_end(s.join, 2001), 0);
	assert_true(s.rows.rows[0].pass.receiver.known);
	end(&s);
}

/* The same at the end of the trace, of what was not told before. */
static void test_owner_at_end(void **state)
{
	const struct event_queued queued = { .message = 1, .queued = 1 };
	uint64_t asked = 0;
	struct swept s;

	(void)state;
	begin(&s, 0, 1);
	join_sweep_begin(s.join, 2000);
	join_sweep_entry(s.join, &queued);
	join_sweep_sockets(s.join, false, keep_socket, &asked);
	assert_int_equal(asked, 0);
	join_sweep_sockets(s.join, true, keep_socket, &asked);
	assert_int_equal(asked, SERVER_INO);
	tell_owner(s.join, SERVER_INO, SERVER);
	assert_int_equal(join_sweep_end(s.join, 2001), 0);
	assert_int_equal(join_finish(s.join, 3000), 0);
	assert_int_equal(s.rows.rows[0].pass.receiver.pid, SERVER);
	end(&s);
}

/* The clocks are compared when a message is first told, once for all rows of a pass. */
static void test_one_offset_of_the_clocks(void **state)
{
	struct swept s;

	(void)state;
	begin(&s, 500, 0);
	join_set_realtime_offset(s.join, 7);
	add_sent(s.scenario, 0, 1, FILE_A, 1);
	run_step(s.join, &s.scenario->steps[0], 1000);
	join_set_realtime_offset(s.join, 8);
	sweep(&s, 2000, FIND(1));
	add_received(s.scenario, 0, 1, FILE_A, 1);
	run_step(s.join, &s.scenario->steps[1], 3000);
	assert_int_equal(s.rows.count, 2);
	for (unsigned int i = 0; i < 2; i++)
		assert_int_equal(s.rows.rows[i].pass.realtime_offset_ns, 7);
	end(&s);
}

/* Nothing is taken to have ended that a sweep does not find, unless events were lost. */
static void test_vanished(void **state)
{
	struct swept s;

	(void)state;
	begin(&s, 0, 2);
	sweep(&s, 2000, FIND());
	assert_int_equal(s.rows.count, 0);
	assert_int_equal(open_messages(&s), 2);

	join_note_loss(s.join);
	assert_true(join_wants_sweep(s.join));
	sweep(&s, 3000, FIND(2));
	assert_int_equal(s.rows.count, 1);
	assert_int_equal(s.rows.rows[0].pass.message, 1);
	assert_int_equal(s.rows.rows[0].pass.outcome, OUTCOME_UNKNOWN);
	assert_int_equal(open_messages(&s), 1);
	assert_false(join_wants_sweep(s.join));

	sweep(&s, 4000, FIND());
	assert_int_equal(s.rows.count, 1);
	end(&s);
}

/* The table of messages tells what is queued also after a loss. */
static void test_queued_after_loss(void **state)
{
	struct swept s;

	(void)state;
	begin(&s, 0, 1);
	join_note_loss(s.join);
	sweep(&s, 2000, FIND(1));
	assert_false(join_wants_sweep(s.join));
	assert_int_equal(join_finish(s.join, 3000), 0);
	assert_int_equal(s.rows.count, 1);
	assert_int_equal(s.rows.rows[0].pass.outcome, OUTCOME_PENDING);
	end(&s);
}

static void test_pending_vanished(void **state)
{
	struct swept s;

	(void)state;
	begin(&s, 500, 1);
	sweep(&s, 2000, FIND(1));
	assert_int_equal(s.rows.count, 1);
	join_note_loss(s.join);
	sweep(&s, 3000, FIND());
	assert_int_equal(s.rows.count, 2);
	assert_int_equal(s.rows.rows[1].pass.outcome, OUTCOME_UNKNOWN);
	assert_int_equal(open_messages(&s), 0);
	end(&s);
}

/* What was sent while the sweep was read need not be in that. */
static void test_sent_in_sweep(void **state)
{
	struct swept s;

	(void)state;
	begin(&s, 0, 0);
	add_sent(s.scenario, 0, 1, FILE_A, 1);
	join_note_loss(s.join);
	join_sweep_begin(s.join, 1000);
	run_step(s.join, &s.scenario->steps[0], 1001);
	assert_int_equal(join_sweep_end(s.join, 1002), 0);
	assert_int_equal(s.rows.count, 0);
	assert_int_equal(open_messages(&s), 1);
	end(&s);
}

/* What was received while the sweep was read has its true end. */
static void test_received_in_sweep(void **state)
{
	struct swept s;

	(void)state;
	begin(&s, 0, 1);
	add_received(s.scenario, 0, 1, FILE_A, 1);
	join_note_loss(s.join);
	join_sweep_begin(s.join, 2000);
	run_step(s.join, &s.scenario->steps[1], 2001);
	assert_int_equal(join_sweep_end(s.join, 2002), 0);
	assert_int_equal(s.rows.count, 1);
	assert_int_equal(s.rows.rows[0].pass.outcome, OUTCOME_DELIVERED);
	end(&s);
}

/* What was lost while the sweep was read may have ended behind it: another one is wanted. */
static void test_loss_in_sweep(void **state)
{
	struct swept s;

	(void)state;
	begin(&s, 0, 1);
	join_sweep_begin(s.join, 2000);
	join_note_loss(s.join);
	assert_int_equal(join_sweep_end(s.join, 2001), 0);
	assert_int_equal(s.rows.count, 0);
	assert_true(join_wants_sweep(s.join));
	sweep(&s, 3000, FIND());
	assert_int_equal(s.rows.count, 1);
	assert_false(join_wants_sweep(s.join));
	end(&s);
}

/* A sweep that is given up proves nothing, and the next one has its task. */
static void test_given_up(void **state)
{
	struct swept s;

	(void)state;
	begin(&s, 0, 1);
	join_note_loss(s.join);
	join_sweep_begin(s.join, 2000);
	assert_int_equal(join_tick(s.join, 2500), 0);
	assert_int_equal(s.rows.count, 0);
	assert_true(join_wants_sweep(s.join));
	sweep(&s, 3000, FIND());
	assert_int_equal(s.rows.count, 1);
	end(&s);
}

static void test_wants_sweep(void **state)
{
	struct swept s;

	(void)state;
	begin(&s, 5000, 0);
	join_note_loss(s.join);
	assert_false(join_wants_sweep(s.join)); /* nothing is open that may have ended */
	end(&s);

	begin(&s, 5000, 1);
	assert_false(join_wants_sweep(s.join));
	assert_int_equal(join_tick(s.join, 5999), 0);
	assert_false(join_wants_sweep(s.join));
	assert_int_equal(join_tick(s.join, 6000), 0); /* may be pending by now */
	assert_true(join_wants_sweep(s.join));
	sweep(&s, 6000, FIND(1));
	assert_int_equal(s.rows.count, 1);
	assert_false(join_wants_sweep(s.join));
	end(&s);

	begin(&s, 0, 1); /* never */
	assert_int_equal(join_tick(s.join, UINT64_C(1000000000000)), 0);
	assert_false(join_wants_sweep(s.join));
	end(&s);
}

/* Only what has waited for long enough, and is known to be queued. */
static void test_due(void **state)
{
	const struct event_queued under_way = { .message = 2 },
				  queued = { .message = 3, .queued = 1 };
	struct swept s;

	(void)state;
	begin(&s, 5000, 4); /* sent at 1000 to 1003 */
	join_sweep_begin(s.join, 6002);
	join_sweep_entry(s.join, &under_way);
	join_sweep_entry(s.join, &queued);
	assert_int_equal(join_sweep_end(s.join, 7000), 0);
	assert_int_equal(s.rows.count, 1);
	assert_int_equal(s.rows.rows[0].pass.message, 3);
	assert_int_equal(s.rows.rows[0].pass.outcome, OUTCOME_PENDING);
	end(&s);
}

/* A message from before the trace, which is only peeked at, does not hide the others that wait. */
static void test_peeked_before(void **state)
{
	struct swept s;

	(void)state;
	begin(&s, 500, 0);
	add_received(s.scenario, 0, 1, FILE_A, 1)->event.flags = EVENT_PEEK;
	describe(s.scenario);
	add_sent(s.scenario, 0, 2, FILE_B, 1);
	run_step(s.join, &s.scenario->steps[0], 1000);
	assert_int_equal(join_tick(s.join, 1200), 0); /* nobody tells who sent it */
	assert_int_equal(s.rows.count, 1);
	run_step(s.join, &s.scenario->steps[1], 1300);
	assert_int_equal(join_tick(s.join, 2000), 0);
	assert_true(join_wants_sweep(s.join));
	sweep(&s, 2000, FIND(1, 2));
	assert_int_equal(s.rows.count, 3);
	for (unsigned int i = 1; i < 3; i++) {
		assert_int_equal(s.rows.rows[i].pass.message, i);
		assert_int_equal(s.rows.rows[i].pass.outcome, OUTCOME_PENDING);
	}
	end(&s);
}

/* The end of the trace: what waits, what is queued, what was told so, and what is not known. */
static void test_finish(void **state)
{
	struct swept s;

	(void)state;
	begin(&s, 5000, 4);
	sweep(&s, 6001, FIND(1, 2)); /* both are told as pending */
	assert_int_equal(s.rows.count, 2);
	add_received(s.scenario, 0, 9, FILE_A, 1);
	run_step(s.join, &s.scenario->steps[4], 6050);
	sweep(&s, 6100, FIND(2, 3));
	assert_int_equal(join_finish(s.join, 7000), 0);
	assert_int_equal(s.rows.count, 6);
	assert_int_equal(open_messages(&s), 0);
	for (unsigned int i = 2; i < 6; i++) {
		const struct pass *pass = &s.rows.rows[i].pass;
		enum outcome outcome = OUTCOME_UNKNOWN;

		if (pass->message == 3)
			outcome = OUTCOME_PENDING;
		if (pass->message == 9)
			outcome = OUTCOME_DELIVERED;
		assert_int_not_equal(pass->message, 2);
		assert_int_equal(pass->outcome, outcome);
	}
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pending),
		cmocka_unit_test(test_not_known_to_be_queued),
		cmocka_unit_test(test_pending_after),
		cmocka_unit_test(test_pending_at_end),
		cmocka_unit_test(test_gone_at_end),
		cmocka_unit_test(test_receiving_socket),
		cmocka_unit_test(test_owner),
		cmocka_unit_test(test_owners),
		cmocka_unit_test(test_too_many_owners),
		cmocka_unit_test(test_many_descriptors),
		cmocka_unit_test(test_owner_at_end),
		cmocka_unit_test(test_one_offset_of_the_clocks),
		cmocka_unit_test(test_vanished),
		cmocka_unit_test(test_queued_after_loss),
		cmocka_unit_test(test_pending_vanished),
		cmocka_unit_test(test_sent_in_sweep),
		cmocka_unit_test(test_received_in_sweep),
		cmocka_unit_test(test_loss_in_sweep),
		cmocka_unit_test(test_given_up),
		cmocka_unit_test(test_wants_sweep),
		cmocka_unit_test(test_due),
		cmocka_unit_test(test_peeked_before),
		cmocka_unit_test(test_finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
