/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ways to attach, a table. What a kernel offers is found out by trying, in the table's order; what
 * changed in its functions is asked of its BTF. A new way is an object file in src/bpf and an entry here.
 */
#ifndef FDPASS_WAY_H
#define FDPASS_WAY_H

#include <stdbool.h>
#include <stddef.h>

#include <bpf/btf.h>

#include "host/object.h"

struct way {
	const char *name;
	struct object_file object;
	/* Where the kernel may preempt programs of tracepoints; empty: the same. */
	struct object_file where_preemptible;
	bool (*possible)(void); /* not worth the loading where this says no; NULL: try it */
	const char *missing; /* what ENOENT and the like mean here */
	const char *forbidden; /* what EPERM means here */
};

/* Best first. */
extern const struct way way_table[];
extern const size_t nr_ways;

/* Is it worth the loading? */
bool way_is_possible(const struct way *way);

/*
 * Why this way cannot be had, a sentence. Returns false where it is not for the way: then it is nothing
 * that another could do better. `refusal` is what the verifier said, or empty.
 */
bool way_explain(const struct way *way, int error, const char *refusal, char *ret, size_t size);

#endif
