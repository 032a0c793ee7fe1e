// SPDX-License-Identifier: GPL-2.0-only
/*
 * The second way to attach: kprobes and kretprobes on the same functions as fentry.bpf.c, for
 * kernels that refuse fentry. A kretprobe does not know the arguments: they are kept from the entry
 * until the return, in a table by thread, which also shows what the kernel missed: a return without
 * an entry, or a second entry without a return, is counted as lost.
 */
#include "message.h"
#include "move.h"

char LICENSE[] SEC("license") = "GPL";

struct arguments {
	__u64 of[3];
};

#define DECLARE_CALLS(map_name)                                                                    \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_HASH);                                                   \
		__uint(max_entries, 16384); /* threads inside the function at one time */          \
		__type(key, __u64);                                                                \
		__type(value, struct arguments);                                                   \
	} map_name SEC(".maps")

DECLARE_CALLS(sends);
DECLARE_CALLS(copies);
DECLARE_CALLS(gets);

static __always_inline void keep_arguments(void *calls, struct pt_regs *ctx)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct arguments arguments = {
		{ PT_REGS_PARM1(ctx), PT_REGS_PARM2(ctx), PT_REGS_PARM3(ctx) },
	};

	if (bpf_map_update_elem(calls, &thread, &arguments, BPF_NOEXIST)) {
		/* the return of an earlier call was missed, or there is no room */
		count_lost(EVENT_LOST_SKIPPED);
		bpf_map_update_elem(calls, &thread, &arguments, BPF_ANY);
	}
}

static __always_inline bool take_arguments(void *calls, struct arguments *ret)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct arguments *found = bpf_map_lookup_elem(calls, &thread);

	if (!found) {
		count_lost(EVENT_LOST_SKIPPED);
		return false;
	}
	*ret = *found;
	bpf_map_delete_elem(calls, &thread);
	return true;
}

SEC("kprobe/__scm_send")
int sending(struct pt_regs *ctx)
{
	keep_arguments(&sends, ctx);
	return 0;
}

SEC("kretprobe/__scm_send")
int sent(struct pt_regs *ctx)
{
	struct arguments call;
	int error = PT_REGS_RC(ctx);

	if (take_arguments(&sends, &call) && may_have_rights((void *)call.of[2], error))
		on_sent((void *)call.of[0], (void *)call.of[1], (void *)call.of[2], error);
	return 0;
}

SEC("kprobe/scm_fp_dup")
int copying(struct pt_regs *ctx)
{
	keep_arguments(&copies, ctx);
	return 0;
}

SEC("kretprobe/scm_fp_dup")
int copied(struct pt_regs *ctx)
{
	struct arguments call;

	if (take_arguments(&copies, &call))
		on_copied((void *)call.of[0], (void *)PT_REGS_RC(ctx));
	return 0;
}

SEC("kprobe/unix_add_edges")
int queued(struct pt_regs *ctx)
{
	on_queued((void *)PT_REGS_PARM1(ctx), (void *)PT_REGS_PARM2(ctx));
	return 0;
}

SEC("kprobe/scm_detach_fds")
int detach(struct pt_regs *ctx)
{
	on_detach((void *)PT_REGS_PARM1(ctx), (void *)PT_REGS_PARM2(ctx));
	return 0;
}

SEC("kprobe/__scm_destroy")
int destroyed(struct pt_regs *ctx)
{
	on_destroyed((void *)PT_REGS_PARM1(ctx));
	return 0;
}

SEC("kprobe/pidfd_getfd")
int getting(struct pt_regs *ctx)
{
	keep_arguments(&gets, ctx);
	return 0;
}

SEC("kretprobe/pidfd_getfd")
int got(struct pt_regs *ctx)
{
	struct arguments call;

	if (take_arguments(&gets, &call))
		on_pidfd_getfd((void *)call.of[0], call.of[1], PT_REGS_RC(ctx));
	return 0;
}

SEC("kprobe/seccomp_notify_ioctl")
int adding(struct pt_regs *ctx)
{
	on_adding((void *)PT_REGS_PARM1(ctx), PT_REGS_PARM2(ctx), PT_REGS_PARM3(ctx));
	return 0;
}

SEC("kretprobe/seccomp_notify_ioctl")
int added(struct pt_regs *ctx)
{
	on_added(PT_REGS_RC(ctx));
	return 0;
}

SEC("kprobe/io_msg_ring")
int posting(struct pt_regs *ctx)
{
	on_posting((void *)PT_REGS_PARM1(ctx));
	return 0;
}

SEC("kretprobe/io_msg_ring")
int posted(struct pt_regs *ctx)
{
	on_posted();
	return 0;
}

SEC("kprobe/io_msg_tw_fd_complete")
int posting_remotely(struct pt_regs *ctx)
{
	on_posting_remotely((void *)PT_REGS_PARM1(ctx));
	return 0;
}

SEC("kretprobe/io_msg_tw_fd_complete")
int posted_remotely(struct pt_regs *ctx)
{
	on_posted();
	return 0;
}

SEC("kprobe/__io_fixed_fd_install")
int installing(struct pt_regs *ctx)
{
	on_installing((void *)PT_REGS_PARM1(ctx), (void *)PT_REGS_PARM2(ctx));
	return 0;
}

SEC("kretprobe/__io_fixed_fd_install")
int installed(struct pt_regs *ctx)
{
	on_installed(PT_REGS_RC(ctx));
	return 0;
}

SEC("kretprobe/anon_inode_getfile")
int created(struct pt_regs *ctx)
{
	on_created((struct file *)PT_REGS_RC(ctx));
	return 0;
}

SEC("kretprobe/anon_inode_getfile_fmode")
int created_mode(struct pt_regs *ctx)
{
	on_created((struct file *)PT_REGS_RC(ctx));
	return 0;
}

SEC("kretprobe/anon_inode_getfd")
int created_fd(struct pt_regs *ctx)
{
	on_created_fd(PT_REGS_RC(ctx));
	return 0;
}
