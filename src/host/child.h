/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The traced command: a process that waits until the trace has begun, then becomes the command. Its
 * descendants stay below this process (it is their subreaper), so that all are known as traced.
 */
#ifndef FDPASS_CHILD_H
#define FDPASS_CHILD_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

struct child;

/*
 * Fork. The process keeps the privileges that this one has now, and gets `mask` as its signal mask;
 * it waits for child_start(), or ends when this process does. argv is borrowed.
 * Returns 0 or a negative errno.
 */
int child_new(struct child **ret, char *const argv[], const sigset_t *mask);
/* Accepts NULL, returns NULL. A command that was started goes on. */
struct child *child_free(struct child *child);

/* Let it run. Returns 0, or the negative errno of execvp(3), and then it has ended. */
int child_start(struct child *child);

/*
 * Reap all that have ended: call it at each SIGCHLD. True: the command itself has. Where it has been
 * stopped, this process stops too, so that the shell sees its job stopped, and they go on together.
 */
bool child_reap(struct child *child);
/* Send it a signal; nothing where it has ended. */
void child_signal(const struct child *child, int signal);
/* When it has ended: its exit status, 128 + N where signal N killed it. */
int child_status(const struct child *child);

#endif
