/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bytes of a row, one behind the other. A stdio stream would do; its calls take most of the time
 * where rows are many (docs/benchmark.md).
 */
#ifndef FDPASS_OUTPUT_BUFFER_H
#define FDPASS_OUTPUT_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct buffer {
	char *bytes;
	size_t size;
	size_t room;
	bool failed; /* there was no memory: what it has is not whole */
};

/* What it has is gone, its memory is used again. */
void buffer_clear(struct buffer *buffer);
/* Empty, and without memory, as one that is all zeroes. */
void buffer_free(struct buffer *buffer);

/* Make room. False: there is no memory for it. */
bool buffer_grow(struct buffer *buffer, size_t size);

/* Where `size` bytes can be written, to be added to buffer->size by whoever does it; NULL: failed. */
static inline char *buffer_reserve(struct buffer *buffer, size_t size)
{
	if (size > buffer->room - buffer->size && !buffer_grow(buffer, size))
		return NULL;
	return buffer->bytes + buffer->size;
}

static inline void buffer_put(struct buffer *buffer, const void *bytes, size_t size)
{
	char *at = buffer_reserve(buffer, size);

	if (!at)
		return;
	memcpy(at, bytes, size);
	buffer->size += size;
}

static inline void buffer_put_text(struct buffer *buffer, const char *text)
{
	buffer_put(buffer, text, strlen(text));
}

static inline void buffer_put_byte(struct buffer *buffer, char byte)
{
	buffer_put(buffer, &byte, 1);
}

void buffer_put_blanks(struct buffer *buffer, size_t count);
void buffer_put_unsigned(struct buffer *buffer, uint64_t number);
void buffer_put_signed(struct buffer *buffer, int64_t number);

#endif
