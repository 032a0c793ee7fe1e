/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Decoding: checks the bounds of a record once, so that the join can read it as C structures, and
 * assembles paths from the chains of names.
 */
#include "core/decode.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ERRNO 4095 /* of linux/err.h */
#define MAX_COMPONENT_LENGTH 255

/* What stands before a path whose beginning was not read: it never looks absolute. */
static const char cut_mark[] = "...";

static bool event_is_valid(const struct event *event)
{
	return event->type >= EVENT_SENT && event->type <= EVENT_MOVED &&
	       event->nr_files <= EVENT_MAX_FILES && event->total_files >= event->nr_files &&
	       event->names_size <= EVENT_MAX_NAMES && event->error <= 0 &&
	       event->error >= -MAX_ERRNO && event->via <= EVENT_VIA_IO_URING &&
	       event->socket.path_len <= EVENT_SUN_PATH && event->peer.path_len <= EVENT_SUN_PATH;
}

int decode_record(const void *data, size_t size, struct decoded *ret)
{
	const struct event *event = data;
	const struct event_file *files;

	if (size < sizeof(*event) || event->size != size || !event_is_valid(event) ||
	    size != sizeof(*event) + event->nr_files * sizeof(*files) + event->names_size)
		return -EBADMSG;

	files = (const struct event_file *)(event + 1);
	*ret = (struct decoded){
		.event = event,
		.files = files,
		.names = (const char *)(files + event->nr_files),
	};
	return 0;
}

/* The component at `offset`; NULL where it does not lie whole within the names. */
static const struct event_name *name_at(const struct decoded *decoded, uint32_t offset)
{
	uint32_t size = decoded->event->names_size;
	const struct event_name *name;

	if (offset % _Alignof(struct event_name) || offset > size || size - offset < sizeof(*name))
		return NULL;
	name = (const struct event_name *)(decoded->names + offset);
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
	/* No chain without a cycle has more components than fit into the names. */
	uint32_t limit = decoded->event->names_size / sizeof(struct event_name);
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

static int decode_pseudo_name(const struct decoded *decoded, uint32_t offset, char **ret)
{
	const struct event_name *name = name_at(decoded, offset);
	char *text;

	if (!name)
		return -EBADMSG;
	text = strndup(name->name, name->length);
	if (!text)
		return -ENOMEM;
	*ret = text;
	return 0;
}

int decode_path(const struct decoded *decoded, const struct event_file *file, char **ret)
{
	uint32_t offset = file->names_offset;
	const char *before = "";
	struct extent extent;
	char *path;
	int r;

	if (offset == EVENT_NO_NAME) {
		*ret = NULL;
		return 0;
	}
	if (file->flags & EVENT_FILE_PSEUDO)
		return decode_pseudo_name(decoded, offset, ret);

	r = measure_chain(decoded, offset, &extent);
	if (r < 0)
		return r;
	if (extent.cut || file->flags & EVENT_FILE_CUT)
		before = cut_mark;

	path = malloc(strlen(before) + extent.length + 1);
	if (!path)
		return -ENOMEM;
	write_components(decoded, offset, &extent, stpcpy(path, before));
	path[strlen(before) + extent.length] = '\0';
	*ret = path;
	return 0;
}
