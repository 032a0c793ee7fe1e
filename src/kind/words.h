/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text that is put together in a buffer of the caller: what does not fit is left out. No NUL at its end. */
#ifndef FDPASS_KIND_WORDS_H
#define FDPASS_KIND_WORDS_H

#include <stddef.h>
#include <stdint.h>

struct words {
	char *buffer;
	size_t size;
	size_t length;
};

void words_put(struct words *words, const char *bytes, size_t size);
void words_put_text(struct words *words, const char *text);
void words_put_number(struct words *words, uint64_t number);

#endif
