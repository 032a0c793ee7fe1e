/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Scenarios for the join: making them, running them in every order, comparing the rows. */
#include "join-scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define NOTHING_DROPPED UINT32_MAX

/* Making a scenario */

struct scenario *scenario_new(void)
{
	struct scenario *scenario = calloc(1, sizeof(*scenario));

	assert_non_null(scenario);
	scenario->options = (struct join_options){
		.max_bytes = 1 << 20,
		.late_ns = UINT64_C(1000) * SCENARIO_END_NS,
		.sees_creations = true,
	};
	return scenario;
}

unsigned int last_step(const struct scenario *scenario)
{
	return 1U << (scenario->nr_steps - 1);
}

static struct step *add_step(struct scenario *scenario, unsigned int after)
{
	struct step *step = &scenario->steps[scenario->nr_steps++];

	assert_true(scenario->nr_steps <= MAX_STEPS);
	step->after = after;
	return step;
}

struct record *last_record(struct scenario *scenario)
{
	return &scenario->steps[scenario->nr_steps - 1].record;
}

struct record *add_event(struct scenario *scenario, unsigned int after, enum event_type type,
			 uint64_t message, uint32_t pid)
{
	struct record *record = &add_step(scenario, after)->record;

	record_begin(record, type, message);
	record_set_task(record, EVENT_SELF, pid);
	/* Sections come in any order. */
	record->backwards = scenario->nr_steps % 2 == 0;
	return record;
}

void describe(struct scenario *scenario)
{
	struct record *record = last_record(scenario);

	record->event.flags |= EVENT_DESCRIBED;
	for (unsigned int i = 0; i < record->nr_files; i++) {
		record->files[i].ino = 1000 + i;
		record_set_path(record, i, "/etc/file");
	}
}

struct record *add_sent(struct scenario *scenario, unsigned int after, uint64_t message,
			uint64_t address, unsigned int nr)
{
	struct record *record = add_event(scenario, after, EVENT_SENT, message, CLIENT);

	record_set_socket(record, EVENT_SELF, CLIENT_SOCK, CLIENT_INO, 3);
	record_set_socket(record, EVENT_OTHER, SERVER_SOCK, SERVER_INO, -1);
	for (unsigned int i = 0; i < nr; i++)
		record_add_file(record, address + i, 10 + i);
	if (message == 0)
		record->event.ago_ns = EVENT_AGO_MAX;
	describe(scenario);
	return record;
}

struct record *add_send_failed(struct scenario *scenario, unsigned int after, uint64_t message,
			       int error)
{
	struct record *record = add_event(scenario, after, EVENT_SEND_FAILED, message, CLIENT);

	record->event.error = error;
	return record;
}

struct record *add_received(struct scenario *scenario, unsigned int after, uint64_t message,
			    uint64_t address, unsigned int nr)
{
	struct record *record = add_event(scenario, after, EVENT_RECEIVED, message, SERVER);

	record_set_socket(record, EVENT_SELF, SERVER_SOCK, SERVER_INO, 4);
	for (unsigned int i = 0; i < nr; i++) {
		struct event_file *file = record_add_file(record, address + i, 20 + i);

		file->fate = EVENT_FATE_INSTALLED;
		file->flags |= EVENT_FILE_CLOEXEC;
	}
	return record;
}

void set_fate(struct scenario *scenario, unsigned int index, enum event_fate fate)
{
	struct event_file *file = &last_record(scenario)->files[index];

	file->fate = fate;
	file->fd = -1;
	file->flags = 0;
}

struct record *add_lost(struct scenario *scenario, unsigned int after, uint64_t message,
			enum event_fate fate)
{
	struct record *record = add_received(scenario, after, message, FILE_A, 1);

	record->event.type = EVENT_LOST;
	record->event.fate = fate;
	set_fate(scenario, 0, EVENT_FATE_UNKNOWN);
	return record;
}

void set_unclaimed(struct scenario *scenario, uint64_t sender_sock)
{
	struct record *record = last_record(scenario);

	record->event.flags |= EVENT_UNCLAIMED;
	record->event.ago_ns = EVENT_AGO_MAX;
	record_set_socket(record, EVENT_OTHER, sender_sock,
			  sender_sock == CLIENT_SOCK ? CLIENT_INO : OTHER_INO, -1);
	describe(scenario);
}

