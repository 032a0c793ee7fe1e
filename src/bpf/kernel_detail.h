/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's types, as in kernel.h, that tell what kinds of files are: read for details alone. */
#ifndef FDPASS_KERNEL_DETAIL_H
#define FDPASS_KERNEL_DETAIL_H

#include "kernel.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct tty_struct {
	int index;
};

struct tty_file_private {
	struct tty_struct *tty;
};

struct shmem_inode_info {
	unsigned int seals;
	struct inode vfs_inode;
};

struct hugetlbfs_inode_info {
	unsigned int seals;
	struct inode vfs_inode;
};

struct eventfd_ctx {
	__u64 count;
};

struct hrtimer {
	unsigned char state; /* not 0: it is queued */
};

struct hrtimer___queued { /* in 7.2, not yet in 6.18 */
	bool is_queued;
};

struct alarm {
	int state;
};

struct timerfd_ctx {
	union {
		struct hrtimer tmr;
		struct alarm alarm;
	} t;
	__s64 tintv; /* ktime_t */
	int clockid;
	unsigned short expired;
};

typedef struct {
	unsigned long sig[1];
} sigset_t;

struct signalfd_ctx {
	sigset_t sigmask; /* those that it does not take */
};

/* Since 6.4 (58c9b016e128 "epoll: use refcount to reduce ep_mutex contention"). */
struct eventpoll {
	refcount_t refcount;
};

struct fanotify_group_private_data {
	int flags;
	int f_flags;
};

struct fsnotify_group {
	struct list_head marks_list;
	struct fanotify_group_private_data fanotify_data;
};

struct perf_event_attr {
	__u32 type;
	__u64 config;
};

struct perf_event {
	struct perf_event_attr attr;
};

struct dma_buf {
	unsigned long size;
	const char *exp_name;
	const char *name;
};

struct file_system_type {
	const char *name;
};

struct fs_context {
	struct file_system_type *fs_type;
};

struct bpf_map {
	enum bpf_map_type map_type;
	__u32 id;
	char name[16];
};

struct bpf_prog_aux {
	__u32 id;
	char name[16];
};

struct bpf_prog {
	enum bpf_prog_type type;
	struct bpf_prog_aux *aux;
};

struct bpf_link {
	__u32 id;
	enum bpf_link_type type;
};

struct inet_sock {
	__u16 inet_sport; /* in network order; kept when the port is given up */
};

struct netlink_sock {
	__u32 portid;
};

struct packet_sock {
	int ifindex;
	__u16 num; /* in network order */
};

struct input_dev {
	const char *name;
};

/* These are in modules most often, see read_foreign(). */

struct input_handle {
	struct input_dev *dev;
};

struct evdev {
	struct input_handle handle;
	bool exist;
};

struct evdev_client {
	struct evdev *evdev;
};

struct sockaddr_vm {
	__u32 svm_port;
	__u32 svm_cid;
};

struct vsock_sock {
	struct sockaddr_vm local_addr;
	struct sockaddr_vm remote_addr;
};

typedef struct {
	__u8 b[6];
} bdaddr_t;

struct rfcomm_pinfo {
	bdaddr_t src;
	bdaddr_t dst;
	__u8 channel;
};

#pragma clang attribute pop

#endif
