/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A builder of ring buffer records, for the tests of what reads them and for the seeds of the fuzz
 * targets. Begin with record_begin(), say what the record tells, in any order, and have the bytes
 * written by record_write(). Every byte of them is written, padding is 0.
 */
#ifndef FDPASS_TEST_RECORD_H
#define FDPASS_TEST_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "event.h"

#define RECORD_PATHS_MAX 8192
#define RECORD_DETAILS_MAX 1024
#define RECORD_MAX                                                                                 \
	(sizeof(struct event) + EVENT_MAX_FILES * sizeof(struct event_file) + RECORD_PATHS_MAX +   \
	 RECORD_DETAILS_MAX + 2 * EVENT_MAX_CGROUP + 1024)

/* What is to be told; what was not set has no section. */
struct record {
	struct event event;
	struct event_task tasks[NR_EVENT_PARTIES];
	struct event_socket sockets[NR_EVENT_PARTIES];
	char names[NR_EVENT_PARTIES][EVENT_SUN_PATH];
	size_t name_sizes[NR_EVENT_PARTIES];
	char cgroups[NR_EVENT_PARTIES][EVENT_MAX_CGROUP];
	size_t cgroup_sizes[NR_EVENT_PARTIES];
	struct event_file files[EVENT_MAX_FILES];
	unsigned int nr_files;
	_Alignas(8) char paths[RECORD_PATHS_MAX];
	uint32_t paths_size;
	_Alignas(8) unsigned char details[RECORD_DETAILS_MAX];
	uint32_t details_size;
	struct event_charge charge;
	struct event_held held;
	struct event_full full;
	bool has_task[NR_EVENT_PARTIES], has_socket[NR_EVENT_PARTIES], has_cgroup[NR_EVENT_PARTIES];
	bool has_charge, has_held, has_full;
	bool backwards; /* the sections, that is: they may come in any order */
	_Alignas(8) unsigned char data[RECORD_MAX];
};

static inline struct event *record_begin(struct record *record, enum event_type type,
					 uint64_t message)
{
	memset(record, 0, sizeof(*record));
	record->event.type = type;
	record->event.message = message;
	return &record->event;
}

static inline struct event_task *record_set_task(struct record *record, enum event_party party,
						 uint32_t pid)
{
	struct event_task *task = &record->tasks[party];

	record->has_task[party] = true;
	*task = (struct event_task){ .start_time = pid, .pid = pid, .tid = pid, .nspid = pid };
	snprintf(task->comm, sizeof(task->comm), "task-%u", pid);
	return task;
}

static inline struct event_socket *record_set_socket(struct record *record, enum event_party party,
						     uint64_t sock, uint64_t ino, int fd)
{
	record->has_socket[party] = true;
	record->sockets[party] = (struct event_socket){
		.sock = sock, .ino = ino, .fd = fd, .type = 1, /* SOCK_STREAM */
	};
	return &record->sockets[party];
}

/* sun_path as it is; of size 0: the socket has no name. */
static inline void record_set_socket_name(struct record *record, enum event_party party,
					  const char *name, size_t size)
{
	memcpy(record->names[party], name, size);
	record->name_sizes[party] = size;
}

/* Names, each with a NUL behind, from the cgroup's own on: as the kernel side tells them. */
static inline void record_set_cgroup(struct record *record, enum event_party party,
				     const char *names, size_t size)
{
	record->has_cgroup[party] = true;
	memcpy(record->cgroups[party], names, size);
	record->cgroup_sizes[party] = size;
}

static inline struct event_charge *record_set_charge(struct record *record, uint32_t uid)
{
	record->has_charge = true;
	record->charge = (struct event_charge){ .uid = uid, .in_flight = 1 };
	return &record->charge;
}

static inline struct event_held *record_set_held(struct record *record, enum event_same same)
{
	record->has_held = true;
	record->held = (struct event_held){ .same = same };
	return &record->held;
}

static inline void record_set_full(struct record *record, uint64_t count, uint64_t limit)
{
	record->has_full = true;
	record->full = (struct event_full){ .count = count, .fd_limit = limit };
}

static inline struct event_file *record_add_file(struct record *record, uint64_t address, int fd)
{
	struct event_file *file = &record->files[record->nr_files++];

	*file = (struct event_file){
		.address = address,
		.fd = fd,
		.flags = fd >= 0 ? EVENT_FILE_FD_KNOWN : 0,
		.names_offset = EVENT_NO_NAME,
	};
	record->event.total_files++;
	return file;
}

