/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The factory. Each maker works in the scenario's directory, and closes what it does not return.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "mkanonymous.h"
#include "mkbpf.h"
#include "mkfd.h"
#include "mksocket.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

/* A new file of this name in the scenario's directory. */
static int make_at(struct actor *me, const char *name, int flags)
{
	int directory, fd;

	directory = open(me->stage->directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (directory < 0)
		return -1;
	fd = openat(directory, name, flags | O_CREAT, 0644);
	close(directory);
	return fd;
}

static int make_regular(struct actor *me)
{
	return make_at(me, "regular", O_RDWR | O_APPEND | O_CLOEXEC);
}

static int make_deleted(struct actor *me)
{
	char path[128];
	int fd;

	fd = make_at(me, "unlinked", O_RDWR);
	snprintf(path, sizeof(path), "%s/unlinked", me->stage->directory);
	unlink(path);
	return fd;
}

static int make_tmpfile(struct actor *me)
{
	return open(me->stage->directory, O_TMPFILE | O_RDWR, 0600);
}

static int make_directory(struct actor *me)
{
	return open(me->stage->directory, O_RDONLY | O_DIRECTORY);
}

static int make_root(struct actor *me)
{
	(void)me;
	return open("/", O_RDONLY | O_DIRECTORY);
}

static int make_null(struct actor *me)
{
	(void)me;
	return open("/dev/null", O_RDWR);
}

static int make_procfs(struct actor *me)
{
	(void)me;
	return open("/proc/self/status", O_RDONLY);
}

static int make_fifo(struct actor *me)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/fifo", me->stage->directory);
	if (mkfifo(path, 0600) < 0 && errno != EEXIST)
		return -1;
	return open(path, O_RDWR | O_NONBLOCK);
}

static int make_pipe(struct actor *me)
{
	int ends[2];

	(void)me;
	if (pipe(ends) < 0)
		return -1;
	close(ends[1]);
	return ends[0];
}

static int make_memfd(struct actor *me)
{
	(void)me;
	return memfd_create("workload memory", MFD_ALLOW_SEALING);
}

static int make_eventfd(struct actor *me)
{
	(void)me;
	return eventfd(0, EFD_NONBLOCK);
}

static int make_eventfd_counted(struct actor *me)
{
	(void)me;
	return eventfd(1234567, 0);
}

static int make_memfd_sealed(struct actor *me)
{
	int fd = memfd_create("sealed", MFD_ALLOW_SEALING);

	(void)me;
	if (fd < 0 || ftruncate(fd, 2312) < 0 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) < 0)
		return -1;
	return fd;
}

static int make_network_namespace(struct actor *me)
{
	(void)me;
	return open("/proc/self/ns/net", O_RDONLY);
}

static int make_pid_namespace(struct actor *me)
{
	(void)me;
	return open("/proc/self/ns/pid", O_RDONLY);
}

/* A node of a device in a place where nobody looks for it. */
static int make_node(struct actor *me, const char *name, dev_t device, int flags)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/elsewhere-%s", me->stage->directory, name);
	if (mknod(path, S_IFCHR | 0600, device) < 0 && errno != EEXIST)
		return -1;
	return open(path, flags);
}

static int make_zero_elsewhere(struct actor *me)
{
	return make_node(me, "zero", makedev(1, 5), O_RDWR);
}

/* One that no driver has. */
static int make_device_unknown(struct actor *me)
{
	return make_node(me, "unknown", makedev(240, 77), O_PATH);
}

static int make_pidfd(struct actor *me)
{
	(void)me;
	return (int)syscall(SYS_pidfd_open, getpid(), 0);
}

static int make_path(struct actor *me)
{
	return open(me->stage->directory, O_PATH | O_DIRECTORY);
}

static int make_pty(struct actor *me)
{
	(void)me;
	return posix_openpt(O_RDWR | O_NOCTTY);
}

/*
 * A file below `depth` directories that are called `name`, which no path leads to in one call where
 * it is too long: made directory by directory.
 */
