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

char LICENSE[] SEC("license") = "GPL";

#define ENTRY(name)                                                                                \
	SEC("tracepoint/syscalls/sys_enter_" #name)                                                \
	int enter_##name(struct trace_event_raw_sys_enter *ctx)

#define EXIT(name)                                                                                 \
	SEC("tracepoint/syscalls/sys_exit_" #name)                                                 \
	int exit_##name(struct trace_event_raw_sys_exit *ctx)

static __always_inline struct pt_regs *arguments(void)
{
	return user_registers(current_task());
}

ENTRY(sendmsg)
{
	on_sendmsg(ctx->args[0], ctx->args[1]);
	return 0;
}

EXIT(sendmsg)
{
	on_sendmsg_done(ctx->ret);
	return 0;
}

ENTRY(sendmmsg)
{
	on_sendmmsg(ctx->args[0], ctx->args[1], ctx->args[2]);
	return 0;
}

EXIT(sendmmsg)
{
	on_sendmmsg_done(get(arguments(), si), ctx->ret);
	return 0;
}

ENTRY(recvmsg)
{
	on_recvmsg(ctx->args[0], ctx->args[1]);
	return 0;
}

EXIT(recvmsg)
{
	struct pt_regs *regs = arguments();

	on_recvmsg_done(get(regs, di), get(regs, si), get(regs, dx), ctx->ret);
	return 0;
}

ENTRY(recvmmsg)
{
	on_recvmmsg(ctx->args[0], ctx->args[1], ctx->args[2]);
	return 0;
}

EXIT(recvmmsg)
{
	struct pt_regs *regs = arguments();

	on_recvmmsg_done(get(regs, di), get(regs, si), get(regs, r10), ctx->ret);
	return 0;
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
EXIT(pidfd_getfd)
{
	struct pt_regs *regs = arguments();

	if (ctx->ret >= 0)
		on_pidfd_getfd(pid_of_pidfd(current_task(), get(regs, di)), get(regs, si),
			       ctx->ret);
	return 0;
}

/* The system calls that create a file with an anonymous inode: see identity.h. */
#define CREATES(name)                                                                              \
	EXIT(name)                                                                                 \
	{                                                                                          \
		on_created_fd(ctx->ret);                                                           \
		return 0;                                                                          \
	}

CREATES(epoll_create)
CREATES(epoll_create1)
CREATES(eventfd)
CREATES(eventfd2)
CREATES(inotify_init)
CREATES(inotify_init1)
CREATES(signalfd)
CREATES(signalfd4)
CREATES(timerfd_create)
