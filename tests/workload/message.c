/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages with descriptors, see message.h. */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "message.h"
#include "mkfd.h"

const char *socket_type_name(int type)
{
	switch (type) {
	case SOCK_STREAM:
		return "stream";
	case SOCK_DGRAM:
		return "dgram";
	case SOCK_SEQPACKET:
		return "seqpacket";
	}
	return NULL;
}

static struct truth_row *take_rows(struct stage *stage, unsigned int count)
{
	unsigned int first = atomic_fetch_add(&stage->nr_rows, count);

	actor_require(first + count <= STAGE_MAX_ROWS ? 0 : -1);
	return &stage->rows[first];
}

uint32_t message_new(struct actor *me, unsigned int count, struct truth_row **ret)
{
	struct stage *stage = me->stage;
	uint32_t number = 1 + atomic_fetch_add(&stage->nr_messages, 1);

	actor_require(number <= STAGE_MAX_MESSAGES ? 0 : -1);
	*ret = take_rows(stage, count);
	stage->messages[number].first_row = (uint32_t)(*ret - stage->rows);
	stage->messages[number].count = count;
	return number;
}

/* The path that an address has: "@name" for an abstract one; nothing for an unbound one. */
static void write_path(char *ret, size_t size, const struct sockaddr_un *address, socklen_t length)
{
	size_t bytes = length > offsetof(struct sockaddr_un, sun_path) ?
			       length - offsetof(struct sockaddr_un, sun_path) :
			       0;

	if (bytes == 0)
		*ret = '\0';
	else if (address->sun_path[0] == '\0')
		snprintf(ret, size, "@%.*s", (int)bytes - 1, address->sun_path + 1);
	else
		snprintf(ret, size, "%.*s", (int)strnlen(address->sun_path, bytes),
			 address->sun_path);
}

/* The name that either end of a socket is bound to. */
static void measure_path(char *ret, size_t size, int sock)
{
	struct sockaddr_un address;
	socklen_t length = sizeof(address);

	*ret = '\0';
	if (getsockname(sock, (struct sockaddr *)&address, &length) == 0)
		write_path(ret, size, &address, length);
	length = sizeof(address);
	if (*ret == '\0' && getpeername(sock, (struct sockaddr *)&address, &length) == 0)
		write_path(ret, size, &address, length);
}

void outgoing_init(struct outgoing *out, struct actor *me, int sock)
{
	memset(out, 0, sizeof(*out));
	out->me = me;
	out->sock = sock;
	out->number = 1 + atomic_fetch_add(&me->stage->nr_messages, 1);
	actor_require(out->number <= STAGE_MAX_MESSAGES ? 0 : -1);
	out->data.iov_base = &out->number;
	out->data.iov_len = sizeof(out->number);
	out->header.msg_iov = &out->data;
	out->header.msg_iovlen = 1;
	out->header.msg_control = out->control;
}

/* The place for another control message. */
static struct cmsghdr *add_control(struct outgoing *out, int type, size_t size)
{
	struct cmsghdr *control = (void *)(out->control + out->header.msg_controllen);

	actor_require(out->header.msg_controllen + CMSG_SPACE(size) <= MESSAGE_CONTROL_MAX ? 0 :
											     -1);
	out->header.msg_controllen += CMSG_SPACE(size);
	control->cmsg_level = SOL_SOCKET;
	control->cmsg_type = type;
	control->cmsg_len = CMSG_LEN(size);
	return control;
}

void outgoing_add(struct outgoing *out, const int *fds, unsigned int nr_fds)
{
	struct cmsghdr *control = add_control(out, SCM_RIGHTS, nr_fds * sizeof(int));

	memcpy(CMSG_DATA(control), fds, nr_fds * sizeof(int));
	memcpy(out->fds + out->nr_fds, fds, nr_fds * sizeof(int));
	out->nr_fds += nr_fds;
}

void outgoing_add_credentials(struct outgoing *out)
{
	struct ucred credentials = { .pid = getpid(), .uid = getuid(), .gid = getgid() };
	struct cmsghdr *control = add_control(out, SCM_CREDENTIALS, sizeof(credentials));

	memcpy(CMSG_DATA(control), &credentials, sizeof(credentials));
}

void outgoing_to(struct outgoing *out, const struct sockaddr_un *address, socklen_t size)
{
	memcpy(&out->address, address, size);
	out->header.msg_name = &out->address;
	out->header.msg_namelen = size;
}

