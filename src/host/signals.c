// SPDX-License-Identifier: GPL-2.0-or-later
/* Signals. */
#include "host/signals.h"

#include <errno.h>
#include <stddef.h>
#include <sys/signalfd.h>

static int is_ignored(int number)
{
	struct sigaction action;

	return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

int signals_open(sigset_t *inherited_mask)
{
	static const int ending[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
	sigset_t signals;
	int fd;

	sigemptyset(&signals);
	sigaddset(&signals, SIGCHLD);
	/* A signal that is blocked is not ignored: signalfd(2) would tell it. */
	for (size_t i = 0; i < sizeof(ending) / sizeof(ending[0]); i++) {
		if (!is_ignored(ending[i]))
			sigaddset(&signals, ending[i]);
	}
	fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return -errno;
	sigaddset(&signals, SIGPIPE);
	sigprocmask(SIG_BLOCK, &signals, inherited_mask);
	return fd;
}
