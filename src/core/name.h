/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names and details of files, each kept once however many files have it, as long as somebody does: one
 * user can pass a file with a name of 4 KiB as often as there is room in the queues.
 */
#ifndef FDPASS_NAME_H
#define FDPASS_NAME_H

#include <stddef.h>

struct names;

int names_new(struct names **ret);
/* Accepts NULL, returns NULL. All names have to be given back before. */
struct names *names_free(struct names *names);

/* The name of these bytes, at a multiple of 8, with a NUL behind: to be given back with names_drop(). NULL: no memory. */
const char *names_take(struct names *names, const char *bytes, size_t length);
/* Accepts NULL. */
void names_drop(struct names *names, const char *bytes);

/* Bytes of memory that the names take. */
size_t names_size(const struct names *names);

#endif
