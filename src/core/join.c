/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The join. Each event is looked up among the messages in flight, ends some of them, and the passes
 * of those are told. An event that belongs to no message tells what it knows by itself.
 *
 * The keyless join relies on this: a queue is first in, first out; a thread is in one system call at
 * a time; and what a receiver's event does not tell of stays queued until a sweep says otherwise. So
 * one thing escapes it. Where the same open file is in flight twice over the same socket, the first
 * is read(2) and the second received before a sweep comes, the row has the time and the id of the
 * first one.
 */
#include "core/join.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/decode.h"
#include "core/join_state.h"
#include "core/linux.h"

/* Numbers for what the kernel side gave none, apart from its own: see pass.h. */
#define OWN_NUMBER (1ULL << 63)

/* Open files that are remembered by their address, to tell whether it was used again. */
#define MAX_IDENTITIES 65536

static uint64_t next_own_number(struct join *join)
{
	return OWN_NUMBER | ++join->own_numbers;
}

/* Rows */

static void take_process(struct process *process, const struct event_task *task, bool traced)
{
	*process = (struct process){};
	if (task->start_time == 0)
		return;
	process->known = true;
	process->traced = traced;
	process->pid = task->pid;
	process->tid = task->tid;
	process->nspid = task->nspid;
	process->uid = task->uid;
	process->gid = task->gid;
	process->parent_pid = task->parent_pid;
	process->mntns_id = task->mntns_id;
	memcpy(process->comm, task->comm, sizeof(task->comm));
	memcpy(process->parent_comm, task->parent_comm, sizeof(task->parent_comm));
}

/* What a socket tells of the message's way, unless an earlier one has told it. */
static void take_way(struct pass *pass, const struct event_socket *socket)
{
	if (pass->socket_type == 0)
		pass->socket_type = socket->type;
	if (pass->socket_path_len == 0) {
		pass->socket_path_len = socket->path_len;
		memcpy(pass->socket_path, socket->path, socket->path_len);
	}
}

static void take_sender(struct message *message, const struct event *event)
{
	struct pass *pass = &message->common;

	pass->time_ns = event->time_ns;
	take_process(&pass->sender, &event->task, event->flags & EVENT_TASK_TRACED);
	pass->from.socket_ino = event->socket.ino;
	pass->from.sockfd = event->socket.fd;
	pass->to.socket_ino = event->peer.ino;
	/* The end that was bound and listens names the way best: most often it is the peer. */
	take_way(pass, &event->peer);
	take_way(pass, &event->socket);
	message->sender_sock = event->socket.sock;
	message->netns = event->peer.sock ? event->peer.netns : event->socket.netns;
}

static void take_receiver(struct pass *pass, const struct event *event)
{
	/* A kernel thread only carries out what others did: who that was is not known. */
	if (!(event->flags & EVENT_TASK_KERNEL)) {
		take_process(&pass->receiver, &event->task, event->flags & EVENT_TASK_TRACED);
		pass->to.sockfd = event->socket.fd;
	}
	if (event->socket.ino != 0)
		pass->to.socket_ino = event->socket.ino;
	take_way(pass, &event->socket);
	take_way(pass, &event->peer);
	pass->done_ns = event->time_ns;
}

static int tell(struct join *join, const struct pass *pass)
{
	return join->fn(join->userdata, pass);
}

static void take_file(struct pass *pass, const struct message *message, uint32_t index)
{
	pass->index = index;
	if (index < message->nr_files) {
		pass->file = message->files[index].file;
		pass->from.fd = message->files[index].fd;
	}
}

/* Tell all passes of the message as having come to the same end. */
static int tell_each(struct join *join, const struct message *message, const struct pass *end)
{
	int r = 0;

	for (uint32_t i = 0; i < message->total_files && r >= 0; i++) {
		struct pass pass = *end;

		take_file(&pass, message, i);
		r = tell(join, &pass);
	}
	return r < 0 ? r : 0;
}

int join_tell_outcome(struct join *join, const struct message *message, enum outcome outcome)
{
	struct pass pass = message->common;

	pass.outcome = outcome;
	return tell_each(join, message, &pass);
}