static int make_below(struct actor *me, const char *name, unsigned int depth)
{
	int directory, inner, fd;

	directory = open(me->stage->directory, O_RDONLY | O_DIRECTORY);
	for (unsigned int i = 0; i < depth && directory >= 0; i++) {
		inner = mkdirat(directory, name, 0700) == 0 || errno == EEXIST ?
				openat(directory, name, O_RDONLY | O_DIRECTORY) :
				-1;
		close(directory);
		directory = inner;
	}
	fd = directory < 0 ? -1 : openat(directory, "end", O_RDWR | O_CREAT, 0600);
	close(directory);
	return fd;
}

static int make_long_path(struct actor *me)
{
	char name[200];

	/* 19 * 200 and the file's own: near to the 4096 that a path in the kernel's hands may have. */
	memset(name, 'l', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	return make_below(me, name, 20);
}

static int make_deep_path(struct actor *me)
{
	return make_below(me, "d", 200);
}

static int make_longest_name(struct actor *me)
{
	char name[NAME_MAX + 1];

	memset(name, 'n', NAME_MAX);
	name[NAME_MAX] = '\0';
	return make_at(me, name, O_RDWR);
}

static int make_newline(struct actor *me)
{
	return make_at(me, "line\nfeed", O_WRONLY);
}

static int make_escape(struct actor *me)
{
	return make_at(me, "\x1b[31mred\x1b[0m \"quoted\" back\\slash\ttab\x7f", O_RDWR);
}

static int make_unicode(struct actor *me)
{
	return make_at(me, "\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80 \xe2\x80\xae", O_RDWR);
}

static int make_invalid(struct actor *me)
{
	return make_at(me, "no\xff\xfeutf\xc3(8\xed\xa0\x80\xe2\x82", O_RDWR);
}

static int make_fake_mark(struct actor *me)
{
	return make_at(me, "still there (deleted)", O_RDWR);
}

/*
 * A mount in the scenario's directory, in a mount namespace of the actor's own: one namespace for all
 * of them, for a mount of a namespace that is gone is a detached one.
 */
static int mount_in_directory(struct actor *me, const char *name, char *path, size_t size)
{
	struct stat namespace;

	snprintf(path, size, "%s/%s", me->stage->directory, name);
	if (mkdir(path, 0700) < 0)
		return -1;
	if (stat("/proc/self/ns/mnt", &namespace) < 0)
		return -1;
	if (namespace.st_ino == me->self.mntns) {
		if (unshare(CLONE_NEWNS) < 0)
			return -1;
		if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
			return -1;
	}
	return mount("workload", path, "tmpfs", 0, NULL);
}

static int make_mounted(struct actor *me)
{
	char path[128];

	if (mount_in_directory(me, "mounted", path, sizeof(path)) < 0)
		return -1;
	strcat(path, "/inside");
	return open(path, O_RDWR | O_CREAT, 0600);
}

static int make_mount_root(struct actor *me)
{
	char path[128];

	if (mount_in_directory(me, "mount-root", path, sizeof(path)) < 0)
		return -1;
	return open(path, O_RDONLY | O_DIRECTORY);
}

/* The file system goes on without a place in the tree, as long as the file is open. */
static int make_detached(struct actor *me)
{
	char mountpoint[128], path[140];
	int fd;

	if (mount_in_directory(me, "detached", mountpoint, sizeof(mountpoint)) < 0)
		return -1;
	snprintf(path, sizeof(path), "%s/inside", mountpoint);
	fd = open(path, O_RDWR | O_CREAT, 0600);
	umount2(mountpoint, MNT_DETACH);
	return fd;
}

const struct file_maker file_makers[] = {
	{ "regular", make_regular },
	{ "deleted", make_deleted },
	{ "tmpfile", make_tmpfile },
	{ "directory", make_directory },
	{ "root", make_root },
	{ "null", make_null },
	{ "procfs", make_procfs },
	{ "fifo", make_fifo },
	{ "pipe", make_pipe },
	{ "unix-stream", make_unix_stream },
	{ "unix-datagram", make_unix_datagram },
	{ "unix-pair", make_unix_pair },
	{ "unix-listener", make_unix_listener },
	{ "unix-abstract", make_unix_abstract },
	{ "unix-connected", make_unix_connected },
	{ "unix-bound", make_unix_bound },
	{ "tcp", make_tcp },
	{ "tcp-listener", make_tcp_listener },
	{ "tcp-connected", make_tcp_connected },
	{ "tcp-closed", make_tcp_closed },
	{ "tcp6-listener", make_tcp6_listener },
	{ "tcp6-connected", make_tcp6_connected },
	{ "udp", make_udp },
	{ "udp-connected", make_udp_connected },
	{ "raw", make_raw },
	{ "netlink", make_netlink },
	{ "packet", make_packet },
	{ "packet-bound", make_packet_bound },
	{ "vsock", make_vsock },
	{ "vsock-listener", make_vsock_listener },
	{ "vsock-connecting", make_vsock_connecting },
	{ "vsock-connected", make_vsock_connected },
	{ "rfcomm", make_rfcomm },
	{ "rfcomm-listener", make_rfcomm_listener },
	{ "memfd", make_memfd },
	{ "memfd-sealed", make_memfd_sealed },
	{ "eventfd", make_eventfd },
	{ "eventfd-counted", make_eventfd_counted },
	{ "namespace-net", make_network_namespace },
	{ "namespace-pid", make_pid_namespace },
	{ "device-elsewhere", make_zero_elsewhere },
	{ "device-unknown", make_device_unknown },
	{ "bpf-map", make_bpf_map },
	{ "bpf-prog", make_bpf_prog },
	{ "bpf-link", make_bpf_link },
	{ "epoll", make_epoll },
	{ "epoll-watching", make_epoll_watching },
	{ "pidfd", make_pidfd },
	{ "timerfd", make_timerfd },
	{ "timerfd-once", make_timerfd_once },
	{ "timerfd-periodic", make_timerfd_periodic },
	{ "timerfd-expired", make_timerfd_expired },
	{ "timerfd-over", make_timerfd_over },
	{ "timerfd-alarm", make_timerfd_alarm },
	{ "signalfd", make_signalfd },
	{ "signalfd-several", make_signalfd_several },
	{ "signalfd-most", make_signalfd_most },
	{ "inotify", make_inotify },
	{ "inotify-watching", make_inotify_watching },
	{ "fanotify", make_fanotify },
	{ "fanotify-content", make_fanotify_content },
	{ "perf-event", make_perf_event },
	{ "userfaultfd", make_userfaultfd },
	{ "landlock", make_landlock },
	{ "fscontext", make_fscontext },
	{ "mount", make_mount },
	{ "secretmem", make_secretmem },
	{ "dmabuf", make_dmabuf },
	{ "dmabuf-named", make_dmabuf_named },
	{ "sync-file", make_sync_file },
	{ "path", make_path },
	{ "pty", make_pty },
	{ "long-path", make_long_path },
	{ "deep-path", make_deep_path },
	{ "longest-name", make_longest_name },
	{ "newline", make_newline },
	{ "escape", make_escape },
	{ "unicode", make_unicode },
	{ "invalid-utf8", make_invalid },
	{ "fake-mark", make_fake_mark },
	{ "mounted", make_mounted },
	{ "mount-root", make_mount_root },
	{ "detached", make_detached },
};
const unsigned int nr_file_makers = ARRAY_SIZE(file_makers);

int mkfd_if_any(struct actor *me, const struct file_maker *maker)
{
	int fd = maker->make(me);

	if (fd >= 0)
		description_set(me, fd, 0);
	return fd;
}

int mkfd(struct actor *me, const struct file_maker *maker)
{
	int fd = mkfd_if_any(me, maker);

	if (fd < 0)
		actor_skip(me, "no %s here: %s", maker->name, strerror(errno));
	return fd;
}

int mkfd_named(struct actor *me, const char *name)
{
	for (unsigned int i = 0; i < nr_file_makers; i++) {
		if (strcmp(file_makers[i].name, name) == 0)
			return mkfd(me, &file_makers[i]);
	}
	errno = EINVAL;
	return (int)actor_require(-1);
}
