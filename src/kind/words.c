/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kind/words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"

void words_put(struct words *words, const char *bytes, size_t size)
{
	if (size > words->size - words->length)
		size = words->size - words->length;
	memcpy(words->buffer + words->length, bytes, size);
	words->length += size;
}

void words_put_text(struct words *words, const char *text)
{
	words_put(words, text, strlen(text));
}

void words_put_number(struct words *words, uint64_t number)
{
	char digits[TEXT_DECIMAL_MAX];

	words_put(words, digits, (size_t)(text_put_decimal(digits, number, 1) - digits));
}

void words_put_hex(struct words *words, uint64_t number)
{
	char digits[sizeof("0x") + 16];

	words_put(words, digits, (size_t)snprintf(digits, sizeof(digits), "0x%" PRIx64, number));
}

void words_put_named(struct words *words, const char *const *names, size_t nr_names,
		     uint64_t number)
{
	if (number < nr_names && names[number])
		words_put_text(words, names[number]);
	else
		words_put_number(words, number);
}

void words_put_type(struct words *words, const char *const *names, size_t nr_names, uint64_t type)
{
	if (type >= nr_names || !names[type])
		words_put_text(words, "type ");
	words_put_named(words, names, nr_names, type);
}

/* A bit without a name goes by its value. */
static void put_bit(struct words *words, const char *const *names, size_t nr_names,
		    unsigned int bit)
{
	if (bit < nr_names && names[bit])
		words_put_text(words, names[bit]);
	else
		words_put_hex(words, UINT64_C(1) << bit);
}

void words_put_bits(struct words *words, const char *const *names, size_t nr_names, uint64_t bits)
{
	const char *separator = "";

	for (unsigned int bit = 0; bit < 64; bit++) {
		if (!(bits & UINT64_C(1) << bit))
			continue;
		words_put_text(words, separator);
		put_bit(words, names, nr_names, bit);
		separator = "|";
	}
}
