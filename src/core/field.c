/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of fields, and what --fields makes of it. A getter reads one value of a row and says
 * whether it is known; it never guesses, and asks the host only through the resolver.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "core/field.h"
#include "core/linux.h"
#include "core/siphash.h"
#include "core/text.h"
#include "kind/kind.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define NSEC_PER_SEC INT64_C(1000000000)

/* A name from a table of names; false where the table has none for this number. */
static bool get_name(const char *const *names, size_t count, size_t index, struct value *ret)
{
	if (index >= count || !names[index])
		return false;
	ret->text = names[index];
	ret->size = strlen(ret->text);
	return true;
}

static bool get_text(const char *text, struct value *ret)
{
	ret->text = text;
	ret->size = strlen(text);
	return true;
}

__attribute__((format(printf, 2, 3))) static bool get_format(struct value *ret, const char *format,
							     ...)
{
	va_list arguments;
	int size;

	va_start(arguments, format);
	size = vsnprintf(ret->buffer, sizeof(ret->buffer), format, arguments);
	va_end(arguments);
	if (size < 0 || (size_t)size >= sizeof(ret->buffer))
		return false;
	ret->text = ret->buffer;
	ret->size = (size_t)size;
	return true;
}

static bool get_buffer(size_t size, struct value *ret)
{
	ret->text = ret->buffer;
	ret->size = size;
	return size > 0;
}

static bool get_unsigned(uint64_t number, struct value *ret)
{
	ret->u64 = number;
	return true;
}

/* A number of which 0 says that it is not known. */
static bool get_nonzero(uint64_t number, struct value *ret)
{
	ret->u64 = number;
	return number != 0;
}

static bool get_descriptor(int32_t fd, struct value *ret)
{
	ret->i64 = fd;
	return fd != ENDPOINT_FD_UNKNOWN;
}

/* The message */

/* RFC 3339 with nanoseconds, in the local time of the moment that it tells. */
static bool get_timestamp(const struct row *row, enum field_side side, struct value *ret)
{
	const struct resolver *resolver = row->resolver;
	int64_t realtime, seconds, nanoseconds;
	int32_t offset, minutes;
	struct tm tm;
	time_t local;

	if (row->pass->time_ns == 0)
		return false;
	realtime = (int64_t)row->pass->time_ns + row->realtime_offset_ns;
	seconds = realtime / NSEC_PER_SEC;
	nanoseconds = realtime % NSEC_PER_SEC;
	if (nanoseconds < 0) {
		nanoseconds += NSEC_PER_SEC;
		seconds--;
	}
	/* RFC 3339 has offsets of whole minutes; those with seconds ended with local mean time. */
	minutes = resolver->utc_offset(resolver->userdata, seconds) / 60;
	local = (time_t)(seconds + minutes * 60);
	if (!gmtime_r(&local, &tm))
		return false;
	offset = minutes < 0 ? -minutes : minutes;
	return get_format(ret, "%04d-%02d-%02dT%02d:%02d:%02d.%09" PRId64 "%c%02d:%02d",
			  tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
			  tm.tm_sec, nanoseconds, minutes < 0 ? '-' : '+', offset / 60,
			  offset % 60);
}

static bool get_id(const struct row *row, enum field_side side, struct value *ret)
{
	return get_format(ret, "%" PRIu64 ".%" PRIu32, row->pass->message, row->pass->index);
}

static bool get_via(const struct row *row, enum field_side side, struct value *ret)
{
	static const char *const names[] = {
		[EVENT_VIA_SCM_RIGHTS] = "scm_rights",
		[EVENT_VIA_PIDFD_GETFD] = "pidfd_getfd",
		[EVENT_VIA_SECCOMP_ADDFD] = "seccomp_addfd",
		[EVENT_VIA_IO_URING] = "io_uring",
	};

	return get_name(names, ARRAY_SIZE(names), row->pass->via, ret);
}

