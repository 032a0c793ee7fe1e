/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of kinds. A kind is told by what cannot be mistaken: the filesystem's magic number, the
 * dentry's name where there is no place in the tree (nobody but the kernel gives such names), and
 * the type in the inode's mode. The first entry that fits is taken.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include <linux/magic.h>

#include "core/linux.h"
#include "kind/class.h"

/* Not in every linux/magic.h. */
#define MAGIC_PIDFS 0x50494446 /* fs/pidfs.c, 6.9 on */
#define MAGIC_MQUEUE 0x19800202 /* ipc/mqueue.c */

static const struct kind kinds[] = {
	{ .type = "memfd",
	  .magic = TMPFS_MAGIC,
	  .dentry = "memfd:*",
	  .put_detail = memfd_put_detail },
	{ .type = "memfd",
	  .magic = HUGETLBFS_MAGIC,
	  .dentry = "memfd:*",
	  .put_detail = memfd_put_detail },
	{ .type = "pidfd",
	  .magic = MAGIC_PIDFS,
	  .name = "[pidfd]",
	  .put_detail = pidfd_put_detail },
	{ .type = "namespace",
	  .magic = NSFS_MAGIC,
	  .prefix = "ns",
	  .prefix_of = namespace_prefix,
	  .put_detail = namespace_put_detail },
	{ .type = "secretmem", .magic = SECRETMEM_MAGIC, .name = "secretmem" },
	{ .type = "dmabuf",
	  .magic = DMA_BUF_MAGIC,
	  .name = "dmabuf",
	  .put_detail = dmabuf_put_detail },
	{ .type = "fifo", .magic = PIPEFS_MAGIC, .prefix = "pipe" },
	{ .type = "socket",
	  .magic = SOCKFS_MAGIC,
	  .prefix = "socket",
	  .put_detail = socket_put_detail },
	{ .type = "mqueue", .magic = MAGIC_MQUEUE, .format = LINUX_S_IFREG },

	{ .type = "eventfd",
	  .magic = ANON_INODE_FS_MAGIC,
	  .dentry = "eventfd",
	  .put_detail = eventfd_put_detail },
	{ .type = "epoll",
	  .magic = ANON_INODE_FS_MAGIC,
	  .dentry = "eventpoll",
	  .put_detail = watches_put_detail },
	{ .type = "pidfd",
	  .magic = ANON_INODE_FS_MAGIC,
	  .dentry = "pidfd",
	  .put_detail = pidfd_put_detail }, /* before 6.9 */
	{ .type = "timerfd",
	  .magic = ANON_INODE_FS_MAGIC,
	  .dentry = "timerfd",
	  .put_detail = timer_put_detail },
	{ .type = "signalfd",
	  .magic = ANON_INODE_FS_MAGIC,
	  .dentry = "signalfd",
	  .put_detail = signals_put_detail },
	{ .type = "inotify",
	  .magic = ANON_INODE_FS_MAGIC,
	  .dentry = "inotify",
	  .put_detail = watches_put_detail },
	{ .type = "fanotify",
	  .magic = ANON_INODE_FS_MAGIC,
	  .dentry = "fanotify",
	  .put_detail = fanotify_put_detail },
	{ .type = "userfaultfd", .magic = ANON_INODE_FS_MAGIC, .dentry = "userfaultfd" },
	{ .type = "io_uring", .magic = ANON_INODE_FS_MAGIC, .dentry = "io_uring" },
	{ .type = "bpf-map",
	  .magic = ANON_INODE_FS_MAGIC,
	  .dentry = "bpf-map",
	  .put_detail = bpf_map_put_detail },
	{ .type = "bpf-prog",
	  .magic = ANON_INODE_FS_MAGIC,
	  .dentry = "bpf-prog",
	  .put_detail = bpf_prog_put_detail },
	{ .type = "bpf-link",
	  .magic = ANON_INODE_FS_MAGIC,
	  .dentry = "bpf_link",
	  .put_detail = bpf_link_put_detail },
	{ .type = "btf", .magic = ANON_INODE_FS_MAGIC, .dentry = "btf" },
	{ .type = "perf_event",
	  .magic = ANON_INODE_FS_MAGIC,
	  .dentry = "perf_event",
	  .put_detail = perf_put_detail },
	{ .type = "landlock", .magic = ANON_INODE_FS_MAGIC, .dentry = "landlock-ruleset" },
	{ .type = "seccomp", .magic = ANON_INODE_FS_MAGIC, .dentry = "seccomp notify" },
	{ .type = "fscontext",
	  .magic = ANON_INODE_FS_MAGIC,
	  .dentry = "fscontext",
	  .put_detail = fscontext_put_detail },
	{ .type = "kvm", .magic = ANON_INODE_FS_MAGIC, .dentry = "kvm-*" },
	{ .type = "vfio", .magic = ANON_INODE_FS_MAGIC, .dentry = "vfio-device" },
	{ .type = "sync_file", .magic = ANON_INODE_FS_MAGIC, .dentry = "sync_file" },
	{ .type = "anon_inode", .magic = ANON_INODE_FS_MAGIC, .prefix = "anon_inode" },

	{ .type = "fifo", .format = LINUX_S_IFIFO },
	{ .type = "socket", .format = LINUX_S_IFSOCK },
	{ .type = "reg", .format = LINUX_S_IFREG },
	{ .type = "dir", .format = LINUX_S_IFDIR },
	{ .type = "chr", .format = LINUX_S_IFCHR, .put_detail = device_put_detail },
	{ .type = "blk", .format = LINUX_S_IFBLK, .put_detail = device_put_detail },
	{ .type = "lnk", .format = LINUX_S_IFLNK },
};

