/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of risks. A receiver is weaker if it is in a container and the sender is not in that, if it is in
 * another user namespace that is not the host's, or if it is another user and not root.
 */
#include "core/risk.h"

#include <linux/fcntl.h>
#include <linux/magic.h>
#include <string.h>

#include "core/linux.h"
#include "kind/kind.h"

/* The inode of the initial user namespace: linux/nsfs.h */
#define INITIAL_USER_NAMESPACE 0xeffffffdU

static bool is_writable(const struct file *file)
{
	return !(file->open_flags & O_PATH) && (file->open_flags & O_ACCMODE) != O_RDONLY;
}

/* A file system that is a view of the kernel. */
static bool is_of_kernel(const struct file *file)
{
	static const uint32_t magics[] = {
		PROC_SUPER_MAGIC, SYSFS_MAGIC,	  CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC,
		SECURITYFS_MAGIC, DEBUGFS_MAGIC,  TRACEFS_MAGIC,      BPF_FS_MAGIC,
		SELINUX_MAGIC,	  EFIVARFS_MAGIC,
	};

	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
		if (file->magic == magics[i])
			return true;
	}
	return false;
}

/* /proc/PID/mem and /proc/kcore: in procfs, nothing else is called so. */
static bool is_memory(const struct file *file)
{
	const char *name = file->path ? strrchr(file->path, '/') : NULL;

	return file->magic == PROC_SUPER_MAGIC && !(file->open_flags & O_PATH) && name &&
	       (strcmp(name, "/mem") == 0 || strcmp(name, "/kcore") == 0);
}

/* A character device of these numbers. */
static bool is_device(const struct file *file, uint32_t wanted_major, uint32_t first, uint32_t last)
{
	uint32_t major, minor;

	return !(file->open_flags & O_PATH) && kind_device_number(file, &major, &minor) &&
	       major == wanted_major && minor >= first && minor <= last;
}

static bool is_memory_device(const struct file *file)
{
	return is_device(file, 1, 1, 2) || is_device(file, 1, 4, 4); /* mem, kmem, port */
}

static bool is_fuse(const struct file *file)
{
	return is_device(file, 10, 229, 229);
}

static bool is_kvm(const struct file *file)
{
	return is_device(file, 10, 232, 232);
}

static bool is_input(const struct file *file)
{
	return is_device(file, 13, 0, 0xfffff) || is_device(file, 10, 223, 223); /* uinput */
}

static bool is_disk_control(const struct file *file)
{
	return is_device(file, 10, 236, 237); /* of the device mapper, of loops */
}

static bool is_setting(const struct file *file)
{
	return is_of_kernel(file) && is_writable(file);
}

/* Others can open it too. */
static bool is_shared_writable(const struct file *file)
{
	return is_writable(file) && file->path && !(file->flags & EVENT_FILE_DELETED);
}

#define TYPES_MOST 4