void add_sweep(struct scenario *scenario, unsigned int after)
{
	add_step(scenario, after);
}

void add_entry(struct scenario *scenario, uint64_t message, bool queued)
{
	struct step *step = &scenario->steps[scenario->nr_steps - 1];

	assert_true(step->nr_entries < MAX_ENTRIES);
	step->entries[step->nr_entries++] = (struct event_queued){
		.message = message,
		.ino = SERVER_INO,
		.queued = queued,
	};
}

static void take_known_process(struct process *process, uint32_t pid)
{
	process->known = true;
	process->pid = pid;
}

struct pass *expect(struct scenario *scenario, unsigned int message, unsigned int index,
		    uint64_t address, enum outcome outcome)
{
	struct row *row = &scenario->truth.rows[scenario->truth.count++];

	assert_true(scenario->truth.count <= MAX_ROWS);
	row->message = message;
	row->pass = (struct pass){
		.index = index,
		.from = { .socket_ino = CLIENT_INO, .sockfd = 3, .fd = 10 + index },
		.to = { .socket_ino = SERVER_INO, ENDPOINT_FD_UNKNOWN, ENDPOINT_FD_UNKNOWN },
		.socket_type = SOCK_STREAM,
		.file = { .known = true, .address = address + index, .ino = 1000 + index },
		.outcome = outcome,
		.cloexec = -1,
	};
	take_known_process(&row->pass.sender, CLIENT);
	strcpy(row->path, "/etc/file");
	return &row->pass;
}

struct pass *received(struct pass *pass)
{
	take_known_process(&pass->receiver, SERVER);
	pass->to.sockfd = 4;
	if (pass->outcome == OUTCOME_DELIVERED || pass->outcome == OUTCOME_PEEKED) {
		pass->to.fd = 20 + pass->index;
		pass->cloexec = 1;
	}
	return pass;
}

struct pass *without_sender(struct pass *pass)
{
	pass->sender = (struct process){};
	pass->from = (struct endpoint){ 0, ENDPOINT_FD_UNKNOWN, ENDPOINT_FD_UNKNOWN };
	return pass;
}

/* Running it */

int keep_row(void *userdata, const struct pass *pass)
{
	struct rows *rows = userdata;
	struct row *row = &rows->rows[rows->count++];

	assert_true(rows->count <= MAX_ROWS);
	/* What the address stood for when it was last described need not be what it stands for now. */
	assert_true(pass->file.known || pass->file.identity == 0);
	row->pass = *pass;
	row->pass.file.path = NULL; /* borrowed */
	if (pass->file.path)
		snprintf(row->path, sizeof(row->path), "%s", pass->file.path);
	return 0;
}

int try_step(struct join *join, struct step *step, uint64_t now_ns)
{
	struct record *record = &step->record;
	size_t size;

	if (record->event.type) {
		record->event.time_ns = now_ns;
		size = record_write(record);
		return join_record(join, record->data, size);
	}
	assert_int_equal(join_tick(join, now_ns), 0);
	join_sweep_begin(join, now_ns);
	for (unsigned int i = 0; i < step->nr_entries; i++)
		join_sweep_entry(join, &step->entries[i]);
	return join_sweep_end(join, now_ns + 1);
}

void run_step(struct join *join, struct step *step, uint64_t now_ns)
{
	assert_int_equal(try_step(join, step, now_ns), 0);
}

/* Run the steps in this order; `dropped` is not among them, and is counted as lost. */
static void run(struct scenario *scenario, const unsigned int order[], unsigned int dropped,
		struct rows *ret)
{
	struct join_counts counts;
	struct join *join;

	*ret = (struct rows){};
	assert_int_equal(join_new(&join, &scenario->options, keep_row, ret), 0);
	for (unsigned int i = 0; i < scenario->nr_steps; i++) {
		if (order[i] == dropped)
			join_note_loss(join);
		else
			run_step(join, &scenario->steps[order[i]], SCENARIO_STEP_NS * (i + 1));
	}
	assert_int_equal(join_finish(join, SCENARIO_END_NS), 0);
	join_counts(join, &counts);
	assert_int_equal(counts.messages_open, 0);
	assert_int_equal(counts.bytes, 0);
	assert_int_equal(counts.malformed, 0);
	if (dropped == NOTHING_DROPPED)
		assert_int_equal(counts.unmatched, scenario->unmatched);
	assert_null(join_free(join));
}

