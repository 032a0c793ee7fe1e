/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stages and actors, see stage.h. */
#include <err.h>
#include <errno.h>
#include <ftw.h>
#include <linux/futex.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stage.h"

/* A child that ends with this could not do its part on this machine. */
#define EXIT_SKIPPED 77

struct stage *stage_new(void)
{
	struct stage *stage;
	const char *parent = getenv("TMPDIR");

	/* Zeroed, and only what is touched takes memory. */
	stage = mmap(NULL, sizeof(*stage), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (stage == MAP_FAILED)
		return NULL;
	snprintf(stage->directory, sizeof(stage->directory), "%s/workload.XXXXXX",
		 parent ? parent : "/tmp");
	if (!mkdtemp(stage->directory)) {
		munmap(stage, sizeof(*stage));
		return NULL;
	}
	return stage;
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *walk)
{
	(void)status;
	(void)type;
	(void)walk;
	return remove(path);
}

void stage_free(struct stage *stage)
{
	/*
	 * rm(1) follows directories by descriptors; nftw(3) goes by whole paths, which a directory
	 * deeper than PATH_MAX would defeat. FTW_CHDIR does not.
	 */
	nftw(stage->directory, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_CHDIR);
	rmdir(stage->directory);
	munmap(stage, sizeof(*stage));
}

void stage_write(const struct stage *stage, const char *scenario, FILE *stream)
{
	for (unsigned int i = 0; i < stage->nr_actors && i < STAGE_MAX_ACTORS; i++)
		truth_write_process(stream, scenario, stage->actors[i]);
	for (unsigned int i = 0; i < stage->nr_rows; i++) {
		if (stage->rows[i].outcome)
			truth_write_row(stream, scenario, &stage->rows[i]);
	}
}

static void reach(atomic_uint *clock, unsigned int time)
{
	atomic_store(clock, time);
	syscall(SYS_futex, clock, FUTEX_WAKE, INT32_MAX, NULL, NULL, 0);
}

static void wait_until(atomic_uint *clock, unsigned int time)
{
	unsigned int seen;

	while ((seen = atomic_load(clock)) < time)
		syscall(SYS_futex, clock, FUTEX_WAIT, seen, NULL, NULL, 0);
}

void step_reach(struct stage *stage, unsigned int step)
{
	reach(&stage->step, step);
}

void step_wait(struct stage *stage, unsigned int step)
{
	wait_until(&stage->step, step);
}

void curtain_raise(struct stage *stage)
{
	reach(&stage->curtain, 1);
}

void curtain_wait(struct stage *stage)
{
	wait_until(&stage->curtain, 1);
}

void actor_enter(struct actor *me, const char *comm)
{
	struct stage *stage = me->stage;
	unsigned int place;
	bool known = false;

	prctl(PR_SET_NAME, comm);
	process_measure(&me->self);
	actor_require(me->self.known ? 0 : -1);
	for (unsigned int i = 0; i < stage->nr_actors && i < STAGE_MAX_ACTORS; i++)
		known = known || stage->actors[i] == me->self.pid;
	if (known)
		return;
	place = atomic_fetch_add(&stage->nr_actors, 1);
	actor_require(place < STAGE_MAX_ACTORS);
	stage->actors[place] = me->self.pid;
}

pid_t actor_start(struct actor *me, const char *comm, actor_fn play, const void *argument)
{
	pid_t parent = getpid(), pid;

	pid = (pid_t)actor_require(fork());
	if (pid > 0)
		return pid;
	/* Nothing outlives a scenario that breaks, also where it broke before this line. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent && getppid() != 0) /* 0: it is in another pid namespace */
		_exit(EXIT_FAILURE);
	actor_enter(me, comm);
	play(me, argument);
	_exit(EXIT_SUCCESS);
}

/* A child has ended. Where it failed, the others may wait for what will never come. */
static void take_status(int status)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SKIPPED)
		_exit(EXIT_SKIPPED);
	if (status != 0)
		_exit(EXIT_FAILURE);
}

void actor_wait(struct actor *me, pid_t pid)
{
	int status;

	(void)me;
	while (waitpid(pid, &status, 0) < 0)
		actor_require(errno == EINTR ? 0 : -1);
	take_status(status);
}

void actor_wait_all(struct actor *me)
{
	int status;

	(void)me;
	while (true) {
		if (wait(&status) > 0)
			take_status(status);
		else if (errno != EINTR)
			return;
	}
}

void actor_skip(struct actor *me, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(me->stage->skipped, sizeof(me->stage->skipped), format, arguments);
	va_end(arguments);
	_exit(EXIT_SKIPPED);
}

long actor_check(long result, const char *expression, const char *file, int line)
{
	if (result < 0)
		err(EXIT_FAILURE, "%s:%d: %s", file, line, expression);
	return result;
}

uint32_t description_of(struct actor *me, int fd)
{
	if (fd < 0 || fd >= ACTOR_MAX_FDS)
		return 0;
	if (me->descriptions[fd] == 0)
		description_set(me, fd, 0);
	return me->descriptions[fd];
}

void description_set(struct actor *me, int fd, uint32_t description)
{
	if (fd < 0 || fd >= ACTOR_MAX_FDS)
		return;
	if (description == 0)
		description = 1 + atomic_fetch_add(&me->stage->descriptions, 1);
	me->descriptions[fd] = description;
}
