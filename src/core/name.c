/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names, counted and kept once: a hash by their bytes. They are aligned as the parts of a record are. */
#include "core/name.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

struct name {
	UT_hash_handle hh;
	size_t users;
	size_t length;
	_Alignas(8) char bytes[];
};

struct names {
	struct name *by_bytes;
	size_t size;
};

int names_new(struct names **ret)
{
	*ret = calloc(1, sizeof(**ret));
	return *ret ? 0 : -ENOMEM;
}

struct names *names_free(struct names *names)
{
	free(names);
	return NULL;
}

static size_t size_of(const struct name *name)
{
	return sizeof(*name) + name->length + 1;
}

static struct name *add(struct names *names, const char *bytes, size_t length)
{
	struct name *name = malloc(sizeof(*name) + length + 1);

	if (!name)
		return NULL;
	name->users = 0;
	name->length = length;
	memcpy(name->bytes, bytes, length);
	name->bytes[length] = '\0';
	HASH_ADD_KEYPTR(hh, names->by_bytes, name->bytes, length, name);
	if (!name->hh.tbl) {
		free(name);
		return NULL;
	}
	names->size += size_of(name);
	return name;
}

const char *names_take(struct names *names, const char *bytes, size_t length)
{
	struct name *name;

	HASH_FIND(hh, names->by_bytes, bytes, length, name);
	if (!name)
		name = add(names, bytes, length);
	if (!name)
		return NULL;
	name->users++;
	return name->bytes;
}

void names_drop(struct names *names, const char *bytes)
{
	struct name *name;

	if (!bytes)
		return;
	name = (struct name *)(bytes - offsetof(struct name, bytes));
	if (--name->users > 0)
		return;
	names->size -= size_of(name);
	HASH_DEL(names->by_bytes, name);
	free(name);
}

size_t names_size(const struct names *names)
{
	return names->size;
}
