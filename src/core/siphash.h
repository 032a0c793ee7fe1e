/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SipHash-2-4 of two words: a number that is as good as random to whoever has not the key. It makes
 * file_id of kernel addresses, which a row must not tell (they undo KASLR).
 */
#ifndef FDPASS_SIPHASH_H
#define FDPASS_SIPHASH_H

#include <stdint.h>

uint64_t siphash(const uint64_t key[2], uint64_t first, uint64_t second);

#endif
