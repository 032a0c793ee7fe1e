// SPDX-License-Identifier: GPL-2.0-or-later
/* Who has an open file by now: see kept.h. */
#include "host/kept.h"

#include "host/asked.h"

struct reading {
	kept_fn fn;
	void *userdata;
	int result;
};

int keeping_new(struct asked **ret, const struct bpf_object *iterators)
{
	return asked_new(ret, iterators, "kept_asked", EVENT_KEPT_BITS, "tell_kept",
			 sizeof(struct event_kept));
}

void keeping_ask(struct asked *keeping, uint64_t file)
{
	asked_add(keeping, EVENT_KEPT_BIT(file));
}

static void on_kept(void *userdata, const void *entry)
{
	struct reading *reading = userdata;

	if (reading->result >= 0)
		reading->result = reading->fn(reading->userdata, entry);
}

int keeping_read(struct asked *keeping, kept_fn fn, void *userdata)
{
	struct reading reading = { .fn = fn, .userdata = userdata };
	int r = asked_read(keeping, on_kept, &reading);

	return r < 0 ? r : reading.result;
}
