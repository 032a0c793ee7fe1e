/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bpf(2), and makers of its objects, for the factory of mkfd.c: a descriptor each, or -1 with errno set. */
#ifndef WORKLOAD_MKBPF_H
#define WORKLOAD_MKBPF_H

#include <linux/bpf.h>
#include <stddef.h>

#include "stage.h"

/* Whatever room the object takes. */
int call_bpf(int command, union bpf_attr *attributes, size_t size);

int make_bpf_map(struct actor *me);
int make_bpf_prog(struct actor *me);
int make_bpf_link(struct actor *me);

#endif
