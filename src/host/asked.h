/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An iterator over the descriptors of all processes that is asked for some of them: by bits in memory that it
 * shares, so that no system call is needed, during which the kernel would skip programs.
 */
#ifndef FDPASS_ASKED_H
#define FDPASS_ASKED_H

#include <stddef.h>
#include <stdint.h>

#include "host/iterator.h"

struct asked;

/*
 * `map` of the object `iterators` has 2^bits bits, of which its program `program` tells in entries of one size.
 * Returns 0 or a negative errno.
 */
int asked_new(struct asked **ret, const struct bpf_object *iterators, const char *map,
	      unsigned int bits, const char *program, size_t entry_size);
/* Accepts NULL, returns NULL. */
struct asked *asked_free(struct asked *asked);

/* The next reading is about what has this bit, too. */
void asked_add(struct asked *asked, uint32_t bit);

/* Read what is told of that, and perhaps of others; then nothing is asked for. Returns 0 or a negative errno. */
int asked_read(struct asked *asked, iterator_fn fn, void *userdata);

#endif
