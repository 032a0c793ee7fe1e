/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Leaks: descriptors that were received and are still open, summed up by what they have in common, and where that
 * leads. One inode, many times, is one; so are files that have no place in the tree, of one name.
 */
#ifndef FDPASS_CORE_LEAK_H
#define FDPASS_CORE_LEAK_H

#include "core/field.h"
#include "core/ledger.h"
#include "core/trend.h"

#define LEAK_NO_FORECAST UINT64_MAX

/* What a row tells of them, besides what they have in common: that is its pass. */
struct leak {
	uint64_t still_open;
	uint64_t oldest_ns; /* since the first of them was received */
	uint64_t per_hour; /* by how much they grow */
	uint64_t fds, fds_limit; /* of who has them: descriptors in use, and RLIMIT_NOFILE */
	uint64_t emfile_s; /* seconds until these are as many; LEAK_NO_FORECAST */
	enum trend_verdict trend;
	bool own; /* the sender's own copies */
};

/* What rows of this kind have besides the fields of a pass. */
extern const struct field leak_field_table[];
extern const size_t nr_leak_fields;

struct leaks;

/* `ledger` is borrowed, and has to live longer. Returns 0 or -ENOMEM. */
int leaks_new(struct leaks **ret, struct ledger *ledger);
/* Accepts NULL, returns NULL. */
struct leaks *leaks_free(struct leaks *leaks);

/* A look: as in the ledger. The end of a table tells what of it is in use. Returns 0 or -ENOMEM. */
void leaks_look(struct leaks *leaks, ledger_file_fn fn, void *userdata);
int leaks_found(struct leaks *leaks, const struct event_kept *event);
int leaks_end_look(struct leaks *leaks, uint64_t now_ns);

/* Borrowed until it returns; a negative errno ends it. */
typedef int (*leaks_row_fn)(void *userdata, const struct pass *pass, const struct leak *leak);
/* A call for each group as it was at the last look: first those that grow, then the largest. */
int leaks_tell(struct leaks *leaks, leaks_row_fn fn, void *userdata);

#endif
