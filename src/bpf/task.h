/* SPDX-License-Identifier: GPL-2.0-only */
/* Who: what is told of a task. */
#ifndef FDPASS_TASK_H
#define FDPASS_TASK_H

#include "record.h"

/* fdpass -- COMMAND: the tracer's own pid, whose descendants are marked; 0: nobody is. */
const volatile __s32 tracer_pid = 0;

/* Generations that are looked at for an ancestor. Orphans are the tracer's (a subreaper). */
#define MAX_GENERATIONS 32

static __always_inline bool descends_from_tracer(struct task_struct *task)
{
	if (!tracer_pid)
		return false;
	for (int i = 0; i < MAX_GENERATIONS; i++) {
		task = probe(task, real_parent);
		int pid = probe(task, tgid);

		if (pid == tracer_pid)
			return true;
		if (pid <= 1)
			return false;
	}
	return false;
}

/* In what follows, of the task, and of what its members lead to; `current`: it is the current one. */
#define of_task(pointer, member) read_known(current &&KNOWN_CURRENT, pointer, member)

/* The thread group's pid in the pid namespace of the task itself, and that namespace. */
static __always_inline void write_pid_namespace(struct event_task *ret, struct task_struct *task,
						bool current)
{
	struct signal_struct *signal = of_task(task, signal);
	struct pid *numbers = NULL;
	struct upid *deepest;
	struct {
		__u64 number; /* an int, and padding */
		struct pid_namespace *ns;
	} upid = {};

	ret->nspid = ret->pid;
	copy_kernel(&numbers, sizeof(numbers),
		    (void *)signal + bpf_core_field_offset(struct signal_struct, pids) +
			    PIDTYPE_TGID * sizeof(numbers));
	if (!numbers)
		return;
	deepest = (void *)numbers + bpf_core_field_offset(struct pid, numbers) +
		  (__u64)probe(numbers, level) * bpf_core_type_size(struct upid);
	copy_kernel(&upid, sizeof(upid), deepest);
	ret->nspid = (__u32)upid.number;
	ret->pidns_id = probe(upid.ns, ns.inum);
}

static __always_inline void read_comm(char to[EVENT_COMM_LEN], struct task_struct *task,
				      bool current)
{
	if (!current || !KNOWN_CURRENT) {
		copy_kernel(to, EVENT_COMM_LEN,
			    (void *)task + bpf_core_field_offset(struct task_struct, comm));
		return;
	}
	((__u64 *)to)[0] = *(__u64 *)&task->comm[0];
	((__u64 *)to)[1] = *(__u64 *)&task->comm[8];
}

static __always_inline void write_namespaces(struct event_task *ret, struct task_struct *task,
					     bool current)
{
	struct nsproxy *nsproxy = of_task(task, nsproxy);
	struct mnt_namespace *mntns;
	struct net *net;

	if (!nsproxy) /* it exits */
		return;
	mntns = of_task(nsproxy, mnt_ns);
	ret->mntns_id = of_task(mntns, ns.inum);
	net = of_task(nsproxy, net_ns);
	ret->netns_id = of_task(net, ns.inum);
}

/* Returns the EVENT_TASK_* flags of the task. */
static __always_inline __u16 write_any_task(struct event_task *ret, struct task_struct *task,
					    bool current)
{
	struct cred *cred = of_task(task, real_cred);
	struct task_struct *parent = of_task(task, real_parent);
	struct task_struct *leader = of_task(task, group_leader);
	unsigned int flags = of_task(task, flags);
	struct user_namespace *userns = of_task(cred, user_ns);

	*ret = (struct event_task){
		.start_time = of_task(leader, start_boottime),
		.pid = of_task(task, tgid),
		.tid = of_task(task, pid),
		.uid = of_task(cred, uid.val),
		.gid = of_task(cred, gid.val),
		.parent_pid = of_task(parent, tgid),
		.parent_tid = of_task(parent, pid),
		.userns_id = of_task(userns, ns.inum),
	};
	if (current)
		ret->cgroup_id = bpf_get_current_cgroup_id();
	write_pid_namespace(ret, task, current);
	write_namespaces(ret, task, current);
	read_comm(ret->comm, task, current);
	read_comm(ret->parent_comm, parent, current);
	return (flags & PF_KTHREAD ? EVENT_TASK_KERNEL : 0) |
	       (descends_from_tracer(task) ? EVENT_TASK_TRACED : 0);
}

/* The current task, as the one of the record. */
static __always_inline void write_current(struct scratch *s)
{
	s->event.flags |= write_any_task(&head_of(s)->task, current_task(), true);
}

static __always_inline __u16 write_task(struct event_task *ret, struct task_struct *task)
{
	return write_any_task(ret, task, false);
}

#endif
