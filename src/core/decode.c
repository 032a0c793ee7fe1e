/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Decoding: checks the bounds of a record once, so that the join can read it as C structures, and
 * assembles paths from the chains of names. A type of section is a reader in the table.
 */
#include "core/decode.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define MAX_ERRNO 4095 /* of linux/err.h */
#define MAX_COMPONENT_LENGTH 255

/* What stands before a path whose beginning was not read: it never looks absolute. */
static const char cut_mark[] = "...";

static bool read_task(struct decoded *ret, const struct event_section *section, const void *content)
{
	const struct event_task *task = content;

	if (section->size != sizeof(*task) || section->index >= NR_EVENT_PARTIES ||
	    ret->tasks[section->index] || task->comm[EVENT_COMM_LEN - 1] != '\0' ||
	    task->parent_comm[EVENT_COMM_LEN - 1] != '\0' || task->reserved != 0)
		return false;
	ret->tasks[section->index] = task;
	return true;
}

static bool read_socket(struct decoded *ret, const struct event_section *section,
			const void *content)
{
	const struct event_socket *socket = content;

	if (section->size != sizeof(*socket) || section->index >= NR_EVENT_PARTIES ||
	    ret->sockets[section->index] || socket->reserved != 0)
		return false;
	ret->sockets[section->index] = socket;
	return true;
}

static bool read_socket_name(struct decoded *ret, const struct event_section *section,
			     const void *content)
{
	if (section->size > EVENT_SUN_PATH || section->index >= NR_EVENT_PARTIES ||
	    ret->names[section->index])
		return false;
	ret->names[section->index] = content;
	ret->name_sizes[section->index] = section->size;
	return true;
}

static bool read_files(struct decoded *ret, const struct event_section *section,
		       const void *content)
{
	const struct event_file *files = content;

	if (section->index > EVENT_MAX_FILES || section->size != section->index * sizeof(*files) ||
	    ret->files)
		return false;
	for (uint32_t i = 0; i < section->index; i++) {
		if (files[i].fate >= NR_EVENT_FATES)
			return false;
	}
	ret->files = files;
	ret->nr_files = section->index;
	return true;
}

static bool read_paths(struct decoded *ret, const struct event_section *section,
		       const void *content)
{
	if (ret->paths)
		return false;
	ret->paths = content;
	ret->paths_size = section->size;
	return true;
}

static bool read_charge(struct decoded *ret, const struct event_section *section,
			const void *content)
{
	const struct event_charge *charge = content;

	if (section->size != sizeof(*charge) || section->index != 0 || ret->charge ||
	    charge->reserved != 0)
		return false;
	ret->charge = charge;
	return true;
}

static bool read_held(struct decoded *ret, const struct event_section *section, const void *content)
{
	const struct event_held *held = content;

	if (section->size != sizeof(*held) || section->index != 0 || ret->held ||
	    held->same >= NR_EVENT_SAMES || held->mapped > 1)
		return false;
	ret->held = held;
	return true;
}

static bool (*const readers[NR_EVENT_SECTIONS])(struct decoded *ret,
						const struct event_section *section,
						const void *content) = {
	[EVENT_SECTION_TASK] = read_task,
	[EVENT_SECTION_SOCKET] = read_socket,
	[EVENT_SECTION_SOCKET_NAME] = read_socket_name,
	[EVENT_SECTION_FILES] = read_files,
	[EVENT_SECTION_PATHS] = read_paths,
	[EVENT_SECTION_CHARGE] = read_charge,
	[EVENT_SECTION_HELD] = read_held,
};

/* Padding that was not written is what another record left there. */
static bool is_zero(const void *padding, size_t size)
{
	const char *bytes = padding;

	for (size_t i = 0; i < size; i++) {
		if (bytes[i] != 0)
			return false;
	}
	return true;
}

/* The section at `at`, `left` bytes before the end. Returns what it takes, 0 where it is malformed. */
static size_t read_section(struct decoded *ret, const char *at, size_t left)
{
	const struct event_section *section = (const struct event_section *)at;
	size_t padded;

	if (left < sizeof(*section) || section->size > left - sizeof(*section))
		return 0;
	padded = (section->size + 7) & ~(size_t)7;
	if (padded > left - sizeof(*section) || section->type >= NR_EVENT_SECTIONS ||
	    !readers[section->type] || !readers[section->type](ret, section, section + 1) ||
	    !is_zero((const char *)(section + 1) + section->size, padded - section->size))
		return 0;
	return sizeof(*section) + padded;
}

/* The event of a message that has a number: but a sender and a descriptor that moved may have none. */
static bool tells_of_a_message(const struct event *event)
{
	return event->type != EVENT_SENT && event->type != EVENT_MOVED && event->type != EVENT_HELD;
}

