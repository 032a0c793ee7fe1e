/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text that others chose, escaped. What may be printed as it is was decided here and not by the
 * locale's iswprint(3): a row must look the same wherever it is read, and a name must not be able
 * to reorder or hide what stands beside it on a terminal.
 */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"

struct range {
	uint32_t first;
	uint32_t last;
};

/*
 * Not printable above ASCII, in order: controls, spaces other than U+0020, letters and marks that
 * show nothing (Unicode's Default_Ignorable_Code_Point, so variation selectors as well), marks that
 * change the direction of text, surrogates, private use and no characters.
 */
static const struct range unprintable[] = {
	{ 0x0080, 0x00a0 },   { 0x00ad, 0x00ad },   { 0x034f, 0x034f },	   { 0x061c, 0x061c },
	{ 0x115f, 0x1160 },   { 0x1680, 0x1680 },   { 0x17b4, 0x17b5 },	   { 0x180b, 0x180f },
	{ 0x2000, 0x200f },   { 0x2028, 0x202f },   { 0x205f, 0x206f },	   { 0x2800, 0x2800 },
	{ 0x3000, 0x3000 },   { 0x3164, 0x3164 },   { 0xd800, 0xf8ff },	   { 0xfdd0, 0xfdef },
	{ 0xfe00, 0xfe0f },   { 0xfeff, 0xfeff },   { 0xffa0, 0xffa0 },	   { 0xfff0, 0xfffb },
	{ 0xfffe, 0xffff },   { 0x1bca0, 0x1bca3 }, { 0x1d173, 0x1d17a },  { 0x1fffe, 0x1ffff },
	{ 0x2fffe, 0x2ffff }, { 0x3fffe, 0xe0fff }, { 0xf0000, 0x10ffff },
};

size_t text_decode(const char *bytes, size_t size, uint32_t *ret)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char lead = (unsigned char)bytes[0];
	uint32_t character;
	size_t length;

	if (lead < 0x80) {
		*ret = lead;
		return 1;
	}
	if (lead >= 0xc2 && lead <= 0xdf)
		length = 2;
	else if (lead >= 0xe0 && lead <= 0xef)
		length = 3;
	else if (lead >= 0xf0 && lead <= 0xf4)
		length = 4;
	else
		return 0;
	if (length > size)
		return 0;

	character = lead & (0x7fU >> length);
	for (size_t i = 1; i < length; i++) {
		unsigned char byte = (unsigned char)bytes[i];

		if ((byte & 0xc0) != 0x80)
			return 0;
		character = character << 6 | (byte & 0x3f);
	}
	if (character < least[length] || character > 0x10ffff ||
	    (character >= 0xd800 && character <= 0xdfff))
		return 0;
	*ret = character;
	return length;
}

bool text_printable(uint32_t character)
{
	if (character < 0x80)
		return character >= 0x20 && character != 0x7f;
	for (size_t i = 0; i < sizeof(unprintable) / sizeof(unprintable[0]); i++) {
		if (character < unprintable[i].first)
			return true;
		if (character <= unprintable[i].last)
			return false;
	}
	return true;
}

bool text_all_printable(const char *bytes, size_t size)
{
	size_t length;

	for (size_t i = 0; i < size; i += length) {
		uint32_t character;

		length = text_decode(bytes + i, size - i, &character);
		if (length == 0 || !text_printable(character))
			return false;
	}
	return true;
}

char *text_put_hex(char *ret, uint64_t number, unsigned int digits)
{
	while (digits-- > 0)
		*ret++ = "0123456789abcdef"[number >> (4 * digits) & 0xf];
	return ret;
}

char *text_put_duration(char *ret, uint64_t ns, const char *micro)
{
	const struct {
		uint64_t ns;
		const char *name;
	} units[] = { { 1, "ns" }, { 1000, micro }, { 1000000, "ms" }, { 1000000000, "s" } };
	size_t unit = ns < 1000 ? 0 : ns < 1000000 ? 1 : ns < 1000000000 ? 2 : 3;
	uint64_t tenths = ns / units[unit].ns * 10 + ns % units[unit].ns * 10 / units[unit].ns;
	uint64_t minutes = ns / 1000000000 / 60;

	if (minutes >= 60) {
		ret = text_put_decimal(ret, minutes / 60, 1);
		*ret++ = 'h';
		return stpcpy(text_put_decimal(ret, minutes % 60, 2), "m");
	}
	if (minutes > 0) {
		ret = text_put_decimal(ret, minutes, 1);
		*ret++ = 'm';
		return stpcpy(text_put_decimal(ret, ns / 1000000000 % 60, 2), "s");
	}
	ret = text_put_decimal(ret, tenths / 10, 1);
	if (tenths < 100 && unit > 0) {
		*ret++ = '.';
		ret = text_put_decimal(ret, tenths % 10, 1);
	}
	return stpcpy(ret, units[unit].name);
}