/* Comparing rows */

static bool same_process(const struct process *a, const struct process *b)
{
	return a->known == b->known && a->pid == b->pid;
}

static bool same_endpoint(const struct endpoint *a, const struct endpoint *b)
{
	return a->socket_ino == b->socket_ino && a->sockfd == b->sockfd && a->fd == b->fd;
}

static bool same_row(const struct row *row, const struct row *truth)
{
	const struct pass *a = &row->pass, *b = &truth->pass;

	return a->index == b->index && a->via == b->via && same_process(&a->sender, &b->sender) &&
	       same_process(&a->receiver, &b->receiver) && same_endpoint(&a->from, &b->from) &&
	       same_endpoint(&a->to, &b->to) && a->socket_type == b->socket_type &&
	       a->file.known == b->file.known && a->file.address == b->file.address &&
	       a->file.ino == b->file.ino && strcmp(row->path, truth->path) == 0 &&
	       a->outcome == b->outcome && a->fate == b->fate &&
	       a->receiver_fds == b->receiver_fds &&
	       a->receiver_fds_limit == b->receiver_fds_limit && a->error == b->error &&
	       a->cloexec == b->cloexec;
}

#define TRUE_IF_KNOWN(a, b, unknown) ((a) == (unknown) || (a) == (b))

static bool true_process(const struct process *a, const struct process *b)
{
	return !a->known || same_process(a, b);
}

static bool true_endpoint(const struct endpoint *a, const struct endpoint *b)
{
	return TRUE_IF_KNOWN(a->socket_ino, b->socket_ino, 0) &&
	       TRUE_IF_KNOWN(a->sockfd, b->sockfd, ENDPOINT_FD_UNKNOWN) &&
	       TRUE_IF_KNOWN(a->fd, b->fd, ENDPOINT_FD_UNKNOWN);
}

/* Everything that the row tells is so in the truth, which may tell more. */
static bool true_row(const struct row *row, const struct row *truth)
{
	const struct pass *a = &row->pass, *b = &truth->pass;

	return a->index == b->index && a->via == b->via && true_process(&a->sender, &b->sender) &&
	       true_process(&a->receiver, &b->receiver) && true_endpoint(&a->from, &b->from) &&
	       true_endpoint(&a->to, &b->to) && TRUE_IF_KNOWN(a->socket_type, b->socket_type, 0) &&
	       TRUE_IF_KNOWN(a->file.address, b->file.address, 0) &&
	       (!a->file.known ||
		(a->file.ino == b->file.ino && strcmp(row->path, truth->path) == 0)) &&
	       TRUE_IF_KNOWN(a->outcome, b->outcome, OUTCOME_UNKNOWN) &&
	       TRUE_IF_KNOWN(a->fate, b->fate, EVENT_FATE_UNKNOWN) &&
	       TRUE_IF_KNOWN(a->error, b->error, 0) && TRUE_IF_KNOWN(a->cloexec, b->cloexec, -1);
}

static void print_row(const struct row *row)
{
	const struct pass *pass = &row->pass;

	print_error("  %#llx.%u sender %u fd %d, receiver %u fd %d, file %#llx %s, outcome %d fate "
		    "%d error %d, sockets %llu %llu\n",
		    (unsigned long long)pass->message, pass->index, pass->sender.pid, pass->from.fd,
		    pass->receiver.pid, pass->to.fd, (unsigned long long)pass->file.address,
		    row->path, pass->outcome, pass->fate, pass->error,
		    (unsigned long long)pass->from.socket_ino,
		    (unsigned long long)pass->to.socket_ino);
}

static void fail_rows(const char *why, const struct scenario *scenario, const unsigned int order[],
		      unsigned int dropped, const struct rows *rows)
{
	print_error("%s\norder", why);
	for (unsigned int i = 0; i < scenario->nr_steps; i++)
		print_error(order[i] == dropped ? " (%u)" : " %u", order[i]);
	print_error("\nrows\n");
	for (unsigned int i = 0; i < rows->count; i++)
		print_row(&rows->rows[i]);
	print_error("truth\n");
	for (unsigned int i = 0; i < scenario->truth.count; i++)
		print_row(&scenario->truth.rows[i]);
	fail();
}

