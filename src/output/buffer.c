/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bytes that grow. */
#include "output/buffer.h"

#include <stdlib.h>

#include "core/text.h"

#define LEAST_ROOM 4096

void buffer_clear(struct buffer *buffer)
{
	buffer->size = 0;
	buffer->failed = false;
}

void buffer_free(struct buffer *buffer)
{
	free(buffer->bytes);
	*buffer = (struct buffer){};
}

bool buffer_grow(struct buffer *buffer, size_t size)
{
	size_t room = buffer->room ? buffer->room : LEAST_ROOM;
	char *bytes;

	while (room < buffer->size + size)
		room *= 2;
	bytes = realloc(buffer->bytes, room);
	if (!bytes) {
		buffer->failed = true;
		return false;
	}
	buffer->bytes = bytes;
	buffer->room = room;
	return true;
}

void buffer_put_blanks(struct buffer *buffer, size_t count)
{
	char *at = buffer_reserve(buffer, count);

	if (!at)
		return;
	memset(at, ' ', count);
	buffer->size += count;
}

void buffer_put_unsigned(struct buffer *buffer, uint64_t number)
{
	char *at = buffer_reserve(buffer, TEXT_DECIMAL_MAX);

	if (at)
		buffer->size += (size_t)(text_put_decimal(at, number, 1) - at);
}

void buffer_put_signed(struct buffer *buffer, int64_t number)
{
	char *at = buffer_reserve(buffer, TEXT_DECIMAL_MAX + 1);

	if (at)
		buffer->size += (size_t)(text_put_signed(at, number) - at);
}
