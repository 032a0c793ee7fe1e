/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a row tells of a descriptor in a queue, besides what it has in common with a pass. */
#include "core/queued.h"

#include <string.h>

#include "core/getter.h"
#include "core/text.h"

static bool get_change(const struct row *row, enum field_side side, struct value *ret)
{
	static const char *const names[NR_QUEUED_CHANGES] = {
		[QUEUED_NEW] = "new",
		[QUEUED_CHANGED] = "changed",
		[QUEUED_GONE] = "gone",
	};

	return get_name(names, ARRAY_SIZE(names), row->queued->change, ret);
}

static bool get_held_by(const struct row *row, enum field_side side, struct value *ret)
{
	static const char *const names[NR_QUEUE_KEEPERS] = {
		[KEEPER_NONE] = "nothing",
		[KEEPER_PROCESS] = "process",
		[KEEPER_BACKLOG] = "backlog",
		[KEEPER_MESSAGE] = "message",
	};

	return row->queued->sock != 0 &&
	       get_name(names, ARRAY_SIZE(names), row->queued->keeper, ret);
}

static bool get_held_by_ino(const struct row *row, enum field_side side, struct value *ret)
{
	return get_nonzero(row->queued->keeper_ino, ret);
}

/* The letters of a name that cannot be taken for what stands around it. */
static bool stands_for_itself(unsigned char letter)
{
	return letter > ' ' && letter != '[' && letter != ']' && letter != '\\' && letter != 0x7f;
}

static char *put_comm(char *to, const char *comm)
{
	for (; *comm; comm++) {
		unsigned char letter = (unsigned char)*comm;

		if (stands_for_itself(letter)) {
			*to++ = (char)letter;
			continue;
		}
		to = stpcpy(to, "\\x");
		to = text_put_hex(to, letter, 2);
	}
	return to;
}

/* "sshd[812]:4", and a blank between two of them. */
#define HOLDER_MAX (4 * EVENT_COMM_LEN + sizeof(" [4294967295]:2147483647"))

static bool get_holders(const struct holders *holders, struct value *ret)
{
	char *end = ret->buffer;

	for (size_t i = 0; i < holders->count; i++) {
		const struct holder *holder = &holders->first[i];

		if ((size_t)(end - ret->buffer) > sizeof(ret->buffer) - HOLDER_MAX - sizeof("…")) {
			end = stpcpy(end, "…");
			break;
		}
		if (i > 0)
			*end++ = ' ';
		end = put_comm(end, holder->process.comm);
		*end++ = '[';
		end = text_put_decimal(end, holder->process.pid, 1);
		*end++ = ']';
		*end++ = ':';
		end = text_put_signed(end, holder->fd);
	}
	return get_written(end, ret);
}

static bool get_receiving_holders(const struct row *row, enum field_side side, struct value *ret)
{
	return get_holders(&row->queued->holders, ret);
}

static bool get_sending_holders(const struct row *row, enum field_side side, struct value *ret)
{
	return get_holders(&row->queued->sender_holders, ret);
}

static bool get_length(const struct row *row, enum field_side side, struct value *ret)
{
	return get_nonzero(row->queued->length, ret);
}

static bool get_position(const struct row *row, enum field_side side, struct value *ret)
{
	return row->queued->of_one && get_unsigned(row->queued->position, ret);
}

static bool get_message_fds(const struct row *row, enum field_side side, struct value *ret)
{
	return row->queued->of_one && get_unsigned(row->queued->message_fds, ret);
}

static bool get_changed(const struct row *row, enum field_side side, struct value *ret)
{
	ret->boolean = row->queued->changed;
	return row->queued->length != 0;
}

static bool get_sender_uid(const struct row *row, enum field_side side, struct value *ret)
{
	return row->queued->uid != QUEUED_UID_UNKNOWN && get_unsigned(row->queued->uid, ret);
}

static bool get_sender_user(const struct row *row, enum field_side side, struct value *ret)
{
	return row->queued->uid != QUEUED_UID_UNKNOWN &&
	       get_user_name(row->resolver, row->queued->uid, ret);
}

static bool get_user_in_flight(const struct row *row, enum field_side side, struct value *ret)
{
	return get_nonzero(row->queued->in_flight, ret);
}

