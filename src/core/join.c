/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The join. Each event is looked up among the messages in flight, ends some of them, and the passes
 * of those are told. An event of a message that is not known waits for the other side's a while
 * (stray.h), and then tells what it knows by itself.
 */
#include "core/join.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/decode.h"
#include "core/join_state.h"

/* Numbers for what the kernel side gave none, apart from its own: see pass.h. */
#define OWN_NUMBER (1ULL << 63)

/* Open files that are remembered by their address, to tell whether it was used again. */
#define MAX_IDENTITIES 65536

static uint64_t next_own_number(struct join *join)
{
	return OWN_NUMBER | ++join->own_numbers;
}

/* Messages in flight */

int join_end_message(struct join *join, struct message *message, enum outcome outcome)
{
	int r;

	messages_take(&join->messages, message);
	r = join_tell_outcome(join, message, outcome);
	message_free(message, join->names);
	return r;
}

static size_t bytes_in_use(const struct join *join)
{
	return join->messages.size + join->strays.size + names_size(join->names);
}

void join_forget_ended(struct join *join)
{
	for (size_t i = 0; i < ENDED_LATELY; i++)
		join->ended_lately[i] = message_free(join->ended_lately[i], join->names);
}

static int tell_stray(struct join *join, const struct decoded *decoded);

static int evict_message(struct join *join)
{
	struct message *oldest = messages_oldest(&join->messages);

	join->evicted_passes += oldest->total_files;
	return join_end_message(join, oldest, OUTCOME_UNKNOWN);
}

static int evict_stray(struct join *join)
{
	struct stray *oldest = strays_take(&join->strays, strays_oldest(&join->strays));
	int r;

	join->evicted_passes += oldest->decoded.event->total_files;
	r = tell_stray(join, &oldest->decoded);
	free(oldest);
	return r;
}

/*
 * The memory is bounded: the oldest gives way, of those that take more of it. Strays may go, so nobody
 * holds one over this.
 */
static int evict(struct join *join)
{
	int r = 0;

	if (bytes_in_use(join) > join->options.max_bytes)
		join_forget_ended(join);
	while (r >= 0 && bytes_in_use(join) > join->options.max_bytes) {
		if (join->strays.size > bytes_in_use(join) / 2)
			r = evict_stray(join);
		else if (join->messages.count > 0)
			r = evict_message(join);
		else
			break;
	}
	return r;
}

/* Takes the message over, also when it fails. */
static int keep_message(struct join *join, struct message *message)
{
	struct message *same = messages_find(&join->messages, message->common.message);
	int r = 0;

	message->kept_ns = join->now_ns;
	message->kept_in = join->sweep;
	if (same)
		r = join_end_message(join, same, OUTCOME_UNKNOWN);
	if (r >= 0)
		r = evict(join);
	if (r >= 0)
		r = messages_add(&join->messages, message);
	if (r < 0)
		message_free(message, join->names);
	return r;
}

static struct message *find_ended_lately(const struct join *join, uint64_t number)
{
	for (size_t i = 0; i < ENDED_LATELY; i++) {
		struct message *message = join->ended_lately[i];

		if (message && message->common.message == number)
			return message;
	}
	return NULL;
}

/* Takes the message over, which is in no table any more. */
static void keep_ended(struct join *join, struct message *message)
{
	struct message **place = &join->ended_lately[join->nr_ended++ % ENDED_LATELY];

	message_free(*place, join->names);
	*place = message;
}

/* The message that a receiver's event tells of; NULL: none that is known. */
static struct message *find_message(const struct join *join, const struct decoded *decoded)
{
	uint64_t number = decoded->event->message;
	struct message *message = messages_find(&join->messages, number);

	if (!message && decoded->event->flags & EVENT_PEEK)
		message = find_ended_lately(join, number);
	/* The number of a list whose end was missed, and that holds another message now. */
	return message && message_has_files(message, decoded) ? message : NULL;
}