static bool get_socket_type(const struct row *row, enum field_side side, struct value *ret)
{
	static const char *const names[] = {
		[LINUX_SOCK_STREAM] = "stream",
		[LINUX_SOCK_DGRAM] = "dgram",
		[LINUX_SOCK_SEQPACKET] = "seqpacket",
	};

	return get_name(names, ARRAY_SIZE(names), row->pass->socket_type, ret);
}

/* An abstract name has all bytes of its length, NULs too; a path ends at the first. */
static bool get_socket_path(const struct row *row, enum field_side side, struct value *ret)
{
	const struct pass *pass = row->pass;
	size_t size = pass->socket_path_len;

	if (size == 0)
		return false;
	if (size > sizeof(pass->socket_path))
		size = sizeof(pass->socket_path);
	if (pass->socket_path[0] != '\0') {
		ret->text = pass->socket_path;
		ret->size = strnlen(pass->socket_path, size);
		return true;
	}
	memcpy(ret->buffer, pass->socket_path, size);
	ret->buffer[0] = '@';
	return get_buffer(size, ret);
}

static bool get_outcome(const struct row *row, enum field_side side, struct value *ret)
{
	static const char *const names[NR_OUTCOMES] = {
		[OUTCOME_DELIVERED] = "delivered", [OUTCOME_PEEKED] = "peeked",
		[OUTCOME_LOST] = "lost",	   [OUTCOME_FAILED] = "failed",
		[OUTCOME_PENDING] = "pending",
	};

	return get_name(names, ARRAY_SIZE(names), row->pass->outcome, ret);
}

static bool get_errno(int error, struct value *ret)
{
	const char *name = linux_errno_name(error);

	if (error <= 0)
		return false;
	return name ? get_text(name, ret) : get_format(ret, "errno:%d", error);
}

static bool get_reason(const struct row *row, enum field_side side, struct value *ret)
{
	static const char *const names[NR_LOSSES] = {
		[LOSS_TRUNCATED] = "truncated", [LOSS_EMFILE] = "emfile", [LOSS_DENIED] = "denied",
		[LOSS_UNREAD] = "unread",	[LOSS_READ] = "read",	  [LOSS_GC] = "gc",
	};

	if (row->pass->outcome == OUTCOME_FAILED)
		return get_errno(row->pass->error, ret);
	if (row->pass->outcome == OUTCOME_LOST)
		return get_name(names, ARRAY_SIZE(names), row->pass->loss, ret);
	return false;
}

static bool get_latency(const struct row *row, enum field_side side, struct value *ret)
{
	const struct pass *pass = row->pass;

	if (pass->outcome != OUTCOME_DELIVERED && pass->outcome != OUTCOME_PEEKED &&
	    pass->outcome != OUTCOME_LOST)
		return false;
	if (pass->time_ns == 0 || pass->done_ns < pass->time_ns)
		return false;
	return get_unsigned(pass->done_ns - pass->time_ns, ret);
}

/* The file */

static bool get_file(const struct row *row, enum field_side side, struct value *ret)
{
	return get_buffer(kind_name(&row->pass->file, ret->buffer, sizeof(ret->buffer)), ret);
}

static bool get_file_type(const struct row *row, enum field_side side, struct value *ret)
{
	const char *type = kind_type(&row->pass->file);

	return type && get_text(type, ret);
}

static bool get_file_ino(const struct row *row, enum field_side side, struct value *ret)
{
	return row->pass->file.known && get_unsigned(row->pass->file.ino, ret);
}

static bool get_file_dev(const struct row *row, enum field_side side, struct value *ret)
{
	const struct file *file = &row->pass->file;

	return file->known &&
	       get_format(ret, "%" PRIu32 ":%" PRIu32, file->dev >> 20, file->dev & 0xfffff);
}

static bool get_file_flags(const struct row *row, enum field_side side, struct value *ret)
{
	const struct file *file = &row->pass->file;

	return file->known &&
	       get_buffer(kind_open_flags(file, ret->buffer, sizeof(ret->buffer)), ret);
}

static bool get_file_id(const struct row *row, enum field_side side, struct value *ret)
{
	const struct file *file = &row->pass->file;

	if (file->identity == 0)
		return false;
	return get_format(ret, "%016" PRIx64,
			  siphash(row->resolver->identity_key, file->address, file->identity));
}

