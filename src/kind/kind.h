/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kinds: what an open file is, told from its inode's mode, its filesystem's magic number and its
 * dentry's name. One table of classes; a new kind is an entry, and a file where its name takes more
 * than the path.
 */
#ifndef FDPASS_KIND_H
#define FDPASS_KIND_H

#include <stdbool.h>
#include <stddef.h>

#include "core/pass.h"

/* A kind of file, as `file_type` names it ("reg", "memfd"); NULL: the file is not described. */
const char *kind_type(const struct file *file);

/*
 * Write what names the file (`file`: a path, "[eventfd]", "TCP") as raw bytes, with no NUL at the
 * end. Returns the number of bytes, 0 where nothing names it. What exceeds the size is left out at
 * the begin of a path, which then starts with "...".
 */
size_t kind_name(const struct file *file, char *buffer, size_t size);

/*
 * Write the open flags by name ("O_RDWR|O_CLOEXEC"), the access mode first; bits without a name
 * follow in octal. Returns the number of bytes.
 */
size_t kind_open_flags(const struct file *file, char *buffer, size_t size);

#endif
