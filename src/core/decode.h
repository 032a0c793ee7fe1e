/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Decoding: bytes of the ring buffer → an event that is safe to read. Nothing that a record says
 * about its own size, counts or offsets is believed before it was checked here.
 */
#ifndef FDPASS_DECODE_H
#define FDPASS_DECODE_H

#include <stddef.h>
#include <stdint.h>

#include "event.h"

/* A record, checked. All pointers lead into the record that was given to decode_record(). */
struct decoded {
	const struct event *event;
	/* By enum event_party; NULL: not told. */
	const struct event_task *tasks[NR_EVENT_PARTIES];
	const struct event_socket *sockets[NR_EVENT_PARTIES];
	const char *names[NR_EVENT_PARTIES]; /* sun_path, name_sizes[] bytes of it */
	size_t name_sizes[NR_EVENT_PARTIES];
	const struct event_file *files;
	uint32_t nr_files;
	const char *cgroups[NR_EVENT_PARTIES]; /* names, cgroup_sizes[] bytes of them */
	size_t cgroup_sizes[NR_EVENT_PARTIES];
	const char *details;
	uint32_t details_size;
	const char *paths;
	uint32_t paths_size;
	const struct event_charge *charge; /* NULL: not told */
	const struct event_full *full; /* NULL: not told */
	const struct event_held *held; /* the same */
	/* Of each file, where it was told before it is made use of (struct file); NULL: it was not. */
	const uint64_t *identities;
};

/*
 * Checks a record, which is 8-byte aligned, as those of the ring buffer are. Returns 0, or -EBADMSG
 * where it contradicts itself or event.h.
 */
int decode_record(const void *data, size_t size, struct decoded *ret);

/*
 * The detail of a file of the record, NULL: it has none. *at is where to look: 0 at first, and for a file
 * beyond the last one what that left.
 */
const struct event_section *decode_detail(const struct decoded *decoded, uint32_t index,
					  uint32_t *at);

/* Room for a path and what stands before one that is cut, with the NUL. */
#define DECODE_PATH_MAX (EVENT_MAX_PATH + 4)

/*
 * The path of a file of the record, as /proc would show it: raw bytes, NUL-terminated. A path whose
 * beginning is not known begins with ".../", never with "/". *length is that of the path, or -1 where
 * the file has no name. Returns 0, or -EBADMSG where the chain of names is broken.
 */
int decode_path(const struct decoded *decoded, const struct event_file *file,
		char path[DECODE_PATH_MAX], int *length);

#define DECODE_CGROUP_MAX (EVENT_MAX_CGROUP + 2)

/* The path of a party's cgroup, NUL-terminated. Returns 1, or 0 where the record does not tell it. */
int decode_cgroup(const struct decoded *decoded, enum event_party party,
		  char path[DECODE_CGROUP_MAX]);

#endif
