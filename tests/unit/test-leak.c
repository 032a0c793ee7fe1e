/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was received and is still open: whose a descriptor is that a look finds, and what is summed up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "core/leak.h"

#define SECOND UINT64_C(1000000000)
#define LIMIT 1024

/* Processes; their tables have ten times their numbers for addresses. */
enum { CLIENT = 2, BROKER = 3, SERVER = 4, CHILD = 5, STRANGER = 6 };

/* Addresses of open files; their inodes are one more. */
#define LOG 0x1000
#define SECRET 0x2000

struct row_told {
	struct pass pass;
	struct leak leak;
};

struct scene {
	struct ledger *ledger;
	struct leaks *leaks;
	uint64_t now_ns;
	unsigned int nr_asked;
	unsigned int count; /* rows */
	struct row_told rows[8];
};

static void begin(struct scene *scene, size_t most)
{
	*scene = (struct scene){ .now_ns = SECOND };
	assert_int_equal(ledger_new(&scene->ledger, most), 0);
	assert_int_equal(leaks_new(&scene->leaks, scene->ledger), 0);
}

static void end(struct scene *scene)
{
	leaks_free(scene->leaks);
	ledger_free(scene->ledger);
}

static struct file file_at(uint64_t address)
{
	struct file file = {
		.known = true,
		.address = address,
		.ino = address + 1,
		.dev = 8 << 20,
		.mode = S_IFREG | 0644,
		.path = address == LOG ? "/var/log/a" : "/etc/secret",
	};

	return file;
}

static struct process process_of(uint32_t pid)
{
	return (struct process){ .known = true, .pid = pid, .start_time = 100 * pid };
}

static struct pass pass_of(struct scene *scene, uint64_t file, uint32_t from, int from_fd,
			   uint32_t to, int to_fd)
{
	return (struct pass){
		.time_ns = scene->now_ns,
		.done_ns = scene->now_ns,
		.message = 1,
		.sender = process_of(from),
		.receiver = process_of(to),
		.from = { .socket_ino = 7, .sockfd = 3, .fd = from_fd },
		.to = { .socket_ino = 8, .sockfd = 3, .fd = to_fd },
		.file = file_at(file),
		.outcome = OUTCOME_DELIVERED,
		.cloexec = 0,
	};
}

static void pass(struct scene *scene, uint64_t file, uint32_t from, int from_fd, uint32_t to,
		 int to_fd)
{
	const struct pass passed = pass_of(scene, file, from, from_fd, to, to_fd);

	assert_int_equal(ledger_take(scene->ledger, &passed), 0);
}

static void count_asked(void *userdata, uint64_t file)
{
	struct scene *scene = userdata;

	assert_true(file == LOG || file == SECRET);
	scene->nr_asked++;
}

static void look(struct scene *scene)
{
	scene->nr_asked = 0;
	leaks_look(scene->leaks, count_asked, scene);
}

static struct event_kept kept_of(uint64_t file, uint32_t pid, int fd)
{
	const struct file described = file_at(file);
	const struct process process = process_of(pid);

	return (struct event_kept){
		.file = file,
		.table = 10 * pid,
		.ino = described.ino,
		.fd_limit = LIMIT,
		.dev = described.dev,
		.mode = described.mode,
		.fd = fd,
		.task = {
			.pid = pid,
			.start_time = process.start_time,
			.parent_pid = pid == CHILD ? SERVER : 1,
		},
	};
}

static void find(struct scene *scene, const struct event_kept *kept)
{
	assert_int_equal(leaks_found(scene->leaks, kept), 0);
}

static void found(struct scene *scene, uint64_t file, uint32_t pid, int fd)
{
	const struct event_kept kept = kept_of(file, pid, fd);

	find(scene, &kept);
}

/* The end of a table in which so many descriptors are. */
static void end_table(struct scene *scene, uint32_t count)
{
	const struct event_kept end_of_table = { .count = count };

	find(scene, &end_of_table);
}

static int take_row(void *userdata, const struct pass *passed, const struct leak *leak)
{
	struct scene *scene = userdata;

	assert_true(scene->count < 8);
	scene->rows[scene->count++] = (struct row_told){ *passed, *leak };
	return 0;
}

static void end_look(struct scene *scene)
{
	scene->count = 0;
	assert_int_equal(leaks_end_look(scene->leaks, scene->now_ns), 0);
	assert_int_equal(leaks_tell(scene->leaks, take_row, scene), 0);
	scene->now_ns += SECOND;
}

/* A look that finds this alone. */
static void look_and_find_this(struct scene *scene, const struct event_kept *kept)
{
	look(scene);
	find(scene, kept);
	end_table(scene, 10);
	end_look(scene);
}

