/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The queue of rows, and the thread that writes them. */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <sys/stat.h>
#include <unistd.h>

#include "output/writer.h"

/*
 * Of one write. A pipe takes so much whole or not at all, so that no row, but a longer one, is mixed
 * with what others write into it, or is there in part when the writing is stopped. A regular file takes
 * all that it is given.
 */
#define BATCH_BYTES PIPE_BUF
#define FILE_BATCH_BYTES (64 << 10)
#define BATCH_ROWS 256

/* The thread is woken when so much waits, or when nothing more comes for now. */
#define WAKE_BYTES (32 << 10)

/* What the thread is woken with in a write; it is so often as it takes, in milliseconds. */
#define WAKE_SIGNAL SIGRTMIN
#define STOP_TRIES 200

/* Of one write: as many rows as make a batch, at least one. */
struct chunk {
	TAILQ_ENTRY(chunk) next;
	size_t room;
	size_t size;
	unsigned int nr_rows;
	unsigned int nr_written; /* of them */
	size_t ends[BATCH_ROWS]; /* of the rows */
	char bytes[];
};

struct writer {
	int fd;
	size_t most;
	size_t batch;

	pthread_t thread;
	bool running;
	bool stuck; /* the thread does not end: it keeps what it uses */

	/* What both threads use, but for the bytes of the chunks that were there before. */
	pthread_mutex_t lock;
	pthread_cond_t more;
	bool idle; /* the thread waits */
	TAILQ_HEAD(chunk_list, chunk) chunks; /* only the thread takes away */
	size_t written; /* of the first chunk */
	size_t waiting; /* bytes */
	size_t memory; /* of the chunks */
	uint64_t rows_waiting;
	uint64_t rows_left_out;
	bool stopping;
	int error;
	int event_fd;
};

static size_t memory_of(const struct chunk *chunk)
{
	return sizeof(*chunk) + chunk->room;
}

static size_t batch_of(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) ? FILE_BATCH_BYTES : BATCH_BYTES;
}

int writer_new(struct writer **ret, int fd, size_t most)
{
	struct writer *writer = calloc(1, sizeof(*writer));
	int r;

	if (!writer)
		return -ENOMEM;
	writer->fd = fd;
	writer->most = most;
	writer->batch = batch_of(fd);
	TAILQ_INIT(&writer->chunks);
	pthread_mutex_init(&writer->lock, NULL);
	pthread_cond_init(&writer->more, NULL);
	writer->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (writer->event_fd < 0) {
		r = -errno;
		writer_free(writer);
		return r;
	}
	*ret = writer;
	return 0;
}

struct writer *writer_free(struct writer *writer)
{
	struct chunk *chunk;

	if (!writer)
		return NULL;
	writer_stop(writer);
	if (writer->stuck)
		return NULL;
	while ((chunk = TAILQ_FIRST(&writer->chunks))) {
		TAILQ_REMOVE(&writer->chunks, chunk, next);
		free(chunk);
	}
	if (writer->event_fd >= 0)
		close(writer->event_fd);
	pthread_cond_destroy(&writer->more);
	pthread_mutex_destroy(&writer->lock);
	free(writer);
	return NULL;
}

int writer_fd(const struct writer *writer)
{
	return writer->event_fd;
}

/* The thread */

/* Wake whoever polls. It stays readable: an error stays one. */
static void tell_error(struct writer *writer, int error)
{
	writer->error = error;
	eventfd_write(writer->event_fd, 1);
}

/* Take away what was written. */
static void take_written(struct writer *writer, size_t size)
{
	struct chunk *chunk = TAILQ_FIRST(&writer->chunks);

	writer->written += size;
	writer->waiting -= size;
	while (chunk->nr_written < chunk->nr_rows &&
	       chunk->ends[chunk->nr_written] <= writer->written) {
		chunk->nr_written++;
		writer->rows_waiting--;
	}
	if (writer->written < chunk->size)
		return;
	writer->written = 0;
	writer->memory -= memory_of(chunk);
	TAILQ_REMOVE(&writer->chunks, chunk, next);
	free(chunk);
}

/* Others have made the open file O_NONBLOCK. Room that is too little does not keep it awake. */
static void wait_for_room(int fd)
{
	struct pollfd room = { .fd = fd, .events = POLLOUT };

	if (poll(&room, 1, -1) > 0)
		usleep(1000);
}

/* Called, and returns, with the lock held. More may come into the chunk meanwhile, behind this. */
static void write_batch(struct writer *writer)
{
	const struct chunk *chunk = TAILQ_FIRST(&writer->chunks);
	const char *begin = chunk->bytes + writer->written;
	size_t size = chunk->size - writer->written;
	int error;
	ssize_t n;

	pthread_mutex_unlock(&writer->lock);
	n = write(writer->fd, begin, size);
	error = n < 0 ? -errno : 0;
	if (error == -EAGAIN)
		wait_for_room(writer->fd);
	pthread_mutex_lock(&writer->lock);
	if (n >= 0)
		take_written(writer, (size_t)n);
	else if (error != -EAGAIN && error != -EINTR)
		tell_error(writer, error);
}

