/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that are sought: this side's copy of what the kernel side compares with. */
#ifndef FDPASS_CORE_SOUGHT_H
#define FDPASS_CORE_SOUGHT_H

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "core/pass.h"
#include "event.h"

struct sought {
	UT_hash_handle hh;
	uint64_t key[2]; /* what a struct event_sought has */
};

/* An empty set is NULL. Adds what is not in it. Returns 0 or -ENOMEM. */
int sought_add(struct sought **set, const struct event_sought *key);
void sought_clear(struct sought **set);
/* The most that the file has in common with one of them. */
enum event_same sought_find(const struct sought *set, const struct file *file);

#endif
