/* SPDX-License-Identifier: GPL-2.0-only */
/* Who: what is told of a task, and with which system call it entered the kernel. */
#ifndef FDPASS_TASK_H
#define FDPASS_TASK_H

#include "event.h"
#include "kernel.h"

/* fdpass -- COMMAND: the tracer's own pid, whose descendants are marked; 0: nobody is. */
const volatile __s32 tracer_pid = 0;

/* Generations that are looked at for an ancestor. Orphans are the tracer's (a subreaper). */
#define MAX_GENERATIONS 32

static __always_inline bool descends_from_tracer(struct task_struct *task)
{
	if (!tracer_pid)
		return false;
	for (int i = 0; i < MAX_GENERATIONS; i++) {
		task = get(task, real_parent);
		int pid = get(task, tgid);

		if (pid == tracer_pid)
			return true;
		if (pid <= 1)
			return false;
	}
	return false;
}

/* In what follows, of the task, and of what its members lead to; see() is for the current one. */
#define see_task(pointer, member) (current ? see(pointer, member) : get(pointer, member))

/* The thread group's pid in the pid namespace of the task itself. */
static __always_inline __u32 pid_in_namespace(struct task_struct *task, bool current, __u32 pid)
{
	struct signal_struct *signal = see_task(task, signal);
	struct pid *numbers = NULL;
	struct upid *deepest;
	__s32 number = 0;
	unsigned int level;

	copy_kernel(&numbers, sizeof(numbers),
		    (void *)signal + bpf_core_field_offset(struct signal_struct, pids) +
			    PIDTYPE_TGID * sizeof(numbers));
	if (!numbers)
		return pid;
	level = get(numbers, level);
	if (!level)
		return pid;
	deepest = (void *)numbers + bpf_core_field_offset(struct pid, numbers) +
		  (__u64)level * bpf_core_type_size(struct upid);
	bpf_core_read(&number, sizeof(number), &deepest->nr);
	return number;
}

static __always_inline void read_comm(char to[EVENT_COMM_LEN], struct task_struct *task,
				      bool current)
{
	if (!current || !have_helper(get_current_task_btf)) {
		copy_kernel(to, EVENT_COMM_LEN,
			    (void *)task + bpf_core_field_offset(struct task_struct, comm));
		return;
	}
	((__u64 *)to)[0] = *(__u64 *)&task->comm[0];
	((__u64 *)to)[1] = *(__u64 *)&task->comm[8];
}

/* Returns the EVENT_TASK_* flags of the task. */
static __always_inline __u16 describe_any_task(struct event_task *ret, struct task_struct *task,
					       bool current)
{
	struct cred *cred = see_task(task, real_cred);
	struct task_struct *parent = see_task(task, real_parent);
	struct task_struct *leader = see_task(task, group_leader);
	struct nsproxy *nsproxy = see_task(task, nsproxy);
	unsigned int flags = see_task(task, flags);
	__u16 told = 0;

	ret->pid = see_task(task, tgid);
	ret->tid = see_task(task, pid);
	ret->nspid = pid_in_namespace(task, current, ret->pid);
	ret->uid = see_task(cred, uid.val);
	ret->gid = see_task(cred, gid.val);
	ret->start_time = see_task(leader, start_boottime) ?: 1;
	ret->mntns_id = 0;
	if (nsproxy) {
		struct mnt_namespace *mntns = see_task(nsproxy, mnt_ns);

		ret->mntns_id = see_task(mntns, ns.inum);
	}
	read_comm(ret->comm, task, current);
	ret->parent_pid = see_task(parent, tgid);
	read_comm(ret->parent_comm, parent, current);

	if (flags & PF_KTHREAD)
		told |= EVENT_TASK_KERNEL;
	if (descends_from_tracer(task))
		told |= EVENT_TASK_TRACED;
	return told;
}

static __always_inline __u16 describe_current(struct event_task *ret)
{
	return describe_any_task(ret, current_task(), true);
}

static __always_inline __u16 describe_task(struct event_task *ret, struct task_struct *task)
{
	return describe_any_task(ret, task, false);
}