static void describe_row(struct outgoing *out, struct truth_row *row, unsigned int index)
{
	int type = 0;

	getsockopt(out->sock, SOL_SOCKET, SO_TYPE, &type, &(socklen_t){ sizeof(type) });
	*row = (struct truth_row){
		.message = out->number,
		.index = index,
		.via = "scm_rights",
		.outcome = "pending",
		.leeway = LEEWAY_RECEIVER_SOCKET,
		.socket_type = socket_type_name(type),
		.sender = out->me->self,
		.receiver = out->me->peer,
		.from = { inode_of(out->sock), out->sock, out->fds[index] },
		.to = { out->header.msg_name ? 0 : out->me->peer_ino, TRUTH_NO_FD, TRUTH_NO_FD },
		.cloexec = -1,
		.receiver_fds = -1,
	};
	if (out->header.msg_name)
		write_path(row->socket_path, sizeof(row->socket_path), &out->address,
			   out->header.msg_namelen);
	else
		measure_path(row->socket_path, sizeof(row->socket_path), out->sock);
	description_measure(&row->file, out->fds[index]);
	if (row->file.known)
		row->description_id = description_of(out->me, out->fds[index]);
}

void outgoing_begin(struct outgoing *out)
{
	struct stage *stage = out->me->stage;

	if (out->header.msg_controllen == 0)
		out->header.msg_control = NULL;
	if (out->nr_fds > 0) {
		out->rows = take_rows(stage, out->nr_fds);
		stage->messages[out->number].first_row = (uint32_t)(out->rows - stage->rows);
		for (unsigned int i = 0; i < out->nr_fds; i++)
			describe_row(out, &out->rows[i], i);
	}
	atomic_thread_fence(memory_order_seq_cst);
	stage->messages[out->number].count = out->nr_fds;
	for (unsigned int i = 0; i < out->nr_fds; i++)
		window_open(&out->rows[i].sent);
}

void outgoing_end(struct outgoing *out, long result)
{
	for (unsigned int i = 0; i < out->nr_fds; i++) {
		window_close(&out->rows[i].sent);
		if (result >= 0)
			continue;
		out->rows[i].outcome = "failed";
		out->rows[i].reason = strerrorname_np((int)-result);
	}
}

long outgoing_send(struct outgoing *out, int flags)
{
	long result;

	outgoing_begin(out);
	result = sendmsg(out->sock, &out->header, flags | MSG_NOSIGNAL);
	if (result < 0)
		result = -errno;
	outgoing_end(out, result);
	return result;
}

uint32_t send_fds(struct actor *me, int sock, const int *fds, unsigned int nr_fds)
{
	struct outgoing out;

	outgoing_init(&out, me, sock);
	outgoing_add(&out, fds, nr_fds);
	errno = (int)-outgoing_send(&out, 0);
	actor_require((int)errno > 0 ? -1 : 0);
	return out.number;
}

uint32_t send_named(struct actor *me, int sock, const char *name)
{
	int fd = mkfd_named(me, name);
	uint32_t number = send_fds(me, sock, &fd, 1);

	close(fd);
	return number;
}

void incoming_init(struct incoming *in, struct actor *me, int sock, size_t control_size)
{
	memset(in, 0, sizeof(*in));
	in->me = me;
	in->sock = sock;
	in->reason = "truncated";
	in->data.iov_base = &in->number;
	in->data.iov_len = sizeof(in->number);
	in->header.msg_iov = &in->data;
	in->header.msg_iovlen = 1;
	in->header.msg_control = control_size > 0 ? in->control : NULL;
	in->header.msg_controllen = control_size;
}

void incoming_begin(struct incoming *in)
{
	in->number = 0;
	in->nr_fds = 0;
	window_open(&in->window);
}

static void take_fds(struct incoming *in)
{
	struct cmsghdr *control;

	for (control = CMSG_FIRSTHDR(&in->header); control;
	     control = CMSG_NXTHDR(&in->header, control)) {
		unsigned int count =
			(unsigned int)((control->cmsg_len - CMSG_LEN(0)) / sizeof(int));

		if (control->cmsg_level != SOL_SOCKET || control->cmsg_type != SCM_RIGHTS)
			continue;
		memcpy(in->fds + in->nr_fds, CMSG_DATA(control), count * sizeof(int));
		in->nr_fds += count;
	}
}

/* Who received or lost it, and where. */
static void complete_row(struct truth_row *row, const struct actor *me, uint64_t socket_ino,
			 int sock)
{
	row->receiver = me->self;
	row->to.socket_ino = socket_ino;
	row->to.sockfd = sock;
	row->leeway &= ~(uint32_t)LEEWAY_RECEIVER_SOCKET;
}

