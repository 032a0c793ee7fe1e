// SPDX-License-Identifier: GPL-2.0-or-later
/* An index of the kernel's types: a table of ids, by the hash of their names. */
#include "host/kernel_type.h"

#include <stdlib.h>
#include <string.h>

static struct {
	uint32_t *ids; /* 0: free; NULL: not made */
	uint32_t mask;
} type_index;

static bool is_indexed(uint32_t kind)
{
	return kind == BTF_KIND_FUNC || kind == BTF_KIND_TYPEDEF || kind == BTF_KIND_STRUCT;
}

/* FNV-1a */
static uint32_t hash_of(const char *name)
{
	uint32_t hash = 0x811c9dc5;

	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 0x01000193;
	return hash;
}

static const char *name_of(const struct btf *kernel, const struct btf_type *type)
{
	return btf__name_by_offset(kernel, type->name_off);
}

static void add(const char *name, uint32_t id)
{
	uint32_t at = hash_of(name) & type_index.mask;

	while (type_index.ids[at])
		at = (at + 1) & type_index.mask;
	type_index.ids[at] = id;
}

static bool make_index(const struct btf *kernel)
{
	uint32_t count = btf__type_cnt(kernel), room = 2;

	if (type_index.ids)
		return true;
	while (room < 2 * count)
		room *= 2;
	type_index.ids = calloc(room, sizeof(type_index.ids[0]));
	type_index.mask = room - 1;
	if (!type_index.ids)
		return false;
	for (uint32_t id = 1; id < count; id++) {
		const struct btf_type *type = btf__type_by_id(kernel, id);

		if (is_indexed(btf_kind(type)) && type->name_off)
			add(name_of(kernel, type), id);
	}
	return true;
}

uint32_t kernel_type_find(const struct btf *kernel, const char *name, uint32_t kind)
{
	uint32_t id;

	if (!make_index(kernel))
		return 0;
	for (uint32_t at = hash_of(name) & type_index.mask; (id = type_index.ids[at]);
	     at = (at + 1) & type_index.mask) {
		const struct btf_type *type = btf__type_by_id(kernel, id);

		if (btf_kind(type) == kind && strcmp(name_of(kernel, type), name) == 0)
			return id;
	}
	return 0;
}
