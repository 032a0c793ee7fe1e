// SPDX-License-Identifier: GPL-2.0-or-later
/* The ledger of received descriptors: see ledger.h. */
#include "core/ledger.h"

#include <errno.h>
#include <linux/fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "core/field.h"
#include "core/linux.h"
#include "kind/kind.h"

/* A look that goes through the tables while a descriptor moves may miss it: so often is none. */
#define MISSED_MOST 2

/* Of origins: compared as bytes, with the file's name behind it where it has no place in the tree. */
struct origin_key {
	uint64_t sender_start, receiver_start;
	uint64_t socket_ino;
	uint64_t ino; /* 0: all of this name */
	uint32_t sender_pid, receiver_pid;
	uint32_t dev;
	uint32_t open_flags;
};

/* A process, or a descriptor of it, to do with an open file. fd: of a receipt; ROLE_FD: of a role. */
struct note_key {
	uint64_t file;
	uint32_t pid;
	int32_t fd;
};

#define ROLE_FD INT32_MIN

/* A receipt, or what a process has to do with an open file: its role. */
struct note {
	UT_hash_handle hh;
	LIST_ENTRY(note) next;
	struct note_key key;
	uint64_t start_time; /* of the process */
	struct origin *received; /* the last time; NULL: never */
	uint64_t received_ns;
	uint64_t seen; /* the last look at which it was made or needed */

	/* Of roles only. */
	struct origin *sent; /* the last time; NULL: never */
	uint64_t sent_ns;
	int32_t sent_fd;
	bool had; /* it had the file before it received it */
};

/* An open file description. */
struct description {
	UT_hash_handle hh;
	uint64_t file; /* its address */
	uint64_t ino;
	uint32_t dev;
	uint32_t inode_generation;
	uint16_t type; /* S_IFMT of its mode */
	uint32_t access;
	uint64_t seen; /* the last look at which it was received or found */
	LIST_HEAD(, note) notes;
};

/* A table of descriptors, for the time of a look. */
struct table {
	UT_hash_handle hh;
	uint64_t address;
	uint32_t pid; /* the first process that was found with it */
};

struct ledger {
	struct description *descriptions;
	struct note *notes;
	struct origin *origins;
	struct table *tables; /* of a look */
	size_t bytes, most_bytes; /* of descriptions, notes and origins */
	uint64_t looks;
	uint64_t received, unwatched;
};

int ledger_new(struct ledger **ret, size_t most_bytes)
{
	struct ledger *ledger = calloc(1, sizeof(*ledger));

	if (!ledger)
		return -ENOMEM;
	ledger->most_bytes = most_bytes;
	ledger->looks = 1;
	*ret = ledger;
	return 0;
}

/* Origins */

static size_t size_of_origin(const struct origin *origin)
{
	const char *path = origin->pass->file.path;

	return sizeof(*origin) + origin->key_size + sizeof(*origin->pass) +
	       (path ? strlen(path) : 0);
}

struct origin *origin_ref(struct origin *origin)
{
	origin->nr_references++;
	return origin;
}

void ledger_unref(struct ledger *ledger, struct origin *origin)
{
	if (!origin || --origin->nr_references > 0)
		return;
	HASH_DEL(ledger->origins, origin);
	ledger->bytes -= size_of_origin(origin);
	free(origin->pass);
	free(origin);
}

static void set_origin(struct ledger *ledger, struct origin **to, struct origin *origin)
{
	origin_ref(origin);
	ledger_unref(ledger, *to);
	*to = origin;
}

/* What has no place in the tree is one of many by the same name: a socket, a pipe, a memfd. */
static bool is_one_of_many(const struct file *file)
{
	return file->flags & EVENT_FILE_PSEUDO;
}

/* What holds for this pass alone is left out. */
static struct pass *common_of(const struct pass *pass)
{
	struct pass common = *pass;

	common.time_ns = common.done_ns = 0;
	common.message = 0;
	common.via = PASS_NO_VIA;
	common.sender.tid = common.receiver.tid = 0;
	common.from.fd = common.from.sockfd = ENDPOINT_FD_UNKNOWN;
	common.to.fd = common.to.sockfd = ENDPOINT_FD_UNKNOWN;
	common.outcome = OUTCOME_UNKNOWN;
	common.cloexec = -1;
	common.nr_owners = 0;
	common.file.identity = 0;
	common.file.detail = NULL;
	if (is_one_of_many(&common.file))
		common.file.ino = 0;
	return pass_dup(&common);
}

