/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Iterators over what belongs to one network namespace, in all namespaces that processes are in. */
#ifndef FDPASS_HOST_NETNS_H
#define FDPASS_HOST_NETNS_H

#include <stdbool.h>
#include <stddef.h>

struct bpf_link;

/* Runs of an iterator (host/iterator.h), one for each namespace but that of this process. */
struct netns_runs {
	int *fds;
	size_t count;
	bool incomplete; /* some namespace could not be seen or entered */
};

/*
 * A run belongs to the namespace of whoever opens it, so this process goes into each and comes back. Returns
 * 0 or a negative errno.
 */
int netns_open_runs(struct netns_runs *ret, const struct bpf_link *link);
/* Closes the descriptors; whether they were all stays known. */
void netns_close_runs(struct netns_runs *runs);

#endif
