/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The join, by scenarios. A scenario is a list of steps (events, and sweeps of the receive queues),
 * which of them have to come before which others, and the rows that are the truth. Each is run
 *  - in every order that the kernel's locks allow: the rows are those of the truth, each time;
 *  - with each event dropped in turn: whatever is still told is true, and nothing contradicts.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "core/join.h"
#include "record.h"

#define MAX_STEPS 10
#define MAX_ROWS 16
#define MAX_ENTRIES 6

/* Who and where: small numbers, so that a wrong row is easy to read. */
enum { CLIENT = 101, SERVER = 102, OTHER = 103 };
enum { CLIENT_SOCK = 0x501, SERVER_SOCK = 0x502, OTHER_SOCK = 0x503 };
enum { CLIENT_INO = 601, SERVER_INO = 602, OTHER_INO = 603 };
enum { FILE_A = 0xfa, FILE_B = 0xfb, FILE_C = 0xfc };

struct step {
	struct record record; /* an event; event.size 0: this is a sweep */
	struct event_queued entries[MAX_ENTRIES];
	unsigned int nr_entries;
	unsigned int after; /* the steps that come before this one, a bit for each */
};

struct row {
	struct pass pass;
	char path[32]; /* of the file; empty: none */
	unsigned int message; /* truth: which of the scenario's messages */
};

struct rows {
	struct row rows[MAX_ROWS];
	unsigned int count;
};

struct scenario {
	struct step steps[MAX_STEPS];
	unsigned int nr_steps;
	struct rows truth;
	struct join_options options;
};

/* Making a scenario */

static struct scenario *scenario_new(void)
{
	struct scenario *scenario = calloc(1, sizeof(*scenario));

	assert_non_null(scenario);
	scenario->options.max_messages = 100;
	return scenario;
}

static unsigned int last_step(const struct scenario *scenario)
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

static struct event *add_event(struct scenario *scenario, unsigned int after, enum event_type type,
			       uint64_t message, uint32_t pid)
{
	struct event *event = record_begin(&add_step(scenario, after)->record, type, message);

	record_set_task(&event->task, pid);
	return event;
}

static struct record *last_record(struct scenario *scenario)
{
	return &scenario->steps[scenario->nr_steps - 1].record;
}

static void set_socket(struct event_socket *socket, uint64_t sock, uint64_t ino, int fd)
{
	socket->sock = sock;
	socket->ino = ino;
	socket->fd = fd;
	socket->type = SOCK_STREAM;
}

/* A client sends `nr` descriptors, 10 and on, of the files `address` and on, to the server. */
static struct event *add_sent(struct scenario *scenario, unsigned int after, uint64_t message,
			      uint64_t address, unsigned int nr)
{
	struct event *event = add_event(scenario, after, EVENT_SENT, message, CLIENT);
	struct record *record = last_record(scenario);

	event->flags = EVENT_DESCRIBED;
	set_socket(&event->socket, CLIENT_SOCK, CLIENT_INO, 3);
	set_socket(&event->peer, SERVER_SOCK, SERVER_INO, -1);
	for (unsigned int i = 0; i < nr; i++)
		record_add_file(record, address + i, 10 + i)->ino = 1000 + i;
	for (unsigned int i = 0; i < nr; i++)
		record_set_path(record, i, "/etc/file");
	return event;
}

static struct event *add_result(struct scenario *scenario, unsigned int after, uint64_t message,
				int error)
{
	struct event *event = add_event(scenario, after, EVENT_SEND_RESULT, message, CLIENT);

	event->error = error;
	return event;
}

/* The server's side of the message, of which `nr` files are told. */
static struct event *add_received(struct scenario *scenario, unsigned int after, uint64_t message,
				  uint64_t address, unsigned int nr)
{
	struct event *event = add_event(scenario, after, EVENT_RECEIVED, message, SERVER);

	event->room = nr;
	set_socket(&event->socket, SERVER_SOCK, SERVER_INO, 4);
	for (unsigned int i = 0; i < nr; i++) {
		struct event_file *file =
			record_add_file(last_record(scenario), address + i, 20 + i);

		file->status = EVENT_FILE_INSTALLED;
		file->flags |= EVENT_FILE_CLOEXEC;
	}
	return event;
}

static void set_status(struct scenario *scenario, unsigned int index, enum event_status status)
{
	struct event_file *file = record_file(last_record(scenario), index);

	file->status = status;
	file->fd = -1;
	file->flags = 0;
}

/* The last event describes its files itself. */
static void describe(struct scenario *scenario)
{
	struct record *record = last_record(scenario);
	struct event *event = record_event(record);

	event->flags |= EVENT_DESCRIBED;
	for (unsigned int i = 0; i < event->nr_files; i++) {
		record_file(record, i)->ino = 1000 + i;
		record_set_path(record, i, "/etc/file");
	}
}

static struct event *add_lost(struct scenario *scenario, unsigned int after, uint64_t message,
			      enum event_reason reason)
{
	struct event *event = add_received(scenario, after, message, FILE_A, 1);

	event->type = EVENT_LOST;
	event->reason = reason;
	set_status(scenario, 0, EVENT_FILE_NONE);
	return event;
}

static void add_sweep(struct scenario *scenario, unsigned int after)
{
	add_step(scenario, after);
}

/* The last sweep finds this; count 0: it could not tell all of the queue. */
static void add_entry(struct scenario *scenario, uint64_t message, uint64_t address,
		      unsigned int count)
{
	struct step *step = &scenario->steps[scenario->nr_steps - 1];

	assert_true(step->nr_entries < MAX_ENTRIES);
	step->entries[step->nr_entries++] = (struct event_queued){
		.message = message,
		.sock = SERVER_SOCK,
		.ino = SERVER_INO,
		.first_file = address,
		.count = count,
		.queued = count > 0,
	};
}

static void take_known_process(struct process *process, uint32_t pid)
{
	process->known = true;
	process->pid = pid;
}