static struct origin *add_origin(struct ledger *ledger, const struct pass *pass, const void *key,
				 size_t key_size)
{
	struct origin *origin = calloc(1, sizeof(*origin) + key_size);

	if (!origin)
		return NULL;
	origin->pass = common_of(pass);
	origin->key_size = key_size;
	memcpy(origin->key, key, key_size);
	if (origin->pass)
		HASH_ADD_KEYPTR(hh, ledger->origins, origin->key, key_size, origin);
	if (origin->pass && origin->hh.tbl) {
		ledger->bytes += size_of_origin(origin);
		return origin;
	}
	free(origin->pass);
	free(origin);
	return NULL;
}

/* The origin of the pass, with a reference. NULL: no memory. */
static struct origin *origin_of(struct ledger *ledger, const struct pass *pass)
{
	struct {
		struct origin_key key;
		char name[FIELD_TEXT_MAX];
	} whole = {};
	size_t size = sizeof(whole.key);
	struct origin *origin;

	whole.key.socket_ino = pass->to.socket_ino;
	whole.key.receiver_pid = pass->receiver.pid;
	whole.key.receiver_start = pass->receiver.start_time;
	whole.key.dev = pass->file.dev;
	whole.key.open_flags = pass->file.open_flags;
	if (pass->sender.known) {
		whole.key.sender_pid = pass->sender.pid;
		whole.key.sender_start = pass->sender.start_time;
	}
	if (is_one_of_many(&pass->file))
		size += kind_name(&pass->file, whole.name, sizeof(whole.name));
	else
		whole.key.ino = pass->file.ino;
	HASH_FIND(hh, ledger->origins, &whole, size, origin);
	if (!origin)
		origin = add_origin(ledger, pass, &whole, size);
	return origin ? origin_ref(origin) : NULL;
}

/* Notes */

static void forget_note(struct ledger *ledger, struct note *note)
{
	HASH_DEL(ledger->notes, note);
	LIST_REMOVE(note, next);
	ledger->bytes -= sizeof(*note);
	ledger_unref(ledger, note->received);
	ledger_unref(ledger, note->sent);
	free(note);
}

static void forget_description(struct ledger *ledger, struct description *description)
{
	while (!LIST_EMPTY(&description->notes))
		forget_note(ledger, LIST_FIRST(&description->notes));
	HASH_DEL(ledger->descriptions, description);
	ledger->bytes -= sizeof(*description);
	free(description);
}

static struct note *find_note(struct ledger *ledger, uint64_t file, uint32_t pid, int32_t fd)
{
	struct note_key key;
	struct note *note;

	memset(&key, 0, sizeof(key)); /* compared as bytes */
	key.file = file;
	key.pid = pid;
	key.fd = fd;
	HASH_FIND(hh, ledger->notes, &key, sizeof(key), note);
	return note;
}

static struct note *find_role(struct ledger *ledger, uint64_t file, uint32_t pid)
{
	return find_note(ledger, file, pid, ROLE_FD);
}

static struct note *add_note(struct ledger *ledger, struct description *description, uint32_t pid,
			     int32_t fd)
{
	struct note *note = calloc(1, sizeof(*note));

	if (!note)
		return NULL;
	note->key = (struct note_key){ .file = description->file, .pid = pid, .fd = fd };
	HASH_ADD(hh, ledger->notes, key, sizeof(note->key), note);
	if (!note->hh.tbl) {
		free(note);
		return NULL;
	}
	LIST_INSERT_HEAD(&description->notes, note, next);
	ledger->bytes += sizeof(*note);
	return note;
}

/* The note of this process, or one that is empty; a process that had its number before is forgotten. */
static struct note *note_of(struct ledger *ledger, struct description *description,
			    const struct event_task *task, int32_t fd)
{
	struct note *note = find_note(ledger, description->file, task->pid, fd);

	if (note && note->start_time != task->start_time) {
		forget_note(ledger, note);
		note = NULL;
	}
	if (!note)
		note = add_note(ledger, description, task->pid, fd);
	if (!note)
		return NULL;
	note->start_time = task->start_time;
	note->seen = ledger->looks;
	return note;
}

static const struct event_task *task_of(const struct process *process)
{
	return (const struct event_task *)process;
}

/* Descriptions */

static struct description *add_description(struct ledger *ledger, const struct file *file)
{
	struct description *description = calloc(1, sizeof(*description));

