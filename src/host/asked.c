// SPDX-License-Identifier: GPL-2.0-or-later
/* An iterator that is asked for some descriptors: see asked.h. */
#include "host/asked.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "host/object.h"

struct asked {
	struct bpf_link *link;
	uint64_t *bits; /* NULL: not mapped */
	size_t size; /* of these, bytes */
	size_t entry_size;
};

static int open_asked(struct asked *asked, const struct bpf_object *iterators, const char *map,
		      const char *program)
{
	int r = object_map_memory((void **)&asked->bits, iterators, map, asked->size,
				  PROT_READ | PROT_WRITE);

	if (r < 0)
		return r;
	asked->link = bpf_program__attach_iter(bpf_object__find_program_by_name(iterators, program),
					       NULL);
	return asked->link ? 0 : -errno;
}

int asked_new(struct asked **ret, const struct bpf_object *iterators, const char *map,
	      unsigned int bits, const char *program, size_t entry_size)
{
	struct asked *asked = calloc(1, sizeof(*asked));
	int r;

	if (!asked)
		return -ENOMEM;
	asked->size = ((size_t)1 << bits) / 8;
	asked->entry_size = entry_size;
	r = open_asked(asked, iterators, map, program);
	if (r < 0) {
		asked_free(asked);
		return r;
	}
	*ret = asked;
	return 0;
}

struct asked *asked_free(struct asked *asked)
{
	if (!asked)
		return NULL;
	bpf_link__destroy(asked->link);
	if (asked->bits)
		munmap(asked->bits, asked->size);
	free(asked);
	return NULL;
}

void asked_add(struct asked *asked, uint32_t bit)
{
	asked->bits[bit / 64] |= UINT64_C(1) << bit % 64;
}

int asked_read(struct asked *asked, iterator_fn fn, void *userdata)
{
	int r = iterator_run(asked->link, asked->entry_size, fn, userdata);

	memset(asked->bits, 0, asked->size);
	return r;
}
