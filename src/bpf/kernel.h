/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel's types that the BPF side touches, and only the members that it reads: libbpf moves
 * each access to where the running kernel has it (CO-RE). What changed between 5.10 and 7.3 stands
 * here, with the change; nothing is decided by a version number.
 */
#ifndef FDPASS_KERNEL_H
#define FDPASS_KERNEL_H

#define __VMLINUX_H__ /* bpf_tracing.h: the registers have the kernel's names */
#include <linux/bpf.h>
#include <stdbool.h>

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "arch.h"

#define SCM_MAX_FD 253
#define SOL_SOCKET 1
#define SCM_RIGHTS 1
#define SCM_CREDENTIALS 2
#define SCM_PIDFD 4
#define MSG_CTRUNC 0x8
#define MSG_PEEK 0x2
#define MSG_CMSG_CLOEXEC 0x40000000
#define MSG_CMSG_COMPAT 0x80000000U
#define PF_IO_WORKER 0x00000010
#define PF_KTHREAD 0x00200000
#define RLIMIT_NOFILE 7
#define SOCK_STREAM 1
#define SOCK_DGRAM 2
#define SOCK_SEQPACKET 5
#define SEND_SHUTDOWN 2 /* sk_shutdown */
/* Bits of struct socket.flags, up to 6.15: linux/net.h. */
#define SOCK_PASSCRED 3
#define SOCK_PASSSEC 4
#define SOCK_PASSPIDFD 7 /* since 6.5 */
#define TCP_ESTABLISHED 1
#define TCP_CLOSE 7
#define SOCK_DEAD 0 /* bit of sk_flags; first of enum sock_flags since 2.4 */
#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
#define AF_NETLINK 16
#define AF_PACKET 17
#define AF_BLUETOOTH 31
#define AF_VSOCK 40
#define BTPROTO_RFCOMM 3
#define CLOCK_REALTIME_ALARM 8
#define CLOCK_BOOTTIME_ALARM 9
#define TCP_LISTEN 10 /* skc_state of unix sockets too */
#define S_IFMT 0170000
#define S_IFSOCK 0140000
#define S_IFREG 0100000
#define S_IFCHR 0020000
#define O_CLOEXEC 02000000

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct qstr {
	__u32 len;
	const char *name; /* unsigned there */
};

struct timespec64 {
	__s64 tv_sec;
	long tv_nsec;
};

struct super_block {
	__u32 s_dev;
	unsigned long s_magic;
};

struct inode {
	unsigned short i_mode;
	struct super_block *i_sb;
	unsigned long i_ino; /* u64 since 7.2: read through inode_number() */
	unsigned int i_nlink;
	__u32 i_rdev;
	__s64 i_size;
	__u32 i_generation;
	void *i_private;
};

struct hlist_bl_node {
	struct hlist_bl_node *next, **pprev;
};

struct dentry {
	struct hlist_bl_node d_hash;
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
	unsigned char d_iname[32]; /* in newer kernels a union d_shortname */
};

struct vfsmount {
	struct dentry *mnt_root;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
	struct mnt_namespace *mnt_ns;
};

struct vm_area_struct {
	struct vm_area_struct *vm_next; /* until 6.0 */
	struct mm_struct *vm_mm;
	struct file *vm_file;
};

struct mm_struct {
	struct vm_area_struct *mmap; /* until 6.0 (763ecb035029 "mm: remove the vma linked list") */
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct file {
	struct path f_path;
	struct inode *f_inode;
	unsigned int f_flags;
	struct cred *f_cred;
	void *private_data;
};

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	atomic_t refs;
} refcount_t;

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
	unsigned long *close_on_exec;
	unsigned long *open_fds;
};

struct files_struct {
	atomic_t count;
	struct fdtable *fdt;
	unsigned int next_fd;
};

struct proc_ns_operations {
	const char *name;
};

struct ns_common {
	struct proc_ns_operations *ops;
	unsigned int inum;
};

struct mnt_namespace {
	struct ns_common ns;
};

struct net {
	struct ns_common ns;
};

struct cgroup_namespace {
	struct ns_common ns;
};

struct nsproxy {
	struct mnt_namespace *mnt_ns;
	struct net *net_ns;
	struct cgroup_namespace *cgroup_ns;
};

struct kernfs_node {
	struct kernfs_node *parent;
	const char *name;
	__u64 id;
};

struct kernfs_node___counted { /* since 6.15 (633488947ef6 "kernfs: Use RCU to access kernfs_node::parent.") */
	struct kernfs_node *__parent;
};

struct cgroup {
	struct kernfs_node *kn;
};

struct cgroup_subsys_state {
	struct cgroup *cgroup;
};

enum cgroup_subsys_id {
	pids_cgrp_id = 11, /* as the running kernel has it: bpf_core_enum_value() */
};

struct css_set {
	struct cgroup_subsys_state *subsys[1];
	struct cgroup *dfl_cgrp; /* of version 2 */
};

typedef struct {
	__u32 val;
} kuid_t;

typedef struct {
	__u32 val;
} kgid_t;

struct user_struct {
	kuid_t uid;
	unsigned long unix_inflight;
};

struct user_namespace {
	int level;
	struct ns_common ns;
};

struct pid_namespace {
	struct ns_common ns;
};

typedef struct {
	__u64 val; /* until 6.3 two words: __u32 cap[2] */
} kernel_cap_t;

struct cred {
	kuid_t uid;
	kgid_t gid;
	kernel_cap_t cap_effective;
	struct user_struct *user;
	struct user_namespace *user_ns;
};

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct list_head {
	struct list_head *next;
};

struct hlist_node {
	struct hlist_node *next;
};

struct hlist_head {
	struct hlist_node *first;
};