/* Sender and receiver */

/* The process of a side, or NULL where nothing is known of it. */
static const struct process *process_of(const struct row *row, enum field_side side)
{
	const struct process *process = side == FIELD_RECEIVER ? &row->pass->receiver :
								 &row->pass->sender;

	return process->known ? process : NULL;
}

static const struct endpoint *endpoint_of(const struct row *row, enum field_side side)
{
	return side == FIELD_RECEIVER ? &row->pass->to : &row->pass->from;
}

static bool get_comm(const struct row *row, enum field_side side, struct value *ret)
{
	const struct process *process = process_of(row, side);

	return process && get_text(process->comm, ret);
}

static bool get_pid(const struct row *row, enum field_side side, struct value *ret)
{
	const struct process *process = process_of(row, side);

	return process && get_unsigned(process->pid, ret);
}

static bool get_tid(const struct row *row, enum field_side side, struct value *ret)
{
	const struct process *process = process_of(row, side);

	return process && get_unsigned(process->tid, ret);
}

static bool get_nspid(const struct row *row, enum field_side side, struct value *ret)
{
	const struct process *process = process_of(row, side);

	return process && process->nspid != process->pid && get_nonzero(process->nspid, ret);
}

static bool get_mntns_id(const struct row *row, enum field_side side, struct value *ret)
{
	const struct process *process = process_of(row, side);

	return process && get_nonzero(process->mntns_id, ret);
}

static bool get_uid(const struct row *row, enum field_side side, struct value *ret)
{
	const struct process *process = process_of(row, side);

	return process && get_unsigned(process->uid, ret);
}

static bool get_gid(const struct row *row, enum field_side side, struct value *ret)
{
	const struct process *process = process_of(row, side);

	return process && get_unsigned(process->gid, ret);
}

static bool get_user(const struct row *row, enum field_side side, struct value *ret)
{
	const struct process *process = process_of(row, side);
	const char *name;

	if (!process)
		return false;
	name = row->resolver->user(row->resolver->userdata, process->uid);
	return name ? get_format(ret, "%s", name) : get_format(ret, "uid:%" PRIu32, process->uid);
}

static bool get_group(const struct row *row, enum field_side side, struct value *ret)
{
	const struct process *process = process_of(row, side);
	const char *name;

	if (!process)
		return false;
	name = row->resolver->group(row->resolver->userdata, process->gid);
	return name ? get_format(ret, "%s", name) : get_format(ret, "gid:%" PRIu32, process->gid);
}

static bool get_parent_comm(const struct row *row, enum field_side side, struct value *ret)
{
	const struct process *process = process_of(row, side);

	return process && process->parent_pid != 0 && get_text(process->parent_comm, ret);
}

static bool get_parent_pid(const struct row *row, enum field_side side, struct value *ret)
{
	const struct process *process = process_of(row, side);

	return process && get_nonzero(process->parent_pid, ret);
}

static bool get_socket_ino(const struct row *row, enum field_side side, struct value *ret)
{
	return get_nonzero(endpoint_of(row, side)->socket_ino, ret);
}

static bool get_sockfd(const struct row *row, enum field_side side, struct value *ret)
{
	return get_descriptor(endpoint_of(row, side)->sockfd, ret);
}

static bool get_fd(const struct row *row, enum field_side side, struct value *ret)
{
	return get_descriptor(endpoint_of(row, side)->fd, ret);
}

static bool get_cloexec(const struct row *row, enum field_side side, struct value *ret)
{
	ret->boolean = row->pass->cloexec == 1;
	return row->pass->cloexec >= 0;
}

/*
 * The table, in the order of JSON's members: name, header, type, side, width, shown by default,
 * getter, meaning. The sender's and the message's names are those of Inspektor Gadget's fdpass.
 * For a lost descriptor the receiver is whoever lost it.
 */
