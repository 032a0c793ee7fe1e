/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers in options: read whole, with limits. No sign, no space, no octal. */
#ifndef FDPASS_NUMBER_H
#define FDPASS_NUMBER_H

#include <stdint.h>

/* A decimal number from least to most. Returns 0, or -EINVAL: it is none. */
int number_parse(const char *text, uint64_t least, uint64_t most, uint64_t *ret);

/*
 * A size in bytes, from least to most: a decimal number, perhaps with K, M or G, or KiB, MiB or GiB
 * behind it, in either case (powers of 1024). Returns 0, or -EINVAL: it is none.
 */
int number_parse_size(const char *text, uint64_t least, uint64_t most, uint64_t *ret);

#endif
