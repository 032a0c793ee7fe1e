/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which open file description an address of a struct file stands for at one time. The kernel uses
 * addresses again, so one that comes back with another inode, file system, type or access mode,
 * or with another generation of the kernel side (src/bpf/identity.h), is another file.
 *
 * Not told apart: the same inode, opened again in the same mode after the first open file was freed,
 * where the kernel gave the second one the same address; but for anonymous inodes.
 */
#ifndef FDPASS_IDENTITY_H
#define FDPASS_IDENTITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/pass.h"

struct identities;

/* At most `most` addresses are remembered; the one not seen for longest is forgotten. */
int identities_new(struct identities **ret, size_t most);
/* Accepts NULL, returns NULL. */
struct identities *identities_free(struct identities *identities);

/*
 * A file with an anonymous inode whose creation was not seen, or is not of a sort whose creations all are:
 * without knowing all creations, it cannot be told from another one that had or gets the same address. The
 * generation may be that of one which was there before.
 */
bool identity_needs_creation(const struct file *file);

/*
 * Set file->identity: the same for the same open file description, never the same for two. A file
 * of which only the address is known gets none: where an event was lost, that may be another one's
 * by now. To be called in the order in which the files were told. Returns 0 or -ENOMEM.
 */
int identities_set(struct identities *identities, struct file *file);

#endif
