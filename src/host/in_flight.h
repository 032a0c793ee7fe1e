/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is in flight by the kernel side's own table of messages: an iterator over it. */
#ifndef FDPASS_IN_FLIGHT_H
#define FDPASS_IN_FLIGHT_H

#include "event.h"

struct bpf_object;
struct in_flight;

/*
 * `iterators` is the object of src/bpf/iterators.bpf.c, borrowed; `table` the descriptor of the table's map.
 * Returns 0, or a negative errno.
 */
int in_flight_new(struct in_flight **ret, const struct bpf_object *iterators, int table);
/* Accepts NULL, returns NULL. */
struct in_flight *in_flight_free(struct in_flight *in_flight);

typedef void (*in_flight_fn)(void *userdata, const struct event_queued *queued);
/*
 * A call for each message of the table. Returns 0, or a negative errno: -ENOBUFS where only a part of it
 * was told.
 */
int in_flight_read(struct in_flight *in_flight, in_flight_fn fn, void *userdata);

#endif
