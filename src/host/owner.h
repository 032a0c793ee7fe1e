/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who has a socket open, by the descriptors of all processes. */
#ifndef FDPASS_HOST_OWNER_H
#define FDPASS_HOST_OWNER_H

#include <stdint.h>

#include "event.h"

struct asked;
struct bpf_object;

/*
 * `iterators` is the object of src/bpf/iterators.bpf.c, borrowed. The caller ends *ret
 * (asked_free()). Returns 0 or a negative errno.
 */
int owners_new(struct asked **ret, const struct bpf_object *iterators);

/* The next reading is about this socket too, by its inode. */
void owners_ask(struct asked *owners, uint64_t ino);

typedef void (*owner_fn)(void *userdata, const struct event_owner *owner);
/*
 * A call for each descriptor that leads to a socket that was asked for, those of a process one after the
 * other; and perhaps for some that lead to others. Returns 0 or a negative errno.
 */
int owners_read(struct asked *owners, owner_fn fn, void *userdata);

#endif