const struct field field_table[] = {
	{ "timestamp", "TIMESTAMP", FIELD_STRING, FIELD_MESSAGE, 35, true, get_timestamp,
	  "when the message was sent, as RFC 3339 with nanoseconds, in local time" },
	{ "id", "ID", FIELD_STRING, FIELD_MESSAGE, 8, false, get_id,
	  "the message and the index of the descriptor in it: the same in every row about "
	  "this descriptor of this message" },
	{ "via", "VIA", FIELD_STRING, FIELD_MESSAGE, 13, false, get_via,
	  "how the descriptor went: scm_rights, pidfd_getfd, seccomp_addfd or io_uring" },
	{ "proc.comm", "COMM", FIELD_STRING, FIELD_SENDER, 16, true, get_comm,
	  "name of the sender's thread" },
	{ "proc.pid", "PID", FIELD_U32, FIELD_SENDER, 10, true, get_pid,
	  "process id of the sender, as the host sees it" },
	{ "proc.tid", "TID", FIELD_U32, FIELD_SENDER, 10, false, get_tid,
	  "thread id of the sender, as the host sees it" },
	{ "proc.nspid", "NSPID", FIELD_U32, FIELD_SENDER, 10, false, get_nspid,
	  "process id of the sender in its own pid namespace, where it differs" },
	{ "proc.mntns_id", "MNTNS_ID", FIELD_U64, FIELD_SENDER, 20, false, get_mntns_id,
	  "mount namespace of the sender, by its inode" },
	{ "proc.creds.uid", "UID", FIELD_U32, FIELD_SENDER, 10, false, get_uid,
	  "real user id of the sender, in the host's user namespace" },
	{ "proc.creds.gid", "GID", FIELD_U32, FIELD_SENDER, 10, false, get_gid,
	  "real group id of the sender, in the host's user namespace" },
	{ "proc.creds.user", "USER", FIELD_STRING, FIELD_SENDER, 16, false, get_user,
	  "the host's name for the sender's user; uid:N where it has none" },
	{ "proc.creds.group", "GROUP", FIELD_STRING, FIELD_SENDER, 16, false, get_group,
	  "the host's name for the sender's group; gid:N where it has none" },
	{ "proc.parent.comm", "PARENT.COMM", FIELD_STRING, FIELD_SENDER, 16, false, get_parent_comm,
	  "name of the sender's parent" },
	{ "proc.parent.pid", "PARENT.PID", FIELD_U32, FIELD_SENDER, 10, false, get_parent_pid,
	  "process id of the sender's parent, as the host sees it" },
	{ "socket_ino", "SOCKET_INO", FIELD_U64, FIELD_SENDER, 20, true, get_socket_ino,
	  "inode of the sender's socket" },
	{ "sockfd", "SOCKFD", FIELD_I32, FIELD_SENDER, 10, true, get_sockfd,
	  "descriptor of that socket in the sender; -1 where there is none (io_uring)" },
	{ "socket_type", "SOCKET_TYPE", FIELD_STRING, FIELD_MESSAGE, 11, false, get_socket_type,
	  "type of the socket: stream, dgram or seqpacket" },
	{ "socket_path", "SOCKET_PATH", FIELD_STRING, FIELD_MESSAGE, 30, false, get_socket_path,
	  "address that either end is bound to; @name for an abstract one" },
	{ "fd", "FD", FIELD_I32, FIELD_SENDER, 10, true, get_fd, "the descriptor in the sender" },
	{ "file", "FILE", FIELD_STRING, FIELD_MESSAGE, 30, true, get_file,
	  "what it is: a path, or the name that the kernel has for it; begins with ... "
	  "where the path is longer than 4096 bytes" },
	{ "file_type", "FILE_TYPE", FIELD_STRING, FIELD_MESSAGE, 11, false, get_file_type,
	  "kind of file: reg, dir, chr, blk, fifo, socket, memfd, eventfd, epoll, pidfd "
	  "and so on" },
	{ "file_ino", "FILE_INO", FIELD_U64, FIELD_MESSAGE, 20, false, get_file_ino,
	  "inode of the file" },
	{ "file_dev", "FILE_DEV", FIELD_STRING, FIELD_MESSAGE, 8, false, get_file_dev,
	  "device that the file is on, as major:minor (st_dev of stat(2))" },
	{ "file_flags", "FILE_FLAGS", FIELD_STRING, FIELD_MESSAGE, 20, false, get_file_flags,
	  "open flags by name, the access mode first; O_LARGEFILE and the kernel's own "
	  "flags are left out" },
	{ "file_id", "FILE_ID", FIELD_STRING, FIELD_MESSAGE, 16, false, get_file_id,
	  "identity of the open file description: the same on both sides and on every hop "
	  "while it lives, and only within one trace" },
	{ "outcome", "OUTCOME", FIELD_STRING, FIELD_MESSAGE, 9, true, get_outcome,
	  "what became of it: delivered, peeked, lost, failed or pending; left out where "
	  "the kernel cannot tell" },
	{ "reason", "REASON", FIELD_STRING, FIELD_MESSAGE, 12, true, get_reason,
	  "why it was lost (truncated, emfile, denied, unread, read, gc), or the errno "
	  "with which the send failed" },
	{ "latency_ns", "LATENCY_NS", FIELD_U64, FIELD_MESSAGE, 14, false, get_latency,
	  "nanoseconds from sent to received or lost" },
	{ "receiver.comm", "RECEIVER.COMM", FIELD_STRING, FIELD_RECEIVER, 16, true, get_comm,
	  "name of the receiver's thread" },
	{ "receiver.pid", "RECEIVER.PID", FIELD_U32, FIELD_RECEIVER, 10, true, get_pid,
	  "process id of the receiver, as the host sees it" },
	{ "receiver.tid", "RECEIVER.TID", FIELD_U32, FIELD_RECEIVER, 10, false, get_tid,
	  "thread id of the receiver, as the host sees it" },
	{ "receiver.nspid", "RECEIVER.NSPID", FIELD_U32, FIELD_RECEIVER, 10, false, get_nspid,
	  "process id of the receiver in its own pid namespace, where it differs" },
	{ "receiver.mntns_id", "RECEIVER.MNTNS_ID", FIELD_U64, FIELD_RECEIVER, 20, false,
	  get_mntns_id, "mount namespace of the receiver, by its inode" },
	{ "receiver.creds.uid", "RECEIVER.UID", FIELD_U32, FIELD_RECEIVER, 10, false, get_uid,
	  "real user id of the receiver, in the host's user namespace" },
	{ "receiver.creds.gid", "RECEIVER.GID", FIELD_U32, FIELD_RECEIVER, 10, false, get_gid,
	  "real group id of the receiver, in the host's user namespace" },
	{ "receiver.creds.user", "RECEIVER.USER", FIELD_STRING, FIELD_RECEIVER, 16, false, get_user,
	  "the host's name for the receiver's user; uid:N where it has none" },
	{ "receiver.creds.group", "RECEIVER.GROUP", FIELD_STRING, FIELD_RECEIVER, 16, false,
	  get_group, "the host's name for the receiver's group; gid:N where it has none" },
	{ "receiver.parent.comm", "RECEIVER.PARENT.COMM", FIELD_STRING, FIELD_RECEIVER, 16, false,
	  get_parent_comm, "name of the receiver's parent" },
	{ "receiver.parent.pid", "RECEIVER.PARENT.PID", FIELD_U32, FIELD_RECEIVER, 10, false,
	  get_parent_pid, "process id of the receiver's parent, as the host sees it" },
	{ "receiver.socket_ino", "RECEIVER.SOCKET_INO", FIELD_U64, FIELD_RECEIVER, 20, false,
	  get_socket_ino, "inode of the receiver's socket" },
	{ "receiver.sockfd", "RECEIVER.SOCKFD", FIELD_I32, FIELD_RECEIVER, 10, false, get_sockfd,
	  "descriptor of that socket in the receiver; -1 where there is none (io_uring)" },
	{ "receiver.fd", "RECEIVER.FD", FIELD_I32, FIELD_RECEIVER, 10, true, get_fd,
	  "the descriptor in the receiver" },
	{ "receiver.cloexec", "RECEIVER.CLOEXEC", FIELD_BOOL, FIELD_RECEIVER, 5, false, get_cloexec,
	  "whether it was installed close-on-exec" },
};

