/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Descriptors in queues, summed up by what they have in common. */
#ifndef FDPASS_CORE_GROUPING_H
#define FDPASS_CORE_GROUPING_H

#include "core/queues.h"

struct groups;

/* "socket", "user" and so on: what they can be grouped by; NULL when index is past the last. */
const char *grouping_name(size_t index);
/* What its columns are, as a value of --fields. */
const char *grouping_fields(const char *name);

/* Returns 0, -ENOENT (there is no such grouping) or -ENOMEM. */
int groups_new(struct groups **ret, const char *name);
/* Accepts NULL, returns NULL. */
struct groups *groups_free(struct groups *groups);

/* Put a descriptor in, as queues_tell() tells it: what it points to is borrowed. Returns 0 or -ENOMEM. */
int groups_add(struct groups *groups, const struct pass *pass, const struct queued *queued);
/*
 * A call for each group, the largest first; with the groups of the look before only for those that are new,
 * changed or gone. NULL: there was none.
 */
int groups_tell(struct groups *groups, const struct groups *before, queues_row_fn fn,
		void *userdata);

#endif
