// SPDX-License-Identifier: GPL-2.0-or-later
/* The traced command. */
#include "host/child.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct child {
	pid_t pid;
	int gate; /* write end: a byte lets it run; closed without one, it ends; -1: it runs */
	int failure; /* read end: the errno of execvp(3), or nothing */
	bool ended;
	int wait_status;
	struct sigaction on_child; /* what this process was started with, for SIGCHLD */
};

enum pipe_end { READ_END, WRITE_END };

static void close_pipe(int pipe[2])
{
	close(pipe[READ_END]);
	close(pipe[WRITE_END]);
}

/* In the child: wait at the gate, then become the command. Only async-signal-safe calls. */
__attribute__((noreturn)) static void become(const struct child *child, char *const argv[],
					     const sigset_t *mask, int gate, int failure)
{
	char byte;
	int error;

	if (read(gate, &byte, 1) != 1)
		_exit(EXIT_FAILURE);
	sigprocmask(SIG_SETMASK, mask, NULL);
	sigaction(SIGCHLD, &child->on_child, NULL);
	execvp(argv[0], argv);
	error = -errno;
	if (write(failure, &error, sizeof(error)) < 0)
		_exit(EXIT_FAILURE);
	_exit(EXIT_FAILURE);
}

static int fork_child(struct child *child, char *const argv[], const sigset_t *mask)
{
	int gate[2], failure[2];
	int r;

	if (pipe2(gate, O_CLOEXEC) < 0)
		return -errno;
	if (pipe2(failure, O_CLOEXEC) < 0) {
		r = -errno;
		close_pipe(gate);
		return r;
	}
	child->pid = fork();
	if (child->pid < 0) {
		r = -errno;
		close_pipe(gate);
		close_pipe(failure);
		return r;
	}
	if (child->pid == 0) {
		close(gate[WRITE_END]);
		close(failure[READ_END]);
		become(child, argv, mask, gate[READ_END], failure[WRITE_END]);
	}
	close(gate[READ_END]);
	close(failure[WRITE_END]);
	child->gate = gate[WRITE_END];
	child->failure = failure[READ_END];
	return 0;
}

int child_new(struct child **ret, char *const argv[], const sigset_t *mask)
{
	struct child *child;
	int r;

	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
		return -errno;
	child = calloc(1, sizeof(*child));
	if (!child)
		return -ENOMEM;
	/* Where it is ignored, nobody is told how the command ended. */
	sigaction(SIGCHLD, &(struct sigaction){ .sa_handler = SIG_DFL }, &child->on_child);
	r = fork_child(child, argv, mask);
	if (r < 0) {
		free(child);
		return r;
	}
	*ret = child;
	return 0;
}

struct child *child_free(struct child *child)
{
	if (!child)
		return NULL;
	if (child->gate >= 0)
		close(child->gate);
	close(child->failure);
	free(child);
	return NULL;
}

int child_start(struct child *child)
{
	int error = 0;
	ssize_t n;

	if (write(child->gate, "", 1) < 0)
		return -errno;
	close(child->gate);
	child->gate = -1;
	/* Ends when execvp(3) closes the other end, which is close-on-exec. */
	do {
		n = read(child->failure, &error, sizeof(error));
	} while (n < 0 && errno == EINTR);
	return n == sizeof(error) ? error : 0;
}

/* Returns when both go on. */
static void stop_with(const struct child *child)
{
	raise(SIGSTOP);
	kill(child->pid, SIGCONT);
}

bool child_reap(struct child *child)
{
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED)) > 0) {
		if (pid != child->pid)
			continue;
		if (WIFSTOPPED(status)) {
			stop_with(child);
			continue;
		}
		child->ended = true;
		child->wait_status = status;
	}
	return child->ended;
}

void child_signal(const struct child *child, int signal)
{
	if (!child->ended)
		kill(child->pid, signal);
}

int child_status(const struct child *child)
{
	if (WIFSIGNALED(child->wait_status))
		return 128 + WTERMSIG(child->wait_status);
	return WEXITSTATUS(child->wait_status);
}
