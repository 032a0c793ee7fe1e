/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Paths that lead through many mounts: as root of a user namespace of its own, anybody can stack
 * them. A walk up the path of a file has to go through each.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "message.h"
#include "hostile.h"

#define MOUNTS 200
#define DIRECTORIES 2
#define CPUS_MOST 8

static void write_file(const char *path, const char *text)
{
	int fd = (int)actor_require(open(path, O_WRONLY | O_CLOEXEC));

	actor_require(write(fd, text, strlen(text)));
	close(fd);
}

/* Into namespaces where the user is still the same, and may mount. */
static void enter_namespaces(struct actor *me)
{
	unsigned int uid = getuid(), gid = getgid();
	char map[64];

	if (unshare(CLONE_NEWUSER | CLONE_NEWNS) < 0)
		actor_skip(me, "no user namespaces for nobody: %s", strerror(errno));
	prctl(PR_SET_DUMPABLE, 1);
	snprintf(map, sizeof(map), "%u %u 1", uid, uid);
	write_file("/proc/self/uid_map", map);
	write_file("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "%u %u 1", gid, gid);
	write_file("/proc/self/gid_map", map);
	actor_require(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	actor_enter(me, "w-sender");
}

static void name_directory(struct actor *me, unsigned int number, char *ret, size_t size)
{
	snprintf(ret, size, "%s/stack-%u", me->stage->directory, number);
}

static void make_directories(struct actor *me)
{
	char path[128];

	for (unsigned int i = 0; i < DIRECTORIES; i++) {
		name_directory(me, i, path, sizeof(path));
		actor_require(mkdir(path, 0700));
	}
}

static void stack_mounts(struct actor *me)
{
	char path[128];

	for (unsigned int i = 0; i < DIRECTORIES; i++) {
		name_directory(me, i, path, sizeof(path));
		for (unsigned int j = 0; j < MOUNTS; j++)
			actor_require(mount(path, path, NULL, MS_BIND, NULL));
	}
}

/* Files in one directory and the other by turns. */
static void open_files(struct actor *me, const char *word, int *fds)
{
	char path[256];
	size_t length;

	for (unsigned int i = 0; i < MESSAGE_MAX_FDS; i++) {
		name_directory(me, i % DIRECTORIES, path, sizeof(path));
		length = strlen(path);
		snprintf(path + length, sizeof(path) - length, "/%s-%u", word, i);
		fds[i] = (int)actor_require(open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600));
		description_set(me, fds[i], 0);
	}
}

/* A message from each processor: what one of them remembers is its own. */
static void send_everywhere(struct actor *me, int sock, const int *fds, uint32_t leeway)
{
	cpu_set_t all, one;
	unsigned int left = CPUS_MOST;

	actor_require(sched_getaffinity(0, sizeof(all), &all));
	for (int i = 0; i < CPU_SETSIZE && left > 0; i++) {
		if (!CPU_ISSET(i, &all))
			continue;
		CPU_ZERO(&one);
		CPU_SET(i, &one);
		actor_require(sched_setaffinity(0, sizeof(one), &one));
		message_leeway(me->stage, send_fds(me, sock, fds, MESSAGE_MAX_FDS), leeway);
		left--;
	}
	actor_require(sched_setaffinity(0, sizeof(all), &all));
}

/* First files that are easy to tell: they are what is left over where others cannot be told. */
void send_mounted(struct actor *me, int sock, const void *argument)
{
	int fds[MESSAGE_MAX_FDS];

	(void)argument;
	make_directories(me);
	open_files(me, "plain", fds);
	send_everywhere(me, sock, fds, 0);
	for (unsigned int i = 0; i < MESSAGE_MAX_FDS; i++)
		close(fds[i]);
	enter_namespaces(me);
	stack_mounts(me);
	open_files(me, "stacked", fds);
	send_everywhere(me, sock, fds, LEEWAY_PATH);
}
