/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is held, and what a row tells of it: see held.h. */
#include "core/held.h"

#include <errno.h>
#include <stdlib.h>

#include "core/join_state.h"
#include "core/getter.h"

static bool get_held_as(const struct row *row, enum field_side side, struct value *ret)
{
	static const char *const names[NR_HELD_AS] = {
		[HELD_AS_DESCRIPTOR] = "descriptor",
		[HELD_AS_MAPPING] = "mapping",
		[HELD_AS_MESSAGE] = "message",
	};

	return get_name(names, ARRAY_SIZE(names), row->held->as, ret);
}

static bool get_same(const struct row *row, enum field_side side, struct value *ret)
{
	static const char *const names[NR_EVENT_SAMES] = {
		[EVENT_SAME_DESCRIPTION] = "description",
		[EVENT_SAME_INODE] = "inode",
		[EVENT_SAME_FILESYSTEM] = "filesystem",
	};

	return get_name(names, ARRAY_SIZE(names), row->held->same, ret);
}

static bool get_mappings(const struct row *row, enum field_side side, struct value *ret)
{
	return get_nonzero(row->held->mappings, ret);
}

const struct field held_field_table[] = {
	{ "held_as", "HELD_AS", FIELD_STRING, FIELD_MESSAGE, 10, false, get_held_as,
	  "how it is held: descriptor or mapping (of the process proc), or message (in the queue of "
	  "the socket receiver.socket_ino)" },
	{ "same", "SAME", FIELD_STRING, FIELD_MESSAGE, 11, false, get_same,
	  "what it has in common with what was asked for: description (it is the same open file "
	  "description), inode (opened by itself), or filesystem" },
	{ "mappings", "MAPPINGS", FIELD_U32, FIELD_MESSAGE, 6, false, get_mappings,
	  "mappings of the file in the process" },
};

const size_t nr_held_fields = ARRAY_SIZE(held_field_table);

int holdings_new(struct holdings **ret)
{
	struct holdings *holdings = calloc(1, sizeof(*holdings));
	int r;

	if (!holdings)
		return -ENOMEM;
	r = names_new(&holdings->names);
	if (r >= 0)
		r = identities_new(&holdings->identities, SIZE_MAX);
	if (r < 0) {
		holdings_free(holdings);
		return r;
	}
	*ret = holdings;
	return 0;
}

struct holdings *holdings_free(struct holdings *holdings)
{
	if (!holdings)
		return NULL;
	for (size_t i = 0; i < holdings->count; i++)
		message_free(holdings->all[i].message, holdings->names);
	identities_free(holdings->identities);
	names_free(holdings->names);
	free(holdings->all);
	free(holdings);
	return NULL;
}

static int make_room(struct holdings *holdings)
{
	size_t room = holdings->room ? 2 * holdings->room : 16;
	struct holding *all;

	if (holdings->count < holdings->room)
		return 0;
	all = reallocarray(holdings->all, room, sizeof(*all));
	if (!all)
		return -ENOMEM;
	holdings->all = all;
	holdings->room = room;
	return 0;
}

/* Another mapping of the file that was told last? */
static bool is_mapped_again(const struct holdings *holdings, const struct decoded *decoded)
{
	const struct event_task *task = decoded->tasks[EVENT_SELF];
	const struct holding *last;

	if (holdings->count == 0 || !decoded->held->mapped)
		return false;
	last = &holdings->all[holdings->count - 1];
	return last->held.as == HELD_AS_MAPPING && last->message->common.sender.pid == task->pid &&
	       last->message->common.sender.start_time == task->start_time &&
	       last->message->files[0].address == decoded->files[0].address;
}

int holdings_take(struct holdings *holdings, const struct decoded *decoded)
{
	struct message *message;
	struct pass *pass;
	int r = make_room(holdings);

	if (r < 0)
		return r;
	if (!decoded->held || !decoded->tasks[EVENT_SELF] || decoded->nr_files != 1)
		return -EBADMSG;
	if (is_mapped_again(holdings, decoded)) {
		holdings->all[holdings->count - 1].held.mappings++;
		return 0;
	}
	r = message_new(&message, holdings->names, decoded);
	if (r < 0)
		return r;
	pass = &message->common;
	pass->message = 0;
	pass->via = PASS_NO_VIA;
	join_take_process(&pass->sender, decoded->tasks[EVENT_SELF], decoded->event->flags);
	if (decoded->files[0].flags & EVENT_FILE_FD_KNOWN)
		pass->from.fd = decoded->files[0].fd;
	holdings->all[holdings->count++] = (struct holding){
		.message = message,
		.held = {
			.as = decoded->held->mapped ? HELD_AS_MAPPING : HELD_AS_DESCRIPTOR,
			.same = decoded->held->same,
			.mappings = decoded->held->mapped,
		},
	};
	return identity_needs_creation(&message->files[0]) ?
		       0 :
		       identities_set(holdings->identities, &message->files[0]);
}

int holdings_tell(const struct holdings *holdings, holdings_row_fn fn, void *userdata)
{
	int r = 0;

	for (size_t i = 0; i < holdings->count && r >= 0; i++) {
		const struct holding *holding = &holdings->all[i];
		struct pass pass = holding->message->common;

		pass.file = holding->message->files[0];
		r = fn(userdata, &pass, &holding->held);
	}
	return r < 0 ? r : 0;
}
