/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The writer, with readers that are slow, stuck and gone: every row is written or counted. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "output/writer.h"

#define ROW_BYTES 100
#define PATIENCE_MS 10000

static void put_row(struct writer *writer, unsigned int number)
{
	fprintf(writer_stream(writer), "%0*u\n", ROW_BYTES - 1, number);
	assert_int_equal(writer_commit(writer, true), 0);
}

static void put_rows(struct writer *writer, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		put_row(writer, i);
}

static void wait_until_written(struct writer *writer)
{
	for (int i = 0; i < PATIENCE_MS && writer_waiting(writer) > 0; i++)
		usleep(1000);
	assert_int_equal(writer_waiting(writer), 0);
}

static void assert_fails(struct writer *writer, int error)
{
	struct pollfd failure = { .fd = writer_fd(writer), .events = POLLIN };

	assert_int_equal(poll(&failure, 1, PATIENCE_MS), 1);
	assert_int_equal(writer_error(writer), error);
}

/* Read rows to the end: they are whole, and in order. Returns how many there are. */
static unsigned int read_rows(int fd)
{
	FILE *stream = fdopen(fd, "r");
	char line[ROW_BYTES + 1], before[ROW_BYTES + 1] = "";
	unsigned int count = 0;

	assert_non_null(stream);
	while (fgets(line, sizeof(line), stream)) {
		assert_int_equal(strspn(line, "0123456789"), ROW_BYTES - 1);
		assert_int_equal(line[ROW_BYTES - 1], '\n');
		assert_true(strcmp(line, before) > 0);
		strcpy(before, line);
		count++;
	}
	fclose(stream);
	return count;
}

static void test_order(void **state)
{
	struct writer *writer;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(writer_new(&writer, ends[1], 1 << 20), 0);
	put_rows(writer, 10); /* queued before it starts */
	assert_int_equal(writer_start(writer), 0);
	for (unsigned int i = 10; i < 500; i++)
		put_row(writer, i);
	wait_until_written(writer);
	writer_stop(writer);
	assert_int_equal(writer_error(writer), 0);
	assert_true(writer_unwritten(writer) == 0);
	writer_free(writer);
	close(ends[1]);
	assert_int_equal(read_rows(ends[0]), 500);
}

/* What a stuck reader does not take is bounded, and each row is there or counted, none in part. */
static void assert_stuck_is_counted(const int ends[2], unsigned int rows)
{
	struct writer *writer;
	uint64_t unwritten;

	assert_int_equal(writer_new(&writer, ends[1], 64 << 10), 0);
	assert_int_equal(writer_start(writer), 0);
	put_rows(writer, rows);
	assert_in_range(writer_waiting(writer), 1, 64 << 10);
	writer_stop(writer);
	unwritten = writer_unwritten(writer);
	assert_int_equal(writer_error(writer), 0);
	assert_true(unwritten > 0);
	writer_free(writer);
	close(ends[1]);
	assert_int_equal(read_rows(ends[0]), rows - unwritten);
}

static void test_stuck_pipe(void **state)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_stuck_is_counted(ends, 10000);
}

/* Others have made it so: the writer waits for room, and does not end. */
static void test_stuck_nonblocking_pipe(void **state)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
	assert_stuck_is_counted(ends, 10000);
}

/* The room of others' writes in the same pipe is none of ours. */
static void test_pipe_that_others_fill(void **state)
{
	char filling[4096] = { 0 };
	struct writer *writer;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
	while (write(ends[1], filling, sizeof(filling)) > 0)
		;
	assert_int_equal(fcntl(ends[1], F_SETFL, 0), 0);
	assert_int_equal(writer_new(&writer, ends[1], 1 << 20), 0);
	assert_int_equal(writer_start(writer), 0);
	put_rows(writer, 3);
	writer_stop(writer);
	assert_true(writer_unwritten(writer) == 3);
	writer_free(writer);
	close(ends[0]);
	close(ends[1]);
}

/* A slow one takes a few bytes at a time: what is written is whole all the same. */
static void test_slow_socket(void **state)
{
	int ends[2], size = 4096;
	struct writer *writer;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_int_equal(setsockopt(ends[1], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)), 0);
	assert_int_equal(writer_new(&writer, ends[1], 1 << 20), 0);
	assert_int_equal(writer_start(writer), 0);
	put_rows(writer, 2000);
	for (unsigned int i = 0; i < 2000; i++) {
		char row[ROW_BYTES + 1] = "", expected[ROW_BYTES + 1];

		assert_int_equal(recv(ends[0], row, ROW_BYTES, MSG_WAITALL), ROW_BYTES);
		snprintf(expected, sizeof(expected), "%0*u\n", ROW_BYTES - 1, i);
		assert_string_equal(row, expected);
	}
	wait_until_written(writer);
	writer_stop(writer);
	assert_true(writer_unwritten(writer) == 0);
	writer_free(writer);
	close(ends[0]);
	close(ends[1]);
}

/* What is not a row, like the columns' header, is written and not counted. */
static void test_only_rows_are_counted(void **state)
{
	struct writer *writer;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	assert_int_equal(writer_new(&writer, ends[1], 200), 0);
	fputs("header\n", writer_stream(writer));
	assert_int_equal(writer_commit(writer, false), 0);
	assert_int_equal(writer_commit(writer, false), 0); /* nothing */
	put_rows(writer, 3);
	assert_true(writer_unwritten(writer) == 2);
	writer_free(writer);
	close(ends[0]);
	close(ends[1]);
}

static void test_errors(void **state)
{
	struct writer *writer;
	int ends[2], full = open("/dev/full", O_WRONLY);

	assert_true(full >= 0);
	assert_int_equal(writer_new(&writer, full, 1 << 20), 0);
	assert_int_equal(writer_start(writer), 0);
	put_row(writer, 0);
	assert_fails(writer, -ENOSPC);
	assert_int_equal(writer_commit(writer, true), -ENOSPC);
	writer_stop(writer);
	assert_true(writer_unwritten(writer) == 1);
	writer_free(writer);
	close(full);

	/* Whoever goes does not want the rest. */
	assert_int_equal(pipe(ends), 0);
	close(ends[0]);
	assert_int_equal(writer_new(&writer, ends[1], 1 << 20), 0);
	assert_int_equal(writer_start(writer), 0);
	put_row(writer, 0);
	assert_fails(writer, -EPIPE);
	writer_stop(writer);
	assert_true(writer_unwritten(writer) == 0);
	writer_free(writer);
	close(ends[1]);
}

static void test_not_started(void **state)
{
	struct writer *writer;

	assert_int_equal(writer_new(&writer, STDOUT_FILENO, 1 << 20), 0);
	put_row(writer, 0);
	assert_null(writer_free(writer));
	assert_null(writer_free(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_stuck_pipe),
		cmocka_unit_test(test_stuck_nonblocking_pipe),
		cmocka_unit_test(test_pipe_that_others_fill),
		cmocka_unit_test(test_slow_socket),
		cmocka_unit_test(test_only_rows_are_counted),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_not_started),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
