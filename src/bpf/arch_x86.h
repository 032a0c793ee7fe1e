/* SPDX-License-Identifier: GPL-2.0-only */
/* x86-64, with 32-bit programs and those of the x32 ABI. */
#ifndef FDPASS_ARCH_X86_H
#define FDPASS_ARCH_X86_H

#define TS_COMPAT 0x0002 /* thread_info.status: in a 32-bit system call */
#define THREAD_SIZE 16384 /* without KASAN */
#define X32_SYSCALL_BIT 0x40000000

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct thread_info {
	unsigned int status;
};

struct pt_regs {
	unsigned long r10, r8;
	unsigned long cx, dx, si, di, bx;
	unsigned long orig_ax;
	unsigned long ax;
	unsigned long ip, sp;
	unsigned long bp, r9;
};

#pragma clang attribute pop

#define ARCH_CALL_NUMBER orig_ax
/* Most of those that are asked for lie from this one to the call's number. */
#define ARCH_FIRST_REGISTER dx
/* Arguments of a system call, in order. */
#define ARCH_ARGUMENT_1 di
#define ARCH_ARGUMENT_2 si
#define ARCH_ARGUMENT_3 dx
#define ARCH_ARGUMENT_4 r10
#define ARCH_ARGUMENT_1_32 bx
#define ARCH_ARGUMENT_2_32 cx
#define ARCH_ARGUMENT_3_32 dx
#define ARCH_ARGUMENT_4_32 si

#define ARCH_THREAD_STATE status
/* The bit of that which says that a 32-bit system call is under way. */
#define arch_is_32bit(status) ((status)&TS_COMPAT)

/* asm/unistd_64.h and, without X32_SYSCALL_BIT, unistd_x32.h. */
static __always_inline enum call_kind arch_call_kind(unsigned int number)
{
	switch (number & ~X32_SYSCALL_BIT) {
	case 46: /* sendmsg */
	case 518: /* x32 sendmsg */
		return CALL_SEND;
	case 307: /* sendmmsg */
	case 538: /* x32 sendmmsg */
		return CALL_SEND_MANY;
	case 47: /* recvmsg */
	case 519: /* x32 recvmsg */
		return CALL_RECEIVE;
	case 299: /* recvmmsg */
	case 537: /* x32 recvmmsg */
		return CALL_RECEIVE_MANY;
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
	case 438:
		return CALL_PIDFD_GETFD;
	case 213: /* epoll_create */
	case 253: /* inotify_init */
	case 282: /* signalfd */
	case 283: /* timerfd_create */
	case 284: /* eventfd */
	case 289: /* signalfd4 */
	case 290: /* eventfd2 */
	case 291: /* epoll_create1 */
	case 294: /* inotify_init1 */
	case 300: /* fanotify_init */
	case 323: /* userfaultfd */
	case 425: /* io_uring_setup */
	case 434: /* pidfd_open */
		return CALL_CREATE;
	}
	return CALL_OTHER;
}

/* asm/unistd_32.h */
static __always_inline enum call_kind arch_call_kind_32(unsigned int number)
{
	switch (number) {
	case 370: /* sendmsg */
		return CALL_SEND;
	case 345: /* sendmmsg */
		return CALL_SEND_MANY;
	case 372: /* recvmsg */
		return CALL_RECEIVE;
	case 337: /* recvmmsg */
	case 417: /* recvmmsg_time64 */
		return CALL_RECEIVE_MANY;
	case 3: /* read */
	case 145: /* readv */
	case 371: /* recvfrom */
	case 313: /* splice */
	case 378: /* preadv2 */
		return CALL_READ;
	case 426: /* io_uring_enter */
		return CALL_IO_URING;
	case 102:
		return CALL_SOCKETCALL;
	case 438:
		return CALL_PIDFD_GETFD;
	case 254: /* epoll_create */
	case 291: /* inotify_init */
	case 321: /* signalfd */
	case 322: /* timerfd_create */
	case 323: /* eventfd */
	case 327: /* signalfd4 */
	case 328: /* eventfd2 */
	case 329: /* epoll_create1 */
	case 332: /* inotify_init1 */
	case 338: /* fanotify_init */
	case 374: /* userfaultfd */
	case 425: /* io_uring_setup */
	case 434: /* pidfd_open */
		return CALL_CREATE;
	}
	return CALL_OTHER;
}

#endif
