/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A security module that refuses descriptors: a BPF program on the kernel's file_receive hook. */
#ifndef WORKLOAD_REFUSE_H
#define WORKLOAD_REFUSE_H

#include <sys/types.h>

/*
 * Until the descriptor that is returned is closed, of the descriptors that the process receives the
 * first and then each `every`th is refused with EACCES; 1: all are. Returns a negative errno where
 * the kernel cannot do that.
 */
int refuse_files_of(pid_t pid, int every);

#endif
