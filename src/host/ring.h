/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reading a BPF ring buffer (BPF_MAP_TYPE_RINGBUF). Unlike libbpf's, it maps the data once and not with its
 * begin behind its end: of a large buffer, each page would count twice as memory of this process.
 */
#ifndef FDPASS_RING_H
#define FDPASS_RING_H

#include <stddef.h>

struct ring;

/* `map` is borrowed; records have at most `record_most` bytes. Returns 0 or a negative errno. */
int ring_new(struct ring **ret, int map, size_t record_most);
/* Accepts NULL, returns NULL. */
struct ring *ring_free(struct ring *ring);

/* Called for each record; `data` is borrowed until it returns. A negative errno stops the reading. */
typedef int (*ring_record_fn)(void *userdata, const void *data, size_t size);
/*
 * Read what was written before the call, and no more: under a flood there is always more. Does not wait:
 * -EAGAIN says that some of it is being written still, and that what comes before that was read. Returns
 * 0, or another negative errno.
 */
int ring_read(struct ring *ring, ring_record_fn fn, void *userdata);

#endif
