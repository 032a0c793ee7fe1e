/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running a BPF iterator: reading it to its end. */
#ifndef FDPASS_ITERATOR_H
#define FDPASS_ITERATOR_H

#include <stddef.h>

#include <bpf/libbpf.h>

/* What it wrote (bpf_seq_write()), in entries of one size. */
typedef void (*iterator_fn)(void *userdata, const void *entry);

/* Returns 0 or a negative errno. */
int iterator_run(const struct bpf_link *link, size_t entry_size, iterator_fn fn, void *userdata);

#endif
