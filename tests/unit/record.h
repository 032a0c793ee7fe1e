/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A builder of ring buffer records, for the tests of what reads them and for the seeds of the fuzz
 * targets: begin with record_begin(), then files, then the names of files, and the record is ready
 * after each of these.
 */
#ifndef FDPASS_TEST_RECORD_H
#define FDPASS_TEST_RECORD_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "event.h"

#define RECORD_MAX (sizeof(struct event) + EVENT_MAX_FILES * sizeof(struct event_file) + 8192)

struct record {
	_Alignas(8) unsigned char data[RECORD_MAX];
};

static inline struct event *record_event(struct record *record)
{
	return (struct event *)record->data;
}

static inline struct event_file *record_file(struct record *record, unsigned int index)
{
	return (struct event_file *)(record_event(record) + 1) + index;
}

static inline char *record_names(struct record *record)
{
	return (char *)record_file(record, record_event(record)->nr_files);
}

static inline struct event *record_begin(struct record *record, enum event_type type,
					 uint64_t message)
{
	struct event *event = record_event(record);

	memset(record, 0, sizeof(*record));
	event->size = sizeof(*event);
	event->type = type;
	event->message = message;
	event->socket.fd = -1;
	event->peer.fd = -1;
	return event;
}

/* Another file; before any name. */
static inline struct event_file *record_add_file(struct record *record, uint64_t address, int fd)
{
	struct event *event = record_event(record);
	struct event_file *file = record_file(record, event->nr_files);

	*file = (struct event_file){
		.file = address,
		.fd = fd,
		.flags = fd >= 0 ? EVENT_FILE_FD_KNOWN : 0,
		.names_offset = EVENT_NO_NAME,
	};
	event->nr_files++;
	event->total_files++;
	event->size += sizeof(*file);
	return file;
}

/* A component of a path; returns its offset. */
static inline uint32_t record_add_name(struct record *record, const char *name, size_t length,
				       uint32_t parent_offset)
{
	struct event *event = record_event(record);
	uint32_t offset = event->names_size;
	struct event_name *component = (struct event_name *)(record_names(record) + offset);
	size_t size = (sizeof(*component) + length + 3) & ~(size_t)3;

	component->parent_offset = parent_offset;
	component->length = length;
	memcpy(component->name, name, length);
	event->names_size += size;
	event->size += size;
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
	record_file(record, index)->names_offset = offset;
}

static inline void record_set_task(struct event_task *task, uint32_t pid)
{
	task->start_time = pid;
	task->pid = pid;
	task->tid = pid;
	task->nspid = pid;
	snprintf(task->comm, sizeof(task->comm), "task-%u", pid);
}

#endif
