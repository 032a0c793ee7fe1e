// SPDX-License-Identifier: GPL-2.0-or-later
/* Leaks: see leak.h. */
#include "core/leak.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SEC_PER_HOUR UINT64_C(3600)

/* What is the same in all of a group, and in no other; compared as bytes. */
struct group_key {
	const struct origin *origin;
	uint64_t start_time; /* of who has them */
	uint32_t pid;
	uint32_t own;
};

struct group {
	UT_hash_handle hh;
	struct group_key key;
	struct origin *origin;
	struct process process; /* who has them */
	uint64_t since_ns; /* when the first of those that are open was received */
	struct trend trend;
	struct leak leak;
	struct group *next_found; /* in the table that is told just now */
	bool found;
};

/* What all groups of a process lead to together. */
struct growth {
	UT_hash_handle hh;
	uint32_t pid;
	uint64_t per_hour;
};

struct leaks {
	struct ledger *ledger;
	struct group *groups;
	struct group *found; /* in the table that is told just now */
};

int leaks_new(struct leaks **ret, struct ledger *ledger)
{
	struct leaks *leaks = calloc(1, sizeof(*leaks));

	if (!leaks)
		return -ENOMEM;
	leaks->ledger = ledger;
	*ret = leaks;
	return 0;
}

static void forget(struct leaks *leaks, struct group *group)
{
	HASH_DEL(leaks->groups, group);
	ledger_unref(leaks->ledger, group->origin);
	free(group);
}

struct leaks *leaks_free(struct leaks *leaks)
{
	struct group *group, *next;

	if (!leaks)
		return NULL;
	HASH_ITER(hh, leaks->groups, group, next)
		forget(leaks, group);
	free(leaks);
	return NULL;
}

static struct group *add(struct leaks *leaks, const struct group_key *key, const struct kept *kept)
{
	struct group *group = calloc(1, sizeof(*group));

	if (!group)
		return NULL;
	group->key = *key;
	HASH_ADD(hh, leaks->groups, key, sizeof(group->key), group);
	if (!group->hh.tbl) {
		free(group);
		return NULL;
	}
	group->origin = origin_ref(kept->origin);
	group->leak.own = kept->own;
	return group;
}

static void count(struct group *group, const struct kept *kept)
{
	if (group->leak.still_open == 0 || kept->since_ns < group->since_ns)
		group->since_ns = kept->since_ns;
	group->process = (struct process){ kept->event->task, .known = true };
	group->leak.still_open++;
	group->leak.fds_limit = kept->event->fd_limit;
}

static int take(struct leaks *leaks, const struct kept *kept)
{
	struct group_key key;
	struct group *group;

	memset(&key, 0, sizeof(key)); /* compared as bytes */
	key.origin = kept->origin;
	key.pid = kept->event->task.pid;
	key.start_time = kept->event->task.start_time;
	key.own = kept->own;
	HASH_FIND(hh, leaks->groups, &key, sizeof(key), group);
	if (!group)
		group = add(leaks, &key, kept);
	if (!group)
		return -ENOMEM;
	count(group, kept);
	if (!group->found) {
		group->found = true;
		group->next_found = leaks->found;
		leaks->found = group;
	}
	return 0;
}

/* Behind the descriptors of a table: how many it has. */
static void end_table(struct leaks *leaks, uint32_t nr_descriptors)
{
	for (; leaks->found; leaks->found = leaks->found->next_found) {
		leaks->found->leak.fds = nr_descriptors;
		leaks->found->found = false;
	}
}

void leaks_look(struct leaks *leaks, ledger_file_fn fn, void *userdata)
{
	struct group *group, *next;

	end_table(leaks, 0); /* of a look that broke off */
	HASH_ITER(hh, leaks->groups, group, next)
		group->leak.still_open = 0;
	ledger_look(leaks->ledger, fn, userdata);
}

int leaks_found(struct leaks *leaks, const struct event_kept *event)
{
	struct kept kept;
	int r;

	if (event->file == 0) {
		end_table(leaks, event->count);
		return 0;
	}
	r = ledger_found(leaks->ledger, event, &kept);
	return r > 0 ? take(leaks, &kept) : r;
}