/* Take a message out of the table and tell its end, of which the outcome is all that is known. */
int join_end_message(struct join *join, struct message *message, enum outcome outcome)
{
	int r = 0;

	messages_take(&join->messages, message);
	if (!message->stranger)
		r = join_tell_outcome(join, message, outcome);
	message_free(message);
	return r;
}

/* Messages in flight */

/* The memory is bounded: the oldest gives way. */
static int evict(struct join *join)
{
	while (join->messages.count >= join->options.max_messages) {
		struct message *oldest = TAILQ_FIRST(&join->messages.by_age);
		int r;

		if (!oldest->stranger)
			join->evicted_passes += oldest->total_files;
		r = join_end_message(join, oldest, OUTCOME_UNKNOWN);
		if (r < 0)
			return r;
	}
	return 0;
}

/* Takes the message over, also when it fails. */
int join_keep_message(struct join *join, struct message *message, const struct event_socket *socket)
{
	struct message *same;
	int r = 0;

	if (message->common.message == 0)
		message->common.message = next_own_number(join);
	same = messages_find(&join->messages, message->common.message);
	if (same)
		r = join_end_message(join, same, OUTCOME_UNKNOWN);
	if (r >= 0)
		r = evict(join);
	if (r >= 0)
		r = messages_add(&join->messages, message, socket);
	if (r < 0)
		message_free(message);
	return r;
}

/* Could the event tell of these files? It tells all of them, unless some were left out. */
static bool files_agree(const struct message *message, const struct decoded *decoded)
{
	const struct event *event = decoded->event;

	if (event->total_files > message->total_files)
		return false;
	if (event->total_files < message->total_files && !(event->flags & EVENT_CTRUNC))
		return false;
	for (uint32_t i = 0; i < message->nr_files && i < event->nr_files; i++) {
		if (differ(message->files[i].file.address, decoded->files[i].file))
			return false;
	}
	return true;
}

/* Only the peer of a datagram socket need not be who sent what it receives. */
static bool peer_is_sender(const struct event *event)
{
	return event->socket.type == LINUX_SOCK_STREAM ||
	       event->socket.type == LINUX_SOCK_SEQPACKET;
}

/* The addresses of sockets are used again, their inode numbers are not. */
static bool sockets_agree(const struct message *message, const struct event *event)
{
	if (differ(message->common.to.socket_ino, event->socket.ino))
		return false;
	return !peer_is_sender(event) ||
	       (!differ(message->common.from.socket_ino, event->peer.ino) &&
		!differ(message->sender_sock, event->peer.sock));
}

static bool could_tell_of(const struct decoded *decoded, const struct message *message)
{
	return !message->unsure && message->common.time_ns <= decoded->event->time_ns &&
	       sockets_agree(message, decoded->event) && files_agree(message, decoded);
}

bool join_is_surely_before(const struct message *one, const struct message *other)
{
	const struct process *a = &one->common.sender, *b = &other->common.sender;

	if (a->known && b->known && a->tid == b->tid)
		return true;
	return one->accepted_ns > 0 && one->accepted_ns <= other->common.time_ns;
}

/*
 * Find the oldest of the messages under way there that the receiver's event could tell of. Where it
 * could as well tell of another one, neither is joined: a row without its sender is better than one
 * with another's. An event that names no file could tell of any.
 */
static void find_oldest(const struct join *join, const struct queue *queue,
			const struct decoded *decoded, struct message **oldest)
{
	struct message *message;

	if (!queue)
		return;
	TAILQ_FOREACH(message, &queue->messages, in_queue) {
		struct message *younger = message;

		if (!could_tell_of(decoded, message))
			continue;
		message->unsure = join->blind;
		if (!*oldest) {
			*oldest = message;
			continue;
		}
		if (message->common.time_ns < (*oldest)->common.time_ns) {
			younger = *oldest;
			*oldest = message;
		}
		if (decoded->event->nr_files == 0 || !join_is_surely_before(*oldest, younger)) {
			(*oldest)->unsure = true;
			younger->unsure = true;
		}
	}
}

