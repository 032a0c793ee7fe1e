/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The signals that this program takes: those that end it, and SIGCHLD. What was ignored when it was
 * started (nohup(1), a job in the background of a script) stays ignored.
 */
#ifndef FDPASS_SIGNALS_H
#define FDPASS_SIGNALS_H

#include <signal.h>

/*
 * Block the signals, which are read from the descriptor (signalfd(2), owned by the caller) from now
 * on; SIGPIPE is blocked too, since the error of the write says the same. `inherited_mask` is set to
 * the mask of before. Returns the descriptor or a negative errno.
 */
int signals_open(sigset_t *inherited_mask);

#endif
