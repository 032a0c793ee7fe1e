/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text that others chose (names of files, processes and sockets) on its way out: escaped once, at
 * the edge, by whoever prints it. No locale is asked: text is UTF-8 or it is bytes.
 */
#ifndef FDPASS_TEXT_H
#define FDPASS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Read one character of UTF-8. Returns its length in bytes (1 to 4) and sets *ret, or 0 where the
 * bytes are not UTF-8 (overlong, a surrogate, cut short). size is at least 1.
 */
size_t text_decode(const char *bytes, size_t size, uint32_t *ret);

/*
 * Can be printed as it is: no control character, nothing that reorders or hides the text around it,
 * no space but U+0020, nothing without a meaning of its own (private, no character).
 */
bool text_printable(uint32_t character);
/* All of it can be printed as it is. */
bool text_all_printable(const char *bytes, size_t size);

/* The most bytes that one byte of input becomes in text_escape, and the terminating NUL's place. */
#define TEXT_ESCAPE_MAX(size) (4 * (size) + 1)

/*
 * Escape for a terminal, as Go's strconv.Quote without the quotes: \n, \x1b, \u202e, \\, \", and
 * \xNN for bytes that are not UTF-8. ascii: everything outside of ASCII is escaped as well. `ret`
 * has room for TEXT_ESCAPE_MAX(size). Returns the length; a NUL follows.
 */
size_t text_escape(char *ret, const char *bytes, size_t size, bool ascii);

/* How many of the first bytes stand for themselves wherever text is quoted: ASCII, printable, no '"', no '\\'. */
size_t text_plain_length(const char *bytes, size_t size);

/* The most digits that a number has, or is given. */
#define TEXT_DECIMAL_MAX 20
/* Write a number, with zeroes before it up to `least` digits, or its last `digits`. Return what follows. */
char *text_put_decimal(char *ret, uint64_t number, unsigned int least);
char *text_put_signed(char *ret, int64_t number);
char *text_put_hex(char *ret, uint64_t number, unsigned int digits);

/* A duration in two or three digits of the unit that fits: "840ns", "84us", "1.2ms", "3m07s"; `micro` is "us". */
#define TEXT_DURATION_MAX 32
char *text_put_duration(char *ret, uint64_t ns, const char *micro);

/* U+FFFD, what stands for bytes that are no UTF-8. */
#define TEXT_REPLACEMENT "\xef\xbf\xbd"

/* All of it is UTF-8. */
bool text_is_utf8(const char *bytes, size_t size);

/* The most bytes that text_to_utf8 makes of size bytes, with the terminating NUL. */
#define TEXT_UTF8_MAX(size) (3 * (size) + 1)

/*
 * Make UTF-8 of bytes: each byte that is not part of a character becomes U+FFFD.
 * `ret` has room for TEXT_UTF8_MAX(size). Returns the length; a NUL follows.
 */
size_t text_to_utf8(char *ret, const char *bytes, size_t size);

/*
 * How far a mistyped word is from a right one: the number of characters to change, add, take away
 * or swap with a neighbour, in either case. Words longer than TEXT_DISTANCE_MAX are SIZE_MAX away.
 */
#define TEXT_DISTANCE_MAX 63
size_t text_distance(const char *a, const char *b);

/*
 * Say what is wrong with something that was given: set *error_message, which the caller frees. Returns
 * -EINVAL, or -ENOMEM.
 */
__attribute__((format(printf, 2, 3))) int text_refuse(char **error_message, const char *format,
						      ...);

#endif
