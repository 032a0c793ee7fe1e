// SPDX-License-Identifier: GPL-2.0-or-later
/* What is known of cgroups: a table by id, the longest unseen falls out. */
#include "host/container.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#define HASH_FUNCTION HASH_OAT
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "core/decode.h"
#include "host/clock.h"
#include "host/container_reader.h"

/* Some megabytes. */
#define CGROUPS_MOST 4096

/* How long a row waits for an answer, which takes a millisecond. */
#define WAIT_NS (250 * NSEC_PER_MSEC)
/*
 * What the files did not say may be there a moment later: runc writes them while the container starts. And so
 * much later, so often.
 */
#define RETRY_NS (50 * NSEC_PER_MSEC)
#define AGAIN_NS NSEC_PER_SEC
#define AGAIN_MOST 4

enum state {
	ANSWERED, /* or never asked for */
	WANTED, /* to be asked for: the reader has enough to do */
	ASKED,
	MISSED, /* the files knew nothing of it, and may in a moment */
};

struct entry {
	UT_hash_handle hh;
	TAILQ_ENTRY(entry) by_age;
	TAILQ_ENTRY(entry) in_wanted;
	uint64_t id;
	enum state state;
	unsigned int missed; /* how often the files knew nothing of it */
	uint64_t wanted_ns; /* first, of this time */
	uint64_t asked_ns;
	enum container_place place;
	struct container container;
	struct cgroup cgroup;
	char path[];
};

TAILQ_HEAD(entries, entry);

#define LATELY 16 /* a power of two */

struct containers {
	struct entry *by_id;
	struct entries by_age;
	struct entries wanted;
	struct entry *lately[LATELY]; /* found, at a place by their id */
	int fd; /* of the reader; -1: it has ended */
};

int containers_new(struct containers **ret)
{
	struct containers *containers = calloc(1, sizeof(*containers));

	if (!containers)
		return -ENOMEM;
	TAILQ_INIT(&containers->by_age);
	TAILQ_INIT(&containers->wanted);
	/* Without it, less is known. */
	if (container_reader_start(&containers->fd) < 0)
		containers->fd = -1;
	*ret = containers;
	return 0;
}

static void set_state(struct containers *containers, struct entry *entry, enum state state)
{
	if (entry->state == WANTED)
		TAILQ_REMOVE(&containers->wanted, entry, in_wanted);
	if (state == WANTED)
		TAILQ_INSERT_TAIL(&containers->wanted, entry, in_wanted);
	entry->state = state;
}

static void forget(struct containers *containers, struct entry *entry)
{
	set_state(containers, entry, ANSWERED);
	HASH_DEL(containers->by_id, entry);
	TAILQ_REMOVE(&containers->by_age, entry, by_age);
	memset(containers->lately, 0, sizeof(containers->lately));
	free(entry);
}

struct containers *containers_free(struct containers *containers)
{
	if (!containers)
		return NULL;
	while (!TAILQ_EMPTY(&containers->by_age))
		forget(containers, TAILQ_FIRST(&containers->by_age));
	if (containers->fd >= 0)
		close(containers->fd);
	free(containers);
	return NULL;
}

static struct entry *find(const struct containers *containers, uint64_t id)
{
	struct entry *entry;

	HASH_FIND(hh, containers->by_id, &id, sizeof(id), entry);
	return entry;
}

static void on_reader_gone(struct containers *containers)
{
	close(containers->fd);
	containers->fd = -1;
	while (!TAILQ_EMPTY(&containers->wanted))
		set_state(containers, TAILQ_FIRST(&containers->wanted), ANSWERED);
}

