/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A pass of which everything is known, for the tests of what is made of passes. */
#ifndef FDPASS_TEST_SAMPLE_H
#define FDPASS_TEST_SAMPLE_H

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "core/field.h"

/* A pass, the path of its file, and a row that tells it. Not to be copied: it points into itself.
 */
struct sample {
	char path[EVENT_MAX_PATH + 1];
	struct pass pass;
	struct resolver resolver;
	struct row row;
};

static inline const char *sample_user(void *userdata, uint32_t uid)
{
	return uid == 1000 ? "alban" : NULL;
}

static inline const char *sample_group(void *userdata, uint32_t gid)
{
	return gid == 1000 ? "alban" : NULL;
}

/* 7: the host's, 9: a container's; of others nothing is known. */
static inline const struct cgroup *sample_cgroup(void *cgroups, uint64_t id)
{
	static const struct container host, container = {
		.id = "6f",
		.runtime = "docker",
		.name = "web",
		.image = "busybox",
		.namespace = "shop",
		.pod = "front",
		.pod_container = "nginx",
	};
	static const struct cgroup known[] = { { "/user.slice", &host },
					       { "/docker/6f", &container } };

	return id == 7 ? &known[0] : id == 9 ? &known[1] : NULL;
}

/* The offset that userdata points at. */
static inline int32_t sample_utc_offset(void *userdata, int64_t seconds)
{
	return *(const int32_t *)userdata;
}

/* A device where it is /dev/null, else a regular file. */
static inline void sample_set_path(struct sample *sample, const char *path)
{
	sample->pass.file.mode = strcmp(path, "/dev/null") == 0 ? S_IFCHR | 0666 : S_IFREG | 0644;
	snprintf(sample->path, sizeof(sample->path), "%s", path);
}

static inline void sample_set_comm(struct sample *sample, const char *comm)
{
	snprintf(sample->pass.sender.comm, sizeof(sample->pass.sender.comm), "%s", comm);
}

/* The first row of the D-Bus example of Inspektor Gadget's guide, with its receiver. */
static inline void sample_init(struct sample *sample, const int32_t *utc_offset)
{
	static const struct pass dbus = {
		.time_ns = 1000000000,
		.done_ns = 1000084000,
		.message = 12,
		.sender = { .known = true,
			    .pid = 1296790,
			    .tid = 1296791,
			    .nspid = 1296790,
			    .uid = 1000,
			    .gid = 1000,
			    .parent_pid = 1296,
			    .mntns_id = 4026531841,
			    .netns_id = 4026531840,
			    .pidns_id = 4026531836,
			    .userns_id = 4026531837,
			    .cgroupns_id = 4026531835,
			    .cgroup_id = 7,
			    .comm = "client",
			    .parent_comm = "bash" },
		.receiver = { .known = true,
			      .pid = 5128,
			      .tid = 5128,
			      .nspid = 7,
			      .uid = 81,
			      .gid = 82,
			      .cgroup_id = 9,
			      .comm = "dbus-broker" },
		.from = { .socket_ino = 8683452, .sockfd = 7, .fd = 3 },
		.to = { .socket_ino = 8629627, .sockfd = 107, .fd = 9 },
		.socket_type = SOCK_STREAM,
		.socket_path_len = sizeof("/run/dbus/system_bus_socket"),
		.socket_path = "/run/dbus/system_bus_socket",
		.file = { .known = true,
			  .address = 0xffff888012345678,
			  .identity = 1,
			  .ino = 4,
			  .dev = 5,
			  .rdev = 1 << 20 | 3,
			  .magic = 0x01021994,
			  .open_flags = 02,
			  .mode = S_IFCHR | 0666 },
		.outcome = OUTCOME_DELIVERED,
		.cloexec = 1,
	};

	memset(sample, 0, sizeof(*sample));
	sample->pass = dbus;
	sample->pass.file.path = sample->path;
	sample_set_path(sample, "/dev/null");
	sample->resolver.user = sample_user;
	sample->resolver.group = sample_group;
	sample->resolver.utc_offset = sample_utc_offset;
	sample->resolver.cgroup = sample_cgroup;
	memcpy(&sample->resolver.userdata, &utc_offset, sizeof(utc_offset));
	sample->resolver.identity_key[0] = 1;
	sample->resolver.identity_key[1] = 2;
	sample->row.pass = &sample->pass;
	sample->row.resolver = &sample->resolver;
	sample->pass.realtime_offset_ns = INT64_C(1700000000000000000);
}

#endif
