/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages in flight: their making from events, and the table that finds them. */
#include "core/message.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The largest: that of a unix socket, with two names. */
#define DETAIL_MAX                                                                                 \
	(sizeof(struct event_section) + sizeof(struct event_unix_detail) + 2 * EVENT_SUN_PATH)

/* A copy: the same socket is often passed again. The index is that in another message, too. */
static const struct event_section *keep_detail(struct names *names,
					       const struct event_section *detail)
{
	_Alignas(8) char copy[DETAIL_MAX];
	struct event_section *section = (struct event_section *)copy;
	size_t size = sizeof(*detail) + detail->size;

	memcpy(copy, detail, size);
	section->index = 0;
	return (const struct event_section *)names_take(names, copy, size);
}

/* What the event tells of a file; the number in the sender stays as it is. */
static int describe_file(struct file *file, struct names *names, const struct decoded *decoded,
			 const struct event_file *told, const struct event_section *detail)
{
	char path[DECODE_PATH_MAX];
	const char *name = NULL;
	int length, r;

	r = decode_path(decoded, told, path, &length);
	if (r < 0)
		return r;
	if (length >= 0) {
		name = names_take(names, path, length);
		if (!name)
			return -ENOMEM;
	}
	if (detail) {
		detail = keep_detail(names, detail);
		if (!detail) {
			names_drop(names, name);
			return -ENOMEM;
		}
	}
	*file = (struct file){
		.known = true,
		.address = told->address,
		.ino = told->ino,
		.dev = told->dev,
		.magic = told->magic,
		.open_flags = told->open_flags,
		.fd = file->fd,
		.mode = told->mode,
		.flags = told->flags,
		.inode_generation = told->inode_generation,
		.generation = told->generation,
		.rdev = told->rdev,
		.path = name,
		.detail = detail,
	};
	return 0;
}

int message_describe(struct message *message, struct names *names, const struct decoded *decoded)
{
	uint32_t at = 0;

	for (uint32_t i = 0; i < message->nr_files && i < decoded->nr_files; i++) {
		const struct event_section *detail = decode_detail(decoded, i, &at);
		const struct event_file *told = &decoded->files[i];
		struct file *file = &message->files[i];
		int r;

		if (file->known || told->address == 0)
			continue;
		if (!(decoded->event->flags & EVENT_DESCRIBED)) {
			file->address = told->address;
			continue;
		}
		r = describe_file(file, names, decoded, told, detail);
		if (r < 0)
			return r;
	}
	return 0;
}

int message_new(struct message **ret, struct names *names, const struct decoded *decoded)
{
	uint32_t nr_files = decoded->nr_files;
	struct message *message;
	int r;

	message = calloc(1, sizeof(*message) + nr_files * sizeof(message->files[0]));
	if (!message)
		return -ENOMEM;
	message->nr_files = nr_files;
	message->total_files = decoded->event->total_files;
	message->common.message = decoded->event->message;
	message->common.from = message->common.to = (struct endpoint){
		.sockfd = ENDPOINT_FD_UNKNOWN,
		.fd = ENDPOINT_FD_UNKNOWN,
	};
	message->common.cloexec = -1;
	for (uint32_t i = 0; i < nr_files; i++)
		message->files[i].fd = ENDPOINT_FD_UNKNOWN;
	r = message_describe(message, names, decoded);
	if (r < 0) {
		message_free(message, names);
		return r;
	}
	*ret = message;
	return 0;
}

struct message *message_free(struct message *message, struct names *names)
{
	if (!message)
		return NULL;
	for (uint32_t i = 0; i < message->nr_files; i++) {
		names_drop(names, message->files[i].path);
		names_drop(names, (const char *)message->files[i].detail);
	}
	free(message);
	return NULL;
}

bool message_has_files(const struct message *message, const struct decoded *decoded)
{
	if (decoded->event->total_files != message->total_files)
		return false;
	for (uint32_t i = 0; i < message->nr_files && i < decoded->nr_files; i++) {
		uint64_t known = message->files[i].address, told = decoded->files[i].address;

		if (known != 0 && told != 0 && known != told)
			return false;
	}
	return true;
}

void messages_init(struct messages *messages, struct names *names)
{
	*messages = (struct messages){ .names = names };
	TAILQ_INIT(&messages->pending);
	TAILQ_INIT(&messages->fresh);
}

void messages_free(struct messages *messages)
{
	while (messages->count > 0)
		message_free(messages_take(messages, messages_oldest(messages)), messages->names);
}

static size_t size_of(const struct message *message)
{
	return sizeof(*message) + message->nr_files * sizeof(message->files[0]);
}

static struct message_list *list_of(struct messages *messages, const struct message *message)
{
	return message->state == MESSAGE_PENDING ? &messages->pending : &messages->fresh;
}

int messages_add(struct messages *messages, struct message *message)
{
	uint64_t *number = &message->common.message;

	HASH_ADD_KEYPTR(by_number, messages->by_number, number, sizeof(*number), message);
	if (!message->by_number.tbl)
		return -ENOMEM;
	TAILQ_INSERT_TAIL(list_of(messages, message), message, by_age);
	messages->count++;
	messages->size += size_of(message);
	return 0;
}

struct message *messages_take(struct messages *messages, struct message *message)
{
	HASH_DELETE(by_number, messages->by_number, message);
	TAILQ_REMOVE(list_of(messages, message), message, by_age);
	messages->count--;
	messages->size -= size_of(message);
	return message;
}

struct message *messages_find(const struct messages *messages, uint64_t number)
{
	struct message *message;

	HASH_FIND(by_number, messages->by_number, &number, sizeof(number), message);
	return message;
}

void messages_set_pending(struct messages *messages, struct message *message)
{
	TAILQ_REMOVE(list_of(messages, message), message, by_age);
	message->state = MESSAGE_PENDING;
	TAILQ_INSERT_TAIL(&messages->pending, message, by_age);
}

struct message *messages_oldest(const struct messages *messages)
{
	return TAILQ_EMPTY(&messages->pending) ? TAILQ_FIRST(&messages->fresh) :
						 TAILQ_FIRST(&messages->pending);
}