/* A look that finds the file in one place. */
static void look_and_find(struct scene *scene, uint64_t file, uint32_t pid, int fd)
{
	const struct event_kept kept = kept_of(file, pid, fd);

	look_and_find_this(scene, &kept);
}

static void assert_row(const struct scene *scene, unsigned int index, uint32_t from, uint32_t to,
		       bool own, uint64_t still_open)
{
	const struct row_told *row = &scene->rows[index];

	assert_true(index < scene->count);
	assert_int_equal(row->pass.sender.pid, from);
	assert_int_equal(row->pass.receiver.pid, to);
	assert_int_equal(row->leak.own, own);
	assert_int_equal(row->leak.still_open, still_open);
}

static void test_one(void **state)
{
	struct scene scene;
	const struct pass *row = &scene.rows[0].pass;

	begin(&scene, 1 << 20);
	pass(&scene, LOG, CLIENT, 5, SERVER, 9);
	scene.now_ns += 3 * SECOND;
	look_and_find(&scene, LOG, SERVER, 9);
	assert_int_equal(scene.nr_asked, 1);
	assert_int_equal(scene.count, 1);
	assert_row(&scene, 0, CLIENT, SERVER, false, 1);
	assert_int_equal(scene.rows[0].leak.oldest_ns, 3 * SECOND);
	assert_int_equal(scene.rows[0].leak.fds, 10);
	assert_int_equal(scene.rows[0].leak.fds_limit, LIMIT);
	assert_int_equal(scene.rows[0].leak.trend, TREND_UNKNOWN);
	assert_int_equal(scene.rows[0].leak.emfile_s, LEAK_NO_FORECAST);
	assert_string_equal(row->file.path, "/var/log/a");
	assert_int_equal(row->file.ino, LOG + 1);
	/* What holds for one pass alone. */
	assert_int_equal(row->message, 0);
	assert_int_equal(row->from.fd, ENDPOINT_FD_UNKNOWN);
	assert_int_equal(row->outcome, OUTCOME_UNKNOWN);
	end(&scene);
}

/* It was closed: after two looks without it, nobody asks for it any more. */
static void test_closed(void **state)
{
	struct scene scene;

	begin(&scene, 1 << 20);
	pass(&scene, LOG, CLIENT, 5, SERVER, 9);
	for (int i = 0; i < 3; i++) {
		look(&scene);
		end_look(&scene);
		assert_int_equal(scene.count, 0);
	}
	assert_int_equal(scene.nr_asked, 0);
	assert_int_equal(ledger_received(scene.ledger), 1);
	end(&scene);
}

static void test_what_did_not_arrive_is_passed_over(void **state)
{
	struct scene scene;
	struct pass passed;

	begin(&scene, 1 << 20);
	passed = pass_of(&scene, LOG, CLIENT, 5, SERVER, 9);
	passed.outcome = OUTCOME_LOST;
	assert_int_equal(ledger_take(scene.ledger, &passed), 0);
	passed.outcome = OUTCOME_DELIVERED;
	passed.receiver.known = false;
	assert_int_equal(ledger_take(scene.ledger, &passed), 0);
	assert_int_equal(ledger_received(scene.ledger), 0);
	look_and_find(&scene, LOG, SERVER, 9);
	assert_int_equal(scene.nr_asked, 0);
	assert_int_equal(scene.count, 0);
	end(&scene);
}

/* The sender has it still as what it sent, the broker has passed it on, the server has another number. */
static void test_whose_it_is(void **state)
{
	struct scene scene;

	begin(&scene, 1 << 20);
	pass(&scene, LOG, CLIENT, 5, BROKER, 9);
	pass(&scene, LOG, BROKER, 9, SERVER, 4);
	look(&scene);
	found(&scene, LOG, CLIENT, 5);
	end_table(&scene, 6);
	found(&scene, LOG, STRANGER, 0);
	end_table(&scene, 1);
	found(&scene, LOG, SERVER, 4);
	found(&scene, LOG, SERVER, 20); /* dup(2) */
	end_table(&scene, 8);
	end_look(&scene);
	assert_int_equal(scene.count, 2);
	assert_row(&scene, 0, BROKER, SERVER, false, 2);
	assert_int_equal(scene.rows[0].leak.fds, 8);
	assert_row(&scene, 1, CLIENT, BROKER, true, 1);
	assert_int_equal(scene.rows[1].leak.fds, 6);
	end(&scene);
}

