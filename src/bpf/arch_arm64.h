/* SPDX-License-Identifier: GPL-2.0-only */
/* arm64, with 32-bit programs. */
#ifndef FDPASS_ARCH_ARM64_H
#define FDPASS_ARCH_ARM64_H

#define TIF_32BIT 22 /* thread_info.flags */
#define THREAD_SIZE 16384 /* with pages of up to 16 KiB, and without KASAN */

/* uapi/asm/ptrace.h: the begin of struct pt_regs, in which bpf_tracing.h looks for arguments */
struct user_pt_regs {
	__u64 regs[31];
	__u64 sp;
	__u64 pc;
	__u64 pstate;
};

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct thread_info {
	unsigned long flags;
};

struct pt_regs {
	__u64 regs[31];
	__u64 sp;
	__u64 pc;
	__u64 pstate;
	__u64 orig_x0;
	__s32 syscallno;
};

#pragma clang attribute pop

#define ARCH_CALL_NUMBER syscallno
/* Those that are asked for lie from this one to the call's number. */
#define ARCH_FIRST_REGISTER regs
/* Arguments of a system call, in order: the first register gets the result. */
#define ARCH_ARGUMENT_1 orig_x0
#define ARCH_ARGUMENT_2 regs[1]
#define ARCH_ARGUMENT_3 regs[2]
#define ARCH_ARGUMENT_4 regs[3]
#define ARCH_ARGUMENT_1_32 orig_x0
#define ARCH_ARGUMENT_2_32 regs[1]
#define ARCH_ARGUMENT_3_32 regs[2]
#define ARCH_ARGUMENT_4_32 regs[3]

#define ARCH_THREAD_STATE flags
/* The bit of that which says that it is a 32-bit task. */
#define arch_is_32bit(flags) ((flags)&1UL << TIF_32BIT)

/* asm-generic/unistd.h */
static __always_inline enum call_kind arch_call_kind(unsigned int number)
{
	switch (number) {
	case 211: /* sendmsg */
		return CALL_SEND;
	case 269: /* sendmmsg */
		return CALL_SEND_MANY;
	case 212: /* recvmsg */
		return CALL_RECEIVE;
	case 243: /* recvmmsg */
		return CALL_RECEIVE_MANY;
	case 63: /* read */
	case 65: /* readv */
	case 76: /* splice */
	case 207: /* recvfrom */
	case 286: /* preadv2 */
		return CALL_READ;
	case 426: /* io_uring_enter */
		return CALL_IO_URING;
	case 438:
		return CALL_PIDFD_GETFD;
	case 19: /* eventfd2 */
	case 20: /* epoll_create1 */
	case 26: /* inotify_init1 */
	case 74: /* signalfd4 */
	case 85: /* timerfd_create */
	case 262: /* fanotify_init */
	case 282: /* userfaultfd */
	case 425: /* io_uring_setup */
	case 434: /* pidfd_open */
		return CALL_CREATE;
	}
	return CALL_OTHER;
}

/* asm/unistd32.h */
static __always_inline enum call_kind arch_call_kind_32(unsigned int number)
{
	switch (number) {
	case 296: /* sendmsg */
		return CALL_SEND;
	case 374: /* sendmmsg */
		return CALL_SEND_MANY;
	case 297: /* recvmsg */
		return CALL_RECEIVE;
	case 365: /* recvmmsg */
	case 417: /* recvmmsg_time64 */
		return CALL_RECEIVE_MANY;
	case 3: /* read */
	case 145: /* readv */
	case 291: /* recv */
	case 292: /* recvfrom */
	case 340: /* splice */
	case 392: /* preadv2 */
		return CALL_READ;
	case 426: /* io_uring_enter */
		return CALL_IO_URING;
	case 438:
		return CALL_PIDFD_GETFD;
	case 250: /* epoll_create */
	case 316: /* inotify_init */
	case 349: /* signalfd */
	case 350: /* timerfd_create */
	case 351: /* eventfd */
	case 355: /* signalfd4 */
	case 356: /* eventfd2 */
	case 357: /* epoll_create1 */
	case 360: /* inotify_init1 */
	case 367: /* fanotify_init */
	case 388: /* userfaultfd */
	case 425: /* io_uring_setup */
	case 434: /* pidfd_open */
		return CALL_CREATE;
	}
	return CALL_OTHER;
}

#endif