	if (!description)
		return NULL;
	*description = (struct description){
		.file = file->address,
		.ino = file->ino,
		.dev = file->dev,
		.inode_generation = file->inode_generation,
		.type = file->mode & LINUX_S_IFMT,
		.access = file->open_flags & O_ACCMODE,
	};
	LIST_INIT(&description->notes);
	HASH_ADD(hh, ledger->descriptions, file, sizeof(description->file), description);
	if (!description->hh.tbl) {
		free(description);
		return NULL;
	}
	ledger->bytes += sizeof(*description);
	return description;
}

static struct description *find_description(struct ledger *ledger, uint64_t file)
{
	struct description *description;

	HASH_FIND(hh, ledger->descriptions, &file, sizeof(file), description);
	return description;
}

static bool is_of(const struct description *description, uint64_t ino, uint32_t dev,
		  uint32_t inode_generation, uint32_t mode, uint32_t open_flags)
{
	return description->ino == ino && description->dev == dev &&
	       description->inode_generation == inode_generation &&
	       description->type == (mode & LINUX_S_IFMT) &&
	       description->access == (open_flags & O_ACCMODE);
}

/* What had its address before is no more. */
static struct description *description_of(struct ledger *ledger, const struct file *file)
{
	struct description *description = find_description(ledger, file->address);

	if (description && !is_of(description, file->ino, file->dev, file->inode_generation,
				  file->mode, file->open_flags)) {
		forget_description(ledger, description);
		description = NULL;
	}
	if (!description)
		description = add_description(ledger, file);
	if (description)
		description->seen = ledger->looks;
	return description;
}

/* Passes */

/* With pidfd_getfd(2) somebody else took it: the process that had it sent nothing. */
static int note_sending(struct ledger *ledger, struct description *description,
			const struct pass *pass, struct origin *origin)
{
	struct note *role;

	if (!pass->sender.known || pass->via == EVENT_VIA_PIDFD_GETFD)
		return 0;
	role = note_of(ledger, description, task_of(&pass->sender), ROLE_FD);
	if (!role)
		return -ENOMEM;
	set_origin(ledger, &role->sent, origin);
	role->sent_ns = pass->done_ns;
	role->sent_fd = pass->from.fd;
	return 0;
}

static int note_receipt(struct ledger *ledger, struct description *description,
			const struct pass *pass, struct origin *origin)
{
	const struct event_task *task = task_of(&pass->receiver);
	struct note *role = note_of(ledger, description, task, ROLE_FD), *receipt;

	if (!role)
		return -ENOMEM;
	role->had |= !role->received && role->sent;
	set_origin(ledger, &role->received, origin);
	role->received_ns = pass->done_ns;
	if (pass->to.fd == ENDPOINT_FD_UNKNOWN)
		return 0;
	receipt = note_of(ledger, description, task, pass->to.fd);
	if (!receipt)
		return -ENOMEM;
	set_origin(ledger, &receipt->received, origin);
	receipt->received_ns = pass->done_ns;
	return 0;
}

static bool has_arrived(const struct pass *pass)
{
	return (pass->outcome == OUTCOME_DELIVERED || pass->outcome == OUTCOME_PEEKED) &&
	       pass->receiver.known && pass->file.known && pass->file.address != 0;
}

int ledger_take(struct ledger *ledger, const struct pass *pass)
{
	struct description *description;
	struct origin *origin;
	int r;

	if (!has_arrived(pass))
		return 0;
	ledger->received++;
	if (ledger->bytes >= ledger->most_bytes) {
		ledger->unwatched++;
		return 0;
	}
	origin = origin_of(ledger, pass);
	if (!origin)
		return -ENOMEM;
	description = description_of(ledger, &pass->file);
	r = description ? note_sending(ledger, description, pass, origin) : -ENOMEM;
	if (r >= 0)
		r = note_receipt(ledger, description, pass, origin);
	ledger_unref(ledger, origin);
	return r;
}

/* A look */

static void forget_tables(struct ledger *ledger)
{
	struct table *table, *next;

	HASH_ITER(hh, ledger->tables, table, next) {
		HASH_DEL(ledger->tables, table);
		free(table);
	}
}

void ledger_look(struct ledger *ledger, ledger_file_fn fn, void *userdata)
{
	struct description *description, *next;

	forget_tables(ledger);
	ledger->looks++;
	HASH_ITER(hh, ledger->descriptions, description, next)
		fn(userdata, description->file);
}

