/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that is absent until it is touched: a system call faults it in, a program that looks at the
 * system call's arguments cannot.
 */
#ifndef WORKLOAD_ABSENT_H
#define WORKLOAD_ABSENT_H

#include <stddef.h>

/* Pages of a file, zeroed. */
void *absent_new(size_t size);
/* Let them be absent again; what was written to them stays. */
void absent_make(void *pages, size_t size);

#endif