/* Ask for one; false: not now. */
static bool ask(struct containers *containers, struct entry *entry)
{
	struct container_question question = { .cgroup_id = entry->id };

	strcpy(question.path, entry->path);
	if (send(containers->fd, &question, sizeof(question), MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
		if (errno != EAGAIN)
			on_reader_gone(containers);
		return false;
	}
	set_state(containers, entry, ASKED);
	return true;
}

static void ask_wanted(struct containers *containers)
{
	struct entry *entry;

	while (containers->fd >= 0 && (entry = TAILQ_FIRST(&containers->wanted))) {
		if (!ask(containers, entry))
			break;
	}
}

static void want(struct containers *containers, struct entry *entry, uint64_t now_ns)
{
	if (containers->fd < 0)
		return;
	entry->wanted_ns = entry->asked_ns = now_ns;
	set_state(containers, entry, WANTED);
	ask_wanted(containers);
}

/* It was seen again. */
static void touch(struct containers *containers, struct entry *entry)
{
	TAILQ_REMOVE(&containers->by_age, entry, by_age);
	TAILQ_INSERT_TAIL(&containers->by_age, entry, by_age);
}

static struct entry *add(struct containers *containers, uint64_t id, const char *path)
{
	struct entry *entry = calloc(1, sizeof(*entry) + strlen(path) + 1);

	if (!entry)
		return NULL;
	entry->id = id;
	strcpy(entry->path, path);
	entry->cgroup.path = entry->path;
	entry->place = container_of_path(path, &entry->container);
	if (entry->place != CONTAINER_PERHAPS && entry->place != CONTAINER_UNKNOWN)
		entry->cgroup.container = &entry->container;
	HASH_ADD(hh, containers->by_id, id, sizeof(entry->id), entry);
	if (!entry->hh.tbl) {
		free(entry);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&containers->by_age, entry, by_age);
	if (HASH_COUNT(containers->by_id) > CGROUPS_MOST)
		forget(containers, TAILQ_FIRST(&containers->by_age));
	return entry;
}

static bool files_can_tell(const struct entry *entry)
{
	return entry->place == CONTAINER_NAMED || entry->place == CONTAINER_PERHAPS;
}

void containers_tell(struct containers *containers, uint64_t id, const char *path, uint64_t now_ns)
{
	struct entry *entry = find(containers, id);

	if (entry) { /* it was told before: another processor sees it for the first time */
		touch(containers, entry);
		return;
	}
	entry = add(containers, id, path);
	if (entry && files_can_tell(entry))
		want(containers, entry, now_ns);
}

int containers_fd(const struct containers *containers)
{
	return containers->fd;
}

/* The files know nothing of it. A path that names a container still does. */
static void take_miss(struct containers *containers, struct entry *entry)
{
	if (entry->place == CONTAINER_PERHAPS && entry->missed == 0) {
		set_state(containers, entry, MISSED);
		return;
	}
	entry->missed++;
	entry->cgroup.container = &entry->container;
}

static void take_answer(struct containers *containers, const struct container_answer *answer)
{
	struct entry *entry = find(containers, answer->cgroup_id);

	if (!entry || entry->state != ASKED)
		return;
	set_state(containers, entry, ANSWERED);
	if (!answer->found) {
		take_miss(containers, entry);
		return;
	}
	entry->missed = 0;
	entry->container = answer->container;
	entry->cgroup.container = &entry->container;
}

void containers_take_answers(struct containers *containers)
{
	struct container_answer answer;
	ssize_t size;

	while (containers->fd >= 0) {
		size = recv(containers->fd, &answer, sizeof(answer), MSG_DONTWAIT);
		if (size < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		if (size != sizeof(answer))
			on_reader_gone(containers);
		else
			take_answer(containers, &answer);
	}
	ask_wanted(containers);
}

static bool is_worth_asking_again(const struct entry *entry, uint64_t now_ns)
{
	return entry->state == ANSWERED && entry->missed > 0 && entry->missed < AGAIN_MOST &&
	       now_ns > entry->wanted_ns + AGAIN_NS;
}

/* Nothing came of it in a moment: what it is stays unknown for now. */
static void go_on_missed(struct containers *containers, struct entry *entry, uint64_t now_ns)
{
	if (now_ns > entry->wanted_ns + WAIT_NS) {
		set_state(containers, entry, ANSWERED);
		entry->missed = 1;
	} else if (now_ns > entry->asked_ns + RETRY_NS) {
		entry->asked_ns = now_ns;
		set_state(containers, entry, WANTED);
		ask_wanted(containers);
	}
}

uint64_t containers_deadline(struct containers *containers, uint64_t id, uint64_t now_ns)
{
	struct entry *entry = find(containers, id);

	if (!entry)
		return 0;
	touch(containers, entry);
	if (containers->fd < 0)
		return 0;
	if (entry->state == MISSED)
		go_on_missed(containers, entry, now_ns);
	else if (is_worth_asking_again(entry, now_ns))
		want(containers, entry, now_ns);
	return entry->state == ANSWERED ? 0 : entry->wanted_ns + WAIT_NS;
}

const struct cgroup *containers_find(void *containers_, uint64_t id)
{
	struct containers *containers = containers_;
	struct entry **place = &containers->lately[id & (LATELY - 1)];

	if (!*place || (*place)->id != id)
		*place = find(containers, id);
	return *place ? &(*place)->cgroup : NULL;
}
