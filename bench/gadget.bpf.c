// SPDX-License-Identifier: GPL-2.0-only
/*
 * A stand-in for what the existing tool costs: Inspektor Gadget's fdpass gadget, by its hooks, what
 * each reads, and the size of its record; written for this benchmark, not taken from there. It
 * follows a sender's system call into __scm_send() and to each fget_raw().
 */
#include "gadget.h"
#include "kernel.h"
#include "task.h"

char LICENSE[] SEC("license") = "GPL";

#define NAME_SIZE 256
#define MAX_STEPS 80

/* Waking the reader costs 8,000 instructions and more, whatever the programs do. */
const volatile bool wakes_reader = false;

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, RECORDS_SIZE); /* user space sets it */
} records SEC(".maps");

#define DECLARE_CALLS(name, value_type)                                                            \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_HASH);                                                   \
		__uint(max_entries, 1024);                                                         \
		__type(key, __u64);                                                                \
		__type(value, value_type);                                                         \
	} name SEC(".maps")

DECLARE_CALLS(sockets, __u32); /* by thread: the descriptor of the sending socket */
DECLARE_CALLS(sends, __u64); /* its inode, inside __scm_send() */
DECLARE_CALLS(lookups, __u32); /* the descriptor that is looked up */

/* A path is put together from its end, by a walk whose position is kept here. */
struct buffer {
	__u64 dentry;
	__u64 vfsmount;
	__u32 at;
	char path[PATH_SIZE + NAME_SIZE];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct buffer);
} buffers SEC(".maps");

/* The record that perf makes. */
struct trace_event_raw_sys_enter {
	unsigned long args[6];
} __attribute__((preserve_access_index));

static __always_inline int keep_socket(__u32 fd)
{
	__u64 thread = bpf_get_current_pid_tgid();

	bpf_map_update_elem(&sockets, &thread, &fd, BPF_ANY);
	return 0;
}

static __always_inline int forget_socket(void)
{
	__u64 thread = bpf_get_current_pid_tgid();

	bpf_map_delete_elem(&sockets, &thread);
	return 0;
}

SEC("tracepoint/syscalls/sys_enter_sendmsg")
int enter_sendmsg(struct trace_event_raw_sys_enter *ctx)
{
	return keep_socket(ctx->args[0]);
}

SEC("tracepoint/syscalls/sys_exit_sendmsg")
int exit_sendmsg(void *ctx)
{
	return forget_socket();
}

SEC("tracepoint/syscalls/sys_enter_sendmmsg")
int enter_sendmmsg(struct trace_event_raw_sys_enter *ctx)
{
	return keep_socket(ctx->args[0]);
}

SEC("tracepoint/syscalls/sys_exit_sendmmsg")
int exit_sendmmsg(void *ctx)
{
	return forget_socket();
}

SEC("kprobe/__scm_send")
int sending(struct pt_regs *ctx)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct socket *socket = (void *)PT_REGS_PARM1(ctx);
	__u64 ino = probe(probe(probe(socket, file), f_inode), i_ino);

	bpf_map_update_elem(&sends, &thread, &ino, BPF_ANY);
	return 0;
}

SEC("kretprobe/__scm_send")
int sent(struct pt_regs *ctx)
{
	__u64 thread = bpf_get_current_pid_tgid();

	bpf_map_delete_elem(&sends, &thread);
	return 0;
}

SEC("kprobe/fget_raw")
int looking_up(struct pt_regs *ctx)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct nsproxy *nsproxy = probe(current_task(), nsproxy);
	__u32 mntns = probe(probe(nsproxy, mnt_ns), ns.inum); /* read before anything is asked */
	__u32 fd = PT_REGS_PARM1(ctx);

	if (!mntns || !bpf_map_lookup_elem(&sends, &thread))
		return 0;
	bpf_map_update_elem(&lookups, &thread, &fd, BPF_ANY);
	return 0;
}