/* A row of the truth: what the sender's event tells. */
static struct pass *expect(struct scenario *scenario, unsigned int message, unsigned int index,
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

/* The receiver's side of a row. */
static struct pass *received(struct pass *pass)
{
	take_known_process(&pass->receiver, SERVER);
	pass->to.sockfd = 4;
	if (pass->outcome == OUTCOME_DELIVERED || pass->outcome == OUTCOME_PEEKED) {
		pass->to.fd = 20 + pass->index;
		pass->cloexec = 1;
	}
	return pass;
}

static struct pass *without_sender(struct pass *pass)
{
	pass->sender = (struct process){};
	pass->from = (struct endpoint){ 0, ENDPOINT_FD_UNKNOWN, ENDPOINT_FD_UNKNOWN };
	return pass;
}

/* Running it */

static int keep_row(void *userdata, const struct pass *pass)
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

static void run_step(struct join *join, struct step *step, uint64_t now_ns)
{
	struct event *event = record_event(&step->record);

	if (event->size > 0) {
		event->time_ns = now_ns;
		assert_int_equal(join_record(join, event, event->size), 0);
		return;
	}
	assert_int_equal(join_tick(join, now_ns), 0);
	assert_int_equal(join_sweep_begin(join, now_ns), 0);
	for (unsigned int i = 0; i < step->nr_entries; i++)
		assert_int_equal(join_sweep_entry(join, &step->entries[i]), 0);
	assert_int_equal(join_sweep_end(join, now_ns + 1), 0);
}

/* Run the steps in this order; `dropped` is not among them (or is -1), and is counted as lost. */
static void run(struct scenario *scenario, const unsigned int order[], unsigned int dropped,
		struct rows *ret)
{
	struct join_counts counts;
	struct join *join;

	*ret = (struct rows){};
	assert_int_equal(join_new(&join, &scenario->options, keep_row, ret), 0);
	for (unsigned int i = 0; i < scenario->nr_steps; i++) {
		struct step *step = &scenario->steps[order[i]];

		if (order[i] == dropped) {
			join_note_loss(join);
			continue;
		}
		run_step(join, step, 1000 * (i + 1));
	}
	assert_int_equal(join_finish(join, 1000000), 0);
	join_counts(join, &counts);
	assert_int_equal(counts.messages_open, 0);
	assert_int_equal(counts.malformed, 0);
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
	       a->outcome == b->outcome && a->loss == b->loss && a->error == b->error &&
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
	       TRUE_IF_KNOWN(a->loss, b->loss, LOSS_UNKNOWN) &&
	       TRUE_IF_KNOWN(a->error, b->error, 0) && TRUE_IF_KNOWN(a->cloexec, b->cloexec, -1);
}

static void print_row(const struct row *row)
{
	const struct pass *pass = &row->pass;

	print_error("  %#llx.%u sender %u fd %d, receiver %u fd %d, file %#llx %s, outcome %d loss "
		    "%d error %d, sockets %llu %llu\n",
		    (unsigned long long)pass->message, pass->index, pass->sender.pid, pass->from.fd,
		    pass->receiver.pid, pass->to.fd, (unsigned long long)pass->file.address,
		    row->path, pass->outcome, pass->loss, pass->error,
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

	run(scenario, order, -1, &rows);
	if (!is_truth(&rows, &scenario->truth))
		fail_rows("not the truth", scenario, order, -1, &rows);
}

static void check_drops(struct scenario *scenario, const unsigned int order[])
{
	for (unsigned int dropped = 0; dropped < scenario->nr_steps; dropped++) {
		struct rows rows;

		if (record_event(&scenario->steps[dropped].record)->size == 0)
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

/* Check the scenario in all ways, and free it. */
static void check(struct scenario *scenario)
{
	unsigned int order[MAX_STEPS] = { 0 };

	for_each_order(scenario, order, 0, 0, check_order);
	for_each_order(scenario, order, 0, 0, check_drops);
	free(scenario);
}

/* The scenarios of the keyed ways: an event follows the earlier ones of its message. */

static void test_pass(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	add_sent(s, 0, 1, FILE_A, 1);
	add_received(s, last_step(s), 1, FILE_A, 1);
	received(expect(s, 1, 0, FILE_A, OUTCOME_DELIVERED));
	check(s);
}

static void test_several(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	add_sent(s, 0, 1, FILE_A, 3);
	add_received(s, last_step(s), 1, FILE_A, 3);
	for (unsigned int i = 0; i < 3; i++)
		received(expect(s, 1, i, FILE_A, OUTCOME_DELIVERED));
	check(s);
}

/* Two messages of the same file at once, each in its own order. */
static void test_two_messages(void **state)
{
	struct scenario *s = scenario_new();
	unsigned int first;

	(void)state;
	add_sent(s, 0, 1, FILE_A, 1);
	first = last_step(s);
	add_sent(s, 0, 2, FILE_A, 1);
	record_set_task(&record_event(last_record(s))->task, OTHER);
	add_received(s, last_step(s), 2, FILE_A, 1);
	record_file(last_record(s), 0)->fd = 30;
	add_received(s, first, 1, FILE_A, 1);
	received(expect(s, 1, 0, FILE_A, OUTCOME_DELIVERED));
	received(expect(s, 2, 0, FILE_A, OUTCOME_DELIVERED))->to.fd = 30;
	s->truth.rows[1].pass.sender.pid = OTHER;
	check(s);
}

static void check_partial(enum event_status status, enum loss loss)
{
	struct scenario *s = scenario_new();

	add_sent(s, 0, 1, FILE_A, 2);
	add_received(s, last_step(s), 1, FILE_A, 2)->flags = EVENT_CTRUNC;
	set_status(s, 1, status);
	received(expect(s, 1, 0, FILE_A, OUTCOME_DELIVERED));
	received(expect(s, 1, 1, FILE_A, OUTCOME_LOST))->loss = loss;
	check(s);
}

static void test_partial(void **state)
{
	(void)state;
	check_partial(EVENT_FILE_TRUNCATED, LOSS_TRUNCATED);
	check_partial(EVENT_FILE_EMFILE, LOSS_EMFILE);
	check_partial(EVENT_FILE_DENIED, LOSS_DENIED);
	check_partial(EVENT_FILE_DROPPED, LOSS_UNKNOWN);
}

static void test_peek(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	add_sent(s, 0, 1, FILE_A, 1);
	add_received(s, last_step(s), 1, FILE_A, 1)->flags = EVENT_PEEK;
	add_received(s, last_step(s), 1, FILE_A, 1);
	record_file(last_record(s), 0)->fd = 30;
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
	add_received(s, 1, 1, FILE_A, 1)->flags = EVENT_PEEK;
	add_received(s, 1, 1, FILE_A, 1);
	record_file(last_record(s), 0)->fd = 30;
	received(expect(s, 1, 0, FILE_A, OUTCOME_PEEKED));
	received(expect(s, 1, 0, FILE_A, OUTCOME_DELIVERED))->to.fd = 30;
	check(s);
}

/* The number of a descriptor that was never open is told as it was given. */
static void test_failed_at_once(void **state)
{
	struct scenario *s = scenario_new();
	struct pass *pass;

	(void)state;
	add_sent(s, 0, 1, FILE_A, 2)->error = -EBADF;
	record_file(last_record(s), 1)->file = 0;
	record_file(last_record(s), 1)->fd = 77;
	record_file(last_record(s), 1)->names_offset = EVENT_NO_NAME;
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
	add_result(s, last_step(s), 1, error)->flags = EVENT_FAILED;
	expect(s, 1, 0, FILE_A, OUTCOME_FAILED)->error = told;
	check(s);
}

static void test_failed_later(void **state)
{
	(void)state;
	check_failed_later(-EPIPE, EPIPE);
	check_failed_later(0, 0);
}

static void check_lost(enum event_reason reason, enum loss loss)
{
	struct scenario *s = scenario_new();
	struct pass *pass;

	add_sent(s, 0, 1, FILE_A, 1);
	add_lost(s, last_step(s), 1, reason);
	pass = expect(s, 1, 0, FILE_A, OUTCOME_LOST);
	received(pass)->loss = loss;
	check(s);
}

static void test_lost(void **state)
{
	(void)state;
	check_lost(EVENT_REASON_UNREAD, LOSS_UNREAD);
	check_lost(EVENT_REASON_READ, LOSS_READ);
	check_lost(EVENT_REASON_TRUNCATED, LOSS_TRUNCATED);
	check_lost(EVENT_REASON_UNKNOWN, LOSS_UNKNOWN);
}

/* The kernel's worker that frees a cycle is not who lost it. */
static void test_garbage(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	add_sent(s, 0, 1, FILE_A, 1);
	add_lost(s, last_step(s), 1, EVENT_REASON_GC)->flags = EVENT_TASK_KERNEL;
	expect(s, 1, 0, FILE_A, OUTCOME_LOST)->loss = LOSS_GC;
	check(s);
}

/* Lost with no system call on the socket, such as a process that exits. */
static void test_lost_without_descriptor(void **state)
{
	struct scenario *s = scenario_new();
	struct pass *pass;

	(void)state;
	add_sent(s, 0, 1, FILE_A, 1);
	add_lost(s, last_step(s), 1, EVENT_REASON_UNREAD)->socket.fd = -1;
	pass = received(expect(s, 1, 0, FILE_A, OUTCOME_LOST));
	pass->loss = LOSS_UNREAD;
	pass->to.sockfd = ENDPOINT_FD_UNKNOWN;
	check(s);
}

static void test_moved(void **state)
{
	struct scenario *s = scenario_new();
	struct event *event;
	struct pass *pass;

	(void)state;
	event = add_event(s, 0, EVENT_MOVED, 0, SERVER);
	event->via = EVENT_VIA_PIDFD_GETFD;
	record_set_task(&event->peer_task, CLIENT);
	record_add_file(last_record(s), FILE_A, 10);
	record_add_file(last_record(s), FILE_A, 20)->flags |= EVENT_FILE_CLOEXEC;
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
	add_lost(s, 0, 2, EVENT_REASON_UNREAD);
	describe(s);
	without_sender(received(expect(s, 1, 0, FILE_A, OUTCOME_DELIVERED)));
	without_sender(received(expect(s, 1, 1, FILE_A, OUTCOME_DELIVERED)));
	without_sender(received(expect(s, 2, 0, FILE_A, OUTCOME_LOST)))->loss = LOSS_UNREAD;
	check(s);
}

/* Of a message from before the trace the first event alone describes the files. */
static void test_peeked_before(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	add_received(s, 0, 1, FILE_A, 1)->flags = EVENT_PEEK;
	describe(s);
	add_received(s, last_step(s), 1, FILE_A, 1);
	without_sender(received(expect(s, 1, 0, FILE_A, OUTCOME_PEEKED)));
	without_sender(received(expect(s, 1, 0, FILE_A, OUTCOME_DELIVERED)));
	check(s);
}

static void test_pending(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	add_sent(s, 0, 1, FILE_A, 1);
	add_sent(s, 0, 2, FILE_B, 1); /* the send is still under way */
	add_sweep(s, 3);
	add_entry(s, 1, FILE_A, 1);
	add_entry(s, 2, FILE_B, 1);
	s->steps[2].entries[1].queued = 0;
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
	add_entry(s, 1, FILE_A, 1);
	add_sweep(s, last_step(s)); /* told only once */
	add_entry(s, 1, FILE_A, 1);
	add_received(s, last_step(s), 1, FILE_A, 1);
	expect(s, 1, 0, FILE_A, OUTCOME_PENDING);
	received(expect(s, 1, 0, FILE_A, OUTCOME_DELIVERED));
	check(s);
}

/* A list whose end was missed, and whose address has another message now. */
static void test_number_of_another(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	add_sent(s, 0, 1, FILE_A, 1);
	add_received(s, last_step(s), 1, FILE_B, 1);
	describe(s);
	expect(s, 1, 0, FILE_A, OUTCOME_UNKNOWN);
	without_sender(received(expect(s, 2, 0, FILE_B, OUTCOME_DELIVERED)));
	check(s);
}

/* The scenarios of the keyless way: nothing but the system calls' begin and end has an order. */

static void test_keyless_pass(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	add_sent(s, 0, 1, FILE_A, 2);
	add_result(s, 1, 1, 0);
	add_received(s, 1, 0, FILE_A, 2);
	describe(s);
	received(expect(s, 1, 0, FILE_A, OUTCOME_DELIVERED));
	received(expect(s, 1, 1, FILE_A, OUTCOME_DELIVERED));
	check(s);
}

static void test_keyless_two(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	add_sent(s, 0, 1, FILE_A, 1);
	add_result(s, 1, 1, 0);
	add_sent(s, 0, 2, FILE_B, 1);
	record_set_task(&record_event(last_record(s))->task, OTHER);
	add_result(s, 4, 2, 0);
	add_received(s, 1, 0, FILE_A, 1);
	describe(s);
	add_received(s, 4, 0, FILE_B, 1);
	describe(s);
	received(expect(s, 1, 0, FILE_A, OUTCOME_DELIVERED));
	received(expect(s, 2, 0, FILE_B, OUTCOME_DELIVERED))->sender.pid = OTHER;
	check(s);
}

static void test_keyless_name(void **state)
{
	struct scenario *s = scenario_new();
	struct event *event;

	(void)state;
	event = add_sent(s, 0, 1, FILE_A, 1);
	event->peer = (struct event_socket){ .fd = -1, .path_len = 4, .path = "/run" };
	add_result(s, 1, 1, 0);
	event = add_received(s, 1, 0, FILE_A, 1);
	event->socket.path_len = 4;
	memcpy(event->socket.path, "/run", 4);
	describe(s);
	received(expect(s, 1, 0, FILE_A, OUTCOME_DELIVERED));
	check(s);
}

/* To the same socket, first by its name, then as its peer. */
static void test_keyless_name_and_peer(void **state)
{
	struct scenario *s = scenario_new();
	struct event *event;

	(void)state;
	event = add_sent(s, 0, 1, FILE_A, 1);
	event->peer = (struct event_socket){ .fd = -1, .path_len = 4, .path = "/run" };
	add_result(s, 1, 1, 0);
	add_sent(s, 2, 2, FILE_A, 1);
	record_set_task(&record_event(last_record(s))->task, OTHER);
	add_result(s, 4, 2, 0);
	for (int i = 0; i < 2; i++) {
		event = add_received(s, i ? 16 + 4 : 1, 0, FILE_A, 1);
		event->socket.path_len = 4;
		memcpy(event->socket.path, "/run", 4);
		record_file(last_record(s), 0)->fd = 20 + i;
		describe(s);
	}
	received(expect(s, 1, 0, FILE_A, OUTCOME_DELIVERED));
	received(expect(s, 2, 0, FILE_A, OUTCOME_DELIVERED))->to.fd = 21;
	s->truth.rows[1].pass.sender.pid = OTHER;
	check(s);
}

/* sendmmsg(2): the results come together, behind both. */
static void test_keyless_sendmmsg(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	add_sent(s, 0, 1, FILE_A, 1);
	add_sent(s, 1, 2, FILE_A, 1);
	add_result(s, 2, 1, 0);
	add_result(s, 4, 2, 0);
	add_received(s, 2, 0, FILE_A, 1);
	describe(s);
	add_received(s, 16, 0, FILE_A, 1);
	record_file(last_record(s), 0)->fd = 30;
	describe(s);
	received(expect(s, 1, 0, FILE_A, OUTCOME_DELIVERED));
	received(expect(s, 2, 0, FILE_A, OUTCOME_DELIVERED))->to.fd = 30;
	check(s);
}

/* Whole and with fewer files: that is another message. */
static void test_keyless_other_count(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	add_sent(s, 0, 1, FILE_A, 2);
	add_result(s, 1, 1, 0);
	add_received(s, 1, 0, FILE_A, 1);
	describe(s);
	expect(s, 1, 0, FILE_A, OUTCOME_UNKNOWN);
	expect(s, 1, 1, FILE_A, OUTCOME_UNKNOWN);
	without_sender(received(expect(s, 2, 0, FILE_A, OUTCOME_DELIVERED)));
	check(s);
}

/* A datagram socket may be connected to another one than its message came from. */
static void test_keyless_datagram(void **state)
{
	struct scenario *s = scenario_new();
	struct event *event;

	(void)state;
	add_sent(s, 0, 1, FILE_A, 1)->peer.type = SOCK_DGRAM;
	add_result(s, 1, 1, 0);
	event = add_received(s, 1, 0, FILE_A, 1);
	event->socket.type = SOCK_DGRAM;
	set_socket(&event->peer, OTHER_SOCK, OTHER_INO, -1);
	describe(s);
	received(expect(s, 1, 0, FILE_A, OUTCOME_DELIVERED))->socket_type = SOCK_DGRAM;
	check(s);
}

/* The file is the same, but it came from elsewhere. */
static void test_keyless_other_peer(void **state)
{
	struct scenario *s = scenario_new();
	struct event *event;

	(void)state;
	add_sent(s, 0, 1, FILE_A, 1);
	add_result(s, 1, 1, 0);
	event = add_received(s, 1, 0, FILE_A, 1);
	set_socket(&event->peer, OTHER_SOCK, OTHER_INO, -1);
	describe(s);
	expect(s, 1, 0, FILE_A, OUTCOME_UNKNOWN);
	without_sender(received(expect(s, 2, 0, FILE_A, OUTCOME_DELIVERED)))->from.socket_ino =
		OTHER_INO;
	check(s);
}

static void test_keyless_failed(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	add_sent(s, 0, 1, FILE_A, 1);
	add_result(s, 1, 1, -EAGAIN);
	expect(s, 1, 0, FILE_A, OUTCOME_FAILED)->error = EAGAIN;
	check(s);
}

static void test_keyless_truncated(void **state)
{
	struct scenario *s = scenario_new();
	struct event *event;

	(void)state;
	add_sent(s, 0, 1, FILE_A, 3);
	add_result(s, 1, 1, 0);
	event = add_received(s, 1, 0, FILE_A, 1);
	event->flags = EVENT_CTRUNC;
	event->room = 2;
	event->stop = EVENT_FILE_EMFILE;
	describe(s);
	received(expect(s, 1, 0, FILE_A, OUTCOME_DELIVERED));
	received(expect(s, 1, 1, FILE_A, OUTCOME_LOST))->loss = LOSS_EMFILE;
	received(expect(s, 1, 2, FILE_A, OUTCOME_LOST))->loss = LOSS_TRUNCATED;
	check(s);
}

static void test_keyless_no_control(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	add_sent(s, 0, 1, FILE_A, 1);
	add_result(s, 1, 1, 0);
	add_received(s, 1, 0, FILE_A, 0)->flags = EVENT_CTRUNC | EVENT_NO_CONTROL;
	received(expect(s, 1, 0, FILE_A, OUTCOME_LOST))->loss = LOSS_TRUNCATED;
	check(s);
}

static void test_keyless_peek(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	add_sent(s, 0, 1, FILE_A, 1);
	add_result(s, 1, 1, 0);
	add_received(s, 1, 0, FILE_A, 1)->flags = EVENT_PEEK;
	describe(s);
	add_received(s, last_step(s), 0, FILE_A, 1);
	describe(s);
	received(expect(s, 1, 0, FILE_A, OUTCOME_PEEKED));
	received(expect(s, 1, 0, FILE_A, OUTCOME_DELIVERED));
	check(s);
}

static void test_keyless_before(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	add_received(s, 0, 0, FILE_A, 1)->flags = EVENT_PEEK;
	describe(s);
	add_received(s, last_step(s), 0, FILE_A, 1);
	describe(s);
	without_sender(received(expect(s, 1, 0, FILE_A, OUTCOME_PEEKED)));
	without_sender(received(expect(s, 1, 0, FILE_A, OUTCOME_DELIVERED)));
	check(s);
}

/* A message from before the trace is known by a peek; what is sent after that is another one. */
static void test_keyless_peeked_and_sent(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	add_received(s, 0, 0, FILE_A, 1)->flags = EVENT_PEEK;
	describe(s);
	add_sent(s, 1, 1, FILE_A, 1);
	add_received(s, 2, 0, FILE_A, 1);
	describe(s);
	add_received(s, 4, 0, FILE_A, 1);
	record_file(last_record(s), 0)->fd = 30;
	describe(s);
	without_sender(received(expect(s, 1, 0, FILE_A, OUTCOME_PEEKED)));
	without_sender(received(expect(s, 1, 0, FILE_A, OUTCOME_DELIVERED)));
	received(expect(s, 2, 0, FILE_A, OUTCOME_DELIVERED))->to.fd = 30;
	check(s);
}

/* How many files a truncated peek left out is not known. */
static void test_keyless_truncated_peek(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	add_received(s, 0, 0, FILE_A, 1)->flags = EVENT_PEEK | EVENT_CTRUNC;
	describe(s);
	add_received(s, 1, 0, FILE_A, 2);
	describe(s);
	without_sender(received(expect(s, 1, 0, FILE_A, OUTCOME_PEEKED)));
	without_sender(received(expect(s, 2, 0, FILE_A, OUTCOME_DELIVERED)));
	without_sender(received(expect(s, 2, 1, FILE_A, OUTCOME_DELIVERED)));
	check(s);
}

/* Two messages of the same file, the first is read(2): the second is the one still queued. */
static void test_keyless_read(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	add_sent(s, 0, 1, FILE_A, 1);
	add_result(s, last_step(s), 1, 0);
	add_sent(s, last_step(s), 2, FILE_A, 1);
	add_result(s, last_step(s), 2, 0);
	add_sweep(s, last_step(s));
	add_entry(s, 0, FILE_A, 1);
	expect(s, 1, 0, FILE_A, OUTCOME_UNKNOWN);
	expect(s, 2, 0, FILE_A, OUTCOME_PENDING);
	check(s);
}

static void test_keyless_closed(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	add_sent(s, 0, 1, FILE_A, 1);
	add_result(s, last_step(s), 1, 0);
	add_sweep(s, last_step(s));
	add_entry(s, 0, FILE_A, 1);
	add_sweep(s, last_step(s));
	expect(s, 1, 0, FILE_A, OUTCOME_UNKNOWN); /* or received, in a way that is not seen */
	check(s);
}

/* The kernel side says that it was not sent after all: there is no row. */
static void test_cancelled(void **state)
{
	struct scenario *s = scenario_new();
	struct rows rows = {};
	struct join *join;

	(void)state;
	add_sent(s, 0, 1, FILE_A, 1);
	add_result(s, last_step(s), 1, 0)->flags = EVENT_CANCELLED;
	assert_int_equal(join_new(&join, &s->options, keep_row, &rows), 0);
	run_step(join, &s->steps[0], 1000);
	run_step(join, &s->steps[1], 2000);
	assert_int_equal(join_finish(join, 3000), 0);
	assert_int_equal(rows.count, 0);
	join_free(join);
	free(s);
}

/* The last entry of a sweep of the queues. */
static void add_end(struct scenario *scenario, uint64_t netns)
{
	struct step *step = &scenario->steps[scenario->nr_steps - 1];

	add_entry(scenario, 0, 0, 0);
	step->entries[step->nr_entries - 1].sock = 0;
	step->entries[step->nr_entries - 1].ino = netns;
}

/* It was not looked for where it is. */
static void test_keyless_other_netns(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	add_sent(s, 0, 1, FILE_A, 1)->peer.netns = 701;
	add_result(s, last_step(s), 1, 0);
	add_sweep(s, last_step(s));
	add_end(s, 702);
	expect(s, 1, 0, FILE_A, OUTCOME_UNKNOWN);
	check(s);
}

/* Some of the queue was not told: then nothing follows from it. */
static void test_keyless_cut_sweep(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	add_sent(s, 0, 1, FILE_A, 1);
	add_result(s, last_step(s), 1, 0);
	add_sweep(s, last_step(s));
	add_entry(s, 0, FILE_A, 1);
	add_sweep(s, last_step(s));
	add_entry(s, 0, 0, 0);
	add_received(s, last_step(s), 0, FILE_A, 1);
	describe(s);
	received(expect(s, 1, 0, FILE_A, OUTCOME_DELIVERED));
	check(s);
}

/* Without a control buffer an event names no file: which of the two it was is not known. */
static void test_keyless_no_file(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	add_sent(s, 0, 1, FILE_A, 1);
	add_result(s, last_step(s), 1, 0);
	add_sent(s, last_step(s), 2, FILE_B, 1);
	add_result(s, last_step(s), 2, 0);
	add_received(s, last_step(s), 0, FILE_A, 0)->flags = EVENT_CTRUNC | EVENT_NO_CONTROL;
	expect(s, 1, 0, FILE_A, OUTCOME_UNKNOWN);
	expect(s, 2, 0, FILE_B, OUTCOME_UNKNOWN);
	check(s);
}

/* The send that is under way at the sweep explains the entry as well. */
static void test_keyless_under_way(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	add_sent(s, 0, 1, FILE_A, 1);
	add_sweep(s, last_step(s));
	add_entry(s, 0, FILE_A, 1);
	add_received(s, last_step(s), 0, FILE_A, 1);
	describe(s);
	received(expect(s, 1, 0, FILE_A, OUTCOME_DELIVERED));
	check(s);
}

/* What was accepted is queued, rather than a send that is still under way. */
static void test_keyless_queued_and_under_way(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	add_sent(s, 0, 1, FILE_A, 1);
	add_result(s, last_step(s), 1, 0);
	add_sent(s, last_step(s), 2, FILE_A, 1);
	record_set_task(&record_event(last_record(s))->task, OTHER);
	add_sweep(s, last_step(s));
	add_entry(s, 0, FILE_A, 1);
	expect(s, 1, 0, FILE_A, OUTCOME_PENDING);
	expect(s, 2, 0, FILE_A, OUTCOME_UNKNOWN)->sender.pid = OTHER;
	check(s);
}

/*
 * A receiver is not on a CPU between taking a message and telling it: the sweep finds the next one,
 * of the same file, and not this one.
 */
static void test_keyless_late_receiver(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	s->options.late_ns = 1000000000;
	add_sent(s, 0, 1, FILE_A, 1);
	add_result(s, last_step(s), 1, 0);
	add_sweep(s, last_step(s));
	add_received(s, last_step(s), 0, FILE_A, 1);
	describe(s);
	add_sent(s, last_step(s), 2, FILE_A, 1);
	add_result(s, last_step(s), 2, 0);
	add_received(s, last_step(s), 0, FILE_A, 1);
	describe(s);
	received(expect(s, 1, 0, FILE_A, OUTCOME_DELIVERED));
	received(expect(s, 2, 0, FILE_A, OUTCOME_DELIVERED));
	check(s);
}

/* The socket's address and the file's are used again: the inode number tells the sockets apart. */
static void test_keyless_address_reuse(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	add_sent(s, 0, 1, FILE_A, 1);
	add_result(s, last_step(s), 1, 0); /* closed unread, and no sweep */
	add_sent(s, last_step(s), 2, FILE_A, 1)->peer.ino = OTHER_INO;
	add_received(s, last_step(s), 0, FILE_A, 1)->socket.ino = OTHER_INO;
	describe(s);
	expect(s, 1, 0, FILE_A, OUTCOME_UNKNOWN);
	received(expect(s, 2, 0, FILE_A, OUTCOME_DELIVERED))->to.socket_ino = OTHER_INO;
	check(s);
}

/*
 * Two processes send the same file over one socket at once: which of them the server got is not
 * known, so it is not told. Only the orders in which the sends overlap are of that kind.
 */
static void test_keyless_overlap(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	add_sent(s, 0, 1, FILE_A, 1);
	add_sent(s, 1, 2, FILE_A, 1);
	record_set_task(&record_event(last_record(s))->task, OTHER);
	add_result(s, 2, 1, 0);
	add_result(s, 2, 2, 0);
	add_received(s, 2, 0, FILE_A, 1);
	describe(s);
	add_sweep(s, 0x1f);
	add_entry(s, 0, FILE_A, 1);
	expect(s, 1, 0, FILE_A, OUTCOME_UNKNOWN);
	expect(s, 2, 0, FILE_A, OUTCOME_UNKNOWN)->sender.pid = OTHER;
	without_sender(received(expect(s, 3, 0, FILE_A, OUTCOME_DELIVERED)));
	check(s);
}

/* One of two that look the same was read(2): which one is not known. */
static void test_keyless_overlap_read(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	add_sent(s, 0, 1, FILE_A, 1);
	add_sent(s, 1, 2, FILE_A, 1);
	record_set_task(&record_event(last_record(s))->task, OTHER);
	add_result(s, 2, 1, 0);
	add_result(s, 2, 2, 0);
	add_sweep(s, 0xf);
	add_entry(s, 0, FILE_A, 1);
	expect(s, 1, 0, FILE_A, OUTCOME_UNKNOWN);
	expect(s, 2, 0, FILE_A, OUTCOME_UNKNOWN)->sender.pid = OTHER;
	check(s);
}

/* One thread, one file, again and again, as an event loop that retries does. */
static void test_keyless_retry(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	add_sent(s, 0, 1, FILE_A, 1);
	add_result(s, 1, 1, 0);
	add_sent(s, 2, 2, FILE_A, 1);
	add_result(s, 4, 2, -EAGAIN);
	add_sent(s, 8, 3, FILE_A, 1);
	add_result(s, 16, 3, 0);
	add_received(s, 1, 0, FILE_A, 1);
	describe(s);
	add_received(s, 16 + 64, 0, FILE_A, 1);
	record_file(last_record(s), 0)->fd = 30;
	describe(s);
	received(expect(s, 1, 0, FILE_A, OUTCOME_DELIVERED));
	expect(s, 2, 0, FILE_A, OUTCOME_FAILED)->error = EAGAIN;
	received(expect(s, 3, 0, FILE_A, OUTCOME_DELIVERED))->to.fd = 30;
	check(s);
}

/*
 * A message from before the trace, and one of the same file. What the first sweep finds is not taken
 * for the second one.
 */
static void test_keyless_stranger(void **state)
{
	struct scenario *s = scenario_new();

	(void)state;
	add_sweep(s, 0);
	add_entry(s, 0, FILE_A, 1);
	add_sent(s, 1, 1, FILE_A, 1);
	add_result(s, 2, 1, 0);
	add_received(s, 2, 0, FILE_A, 1);
	describe(s);
	add_received(s, 8, 0, FILE_A, 1);
	record_file(last_record(s), 0)->fd = 30;
	describe(s);
	without_sender(received(expect(s, 1, 0, FILE_A, OUTCOME_DELIVERED)));
	received(expect(s, 2, 0, FILE_A, OUTCOME_DELIVERED))->to.fd = 30;
	check(s);
}

/* What is not a scenario */

/* The sweep found it, and it was received before the sweep was over: it is no stranger. */
static void test_received_in_sweep(void **state)
{
	struct scenario *s = scenario_new();
	struct event_queued *entry;
	struct rows rows = {};
	struct join_counts counts;
	struct join *join;

	(void)state;
	add_sent(s, 0, 1, FILE_A, 1);
	add_received(s, 0, 0, FILE_A, 1);
	add_sweep(s, 0);
	add_entry(s, 0, FILE_A, 1);
	entry = s->steps[2].entries;
	assert_int_equal(join_new(&join, &s->options, keep_row, &rows), 0);
	run_step(join, &s->steps[0], 1000);
	assert_int_equal(join_sweep_begin(join, 1500), 0);
	assert_int_equal(join_sweep_entry(join, entry), 0);
	run_step(join, &s->steps[1], 2000);
	assert_int_equal(join_sweep_end(join, 2500), 0);
	join_counts(join, &counts);
	assert_int_equal(counts.messages_open, 0);
	assert_int_equal(rows.count, 1);
	join_free(join);
	free(s);
}

/* After a loss nothing is joined without a number, until a sweep has told what is queued. */
static void test_keyless_blind(void **state)
{
	struct scenario *s = scenario_new();
	struct rows rows = {};
	struct join *join;

	(void)state;
	add_sent(s, 0, 1, FILE_A, 1);
	add_result(s, 0, 1, 0);
	add_sweep(s, 0);
	add_sent(s, 0, 2, FILE_A, 1);
	add_received(s, 0, 0, FILE_A, 1);
	assert_int_equal(join_new(&join, &s->options, keep_row, &rows), 0);
	run_step(join, &s->steps[0], 1000);
	run_step(join, &s->steps[1], 2000);
	join_note_loss(join);
	run_step(join, &s->steps[4], 2500);
	assert_int_equal(rows.count, 1);
	assert_false(rows.rows[0].pass.sender.known);
	assert_true(join_wants_sweep(join));
	run_step(join, &s->steps[2], 3000);
	assert_int_equal(rows.count, 2);
	assert_int_equal(rows.rows[1].pass.outcome, OUTCOME_UNKNOWN);
	run_step(join, &s->steps[3], 4000);
	run_step(join, &s->steps[4], 5000);
	assert_int_equal(rows.count, 3);
	assert_true(rows.rows[2].pass.sender.known);
	join_free(join);
	free(s);
}

/* What was received before it was sent is another message, whatever the order in the ring. */
static void test_keyless_earlier(void **state)
{
	struct scenario *s = scenario_new();
	struct rows rows = {};
	struct join *join;

	(void)state;
	add_sent(s, 0, 1, FILE_A, 1);
	add_received(s, 0, 0, FILE_A, 1);
	assert_int_equal(join_new(&join, &s->options, keep_row, &rows), 0);
	run_step(join, &s->steps[0], 2000);
	run_step(join, &s->steps[1], 1000);
	assert_int_equal(rows.count, 1);
	assert_false(rows.rows[0].pass.sender.known);
	join_free(join);
	free(s);
}

/* The table of messages tells what is queued also after a loss. */
static void test_keyed_loss(void **state)
{
	struct scenario *s = scenario_new();
	struct rows rows = {};
	struct join *join;

	(void)state;
	add_sent(s, 0, 1, FILE_A, 1);
	add_sweep(s, 0);
	add_entry(s, 1, FILE_A, 1);
	assert_int_equal(join_new(&join, &s->options, keep_row, &rows), 0);
	run_step(join, &s->steps[0], 1000);
	join_note_loss(join);
	run_step(join, &s->steps[1], 2000);
	assert_false(join_wants_sweep(join));
	assert_int_equal(join_finish(join, 3000), 0);
	assert_int_equal(rows.count, 1);
	assert_int_equal(rows.rows[0].pass.outcome, OUTCOME_PENDING);
	join_free(join);
	free(s);
}

/* What was lost while the sweep was read may be queued behind what it found. */
static void test_loss_in_sweep(void **state)
{
	struct scenario *s = scenario_new();
	struct rows rows = {};
	struct join *join;

	(void)state;
	assert_int_equal(join_new(&join, &s->options, keep_row, &rows), 0);
	join_sweep_begin(join, 1000);
	join_note_loss(join);
	join_sweep_end(join, 2000);
	assert_true(join_wants_sweep(join));
	join_sweep_begin(join, 3000);
	join_sweep_end(join, 4000);
	assert_false(join_wants_sweep(join));
	join_free(join);
	free(s);
}

static void test_eviction(void **state)
{
	struct scenario *s = scenario_new();
	struct join_counts counts;
	struct rows rows = {};
	struct join *join;

	(void)state;
	s->options.max_messages = 2;
	add_sent(s, 0, 1, FILE_A, 2);
	add_sent(s, 0, 2, FILE_A, 1);
	add_sent(s, 0, 3, FILE_A, 1);
	assert_int_equal(join_new(&join, &s->options, keep_row, &rows), 0);
	for (unsigned int i = 0; i < 3; i++)
		run_step(join, &s->steps[i], i + 1);
	join_counts(join, &counts);
	assert_int_equal(counts.messages_open, 2);
	assert_int_equal(counts.evicted_passes, 2);
	assert_int_equal(rows.count, 2);
	assert_int_equal(rows.rows[0].pass.message, 1);
	assert_int_equal(rows.rows[0].pass.outcome, OUTCOME_UNKNOWN);
	join_free(join);

	s->options.max_messages = 0;
	assert_int_equal(join_new(&join, &s->options, keep_row, &rows), -EINVAL);
	free(s);
}

static void test_malformed(void **state)
{
	struct scenario *s = scenario_new();
	struct join_counts counts;
	struct rows rows = {};
	struct join *join;
	struct event *event;

	(void)state;
	event = add_sent(s, 0, 1, FILE_A, 1);
	assert_int_equal(join_new(&join, &s->options, keep_row, &rows), 0);
	assert_int_equal(join_record(join, event, event->size - 1), -EBADMSG);
	assert_int_equal(join_record(join, event, 0), -EBADMSG);
	record_file(last_record(s), 0)->names_offset = event->names_size;
	assert_int_equal(join_record(join, event, event->size), -EBADMSG);
	add_event(s, 0, EVENT_MOVED, 1, CLIENT);
	event = record_event(last_record(s));
	assert_int_equal(join_record(join, event, event->size), -EBADMSG);
	join_counts(join, &counts);
	assert_int_equal(counts.malformed, 4);
	assert_int_equal(counts.messages_open, 0);
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
	assert_int_equal(join_record(join, s->steps[1].record.data,
				     record_event(&s->steps[1].record)->size),
			 -EPIPE);
	assert_int_equal(calls, 1);
	join_free(join);
	free(s);
}

static void test_wants_sweep(void **state)
{
	struct scenario *s = scenario_new();
	struct rows rows = {};
	struct join *join;

	(void)state;
	s->options.pending_after_ns = 5000;
	add_sent(s, 0, 1, FILE_A, 1);
	add_result(s, 0, 1, 0);
	assert_int_equal(join_new(&join, &s->options, keep_row, &rows), 0);
	assert_true(join_wants_sweep(join)); /* what is queued from before */
	join_sweep_begin(join, 1);
	join_sweep_end(join, 2);
	run_step(join, &s->steps[0], 1000);
	assert_false(join_wants_sweep(join));
	join_tick(join, 5999);
	assert_false(join_wants_sweep(join));
	join_tick(join, 6000); /* may be pending by now */
	assert_true(join_wants_sweep(join));
	join_tick(join, 2000);
	assert_false(join_wants_sweep(join));
	run_step(join, &s->steps[1], 3000); /* keyless: may vanish from its queue */
	assert_true(join_wants_sweep(join));
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
		cmocka_unit_test(test_pending),
		cmocka_unit_test(test_not_known_to_be_queued),
		cmocka_unit_test(test_pending_after),
		cmocka_unit_test(test_number_of_another),
		cmocka_unit_test(test_keyless_pass),
		cmocka_unit_test(test_keyless_two),
		cmocka_unit_test(test_keyless_name),
		cmocka_unit_test(test_keyless_name_and_peer),
		cmocka_unit_test(test_keyless_sendmmsg),
		cmocka_unit_test(test_keyless_other_count),
		cmocka_unit_test(test_keyless_datagram),
		cmocka_unit_test(test_keyless_other_peer),
		cmocka_unit_test(test_keyless_failed),
		cmocka_unit_test(test_keyless_truncated),
		cmocka_unit_test(test_keyless_no_control),
		cmocka_unit_test(test_keyless_peek),
		cmocka_unit_test(test_keyless_before),
		cmocka_unit_test(test_keyless_peeked_and_sent),
		cmocka_unit_test(test_keyless_truncated_peek),
		cmocka_unit_test(test_keyless_read),
		cmocka_unit_test(test_keyless_closed),
		cmocka_unit_test(test_cancelled),
		cmocka_unit_test(test_keyless_other_netns),
		cmocka_unit_test(test_keyless_cut_sweep),
		cmocka_unit_test(test_keyless_late_receiver),
		cmocka_unit_test(test_keyless_no_file),
		cmocka_unit_test(test_keyless_under_way),
		cmocka_unit_test(test_keyless_queued_and_under_way),
		cmocka_unit_test(test_keyless_address_reuse),
		cmocka_unit_test(test_keyless_overlap),
		cmocka_unit_test(test_keyless_overlap_read),
		cmocka_unit_test(test_keyless_retry),
		cmocka_unit_test(test_keyless_stranger),
		cmocka_unit_test(test_received_in_sweep),
		cmocka_unit_test(test_keyless_blind),
		cmocka_unit_test(test_keyless_earlier),
		cmocka_unit_test(test_keyed_loss),
		cmocka_unit_test(test_loss_in_sweep),
		cmocka_unit_test(test_eviction),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_stopped),
		cmocka_unit_test(test_wants_sweep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
