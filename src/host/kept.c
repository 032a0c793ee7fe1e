// SPDX-License-Identifier: GPL-2.0-or-later
/* Who has an open file by now: see kept.h. */
#include "host/kept.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <bpf/libbpf.h>

#include "host/iterator.h"
#include "host/object.h"

struct keeping {
	struct bpf_link *link;
	uint64_t *asked; /* bits, in memory that the BPF side shares; NULL: not mapped */

	/* Of a reading, while it is under way. */
	kept_fn fn;
	void *userdata;
	int result;
};

#define ASKED_SIZE ((1 << EVENT_KEPT_BITS) / 8)

static int open_keeping(struct keeping *keeping, const struct bpf_object *iterators)
{
	int r = object_map_memory((void **)&keeping->asked, iterators, "kept_asked", ASKED_SIZE,
				  PROT_READ | PROT_WRITE);

	if (r < 0)
		return r;
	keeping->link = bpf_program__attach_iter(
		bpf_object__find_program_by_name(iterators, "tell_kept"), NULL);
	return keeping->link ? 0 : -errno;
}

int keeping_new(struct keeping **ret, const struct bpf_object *iterators)
{
	struct keeping *keeping = calloc(1, sizeof(*keeping));
	int r;

	if (!keeping)
		return -ENOMEM;
	r = open_keeping(keeping, iterators);
	if (r < 0) {
		keeping_free(keeping);
		return r;
	}
	*ret = keeping;
	return 0;
}

struct keeping *keeping_free(struct keeping *keeping)
{
	if (!keeping)
		return NULL;
	bpf_link__destroy(keeping->link);
	if (keeping->asked)
		munmap(keeping->asked, ASKED_SIZE);
	free(keeping);
	return NULL;
}

void keeping_ask(struct keeping *keeping, uint64_t file)
{
	uint32_t bit = EVENT_KEPT_BIT(file);

	keeping->asked[bit / 64] |= UINT64_C(1) << bit % 64;
}

static void on_kept(void *userdata, const void *entry)
{
	struct keeping *keeping = userdata;

	if (keeping->result >= 0)
		keeping->result = keeping->fn(keeping->userdata, entry);
}

int keeping_read(struct keeping *keeping, kept_fn fn, void *userdata)
{
	int r;

	keeping->fn = fn;
	keeping->userdata = userdata;
	keeping->result = 0;
	r = iterator_run(keeping->link, sizeof(struct event_kept), on_kept, keeping);
	memset(keeping->asked, 0, ASKED_SIZE);
	return r < 0 ? r : keeping->result;
}
