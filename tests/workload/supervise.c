/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A process under supervision, see supervise.h. */
#include <errno.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "supervise.h"

/* getpriority(2): neither libc nor the harness calls it. */
#define WATCHED_CALL SYS_getpriority

static int install_filter(void)
{
	struct sock_filter instructions[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, WATCHED_CALL, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(instructions) / sizeof(instructions[0]),
				      instructions };

	actor_require(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
			    &program);
}

static void *ask(void *argument)
{
	syscall(WATCHED_CALL, 0, 0);
	return argument;
}

static void start_others(unsigned int others)
{
	pthread_attr_t attributes;
	pthread_t id;

	actor_require(-pthread_attr_init(&attributes));
	actor_require(-pthread_attr_setstacksize(&attributes, PTHREAD_STACK_MIN));
	for (unsigned int i = 0; i < others; i++)
		actor_require(-pthread_create(&id, &attributes, ask, NULL));
	pthread_attr_destroy(&attributes);
}

/* Its table of descriptors is the supervisor's until the listener is in it. */
static _Noreturn void be_supervised(struct actor *me, struct truth_row *row, unsigned int others)
{
	int listener;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	actor_enter(me, "w-supervised");
	listener = install_filter();
	if (listener < 0)
		actor_skip(me, "no seccomp listener: %s", strerror(errno));
	actor_require(dup2(listener, SUPERVISED_LISTENER));
	close(listener);
	actor_require(unshare(CLONE_FILES));
	close(SUPERVISED_LISTENER);
	row->receiver = me->self;
	step_reach(me->stage, 1);
	start_others(others);
	step_wait(me->stage, 2);
	syscall(WATCHED_CALL, 0, 0);
	_exit(EXIT_SUCCESS);
}

void supervised_start(struct actor *me, struct truth_row *row, unsigned int others)
{
	pid_t pid = (pid_t)actor_require(syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0));

	if (pid == 0)
		be_supervised(me, row, others);
	step_wait(me->stage, 1);
}

static uint64_t next_notification(void)
{
	struct seccomp_notif notification = { 0 };

	actor_require(ioctl(SUPERVISED_LISTENER, SECCOMP_IOCTL_NOTIF_RECV, &notification));
	return notification.id;
}

uint64_t supervised_wait(struct actor *me, unsigned int others)
{
	for (unsigned int i = 0; i < others; i++)
		next_notification();
	step_reach(me->stage, 2);
	return next_notification();
}
