/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running a BPF iterator: reading it to its end. */
#ifndef FDPASS_ITERATOR_H
#define FDPASS_ITERATOR_H

#include <stddef.h>

#include <bpf/libbpf.h>

/* What it wrote (bpf_seq_write()), in entries of one size. */
typedef void (*iterator_fn)(void *userdata, const void *entry);

/* A run of it: a descriptor, which the caller closes. Returns it or a negative errno. */
int iterator_open(const struct bpf_link *link);
/* Read a run to its end. Returns 0 or a negative errno. */
int iterator_read(int fd, size_t entry_size, iterator_fn fn, void *userdata);

/* Both. Returns 0 or a negative errno. */
int iterator_run(const struct bpf_link *link, size_t entry_size, iterator_fn fn, void *userdata);

#endif