static struct message *find_keyless(struct join *join, const struct decoded *decoded)
{
	const struct event_socket *socket = &decoded->event->socket;
	const struct messages *messages = &join->messages;
	struct message *oldest = NULL;

	find_oldest(join, messages_to_sock(messages, socket->sock), decoded, &oldest);
	find_oldest(join, messages_to_name(messages, socket), decoded, &oldest);
	if (!oldest || oldest->unsure)
		return NULL;
	if (!oldest->stranger)
		return oldest;
	/* The event tells more of it. */
	message_free(messages_take(&join->messages, oldest));
	return NULL;
}

#define NR_RECEIVED_LATELY (sizeof(((struct join *)0)->received_lately) / sizeof(struct message *))

static struct message *find_received_lately(const struct join *join, uint64_t number)
{
	for (size_t i = 0; i < NR_RECEIVED_LATELY; i++) {
		struct message *message = join->received_lately[i];

		if (message && message->common.message == number)
			return message;
	}
	return NULL;
}

/* Takes the message over, which is in no table any more. */
static void keep_received_lately(struct join *join, struct message *message)
{
	struct message **place =
		&join->received_lately[join->nr_received_lately++ % NR_RECEIVED_LATELY];

	message_free(*place);
	*place = message;
}

/* The message that a receiver's event tells of; NULL: none that is known. */
static struct message *find_message(struct join *join, const struct decoded *decoded)
{
	uint64_t number = decoded->event->message;
	struct message *message;

	if (number == 0)
		return find_keyless(join, decoded);
	message = messages_find(&join->messages, number);
	if (!message && decoded->event->flags & EVENT_PEEK)
		message = find_received_lately(join, number);
	/* The number of a list whose end was missed, and that holds another message now. */
	return message && files_agree(message, decoded) ? message : NULL;
}