/* The forecast */

static void forget_growths(struct growth *growths)
{
	struct growth *growth, *next;

	HASH_ITER(hh, growths, growth, next) {
		HASH_DEL(growths, growth);
		free(growth);
	}
}

static struct growth *growth_of(struct growth **growths, uint32_t pid)
{
	struct growth *growth;

	HASH_FIND(hh, *growths, &pid, sizeof(pid), growth);
	if (growth)
		return growth;
	growth = calloc(1, sizeof(*growth));
	if (!growth)
		return NULL;
	growth->pid = pid;
	HASH_ADD(hh, *growths, pid, sizeof(growth->pid), growth);
	if (growth->hh.tbl)
		return growth;
	free(growth);
	return NULL;
}

static int sum_growths(const struct leaks *leaks, struct growth **ret)
{
	struct group *group, *next;

	HASH_ITER(hh, leaks->groups, group, next) {
		struct growth *growth = growth_of(ret, group->key.pid);

		if (!growth)
			return -ENOMEM;
		growth->per_hour += group->leak.per_hour;
	}
	return 0;
}

static uint64_t seconds_left(const struct leak *leak, uint64_t per_hour)
{
	uint64_t left = leak->fds_limit > leak->fds ? leak->fds_limit - leak->fds : 0;

	if (leak->trend != TREND_GROWING || left > UINT64_MAX / SEC_PER_HOUR)
		return LEAK_NO_FORECAST;
	return left * SEC_PER_HOUR / per_hour;
}

static int forecast(struct leaks *leaks)
{
	struct growth *growths = NULL;
	int r = sum_growths(leaks, &growths);
	struct group *group, *next;

	HASH_ITER(hh, leaks->groups, group, next) {
		if (r >= 0)
			group->leak.emfile_s = seconds_left(
				&group->leak, growth_of(&growths, group->key.pid)->per_hour);
	}
	forget_growths(growths);
	return r;
}

static void judge(struct group *group, uint64_t now_ns)
{
	struct leak *leak = &group->leak;

	trend_add(&group->trend, now_ns, leak->still_open);
	leak->trend = trend_judge(&group->trend, &leak->per_hour);
	leak->oldest_ns = now_ns > group->since_ns ? now_ns - group->since_ns : 0;
}

int leaks_end_look(struct leaks *leaks, uint64_t now_ns)
{
	struct group *group, *next;

	ledger_end_look(leaks->ledger);
	HASH_ITER(hh, leaks->groups, group, next) {
		if (group->leak.still_open == 0)
			forget(leaks, group);
		else
			judge(group, now_ns);
	}
	return forecast(leaks);
}

/* Rows */

static int order(const struct group *one, const struct group *other)
{
	const struct leak *leak = &one->leak, *with = &other->leak;

	if ((leak->trend == TREND_GROWING) != (with->trend == TREND_GROWING))
		return leak->trend == TREND_GROWING ? -1 : 1;
	if (leak->still_open != with->still_open)
		return leak->still_open > with->still_open ? -1 : 1;
	if (one->since_ns != other->since_ns)
		return one->since_ns < other->since_ns ? -1 : 1;
	return 0;
}

/* Who has them is the receiver, wherever they went after that; the sender of its own copies. */
static struct pass pass_of(const struct group *group)
{
	struct pass pass = *group->origin->pass;

	if (group->leak.own)
		pass.sender = group->process;
	else
		pass.receiver = group->process;
	return pass;
}

int leaks_tell(struct leaks *leaks, leaks_row_fn fn, void *userdata)
{
	struct group *group, *next;
	int r = 0;

	HASH_SORT(leaks->groups, order);
	HASH_ITER(hh, leaks->groups, group, next) {
		const struct pass pass = pass_of(group);

		if (r >= 0)
			r = fn(userdata, &pass, &group->leak);
	}
	return r < 0 ? r : 0;
}
