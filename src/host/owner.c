// SPDX-License-Identifier: GPL-2.0-or-later
/* Who has a socket open: see owner.h. */
#include "host/owner.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <bpf/libbpf.h>

#include "host/iterator.h"
#include "host/object.h"

struct owners {
	struct bpf_link *link;
	uint64_t *asked; /* bits, in memory that the BPF side shares; NULL: not mapped */

	/* Of a reading, while it is under way. */
	owner_fn fn;
	void *userdata;
};

#define ASKED_SIZE ((1 << EVENT_ASKED_BITS) / 8)

static int open_owners(struct owners *owners, const struct bpf_object *iterators)
{
	int r = object_map_memory((void **)&owners->asked, iterators, "asked", ASKED_SIZE,
				  PROT_READ | PROT_WRITE);

	if (r < 0)
		return r;
	owners->link = bpf_program__attach_iter(
		bpf_object__find_program_by_name(iterators, "tell_owners"), NULL);
	return owners->link ? 0 : -errno;
}

int owners_new(struct owners **ret, const struct bpf_object *iterators)
{
	struct owners *owners = calloc(1, sizeof(*owners));
	int r;

	if (!owners)
		return -ENOMEM;
	r = open_owners(owners, iterators);
	if (r < 0) {
		owners_free(owners);
		return r;
	}
	*ret = owners;
	return 0;
}

struct owners *owners_free(struct owners *owners)
{
	if (!owners)
		return NULL;
	bpf_link__destroy(owners->link);
	if (owners->asked)
		munmap(owners->asked, ASKED_SIZE);
	free(owners);
	return NULL;
}

void owners_ask(struct owners *owners, uint64_t ino)
{
	uint32_t bit = EVENT_ASKED_BIT(ino);

	owners->asked[bit / 64] |= UINT64_C(1) << bit % 64;
}

static void on_owner(void *userdata, const void *entry)
{
	const struct owners *owners = userdata;

	owners->fn(owners->userdata, entry);
}

int owners_read(struct owners *owners, owner_fn fn, void *userdata)
{
	int r;

	owners->fn = fn;
	owners->userdata = userdata;
	r = iterator_run(owners->link, sizeof(struct event_owner), on_owner, owners);
	memset(owners->asked, 0, ASKED_SIZE);
	return r;
}
