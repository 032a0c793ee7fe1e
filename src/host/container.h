/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cgroups, and the containers that they are of: by the paths that the kernel side tells, and by the files of
 * the runtimes, which a process of its own reads (container_reader.h), since this one can open none.
 * Nothing here waits: what is not known yet is not known, and can be waited for by its descriptor.
 */
#ifndef FDPASS_CONTAINER_H
#define FDPASS_CONTAINER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/container.h"

struct containers;

/* Starts the process that reads the files, with the privileges of now. Returns 0 or -ENOMEM. */
int containers_new(struct containers **ret);
/* Accepts NULL, returns NULL. Ends the process. */
struct containers *containers_free(struct containers *containers);

/* The path of a cgroup was told: if it may be that of a container, what the files say is asked for. */
void containers_tell(struct containers *containers, uint64_t id, const char *path, uint64_t now_ns);

/* Polls readable when answers are there. Borrowed; -1: none will come any more. */
int containers_fd(const struct containers *containers);
/* Take the answers that are there. */
void containers_take_answers(struct containers *containers);
/*
 * Until when it is worth waiting for what is known of this cgroup, which a row is about to tell; 0: no more is to
 * come. What the files did not say before is asked for again.
 */
uint64_t containers_deadline(struct containers *containers, uint64_t id, uint64_t now_ns);

/* What is known of a cgroup, for struct resolver: `containers` is a struct containers. */
const struct cgroup *containers_find(void *containers, uint64_t id);

#endif
