/* SPDX-License-Identifier: GPL-2.0-only */
/* Details in a record: what the kinds of files have besides a name. See detail.h. */
#ifndef FDPASS_DETAIL_RECORD_H
#define FDPASS_DETAIL_RECORD_H

#include "file.h"
#include "kernel_detail.h"

/* What the paths of a record have for themselves, however many details there are. */
#define ROOM_FOR_PATHS (2 * EVENT_MAX_PATH)

/* Append a detail of file `index`; returns where its content goes. NULL: there is no room for it. */
static __always_inline void *append_detail(struct scratch *s, enum event_detail_type type,
					   __u32 index, __u32 size)
{
	if (s->used > RECORD_MAX - ROOM_FOR_PATHS)
		return NULL;
	return append_section(s, type, index, size);
}

/* Take back the detail that was appended last, of a size that is a multiple of 8. */
static __always_inline void drop_detail(struct scratch *s, __u32 size)
{
	s->used -= sizeof(struct event_section) + size;
}

#endif