/* How many descriptors the process has: none of them is above that. */
#define FDS_MOST 4096

static void note_full_table(struct truth_row *row)
{
	struct rlimit limit;

	actor_require(getrlimit(RLIMIT_NOFILE, &limit));
	row->receiver_fds_limit = (int)limit.rlim_cur;
	row->receiver_fds = 0;
	for (int fd = 0; fd < FDS_MOST; fd++)
		row->receiver_fds += fcntl(fd, F_GETFD) >= 0;
}

static void receive_row(struct incoming *in, struct truth_row *row)
{
	complete_row(row, in->me, inode_of(in->sock), in->sock);
	row->ended = in->window;
	if (row->index >= in->nr_fds) {
		row->outcome = "lost";
		row->reason = in->reason;
		if (strcmp(row->reason, "emfile") == 0)
			note_full_table(row);
		return;
	}
	if (in->fds[row->index] < 0) { /* SO_RIGHTS_NOTRUNC: an errno in its place */
		row->outcome = "lost";
		row->reason = "denied";
		return;
	}
	row->outcome = in->peek ? "peeked" : "delivered";
	row->to.fd = in->fds[row->index];
	row->cloexec = (fcntl(row->to.fd, F_GETFD) & FD_CLOEXEC) != 0;
	description_set(in->me, row->to.fd, row->description_id);
}

/* A peek's rows are copies: the message's own stay for what becomes of it in the end. */
static void peek_rows(struct incoming *in, const struct truth_row *rows)
{
	struct truth_row *copies;

	if (in->nr_fds == 0)
		return;
	copies = take_rows(in->me->stage, in->nr_fds);
	for (unsigned int i = 0; i < in->nr_fds; i++) {
		struct truth_row copy = rows[i];

		receive_row(in, &copy);
		copies[i] = copy;
	}
}

void incoming_end(struct incoming *in, long result)
{
	struct stage *stage = in->me->stage;
	const struct message *message;

	window_close(&in->window);
	if (result <= 0)
		return;
	actor_require(in->number > 0 && in->number <= STAGE_MAX_MESSAGES ? 0 : -1);
	take_fds(in);
	message = &stage->messages[in->number];
	if (in->peek) {
		peek_rows(in, &stage->rows[message->first_row]);
		return;
	}
	for (uint32_t i = 0; i < message->count; i++)
		receive_row(in, &stage->rows[message->first_row + i]);
}

long incoming_receive(struct incoming *in, int flags)
{
	size_t control_size = in->header.msg_controllen;
	long result;

	in->peek = flags & MSG_PEEK;
	incoming_begin(in);
	result = recvmsg(in->sock, &in->header, flags);
	if (result < 0)
		result = -errno;
	incoming_end(in, result);
	in->header.msg_controllen = control_size;
	return result;
}

void incoming_close_fds(struct incoming *in)
{
	for (unsigned int i = 0; i < in->nr_fds; i++)
		close(in->fds[i]);
}

void receive_fds(struct actor *me, int sock)
{
	struct incoming in;

	incoming_init(&in, me, sock, CONTROL_WHOLE);
	errno = 0;
	actor_require(incoming_receive(&in, 0) > 0 ? 0 : -1);
	incoming_close_fds(&in);
}

void losing_begin(struct losing *losing, struct actor *me, int sock)
{
	losing->me = me;
	losing->sock = sock < 0 ? TRUTH_NO_FD : sock;
	losing->socket_ino = sock < 0 ? 0 : inode_of(sock);
	window_open(&losing->window);
}

void losing_end(const struct losing *losing, uint32_t message, const char *reason, uint32_t leeway)
{
	struct stage *stage = losing->me->stage;
	struct window window = losing->window;

	window_close(&window);
	for (uint32_t i = 0; i < stage->messages[message].count; i++) {
		struct truth_row *row = &stage->rows[stage->messages[message].first_row + i];

		complete_row(row, losing->me, losing->socket_ino, losing->sock);
		row->outcome = "lost";
		row->reason = reason;
		row->leeway |= leeway;
		row->ended = window;
	}
}

void message_has_ended(struct stage *stage, uint32_t message)
{
	for (uint32_t i = 0; i < stage->messages[message].count; i++)
		window_close(&stage->rows[stage->messages[message].first_row + i].ended);
}

void message_leeway(struct stage *stage, uint32_t message, uint32_t leeway)
{
	for (uint32_t i = 0; i < stage->messages[message].count; i++)
		stage->rows[stage->messages[message].first_row + i].leeway |= leeway;
}
