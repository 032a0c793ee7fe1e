/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of users and groups, of the host's /etc/passwd and /etc/group. Both are read once, before
 * the privileges are dropped. No other name service is asked: that would send messages, over unix
 * sockets, in the middle of a trace of messages over unix sockets.
 */
#ifndef FDPASS_USER_H
#define FDPASS_USER_H

#include <stdint.h>

struct users;

/* Returns 0 or -ENOMEM. A file that cannot be read, is no regular one or is larger than
 * 16 MiB has no names. */
int users_new(struct users **ret);
/* Accepts NULL, returns NULL. */
struct users *users_free(struct users *users);

/* A name, borrowed from the users, which are `userdata`; NULL: there is none. For struct resolver. */
const char *users_user(void *userdata, uint32_t uid);
const char *users_group(void *userdata, uint32_t gid);

#endif