static __always_inline struct buffer *own_buffer(void)
{
	return bpf_map_lookup_elem(&buffers, &(__u32){ 0 });
}

/* One name, or out of a mount. Returns 0 at the top. A global function: it is verified once. */
__attribute__((noinline)) int step_up(void)
{
	struct buffer *buffer = own_buffer();
	struct dentry *dentry, *parent;
	struct vfsmount *vfsmount;
	__u32 length;

	if (!buffer)
		return 0;
	dentry = (struct dentry *)buffer->dentry;
	vfsmount = (struct vfsmount *)buffer->vfsmount;
	parent = probe(dentry, d_parent);
	if (dentry == probe(vfsmount, mnt_root) || dentry == parent) {
		struct mount *mount = (void *)vfsmount - bpf_core_field_offset(struct mount, mnt);
		struct mount *above = probe(mount, mnt_parent);

		buffer->dentry = (__u64)probe(mount, mnt_mountpoint);
		buffer->vfsmount = (__u64)above + bpf_core_field_offset(struct mount, mnt);
		return above != mount;
	}
	length = probe(dentry, d_name.len) & (NAME_SIZE - 1);
	if (length + 1 > buffer->at)
		return 0;
	buffer->at -= length + 1;
	buffer->path[buffer->at & (PATH_SIZE - 1)] = '/';
	bpf_probe_read_kernel(&buffer->path[(buffer->at + 1) & (PATH_SIZE - 1)], length,
			      probe(dentry, d_name.name));
	buffer->dentry = (__u64)parent;
	return 1;
}

static __always_inline void read_path(char *to, struct buffer *buffer, struct file *file)
{
	buffer->dentry = (__u64)probe(file, f_path.dentry);
	buffer->vfsmount = (__u64)probe(file, f_path.mnt);
	buffer->at = PATH_SIZE - 1;
	buffer->path[PATH_SIZE - 1] = '\0';
	for (int i = 0; i < MAX_STEPS; i++) {
		if (!step_up())
			break;
	}
	bpf_probe_read_kernel_str(to, PATH_SIZE, &buffer->path[buffer->at & (PATH_SIZE - 1)]);
}

static __always_inline void describe_sender(struct sender *ret, struct task_struct *task)
{
	__u64 ids = bpf_get_current_pid_tgid(), owner = bpf_get_current_uid_gid();
	struct task_struct *parent = probe(task, real_parent);

	ret->pid = ids >> 32;
	ret->tid = ids;
	ret->uid = owner;
	ret->gid = owner >> 32;
	bpf_get_current_comm(ret->comm, sizeof(ret->comm));
	ret->mntns_id = probe(probe(probe(task, nsproxy), mnt_ns), ns.inum);
	ret->parent_pid = probe(parent, tgid);
	ret->parent_tid = probe(parent, pid);
	read_comm(ret->parent_comm, parent, false);
}

SEC("kretprobe/fget_raw")
int looked_up(struct pt_regs *ctx)
{
	__u64 thread = bpf_get_current_pid_tgid();
	__u32 *fd = bpf_map_lookup_elem(&lookups, &thread);
	__u32 *sockfd = bpf_map_lookup_elem(&sockets, &thread);
	__u64 *ino = bpf_map_lookup_elem(&sends, &thread);
	struct file *file = (void *)PT_REGS_RC(ctx);
	struct buffer *buffer = own_buffer();
	struct record *record;

	if (!fd || !sockfd || !ino || !buffer)
		return 0;
	record = bpf_ringbuf_reserve(&records, sizeof(*record), 0);
	if (record) {
		record->time_ns = bpf_ktime_get_boot_ns();
		describe_sender(&record->sender, current_task());
		record->socket_ino = *ino;
		record->sockfd = *sockfd;
		record->fd = *fd;
		read_path(record->path, buffer, file);
		bpf_ringbuf_submit(record, wakes_reader ? 0 : BPF_RB_NO_WAKEUP);
	}
	bpf_map_delete_elem(&lookups, &thread);
	return 0;
}
