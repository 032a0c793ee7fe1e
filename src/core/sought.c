/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that are sought: see sought.h. */
#include "core/sought.h"

#include <errno.h>
#include <stdlib.h>

#define KEY_SIZE sizeof(((struct sought *)0)->key)

static void make_key(uint64_t key[2], uint64_t number, uint32_t dev, enum event_same same)
{
	key[0] = number;
	key[1] = (uint64_t)dev << 32 | same;
}

static struct sought *find(const struct sought *set, uint64_t number, uint32_t dev,
			   enum event_same same)
{
	struct sought *sought;
	uint64_t key[2] = {};

	make_key(key, number, dev, same);
	HASH_FIND(hh, set, key, KEY_SIZE, sought);
	return sought;
}

int sought_add(struct sought **set, const struct event_sought *key)
{
	enum event_same same = (enum event_same)key->same;
	struct sought *sought;

	if (find(*set, key->number, key->dev, same))
		return 0;
	sought = calloc(1, sizeof(*sought));
	if (!sought)
		return -ENOMEM;
	make_key(sought->key, key->number, key->dev, same);
	HASH_ADD(hh, *set, key, KEY_SIZE, sought);
	if (sought->hh.tbl)
		return 0;
	free(sought);
	return -ENOMEM;
}

void sought_clear(struct sought **set)
{
	struct sought *sought, *next;

	HASH_ITER(hh, *set, sought, next) {
		HASH_DEL(*set, sought);
		free(sought);
	}
}

enum event_same sought_find(const struct sought *set, const struct file *file)
{
	if (find(set, file->address, 0, EVENT_SAME_DESCRIPTION))
		return EVENT_SAME_DESCRIPTION;
	if (find(set, file->ino, file->dev, EVENT_SAME_INODE))
		return EVENT_SAME_INODE;
	return find(set, 0, file->dev, EVENT_SAME_FILESYSTEM) ? EVENT_SAME_FILESYSTEM :
								EVENT_SAME_NONE;
}
