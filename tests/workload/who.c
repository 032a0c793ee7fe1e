// SPDX-License-Identifier: GPL-2.0-or-later
/* Parties that are somewhere else: in namespaces and in a cgroup of their own. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "message.h"
#include "scenario.h"

static void write_text(const char *path, const char *text)
{
	int fd = (int)actor_require(open(path, O_WRONLY | O_CLOEXEC));

	actor_require(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

/* Enter namespaces; in one of users, who it is outside stays who it is inside. */
static void leave(struct actor *me, int flags)
{
	if (unshare(flags) < 0)
		actor_skip(me, "no new namespaces: %s", strerror(errno));
	if (flags & CLONE_NEWUSER) {
		write_text("/proc/self/setgroups", "deny");
		write_text("/proc/self/uid_map", "0 0 1");
		write_text("/proc/self/gid_map", "0 0 1");
	}
}

static void send_here(struct actor *me, int sock, const void *flags)
{
	(void)flags;
	send_named(me, sock, "eventfd");
}

static void receive_here(struct actor *me, int sock, const void *flags)
{
	(void)flags;
	receive_fds(me, sock);
}

static void send_from_elsewhere(struct actor *me, int sock, const void *flags)
{
	leave(me, *(const int *)flags);
	actor_enter(me, "w-sender");
	send_named(me, sock, "eventfd");
}

static void receive_elsewhere(struct actor *me, int sock, const void *flags)
{
	leave(me, *(const int *)flags);
	actor_enter(me, "w-receiver");
	receive_fds(me, sock);
}

/* Where the hierarchy of version 2 is. */
static const char *cgroup_root(void)
{
	return access("/sys/fs/cgroup/cgroup.procs", F_OK) == 0 ? "/sys/fs/cgroup" :
								  "/sys/fs/cgroup/unified";
}

static void enter_cgroup(const char *path)
{
	char procs[128];

	snprintf(procs, sizeof(procs), "%s/cgroup.procs", path);
	write_text(procs, "0");
}

/* In a cgroup that is made for it and gone right afterwards. */
static void send_from_cgroup(struct actor *me, int sock, const void *argument)
{
	char path[64];

	(void)argument;
	snprintf(path, sizeof(path), "%s/w-%d", cgroup_root(), getpid());
	if (mkdir(path, 0755) < 0)
		actor_skip(me, "no new cgroup: %s", strerror(errno));
	enter_cgroup(path);
	actor_enter(me, "w-sender");
	send_named(me, sock, "eventfd");
	enter_cgroup(cgroup_root());
	actor_require(rmdir(path));
}

static const int network = CLONE_NEWNET, user = CLONE_NEWUSER, cgroup = CLONE_NEWCGROUP,
		 several = CLONE_NEWNET | CLONE_NEWUSER | CLONE_NEWCGROUP | CLONE_NEWNS;

static const struct scenario scenarios[] = {
	{ "network", DUET(SOCK_STREAM, send_from_elsewhere, receive_here, &network) },
	{ "user", DUET(SOCK_STREAM, send_here, receive_elsewhere, &user) },
	{ "cgroup-namespace", DUET(SOCK_STREAM, send_from_elsewhere, receive_here, &cgroup) },
	{ "several", DUET(SOCK_STREAM, send_here, receive_elsewhere, &several) },
	{ "both", DUET(SOCK_DGRAM, send_from_elsewhere, receive_elsewhere, &several) },
	{ "cgroup", DUET(SOCK_STREAM, send_from_cgroup, receive_here, NULL) },
};

const struct group who_group = GROUP("who", scenarios);
