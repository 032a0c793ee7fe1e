/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who has an open file by now, by the descriptors of all processes. */
#ifndef FDPASS_HOST_KEPT_H
#define FDPASS_HOST_KEPT_H

#include <stdint.h>

#include "event.h"

struct asked;
struct bpf_object;

/*
 * `iterators` is the object of src/bpf/iterators.bpf.c, borrowed. The caller ends *ret
 * (asked_free()). Returns 0 or a negative errno.
 */
int keeping_new(struct asked **ret, const struct bpf_object *iterators);

/* The next reading is about this open file too, by the address of its struct file. */
void keeping_ask(struct asked *keeping, uint64_t file);

/* A negative errno ends what is made of it, and is what the reading returns. */
typedef int (*kept_fn)(void *userdata, const struct event_kept *kept);
/*
 * A call for each descriptor of a file that was asked for, and perhaps of others; and one for the end of each
 * table that has such a descriptor, behind them. Returns 0 or a negative errno.
 */
int keeping_read(struct asked *keeping, kept_fn fn, void *userdata);

#endif