/* Which open file descriptions the files are, told as soon as they are described. */
static int identify_files(struct join *join, struct message *message, const struct decoded *decoded)
{
	for (uint32_t i = 0; i < message->nr_files; i++) {
		struct file *file = &message->files[i];
		int r;

		if (!file->known || file->identity != 0 ||
		    (!join->options.sees_creations && identity_needs_creation(file)))
			continue;
		if (decoded->identities && i < decoded->nr_files) {
			file->identity = decoded->identities[i];
			continue;
		}
		r = identities_set(join->identities, file);
		if (r < 0)
			return r;
	}
	return 0;
}

static int new_message(struct join *join, struct message **ret, const struct decoded *decoded)
{
	struct message *message;
	int r;

	r = message_new(&message, join->names, decoded);
	if (r < 0)
		return r;
	r = identify_files(join, message, decoded);
	if (r < 0) {
		message_free(message, join->names);
		return r;
	}
	message->common.realtime_offset_ns = join->realtime_offset_ns;
	if (message->common.message == 0)
		message->common.message = next_own_number(join);
	*ret = message;
	return 0;
}

/* A message whose sender was not seen, as its receiver tells it. */
static int message_from_receiver(struct join *join, struct message **ret,
				 const struct decoded *decoded)
{
	const struct event_socket *sender = decoded->sockets[EVENT_OTHER];
	struct message *message;
	int r;

	r = new_message(join, &message, decoded);
	if (r < 0)
		return r;
	/* Never a number that another message has. */
	if (messages_find(&join->messages, decoded->event->message))
		message->common.message = next_own_number(join);
	if (sender)
		message->common.from.socket_ino = sender->ino;
	*ret = message;
	return 0;
}

/* What the receiver's side tells */

/* The end of a message that is known, or a peek at it. */
static int end_known(struct join *join, struct message *message, const struct decoded *decoded)
{
	int r = message_describe(message, join->names, decoded);

	if (r >= 0)
		r = identify_files(join, message, decoded);
	if (r < 0 || decoded->event->flags & EVENT_PEEK)
		return r < 0 ? r : join_tell_received(join, message, decoded);
	messages_take(&join->messages, message);
	r = join_tell_end(join, message, decoded);
	keep_ended(join, message);
	return r;
}

/* The end of a message of which no sender is known, or a peek: what that tells is kept for the end. */
static int end_unknown(struct join *join, const struct decoded *decoded)
{
	struct message *message;
	int r;

	r = message_from_receiver(join, &message, decoded);
	if (r < 0)
		return r;
	r = join_tell_end(join, message, decoded);
	if (r >= 0 && decoded->event->flags & EVENT_PEEK)
		return keep_message(join, message);
	keep_ended(join, message);
	return r;
}

static int end_message(struct join *join, const struct decoded *decoded)
{
	struct message *message = find_message(join, decoded);

	return message ? end_known(join, message, decoded) : end_unknown(join, decoded);
}

/* Strays */

static int end_stray(struct join *join, struct stray *stray)
{
	int r;

	strays_take(&join->strays, stray);
	r = end_message(join, &stray->decoded);
	free(stray);
	return r;
}

/* The message is known now: what waited for that goes on, in order. */
static int end_strays_of(struct join *join, uint64_t number)
{
	struct stray *stray;
	int r = 0;

	while (r >= 0 && (stray = strays_of_number(&join->strays, number)))
		r = end_stray(join, stray);
	return r;
}

/* Its files are identified now: their addresses may be other files' when it is made use of. */
static int add_stray(struct join *join, const struct decoded *decoded)
{
	uint64_t identities[EVENT_MAX_FILES];
	struct message *message;
	int r;

	r = new_message(join, &message, decoded);
	if (r < 0)
		return r;
	for (uint32_t i = 0; i < message->nr_files; i++)
		identities[i] = message->files[i].identity;
	message_free(message, join->names);
	r = strays_add(&join->strays, decoded, identities, join->now_ns);
	return r < 0 ? r : evict(join);
}

