/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The truth of what a file is that has no place in the tree, as its fdinfo in procfs tells it. */
#ifndef WORKLOAD_DETAIL_ANONYMOUS_H
#define WORKLOAD_DETAIL_ANONYMOUS_H

#include "detail.h"

/* `link` is what procfs says where the descriptor leads. */
void measure_anonymous(struct detail *ret, int fd, const char *link);

#endif
