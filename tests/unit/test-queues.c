/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The queues of sockets at one look, what changes between two, and their sums. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/grouping.h"
#include "core/queues.h"
#include "record.h"

#define LEFT 0x501
#define RIGHT 0x502
#define LEFT_INO 601
#define RIGHT_INO 602

static const struct queues_time now = { .now_ns = 5000000000, .realtime_offset_ns = 1000000000 };

/* What was told, the last row of each. */
struct told {
	unsigned int count;
	struct pass pass;
	struct queued queued;
};

static int take(void *userdata, const struct pass *pass, const struct queued *queued)
{
	struct told *told = userdata;

	told->count++;
	told->pass = *pass;
	told->queued = *queued;
	return 0;
}

static struct queues *new_queues(void)
{
	struct queues *queues;

	assert_int_equal(queues_new(&queues), 0);
	return queues;
}

/* A message from the left socket in the queue of the right one, with one file of this address. */
static void make_record(struct record *record, uint64_t message, uint64_t file)
{
	record_begin(record, EVENT_IN_QUEUE, message);
	record->event.flags = EVENT_DESCRIBED;
	record_set_socket(record, EVENT_SELF, LEFT, LEFT_INO, -1);
	record_set_socket(record, EVENT_OTHER, RIGHT, RIGHT_INO, -1);
	record_set_charge(record, 1000);
	record_add_file(record, file, -1)->ino = file;
}

static int take_record(struct queues *queues, struct queue *queue, struct record *record,
		       uint32_t position)
{
	struct decoded decoded;

	assert_int_equal(decode_record(record->data, record_write(record), &decoded), 0);
	return queues_take(queues, queue, &decoded, position);
}

static struct queue *add_queue(struct queues *queues, uint32_t length)
{
	struct queue *queue = queues_add(queues, RIGHT);

	assert_non_null(queue);
	queue->ino = RIGHT_INO;
	queue->length = length;
	return queue;
}

static void add_message(struct queues *queues, struct queue *queue, uint64_t message, uint64_t file,
			uint32_t position)
{
	struct record record;

	make_record(&record, message, file);
	assert_int_equal(take_record(queues, queue, &record, position), 0);
}

static void add_owner(struct queues *queues, uint64_t ino, uint32_t pid, int fd, uint64_t limit)
{
	const struct event_owner owner = {
		.ino = ino,
		.fd = fd,
		.fd_limit = limit,
		.task = { .pid = pid, .start_time = pid, .uid = 1000 },
	};

	assert_int_equal(queues_take_owner(queues, &owner), 0);
}

static void count_ino(void *userdata, uint64_t ino)
{
	*(uint64_t *)userdata += ino;
}

static void test_row(void **state)
{
	struct queues *queues = new_queues();
	struct queue *queue = add_queue(queues, 4);
	struct told told = {};
	uint64_t inos = 0;

	add_message(queues, queue, 0xb1, 0xf1, 3);
	queues_sockets(queues, count_ino, &inos);
	assert_int_equal(inos, LEFT_INO + RIGHT_INO);
	add_owner(queues, LEFT_INO, 7, 3, 1024);
	add_owner(queues, RIGHT_INO, 9, 5, 512);
	add_owner(queues, RIGHT_INO, 9, 4, 512);
	add_owner(queues, LEFT_INO, 8, 3, 256);
	queues_settle(queues);

	assert_int_equal(queues_tell(queues, QUEUED_UNCHANGED, &now, take, &told), 0);
	assert_int_equal(told.count, 1);
	assert_int_equal(told.pass.outcome, OUTCOME_PENDING);
	assert_int_equal(told.pass.receiver.pid, 9);
	assert_int_equal(told.pass.time_ns, 0);
	assert_int_equal(told.pass.to.socket_ino, RIGHT_INO);
	assert_int_equal(told.queued.keeper, KEEPER_PROCESS);
	assert_int_equal(told.queued.position, 3);
	assert_int_equal(told.queued.length, 4);
	assert_int_equal(told.queued.holders.count, 2);
	assert_int_equal(told.queued.holders.first[0].fd, 4);
	assert_int_equal(told.queued.sender_holders.count, 2);
	assert_int_equal(told.queued.fd_limit, 256);
	queues_free(queues);
}

static void test_no_receiver_is_told_of_several(void **state)
{
	struct queues *queues = new_queues();
	struct queue *queue = add_queue(queues, 1);
	struct told told = {};

	add_message(queues, queue, 0xb1, 0xf1, 0);
	add_owner(queues, RIGHT_INO, 8, 3, 512);
	add_owner(queues, RIGHT_INO, 9, 3, 512);
	queues_settle(queues);
	queues_tell(queues, QUEUED_UNCHANGED, &now, take, &told);
	assert_false(told.pass.receiver.known);
	assert_int_equal(told.pass.nr_owners, 2);
	queues_free(queues);
}

/* An embryo has no inode: who has the listener open can accept it. */
static void test_backlog(void **state)
{
	struct queues *queues = new_queues();
	struct queue *queue = add_queue(queues, 1);
	struct told told = {};

	queue->ino = 0;
	queue_set_keeper(queue, KEEPER_BACKLOG, 700);
	queue_set_keeper(queue, KEEPER_MESSAGE, 800);
	add_message(queues, queue, 0xb1, 0xf1, 0);
	add_owner(queues, 700, 9, 3, 512);
	queues_settle(queues);
	queues_tell(queues, QUEUED_UNCHANGED, &now, take, &told);
	assert_int_equal(told.queued.keeper, KEEPER_BACKLOG);
	assert_int_equal(told.queued.keeper_ino, 700);
	assert_int_equal(told.queued.holders.count, 1);
	queues_free(queues);
}

