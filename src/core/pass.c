/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Passes: what follows from their times, and copies that are kept. */
#include "core/pass.h"

#include <stdlib.h>
#include <string.h>

/* Details and processes begin at multiples of 8. */
static size_t padded(size_t size)
{
	return (size + 7) & ~(size_t)7;
}

/* What was borrowed, copied to `to`; NULL where there was nothing. */
static const void *copy(char **to, const void *from, size_t size)
{
	char *begin = *to;

	if (size == 0)
		return NULL;
	*to += padded(size);
	return memcpy(begin, from, size);
}

bool pass_latency(const struct pass *pass, uint64_t *ret)
{
	if (pass->outcome != OUTCOME_DELIVERED && pass->outcome != OUTCOME_PEEKED &&
	    pass->outcome != OUTCOME_LOST)
		return false;
	if (pass->via != EVENT_VIA_SCM_RIGHTS) /* there and gone in one step */
		return false;
	if (pass->time_ns == 0 || pass->done_ns < pass->time_ns)
		return false;
	*ret = pass->done_ns - pass->time_ns;
	return true;
}

struct pass *pass_dup(const struct pass *pass)
{
	const struct event_section *detail = pass->file.detail;
	size_t owners_size = pass->nr_owners * sizeof(*pass->owners);
	size_t detail_size = detail ? sizeof(*detail) + detail->size : 0;
	size_t path_size = pass->file.path ? strlen(pass->file.path) + 1 : 0;
	struct pass *ret = malloc(padded(sizeof(*ret)) + padded(owners_size) + padded(detail_size) +
				  padded(path_size));
	char *rest = (char *)ret + padded(sizeof(*ret));

	if (!ret)
		return NULL;
	*ret = *pass;
	ret->owners = copy(&rest, pass->owners, owners_size);
	ret->file.detail = copy(&rest, detail, detail_size);
	ret->file.path = copy(&rest, pass->file.path, path_size);
	return ret;
}
