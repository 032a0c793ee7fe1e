/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rows: what events tell of a message, as passes, one for each of its descriptors. */
#include <errno.h>
#include <string.h>

#include "core/decode.h"
#include "core/join_state.h"

void join_take_process(struct process *process, const struct event_task *task, uint16_t flags)
{
	*process = (struct process){};
	if (!task)
		return;
	memcpy(process, task, sizeof(*task));
	process->known = true;
	process->traced = flags & EVENT_TASK_TRACED;
}

/* What a socket tells of the message's way, unless an earlier one has told it. */
static void take_socket(struct pass *pass, const struct decoded *decoded, enum event_party party)
{
	const struct event_socket *socket = decoded->sockets[party];

	if (socket && pass->socket_type == 0)
		pass->socket_type = socket->type;
	if (pass->socket_path_len == 0 && decoded->names[party]) {
		pass->socket_path_len = decoded->name_sizes[party];
		memcpy(pass->socket_path, decoded->names[party], decoded->name_sizes[party]);
	}
}

void join_take_sender(struct message *message, const struct decoded *decoded)
{
	const struct event_socket *own = decoded->sockets[EVENT_SELF];
	const struct event_socket *peer = decoded->sockets[EVENT_OTHER];
	struct pass *pass = &message->common;

	pass->time_ns = decoded->event->time_ns;
	join_take_process(&pass->sender, decoded->tasks[EVENT_SELF], decoded->event->flags);
	if (own) {
		pass->from.socket_ino = own->ino;
		pass->from.sockfd = own->fd;
		message->sender_sock = own->sock;
	}
	if (peer)
		pass->to.socket_ino = peer->ino;
	/* The end that was bound and listens names the way best: most often it is the peer. */
	take_socket(pass, decoded, EVENT_OTHER);
	take_socket(pass, decoded, EVENT_SELF);
}

static void take_receiver(struct pass *pass, const struct decoded *decoded)
{
	const struct event_socket *own = decoded->sockets[EVENT_SELF];

	/* A kernel thread only carries out what others did: who that was is not known. */
	if (!(decoded->event->flags & EVENT_TASK_KERNEL)) {
		join_take_process(&pass->receiver, decoded->tasks[EVENT_SELF],
				  decoded->event->flags);
		if (own && (own->sock != 0 || own->fd >= 0))
			pass->to.sockfd = own->fd;
	}
	if (own && own->ino != 0)
		pass->to.socket_ino = own->ino;
	take_socket(pass, decoded, EVENT_SELF);
	take_socket(pass, decoded, EVENT_OTHER);
	pass->done_ns = decoded->event->time_ns;
}

static void take_full(struct pass *pass, const struct decoded *decoded)
{
	if (!decoded->full)
		return;
	pass->receiver_fds = decoded->full->count;
	pass->receiver_fds_limit = decoded->full->fd_limit;
}

static void take_file(struct pass *pass, const struct message *message, uint32_t index)
{
	pass->index = index;
	if (index < message->nr_files) {
		pass->file = message->files[index];
		pass->from.fd = pass->file.fd;
	}
}

static int tell(struct join *join, const struct pass *pass)
{
	return join->fn(join->userdata, pass);
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

/* Who may receive it: whoever has the receiving socket open. */
static void take_owners(const struct join *join, struct pass *pass)
{
	const struct socket_owners *owners = owners_table_find(&join->owners, pass->to.socket_ino);

	if (!owners)
		return;
	pass->owners = owners->processes;
	pass->nr_owners = owners->count;
	if (owners->count == 1 && !join->owners.cut)
		pass->receiver = owners->processes[0];
}

int join_tell_outcome(struct join *join, const struct message *message, enum outcome outcome)
{
	struct pass pass = message->common;

	pass.outcome = outcome;
	if (outcome == OUTCOME_PENDING)
		take_owners(join, &pass);
	return tell_each(join, message, &pass);
}

/* What the receiver's side tells */

/* What happened to the descriptor at this index of a message that was received. */
static enum event_fate fate_of(const struct decoded *decoded, uint32_t index)
{
	return index < decoded->nr_files ? decoded->files[index].fate : decoded->event->fate;
}

static void take_installed(struct pass *pass, const struct event_file *file, bool peeked)
{
	pass->outcome = peeked ? OUTCOME_PEEKED : OUTCOME_DELIVERED;
	pass->cloexec = file->flags & EVENT_FILE_CLOEXEC ? 1 : 0;
	if (file->flags & EVENT_FILE_FD_KNOWN)
		pass->to.fd = file->fd;
}

int join_tell_received(struct join *join, const struct message *message,
		       const struct decoded *decoded)
{
	bool peeked = decoded->event->flags & EVENT_PEEK;
	struct pass common = message->common;
	int r = 0;

	take_receiver(&common, decoded);
	for (uint32_t i = 0; i < message->total_files && r >= 0; i++) {
		enum event_fate fate = fate_of(decoded, i);
		struct pass pass = common;

		take_file(&pass, message, i);
		if (fate == EVENT_FATE_INSTALLED) {
			take_installed(&pass, &decoded->files[i], peeked);
		} else if (peeked) {
			continue; /* nothing happened to it: it stays in the message */
		} else if (fate != EVENT_FATE_UNKNOWN) {
			pass.outcome = OUTCOME_LOST;
			pass.fate = fate;
			if (fate == EVENT_FATE_EMFILE)
				take_full(&pass, decoded);
		}
		r = tell(join, &pass);
	}
	return r < 0 ? r : 0;
}

static int tell_lost(struct join *join, const struct message *message,
		     const struct decoded *decoded)
{
	struct pass pass = message->common;

	take_receiver(&pass, decoded);
	if (pass.to.sockfd < 0)
		pass.to.sockfd = ENDPOINT_FD_UNKNOWN;
	pass.outcome = OUTCOME_LOST;
	pass.fate = decoded->event->fate;
	return tell_each(join, message, &pass);
}

int join_tell_end(struct join *join, const struct message *message, const struct decoded *decoded)
{
	return decoded->event->type == EVENT_LOST ? tell_lost(join, message, decoded) :
						    join_tell_received(join, message, decoded);
}

/* What others tell */

int join_tell_failed(struct join *join, const struct message *message, const struct event *event)
{
	struct pass pass = message->common;

	pass.outcome = OUTCOME_FAILED;
	pass.error = -event->error;
	pass.more_named = event->flags & EVENT_MORE;
	pass.done_ns = event->time_ns;
	return tell_each(join, message, &pass);
}

/* The first file is the descriptor where it was, the second, if told, where it got to. */
int join_tell_moved(struct join *join, const struct message *message, const struct decoded *decoded)
{
	const struct event *event = decoded->event;
	const struct event_file *files = decoded->files;
	struct pass pass = message->common;
	int r;

	pass.via = event->via;
	pass.time_ns = event->time_ns;
	pass.done_ns = event->time_ns;
	/* Which of the two is traced is not told, and one of them may not be known. */
	join_take_process(&pass.sender, decoded->tasks[EVENT_OTHER], event->flags);
	join_take_process(&pass.receiver, decoded->tasks[EVENT_SELF], event->flags);
	take_file(&pass, message, 0);
	if (files[0].flags & EVENT_FILE_FD_KNOWN)
		pass.from.fd = files[0].fd;
	pass.outcome = OUTCOME_DELIVERED;
	if (decoded->nr_files > 1)
		take_installed(&pass, &files[1], false);
	r = tell(join, &pass);
	return r < 0 ? r : 0;
}