/* The rows are those of the truth, and have the same id exactly where they are of one message. */
static bool is_truth(const struct rows *rows, const struct rows *truth)
{
	uint64_t ids[MAX_ROWS] = {};
	unsigned int told = 0;

	if (rows->count != truth->count)
		return false;
	for (unsigned int i = 0; i < truth->count; i++) {
		const struct row *row = NULL;

		for (unsigned int k = 0; k < rows->count && !row; k++) {
			if (!(told & 1U << k) && same_row(&rows->rows[k], &truth->rows[i])) {
				told |= 1U << k;
				row = &rows->rows[k];
			}
		}
		if (!row || row->pass.message == 0)
			return false;
		ids[i] = row->pass.message;
		for (unsigned int k = 0; k < i; k++) {
			bool same = truth->rows[i].message == truth->rows[k].message;

			if (same != (ids[i] == ids[k]))
				return false;
		}
	}
	return true;
}

/*
 * Can each row be given one of the truth that it is true of? Rows that tell an outcome each need one
 * of their own; rows that tell none may be the other half of another row.
 */
static bool can_be_given(const struct rows *rows, unsigned int index, const struct rows *truth,
			 unsigned int given)
{
	const struct row *row = &rows->rows[index];

	if (index == rows->count)
		return true;
	for (unsigned int i = 0; i < truth->count; i++) {
		unsigned int bit = row->pass.outcome == OUTCOME_UNKNOWN ? 0 : 1U << i;

		if (!(given & bit) && true_row(row, &truth->rows[i]) &&
		    can_be_given(rows, index + 1, truth, given | bit))
			return true;
	}
	return false;
}

static bool ends_once(const struct rows *rows)
{
	for (unsigned int i = 0; i < rows->count; i++) {
		for (unsigned int k = 0; k < i; k++) {
			const struct pass *a = &rows->rows[i].pass, *b = &rows->rows[k].pass;

			if (a->message == b->message && a->index == b->index &&
			    a->outcome != OUTCOME_PEEKED && b->outcome != OUTCOME_PEEKED &&
			    a->outcome == b->outcome)
				return false;
		}
	}
	return true;
}

/* What is done with each order of a scenario. */
typedef void (*order_fn)(struct scenario *scenario, const unsigned int order[]);

static void check_order(struct scenario *scenario, const unsigned int order[])
{
	struct rows rows;

	run(scenario, order, NOTHING_DROPPED, &rows);
	if (!is_truth(&rows, &scenario->truth))
		fail_rows("not the truth", scenario, order, NOTHING_DROPPED, &rows);
}

static void check_drops(struct scenario *scenario, const unsigned int order[])
{
	for (unsigned int dropped = 0; dropped < scenario->nr_steps; dropped++) {
		struct rows rows;

		if (!scenario->steps[dropped].record.event.type)
			continue;
		run(scenario, order, dropped, &rows);
		if (!ends_once(&rows) || !can_be_given(&rows, 0, &scenario->truth, 0))
			fail_rows("a wrong row", scenario, order, dropped, &rows);
	}
}

/* Go through every order that has each step behind those that it has to follow. */
static void for_each_order(struct scenario *scenario, unsigned int order[], unsigned int length,
			   unsigned int done, order_fn fn)
{
	if (length == scenario->nr_steps) {
		fn(scenario, order);
		return;
	}
	for (unsigned int i = 0; i < scenario->nr_steps; i++) {
		if (done & 1U << i || (scenario->steps[i].after & done) != scenario->steps[i].after)
			continue;
		order[length] = i;
		for_each_order(scenario, order, length + 1, done | 1U << i, fn);
	}
}

void check(struct scenario *scenario)
{
	unsigned int order[MAX_STEPS] = { 0 };

	for_each_order(scenario, order, 0, 0, check_order);
	for_each_order(scenario, order, 0, 0, check_drops);
	free(scenario);
}

void check_whole(struct scenario *scenario)
{
	unsigned int order[MAX_STEPS] = { 0 };

	for_each_order(scenario, order, 0, 0, check_order);
	free(scenario);
}
