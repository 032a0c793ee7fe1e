/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why tracing cannot work here, found out before it is tried: the kernel and libbpf answer with a
 * number that means many things, or, where memory is short, by killing whoever asks.
 */
#ifndef FDPASS_REASON_H
#define FDPASS_REASON_H

#include <stdbool.h>
#include <stdint.h>

#define REASON_MAX 256

/*
 * Is there memory for a tracer with a ring buffer of so many bytes? Returns 0, or -ENOMEM with a
 * sentence in `reason` (no newline) that says what limits it and what to do.
 */
int reason_memory(uint64_t ring_size, char reason[REASON_MAX]);

/*
 * Does the file look like the kernel's BTF? Returns 0, or a negative errno with a sentence that says
 * what it is and what to do.
 */
int reason_btf(const char *path, char reason[REASON_MAX]);

/* Both, of the kernel's own BTF. */
#define REASON_BTF_PATH "/sys/kernel/btf/vmlinux"
int reason_machine(uint64_t ring_size, char reason[REASON_MAX]);

/* What a process lacks that may not use tracefs (EPERM, EACCES). */
const char *reason_tracefs(void);

/* The parts of these, for their tests. */

struct memory {
	uint64_t bytes; /* UINT64_MAX: no limit is known */
	const char *limit; /* what sets it */
};

/*
 * What a control group and those above it leave: `root` is where the hierarchy is mounted, `path` the
 * group's, as in /proc/PID/cgroup. A group that is not there, as seen from inside a container, counts
 * for nothing.
 */
uint64_t memory_in_cgroup(const char *root, const char *path);
/* The least of what the machine and the control groups leave. */
void memory_available(struct memory *ret);

const char *reason_tracefs_of(bool may_mount, bool may_read);

#endif