/* A broker that does not close what it passed on has it by receiving it. */
static void test_broker(void **state)
{
	struct scene scene;

	begin(&scene, 1 << 20);
	pass(&scene, LOG, CLIENT, 5, BROKER, 9);
	pass(&scene, LOG, BROKER, 9, SERVER, 4);
	look_and_find(&scene, LOG, BROKER, 9);
	assert_int_equal(scene.count, 1);
	assert_row(&scene, 0, CLIENT, BROKER, false, 1);
	/* It sent it from another number, which it has dup'ed to. */
	pass(&scene, LOG, BROKER, 12, SERVER, 5);
	look_and_find(&scene, LOG, BROKER, 12);
	assert_row(&scene, 0, BROKER, SERVER, true, 1);
	end(&scene);
}

/* Its own, and what came back to it, are two things. */
static void test_there_and_back(void **state)
{
	struct scene scene;

	begin(&scene, 1 << 20);
	pass(&scene, LOG, CLIENT, 5, BROKER, 9);
	pass(&scene, LOG, BROKER, 9, CLIENT, 6);
	look(&scene);
	for (int fd = 5; fd <= 7; fd++) {
		struct event_kept kept = kept_of(LOG, CLIENT, fd);

		kept.flags = EVENT_KEPT_OPENED;
		find(&scene, &kept);
	}
	end_table(&scene, 10);
	end_look(&scene);
	assert_int_equal(scene.count, 2);
	assert_row(&scene, 0, CLIENT, BROKER, true, 2);
	assert_row(&scene, 1, BROKER, CLIENT, false, 1);
	end(&scene);
}

static void test_child_of_the_receiver(void **state)
{
	struct scene scene;

	begin(&scene, 1 << 20);
	pass(&scene, LOG, CLIENT, 5, SERVER, 9);
	look_and_find(&scene, LOG, CHILD, 9);
	assert_int_equal(scene.count, 1);
	assert_row(&scene, 0, CLIENT, CHILD, false, 1);
	end(&scene);
}

/* A process that had it before its parent received it has it of somebody else. */
static void test_not_of_its_parent(void **state)
{
	struct scene scene;

	begin(&scene, 1 << 20);
	pass(&scene, LOG, CLIENT, 5, BROKER, 9);
	look_and_find(&scene, LOG, CHILD, 3);
	assert_int_equal(scene.count, 0);
	pass(&scene, LOG, CLIENT, 5, SERVER, 9);
	look_and_find(&scene, LOG, CHILD, 3);
	assert_int_equal(scene.count, 0);
	/* What it receives itself it has by that, but nothing else. */
	pass(&scene, LOG, CLIENT, 5, CHILD, 6);
	look(&scene);
	found(&scene, LOG, CHILD, 3);
	found(&scene, LOG, CHILD, 6);
	end_table(&scene, 10);
	end_look(&scene);
	assert_int_equal(scene.count, 1);
	assert_row(&scene, 0, CLIENT, CHILD, false, 1);
	end(&scene);
}

/* The same inode at the same address, opened by the receiver after it had closed the other. */
static void test_opened_anew(void **state)
{
	struct event_kept kept = kept_of(LOG, SERVER, 9);
	struct scene scene;

	begin(&scene, 1 << 20);
	pass(&scene, LOG, CLIENT, 5, SERVER, 9);
	kept.flags = EVENT_KEPT_OPENED;
	for (int i = 0; i < 3; i++) {
		look(&scene);
		find(&scene, &kept);
		end_table(&scene, 10);
		end_look(&scene);
		assert_int_equal(scene.count, 0);
	}
	assert_int_equal(scene.nr_asked, 0);
	end(&scene);
}

static void test_other_file_at_its_address(void **state)
{
	struct event_kept kept = kept_of(LOG, SERVER, 9);
	struct scene scene;

	begin(&scene, 1 << 20);
	pass(&scene, LOG, CLIENT, 5, SERVER, 9);
	kept.ino++;
	look_and_find_this(&scene, &kept);
	assert_int_equal(scene.count, 0);
	end(&scene);
}

static void test_other_process_of_its_number(void **state)
{
	struct event_kept kept = kept_of(LOG, SERVER, 9);
	struct scene scene;

	begin(&scene, 1 << 20);
	pass(&scene, LOG, CLIENT, 5, SERVER, 9);
	kept.task.start_time++;
	look_and_find_this(&scene, &kept);
	assert_int_equal(scene.count, 0);
	end(&scene);
}

static void test_shared_table(void **state)
{
	struct event_kept kept = kept_of(LOG, CHILD, 9);
	struct scene scene;

	begin(&scene, 1 << 20);
	pass(&scene, LOG, CLIENT, 5, SERVER, 9);
	look(&scene);
	found(&scene, LOG, SERVER, 9);
	end_table(&scene, 10);
	kept.table = 10 * SERVER;
	find(&scene, &kept);
	end_table(&scene, 10);
	end_look(&scene);
	assert_int_equal(scene.count, 1);
	assert_row(&scene, 0, CLIENT, SERVER, false, 1);
	end(&scene);
}