/* What a system call does with a socket, as far as the life of a descriptor is concerned. */
enum call_kind {
	CALL_OTHER,
	CALL_SEND, /* sendmsg, sendmmsg */
	CALL_RECEIVE, /* recvmsg, recvmmsg */
	CALL_READ, /* read, recv and all that take data without control messages */
	CALL_IO_URING,
};

struct call {
	enum call_kind kind;
	__s32 fd; /* its first argument, where that is a descriptor of kind's socket; else -1 */
};

/* System calls of x86: asm/unistd_64.h, unistd_32.h and, without X32_SYSCALL_BIT, unistd_x32.h. */
static __always_inline enum call_kind call_kind_64(__u32 number)
{
	switch (number) {
	case 46: /* sendmsg */
	case 307: /* sendmmsg */
	case 518: /* x32 sendmsg */
	case 538: /* x32 sendmmsg */
		return CALL_SEND;
	case 47: /* recvmsg */
	case 299: /* recvmmsg */
	case 519: /* x32 recvmsg */
	case 537: /* x32 recvmmsg */
		return CALL_RECEIVE;
	case 0: /* read */
	case 19: /* readv */
	case 45: /* recvfrom */
	case 275: /* splice */
	case 327: /* preadv2 */
	case 515: /* x32 readv */
	case 517: /* x32 recvfrom */
		return CALL_READ;
	case 426: /* io_uring_enter */
		return CALL_IO_URING;
	}
	return CALL_OTHER;
}

static __always_inline enum call_kind call_kind_32(__u32 number)
{
	switch (number) {
	case 370: /* sendmsg */
	case 345: /* sendmmsg */
		return CALL_SEND;
	case 372: /* recvmsg */
	case 337: /* recvmmsg */
	case 417: /* recvmmsg_time64 */
		return CALL_RECEIVE;
	case 3: /* read */
	case 145: /* readv */
	case 371: /* recvfrom */
	case 313: /* splice */
	case 378: /* preadv2 */
		return CALL_READ;
	case 426: /* io_uring_enter */
		return CALL_IO_URING;
	}
	return CALL_OTHER;
}

/* socketcall(2) of 32-bit programs: a number of linux/net.h, and the arguments in memory. */
static __always_inline void read_socketcall(struct call *ret, struct pt_regs *regs)
{
	__u32 fd = 0;

	switch ((__u32)get(regs, bx)) {
	case 16: /* SYS_SENDMSG */
	case 20: /* SYS_SENDMMSG */
		ret->kind = CALL_SEND;
		break;
	case 17: /* SYS_RECVMSG */
	case 19: /* SYS_RECVMMSG */
		ret->kind = CALL_RECEIVE;
		break;
	case 10: /* SYS_RECV */
	case 12: /* SYS_RECVFROM */
		ret->kind = CALL_READ;
		break;
	default:
		return;
	}
	if (!bpf_probe_read_user(&fd, sizeof(fd), (void *)(get(regs, cx) & 0xffffffff)))
		ret->fd = fd;
}

/* The system call that the current task is in, from its registers. */
static __always_inline struct call current_call(struct task_struct *task)
{
	struct call call = { .kind = CALL_OTHER, .fd = -1 };
	struct pt_regs *regs;
	__u32 flags, number;

	flags = see(task, flags);
	if (flags & PF_KTHREAD)
		return call;
	if (flags & PF_IO_WORKER) {
		call.kind = CALL_IO_URING;
		return call;
	}
	regs = user_registers(task);
	number = get(regs, orig_ax);
	if (see(task, thread_info.status) & TS_COMPAT) {
		if (number == 102) { /* socketcall */
			read_socketcall(&call, regs);
			return call;
		}
		call.kind = call_kind_32(number);
		if (call.kind != CALL_OTHER && call.kind != CALL_IO_URING)
			call.fd = get(regs, bx);
		return call;
	}
	call.kind = call_kind_64(number & ~X32_SYSCALL_BIT);
	if (call.kind != CALL_OTHER && call.kind != CALL_IO_URING)
		call.fd = get(regs, di);
	return call;
}

#endif
