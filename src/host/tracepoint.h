/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * BPF programs on the kernel's tracepoints. The number of a tracepoint stands in tracefs, which
 * small systems do not mount; so it is mounted here where nobody else sees it.
 */
#ifndef FDPASS_TRACEPOINT_H
#define FDPASS_TRACEPOINT_H

#include <bpf/libbpf.h>

/* A private tracefs: a descriptor of its root, owned by the caller, or a negative errno. */
int tracepoint_open_tracefs(void);

/*
 * Attach the program to the tracepoint of its section, "tracepoint/GROUP/NAME". Returns 0, or a
 * negative errno: -ENOENT where the kernel has no such tracepoint.
 */
int tracepoint_attach(struct bpf_link **ret, const struct bpf_program *program, int tracefs);

#endif