char *text_put_decimal(char *ret, uint64_t number, unsigned int least)
{
	char digits[TEXT_DECIMAL_MAX];
	char *end = digits + sizeof(digits), *begin = end;

	do
		*--begin = (char)('0' + number % 10);
	while ((number /= 10) > 0);
	while (end - begin < (ptrdiff_t)least)
		*--begin = '0';
	memcpy(ret, begin, (size_t)(end - begin));
	return ret + (end - begin);
}

char *text_put_signed(char *ret, int64_t number)
{
	if (number < 0)
		*ret++ = '-';
	return text_put_decimal(ret, number < 0 ? -(uint64_t)number : (uint64_t)number, 1);
}

size_t text_plain_length(const char *bytes, size_t size)
{
	/* All of ASCII that is printable, but for '"' and '\\'. */
	static const bool plain[256] = {
		[' ' ... '!'] = true,
		['#' ... '['] = true,
		[']' ... '~'] = true,
	};
	size_t i = 0;

	while (i < size && plain[(unsigned char)bytes[i]])
		i++;
	return i;
}

static char *put_escaped(char *ret, uint32_t character)
{
	static const char letters[] = "abtnvfr"; /* U+0007 to U+000D */

	*ret++ = '\\';
	if (character == '"' || character == '\\') {
		*ret++ = (char)character;
	} else if (character >= '\a' && character <= '\r') {
		*ret++ = letters[character - '\a'];
	} else if (character < 0x80) {
		*ret++ = 'x';
		ret = text_put_hex(ret, character, 2);
	} else if (character < 0x10000) {
		*ret++ = 'u';
		ret = text_put_hex(ret, character, 4);
	} else {
		*ret++ = 'U';
		ret = text_put_hex(ret, character, 8);
	}
	return ret;
}

size_t text_escape(char *ret, const char *bytes, size_t size, bool ascii)
{
	char *end = ret;
	size_t length;

	for (size_t i = 0; i < size; i += length) {
		uint32_t character;

		length = text_plain_length(bytes + i, size - i);
		if (length > 0) {
			memcpy(end, bytes + i, length);
			end += length;
			continue;
		}
		length = text_decode(bytes + i, size - i, &character);
		if (length == 0) {
			length = 1;
			*end++ = '\\';
			*end++ = 'x';
			end = text_put_hex(end, (unsigned char)bytes[i], 2);
		} else if (character == '"' || character == '\\' || !text_printable(character) ||
			   (ascii && character >= 0x80)) {
			end = put_escaped(end, character);
		} else {
			memcpy(end, bytes + i, length);
			end += length;
		}
	}
	*end = '\0';
	return (size_t)(end - ret);
}

bool text_is_utf8(const char *bytes, size_t size)
{
	size_t length;

	for (size_t i = 0; i < size; i += length) {
		uint32_t character;

		length = text_decode(bytes + i, size - i, &character);
		if (length == 0)
			return false;
	}
	return true;
}

size_t text_to_utf8(char *ret, const char *bytes, size_t size)
{
	char *end = ret;
	size_t length;

	for (size_t i = 0; i < size; i += length) {
		uint32_t character;

		length = text_decode(bytes + i, size - i, &character);
		if (length == 0) {
			length = 1;
			memcpy(end, TEXT_REPLACEMENT, strlen(TEXT_REPLACEMENT));
			end += strlen(TEXT_REPLACEMENT);
		} else {
			memcpy(end, bytes + i, length);
			end += length;
		}
	}
	*end = '\0';
	return (size_t)(end - ret);
}

static size_t least_of(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* The optimal string alignment distance, with three rows of its table. */
size_t text_distance(const char *a, const char *b)
{
	size_t rows[3][TEXT_DISTANCE_MAX + 1];
	size_t *before = rows[0], *above = rows[1], *row = rows[2];
	size_t size_a = strlen(a), size_b = strlen(b);

	if (size_a > TEXT_DISTANCE_MAX || size_b > TEXT_DISTANCE_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= size_b; j++)
		row[j] = j;
	for (size_t i = 1; i <= size_a; i++) {
		size_t *oldest = before;
		int here = tolower((unsigned char)a[i - 1]);

		before = above;
		above = row;
		row = oldest;
		row[0] = i;
		for (size_t j = 1; j <= size_b; j++) {
			int there = tolower((unsigned char)b[j - 1]);

			row[j] = least_of(above[j - 1] + (here != there),
					  1 + least_of(above[j], row[j - 1]));
			if (i > 1 && j > 1 && here == tolower((unsigned char)b[j - 2]) &&
			    there == tolower((unsigned char)a[i - 2]))
				row[j] = least_of(row[j], before[j - 2] + 1);
		}
	}
	return row[size_b];
}

int text_refuse(char **error_message, const char *format, ...)
{
	va_list arguments;
	int size;

	va_start(arguments, format);
	size = vasprintf(error_message, format, arguments);
	va_end(arguments);
	return size < 0 ? -ENOMEM : -EINVAL;
}
