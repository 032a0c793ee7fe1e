/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makers of objects of bpf(2), for the factory of mkfd.c: a descriptor each, or -1 with errno set. */
#ifndef WORKLOAD_MKBPF_H
#define WORKLOAD_MKBPF_H

#include "stage.h"

int make_bpf_map(struct actor *me);
int make_bpf_prog(struct actor *me);
int make_bpf_link(struct actor *me);

#endif
