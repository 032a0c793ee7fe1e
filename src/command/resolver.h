/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What rows ask of the host: names of users, the time zone, a key. */
#ifndef FDPASS_RESOLVER_H
#define FDPASS_RESOLVER_H

#include "core/field.h"
#include "host/user.h"

/* Reads files: to be called with all privileges. Returns 0 or a negative errno; the caller frees *users. */
int resolver_init(struct resolver *ret, struct users **users);

#endif
