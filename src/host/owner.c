// SPDX-License-Identifier: GPL-2.0-or-later
/* Who has a socket open: see owner.h. */
#include "host/owner.h"

#include "host/asked.h"

struct reading {
	owner_fn fn;
	void *userdata;
};

int owners_new(struct asked **ret, const struct bpf_object *iterators)
{
	return asked_new(ret, iterators, "asked", EVENT_ASKED_BITS, "tell_owners",
			 sizeof(struct event_owner));
}

void owners_ask(struct asked *owners, uint64_t ino)
{
	asked_add(owners, EVENT_ASKED_BIT(ino));
}

static void on_owner(void *userdata, const void *entry)
{
	const struct reading *reading = userdata;

	reading->fn(reading->userdata, entry);
}

int owners_read(struct asked *owners, owner_fn fn, void *userdata)
{
	struct reading reading = { .fn = fn, .userdata = userdata };

	return asked_read(owners, on_owner, &reading);
}
