/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of container runtimes say of a container. */
#ifndef FDPASS_CONTAINER_FILE_H
#define FDPASS_CONTAINER_FILE_H

#include <stdbool.h>

#include "core/container.h"

/* The folders in which these files are; ends with NULL. */
extern const char *const container_file_folders[];

/*
 * The container that a cgroup is of, by its path from the root on. False: the files know of none. Only files of
 * root's are believed.
 */
bool container_file_find(const char *path, struct container *ret);

#endif
