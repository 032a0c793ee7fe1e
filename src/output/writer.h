/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The way of the rows to a descriptor that may be slow, stuck or gone. Nobody who has rows waits for
 * whoever reads them: they are queued in memory, up to a limit, and counted beyond it.
 *
 * A thread of its own writes them, since nothing else keeps write(2) from blocking. O_NONBLOCK would
 * belong to the open file, which the shell, the traced command and others share: their writes would
 * fail. That poll(2) says there is room holds for one who is alone: another one fills the pipe first,
 * and a terminal takes a part of a write and waits with the rest. A file that is opened anew through
 * /proc has another offset, and a socket cannot be opened at all. RWF_NOWAIT does not know terminals,
 * nor, before 6.4, pipes.
 */
#ifndef FDPASS_OUTPUT_WRITER_H
#define FDPASS_OUTPUT_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct writer;

/* `fd` is borrowed. At most `most` bytes wait. Returns 0 or a negative errno. */
int writer_new(struct writer **ret, int fd, size_t most);
/* Accepts NULL, returns NULL. What was not written is lost: see writer_stop(). */
struct writer *writer_free(struct writer *writer);

/* What comes into this stream is queued by writer_commit(). Borrowed. */
FILE *writer_stream(const struct writer *writer);

/*
 * Begin to write. The thread has the privileges and the signal mask that the caller has now, but for
 * SIGRTMIN, which wakes it. Returns 0 or a negative errno.
 */
int writer_start(struct writer *writer);

/*
 * Queue what the stream has. A row for which there is no room is left out, and counted. Returns 0,
 * or the negative errno of the write that failed; from then on nothing is written any more.
 */
int writer_commit(struct writer *writer, bool is_row);

/* A descriptor that polls readable once a write has failed. Borrowed. */
int writer_fd(const struct writer *writer);
/* The negative errno of the write that failed, or 0. */
int writer_error(struct writer *writer);
/* Bytes that still wait. It gets less only while somebody takes them. */
size_t writer_waiting(struct writer *writer);

/* Stop writing, at once: whoever wants all to be written waits for that first. */
void writer_stop(struct writer *writer);

/*
 * The rows that were left out; and when the writer was stopped, those that it had not written. What
 * is left when nobody reads any more (EPIPE) is not among them: that is how a reader ends it.
 */
uint64_t writer_unwritten(struct writer *writer);

#endif
