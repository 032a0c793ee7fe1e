/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How the getters of fields make values. All return whether the value is known. */
#ifndef FDPASS_CORE_VALUE_H
#define FDPASS_CORE_VALUE_H

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/field.h"
#include "core/text.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* A name from a table of names; false where the table has none for this number. */
static inline bool get_name(const char *const *names, size_t count, size_t index, struct value *ret)
{
	if (index >= count || !names[index])
		return false;
	ret->text = names[index];
	ret->size = strlen(ret->text);
	return true;
}

static inline bool get_text(const char *text, struct value *ret)
{
	ret->text = text;
	ret->size = strlen(text);
	return true;
}

__attribute__((format(printf, 2, 3))) static inline bool get_format(struct value *ret,
								    const char *format, ...)
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

static inline bool get_buffer(size_t size, struct value *ret)
{
	ret->text = ret->buffer;
	ret->size = size;
	return size > 0;
}

/* What was written into the buffer, up to there. */
static inline bool get_written(const char *end, struct value *ret)
{
	return get_buffer((size_t)(end - ret->buffer), ret);
}

static inline bool get_unsigned(uint64_t number, struct value *ret)
{
	ret->u64 = number;
	return true;
}

/* A number of which 0 says that it is not known. */
static inline bool get_nonzero(uint64_t number, struct value *ret)
{
	ret->u64 = number;
	return number != 0;
}

/* Two numbers, as "12.0". */
static inline bool get_pair(uint64_t first, char separator, uint64_t second, struct value *ret)
{
	char *end = text_put_decimal(ret->buffer, first, 1);

	*end++ = separator;
	return get_written(text_put_decimal(end, second, 1), ret);
}

/* What is longer than a value can be loses its end. */
static inline bool get_cut_text(const char *text, struct value *ret)
{
	size_t size = strnlen(text, sizeof(ret->buffer));

	memcpy(ret->buffer, text, size);
	return get_buffer(size, ret);
}

static inline bool get_user_name(const struct resolver *resolver, uint32_t uid, struct value *ret)
{
	const char *name = resolver->user(resolver->userdata, uid);

	return name ? get_cut_text(name, ret) : get_format(ret, "uid:%" PRIu32, uid);
}

#endif
