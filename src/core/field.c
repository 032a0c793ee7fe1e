/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of fields. A getter reads one value of a row and says whether it is known; it never guesses,
 * and asks the host only through the resolver.
 */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "core/field.h"
#include "core/linux.h"
#include "core/siphash.h"
#include "core/text.h"
#include "core/value.h"
#include "kind/kind.h"

#define NSEC_PER_SEC INT64_C(1000000000)

static bool get_descriptor(int32_t fd, struct value *ret)
{
	ret->i64 = fd;
	return fd != ENDPOINT_FD_UNKNOWN;
}

/* The message */

/* "2026-11-23T14:02:11" */
static char *put_date_and_time(char *ret, const struct tm *tm)
{
	const struct {
		int number;
		unsigned int digits;
		char before;
	} parts[] = {
		{ tm->tm_mon + 1, 2, '-' }, { tm->tm_mday, 2, '-' }, { tm->tm_hour, 2, 'T' },
		{ tm->tm_min, 2, ':' },	    { tm->tm_sec, 2, ':' },
	};

	ret = text_put_decimal(ret, (uint64_t)tm->tm_year + 1900, 4);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		*ret++ = parts[i].before;
		ret = text_put_decimal(ret, (uint64_t)parts[i].number, parts[i].digits);
	}
	return ret;
}

/* "+01:00" */
static char *put_utc_offset(char *ret, int32_t minutes)
{
	int32_t offset = minutes < 0 ? -minutes : minutes;

	*ret++ = minutes < 0 ? '-' : '+';
	ret = text_put_decimal(ret, (uint64_t)offset / 60, 2);
	*ret++ = ':';
	return text_put_decimal(ret, (uint64_t)offset % 60, 2);
}

/* RFC 3339 with nanoseconds, in the local time of the moment that it tells. */
static bool get_timestamp(const struct row *row, enum field_side side, struct value *ret)
{
	const struct resolver *resolver = row->resolver;
	int64_t realtime, seconds, nanoseconds;
	int32_t minutes;
	struct tm tm;
	time_t local;
	char *end;

	if (row->pass->time_ns == 0)
		return false;
	realtime = (int64_t)row->pass->time_ns + row->pass->realtime_offset_ns;
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
	end = put_date_and_time(ret->buffer, &tm);
	*end++ = '.';
	end = text_put_decimal(end, (uint64_t)nanoseconds, 9);
	return get_written(put_utc_offset(end, minutes), ret);
}

static bool get_id(const struct row *row, enum field_side side, struct value *ret)
{
	return row->pass->message != 0 && get_pair(row->pass->message, '.', row->pass->index, ret);
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

/*
 * An abstract name has all bytes of its length, NULs too, and an @ for its first; a path ends at the
 * first NUL, and one that begins with an @ is told from the directory that it is relative to.
 */
static bool get_socket_path(const struct row *row, enum field_side side, struct value *ret)
{
	const struct pass *pass = row->pass;
	size_t size = pass->socket_path_len;

	if (size == 0)
		return false;
	if (size > sizeof(pass->socket_path))
		size = sizeof(pass->socket_path);
	if (pass->socket_path[0] == '@')
		return get_format(ret, "./%.*s", (int)size, pass->socket_path);
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
	static const char *const names[NR_EVENT_FATES] = {
		[EVENT_FATE_TRUNCATED] = "truncated", [EVENT_FATE_EMFILE] = "emfile",
		[EVENT_FATE_DENIED] = "denied",	      [EVENT_FATE_READ] = "read",
		[EVENT_FATE_UNREAD] = "unread",	      [EVENT_FATE_GC] = "gc",
	};

	if (row->pass->outcome == OUTCOME_FAILED)
		return get_errno(row->pass->error, ret);
	if (row->pass->outcome == OUTCOME_LOST)
		return get_name(names, ARRAY_SIZE(names), row->pass->fate, ret);
	return false;
}

static bool get_latency(const struct row *row, enum field_side side, struct value *ret)
{
	const struct pass *pass = row->pass;

	if (pass->outcome != OUTCOME_DELIVERED && pass->outcome != OUTCOME_PEEKED &&
	    pass->outcome != OUTCOME_LOST)
		return false;
	if (pass->via != EVENT_VIA_SCM_RIGHTS) /* there and gone in one step */
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

/* Whether a name that is a place in the tree still leads there. */
static bool get_file_deleted(const struct row *row, enum field_side side, struct value *ret)
{
	const struct file *file = &row->pass->file;

	ret->boolean = (file->flags & EVENT_FILE_DELETED) != 0;
	return file->known && file->path && !(file->flags & EVENT_FILE_PSEUDO);
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

	return file->known && get_pair(file->dev >> 20, ':', file->dev & 0xfffff, ret);
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
	return get_written(
		text_put_hex(ret->buffer,
			     siphash(row->resolver->identity_key, file->address, file->identity),
			     16),
		ret);
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

	return process && process->tid != 0 && get_unsigned(process->tid, ret);
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

	return process && get_user_name(row->resolver, process->uid, ret);
}

static bool get_group(const struct row *row, enum field_side side, struct value *ret)
{
	const struct process *process = process_of(row, side);
	const char *name;

	if (!process)
		return false;
	name = row->resolver->group(row->resolver->userdata, process->gid);
	return name ? get_cut_text(name, ret) : get_format(ret, "gid:%" PRIu32, process->gid);
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
	  "address that either end is bound to; @name for an abstract one, ./@name for a path "
	  "that begins so" },
	{ "fd", "FD", FIELD_I32, FIELD_SENDER, 10, true, get_fd, "the descriptor in the sender" },
	{ "file", "FILE", FIELD_STRING, FIELD_MESSAGE, 30, true, get_file,
	  "what it is: a path, or the name that the kernel has for it; begins with ... "
	  "where the path is longer than 4096 bytes" },
	{ "file_deleted", "FILE_DELETED", FIELD_BOOL, FIELD_MESSAGE, 5, false, get_file_deleted,
	  "whether no name leads to the file any more, which file marks with (deleted); left out "
	  "where it never had a place in the tree" },
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
	  "nanoseconds from sent to received or lost; left out of what went without a message" },
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
