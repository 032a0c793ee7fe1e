/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The queue of rows, and the thread that writes them. */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <sys/uio.h>
#include <unistd.h>

#include "output/writer.h"

/*
 * Of one write. A pipe takes so much whole or not at all, so that no row, but a longer one, is mixed
 * with what others write into it, or is there in part when the writing is stopped.
 */
#define BATCH_BYTES PIPE_BUF
#define BATCH_CHUNKS 64

/* What the thread is woken with in a write; it is so often as it takes, in milliseconds. */
#define WAKE_SIGNAL SIGRTMIN
#define STOP_TRIES 200

struct chunk {
	STAILQ_ENTRY(chunk) next;
	bool is_row;
	size_t size;
	char bytes[];
};

struct writer {
	int fd;
	size_t most;
	FILE *stream;
	char *text; /* of the stream */
	size_t text_size;

	pthread_t thread;
	bool running;
	bool stuck; /* the thread does not end: it keeps what it uses */

	/* What both threads use, but for the bytes of the chunks. */
	pthread_mutex_t lock;
	pthread_cond_t more;
	STAILQ_HEAD(chunk_list, chunk) chunks; /* only the thread takes away */
	size_t written; /* of the first chunk */
	size_t waiting; /* bytes, with what the chunks take themselves */
	uint64_t rows_waiting;
	uint64_t rows_left_out;
	bool stopping;
	int error;
	int event_fd;
};

static size_t cost_of(const struct chunk *chunk)
{
	return sizeof(*chunk) + chunk->size;
}

int writer_new(struct writer **ret, int fd, size_t most)
{
	struct writer *writer = calloc(1, sizeof(*writer));
	int r;

	if (!writer)
		return -ENOMEM;
	writer->fd = fd;
	writer->most = most;
	STAILQ_INIT(&writer->chunks);
	pthread_mutex_init(&writer->lock, NULL);
	pthread_cond_init(&writer->more, NULL);
	writer->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	writer->stream = open_memstream(&writer->text, &writer->text_size);
	if (writer->event_fd < 0 || !writer->stream) {
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
	while ((chunk = STAILQ_FIRST(&writer->chunks))) {
		STAILQ_REMOVE_HEAD(&writer->chunks, next);
		free(chunk);
	}
	if (writer->stream)
		fclose(writer->stream);
	free(writer->text);
	if (writer->event_fd >= 0)
		close(writer->event_fd);
	pthread_cond_destroy(&writer->more);
	pthread_mutex_destroy(&writer->lock);
	free(writer);
	return NULL;
}

FILE *writer_stream(const struct writer *writer)
{
	return writer->stream;
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

/* As many chunks as make a batch, at least one. Returns their number. */
static int gather(const struct writer *writer, struct iovec batch[BATCH_CHUNKS])
{
	const struct chunk *chunk;
	size_t size = 0, skipped = writer->written;
	int count = 0;

	STAILQ_FOREACH(chunk, &writer->chunks, next) {
		size += chunk->size - skipped;
		if (count == BATCH_CHUNKS || (count > 0 && size > BATCH_BYTES))
			break;
		batch[count++] = (struct iovec){
			.iov_base = (char *)chunk->bytes + skipped,
			.iov_len = chunk->size - skipped,
		};
		skipped = 0;
	}
	return count;
}

/* Take away what was written. */
static void take_written(struct writer *writer, size_t size)
{
	struct chunk *chunk;

	writer->written += size;
	while ((chunk = STAILQ_FIRST(&writer->chunks)) && writer->written >= chunk->size) {
		writer->written -= chunk->size;
		writer->waiting -= cost_of(chunk);
		writer->rows_waiting -= chunk->is_row;
		STAILQ_REMOVE_HEAD(&writer->chunks, next);
		free(chunk);
	}
}

/* Others have made the open file O_NONBLOCK. Room that is too little does not keep it awake. */
static void wait_for_room(int fd)
{
	struct pollfd room = { .fd = fd, .events = POLLOUT };

	if (poll(&room, 1, -1) > 0)
		usleep(1000);
}

/* Called, and returns, with the lock held. */
static void write_batch(struct writer *writer)
{
	struct iovec batch[BATCH_CHUNKS];
	int count = gather(writer, batch), error;
	ssize_t n;

	pthread_mutex_unlock(&writer->lock);
	n = writev(writer->fd, batch, count);
	error = n < 0 ? -errno : 0;
	if (error == -EAGAIN)
		wait_for_room(writer->fd);
	pthread_mutex_lock(&writer->lock);
	if (n >= 0)
		take_written(writer, (size_t)n);
	else if (error != -EAGAIN && error != -EINTR)
		tell_error(writer, error);
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
		if (STAILQ_EMPTY(&writer->chunks))
			pthread_cond_wait(&writer->more, &writer->lock);
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

static struct chunk *chunk_new(const char *bytes, size_t size, bool is_row)
{
	struct chunk *chunk = malloc(sizeof(*chunk) + size);

	if (!chunk)
		return NULL;
	chunk->is_row = is_row;
	chunk->size = size;
	memcpy(chunk->bytes, bytes, size);
	return chunk;
}

/* Called with the lock held. What there is no room for is left out, and counted if it is a row. */
static void append(struct writer *writer, bool is_row)
{
	size_t cost = sizeof(struct chunk) + writer->text_size;
	struct chunk *chunk = NULL;

	if (cost <= writer->most && writer->waiting <= writer->most - cost)
		chunk = chunk_new(writer->text, writer->text_size, is_row);
	if (!chunk) {
		writer->rows_left_out += is_row;
		return;
	}
	STAILQ_INSERT_TAIL(&writer->chunks, chunk, next);
	writer->waiting += cost;
	writer->rows_waiting += is_row;
	pthread_cond_signal(&writer->more);
}

int writer_commit(struct writer *writer, bool is_row)
{
	int r;

	if (fflush(writer->stream) != 0 || ferror(writer->stream))
		return -ENOMEM;
	pthread_mutex_lock(&writer->lock);
	r = writer->error;
	if (r == 0 && writer->text_size > 0)
		append(writer, is_row);
	pthread_mutex_unlock(&writer->lock);
	rewind(writer->stream);
	return r;
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
	size = writer->waiting - writer->written;
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
