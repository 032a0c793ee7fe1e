/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which open file description: a table by address, the longest unseen first. */
#include "core/identity.h"

#include <errno.h>
#include <linux/fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "core/linux.h"

/* What does not change while an open file description lives. */
struct traits {
	uint64_t ino;
	uint32_t dev;
	uint32_t mode; /* the file type: permissions can change */
	uint32_t inode_generation;
	uint32_t generation;
	uint32_t access;
	uint32_t padding; /* 0: traits are compared as bytes */
	char anonymous[24]; /* what it is, "[eventfd]": all of these have the same inode */
};

struct identity {
	uint64_t address;
	struct traits traits;
	uint64_t number; /* 0: none yet */
	UT_hash_handle by_address;
	TAILQ_ENTRY(identity) by_age;
};

TAILQ_HEAD(identity_list, identity);

struct identities {
	struct identity *by_address;
	struct identity_list by_age;
	size_t count;
	size_t most;
	uint64_t last_number;
};

int identities_new(struct identities **ret, size_t most)
{
	struct identities *identities = calloc(1, sizeof(*identities));

	if (!identities)
		return -ENOMEM;
	identities->most = most;
	TAILQ_INIT(&identities->by_age);
	*ret = identities;
	return 0;
}

static void forget(struct identities *identities, struct identity *identity)
{
	HASH_DELETE(by_address, identities->by_address, identity);
	TAILQ_REMOVE(&identities->by_age, identity, by_age);
	identities->count--;
	free(identity);
}

struct identities *identities_free(struct identities *identities)
{
	if (!identities)
		return NULL;
	while (!TAILQ_EMPTY(&identities->by_age))
		forget(identities, TAILQ_FIRST(&identities->by_age));
	free(identities);
	return NULL;
}

static struct identity *find(struct identities *identities, uint64_t address)
{
	struct identity *identity;

	HASH_FIND(by_address, identities->by_address, &address, sizeof(address), identity);
	if (!identity)
		return NULL;
	TAILQ_REMOVE(&identities->by_age, identity, by_age);
	TAILQ_INSERT_TAIL(&identities->by_age, identity, by_age);
	return identity;
}

static struct identity *add(struct identities *identities, uint64_t address)
{
	struct identity *identity = calloc(1, sizeof(*identity));

	if (!identity)
		return NULL;
	identity->address = address;
	HASH_ADD(by_address, identities->by_address, address, sizeof(address), identity);
	if (!identity->by_address.tbl) {
		free(identity);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&identities->by_age, identity, by_age);
	if (++identities->count > identities->most)
		forget(identities, TAILQ_FIRST(&identities->by_age));
	return identity;
}

static struct traits traits_of(const struct file *file)
{
	struct traits traits = {
		.ino = file->ino,
		.dev = file->dev,
		.mode = file->mode & LINUX_S_IFMT,
		.inode_generation = file->inode_generation,
		.generation = file->generation,
		.access = file->open_flags & O_ACCMODE,
	};

	if (file->magic == ANON_INODE_FS_MAGIC && file->path)
		strncpy(traits.anonymous, file->path, sizeof(traits.anonymous) - 1);
	return traits;
}

/* Those whose creation the third way sees: what CALL_CREATE of src/bpf makes. */
static bool is_created_by_call(const char *path)
{
	static const char *const names[] = {
		"[eventfd]",  "[eventpoll]", "[signalfd]",    "[timerfd]", "inotify",
		"[fanotify]", "[io_uring]",  "[userfaultfd]", "[pidfd]",
	};

	for (size_t i = 0; path && i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(path, names[i]) == 0)
			return true;
	}
	return false;
}

bool identity_needs_creation(const struct file *file)
{
	return file->magic == ANON_INODE_FS_MAGIC &&
	       (file->generation == 0 || !is_created_by_call(file->path));
}

int identities_set(struct identities *identities, struct file *file)
{
	const struct traits traits = traits_of(file);
	struct identity *identity;

	if (!file->known)
		return 0;
	identity = find(identities, file->address);
	if (!identity)
		identity = add(identities, file->address);
	if (!identity)
		return -ENOMEM;
	if (identity->number == 0 || memcmp(&identity->traits, &traits, sizeof(traits)) != 0) {
		identity->number = ++identities->last_number;
		identity->traits = traits;
	}
	file->identity = identity->number;
	return 0;
}
