/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Decoding: bytes of the ring buffer → an event that is safe to read. Nothing that a record says
 * about its own size, counts or offsets is believed before it was checked here.
 */
#ifndef FDPASS_DECODE_H
#define FDPASS_DECODE_H

#include <stddef.h>

#include "event.h"

/* A record, checked. All pointers lead into the record that was given to decode_record(). */
struct decoded {
	const struct event *event;
	const struct event_file *files; /* event->nr_files of them */
	const char *names; /* event->names_size bytes */
};

/*
 * Checks a record, which is 8-byte aligned, as those of the ring buffer are. Returns 0, or -EBADMSG
 * where it contradicts itself or event.h.
 */
int decode_record(const void *data, size_t size, struct decoded *ret);

/*
 * The path of a file of the record, as /proc would show it: raw bytes, NUL-terminated, to be freed
 * by the caller. A path whose beginning is not known begins with ".../", never with "/". *ret is
 * NULL where the file has no name. Returns 0, -EBADMSG where the chain of names is broken, -ENOMEM.
 */
int decode_path(const struct decoded *decoded, const struct event_file *file, char **ret);

#endif
