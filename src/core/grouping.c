/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Groups of descriptors: a table of what they can be grouped by, and their sums. */
#include "core/grouping.h"

#include <errno.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>

/* What is the same in all of a group, and in no other. */
struct group_key {
	uint64_t words[3];
};

struct group {
	UT_hash_handle hh;
	struct group_key key;
	struct pass pass;
	struct queued queued;
	uint64_t last_message, last_sock; /* that were counted */
};

/* A way to group. What is kept of the first descriptor is what holds for all. */
struct grouping {
	const char *name;
	const char *fields;
	void (*key)(const struct pass *pass, const struct queued *queued, struct group_key *ret);
	void (*keep)(struct pass *to, struct queued *to_queued, const struct pass *pass,
		     const struct queued *queued);
};

struct groups {
	const struct grouping *grouping;
	struct group *by_key;
};

static void key_of_socket(const struct pass *pass, const struct queued *queued,
			  struct group_key *ret)
{
	(void)pass;
	ret->words[0] = queued->sock;
}

static void keep_receiver(struct pass *to, const struct pass *pass)
{
	to->receiver = pass->receiver;
	to->owners = pass->owners;
	to->nr_owners = pass->nr_owners;
}

static void keep_socket(struct pass *to, struct queued *to_queued, const struct pass *pass,
			const struct queued *queued)
{
	keep_receiver(to, pass);
	to->to = pass->to;
	to->socket_type = pass->socket_type;
	to->socket_path_len = pass->socket_path_len;
	memcpy(to->socket_path, pass->socket_path, sizeof(to->socket_path));
	to_queued->sock = queued->sock;
	to_queued->keeper = queued->keeper;
	to_queued->keeper_ino = queued->keeper_ino;
	to_queued->length = queued->length;
	to_queued->changed = queued->changed;
	to_queued->holders = queued->holders;
}

static void key_of_user(const struct pass *pass, const struct queued *queued, struct group_key *ret)
{
	(void)pass;
	ret->words[0] = queued->uid;
}

static void keep_user(struct pass *to, struct queued *to_queued, const struct pass *pass,
		      const struct queued *queued)
{
	(void)to;
	(void)pass;
	to_queued->uid = queued->uid;
	to_queued->in_flight = queued->in_flight;
}

/* Where it may be any of several, these: by the socket that they have open. */
static void key_of_receiver(const struct pass *pass, const struct queued *queued,
			    struct group_key *ret)
{
	ret->words[0] = pass->receiver.known ? 0 : queued->sock;
	ret->words[1] = pass->receiver.pid;
	ret->words[2] = pass->receiver.start_time;
}

static void keep_receivers(struct pass *to, struct queued *to_queued, const struct pass *pass,
			   const struct queued *queued)
{
	keep_receiver(to, pass);
	if (!pass->receiver.known)
		to_queued->holders = queued->holders;
}

/* Whom the credentials of the messages name; where they have none, the user alone is known. */
static void key_of_sender(const struct pass *pass, const struct queued *queued,
			  struct group_key *ret)
{
	ret->words[0] = queued->uid;
	ret->words[1] = pass->sender.known ? pass->sender.pid : 0;
	ret->words[2] = pass->sender.known ? pass->sender.start_time : pass->from.socket_ino;
}

static void keep_sender(struct pass *to, struct queued *to_queued, const struct pass *pass,
			const struct queued *queued)
{
	keep_user(to, to_queued, pass, queued);
	to->sender = pass->sender;
	if (!pass->sender.known) {
		to->from.socket_ino = pass->from.socket_ino;
		to_queued->sender_holders = queued->sender_holders;
	}
}

/* One inode is one file, but for the one that all anonymous files share. */
static void key_of_file(const struct pass *pass, const struct queued *queued, struct group_key *ret)
{
	const struct file *file = &pass->file;

	(void)queued;
	ret->words[0] = file->dev;
	ret->words[1] = file->ino;
	ret->words[2] = file->magic == ANON_INODE_FS_MAGIC ? file->address : 0;
}

static void keep_file(struct pass *to, struct queued *to_queued, const struct pass *pass,
		      const struct queued *queued)
{
	(void)to_queued;
	(void)queued;
	to->file = pass->file;
}

static const struct grouping groupings[] = {
	{ "socket", "receiver.socket_ino,socket_path,descriptors,messages,queue_length,holders",
	  key_of_socket, keep_socket },
	{ "user", "sender_user,descriptors,messages,sockets,user_in_flight,user_limit", key_of_user,
	  keep_user },
	{ "receiver", "receiver.comm,receiver.pid,descriptors,messages,sockets,holders",
	  key_of_receiver, keep_receivers },
	{ "sender", "proc.comm,proc.pid,sender_user,descriptors,messages,sockets,sender_holders",
	  key_of_sender, keep_sender },
	{ "file", "descriptors,messages,sockets,file_type,file", key_of_file, keep_file },
};

