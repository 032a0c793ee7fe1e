/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages in flight: their making from events, and the table that finds them. */
#include "core/message.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int describe_file(struct file *file, const struct decoded *decoded, uint32_t index)
{
	const struct event_file *from = &decoded->files[index];
	char *path;
	int r;

	r = decode_path(decoded, from, &path);
	if (r < 0)
		return r;
	*file = (struct file){
		.known = true,
		.address = from->file,
		.generation = from->generation,
		.inode_generation = from->inode_generation,
		.ino = from->ino,
		.detail = from->detail,
		.dev = from->dev,
		.magic = from->magic,
		.open_flags = from->open_flags,
		.mode = from->mode,
		.flags = from->flags,
		.path = path,
	};
	return 0;
}

int message_describe(struct message *message, const struct decoded *decoded)
{
	int r;

	for (uint32_t i = 0; i < message->nr_files && i < decoded->event->nr_files; i++) {
		struct file *file = &message->files[i].file;
		const struct event_file *from = &decoded->files[i];

		if (file->known || from->file == 0)
			continue;
		if (!(decoded->event->flags & EVENT_DESCRIBED)) {
			file->address = from->file;
			file->generation = from->generation;
			continue;
		}
		r = describe_file(file, decoded, i);
		if (r < 0)
			return r;
	}
	return 0;
}

static struct message *make_message(uint32_t nr_files)
{
	struct message *message;

	message = calloc(1, sizeof(*message) + nr_files * sizeof(message->files[0]));
	if (!message)
		return NULL;
	message->nr_files = nr_files;
	message->common.from = message->common.to = (struct endpoint){
		.sockfd = ENDPOINT_FD_UNKNOWN,
		.fd = ENDPOINT_FD_UNKNOWN,
	};
	message->common.cloexec = -1;
	for (uint32_t i = 0; i < nr_files; i++)
		message->files[i].fd = ENDPOINT_FD_UNKNOWN;
	return message;
}

int message_new(struct message **ret, const struct decoded *decoded)
{
	struct message *message;
	int r;

	message = make_message(decoded->event->nr_files);
	if (!message)
		return -ENOMEM;
	message->total_files = decoded->event->total_files;
	message->common.message = decoded->event->message;
	r = message_describe(message, decoded);
	if (r < 0) {
		message_free(message);
		return r;
	}
	*ret = message;
	return 0;
}

struct message *message_new_stranger(uint64_t first_file, uint32_t total_files)
{
	struct message *message;

	message = make_message(1);
	if (!message)
		return NULL;
	message->total_files = total_files;
	message->files[0].file.address = first_file;
	message->stranger = true;
	return message;
}

struct message *message_free(struct message *message)
{
	if (!message)
		return NULL;
	for (uint32_t i = 0; i < message->nr_files; i++)
		free(message->files[i].file.path);
	free(message);
	return NULL;
}

void messages_init(struct messages *messages)
{
	*messages = (struct messages){};
	TAILQ_INIT(&messages->by_age);
}

void messages_free(struct messages *messages)
{
	while (!TAILQ_EMPTY(&messages->by_age))
		message_free(messages_take(messages, TAILQ_FIRST(&messages->by_age)));
}

/* Hashed as bytes, so what is behind the name has to be zero. */
static bool make_key(struct queue_key *key, const struct event_socket *socket)
{
	memset(key, 0, sizeof(*key));
	key->sock = socket->sock;
	if (key->sock == 0) {
		key->path_len = socket->path_len;
		memcpy(key->path, socket->path, socket->path_len);
	}
	return key->sock != 0 || key->path_len > 0;
}

static struct queue *find_queue(const struct messages *messages, const struct queue_key *key)
{
	struct queue *queues = key->sock ? messages->to_socks : messages->to_names;
	struct queue *queue;

	HASH_FIND(by_key, queues, key, sizeof(*key), queue);
	return queue;
}

static struct queue **queues_like(struct messages *messages, const struct queue *queue)
{
	return queue->key.sock ? &messages->to_socks : &messages->to_names;
}

static struct queue *add_queue(struct messages *messages, const struct queue_key *key)
{
	struct queue *queue;

	queue = calloc(1, sizeof(*queue));
	if (!queue)
		return NULL;
	memcpy(&queue->key, key, sizeof(*key));
	TAILQ_INIT(&queue->messages);
	HASH_ADD(by_key, *queues_like(messages, queue), key, sizeof(queue->key), queue);
	if (!queue->by_key.tbl) {
		free(queue);
		return NULL;
	}
	return queue;
}

static int add_to_queue(struct messages *messages, struct message *message,
			const struct event_socket *socket)
{
	struct queue_key key;
	struct queue *queue;

	if (!socket || !make_key(&key, socket))
		return 0;
	queue = find_queue(messages, &key);
	if (!queue)
		queue = add_queue(messages, &key);
	if (!queue)
		return -ENOMEM;
	message->queue = queue;
	TAILQ_INSERT_TAIL(&queue->messages, message, in_queue);
	return 0;
}

int messages_add(struct messages *messages, struct message *message,
		 const struct event_socket *socket)
{
	uint64_t *number = &message->common.message;
	int r;

	HASH_ADD_KEYPTR(by_number, messages->by_number, number, sizeof(*number), message);
	if (!message->by_number.tbl)
		return -ENOMEM;
	r = add_to_queue(messages, message, socket);
	if (r < 0) {
		HASH_DELETE(by_number, messages->by_number, message);
		return r;
	}
	TAILQ_INSERT_TAIL(&messages->by_age, message, by_age);
	messages->count++;
	return 0;
}

struct message *messages_take(struct messages *messages, struct message *message)
{
	struct queue *queue = message->queue;

	HASH_DELETE(by_number, messages->by_number, message);
	TAILQ_REMOVE(&messages->by_age, message, by_age);
	messages->count--;
	if (!queue)
		return message;
	message->queue = NULL;
	TAILQ_REMOVE(&queue->messages, message, in_queue);
	if (TAILQ_EMPTY(&queue->messages)) {
		HASH_DELETE(by_key, *queues_like(messages, queue), queue);
		free(queue);
	}
	return message;
}

struct message *messages_find(const struct messages *messages, uint64_t number)
{
	struct message *message;

	HASH_FIND(by_number, messages->by_number, &number, sizeof(number), message);
	return message;
}

struct queue *messages_to_sock(const struct messages *messages, uint64_t sock)
{
	struct queue_key key = { .sock = sock };

	return sock ? find_queue(messages, &key) : NULL;
}

struct queue *messages_to_name(const struct messages *messages, const struct event_socket *socket)
{
	struct event_socket name = *socket;
	struct queue_key key;

	name.sock = 0;
	return make_key(&key, &name) ? find_queue(messages, &key) : NULL;
}
