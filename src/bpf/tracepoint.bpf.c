// SPDX-License-Identifier: GPL-2.0-only
/*
 * The third way to attach, for kernels that have neither fentry nor kprobes: the tracepoints of the
 * system calls. Fetches the arguments and calls the handlers of call.h, nothing else.
 *
 * What it costs: every sendmsg one read of its struct msghdr and at the exit a look-up, every
 * recvmsg two reads and a look-up, on any socket. 32-bit programs do not come through here, and
 * io_uring is no system call of theirs. At an exit the arguments are in the registers still.
 *
 * SECCOMP_IOCTL_NOTIF_ADDFD is not seen: every ioctl(2) of the machine would have to pay for it.
 */
#include "call.h"
#include "identity.h"
#include "move.h"
#include "stand_in.h"

char LICENSE[] SEC("license") = "GPL";

/* What a tracepoint's program does follows its head. */
#define HEAD(point, name, context)                                                                 \
	static __always_inline void on_##point##_##name(struct context *ctx)

#define PROGRAM(program, point, name, context, work)                                               \
	SEC("tracepoint/syscalls/sys_" #point "_" #name)                                           \
	int program(struct context *ctx)                                                           \
	{                                                                                          \
		work;                                                                              \
		return 0;                                                                          \
	}

/* With stand-ins; see stand_in.h. */
#define TRACEPOINT(point, name, hook, context)                                                     \
	HEAD(point, name, context);                                                                \
	PROGRAM(point##_##name, point, name, context, IN_TURN(hook, 0, on_##point##_##name(ctx)))  \
	PROGRAM(stand_in_##point##_##name, point, name, context,                                   \
		IN_TURN(hook, 1, on_##point##_##name(ctx)))                                        \
	PROGRAM(stand_in_2_##point##_##name, point, name, context,                                 \
		IN_TURN(hook, 2, on_##point##_##name(ctx)))                                        \
	HEAD(point, name, context)

#define ENTRY(name, hook) TRACEPOINT(enter, name, hook, trace_event_raw_sys_enter)
#define EXIT(name, hook) TRACEPOINT(exit, name, hook, trace_event_raw_sys_exit)

/* Without one: these calls are rare. */
#define RARE_EXIT(name)                                                                            \
	HEAD(exit, name, trace_event_raw_sys_exit);                                                \
	PROGRAM(exit_##name, exit, name, trace_event_raw_sys_exit,                                 \
		UNDISTURBED(on_exit_##name(ctx)))                                                  \
	HEAD(exit, name, trace_event_raw_sys_exit)

/* The programs that have stand-ins. */
enum hook {
	HOOK_ENTER_SENDMSG,
	HOOK_EXIT_SENDMSG,
	HOOK_ENTER_SENDMMSG,
	HOOK_EXIT_SENDMMSG,
	HOOK_ENTER_RECVMSG,
	HOOK_EXIT_RECVMSG,
	HOOK_ENTER_RECVMMSG,
	HOOK_EXIT_RECVMMSG,
	HOOK_CREATED, /* a thread creates one file at a time */
};

static __always_inline struct pt_regs *arguments(void)
{
	return user_registers(current_task());
}

ENTRY(sendmsg, HOOK_ENTER_SENDMSG)
{
	on_sendmsg(ctx->args[0], ctx->args[1]);
}

EXIT(sendmsg, HOOK_EXIT_SENDMSG)
{
	on_sendmsg_done(ctx->ret);
}

ENTRY(sendmmsg, HOOK_ENTER_SENDMMSG)
{
	on_sendmmsg(ctx->args[0], ctx->args[1], ctx->args[2]);
}

EXIT(sendmmsg, HOOK_EXIT_SENDMMSG)
{
	on_sendmmsg_done(get(arguments(), si), ctx->ret);
}

ENTRY(recvmsg, HOOK_ENTER_RECVMSG)
{
	on_recvmsg(ctx->args[0], ctx->args[1]);
}

EXIT(recvmsg, HOOK_EXIT_RECVMSG)
{
	struct pt_regs *regs = arguments();

	on_recvmsg_done(get(regs, di), get(regs, si), get(regs, dx), ctx->ret);
}

ENTRY(recvmmsg, HOOK_ENTER_RECVMMSG)
{
	on_recvmmsg(ctx->args[0], ctx->args[1], ctx->args[2]);
}

EXIT(recvmmsg, HOOK_EXIT_RECVMMSG)
{
	struct pt_regs *regs = arguments();

	on_recvmmsg_done(get(regs, di), get(regs, si), get(regs, r10), ctx->ret);
}

/*
 * The process that a pidfd stands for. The file's inode has it since pidfs (6.9: cb12fd8e0dab
 * "pidfd: add pidfs"), before that the file has. PIDFD_SELF (6.14) is a negative number.
 */
static __always_inline struct pid *pid_of_pidfd(struct task_struct *task, __s32 pidfd)
{
	struct signal_struct *signal = get(task, signal);
	struct pid *pid = NULL;
	struct file *file;

	if (pidfd < 0) {
		bpf_core_read(&pid, sizeof(pid), &signal->pids[PIDTYPE_TGID]);
		return pid;
	}
	file = file_of_fd(task, pidfd);
	if (!file)
		return NULL;
	pid = get(get(file, f_inode), i_private);
	return pid ?: get(file, private_data);
}

/* pidfd_getfd(pidfd, fd, flags) */
RARE_EXIT(pidfd_getfd)
{
	struct pt_regs *regs = arguments();

	if (ctx->ret >= 0)
		on_pidfd_getfd(pid_of_pidfd(current_task(), get(regs, di)), get(regs, si),
			       ctx->ret);
}

/* Of the system calls that create a file with an anonymous inode, the common ones: see identity.h. */
#define CREATES(name)                                                                              \
	EXIT(name, HOOK_CREATED)                                                                   \
	{                                                                                          \
		on_created_fd(ctx->ret);                                                           \
	}

CREATES(epoll_create)
CREATES(epoll_create1)
CREATES(eventfd)
CREATES(eventfd2)
CREATES(inotify_init)
CREATES(inotify_init1)
CREATES(pidfd_open)
CREATES(signalfd)
CREATES(signalfd4)
CREATES(timerfd_create)
