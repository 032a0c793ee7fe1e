/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of places: a field with a dot in its name needs one, as only a structure can nest. */
#include "core/array.h"
#include "gadget/place.h"

#include <string.h>

#define MEMBER(member)                                                                             \
	{                                                                                          \
#member, offsetof(struct gadget_row, member),                                      \
			sizeof(((struct gadget_row *)NULL)->member)                                \
	}

static const struct place places[] = {
	MEMBER(proc.comm),
	MEMBER(proc.pid),
	MEMBER(proc.tid),
	MEMBER(proc.mntns_id),
	MEMBER(proc.netns_id),
	MEMBER(proc.pidns_id),
	MEMBER(proc.userns_id),
	MEMBER(proc.cgroupns_id),
	MEMBER(proc.cgroup_id),
	MEMBER(proc.creds.uid),
	MEMBER(proc.creds.gid),
	MEMBER(proc.parent.comm),
	MEMBER(proc.parent.pid),
	MEMBER(proc.nspid),
	MEMBER(socket_ino),
	MEMBER(sockfd),
	MEMBER(fd),
	MEMBER(receiver.comm),
	MEMBER(receiver.pid),
	MEMBER(receiver.tid),
	MEMBER(receiver.mntns_id),
	MEMBER(receiver.netns_id),
	MEMBER(receiver.pidns_id),
	MEMBER(receiver.userns_id),
	MEMBER(receiver.cgroupns_id),
	MEMBER(receiver.cgroup_id),
	MEMBER(receiver.creds.uid),
	MEMBER(receiver.creds.gid),
	MEMBER(receiver.parent.comm),
	MEMBER(receiver.parent.pid),
	MEMBER(receiver.nspid),
	MEMBER(receiver.socket_ino),
	MEMBER(receiver.sockfd),
	MEMBER(receiver.fd),
	MEMBER(receiver.cloexec),
	MEMBER(receiver.fds),
	MEMBER(receiver.fds_limit),
	MEMBER(latency_ns),
	MEMBER(file_ino),
	MEMBER(file_deleted),
	MEMBER(file_pid),
	MEMBER(file_size),
	MEMBER(file_netns_id),
	MEMBER(file_peer_ino),
	MEMBER(file_peer_pid),
	MEMBER(outcome),
	MEMBER(reason),
	MEMBER(id),
	MEMBER(via),
	MEMBER(socket_type),
	MEMBER(file_type),
	MEMBER(file_dev),
	MEMBER(file_id),
};

const struct place *place_find(const struct field *field)
{
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		if (strcmp(places[i].name, field->name) == 0)
			return &places[i];
	}
	return NULL;
}

bool place_is_name(const struct field *field)
{
	static const char *const names[] = {
		"proc.creds.user",
		"proc.creds.group",
		"receiver.creds.user",
		"receiver.creds.group",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(names[i], field->name) == 0)
			return true;
	}
	return false;
}

bool place_is_of_ig(const struct field *field)
{
	return strcmp(field->name, "timestamp") == 0 || strcmp(field->name, "ended") == 0 ||
	       place_is_name(field);
}

bool place_is_of_host(const struct field *field)
{
	static const char *const begins[] = {
		"runtime.",	 "k8s.",	"receiver.runtime.",
		"receiver.k8s.", "proc.cgroup", "receiver.cgroup",
	};

	for (size_t i = 0; i < ARRAY_SIZE(begins); i++) {
		if (strncmp(begins[i], field->name, strlen(begins[i])) == 0)
			return !place_find(field);
	}
	return false;
}

void place_clear(struct gadget_row *row)
{
	*row = (struct gadget_row){
		.sockfd = PLACE_NO_DESCRIPTOR,
		.fd = PLACE_NO_DESCRIPTOR,
		.receiver = { .sockfd = PLACE_NO_DESCRIPTOR, .fd = PLACE_NO_DESCRIPTOR },
	};
}

static size_t least_of(size_t a, size_t b)
{
	return a < b ? a : b;
}

void place_set(struct gadget_row *row, const struct place *place, const struct field *field,
	       const struct value *value)
{
	char *to = (char *)row + place->offset;

	switch (field->type) {
	case FIELD_STRING:
	case FIELD_LIST:
		memcpy(to, value->text, least_of(value->size, place->size));
		break;
	case FIELD_U32:
	case FIELD_U64:
		memcpy(to, &value->u64, place->size); /* little endian, as all that ig runs on */
		break;
	case FIELD_I32:
		memcpy(to, &value->i64, place->size);
		break;
	case FIELD_BOOL:
		memcpy(to, &value->boolean, place->size);
		break;
	}
}