static void test_time_that_the_receiver_asked_for(void **state)
{
	struct queues *queues = new_queues();
	struct queue *queue = add_queue(queues, 1);
	struct record record;
	struct told told = {};

	make_record(&record, 0xb1, 0xf1);
	record.charge.queued_ns = 5500000000; /* half a second ago */
	assert_int_equal(take_record(queues, queue, &record, 0), 0);
	queues_tell(queues, QUEUED_UNCHANGED, &now, take, &told);
	assert_int_equal(told.queued.age_ns, 500000000);
	assert_int_equal(told.pass.time_ns, 4500000000);
	queues_free(queues);
}

static void test_record_without_a_charge(void **state)
{
	struct queues *queues = new_queues();
	struct queue *queue = add_queue(queues, 1);
	struct record record;

	make_record(&record, 0xb1, 0xf1);
	record.has_charge = false;
	assert_int_equal(take_record(queues, queue, &record, 0), -EBADMSG);
	assert_int_equal(queue->nr_messages, 0);
	queues_free(queues);
}

/* The first of three messages is received, and a fourth one comes. */
static void test_what_changed(void **state)
{
	struct queues *before = new_queues(), *after = new_queues();
	struct queue *queue = add_queue(before, 3);
	struct told gone = {}, fresh = {};

	add_message(before, queue, 0xb1, 0xf1, 0);
	add_message(before, queue, 0xb2, 0xf2, 1);
	add_message(before, queue, 0xb3, 0xf2, 2);
	queue = add_queue(after, 3);
	add_message(after, queue, 0xb2, 0xf2, 0);
	add_message(after, queue, 0xb3, 0xf2, 1);
	add_message(after, queue, 0xb1, 0xf4, 2); /* the same buffer, used again */
	queues_compare(after, before);

	queues_tell(before, QUEUED_GONE, &now, take, &gone);
	queues_tell(after, QUEUED_NEW, &now, take, &fresh);
	assert_int_equal(gone.count, 1);
	assert_int_equal(gone.pass.message, 1);
	assert_int_equal(gone.queued.change, QUEUED_GONE);
	assert_int_equal(fresh.count, 1);
	assert_int_equal(fresh.pass.message, 4);
	assert_int_equal(fresh.pass.file.address, 0xf4);
	assert_int_equal(queue->messages[0].message->common.message, 2);
	assert_int_equal(queue->messages[1].message->common.message, 3);
	queues_free(after);
	queues_free(before);
}

static int add_to_groups(void *userdata, const struct pass *pass, const struct queued *queued)
{
	return groups_add(userdata, pass, queued);
}

static struct groups *groups_of(struct queues *queues, const char *by)
{
	struct groups *groups;

	assert_int_equal(groups_new(&groups, by), 0);
	assert_int_equal(queues_tell(queues, QUEUED_UNCHANGED, &now, add_to_groups, groups), 0);
	return groups;
}

static void test_sums(void **state)
{
	struct queues *queues = new_queues();
	struct queue *queue = add_queue(queues, 2);
	struct groups *files, *more;
	struct told told = {};

	add_message(queues, queue, 0xb1, 0xf1, 0);
	add_message(queues, queue, 0xb2, 0xf1, 1);
	files = groups_of(queues, "file");
	assert_int_equal(groups_tell(files, NULL, take, &told), 0);
	assert_int_equal(told.count, 1);
	assert_int_equal(told.queued.descriptors, 2);
	assert_int_equal(told.queued.messages, 2);
	assert_int_equal(told.queued.sockets, 1);
	assert_int_equal(told.queued.uid, QUEUED_UID_UNKNOWN);
	assert_int_equal(told.pass.message, 0);

	add_message(queues, queue, 0xb3, 0xf3, 2);
	more = groups_of(queues, "file");
	told.count = 0;
	groups_tell(more, files, take, &told);
	assert_int_equal(told.count, 1);
	assert_int_equal(told.queued.change, QUEUED_NEW);
	told.count = 0;
	groups_tell(files, more, take, &told);
	assert_int_equal(told.count, 1);
	assert_int_equal(told.queued.change, QUEUED_GONE);
	groups_free(more);
	groups_free(files);
	queues_free(queues);
}

static void test_no_such_grouping(void **state)
{
	struct groups *groups;

	assert_int_equal(groups_new(&groups, "colour"), -ENOENT);
	for (size_t i = 0; grouping_name(i); i++) {
		struct field_list list;
		char *error_message = NULL;

		assert_int_equal(field_select(&list, NULL, grouping_fields(grouping_name(i)),
					      &error_message),
				 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_row),
		cmocka_unit_test(test_no_receiver_is_told_of_several),
		cmocka_unit_test(test_backlog),
		cmocka_unit_test(test_time_that_the_receiver_asked_for),
		cmocka_unit_test(test_record_without_a_charge),
		cmocka_unit_test(test_what_changed),
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_no_such_grouping),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