/* The name of a file that has no place in the tree, without brackets. */
static size_t dentry_name(const struct file *file, const char **ret)
{
	size_t length;

	if (!(file->flags & EVENT_FILE_PSEUDO) || !file->path)
		return 0;
	*ret = file->path;
	length = strlen(file->path);
	if (length >= 2 && file->path[0] == '[' && file->path[length - 1] == ']') {
		*ret = file->path + 1;
		length -= 2;
	}
	return length;
}

static bool dentry_matches(const struct file *file, const char *pattern)
{
	size_t pattern_length = strlen(pattern);
	const char *name = NULL;
	size_t length = dentry_name(file, &name);

	if (length == 0)
		return false;
	if (pattern[pattern_length - 1] == '*')
		return length >= pattern_length - 1 &&
		       memcmp(name, pattern, pattern_length - 1) == 0;
	return length == pattern_length && memcmp(name, pattern, length) == 0;
}

static const struct kind *kind_of(const struct file *file)
{
	if (!file->known)
		return NULL;
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		const struct kind *kind = &kinds[i];

		if (kind->magic != 0 && kind->magic != file->magic)
			continue;
		if (kind->format != 0 && kind->format != (file->mode & LINUX_S_IFMT))
			continue;
		if (kind->dentry && !dentry_matches(file, kind->dentry))
			continue;
		return kind;
	}
	return NULL;
}

const char *kind_type(const struct file *file)
{
	const struct kind *kind = kind_of(file);

	return kind ? kind->type : NULL;
}

/* As /proc/PID/fd shows it. What is too long loses its begin: the end says most. */
static size_t write_path(const struct file *file, char *buffer, size_t size)
{
	const char *mark = file->flags & EVENT_FILE_DELETED ? " (deleted)" : "";
	const char *path = file->path, *dots = "";

	if (strlen(path) + strlen(mark) >= size) {
		dots = "...";
		path += strlen(dots) + strlen(path) + strlen(mark) + 1 - size;
	}
	return (size_t)snprintf(buffer, size, "%s%s%s", dots, path, mark);
}

/*
 * A file with no place in the tree goes by its dentry's name, as it is: such a dentry is always
 * unhashed, which says nothing. Those of pipes, pidfs and nsfs have none ("" or "/").
 */
static size_t write_pseudo(const struct file *file, char *buffer, size_t size)
{
	const struct kind *kind = kind_of(file);
	const char *prefix = kind && kind->prefix_of ? kind->prefix_of(file) : NULL;
	bool named = file->path && *file->path != '\0' && strcmp(file->path, "/") != 0;
	int length = 0;

	if (!named && kind && kind->name)
		length = snprintf(buffer, size, "%s", kind->name);
	else if (!named && kind && kind->prefix)
		length = snprintf(buffer, size, "%s:[%" PRIu64 "]", prefix ? prefix : kind->prefix,
				  (uint64_t)file->ino);
	else if (file->path)
		length = snprintf(buffer, size, "%s", file->path);
	return (size_t)length < size ? (size_t)length : size - 1;
}

size_t kind_name(const struct file *file, char *buffer, size_t size)
{
	if (!file->known)
		return 0;
	if (file->path && !(file->flags & EVENT_FILE_PSEUDO))
		return write_path(file, buffer, size);
	return write_pseudo(file, buffer, size);
}

size_t kind_detail(const struct file *file, char *buffer, size_t size)
{
	const struct kind *kind = kind_of(file);
	struct words words = { .buffer = buffer, .size = size };

	if (kind && kind->put_detail)
		kind->put_detail(&words, file);
	/* Its path begins at the root of that mount, and reads as if it were in the tree. */
	if (file->flags & EVENT_FILE_DETACHED)
		words_put_text(&words,
			       words.length > 0 ? ", in a detached mount" : "in a detached mount");
	return words.length;
}
