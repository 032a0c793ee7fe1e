/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A process that waits in a system call for its supervisor's answer: seccomp_unotify(2). */
#ifndef WORKLOAD_SUPERVISE_H
#define WORKLOAD_SUPERVISE_H

#include "stage.h"

/* The listener's number in the supervisor, which shares its table with the other until it is there. */
#define SUPERVISED_LISTENER 91

/*
 * Start one, the receiver of `row`. As many `others` as this, threads of it, ask before it does and
 * are not answered.
 */
void supervised_start(struct actor *me, struct truth_row *row, unsigned int others);
/* Wait until it asks, after the others. Returns the notification's id. */
uint64_t supervised_wait(struct actor *me, unsigned int others);

#endif
