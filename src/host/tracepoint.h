/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * BPF programs on the kernel's tracepoints. The number of a tracepoint stands in tracefs, which
 * small systems do not mount; so it is mounted here where nobody else sees it, if we may.
 */
#ifndef FDPASS_TRACEPOINT_H
#define FDPASS_TRACEPOINT_H

#include <stdbool.h>

#include <bpf/libbpf.h>

/* Was the kernel built with CONFIG_KPROBE_EVENTS? */
bool tracepoint_has_kprobes(void);

/* A tracefs: a descriptor of its root, owned by the caller, or a negative errno. */
int tracepoint_open_tracefs(void);

/*
 * Attach the program to the tracepoint of its section, "tracepoint/GROUP/NAME". Returns 0, or a
 * negative errno: -ENOENT where the kernel has no such tracepoint.
 */
int tracepoint_attach(struct bpf_link **ret, const struct bpf_program *program, int tracefs);

/*
 * The returns of a function as a tracepoint of our own (Documentation/trace/kprobetrace.rst). The
 * kernel sees as many calls of the function at one time as it is told to; of a kretprobe that
 * perf_event_open(2) makes just one for each CPU, where the kernel is not fully preemptible
 * (register_kretprobe()), and misses the others without a word.
 */
#define TRACEPOINT_CALLS 1024

/*
 * What such tracepoints are defined with: a descriptor, owned by the caller, or a negative errno.
 * Those that a process has left behind which was killed are removed.
 */
int tracepoint_open_definitions(int tracefs);

/* Attach the program to the returns of the function of its section, "kretprobe/FUNCTION". */
int tracepoint_attach_return(struct bpf_link **ret, const struct bpf_program *program, int tracefs,
			     int definitions);

/* Remove what that defined, if it did; to be called when the link is destroyed. */
void tracepoint_forget_return(const struct bpf_program *program, int definitions);

#endif
