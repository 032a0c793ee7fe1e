// SPDX-License-Identifier: GPL-2.0-or-later
/* Iterators in network namespaces: see netns.h. */
#include "host/netns.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/iterator.h"

/* What was gone through so far. */
struct search {
	struct netns_runs *runs;
	const struct bpf_link *link;
	uint64_t *inos; /* of the namespaces, in the order in which they were found */
	size_t nr_inos;
	int own_fd;
};

static bool was_found(const struct search *search, uint64_t ino)
{
	for (size_t i = 0; i < search->nr_inos; i++) {
		if (search->inos[i] == ino)
			return true;
	}
	return false;
}

static int remember(struct search *search, uint64_t ino)
{
	uint64_t *inos = reallocarray(search->inos, search->nr_inos + 1, sizeof(*inos));

	if (!inos)
		return -ENOMEM;
	search->inos = inos;
	search->inos[search->nr_inos++] = ino;
	return 0;
}

static int add_run(struct netns_runs *runs, int fd)
{
	int *fds = reallocarray(runs->fds, runs->count + 1, sizeof(*fds));

	if (!fds) {
		close(fd);
		return -ENOMEM;
	}
	runs->fds = fds;
	runs->fds[runs->count++] = fd;
	return 0;
}

/* Open a run in the namespace, and come back. */
static int open_run(struct search *search, int namespace_fd)
{
	int run;

	if (setns(namespace_fd, CLONE_NEWNET) < 0) {
		search->runs->incomplete = true;
		return 0;
	}
	run = iterator_open(search->link);
	if (setns(search->own_fd, CLONE_NEWNET) < 0 || run < 0) {
		search->runs->incomplete = true;
		return run < 0 ? 0 : -errno;
	}
	return add_run(search->runs, run);
}

/* That of a process: it may have ended. */
static int visit(struct search *search, int proc, const char *pid)
{
	char path[64];
	struct stat status;
	int fd, r;

	snprintf(path, sizeof(path), "%.20s/ns/net", pid);
	if (fstatat(proc, path, &status, 0) < 0) {
		search->runs->incomplete |= errno == EACCES || errno == EPERM;
		return 0;
	}
	if (was_found(search, status.st_ino))
		return 0;
	r = remember(search, status.st_ino);
	if (r < 0)
		return r;
	fd = openat(proc, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		search->runs->incomplete = true;
		return 0;
	}
	r = open_run(search, fd);
	close(fd);
	return r;
}

static int visit_all(struct search *search, DIR *proc)
{
	const struct dirent *entry;
	struct stat status;
	int r;

	if (fstat(search->own_fd, &status) < 0)
		return -errno;
	r = remember(search, status.st_ino);
	while (r >= 0 && (entry = readdir(proc))) {
		if (isdigit((unsigned char)entry->d_name[0]))
			r = visit(search, dirfd(proc), entry->d_name);
	}
	return r;
}

int netns_open_runs(struct netns_runs *ret, const struct bpf_link *link)
{
	struct search search = { .runs = ret, .link = link };
	DIR *proc = opendir("/proc");
	int r;

	if (!proc)
		return -errno;
	search.own_fd = openat(dirfd(proc), "self/ns/net", O_RDONLY | O_CLOEXEC);
	r = search.own_fd < 0 ? -errno : visit_all(&search, proc);
	if (search.own_fd >= 0)
		close(search.own_fd);
	closedir(proc);
	free(search.inos);
	return r;
}

void netns_close_runs(struct netns_runs *runs)
{
	for (size_t i = 0; i < runs->count; i++)
		close(runs->fds[i]);
	free(runs->fds);
	runs->fds = NULL;
	runs->count = 0;
}
