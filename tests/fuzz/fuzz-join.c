/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target: a trace of any bytes. It is a sequence of records, each as long as its event.size
 * says (rounded up to 8 bytes); a size of 0 stands for a sweep that finds the struct event_queued
 * behind it, one of 8 for a loss, one of 16 for the clock and one of 24 for a sweep that is given up.
 * Whatever it is, the rows are well formed, and nothing is left behind.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/join.h"
#include "fuzz.h"

static int check_row(void *userdata, const struct pass *pass)
{
	(void)userdata;
	if (pass->message == 0 || pass->outcome >= NR_OUTCOMES || pass->fate >= NR_EVENT_FATES ||
	    pass->error < 0 || pass->socket_path_len > sizeof(pass->socket_path) ||
	    (pass->nr_owners > 0 && pass->outcome != OUTCOME_PENDING) ||
	    (pass->outcome == OUTCOME_PENDING && pass->receiver.known != (pass->nr_owners == 1)) ||
	    (pass->fate != EVENT_FATE_UNKNOWN && pass->outcome != OUTCOME_LOST) ||
	    (!pass->file.known && (pass->file.path || pass->file.identity)) ||
	    (pass->file.path && strlen(pass->file.path) > EVENT_MAX_PATH + strlen("...")))
		abort();
	return 0;
}

struct asked {
	uint64_t inos[4];
	unsigned int count;
};

static void keep_socket(void *userdata, uint64_t ino)
{
	struct asked *asked = userdata;

	asked->inos[asked->count++ % 4] = ino;
}

/* One or two processes have each of them open. */
static void tell_owners(struct join *join)
{
	struct asked asked = { .count = 0 };

	join_sweep_sockets(join, true, keep_socket, &asked);
	for (unsigned int i = 0; i < asked.count && i < 4; i++) {
		struct event_owner owner = { .ino = asked.inos[i], .task.pid = 1 };

		join_sweep_owner(join, &owner);
		owner.task.pid += asked.inos[i] % 2;
		join_sweep_owner(join, &owner);
	}
}

static void sweep(struct join *join, const uint8_t *entry, uint64_t now_ns)
{
	struct event_queued queued;

	memcpy(&queued, entry, sizeof(queued));
	join_tick(join, now_ns);
	join_wants_sweep(join);
	join_sweep_begin(join, now_ns);
	join_sweep_entry(join, &queued);
	tell_owners(join);
	join_sweep_end(join, now_ns + 1);
}

static void give_record(struct join *join, const uint8_t *data, size_t size)
{
	void *record = malloc(size);

	if (!record)
		return;
	memcpy(record, data, size);
	join_record(join, record, size);
	free(record);
}

/* What stands in place of a record, by the size that it has. */
enum { SWEEP = 0, LOSS = 8, TICK = 16, SWEEP_GIVEN_UP = 24 };

static size_t size_of_step(uint32_t length)
{
	return length ? ((size_t)length + 7) & ~(size_t)7 : 8 + sizeof(struct event_queued);
}

static void take_step(struct join *join, uint32_t length, const uint8_t *data, uint64_t now_ns)
{
	switch (length) {
	case SWEEP:
		sweep(join, data + 8, now_ns);
		break;
	case LOSS:
		join_note_loss(join);
		break;
	case TICK:
		join_tick(join, now_ns);
		break;
	case SWEEP_GIVEN_UP:
		join_sweep_begin(join, now_ns);
		break;
	default:
		give_record(join, data, length);
	}
}

static void check_end(struct join *join)
{
	struct join_counts counts;

	join_counts(join, &counts);
	if (counts.messages_open != 0 || counts.bytes != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct join_options options = {
		.pending_after_ns = 1000,
		.late_ns = 100000,
		.max_bytes = 4096, /* two messages or three: many fall out */
		.sees_creations = size % 2,
	};
	struct join *join;
	uint32_t length;
	size_t step;

	if (join_new(&join, &options, check_row, NULL) < 0)
		return 0;
	for (size_t at = 0; size - at >= sizeof(length); at += step) {
		memcpy(&length, data + at, sizeof(length));
		step = size_of_step(length);
		if (step > size - at)
			break;
		take_step(join, length, data + at, at * 1000);
	}
	join_finish(join, size * 1000);
	check_end(join);
	join_free(join);
	return 0;
}
