/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The kernel's lockdown (kernel_lockdown(7)). */
#ifndef FDPASS_LOCKDOWN_H
#define FDPASS_LOCKDOWN_H

#define LOCKDOWN_PATH "/sys/kernel/security/lockdown"

/* The mode in which BPF programs may not read the kernel's memory. */
#define LOCKDOWN_CONFIDENTIALITY "confidentiality"

/* The mode that it is in: "none", "integrity", "confidentiality"; "": not known. */
void lockdown_mode(char ret[static 32]);

#endif