static const struct grouping *find_grouping(const char *name)
{
	for (size_t i = 0; grouping_name(i); i++) {
		if (strcmp(groupings[i].name, name) == 0)
			return &groupings[i];
	}
	return NULL;
}

const char *grouping_name(size_t index)
{
	return index < sizeof(groupings) / sizeof(groupings[0]) ? groupings[index].name : NULL;
}

const char *grouping_fields(const char *name)
{
	return find_grouping(name)->fields;
}

int groups_new(struct groups **ret, const char *name)
{
	const struct grouping *grouping = find_grouping(name);
	struct groups *groups;

	if (!grouping)
		return -ENOENT;
	groups = calloc(1, sizeof(*groups));
	if (!groups)
		return -ENOMEM;
	groups->grouping = grouping;
	*ret = groups;
	return 0;
}

struct groups *groups_free(struct groups *groups)
{
	struct group *group, *next;

	if (!groups)
		return NULL;
	HASH_ITER(hh, groups->by_key, group, next) {
		HASH_DEL(groups->by_key, group);
		free(group);
	}
	free(groups);
	return NULL;
}

static struct group *find(const struct groups *groups, const struct group_key *key)
{
	struct group *group;

	HASH_FIND(hh, groups->by_key, key, sizeof(*key), group);
	return group;
}

static struct group *add(struct groups *groups, const struct group_key *key)
{
	struct group *group = calloc(1, sizeof(*group));

	if (!group)
		return NULL;
	group->key = *key;
	group->pass = (struct pass){
		.from = { .sockfd = ENDPOINT_FD_UNKNOWN, .fd = ENDPOINT_FD_UNKNOWN },
		.to = { .sockfd = ENDPOINT_FD_UNKNOWN, .fd = ENDPOINT_FD_UNKNOWN },
		.cloexec = -1,
		.outcome = OUTCOME_PENDING,
	};
	group->queued.uid = QUEUED_UID_UNKNOWN;
	HASH_ADD(hh, groups->by_key, key, sizeof(group->key), group);
	if (group->hh.tbl)
		return group;
	free(group);
	return NULL;
}

/* Descriptors of a message and of a socket come one after the other. */
static void count(struct group *group, const struct pass *pass, const struct queued *queued)
{
	struct queued *sums = &group->queued;

	sums->descriptors++;
	sums->messages += pass->message != group->last_message;
	sums->sockets += queued->sock != group->last_sock;
	if (queued->age_ns > sums->age_ns)
		sums->age_ns = queued->age_ns;
	if (sums->uid != QUEUED_UID_UNKNOWN && queued->fd_limit != 0 &&
	    (sums->fd_limit == 0 || queued->fd_limit < sums->fd_limit))
		sums->fd_limit = queued->fd_limit;
	group->last_message = pass->message;
	group->last_sock = queued->sock;
}

int groups_add(struct groups *groups, const struct pass *pass, const struct queued *queued)
{
	struct group_key key = {};
	struct group *group;

	groups->grouping->key(pass, queued, &key);
	group = find(groups, &key);
	if (!group) {
		group = add(groups, &key);
		if (!group)
			return -ENOMEM;
		groups->grouping->keep(&group->pass, &group->queued, pass, queued);
	}
	count(group, pass, queued);
	return 0;
}

static int order(const struct group *one, const struct group *other)
{
	if (one->queued.descriptors != other->queued.descriptors)
		return one->queued.descriptors > other->queued.descriptors ? -1 : 1;
	return memcmp(&one->key, &other->key, sizeof(one->key));
}

static enum queued_change change_of(const struct group *group, const struct groups *before)
{
	const struct group *old = find(before, &group->key);

	if (!old)
		return QUEUED_NEW;
	return old->queued.descriptors != group->queued.descriptors ||
			       old->queued.messages != group->queued.messages ?
		       QUEUED_CHANGED :
		       QUEUED_UNCHANGED;
}

static int tell(const struct group *group, enum queued_change change, queues_row_fn fn,
		void *userdata)
{
	struct queued queued = group->queued;

	queued.change = change;
	return fn(userdata, &group->pass, &queued);
}

int groups_tell(struct groups *groups, const struct groups *before, queues_row_fn fn,
		void *userdata)
{
	struct group *group, *next;
	int r = 0;

	HASH_SORT(groups->by_key, order);
	HASH_ITER(hh, groups->by_key, group, next) {
		enum queued_change change = before ? change_of(group, before) : QUEUED_UNCHANGED;

		if (before && change == QUEUED_UNCHANGED)
			continue;
		r = tell(group, change, fn, userdata);
		if (r < 0)
			return r;
	}
	if (!before)
		return 0;
	HASH_ITER(hh, before->by_key, group, next) {
		if (!find(groups, &group->key))
			r = tell(group, QUEUED_GONE, fn, userdata);
		if (r < 0)
			return r;
	}
	return 0;
}
