// SPDX-License-Identifier: GPL-2.0-or-later
/* Names of users and groups. */
#include "host/user.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The default one falls through in a switch, which clang does not let pass. */
#define HASH_FUNCTION HASH_OAT
#include <uthash.h>

/* From each file; a file with more is no list of a machine's own users. */
#define NAMES_MOST 65536
/* Bytes of such a file: it is read before the trace begins. */
#define LIST_MOST (16 << 20)

struct name {
	UT_hash_handle hh;
	uint32_t id;
	char text[];
};

struct users {
	struct name *users; /* by uid */
	struct name *groups; /* by gid */
};

/* The first name of an id counts, as with getpwuid(3). */
static int add_name(struct name **names, uint32_t id, const char *text)
{
	struct name *name;

	HASH_FIND(hh, *names, &id, sizeof(id), name);
	if (name)
		return 0;
	name = malloc(sizeof(*name) + strlen(text) + 1);
	if (!name)
		return -ENOMEM;
	name->id = id;
	strcpy(name->text, text);
	HASH_ADD(hh, *names, id, sizeof(name->id), name);
	return 0;
}

static void free_names(struct name **names)
{
	struct name *name, *next;

	HASH_ITER(hh, *names, name, next) {
		HASH_DEL(*names, name);
		free(name);
	}
}

static const char *find_name(const struct name *names, uint32_t id)
{
	struct name *name;

	HASH_FIND(hh, names, &id, sizeof(id), name);
	return name ? name->text : NULL;
}

/*
 * A file that holds nothing up, whatever it is: a FIFO would wait for a writer, a device may have no
 * end. Returns NULL where it is no list of names.
 */
static FILE *open_list(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat status;
	FILE *file;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) || status.st_size > LIST_MOST) {
		close(fd);
		return NULL;
	}
	file = fdopen(fd, "r");
	if (!file)
		close(fd);
	return file;
}

static int read_users(struct name **names)
{
	FILE *file = open_list("/etc/passwd");
	struct passwd *entry;
	int r = 0;

	if (!file)
		return 0;
	while (r == 0 && HASH_COUNT(*names) < NAMES_MOST && (entry = fgetpwent(file)))
		r = add_name(names, entry->pw_uid, entry->pw_name);
	fclose(file);
	return r;
}

static int read_groups(struct name **names)
{
	FILE *file = open_list("/etc/group");
	struct group *entry;
	int r = 0;

	if (!file)
		return 0;
	while (r == 0 && HASH_COUNT(*names) < NAMES_MOST && (entry = fgetgrent(file)))
		r = add_name(names, entry->gr_gid, entry->gr_name);
	fclose(file);
	return r;
}

int users_new(struct users **ret)
{
	struct users *users = calloc(1, sizeof(*users));
	int r;

	if (!users)
		return -ENOMEM;
	r = read_users(&users->users);
	if (r == 0)
		r = read_groups(&users->groups);
	if (r < 0) {
		users_free(users);
		return r;
	}
	*ret = users;
	return 0;
}

struct users *users_free(struct users *users)
{
	if (!users)
		return NULL;
	free_names(&users->users);
	free_names(&users->groups);
	free(users);
	return NULL;
}

const char *users_user(void *userdata, uint32_t uid)
{
	const struct users *users = userdata;

	return find_name(users->users, uid);
}

const char *users_group(void *userdata, uint32_t gid)
{
	const struct users *users = userdata;

	return find_name(users->groups, gid);
}
