/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which passes are shown: --filter, the options that are words for the same, and `-- COMMAND`. */
#ifndef FDPASS_SELECTION_H
#define FDPASS_SELECTION_H

#include <stdbool.h>

#include "core/filter.h"

struct selection {
	struct filter *filter; /* of all options together */
	const char *wrong_filter; /* an expression that is none; NULL: all are */
	size_t wrong_place; /* in it, in bytes */
	bool traced; /* either side descends from this process */
};

bool selection_has(const struct selection *selection, const struct row *row);

#endif