/* The same. */
static void wait_for_more(struct writer *writer)
{
	writer->idle = true;
	while (writer->idle && !writer->stopping)
		pthread_cond_wait(&writer->more, &writer->lock);
}

static void *write_chunks(void *userdata)
{
	struct writer *writer = userdata;
	sigset_t wake;

	sigemptyset(&wake);
	sigaddset(&wake, WAKE_SIGNAL);
	pthread_sigmask(SIG_UNBLOCK, &wake, NULL);
	pthread_mutex_lock(&writer->lock);
	while (!writer->stopping && writer->error == 0) {
		if (TAILQ_EMPTY(&writer->chunks))
			wait_for_more(writer);
		else
			write_batch(writer);
	}
	pthread_mutex_unlock(&writer->lock);
	return NULL;
}

/* That it came has interrupted the write. */
static void on_wake(int number)
{
	(void)number;
}

int writer_start(struct writer *writer)
{
	const struct sigaction action = { .sa_handler = on_wake };
	int r;

	if (sigaction(WAKE_SIGNAL, &action, NULL) < 0)
		return -errno;
	r = pthread_create(&writer->thread, NULL, write_chunks, writer);
	writer->running = r == 0;
	return -r;
}

void writer_stop(struct writer *writer)
{
	if (!writer->running)
		return;
	writer->running = false;
	pthread_mutex_lock(&writer->lock);
	writer->stopping = true;
	pthread_cond_signal(&writer->more);
	pthread_mutex_unlock(&writer->lock);
	/* A signal that comes before the write does not interrupt it. */
	for (int i = 0; i < STOP_TRIES; i++) {
		if (pthread_tryjoin_np(writer->thread, NULL) == 0)
			return;
		pthread_kill(writer->thread, WAKE_SIGNAL);
		usleep(1000);
	}
	/* A file system that does not answer: no signal gets through to there. */
	writer->stuck = true;
	pthread_detach(writer->thread);
}

/* Whoever has rows */

/* The chunk that has room for so much, at the end; NULL: there is none, and none may be made. */
static struct chunk *chunk_for(struct writer *writer, size_t size)
{
	struct chunk *last = TAILQ_LAST(&writer->chunks, chunk_list);
	size_t room = size > writer->batch ? size : writer->batch;
	size_t memory = sizeof(*last) + room;

	if (last && size <= last->room - last->size && last->nr_rows < BATCH_ROWS)
		return last;
	if (memory > writer->most || writer->memory > writer->most - memory)
		return NULL;
	last = malloc(memory);
	if (!last)
		return NULL;
	last->room = room;
	last->size = 0;
	last->nr_rows = last->nr_written = 0;
	TAILQ_INSERT_TAIL(&writer->chunks, last, next);
	writer->memory += memory;
	return last;
}

/* Called with the lock held, as the next one. What there is no room for is left out, and counted if it is a row. */
static void append(struct writer *writer, const char *bytes, size_t size, bool is_row)
{
	struct chunk *chunk = chunk_for(writer, size);

	if (!chunk) {
		writer->rows_left_out += is_row;
		return;
	}
	memcpy(chunk->bytes + chunk->size, bytes, size);
	chunk->size += size;
	if (is_row)
		chunk->ends[chunk->nr_rows++] = chunk->size;
	writer->waiting += size;
	writer->rows_waiting += is_row;
}

static void wake(struct writer *writer)
{
	if (!writer->idle)
		return;
	writer->idle = false;
	pthread_cond_signal(&writer->more);
}

int writer_put(struct writer *writer, const char *bytes, size_t size, bool is_row)
{
	int r;

	pthread_mutex_lock(&writer->lock);
	r = writer->error;
	if (r == 0 && size > 0)
		append(writer, bytes, size, is_row);
	if (writer->waiting >= WAKE_BYTES)
		wake(writer);
	pthread_mutex_unlock(&writer->lock);
	return r;
}

void writer_push(struct writer *writer)
{
	pthread_mutex_lock(&writer->lock);
	if (writer->waiting > 0)
		wake(writer);
	pthread_mutex_unlock(&writer->lock);
}

int writer_error(struct writer *writer)
{
	int r;

	pthread_mutex_lock(&writer->lock);
	r = writer->error;
	pthread_mutex_unlock(&writer->lock);
	return r;
}

size_t writer_waiting(struct writer *writer)
{
	size_t size;

	pthread_mutex_lock(&writer->lock);
	size = writer->waiting;
	pthread_mutex_unlock(&writer->lock);
	return size;
}

uint64_t writer_unwritten(struct writer *writer)
{
	uint64_t rows;

	pthread_mutex_lock(&writer->lock);
	rows = writer->rows_left_out;
	if (writer->stopping && writer->error != -EPIPE)
		rows += writer->rows_waiting;
	pthread_mutex_unlock(&writer->lock);
	return rows;
}
