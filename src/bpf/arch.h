/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What differs between processors: the registers with which a task entered the kernel, the numbers
 * of system calls, and how 32-bit programs are told. Another processor is another such header.
 */
#ifndef FDPASS_ARCH_H
#define FDPASS_ARCH_H

/* What a system call does with a socket, as far as the life of a descriptor is concerned. */
enum call_kind {
	CALL_OTHER,
	CALL_SEND, /* sendmsg */
	CALL_SEND_MANY, /* sendmmsg */
	CALL_RECEIVE, /* recvmsg */
	CALL_RECEIVE_MANY, /* recvmmsg */
	CALL_READ, /* read, recv and all that take data without control messages */
	CALL_IO_URING, /* in io_uring_enter, or in a worker of a ring */
	CALL_PIDFD_GETFD,
	CALL_CREATE, /* of a descriptor for a file with an anonymous inode */
	CALL_SOCKETCALL, /* socketcall(2) of 32-bit programs: see call.h */
};

/* The system call that a task is in: see call.h. */
struct call {
	enum call_kind kind;
	__s32 fd; /* its first argument, where that is a descriptor of kind's socket; else -1 */
	__u64 message; /* its second: a struct msghdr, or several */
	__u32 count; /* its third */
	__u32 flags; /* of a receive: MSG_* */
	bool compat; /* of a 32-bit program */
};

#if defined(__TARGET_ARCH_x86)
#include "arch_x86.h"
#elif defined(__TARGET_ARCH_arm64)
#include "arch_arm64.h"
#else
#error "no header for this processor"
#endif

#endif