struct pid {
	unsigned int level;
	struct hlist_head tasks[4];
	struct upid numbers[1];
};

struct rlimit {
	unsigned long rlim_cur;
};

enum pid_type { PIDTYPE_PID, PIDTYPE_TGID };

struct signal_struct {
	struct pid *pids[4];
	struct rlimit rlim[16];
};

struct task_struct {
	struct thread_info thread_info;
	void *stack;
	unsigned int flags;
	int pid;
	int tgid;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	struct pid *thread_pid;
	__u64 start_boottime;
	struct cred *real_cred;
	char comm[16];
	struct mm_struct *mm;
	struct files_struct *files;
	struct nsproxy *nsproxy;
	struct css_set *cgroups;
	struct signal_struct *signal;
	struct hlist_node pid_links[4];
};

struct notification {
	struct list_head notifications;
};

struct seccomp_filter {
	struct notification *notif;
};

struct seccomp_knotif {
	struct task_struct *task;
	__u64 id;
	struct list_head list;
};

struct sockaddr_un {
	unsigned short sun_family;
	char sun_path[108];
};

struct unix_address {
	int len;
	struct sockaddr_un name[0];
};

typedef struct {
	struct net *net;
} possible_net_t;

struct in6_addr {
	__u32 words[4]; /* in the kernel a union of unions: read as bytes */
};

struct sock_common {
	__u32 skc_daddr;
	__u32 skc_rcv_saddr;
	__u16 skc_dport; /* in network order */
	unsigned short skc_family;
	unsigned char skc_state;
	int skc_bound_dev_if;
	unsigned long skc_flags;
	possible_net_t skc_net;
	struct in6_addr skc_v6_daddr;
	struct in6_addr skc_v6_rcv_saddr;
};

struct sk_buff {
	struct sk_buff *next, *prev;
	struct sock *sk;
	__s64 tstamp; /* ktime_t */
	char cb[48];
};

struct sk_buff_head {
	struct sk_buff *next, *prev;
	__u32 qlen;
};

struct sock {
	struct sock_common __sk_common;
	struct sk_buff_head sk_receive_queue;
	struct socket *sk_socket;
	refcount_t sk_wmem_alloc;
	int sk_sndbuf;
	unsigned short sk_type;
	unsigned short sk_protocol;
	struct pid *sk_peer_pid;
	unsigned char sk_shutdown; /* until 5.6 a bit field */
	int sk_err;
};

struct sock___rights { /* since 6.16 (77cbe1a6d873 "af_unix: Introduce SO_PASSRIGHTS.") */
	unsigned char sk_scm_credentials : 1;
	unsigned char sk_scm_security : 1;
	unsigned char sk_scm_pidfd : 1;
	unsigned char sk_scm_rights : 1;
};

struct unix_sock {
	struct sock sk;
	struct unix_address *addr;
	struct sock *peer;
};

#define UNIX_GC_CANDIDATE 0

struct unix_sock___collected { /* until 6.9 (4090fa373f0e) */
	unsigned long gc_flags;
};

struct unix_skb_parms {
	struct pid *pid;
	struct scm_fp_list *fp;
	__u32 consumed;
};

struct socket {
	unsigned long flags;
	short type;
	struct file *file;
	struct sock *sk;
};

struct socket_alloc {
	struct socket socket;
	struct inode vfs_inode;
};

/* Records of tracepoints, as perf makes them: include/trace/events/ */

struct trace_event_raw_skb_copy_datagram_iovec {
	void *skbaddr;
};

struct trace_event_raw_kfree_skb {
	void *skbaddr;
};

struct trace_event_raw_consume_skb {
	void *skbaddr;
};

struct trace_event_raw_sk_data_ready {
	void *skaddr;
};

struct trace_event_raw_sock_msg_length {
	void *sk;
	int ret;
	int flags;
};

struct trace_event_raw_sys_exit {
	long id;
	long ret;
};

struct iov_iter {
	unsigned long count;
};

struct msghdr {
	void *msg_name;
	int msg_namelen;
	struct iov_iter msg_iter;
	void *msg_control; /* since 5.8 a union of the kernel's and the user's pointer */
	unsigned long msg_controllen;
	unsigned int msg_flags;
};

struct scm_creds {
	__u32 pid;
	kuid_t uid;
};

struct scm_fp_list {
	short count;
	struct user_struct *user;
	struct file *fp[SCM_MAX_FD];
};

struct scm_cookie {
	struct scm_fp_list *fp;
	struct scm_creds creds;
};

struct io_ring_ctx {
	struct task_struct
		*submitter_task; /* the only one that may submit, if that was asked for */
	struct list_head tctx_list;
};

struct io_tctx_node {
	struct list_head ctx_node;
	struct task_struct *task;
};

struct io_uring_task {
	struct task_struct *task;
};

struct io_kiocb {
	struct io_uring_task *tctx; /* since 6.13, before it the task itself */
};

struct io_kiocb___task {
	struct task_struct *task;
};

struct callback_head {
	struct callback_head *next;
};

struct io_msg { /* what an io_kiocb begins with */
	struct file *src_file; /* since 6.0, with IORING_MSG_SEND_FD */
	struct callback_head tw;
	__u32 cmd;
};

#pragma clang attribute pop

/* Helpers that came after 5.10, as the running kernel's own list has them. */
enum bpf_func_id___here {
	BPF_FUNC_get_current_task_btf___here = 158, /* 5.11 */
	BPF_FUNC_task_pt_regs___here = 175, /* 5.15 */
};

#define have_helper(name)                                                                          \
	bpf_core_enum_value_exists(enum bpf_func_id___here, BPF_FUNC_##name##___here)

#include "read.h"

#endif