/* Else its place tells a time. */
static bool has_errno(const struct event *event)
{
	return event->type == EVENT_SEND_FAILED || event->type == EVENT_MOVED ||
	       (event->type == EVENT_SENT && (event->message != 0 || event->flags & EVENT_FAILED));
}

static bool event_is_valid(const struct decoded *decoded)
{
	const struct event *event = decoded->event;

	return event->type >= EVENT_SENT && event->type < NR_EVENT_TYPES &&
	       event->total_files <= EVENT_MAX_FILES &&
	       (!has_errno(event) || (event->error <= 0 && event->error >= -MAX_ERRNO)) &&
	       event->via <= EVENT_VIA_IO_URING && event->fate < NR_EVENT_FATES &&
	       event->fate != EVENT_FATE_INSTALLED &&
	       is_zero(event->reserved, sizeof(event->reserved)) &&
	       (event->message != 0 || !tells_of_a_message(event)) &&
	       (event->type == EVENT_MOVED || decoded->nr_files <= event->total_files);
}

int decode_record(const void *data, size_t size, struct decoded *ret)
{
	const struct event *event = data;
	const char *at = data;
	size_t left = size, taken;

	if (size < sizeof(*event) || event->size != size)
		return -EBADMSG;
	*ret = (struct decoded){ .event = event };
	at += sizeof(*event);
	left -= sizeof(*event);
	for (; left > 0; at += taken, left -= taken) {
		taken = read_section(ret, at, left);
		if (taken == 0)
			return -EBADMSG;
	}
	return event_is_valid(ret) ? 0 : -EBADMSG;
}

/* The component at `offset`; NULL where it does not lie whole within the paths. */
static const struct event_name *name_at(const struct decoded *decoded, uint32_t offset)
{
	uint32_t size = decoded->paths_size;
	const struct event_name *name;

	if (offset % _Alignof(struct event_name) || offset > size || size - offset < sizeof(*name))
		return NULL;
	name = (const struct event_name *)(decoded->paths + offset);
	if (name->length > MAX_COMPONENT_LENGTH || name->length > size - offset - sizeof(*name))
		return NULL;
	return name;
}

/* What of a chain of names makes the path. */
struct extent {
	unsigned int components;
	size_t length; /* of these, with a slash before each */
	bool cut; /* there are more */
};

static int measure_chain(const struct decoded *decoded, uint32_t offset, struct extent *ret)
{
	/* No chain without a cycle has more components than fit into the paths. */
	uint32_t limit = decoded->paths_size / sizeof(struct event_name);
	struct extent extent = {};

	for (uint32_t i = 0; offset != EVENT_NO_NAME; i++) {
		const struct event_name *name = name_at(decoded, offset);

		if (!name || i == limit)
			return -EBADMSG;
		if (extent.length + 1 + name->length > EVENT_MAX_PATH)
			extent.cut = true;
		if (!extent.cut) {
			extent.components++;
			extent.length += 1 + name->length;
		}
		offset = name->parent_offset;
	}
	*ret = extent;
	return 0;
}

/* The chain goes from the leaf to the root, so the path is written from its end. */
static void write_components(const struct decoded *decoded, uint32_t offset,
			     const struct extent *extent, char *begin)
{
	char *at = begin + extent->length;

	for (unsigned int i = 0; i < extent->components; i++) {
		const struct event_name *name = name_at(decoded, offset);

		at -= name->length;
		memcpy(at, name->name, name->length);
		*--at = '/';
		offset = name->parent_offset;
	}
}

static int decode_pseudo_name(const struct decoded *decoded, uint32_t offset, char *path,
			      int *length)
{
	const struct event_name *name = name_at(decoded, offset);

	if (!name)
		return -EBADMSG;
	*length = (int)strnlen(name->name, name->length);
	memcpy(path, name->name, *length);
	path[*length] = '\0';
	return 0;
}

int decode_path(const struct decoded *decoded, const struct event_file *file,
		char path[DECODE_PATH_MAX], int *length)
{
	uint32_t offset = file->names_offset;
	struct extent extent;
	size_t begin = 0;
	int r;

	*length = -1;
	if (offset == EVENT_NO_NAME)
		return 0;
	if (file->flags & EVENT_FILE_PSEUDO)
		return decode_pseudo_name(decoded, offset, path, length);
	r = measure_chain(decoded, offset, &extent);
	if (r < 0)
		return r;
	if (extent.cut || file->flags & EVENT_FILE_CUT) {
		begin = strlen(cut_mark);
		memcpy(path, cut_mark, begin);
	}
	write_components(decoded, offset, &extent, path + begin);
	path[begin + extent.length] = '\0';
	*length = (int)(begin + extent.length);
	return 0;
}
