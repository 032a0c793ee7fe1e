/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A process that reads the files of container runtimes for this one, which has given up opening files. It is
 * asked with the path of a cgroup, and answers with what the container is called. It can open what lies in
 * the few folders of the runtimes, for reading, and nothing else (Landlock), has no capability, and ends with
 * whoever holds the other end of its socket.
 */
#ifndef FDPASS_CONTAINER_READER_H
#define FDPASS_CONTAINER_READER_H

#include <stdint.h>

#include "core/container.h"
#include "core/decode.h"

/* Messages of a fixed length, one a datagram. */
struct container_question {
	uint64_t cgroup_id;
	char path[DECODE_CGROUP_MAX];
};

struct container_answer {
	uint64_t cgroup_id;
	uint32_t found; /* 0: the files know of no such container */
	struct container container;
};

/* Fork. *fd is our end of its socket. Returns 0 or a negative errno. */
int container_reader_start(int *fd);

#endif