static inline size_t record_write_section(unsigned char *at, unsigned int type, size_t index,
					  const void *content, size_t size)
{
	const struct event_section section = { .type = type, .index = index, .size = size };

	memcpy(at, &section, sizeof(section));
	memcpy(at + sizeof(section), content, size);
	return (sizeof(section) + size + 7) & ~(size_t)7;
}

/* A detail of a file: they come in the order of the files. */
static inline void record_add_detail(struct record *record, unsigned int index,
				     enum event_detail_type type, const void *content, size_t size)
{
	record->details_size += record_write_section(record->details + record->details_size, type,
						     index, content, size);
}

/* The component of a path at this offset, before the record is written. */
static inline struct event_name *record_name(struct record *record, uint32_t offset)
{
	return (struct event_name *)(record->paths + offset);
}

/* A component of a path; returns its offset. */
static inline uint32_t record_add_name(struct record *record, const char *name, size_t length,
				       uint32_t parent_offset)
{
	uint32_t offset = record->paths_size;
	struct event_name *component = record_name(record, offset);

	component->parent_offset = parent_offset;
	component->length = length;
	memcpy(component->name, name, length);
	record->paths_size += (sizeof(*component) + length + 3) & ~(size_t)3;
	return offset;
}

/* The components of an absolute path, from the root on, as the name of a file. */
static inline void record_set_path(struct record *record, unsigned int index, const char *path)
{
	uint32_t offset = EVENT_NO_NAME;

	do {
		size_t length = strcspn(++path, "/");

		offset = record_add_name(record, path, length, offset);
		path += length;
	} while (*path);
	record->files[index].names_offset = offset;
}

/* The sections of this type. Returns their size, 0 where there are none. */
static inline size_t record_write_type(struct record *record, unsigned char *at, unsigned int type)
{
	size_t size = 0;

	if (type == EVENT_SECTION_FILES && record->nr_files > 0)
		return record_write_section(at, type, record->nr_files, record->files,
					    record->nr_files * sizeof(record->files[0]));
	if (type == EVENT_SECTION_DETAILS && record->details_size > 0)
		return record_write_section(at, type, 0, record->details, record->details_size);
	if (type == EVENT_SECTION_PATHS && record->paths_size > 0)
		return record_write_section(at, type, 0, record->paths, record->paths_size);
	if (type == EVENT_SECTION_CHARGE && record->has_charge)
		return record_write_section(at, type, 0, &record->charge, sizeof(record->charge));
	if (type == EVENT_SECTION_HELD && record->has_held)
		return record_write_section(at, type, 0, &record->held, sizeof(record->held));
	if (type == EVENT_SECTION_FULL && record->has_full)
		return record_write_section(at, type, 0, &record->full, sizeof(record->full));
	for (size_t i = 0; i < NR_EVENT_PARTIES; i++) {
		if (type == EVENT_SECTION_TASK && record->has_task[i])
			size += record_write_section(at + size, type, i, &record->tasks[i],
						     sizeof(record->tasks[i]));
		if (type == EVENT_SECTION_SOCKET && record->has_socket[i])
			size += record_write_section(at + size, type, i, &record->sockets[i],
						     sizeof(record->sockets[i]));
		if (type == EVENT_SECTION_SOCKET_NAME && record->name_sizes[i] > 0)
			size += record_write_section(at + size, type, i, record->names[i],
						     record->name_sizes[i]);
		if (type == EVENT_SECTION_CGROUP && record->has_cgroup[i])
			size += record_write_section(at + size, type, i, record->cgroups[i],
						     record->cgroup_sizes[i]);
	}
	return size;
}

/* Write record->data; returns its size. May be called again after a change. */
static inline size_t record_write(struct record *record)
{
	size_t size = sizeof(record->event);

	memset(record->data, 0, sizeof(record->data));
	for (unsigned int i = 1; i < NR_EVENT_SECTIONS; i++)
		size += record_write_type(record, record->data + size,
					  record->backwards ? NR_EVENT_SECTIONS - i : i);
	record->event.size = size;
	memcpy(record->data, &record->event, sizeof(record->event));
	return size;
}

/* A section of the record as it was written; NULL: there is none. */
static inline struct event_section *record_section(struct record *record, unsigned int type,
						   unsigned int index)
{
	size_t at = sizeof(struct event);

	while (at < record->event.size) {
		struct event_section *section = (struct event_section *)(record->data + at);

		if (section->type == type &&
		    (section->index == index || type == EVENT_SECTION_FILES ||
		     type == EVENT_SECTION_PATHS))
			return section;
		at += (sizeof(*section) + section->size + 7) & ~7U;
	}
	return NULL;
}

#endif
