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
void words_put_hex(struct words *words, uint64_t number); /* "0x1f" */
/* The name of this number in a table; the number where it has none there. */
void words_put_named(struct words *words, const char *const *names, size_t nr_names,
		     uint64_t number);
/* The same of a type: "type 9" where it has no name. */
void words_put_type(struct words *words, const char *const *names, size_t nr_names, uint64_t type);
/* The names of the bits that are set, the lowest first, joined by "|"; its value where a bit has none. */
void words_put_bits(struct words *words, const char *const *names, size_t nr_names, uint64_t bits);

#endif
