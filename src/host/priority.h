/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reader's share of the processors. */
#ifndef FDPASS_PRIORITY_H
#define FDPASS_PRIORITY_H

/*
 * Let the calling thread, and those that it makes, come before what is traced: where descriptors are
 * passed on all processors, the ring buffer is full sooner than a fair share comes round, and what is
 * told then is how much was lost. It is no real-time policy: of other users' share, where the kernel
 * keeps one for them, nothing is taken. Needs CAP_SYS_NICE; without it all stays as it is.
 */
void priority_raise(void);
/* The opposite, for a thread of it whose work can wait. */
void priority_lower(void);

#endif
