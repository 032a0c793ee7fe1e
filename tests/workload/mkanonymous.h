/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makers of what system calls make without a place in the tree, for the factory of mkfd.c: a descriptor
 * each, or -1 with errno set.
 */
#ifndef WORKLOAD_MKANONYMOUS_H
#define WORKLOAD_MKANONYMOUS_H

#include "stage.h"

int make_epoll(struct actor *me);
int make_epoll_watching(struct actor *me);
int make_timerfd(struct actor *me);
int make_timerfd_once(struct actor *me);
int make_timerfd_periodic(struct actor *me);
int make_timerfd_expired(struct actor *me);
int make_timerfd_over(struct actor *me);
int make_timerfd_alarm(struct actor *me);
int make_signalfd(struct actor *me);
int make_signalfd_several(struct actor *me);
int make_signalfd_most(struct actor *me);
int make_inotify(struct actor *me);
int make_inotify_watching(struct actor *me);
int make_fanotify(struct actor *me);
int make_fanotify_content(struct actor *me);
int make_perf_event(struct actor *me);
int make_userfaultfd(struct actor *me);
int make_landlock(struct actor *me);
int make_fscontext(struct actor *me);
int make_mount(struct actor *me);
int make_secretmem(struct actor *me);
int make_dmabuf(struct actor *me);
int make_dmabuf_named(struct actor *me);
int make_sync_file(struct actor *me);

#endif
