/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * With which system call the current task entered the kernel, from its registers: its kind, its
 * descriptor, and where in the process's memory the message is.
 */
#ifndef FDPASS_CALL_H
#define FDPASS_CALL_H

#include "record.h"

/* socketcall(2) of 32-bit programs: a number of linux/net.h, and the arguments in memory. */
static __always_inline void read_socketcall(struct call *ret, __u32 number, __u64 at)
{
	__u32 arguments[4];

	ret->kind = CALL_OTHER;
	switch (number) {
	case 16: /* SYS_SENDMSG */
		ret->kind = CALL_SEND;
		break;
	case 20: /* SYS_SENDMMSG */
		ret->kind = CALL_SEND_MANY;
		break;
	case 17: /* SYS_RECVMSG */
		ret->kind = CALL_RECEIVE;
		break;
	case 19: /* SYS_RECVMMSG */
		ret->kind = CALL_RECEIVE_MANY;
		break;
	case 10: /* SYS_RECV */
	case 12: /* SYS_RECVFROM */
		ret->kind = CALL_READ;
		break;
	}
	ret->fd = -1;
	if (ret->kind == CALL_OTHER ||
	    bpf_probe_read_user(arguments, sizeof(arguments), (void *)(at & 0xffffffff)))
		return;
	ret->fd = arguments[0];
	ret->message = arguments[1];
	ret->count = arguments[2];
	ret->flags = arguments[ret->kind == CALL_RECEIVE_MANY ? 3 : 2];
}

#define TASK_STATE struct task_struct, thread_info.ARCH_THREAD_STATE, flags
#define ARGUMENTS struct pt_regs, ARCH_FIRST_REGISTER, ARCH_CALL_NUMBER

/* A register of the current task: a plain load where bpf_task_pt_regs() gave them. */
#define load_register(name) LOADED(KNOWN_REGISTERS, s->copy, registers, ARGUMENTS, name)

/* The call's message and flags. */
static __always_inline void find_arguments(struct scratch *s, struct pt_regs *registers)
{
	struct call *call = &s->call;

	call->message = load_register(ARCH_ARGUMENT_2);
	call->count = load_register(ARCH_ARGUMENT_3);
	call->flags = call->kind == CALL_RECEIVE_MANY ? load_register(ARCH_ARGUMENT_4) :
							call->count;
}

/* The registers of the task of which s->copy has TASK_STATE; now it has ARGUMENTS. */
static __always_inline struct pt_regs *copy_registers(struct scratch *s, struct task_struct *task)
{
	struct pt_regs *registers = user_registers(
		KNOWN_REGISTERS ? NULL : LOADED(KNOWN_CURRENT, s->copy, task, TASK_STATE, stack));

	COPY_UNKNOWN(KNOWN_REGISTERS, s->copy, registers, ARGUMENTS);
	return registers;
}

/* The same of a 32-bit program. */
static __always_inline void find_call_32(struct scratch *s, struct pt_regs *registers, __u32 number)
{
	struct call *call = &s->call;

	call->kind = arch_call_kind_32(number);
	if (call->kind == CALL_SOCKETCALL) {
		read_socketcall(call, load_register(ARCH_ARGUMENT_1_32),
				load_register(ARCH_ARGUMENT_2_32));
	} else if (call->kind != CALL_OTHER && call->kind != CALL_IO_URING) {
		call->fd = load_register(ARCH_ARGUMENT_1_32);
		call->message = (__u32)load_register(ARCH_ARGUMENT_2_32);
		call->count = load_register(ARCH_ARGUMENT_3_32);
		call->flags = call->kind == CALL_RECEIVE_MANY ? load_register(ARCH_ARGUMENT_4_32) :
								call->count;
	}
}

static __always_inline void find_call(struct scratch *s)
{
	struct task_struct *task = current_task();
	struct call *call = &s->call;
	struct pt_regs *registers;
	__u32 flags, number;

	COPY_UNKNOWN(KNOWN_CURRENT, s->copy, task, TASK_STATE);
	flags = LOADED(KNOWN_CURRENT, s->copy, task, TASK_STATE, flags);
	*call = (struct call){ .kind = CALL_OTHER, .fd = -1 };
	if (flags & PF_KTHREAD)
		return;
	if (flags & PF_IO_WORKER) {
		call->kind = CALL_IO_URING;
		return;
	}
	call->compat = arch_is_32bit(
		LOADED(KNOWN_CURRENT, s->copy, task, TASK_STATE, thread_info.ARCH_THREAD_STATE));
	registers = copy_registers(s, task);
	number = load_register(ARCH_CALL_NUMBER);
	if (call->compat) {
		find_call_32(s, registers, number);
		return;
	}
	call->kind = arch_call_kind(number);
	if (call->kind == CALL_OTHER || call->kind == CALL_IO_URING)
		return;
	call->fd = load_register(ARCH_ARGUMENT_1);
#ifndef LISTS_TELL_ALL
	find_arguments(s, registers);
#endif
}

/*
 * The same, once in each run of a program: s->call is what those that it calls go by. A global function, and what it finds goes through memory, so that the verifier
 * does not follow each kind of call through all that comes after.
 */
__attribute__((noinline)) int read_call(__u32 user)
{
	struct scratch *s = scratch_of(user < NR_SCRATCHES ? user : 0);

	if (s)
		find_call(s);
	return 0;
}

/* Is the system call of this number of any interest? */
static __always_inline bool is_of_interest(struct task_struct *task, __u32 number)
{
	return (arch_is_32bit(load(task, thread_info.ARCH_THREAD_STATE)) ?
			arch_call_kind_32(number) :
			arch_call_kind(number)) != CALL_OTHER;
}

static __always_inline bool is_send(const struct call *call)
{
	return call->kind == CALL_SEND || call->kind == CALL_SEND_MANY;
}

/* Is the current task in one? Only for what ends: the scratch is that of SCRATCH_END. */
static __always_inline bool is_sending(void)
{
	struct scratch *s = scratch_of(SCRATCH_END);

	read_call(SCRATCH_END);
	return s && is_send(&s->call);
}

static __always_inline bool is_receive(const struct call *call)
{
	return call->kind == CALL_RECEIVE || call->kind == CALL_RECEIVE_MANY;
}

#endif