/* Which open file descriptions the files are, told as soon as they are described. */
static int identify_files(struct join *join, struct message *message)
{
	for (uint32_t i = 0; i < message->nr_files; i++) {
		struct file *file = &message->files[i].file;
		int r;

		if (file->address == 0 || file->identity != 0)
			continue;
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

	r = message_new(&message, decoded);
	if (r < 0)
		return r;
	r = identify_files(join, message);
	if (r < 0) {
		message_free(message);
		return r;
	}
	*ret = message;
	return 0;
}

static int describe_message(struct join *join, struct message *message,
			    const struct decoded *decoded)
{
	int r = message_describe(message, decoded);

	return r < 0 ? r : identify_files(join, message);
}

/*
 * A message whose sender was not seen, as its receiver tells it: sent before the trace, or the
 * sender's event was lost.
 */
static int message_from_receiver(struct join *join, struct message **ret,
				 const struct decoded *decoded)
{
	struct message *message;
	int r;

	r = new_message(join, &message, decoded);
	if (r < 0)
		return r;
	/* Never a number that another message has. */
	if (message->common.message == 0 || messages_find(&join->messages, decoded->event->message))
		message->common.message = next_own_number(join);
	if (peer_is_sender(decoded->event))
		message->common.from.socket_ino = decoded->event->peer.ino;
	*ret = message;
	return 0;
}

/* The events */

static int fail_message(struct join *join, const struct message *message, const struct event *event)
{
	struct pass pass = message->common;

	pass.outcome = OUTCOME_FAILED;
	pass.error = -event->error;
	pass.done_ns = event->time_ns;
	return tell_each(join, message, &pass);
}

static int on_sent(struct join *join, const struct decoded *decoded)
{
	const struct event *event = decoded->event;
	struct message *message;
	int r;

	r = new_message(join, &message, decoded);
	if (r < 0)
		return r;
	take_sender(message, event);
	for (uint32_t i = 0; i < message->nr_files; i++) {
		if (decoded->files[i].flags & EVENT_FILE_FD_KNOWN)
			message->files[i].fd = decoded->files[i].fd;
	}
	if (event->error == 0)
		return join_keep_message(join, message, &event->peer);
	if (message->common.message == 0)
		message->common.message = next_own_number(join);
	r = fail_message(join, message, event);
	message_free(message);
	return r;
}

static int on_send_result(struct join *join, const struct event *event)
{
	struct message *message = messages_find(&join->messages, event->message);
	int r;

	if (!message)
		return 0; /* received already, or its sender's event was lost */
	if (event->error == 0 && !(event->flags & (EVENT_FAILED | EVENT_CANCELLED))) {
		message->accepted_ns = event->time_ns;
		return 0;
	}
	messages_take(&join->messages, message);
	r = event->flags & EVENT_CANCELLED ? 0 : fail_message(join, message, event);
	message_free(message);
	return r;
}

/* What happened to the descriptor at this index of a message that was received. */
static enum event_status status_of(const struct decoded *decoded, uint32_t index)
{
	const struct event *event = decoded->event;

	if (index < event->nr_files)
		return decoded->files[index].status;
	if (index >= event->room)
		return EVENT_FILE_TRUNCATED;
	return event->stop > EVENT_FILE_INSTALLED ? event->stop : EVENT_FILE_DROPPED;
}

static void take_installed(struct pass *pass, const struct event_file *file, bool peeked)
{
	pass->outcome = peeked ? OUTCOME_PEEKED : OUTCOME_DELIVERED;
	pass->cloexec = file->flags & EVENT_FILE_CLOEXEC ? 1 : 0;
	if (file->flags & EVENT_FILE_FD_KNOWN)
		pass->to.fd = file->fd;
}

static const enum loss loss_of_status[] = {
	[EVENT_FILE_TRUNCATED] = LOSS_TRUNCATED,
	[EVENT_FILE_EMFILE] = LOSS_EMFILE,
	[EVENT_FILE_DENIED] = LOSS_DENIED,
	[EVENT_FILE_DROPPED] = LOSS_UNKNOWN,
};

static int tell_received(struct join *join, const struct message *message,
			 const struct decoded *decoded)
{
	bool peeked = decoded->event->flags & EVENT_PEEK;
	struct pass common = message->common;
	int r = 0;

	take_receiver(&common, decoded->event);
	for (uint32_t i = 0; i < message->total_files && r >= 0; i++) {
		enum event_status status = status_of(decoded, i);
		struct pass pass = common;

		take_file(&pass, message, i);
		if (status == EVENT_FILE_INSTALLED) {
			take_installed(&pass, &decoded->files[i], peeked);
		} else if (peeked) {
			continue; /* nothing happened to it: it stays in the message */
		} else if (status > EVENT_FILE_INSTALLED && status <= EVENT_FILE_DROPPED) {
			pass.outcome = OUTCOME_LOST;
			pass.loss = loss_of_status[status];
		}
		r = tell(join, &pass);
	}
	return r < 0 ? r : 0;
}

static const enum loss loss_of_reason[] = {
	[EVENT_REASON_UNKNOWN] = LOSS_UNKNOWN,	   [EVENT_REASON_UNREAD] = LOSS_UNREAD,
	[EVENT_REASON_READ] = LOSS_READ,	   [EVENT_REASON_GC] = LOSS_GC,
	[EVENT_REASON_TRUNCATED] = LOSS_TRUNCATED,
};

static int tell_lost(struct join *join, const struct message *message, const struct event *event)
{
	struct pass pass = message->common;

	take_receiver(&pass, event);
	if (pass.to.sockfd < 0)
		pass.to.sockfd = ENDPOINT_FD_UNKNOWN;
	pass.outcome = OUTCOME_LOST;
	if (event->reason < sizeof(loss_of_reason) / sizeof(loss_of_reason[0]))
		pass.loss = loss_of_reason[event->reason];
	return tell_each(join, message, &pass);
}

/* A peek at a message whose sender was not seen: keep what it tells, the end has the same id. */
static int on_first_peek(struct join *join, struct message *message, const struct decoded *decoded)
{
	const struct event *event = decoded->event;
	int r;

	r = tell_received(join, message, decoded);
	if (r < 0 || !(event->flags & EVENT_DESCRIBED) || event->flags & EVENT_CTRUNC) {
		message_free(message);
		return r;
	}
	if (event->message == 0)
		message->accepted_ns = event->time_ns;
	return join_keep_message(join, message, &event->socket);
}

/* EVENT_RECEIVED and EVENT_LOST: what the receiver's side tells. */
static int on_received(struct join *join, const struct decoded *decoded)
{
	const struct event *event = decoded->event;
	struct message *message = find_message(join, decoded);
	bool known = message;
	int r;

	if (known)
		r = describe_message(join, message, decoded);
	else
		r = message_from_receiver(join, &message, decoded);
	if (r < 0)
		return r;
	if (event->flags & EVENT_PEEK)
		return known ? tell_received(join, message, decoded) :
			       on_first_peek(join, message, decoded);

	if (known)
		messages_take(&join->messages, message);
	if (join->sweeping && event->message == 0)
		r = join_sweep_received(join, decoded);
	if (r >= 0 && event->type == EVENT_LOST)
		r = tell_lost(join, message, event);
	else if (r >= 0)
		r = tell_received(join, message, decoded);
	if (event->message != 0)
		keep_received_lately(join, message);
	else
		message_free(message);
	return r;
}

/* files[0] is the descriptor where it was, files[1], if told, where it got to. */
static int on_moved(struct join *join, const struct decoded *decoded)
{
	const struct event *event = decoded->event;
	const struct event_file *files = decoded->files;
	struct message *message;
	struct pass pass;
	int r;

	if (event->nr_files == 0)
		return -EBADMSG;
	r = new_message(join, &message, decoded);
	if (r < 0)
		return r;
	pass = message->common;
	if (pass.message == 0)
		pass.message = next_own_number(join);
	pass.via = event->via;
	pass.time_ns = event->time_ns;
	pass.done_ns = event->time_ns;
	/* Which of the two is traced is not told, and one of them may not be known. */
	take_process(&pass.sender, &event->peer_task, event->flags & EVENT_TASK_TRACED);
	take_process(&pass.receiver, &event->task, event->flags & EVENT_TASK_TRACED);
	take_file(&pass, message, 0);
	if (files[0].flags & EVENT_FILE_FD_KNOWN)
		pass.from.fd = files[0].fd;
	pass.outcome = OUTCOME_DELIVERED;
	if (event->nr_files > 1)
		take_installed(&pass, &files[1], false);
	r = tell(join, &pass);
	message_free(message);
	return r < 0 ? r : 0;
}

static int on_event(struct join *join, const struct decoded *decoded)
{
	switch ((enum event_type)decoded->event->type) {
	case EVENT_SENT:
		return on_sent(join, decoded);
	case EVENT_SEND_RESULT:
		return on_send_result(join, decoded->event);
	case EVENT_RECEIVED:
	case EVENT_LOST:
		return on_received(join, decoded);
	case EVENT_MOVED:
		return on_moved(join, decoded);
	}
	return -EBADMSG;
}

int join_record(struct join *join, const void *data, size_t size)
{
	struct decoded decoded;
	int r;

	r = decode_record(data, size, &decoded);
	if (r >= 0)
		r = on_event(join, &decoded);
	if (r == -EBADMSG)
		join->malformed++;
	return r;
}

void join_counts(const struct join *join, struct join_counts *ret)
{
	*ret = (struct join_counts){
		.messages_open = join->messages.count,
		.evicted_passes = join->evicted_passes,
		.malformed = join->malformed,
	};
}

int join_new(struct join **ret, const struct join_options *options, join_row_fn fn, void *userdata)
{
	struct join *join;
	int r;

	if (options->max_messages == 0)
		return -EINVAL;
	join = calloc(1, sizeof(*join));
	if (!join)
		return -ENOMEM;
	join->options = *options;
	join->fn = fn;
	join->userdata = userdata;
	messages_init(&join->messages);
	r = identities_new(&join->identities, MAX_IDENTITIES);
	if (r < 0) {
		free(join);
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
	for (size_t i = 0; i < NR_RECEIVED_LATELY; i++)
		message_free(join->received_lately[i]);
	identities_free(join->identities);
	free(join->found.items);
	free(join->received.items);
	free(join);
	return NULL;
}