/* The first entry that fits is taken. */
static const struct risk {
	struct risk_entry entry;
	const char *types[TYPES_MOST]; /* kind_type() is one of these */
	bool (*test)(const struct file *file); /* and this holds; NULL: that is enough */
} risks[] = {
	{ { "directory", "a directory",
	    "openat(2) leads to all that lies below it, and by .. above it, whatever root directory "
	    "and mounts the receiver has" },
	  { "dir" },
	  NULL },
	{ { "memory", "/proc/PID/mem, /proc/kcore",
	    "it is the memory of another process, or of the kernel" },
	  { "reg" },
	  is_memory },
	{ { "kernel-setting", "a file of /proc, /sys, a cgroup or the like, opened for writing",
	    "the kernel checks who opened it, not who writes" },
	  { "reg" },
	  is_setting },
	{ { "writable-file", "a regular file that has a name, opened for writing",
	    "others read what the receiver writes there" },
	  { "reg" },
	  is_shared_writable },
	{ { "disk", "a block device",
	    "it is what lies below a file system, without the permissions of its files" },
	  { "blk" },
	  NULL },
	{ { "disk", "/dev/mapper/control, /dev/loop-control",
	    "it makes and changes block devices" },
	  { "chr" },
	  is_disk_control },
	{ { "memory", "/dev/mem, /dev/kmem, /dev/port",
	    "it is the memory, or the ports, of the machine" },
	  { "chr" },
	  is_memory_device },
	{ { "fuse", "/dev/fuse",
	    "whoever has it answers what others read from the file system that it was mounted with, and can keep "
	    "them waiting" },
	  { "chr" },
	  is_fuse },
	{ { "kvm", "/dev/kvm", "it makes virtual machines, by a large interface of the kernel" },
	  { "chr" },
	  is_kvm },
	{ { "input", "an input device, /dev/uinput", "it reads what is typed, or types" },
	  { "chr" },
	  is_input },
	{ { "bpf", "a BPF map, program or link",
	    "it changes what a program in the kernel does, or detaches it" },
	  { "bpf-map", "bpf-prog", "bpf-link" },
	  NULL },
	{ { "pidfd", "a pidfd",
	    "it names a process of another pid namespace, to signal it, to take its descriptors or to "
	    "enter its namespaces, as far as the receiver may do that" },
	  { "pidfd" },
	  NULL },
	{ { "namespace", "a namespace", "setns(2) enters it, if the receiver may" },
	  { "namespace" },
	  NULL },
	{ { "mount", "a file system that is being made: fsopen(2), fspick(2)",
	    "fsmount(2) and fsconfig(2) make and change mounts with it" },
	  { "fscontext" },
	  NULL },
	{ { "virtual-machine", "a virtual machine or processor of KVM",
	    "its memory and its registers can be read and changed" },
	  { "kvm" },
	  NULL },
	{ { "hardware", "a device of VFIO", "it reads and writes memory by itself" },
	  { "vfio" },
	  NULL },
	{ { "supervisor", "a listener of seccomp_unotify(2)",
	    "it sees and answers the system calls of others" },
	  { "seccomp" },
	  NULL },
	{ { "perf", "an event of perf_event_open(2)", "it shows what others do" },
	  { "perf_event" },
	  NULL },
	{ { "userfaultfd", "a userfaultfd",
	    "it holds up the accesses of another process to its memory, and fills it" },
	  { "userfaultfd" },
	  NULL },
};

static bool goes_into_container(const struct row *row)
{
	const struct cgroup *sender = row_cgroup(row, &row->pass->sender);
	const struct cgroup *receiver = row_cgroup(row, &row->pass->receiver);

	if (!sender || !receiver || !sender->container || !receiver->container)
		return false;
	return receiver->container->id[0] != '\0' &&
	       strcmp(sender->container->id, receiver->container->id) != 0;
}

static bool is_receiver_weaker(const struct row *row)
{
	const struct process *sender = &row->pass->sender, *receiver = &row->pass->receiver;

	if (!sender->known || !receiver->known)
		return false;
	if (receiver->uid != sender->uid && receiver->uid != 0)
		return true;
	if (receiver->userns_id != sender->userns_id && receiver->userns_id != 0 &&
	    sender->userns_id != 0 && receiver->userns_id != INITIAL_USER_NAMESPACE)
		return true;
	return goes_into_container(row);
}

static bool applies(const struct risk *risk, const struct file *file, const char *type)
{
	for (size_t i = 0; i < TYPES_MOST && risk->types[i]; i++) {
		if (strcmp(risk->types[i], type) == 0)
			return !risk->test || risk->test(file);
	}
	return false;
}

const char *risk_of(const struct row *row)
{
	const struct pass *pass = row->pass;
	const char *type;

	if ((pass->outcome != OUTCOME_DELIVERED && pass->outcome != OUTCOME_PEEKED) ||
	    !is_receiver_weaker(row))
		return NULL;
	type = kind_type(&pass->file);
	for (size_t i = 0; type && i < sizeof(risks) / sizeof(risks[0]); i++) {
		if (applies(&risks[i], &pass->file, type))
			return risks[i].entry.word;
	}
	return NULL;
}

const struct risk_entry *risk_entry(size_t index)
{
	return index < sizeof(risks) / sizeof(risks[0]) ? &risks[index].entry : NULL;
}
