// SPDX-License-Identifier: GPL-2.0-or-later
/* The way of the rows: an output makes bytes of them, a writer brings these to where they go. */
#include "command/rows.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command/terminal.h"
#include "host/clock.h"
#include "output/buffer.h"
#include "output/output.h"
#include "output/writer.h"

/* What may wait for a slow reader: some 400,000 lines for reading, or 60,000 objects. */
#define WAITING_MOST (64 << 20)

/* At the end: how long a reader may take nothing, and how long it takes at most. */
#define STUCK_NS NSEC_PER_SEC
#define END_NS (5 * NSEC_PER_SEC)
#define LOOK_MS 10

struct rows {
	struct output *output;
	struct buffer buffer; /* of the row that is made */
	struct writer *writer;
	char *target;
	int fd; /* of --to, or standard output */
};

/* As strace(1) does with -o. */
static int open_file(struct rows *rows, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOCTTY | O_CLOEXEC, 0666);

	if (fd < 0) {
		command_say("--to: '%s': %s", path, strerror(errno));
		return -ECANCELED;
	}
	rows->fd = fd;
	return asprintf(&rows->target, "--to: '%s'", path) < 0 ? -ENOMEM : 0;
}

static int open_target(struct rows *rows, const char *path)
{
	if (path)
		return open_file(rows, path);
	rows->fd = STDOUT_FILENO;
	rows->target = strdup("standard output");
	return rows->target ? 0 : -ENOMEM;
}

static int make_output(struct rows *rows, const struct options *options)
{
	struct output_options output_options;

	terminal_output_options(&output_options, rows->fd, options->color);
	output_options.kind = options->command->rows;
	return output_new(&rows->output, options->output, &rows->buffer,
			  options->fields.count > 0 ? &options->fields : NULL, &output_options);
}

int rows_new(struct rows **ret, const struct options *options)
{
	struct rows *rows = calloc(1, sizeof(*rows));
	int r;

	if (!rows)
		return -ENOMEM;
	rows->fd = -1;
	r = open_target(rows, options->to);
	if (r >= 0)
		r = writer_new(&rows->writer, rows->fd, WAITING_MOST);
	if (r >= 0)
		r = make_output(rows, options);
	if (r < 0) {
		rows_free(rows);
		return r;
	}
	*ret = rows;
	return 0;
}

struct rows *rows_free(struct rows *rows)
{
	if (!rows)
		return NULL;
	output_free(rows->output);
	writer_free(rows->writer);
	buffer_free(&rows->buffer);
	if (rows->fd > STDERR_FILENO)
		close(rows->fd);
	free(rows->target);
	free(rows);
	return NULL;
}

/* Queue what an output has printed. `r` is what it returned. */
static int commit(struct rows *rows, int r, bool is_row)
{
	if (r >= 0)
		r = writer_put(rows->writer, rows->buffer.bytes, rows->buffer.size, is_row);
	buffer_clear(&rows->buffer);
	return r;
}

int rows_begin(struct rows *rows)
{
	int r = writer_start(rows->writer);

	return r < 0 ? r : commit(rows, output_begin(rows->output), false);
}

int rows_put(struct rows *rows, const struct row *row)
{
	return commit(rows, output_row(rows->output, row), true);
}

void rows_push(struct rows *rows)
{
	writer_push(rows->writer);
}

int rows_fd(const struct rows *rows)
{
	return rows->fd;
}

int rows_error_fd(const struct rows *rows)
{
	return writer_fd(rows->writer);
}

int rows_error(const struct rows *rows)
{
	return writer_error(rows->writer);
}

const char *rows_target(const struct rows *rows)
{
	return rows->target;
}

void rows_wait(struct rows *rows, size_t most, bool (*stop)(void *userdata), void *userdata)
{
	struct pollfd error = { .fd = writer_fd(rows->writer), .events = POLLIN };

	while (writer_waiting(rows->writer) > most && !stop(userdata)) {
		writer_push(rows->writer);
		if (poll(&error, 1, LOOK_MS) > 0)
			return;
	}
}

static void wait_for_reader(struct rows *rows, bool (*stop)(void *userdata), void *userdata)
{
	struct pollfd error = { .fd = writer_fd(rows->writer), .events = POLLIN };
	uint64_t now = clock_monotonic_ns(), end = now + END_NS, stuck = now + STUCK_NS;
	size_t waiting = writer_waiting(rows->writer);

	while (waiting > 0 && now < end && now < stuck && !stop(userdata)) {
		size_t before = waiting;

		if (poll(&error, 1, LOOK_MS) > 0)
			return;
		now = clock_monotonic_ns();
		waiting = writer_waiting(rows->writer);
		if (waiting < before)
			stuck = now + STUCK_NS;
	}
}

int rows_end(struct rows *rows, bool (*stop)(void *userdata), void *userdata)
{
	int r = rows_error(rows);

	if (r >= 0)
		r = commit(rows, output_end(rows->output), false);
	writer_push(rows->writer);
	if (r >= 0)
		wait_for_reader(rows, stop, userdata);
	writer_stop(rows->writer);
	return rows_error(rows) < 0 ? rows_error(rows) : r;
}

uint64_t rows_unwritten(const struct rows *rows)
{
	return writer_unwritten(rows->writer);
}
