/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who the parties of a pass are, as only the host can tell: users, and containers. A pass whose container is just
 * being looked up waits for that, for a moment, and those behind it wait with it: rows keep their order.
 */
#ifndef FDPASS_PARTIES_H
#define FDPASS_PARTIES_H

#include "core/field.h"
#include "core/join.h"

struct parties;

/*
 * With the privileges of now: files are read, and a process is started that reads others later. The passes go to
 * `fn`. Returns 0 or a negative errno.
 */
int parties_new(struct parties **ret, join_row_fn fn, void *userdata);
/* Accepts NULL, returns NULL. */
struct parties *parties_free(struct parties *parties);

const struct resolver *parties_resolver(const struct parties *parties);

/* A pass, for join_new(): `parties` is a struct parties. Returns what `fn` returned, or -ENOMEM. */
int parties_pass(void *parties, const struct pass *pass);
/* The path of a cgroup, for struct join_options. */
void parties_cgroup(void *parties, uint64_t id, const char *path);

/* Polls readable when there is something to go on with. Borrowed; -1: nothing is waited for. */
int parties_fd(const struct parties *parties);
/* Let go what need not wait any more: when that is so, and a few times a second. Returns as above. */
int parties_go_on(struct parties *parties);
/* The same with all, at the end. */
int parties_finish(struct parties *parties);

#endif
