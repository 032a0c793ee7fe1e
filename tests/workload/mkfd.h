/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A factory of descriptors, by name: one of every sort of file. */
#ifndef WORKLOAD_MKFD_H
#define WORKLOAD_MKFD_H

#include "stage.h"

struct file_maker {
	const char *name;
	int (*make)(struct actor *me); /* a descriptor, or -1 with errno set */
};

extern const struct file_maker file_makers[];
extern const unsigned int nr_file_makers;

/* Open one with a new identity. Skips the scenario where this kernel has none. */
int mkfd(struct actor *me, const struct file_maker *maker);
/* The same, or -1 where this kernel has none. */
int mkfd_if_any(struct actor *me, const struct file_maker *maker);
/* By its name in the table. */
int mkfd_named(struct actor *me, const char *name);

#endif
