// SPDX-License-Identifier: GPL-2.0-or-later
/* The process that reads the files of container runtimes. */
#include "host/container_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/container_file.h"
#include "host/privilege.h"

#define READER_NAME "fdpass-reader"

static bool answer(int fd, const struct container_question *question)
{
	struct container_answer ret = { .cgroup_id = question->cgroup_id };

	ret.found = container_file_find(question->path, &ret.container);
	return send(fd, &ret, sizeof(ret), MSG_NOSIGNAL) == sizeof(ret);
}

static bool next_question(int fd, struct container_question *ret)
{
	ssize_t size;

	do {
		size = recv(fd, ret, sizeof(*ret), 0);
	} while (size < 0 && errno == EINTR);
	if (size != sizeof(*ret))
		return false;
	ret->path[sizeof(ret->path) - 1] = '\0';
	return true;
}

/* Until the other end is closed. Signals of the terminal are the other process's: it ends this one. */
__attribute__((noreturn)) static void serve(int fd)
{
	struct container_question question;

	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	prctl(PR_SET_NAME, READER_NAME);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	fd = fcntl(fd, F_DUPFD, STDERR_FILENO + 1);
	if (fd < 0)
		_exit(EXIT_FAILURE);
	close_range(0, (unsigned int)fd - 1, 0);
	close_range((unsigned int)fd + 1, ~0U, 0);
	if (privilege_keep_reading(container_file_folders) < 0)
		_exit(EXIT_FAILURE);
	while (next_question(fd, &question) && answer(fd, &question))
		;
	_exit(EXIT_SUCCESS);
}

int container_reader_start(int *fd)
{
	int ends[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	pid = fork();
	if (pid == 0)
		serve(ends[1]);
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		return -errno;
	}
	*fd = ends[0];
	return 0;
}