static void test_taken_by_pidfd_getfd(void **state)
{
	struct scene scene;
	struct pass passed;

	begin(&scene, 1 << 20);
	passed = pass_of(&scene, LOG, CLIENT, 5, SERVER, 9);
	passed.via = EVENT_VIA_PIDFD_GETFD;
	assert_int_equal(ledger_take(scene.ledger, &passed), 0);
	look(&scene);
	found(&scene, LOG, CLIENT, 5);
	end_table(&scene, 4);
	found(&scene, LOG, SERVER, 9);
	end_table(&scene, 5);
	end_look(&scene);
	assert_int_equal(scene.count, 1);
	assert_row(&scene, 0, CLIENT, SERVER, false, 1);
	end(&scene);
}

static void test_room(void **state)
{
	struct scene scene;

	begin(&scene, 1); /* that is full with the first one */
	pass(&scene, LOG, CLIENT, 5, SERVER, 9);
	pass(&scene, SECRET, CLIENT, 5, SERVER, 10);
	assert_int_equal(ledger_received(scene.ledger), 2);
	assert_int_equal(ledger_unwatched(scene.ledger), 1);
	end(&scene);
}

/* Two files, of which one grows, by 3 a second. */
static void test_forecast(void **state)
{
	struct scene scene;

	begin(&scene, 1 << 20);
	pass(&scene, SECRET, CLIENT, 5, SERVER, 9);
	for (int second = 1; second <= 10; second++) {
		for (int i = 0; i < 3; i++)
			pass(&scene, LOG, CLIENT, 5, SERVER, 10 + 3 * second + i);
		look(&scene);
		found(&scene, SECRET, SERVER, 9);
		for (int i = 0; i < 3 * second; i++)
			found(&scene, LOG, SERVER, 13 + i);
		end_table(&scene, (uint32_t)(14 + 3 * second));
		end_look(&scene);
	}
	assert_int_equal(scene.count, 2);
	assert_row(&scene, 0, CLIENT, SERVER, false, 30);
	assert_int_equal(scene.rows[0].leak.trend, TREND_GROWING);
	assert_int_equal(scene.rows[0].leak.per_hour, 3 * 3600);
	assert_int_equal(scene.rows[0].leak.emfile_s, (LIMIT - 44) / 3);
	assert_row(&scene, 1, CLIENT, SERVER, false, 1);
	assert_int_equal(scene.rows[1].leak.trend, TREND_STEADY);
	assert_int_equal(scene.rows[1].leak.emfile_s, LEAK_NO_FORECAST);
	end(&scene);
}

/* Sockets of one protocol are one row, which has the inode of none. */
static void test_files_without_a_place(void **state)
{
	struct scene scene;
	struct event_kept kept;
	struct pass passed;

	begin(&scene, 1 << 20);
	look(&scene);
	end_look(&scene);
	for (int i = 0; i < 2; i++) {
		passed = pass_of(&scene, i ? LOG : SECRET, CLIENT, 5, SERVER, 9 + i);
		passed.file.flags = EVENT_FILE_PSEUDO;
		passed.file.path = "TCP";
		passed.file.mode = S_IFSOCK | 0777;
		assert_int_equal(ledger_take(scene.ledger, &passed), 0);
	}
	look(&scene);
	for (int i = 0; i < 2; i++) {
		kept = kept_of(i ? LOG : SECRET, SERVER, 9 + i);
		kept.mode = S_IFSOCK | 0777;
		find(&scene, &kept);
	}
	end_table(&scene, 12);
	end_look(&scene);
	assert_int_equal(scene.count, 1);
	assert_row(&scene, 0, CLIENT, SERVER, false, 2);
	assert_int_equal(scene.rows[0].pass.file.ino, 0);
	end(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one),
		cmocka_unit_test(test_closed),
		cmocka_unit_test(test_what_did_not_arrive_is_passed_over),
		cmocka_unit_test(test_whose_it_is),
		cmocka_unit_test(test_broker),
		cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_child_of_the_receiver),
		cmocka_unit_test(test_not_of_its_parent),
		cmocka_unit_test(test_opened_anew),
		cmocka_unit_test(test_other_file_at_its_address),
		cmocka_unit_test(test_other_process_of_its_number),
		cmocka_unit_test(test_shared_table),
		cmocka_unit_test(test_taken_by_pidfd_getfd),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_forecast),
		cmocka_unit_test(test_files_without_a_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
