/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The BPF objects: which of its programs this kernel has, what they are told before they are loaded, and
 * loading them. What changed between kernels is asked of the kernel's BTF, never of its version.
 */
#ifndef FDPASS_OBJECT_H
#define FDPASS_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "host/reason.h"
#include "host/refusal.h"

/* The bytes of an object file, for kernels without and with bpf_rdonly_cast(): src/bpf/read.h. */
struct object_file {
	const void *(*plain)(size_t *size);
	const void *(*typed)(size_t *size);
};

/* Of an object, by the names that src/bpf/meson.build gives its skeletons. */
#define OBJECT_FILE(name)                                                                          \
	{                                                                                          \
		name##_bpf__elf_bytes, name##_typed_bpf__elf_bytes                                 \
	}

struct object_options {
	size_t ring_size; /* bytes, a power of two and a multiple of the page size */
	int nr_cpus;
	bool trace_children; /* set EVENT_TASK_TRACED for descendants of this process */
	bool system_calls; /* also what makes all system calls slower, where others do not need it */
	bool finds_kept; /* src/bpf/kept.h is wanted */
	unsigned int stand_in; /* 0: the object; else which of its stand-ins */
	const struct bpf_object *shared; /* whose maps a stand-in has; NULL: its own */
};

/*
 * The kernel's types, where it has memory for what is to be loaded, with a ring buffer of so many bytes. The
 * caller frees them (btf__free()). Returns 0, or a negative errno, and `reason` says why.
 */
int object_read_kernel(struct btf **ret, size_t ring_size, char reason[REASON_MAX]);

/* May the kernel preempt programs that get a tracepoint's arguments? It may since 7.0. */
bool object_tracepoints_are_preemptible(const struct btf *kernel);

/* May the kernel preempt one of its programs that are loaded? Then it needs stand-ins: src/bpf/stand_in.h. */
bool object_is_preemptible(const struct bpf_object *object, const struct btf *kernel);

/*
 * Open and load. Returns 0, or a negative errno; where the kernel's verifier refused a program, `refusal`
 * says which one and why, else it is empty.
 */
int object_load(struct bpf_object **ret, const struct object_file *file, const char *name,
		const struct btf *kernel, const struct object_options *options,
		char refusal[REFUSAL_MAX]);

/*
 * Have the memory of a map (BPF_F_MMAPABLE) of a loaded object, of this size: it is shared with the BPF side,
 * and ends with munmap(2). `protection` is that of mmap(2). Returns 0 or a negative errno.
 */
int object_map_memory(void **ret, const struct bpf_object *object, const char *map, size_t size,
		      int protection);

#endif