/* The message of a sender's event, with this number; 0: with one of our own. */
static int message_from_sender(struct join *join, struct message **ret,
			       const struct decoded *decoded, uint64_t number)
{
	int r = new_message(join, ret, decoded);

	if (r < 0)
		return r;
	if (number != 0)
		(*ret)->common.message = number;
	join_take_sender(*ret, decoded);
	for (uint32_t i = 0; i < (*ret)->nr_files; i++) {
		if (decoded->files[i].flags & EVENT_FILE_FD_KNOWN)
			(*ret)->files[i].fd = decoded->files[i].fd;
	}
	return 0;
}

/* A sender's event without a number that nothing of the other side belongs to. */
static int give_up_claim(struct join *join, const struct decoded *claim)
{
	struct message *message;
	int r;

	if (claim->sockets[EVENT_OTHER] && claim->sockets[EVENT_OTHER]->sock != 0) {
		join->unmatched++; /* it is not proved that this was sent */
		return 0;
	}
	r = message_from_sender(join, &message, claim, 0);
	if (r < 0)
		return r;
	r = join_tell_outcome(join, message, OUTCOME_UNKNOWN);
	message_free(message, join->names);
	return r;
}

/* All that there is of it, and nothing is kept. */
static int tell_stray(struct join *join, const struct decoded *decoded)
{
	struct message *message;
	int r;

	if (decoded->event->type == EVENT_SENT)
		return give_up_claim(join, decoded);
	r = message_from_receiver(join, &message, decoded);
	if (r < 0)
		return r;
	r = join_tell_end(join, message, decoded);
	message_free(message, join->names);
	return r;
}

static int give_up(struct join *join, struct stray *stray)
{
	int r;

	if (stray->decoded.event->type != EVENT_SENT)
		return end_stray(join, stray);
	strays_take(&join->strays, stray);
	r = give_up_claim(join, &stray->decoded);
	free(stray);
	return r;
}

int join_give_up_strays(struct join *join, uint64_t ns)
{
	struct stray *stray;
	int r = 0;

	while (r >= 0 && (stray = strays_expired(&join->strays, ns)))
		r = give_up(join, stray);
	while (r >= 0 && ns == UINT64_MAX && (stray = strays_oldest(&join->strays)))
		r = give_up(join, stray);
	return r;
}

/* What the sender's side tells */

static int keep_sent(struct join *join, const struct decoded *decoded, uint64_t number)
{
	struct message *message;
	int r;

	r = message_from_sender(join, &message, decoded, number);
	return r < 0 ? r : keep_message(join, message);
}

/* The same for a sender that told it after the message was taken: it was sent before that. */
static int keep_claimed(struct join *join, const struct decoded *claim, const struct decoded *end)
{
	struct message *message;
	int r;

	r = message_from_sender(join, &message, claim, end->event->message);
	if (r < 0)
		return r;
	if (message->common.time_ns > end->event->time_ns)
		message->common.time_ns = end->event->time_ns;
	return keep_message(join, message);
}

static int on_sent(struct join *join, const struct decoded *decoded)
{
	const struct event *event = decoded->event;
	struct message *message;
	struct stray *end;
	uint64_t number;
	int r;

	if (event->flags & EVENT_FAILED) {
		r = message_from_sender(join, &message, decoded, event->message);
		if (r < 0)
			return r;
		r = join_tell_failed(join, message, event);
		message_free(message, join->names);
		return r;
	}
	if (event->message != 0) {
		r = keep_sent(join, decoded, event->message);
		return r < 0 ? r : end_strays_of(join, event->message);
	}
	end = strays_end_of(&join->strays, decoded);
	if (!end)
		return add_stray(join, decoded);
	number = end->decoded.event->message;
	r = keep_claimed(join, decoded, &end->decoded);
	return r < 0 ? r : end_strays_of(join, number);
}

static int on_send_failed(struct join *join, const struct decoded *decoded)
{
	struct message *message = messages_find(&join->messages, decoded->event->message);
	int r;

	if (!message)
		return 0; /* its sender's event was lost */
	messages_take(&join->messages, message);
	r = join_tell_failed(join, message, decoded->event);
	message_free(message, join->names);
	return r;
}