const size_t nr_fields = ARRAY_SIZE(field_table);

_Static_assert(ARRAY_SIZE(field_table) <= FIELD_LIST_MAX, "a list has room for every field");

const char *field_type_name(enum field_type type)
{
	static const char *const names[] = {
		[FIELD_STRING] = "string", [FIELD_U32] = "u32",	  [FIELD_U64] = "u64",
		[FIELD_I32] = "i32",	   [FIELD_BOOL] = "bool",
	};

	return names[type];
}

const struct field *field_find(const char *name)
{
	for (size_t i = 0; i < nr_fields; i++) {
		if (strcasecmp(field_table[i].name, name) == 0 ||
		    strcasecmp(field_table[i].header, name) == 0)
			return &field_table[i];
	}
	return NULL;
}

const struct field *field_suggest(const char *name)
{
	const struct field *nearest = NULL;
	size_t least = strlen(name) / 3 + 1; /* further away, it is another word */

	for (size_t i = 0; i < nr_fields; i++) {
		size_t by_name = text_distance(field_table[i].name, name);
		size_t by_header = text_distance(field_table[i].header, name);
		size_t distance = by_name < by_header ? by_name : by_header;

		if (distance < least || (distance == least && !nearest)) {
			least = distance;
			nearest = &field_table[i];
		}
	}
	return nearest;
}