static bool get_user_limit(const struct row *row, enum field_side side, struct value *ret)
{
	return get_nonzero(row->queued->fd_limit, ret);
}

static bool get_age(const struct row *row, enum field_side side, struct value *ret)
{
	return get_nonzero(row->queued->age_ns, ret);
}

static bool get_descriptors(const struct row *row, enum field_side side, struct value *ret)
{
	return get_nonzero(row->queued->descriptors, ret);
}

static bool get_messages(const struct row *row, enum field_side side, struct value *ret)
{
	return get_nonzero(row->queued->messages, ret);
}

static bool get_sockets(const struct row *row, enum field_side side, struct value *ret)
{
	return get_nonzero(row->queued->sockets, ret);
}

const struct field queued_field_table[] = {
	{ "change", "CHANGE", FIELD_STRING, FIELD_MESSAGE, 7, false, get_change,
	  "with --watch, since the look before: new, gone, or, of a group, changed" },
	{ "holders", "HOLDERS", FIELD_STRING, FIELD_RECEIVER, 30, false, get_receiving_holders,
	  "all who have the receiving socket open, or the listener in whose backlog it waits: the "
	  "name of a process, its pid and the descriptor, as NAME[PID]:FD" },
	{ "held_by", "HELD_BY", FIELD_STRING, FIELD_RECEIVER, 7, false, get_held_by,
	  "what keeps the receiving socket: process, backlog (it was not accepted yet), message (it "
	  "is in a queue itself), or nothing that was found" },
	{ "held_by_ino", "HELD_BY_INO", FIELD_U64, FIELD_RECEIVER, 20, false, get_held_by_ino,
	  "inode of the listener, or of the socket in whose queue the receiving one is" },
	{ "queue_length", "QUEUE_LENGTH", FIELD_U32, FIELD_RECEIVER, 6, false, get_length,
	  "messages in the queue, those without descriptors too" },
	{ "queue_position", "QUEUE_POSITION", FIELD_U32, FIELD_RECEIVER, 6, false, get_position,
	  "how many messages are to be received before this one" },
	{ "queue_changed", "QUEUE_CHANGED", FIELD_BOOL, FIELD_RECEIVER, 5, false, get_changed,
	  "whether the queue changed each time that it was read: then its rows are of different "
	  "moments" },
	{ "message_fds", "MESSAGE_FDS", FIELD_U32, FIELD_MESSAGE, 4, false, get_message_fds,
	  "descriptors of the message" },
	{ "age_ns", "AGE_NS", FIELD_U64, FIELD_MESSAGE, 14, false, get_age,
	  "nanoseconds since it was queued, of a group the most; known of datagrams to a receiver that "
	  "asked the kernel for their time (SO_TIMESTAMP)" },
	{ "sender_uid", "SENDER_UID", FIELD_U32, FIELD_SENDER, 10, false, get_sender_uid,
	  "id of the user who sent it, in the host's user namespace" },
	{ "sender_user", "SENDER_USER", FIELD_STRING, FIELD_SENDER, 12, false, get_sender_user,
	  "the host's name for that user; uid:N where it has none" },
	{ "sender_holders", "SENDER_HOLDERS", FIELD_STRING, FIELD_SENDER, 30, false,
	  get_sending_holders,
	  "all who have the socket open that it was sent from, as in holders" },
	{ "user_in_flight", "USER_IN_FLIGHT", FIELD_U64, FIELD_SENDER, 8, false, get_user_in_flight,
	  "descriptors of that user in all queues, by the kernel's own count" },
	{ "user_limit", "USER_LIMIT", FIELD_U64, FIELD_SENDER, 8, false, get_user_limit,
	  "what they are held against (ETOOMANYREFS): the least RLIMIT_NOFILE of the user's processes "
	  "that can send there" },
	{ "descriptors", "DESCRIPTORS", FIELD_U64, FIELD_MESSAGE, 11, false, get_descriptors,
	  "with --by: descriptors of the group" },
	{ "messages", "MESSAGES", FIELD_U64, FIELD_MESSAGE, 8, false, get_messages,
	  "with --by: messages that they are in" },
	{ "sockets", "SOCKETS", FIELD_U64, FIELD_MESSAGE, 7, false, get_sockets,
	  "with --by: sockets in whose queues they are" },
};

const size_t nr_queued_fields = ARRAY_SIZE(queued_field_table);