/* EVENT_RECEIVED and EVENT_LOST. */
static int on_end(struct join *join, const struct decoded *decoded)
{
	struct message *message = find_message(join, decoded);
	struct stray *claim;
	int r;

	if (message)
		return end_known(join, message, decoded);
	if (decoded->event->flags & EVENT_UNCLAIMED) {
		claim = strays_claim_of(&join->strays, decoded);
		if (claim) {
			strays_take(&join->strays, claim);
			r = keep_claimed(join, &claim->decoded, decoded);
			free(claim);
			return r < 0 ? r : end_message(join, decoded);
		}
	}
	return add_stray(join, decoded);
}

static int on_moved(struct join *join, const struct decoded *decoded)
{
	struct message *message;
	int r;

	if (decoded->nr_files == 0)
		return -EBADMSG;
	r = new_message(join, &message, decoded);
	if (r < 0)
		return r;
	r = join_tell_moved(join, message, decoded);
	message_free(message, join->names);
	return r;
}

static int on_event(struct join *join, const struct decoded *decoded)
{
	switch ((enum event_type)decoded->event->type) {
	case EVENT_SENT:
		return on_sent(join, decoded);
	case EVENT_SEND_FAILED:
		return on_send_failed(join, decoded);
	case EVENT_RECEIVED:
	case EVENT_LOST:
		return on_end(join, decoded);
	case EVENT_MOVED:
		return on_moved(join, decoded);
	case EVENT_IN_QUEUE: /* told to whoever asks, and never by themselves */
	case EVENT_HELD:
	case NR_EVENT_TYPES:
		break;
	}
	return -EBADMSG;
}

static void tell_cgroups(const struct join *join, const struct decoded *decoded)
{
	char path[DECODE_CGROUP_MAX];

	for (int i = 0; i < NR_EVENT_PARTIES && join->options.on_cgroup; i++) {
		if (decode_cgroup(decoded, i, path))
			join->options.on_cgroup(join->userdata, decoded->tasks[i]->cgroup_id, path);
	}
}

int join_record(struct join *join, const void *data, size_t size)
{
	struct decoded decoded;
	int r;

	r = decode_record(data, size, &decoded);
	if (r >= 0 && decoded.event->time_ns > join->now_ns)
		join->now_ns = decoded.event->time_ns;
	if (r >= 0) {
		tell_cgroups(join, &decoded);
		r = on_event(join, &decoded);
	}
	if (r == -EBADMSG)
		join->malformed++;
	return r;
}

void join_set_realtime_offset(struct join *join, int64_t offset_ns)
{
	join->realtime_offset_ns = offset_ns;
}

int join_tick(struct join *join, uint64_t now_ns)
{
	join->now_ns = now_ns;
	return now_ns < join->options.late_ns ?
		       0 :
		       join_give_up_strays(join, now_ns - join->options.late_ns);
}

void join_counts(const struct join *join, struct join_counts *ret)
{
	*ret = (struct join_counts){
		.messages_open = join->messages.count,
		.bytes = bytes_in_use(join),
		.evicted_passes = join->evicted_passes,
		.unmatched = join->unmatched,
		.malformed = join->malformed,
	};
}

int join_new(struct join **ret, const struct join_options *options, join_row_fn fn, void *userdata)
{
	struct join *join = calloc(1, sizeof(*join));
	int r;

	if (!join)
		return -ENOMEM;
	join->options = *options;
	join->fn = fn;
	join->userdata = userdata;
	strays_init(&join->strays);
	r = names_new(&join->names);
	messages_init(&join->messages, join->names);
	if (r >= 0)
		r = identities_new(&join->identities, MAX_IDENTITIES);
	if (r < 0) {
		join_free(join);
		return r;
	}
	*ret = join;
	return 0;
}

struct join *join_free(struct join *join)
{
	if (!join)
		return NULL;
	messages_free(&join->messages);
	strays_free(&join->strays);
	join_forget_ended(join);
	owners_table_clear(&join->owners);
	identities_free(join->identities);
	names_free(join->names);
	free(join);
	return NULL;
}
