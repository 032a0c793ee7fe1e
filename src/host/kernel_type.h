/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel has, by its BTF. */
#ifndef FDPASS_KERNEL_TYPE_H
#define FDPASS_KERNEL_TYPE_H

#include <stdbool.h>
#include <stdint.h>

#include <bpf/btf.h>

/*
 * The function, tracepoint's type or struct of this name and kind (BTF_KIND_FUNC, BTF_KIND_TYPEDEF or
 * BTF_KIND_STRUCT). Returns its id, 0: there is none. As btf__find_by_name_kind(), which reads all of the
 * 130,000 types each time: here they are read once, and the index is for the process, as the kernel is.
 */
uint32_t kernel_type_find(const struct btf *kernel, const char *name, uint32_t kind);

#endif
