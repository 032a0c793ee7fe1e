// SPDX-License-Identifier: GPL-2.0-or-later
/* Numbers in options: read whole, with limits. */
#include "command/number.h"

#include <errno.h>
#include <stddef.h>
#include <strings.h>

/* The digits at the begin of a text. Returns what follows them, or NULL: none, or too many. */
static const char *parse_digits(const char *text, uint64_t *ret)
{
	const char *at = text;
	uint64_t number = 0;

	for (; *at >= '0' && *at <= '9'; at++) {
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, (uint64_t)(*at - '0'), &number))
			return NULL;
	}
	*ret = number;
	return at == text ? NULL : at;
}

int number_parse(const char *text, uint64_t least, uint64_t most, uint64_t *ret)
{
	uint64_t number;
	const char *rest = parse_digits(text, &number);

	if (!rest || *rest != '\0' || number < least || number > most)
		return -EINVAL;
	*ret = number;
	return 0;
}

int number_parse_size(const char *text, uint64_t least, uint64_t most, uint64_t *ret)
{
	static const struct {
		const char *name, *long_name;
		uint64_t bytes;
	} units[] = {
		{ "", "B", 1 },
		{ "K", "KiB", UINT64_C(1) << 10 },
		{ "M", "MiB", UINT64_C(1) << 20 },
		{ "G", "GiB", UINT64_C(1) << 30 },
	};
	uint64_t number;
	const char *rest = parse_digits(text, &number);

	for (size_t i = 0; rest && i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcasecmp(rest, units[i].name) != 0 &&
		    strcasecmp(rest, units[i].long_name) != 0)
			continue;
		if (__builtin_mul_overflow(number, units[i].bytes, &number) || number < least ||
		    number > most)
			return -EINVAL;
		*ret = number;
		return 0;
	}
	return -EINVAL;
}
