/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Passes that are kept. */
#include "core/pass.h"

#include <stdlib.h>
#include <string.h>

struct pass *pass_dup(const struct pass *pass)
{
	size_t owners_size = pass->nr_owners * sizeof(*pass->owners);
	size_t path_size = pass->file.path ? strlen(pass->file.path) + 1 : 0;
	struct pass *copy = malloc(sizeof(*copy) + owners_size + path_size);
	char *rest = (char *)(copy + 1);

	if (!copy)
		return NULL;
	*copy = *pass;
	if (owners_size > 0)
		copy->owners = memcpy(rest, pass->owners, owners_size);
	if (path_size > 0)
		copy->file.path = memcpy(rest + owners_size, pass->file.path, path_size);
	return copy;
}
