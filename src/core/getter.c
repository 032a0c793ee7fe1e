/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What getters are made of. */
#include "core/getter.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"

bool get_name(const char *const *names, size_t count, size_t index, struct value *ret)
{
	if (index >= count || !names[index])
		return false;
	ret->text = names[index];
	ret->size = strlen(ret->text);
	return true;
}

bool get_text(const char *text, struct value *ret)
{
	ret->text = text;
	ret->size = strlen(text);
	return true;
}

bool get_format(struct value *ret, const char *format, ...)
{
	va_list arguments;
	int size;

	va_start(arguments, format);
	size = vsnprintf(ret->buffer, sizeof(ret->buffer), format, arguments);
	va_end(arguments);
	if (size < 0 || (size_t)size >= sizeof(ret->buffer))
		return false;
	ret->text = ret->buffer;
	ret->size = (size_t)size;
	return true;
}

bool get_buffer(size_t size, struct value *ret)
{
	ret->text = ret->buffer;
	ret->size = size;
	return size > 0;
}

bool get_written(const char *end, struct value *ret)
{
	return get_buffer((size_t)(end - ret->buffer), ret);
}

bool get_unsigned(uint64_t number, struct value *ret)
{
	ret->u64 = number;
	return true;
}

bool get_nonzero(uint64_t number, struct value *ret)
{
	ret->u64 = number;
	return number != 0;
}

bool get_descriptor(int32_t fd, struct value *ret)
{
	ret->i64 = fd;
	return fd != ENDPOINT_FD_UNKNOWN;
}

bool get_pair(uint64_t first, char separator, uint64_t second, struct value *ret)
{
	char *end = text_put_decimal(ret->buffer, first, 1);

	*end++ = separator;
	return get_written(text_put_decimal(end, second, 1), ret);
}

bool get_cut_text(const char *text, struct value *ret)
{
	size_t size = strnlen(text, sizeof(ret->buffer));

	memcpy(ret->buffer, text, size);
	return get_buffer(size, ret);
}

bool get_user_name(const struct resolver *resolver, uint32_t uid, struct value *ret)
{
	const char *name = resolver->user(resolver->userdata, uid);

	return name ? get_cut_text(name, ret) : get_format(ret, "uid:%" PRIu32, uid);
}
