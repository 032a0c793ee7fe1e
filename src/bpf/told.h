/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is told once and not with every record: the path of a cgroup, at first sight of its id. Each scratch
 * remembers some that it has told, and tells the others again, so no table is shared and none fills up. The
 * reader is woken for it: who runs in a container is found out while it lives.
 */
#ifndef FDPASS_TOLD_H
#define FDPASS_TOLD_H

#include "record.h"

/* Bytes that one name is copied with: names of files have 255 and a NUL. */
#define CGROUP_NAME_MAX 256

static __always_inline struct kernfs_node *parent_of_node(struct kernfs_node *node)
{
	if (bpf_core_field_exists(node->parent))
		return probe(node, parent);
	return probe((struct kernfs_node___counted *)node, __parent);
}

/*
 * Append the path that leads to s->cgroup, the node of this id. Returns whether it was told whole. A global
 * function: see file.h.
 */
__attribute__((noinline)) int append_cgroup(__u32 user, __u32 party, __u64 id)
{
	struct scratch *s = scratch_of(user);
	struct kernfs_node *node, *parent = NULL;
	__u32 begin, end;
	long length;

	if (!s)
		return 0;
	node = (void *)s->cgroup;
	if (probe(node, id) != (id & ~EVENT_CGROUP_V1))
		return 0;
	begin = end = s->used + sizeof(struct event_section);
	for (__u32 i = 0; i <= EVENT_MAX_CGROUP_LEVELS; i++) {
		parent = parent_of_node(node);
		if (!parent)
			break; /* this is the root */
		length = bpf_probe_read_kernel_str(record_at(s, end), CGROUP_NAME_MAX,
						   probe(node, name));
		if (length <= 1)
			return 0;
		end += length;
		node = parent;
	}
	if (parent || end - begin > EVENT_MAX_CGROUP)
		return 0;
	__builtin_memset(record_at(s, end), 0, sizeof(__u64));
	*(struct event_section *)record_at(s, s->used) =
		section(EVENT_SECTION_CGROUP, party, end - begin);
	s->used = (end + 7) & ~7U;
	return 1;
}

/* Tell the path of the cgroup with this id and this node. */
static __always_inline void tell_cgroup(struct scratch *s, enum scratch_user user,
					enum event_party party, __u64 id, struct kernfs_node *node)
{
	s->cgroup = (__u64)node;
	if (!node || !append_cgroup(user, party, id))
		return;
	*told_cgroup(s, id) = id;
	s->telling_cgroups[party] = id;
	s->unwoken = ~0ULL >> 1; /* so much that the reader is woken */
}

/* The task of a party is in the cgroup of this id. */
static __always_inline void tell_cgroup_of(struct scratch *s, enum scratch_user user,
					   enum event_party party, struct task_struct *task,
					   __u64 id)
{
	if (id && *told_cgroup(s, id) != id)
		tell_cgroup(s, user, party, id, cgroup_node_of_id(task, id));
}

/* The current task, as the one of the record. A global function: see open_table(). */
__attribute__((noinline)) int write_current(__u32 user)
{
	struct scratch *s = scratch_of(user < NR_SCRATCHES ? user : 0);
	struct task_struct *task = current_task();

	if (!s)
		return 0;
	s->event.flags |= write_any_task(&head_of(s)->task, task, s->copy);
	tell_cgroup_of(s, user, EVENT_SELF, task, head_of(s)->task.cgroup_id);
	return 0;
}

#endif
