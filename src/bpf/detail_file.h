/* SPDX-License-Identifier: GPL-2.0-only */
/* What devices, namespaces, memory and pidfds are, and how a file without a place in the tree is told. */
#ifndef FDPASS_DETAIL_FILE_H
#define FDPASS_DETAIL_FILE_H

#include "detail_record.h"
#include "detail_socket.h"

/* The first 8 bytes of a name without brackets, as a number. */
#define NAME_OF_8(a, b, c, d, e, f, g, h)                                                          \
	((__u64)(a) | (__u64)(b) << 8 | (__u64)(c) << 16 | (__u64)(d) << 24 | (__u64)(e) << 32 |   \
	 (__u64)(f) << 40 | (__u64)(g) << 48 | (__u64)(h) << 56)
#define NAMED_MEMFD NAME_OF_8('m', 'e', 'm', 'f', 'd', ':', 0, 0)
#define OF_6_BYTES 0xffffffffffffULL

/*
 * The begin of the dentry's name where no directory holds it: nobody but the kernel gives such names.
 * Kernels disagree about the brackets around it.
 */
static __always_inline __u64 pseudo_name(struct file *file)
{
	struct dentry *dentry = probe(file, f_path.dentry);
	char name[16] = {};
	const char *from;

	if (probe(dentry, d_parent) != dentry)
		return 0;
	from = probe(dentry, d_name.name);
	bpf_probe_read_kernel_str(name, sizeof(name), from);
	if (name[0] == '[')
		__builtin_memmove(name, name + 1, 8);
	if (name[5] == ']' && !name[6])
		name[5] = 0;
	else if (name[7] == ']')
		name[7] = 0;
	return *(__u64 *)name;
}

static __always_inline void describe_ptmx(struct scratch *s, __u32 index, struct file *file)
{
	struct tty_file_private *private = probe(file, private_data);
	struct tty_struct *tty = private ? probe(private, tty) : NULL;
	struct event_pty_detail *ret;

	if (!tty) /* opened with O_PATH */
		return;
	ret = append_detail(s, EVENT_DETAIL_PTY, index, sizeof(*ret));
	if (ret)
		*ret = (struct event_pty_detail){ .index = probe(tty, index) };
}

/* Its open file keeps the device; who made it frees its name when that is gone, which is said before. */
static __always_inline void describe_input(struct scratch *s, __u32 index, struct file *file)
{
	struct evdev_client *client = probe(file, private_data);
	struct event_input_detail *ret;
	struct input_dev *device;
	struct evdev *evdev;

	if (!client) /* opened with O_PATH */
		return;
	ret = append_detail(s, EVENT_DETAIL_INPUT, index, sizeof(*ret));
	if (!ret)
		return;
	__builtin_memset(ret, 0, sizeof(*ret));
	evdev = read_foreign(client, evdev);
	device = read_foreign(evdev, handle.dev);
	bpf_probe_read_kernel_str(ret->name, sizeof(ret->name), read_foreign(device, name));
	if (!read_foreign(evdev, exist) || !ret->name[0])
		drop_detail(s, sizeof(*ret));
}

/* Its inode keeps the namespace, whose name is a constant of the kernel. */
static __always_inline void describe_namespace(struct scratch *s, __u32 index, struct file *file)
{
	struct ns_common *ns = probe(probe(file, f_inode), i_private);
	struct proc_ns_operations *ops = ns ? probe(ns, ops) : NULL;
	struct event_namespace_detail *ret;

	if (!ops)
		return;
	ret = append_detail(s, EVENT_DETAIL_NAMESPACE, index, sizeof(*ret));
	if (!ret)
		return;
	__builtin_memset(ret, 0, sizeof(*ret));
	bpf_probe_read_kernel_str(ret->name, sizeof(ret->name), probe(ops, name));
}

/* The number of a process that was waited for can be another one's by now. */
static __always_inline void describe_pidfd(struct scratch *s, __u32 index, struct pid *pid)
{
	struct hlist_node *first = NULL;
	struct event_pidfd_detail *ret;

	if (!pid)
		return;
	ret = append_detail(s, EVENT_DETAIL_PIDFD, index, sizeof(*ret));
	if (!ret)
		return;
	*ret = (struct event_pidfd_detail){ .pid = host_pid(pid) };
	bpf_core_read(&first, sizeof(first), &pid->tasks[PIDTYPE_PID].first);
	if (!first)
		ret->pid = 0;
}

/* A name that was given meanwhile is another object: its begin may be of one that is freed. */
static __always_inline void describe_dmabuf(struct scratch *s, __u32 index, struct dma_buf *buffer)
{
	struct event_dmabuf_detail *ret;
	const char *name;

	if (!buffer) /* opened with O_PATH */
		return;
	ret = append_detail(s, EVENT_DETAIL_DMABUF, index, sizeof(*ret));
	if (!ret)
		return;
	__builtin_memset(ret, 0, sizeof(*ret));
	ret->size = probe(buffer, size);
	bpf_probe_read_kernel_str(ret->exporter, sizeof(ret->exporter), probe(buffer, exp_name));
	name = probe(buffer, name);
	if (!name)
		return;
	bpf_probe_read_kernel_str(ret->name, sizeof(ret->name), name);
	if (probe(buffer, name) != name)
		__builtin_memset(ret->name, 0, sizeof(ret->name));
}

static __always_inline __u32 seals_of(struct inode *inode, __u32 magic)
{
	struct hugetlbfs_inode_info *huge;
	struct shmem_inode_info *shmem;

	if (magic == TMPFS_MAGIC) {
		shmem = (void *)inode - bpf_core_field_offset(struct shmem_inode_info, vfs_inode);
		return probe(shmem, seals);
	}
	if (!bpf_core_type_exists(struct hugetlbfs_inode_info))
		return 0;
	huge = (void *)inode - bpf_core_field_offset(struct hugetlbfs_inode_info, vfs_inode);
	return probe(huge, seals);
}

static __always_inline void describe_memory(struct scratch *s, __u32 index, struct file *file,
					    __u32 magic)
{
	struct inode *inode = probe(file, f_inode);
	struct event_memory_detail *ret;

	if ((pseudo_name(file) & OF_6_BYTES) != NAMED_MEMFD)
		return;
	ret = append_detail(s, EVENT_DETAIL_MEMORY, index, sizeof(*ret));
	if (!ret)
		return;
	*ret = (struct event_memory_detail){
		.size = probe(inode, i_size),
		.seals = seals_of(inode, magic),
	};
}

#endif