void field_list_all(struct field_list *ret)
{
	ret->count = 0;
	for (size_t i = 0; i < nr_fields; i++)
		ret->fields[ret->count++] = &field_table[i];
}

void field_list_shown(struct field_list *ret)
{
	ret->count = 0;
	for (size_t i = 0; i < nr_fields; i++) {
		if (field_table[i].shown)
			ret->fields[ret->count++] = &field_table[i];
	}
}

static void list_remove(struct field_list *list, const struct field *field)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		if (list->fields[i] != field)
			list->fields[kept++] = list->fields[i];
	}
	list->count = kept;
}

static void list_add(struct field_list *list, const struct field *field)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->fields[i] == field)
			return;
	}
	list->fields[list->count++] = field;
}

__attribute__((format(printf, 2, 3))) static int refuse(char **error_message, const char *format,
							...)
{
	va_list arguments;
	int size;

	va_start(arguments, format);
	size = vasprintf(error_message, format, arguments);
	va_end(arguments);
	return size < 0 ? -ENOMEM : -EINVAL;
}

static int refuse_name(char **error_message, const char *name)
{
	const struct field *near = field_suggest(name);

	if (near)
		return refuse(error_message, "there is no field '%s'; did you mean '%s'?", name,
			      near->name);
	return refuse(error_message, "there is no field '%s'; fdpass --list-fields lists them",
		      name);
}

/* One item of the list: a name, perhaps with a sign. */
static int select_item(struct field_list *list, const char *item, const char *text,
		       char **error_message)
{
	const char *name = *item == '+' || *item == '-' ? item + 1 : item;
	const struct field *field;

	if (*name == '\0')
		return refuse(error_message, "a field's name is missing in '%s'", text);
	field = field_find(name);
	if (!field)
		return refuse_name(error_message, name);
	if (*item == '-')
		list_remove(list, field);
	else
		list_add(list, field);
	return 0;
}

int field_select(struct field_list *ret, const struct field_list *base, const char *text,
		 char **error_message)
{
	struct field_list list = { 0 };
	char *items, *rest, *item;
	int error = 0;

	items = rest = strdup(text);
	if (!items)
		return -ENOMEM;
	if (*text == '+' || *text == '-')
		list = *base;
	while (error == 0 && (item = strsep(&rest, ",")))
		error = select_item(&list, item, text, error_message);
	free(items);
	if (error < 0)
		return error;
	if (list.count == 0)
		return refuse(error_message, "no field is left of '%s'", text);
	*ret = list;
	return 0;
}
