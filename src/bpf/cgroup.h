/* SPDX-License-Identifier: GPL-2.0-only */
/* Which cgroup a task is in. Its path is told at first sight: see told.h. */
#ifndef FDPASS_CGROUP_H
#define FDPASS_CGROUP_H

#include "event.h"
#include "kernel.h"
#include "read.h"

/* The machine has hierarchies of version 1: a container may be nowhere else. */
const volatile bool cgroup_v1 = false;

/* Members of a css_set do not change. It lives as long as a task is in it, and an RCU grace period. */
static __always_inline struct kernfs_node *cgroup_node_of(struct task_struct *task)
{
	struct css_set *set = probe(task, cgroups);

	return probe(probe(set, dfl_cgrp), kn);
}

static __always_inline struct kernfs_node *cgroup_v1_node_of(struct task_struct *task)
{
	__u64 state =
		0; /* an address, to which the verifier lets nothing be added where it is a pointer */

	copy_kernel(&state, sizeof(state),
		    (void *)probe(task, cgroups) + bpf_core_field_offset(struct css_set, subsys) +
			    sizeof(state) *
				    bpf_core_enum_value(enum cgroup_subsys_id, pids_cgrp_id));
	if (!state)
		return NULL;
	return probe(probe((struct cgroup_subsys_state *)state, cgroup), kn);
}

static __always_inline struct kernfs_node *cgroup_node_of_id(struct task_struct *task, __u64 id)
{
	return id & EVENT_CGROUP_V1 ? cgroup_v1_node_of(task) : cgroup_node_of(task);
}

static __always_inline __u64 cgroup_id_of(struct task_struct *task, bool is_current)
{
	__u64 id = is_current ? bpf_get_current_cgroup_id() : probe(cgroup_node_of(task), id);
	struct kernfs_node *node;

	if (!cgroup_v1 || id != EVENT_CGROUP_ROOT)
		return id;
	node = cgroup_v1_node_of(task);
	if (!node || probe(node, id) == EVENT_CGROUP_ROOT)
		return id;
	return probe(node, id) | EVENT_CGROUP_V1;
}

#endif
