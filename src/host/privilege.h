/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Privileges: what it takes to attach, and how nearly all of it is given up once attached. A bug
 * in what reads other people's names and messages must not be root's bug.
 */
#ifndef FDPASS_PRIVILEGE_H
#define FDPASS_PRIVILEGE_H

#include <stdbool.h>

#define PRIVILEGE_REASON_MAX 256

/*
 * Is there enough to attach? Returns 0, or -EPERM with a sentence in `reason` (no newline) that says
 * what is missing and what to do.
 */
int privilege_check(char reason[PRIVILEGE_REASON_MAX]);

/*
 * Give up what is not needed to read a tracer that is attached: all capabilities, supplementary
 * groups, gaining any by execve(2), and, where the kernel has Landlock, opening anything in the
 * filesystem, and since 6.7 binding and connecting TCP sockets. Descriptors that are open stay.
 *
 * Kernels before 5.19 want CAP_BPF for reading a map too (kernel.unprivileged_bpf_disabled), so
 * `can_read` is asked with that capability suspended: false, and it is kept, alone.
 * Returns 0 or a negative errno.
 */
int privilege_drop(bool (*can_read)(void *userdata), void *userdata);

/*
 * Keep nothing but reading files, and these only where they are below the folders (NULL ends them): for a process
 * that does nothing else. A folder that is not there yet stands for what it will be made in. Without Landlock, all
 * files of this user's can be read. Returns 0 or a negative errno.
 */
int privilege_keep_reading(const char *const *folders);

#endif
