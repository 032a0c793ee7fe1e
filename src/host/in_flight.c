// SPDX-License-Identifier: GPL-2.0-or-later
/* The iterator over the table of messages: see in_flight.h. */
#include "host/in_flight.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include <bpf/libbpf.h>

#include "host/iterator.h"
#include "host/ring.h"

struct in_flight {
	struct bpf_link *link;
	struct ring *queued; /* what it tells */

	/* Of a reading, while it is under way. */
	in_flight_fn fn;
	void *userdata;
	bool complete; /* the last entry came, and says that none is missing */
};

static int on_queued(void *userdata, const void *data, size_t size)
{
	struct in_flight *in_flight = userdata;
	const struct event_queued *queued = data;

	if (size != sizeof(*queued))
		return 0;
	if (queued->message == 0)
		in_flight->complete = queued->cut == 0;
	else
		in_flight->fn(in_flight->userdata, queued);
	return 0;
}

static int open_iterator(struct in_flight *in_flight, const struct bpf_object *iterators, int table)
{
	LIBBPF_OPTS(bpf_iter_attach_opts, options);
	union bpf_iter_link_info info = { .map.map_fd = table };
	int r;

	options.link_info = &info;
	options.link_info_len = sizeof(info);
	r = ring_new(&in_flight->queued, bpf_object__find_map_fd_by_name(iterators, "queued"),
		     sizeof(struct event_queued));
	if (r < 0)
		return r;
	in_flight->link = bpf_program__attach_iter(
		bpf_object__find_program_by_name(iterators, "tell_table"), &options);
	return in_flight->link ? 0 : -errno;
}

int in_flight_new(struct in_flight **ret, const struct bpf_object *iterators, int table)
{
	struct in_flight *in_flight = calloc(1, sizeof(*in_flight));
	int r;

	if (!in_flight)
		return -ENOMEM;
	r = open_iterator(in_flight, iterators, table);
	if (r < 0) {
		in_flight_free(in_flight);
		return r;
	}
	*ret = in_flight;
	return 0;
}

struct in_flight *in_flight_free(struct in_flight *in_flight)
{
	if (!in_flight)
		return NULL;
	ring_free(in_flight->queued);
	bpf_link__destroy(in_flight->link);
	free(in_flight);
	return NULL;
}

/* It tells by its ring buffer alone. */
static void on_nothing(void *userdata, const void *entry)
{
	(void)userdata;
	(void)entry;
}

int in_flight_read(struct in_flight *in_flight, in_flight_fn fn, void *userdata)
{
	int r, n;

	in_flight->fn = fn;
	in_flight->userdata = userdata;
	in_flight->complete = false;
	r = iterator_run(in_flight->link, 1, on_nothing, NULL);
	n = ring_read(in_flight->queued, on_queued, in_flight);
	if (r < 0)
		return r;
	if (n < 0)
		return n;
	return in_flight->complete ? 0 : -ENOBUFS;
}
