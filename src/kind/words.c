/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "kind/words.h"

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
