/* SPDX-License-Identifier: GPL-2.0-only */
/* Who: what is told of a task. */
#ifndef FDPASS_TASK_H
#define FDPASS_TASK_H

#include "cgroup.h"
#include "event.h"
#include "kernel.h"
#include "read.h"

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

#define TASK_IDS struct task_struct, pid, group_leader
#define CRED_IDS struct cred, uid, gid
#define PROXIES struct nsproxy, mnt_ns, cgroup_ns

/*
 * In what follows, of the task and what its members lead to: `buffer` is memory for copies, where it is the
 * current task, else NULL.
 */
#define OF_CURRENT (buffer && KNOWN_CURRENT)
#define copy_of(pointer, range)                                                                    \
	({                                                                                         \
		if (buffer)                                                                        \
			COPY_UNKNOWN(KNOWN_CURRENT, buffer, pointer, range);                       \
	})
#define of_task(pointer, range, member)                                                            \
	({                                                                                         \
		typeof((pointer)->member) of_task_;                                                \
                                                                                                   \
		if (buffer)                                                                        \
			of_task_ = LOADED(KNOWN_CURRENT, buffer, pointer, range, member);          \
		else                                                                               \
			of_task_ = probe(pointer, member);                                         \
		of_task_;                                                                          \
	})
/* A member that lies alone. */
#define alone_of_task(pointer, member) read_known(OF_CURRENT, pointer, member)

#define PID_NS_INIT_INO 0xeffffffcU /* of the initial pid namespace: linux/nsfs.h */

/* The thread group's pid in the pid namespace of the task itself, and that namespace. */
static __always_inline void write_pid_namespace(struct event_task *ret, struct task_struct *leader,
						struct pid *numbers, char *buffer)
{
	__u64 address = 0; /* of the same: the verifier lets nothing be added to a pointer */
	struct {
		__u64 number; /* an int, and padding */
		struct pid_namespace *ns;
	} upid = {};
	__u32 level;

	if (!numbers)
		return;
	level = alone_of_task(numbers, level);
	if (!level) {
		ret->pidns_id = PID_NS_INIT_INO;
		return;
	}
	copy_kernel(&address, sizeof(address),
		    (void *)leader + bpf_core_field_offset(struct task_struct, thread_pid));
	copy_kernel(&upid, sizeof(upid),
		    (void *)(address + bpf_core_field_offset(struct pid, numbers) +
			     (__u64)level * bpf_core_type_size(struct upid)));
	ret->nspid = (__u32)upid.number;
	ret->pidns_id = probe(upid.ns, ns.inum);
}

static __always_inline void read_comm(char to[EVENT_COMM_LEN], struct task_struct *task,
				      char *buffer)
{
	if (!OF_CURRENT) {
		copy_kernel(to, EVENT_COMM_LEN,
			    (void *)task + bpf_core_field_offset(struct task_struct, comm));
		return;
	}
	((__u64 *)to)[0] = *(__u64 *)&task->comm[0];
	((__u64 *)to)[1] = *(__u64 *)&task->comm[8];
}

static __always_inline void write_namespaces(struct event_task *ret, struct nsproxy *nsproxy,
					     char *buffer)
{
	struct cgroup_namespace *cgroupns;
	struct mnt_namespace *mntns;
	struct net *net;

	if (!nsproxy) /* it exits */
		return;
	copy_of(nsproxy, PROXIES);
	mntns = of_task(nsproxy, PROXIES, mnt_ns);
	net = of_task(nsproxy, PROXIES, net_ns);
	cgroupns = of_task(nsproxy, PROXIES, cgroup_ns);
	ret->mntns_id = alone_of_task(mntns, ns.inum);
	ret->netns_id = alone_of_task(net, ns.inum);
	ret->cgroupns_id = alone_of_task(cgroupns, ns.inum);
}

static __always_inline void write_cred(struct event_task *ret, struct cred *cred, char *buffer)
{
	struct user_namespace *userns;

	copy_of(cred, CRED_IDS);
	ret->uid = of_task(cred, CRED_IDS, uid.val);
	ret->gid = of_task(cred, CRED_IDS, gid.val);
	userns = alone_of_task(cred, user_ns);
	ret->userns_id = alone_of_task(userns, ns.inum);
}

/* Returns the EVENT_TASK_* flags of the task. */
static __always_inline __u16 write_any_task(struct event_task *ret, struct task_struct *task,
					    char *buffer)
{
	unsigned int flags = alone_of_task(task, flags);
	struct task_struct *parent, *leader;
	struct pid *numbers;

	*ret = (struct event_task){};
	copy_of(task, TASK_IDS);
	ret->pid = of_task(task, TASK_IDS, tgid);
	ret->tid = of_task(task, TASK_IDS, pid);
	parent = of_task(task, TASK_IDS, real_parent);
	leader = of_task(task, TASK_IDS, group_leader);
	ret->nspid = ret->pid;
	ret->start_time = alone_of_task(leader, start_boottime);
	numbers = alone_of_task(leader, thread_pid);
	ret->parent_pid = alone_of_task(parent, tgid);
	ret->parent_tid = alone_of_task(parent, pid);
	ret->cgroup_id = cgroup_id_of(task, buffer != NULL);
	write_pid_namespace(ret, leader, numbers, buffer);
	write_namespaces(ret, alone_of_task(task, nsproxy), buffer);
	write_cred(ret, alone_of_task(task, real_cred), buffer);
	read_comm(ret->comm, task, buffer);
	read_comm(ret->parent_comm, parent, buffer);
	return (flags & PF_KTHREAD ? EVENT_TASK_KERNEL : 0) |
	       (descends_from_tracer(task) ? EVENT_TASK_TRACED : 0);
}

static __always_inline __u16 write_task(struct event_task *ret, struct task_struct *task)
{
	return write_any_task(ret, task, NULL);
}

/* The process that a struct pid stands for: pid_task() with PIDTYPE_PID. */
static __always_inline struct task_struct *task_of_pid(struct pid *pid)
{
	struct hlist_node *first = NULL;

	bpf_core_read(&first, sizeof(first), &pid->tasks[PIDTYPE_PID].first);
	if (!first)
		return NULL;
	return (void *)first - bpf_core_field_offset(struct task_struct, pid_links);
}

#endif