/* A child has what its parent received; one that was found before its parent received it had it already. */
static void inherit(struct ledger *ledger, struct note *role, const struct event_kept *event)
{
	const struct note *parent = find_role(ledger, event->file, event->task.parent_pid);

	if (!parent || !parent->received || parent->had)
		role->had = true;
	else {
		set_origin(ledger, &role->received, parent->received);
		role->received_ns = parent->received_ns;
	}
}

static void fill_received(struct kept *ret, struct note *note)
{
	ret->origin = note->received;
	ret->since_ns = note->received_ns;
}

static void fill_own(struct kept *ret, struct note *role)
{
	ret->origin = role->sent;
	ret->since_ns = role->sent_ns;
	ret->own = true;
}

/* Which of the cases of ledger.h it is; none: ret->origin stays NULL. */
static void attribute(struct kept *ret, struct note *receipt, struct note *role)
{
	bool sent_this = role->sent && role->sent_fd == ret->event->fd;

	if (receipt)
		fill_received(ret, receipt);
	else if (role->received && !role->had && !sent_this)
		fill_received(ret, role);
	else if (role->sent)
		fill_own(ret, role);
}

static bool is_opened_anew(const struct event_kept *event, const struct note *role)
{
	return event->flags & EVENT_KEPT_OPENED && role->received && !role->sent &&
	       role->received->pass->sender.known;
}

static struct note *find_receipt(struct ledger *ledger, const struct event_kept *event)
{
	struct note *receipt = find_note(ledger, event->file, event->task.pid, event->fd);

	if (!receipt || receipt->start_time != event->task.start_time)
		return NULL;
	receipt->seen = ledger->looks;
	return receipt;
}

/* Returns 0 or -ENOMEM; ret->origin is NULL where it is nobody's that is told. */
static int settle(struct ledger *ledger, struct description *description, struct kept *ret)
{
	const struct event_kept *event = ret->event;
	struct note *role = note_of(ledger, description, &event->task, ROLE_FD);

	if (!role)
		return -ENOMEM;
	if (!role->received && !role->sent && !role->had)
		inherit(ledger, role, event);
	if (is_opened_anew(event, role))
		return 0;
	description->seen = ledger->looks;
	attribute(ret, find_receipt(ledger, event), role);
	return 0;
}

/* Processes that share a table have one descriptor together: the first one's. Returns 1, 0 or -ENOMEM. */
static int is_first(struct ledger *ledger, const struct event_kept *event)
{
	struct table *table;

	HASH_FIND(hh, ledger->tables, &event->table, sizeof(event->table), table);
	if (table)
		return table->pid == event->task.pid;
	table = calloc(1, sizeof(*table));
	if (!table)
		return -ENOMEM;
	table->address = event->table;
	table->pid = event->task.pid;
	HASH_ADD(hh, ledger->tables, address, sizeof(table->address), table);
	if (table->hh.tbl)
		return 1;
	free(table);
	return -ENOMEM;
}

int ledger_found(struct ledger *ledger, const struct event_kept *event, struct kept *ret)
{
	struct description *description = find_description(ledger, event->file);
	int r;

	if (!description || !is_of(description, event->ino, event->dev, event->inode_generation,
				   event->mode, event->open_flags))
		return 0;
	*ret = (struct kept){ .event = event };
	r = settle(ledger, description, ret);
	return r < 0 || !ret->origin ? r : is_first(ledger, event);
}

/* Senders are remembered for as long as the file is: it may come back to them. */
void ledger_end_look(struct ledger *ledger)
{
	struct description *description, *next_description;
	struct note *note, *next;

	HASH_ITER(hh, ledger->descriptions, description, next_description) {
		if (description->seen + MISSED_MOST <= ledger->looks) {
			forget_description(ledger, description);
			continue;
		}
		for (note = LIST_FIRST(&description->notes); note; note = next) {
			next = LIST_NEXT(note, next);
			if (!note->sent && note->seen + MISSED_MOST <= ledger->looks)
				forget_note(ledger, note);
		}
	}
}

struct ledger *ledger_free(struct ledger *ledger)
{
	struct description *description, *next;

	if (!ledger)
		return NULL;
	forget_tables(ledger);
	HASH_ITER(hh, ledger->descriptions, description, next)
		forget_description(ledger, description);
	free(ledger);
	return NULL;
}

uint64_t ledger_received(const struct ledger *ledger)
{
	return ledger->received;
}

uint64_t ledger_unwatched(const struct ledger *ledger)
{
	return ledger->unwatched;
}
