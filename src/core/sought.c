/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that are sought: see sought.h. */
#include "core/sought.h"

#include <errno.h>
#include <stdlib.h>

static struct sought *find(const struct sought *set, uint64_t number, uint32_t dev,
			   enum event_same same)
{
	const struct event_sought key = { .number = number, .dev = dev, .same = same };
	struct sought *sought;

	HASH_FIND(hh, set, &key, sizeof(key), sought);
	return sought;
}

int sought_add(struct sought **set, const struct event_sought *key)
{
	struct sought *sought;

	if (find(*set, key->number, key->dev, key->same))
		return 0;
	sought = calloc(1, sizeof(*sought));
	if (!sought)
		return -ENOMEM;
	sought->key = *key;
	HASH_ADD(hh, *set, key, sizeof(sought->key), sought);
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
