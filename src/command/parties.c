// SPDX-License-Identifier: GPL-2.0-or-later
/* The parties of passes. */
#include "command/parties.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "command/resolver.h"
#include "host/clock.h"
#include "host/container.h"

/* Passes that wait at most: some megabytes. */
#define WAITING_MOST 16384

struct waiting {
	STAILQ_ENTRY(waiting) next;
	struct pass *pass;
};

struct parties {
	struct users *users;
	struct containers *containers;
	struct resolver resolver;
	join_row_fn fn;
	void *userdata;
	STAILQ_HEAD(, waiting) waiting;
	size_t nr_waiting;
	uint64_t now_ns;
};

int parties_new(struct parties **ret, join_row_fn fn, void *userdata)
{
	struct parties *parties = calloc(1, sizeof(*parties));
	int r;

	if (!parties)
		return -ENOMEM;
	parties->fn = fn;
	parties->userdata = userdata;
	STAILQ_INIT(&parties->waiting);
	parties->now_ns = clock_monotonic_ns();
	r = resolver_init(&parties->resolver, &parties->users);
	if (r >= 0)
		r = containers_new(&parties->containers);
	parties->resolver.cgroup = containers_find;
	parties->resolver.cgroups = parties->containers;
	if (r < 0) {
		parties_free(parties);
		return r;
	}
	*ret = parties;
	return 0;
}

/* The first of those that wait: the caller's from now on. */
static struct pass *take_first(struct parties *parties)
{
	struct waiting *first = STAILQ_FIRST(&parties->waiting);
	struct pass *pass = first->pass;

	STAILQ_REMOVE_HEAD(&parties->waiting, next);
	parties->nr_waiting--;
	free(first);
	return pass;
}

struct parties *parties_free(struct parties *parties)
{
	if (!parties)
		return NULL;
	while (parties->nr_waiting > 0)
		free(take_first(parties));
	containers_free(parties->containers);
	users_free(parties->users);
	free(parties);
	return NULL;
}

const struct resolver *parties_resolver(const struct parties *parties)
{
	return &parties->resolver;
}

static bool must_wait_for(struct parties *parties, const struct process *process)
{
	return process->known &&
	       parties->now_ns < containers_deadline(parties->containers, process->cgroup_id,
						     parties->now_ns);
}

static bool must_wait(struct parties *parties, const struct pass *pass)
{
	return must_wait_for(parties, &pass->sender) || must_wait_for(parties, &pass->receiver);
}

static int add_waiting(struct parties *parties, const struct pass *pass)
{
	struct waiting *waiting = malloc(sizeof(*waiting));

	if (!waiting)
		return -ENOMEM;
	waiting->pass = pass_dup(pass);
	if (!waiting->pass) {
		free(waiting);
		return -ENOMEM;
	}
	STAILQ_INSERT_TAIL(&parties->waiting, waiting, next);
	parties->nr_waiting++;
	return 0;
}

static int let_first_go(struct parties *parties)
{
	struct pass *pass = take_first(parties);
	int r = parties->fn(parties->userdata, pass);

	free(pass);
	return r;
}

int parties_pass(void *parties_, const struct pass *pass)
{
	struct parties *parties = parties_;
	int r = 0;

	if (parties->nr_waiting == 0 && !must_wait(parties, pass))
		return parties->fn(parties->userdata, pass);
	if (parties->nr_waiting == WAITING_MOST)
		r = let_first_go(parties);
	return r < 0 ? r : add_waiting(parties, pass);
}

void parties_cgroup(void *parties_, uint64_t id, const char *path)
{
	struct parties *parties = parties_;

	parties->now_ns = clock_monotonic_ns();
	containers_tell(parties->containers, id, path, parties->now_ns);
}

int parties_fd(const struct parties *parties)
{
	return containers_fd(parties->containers);
}

int parties_go_on(struct parties *parties)
{
	int r = 0;

	parties->now_ns = clock_monotonic_ns();
	containers_take_answers(parties->containers);
	while (r >= 0 && parties->nr_waiting > 0 &&
	       !must_wait(parties, STAILQ_FIRST(&parties->waiting)->pass))
		r = let_first_go(parties);
	return r;
}

int parties_finish(struct parties *parties)
{
	int r = parties_go_on(parties);

	/* Nothing waits for longer than a moment. */
	while (r >= 0 && parties->nr_waiting > 0) {
		struct pollfd answer = { .fd = parties_fd(parties), .events = POLLIN };

		poll(&answer, 1, 10);
		r = parties_go_on(parties);
	}
	return r;
}
