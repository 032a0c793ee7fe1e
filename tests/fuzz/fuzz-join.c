/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target: a trace of any bytes. It is a sequence of records, each as long as its event.size
 * says (rounded up to 8 bytes); a size of 0 stands for a sweep that finds the struct event_queued
 * behind it, one of 8 for a loss. Whatever it is, the rows are well formed and nothing is left behind.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/join.h"
#include "fuzz.h"

static int check_row(void *userdata, const struct pass *pass)
{
	(void)userdata;
	if (pass->message == 0 || pass->outcome >= NR_OUTCOMES || pass->loss >= NR_LOSSES ||
	    pass->error < 0 || pass->socket_path_len > sizeof(pass->socket_path) ||
	    (pass->loss != LOSS_UNKNOWN && pass->outcome != OUTCOME_LOST) ||
	    (pass->file.path && strlen(pass->file.path) > 2 * EVENT_MAX_PATH))
		abort();
	return 0;
}

static void sweep(struct join *join, const uint8_t *entry, uint64_t now_ns)
{
	struct event_queued queued;

	memcpy(&queued, entry, sizeof(queued));
	join_tick(join, now_ns);
	join_wants_sweep(join);
	join_sweep_begin(join, now_ns);
	join_sweep_entry(join, &queued);
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct join_options options = { .pending_after_ns = 1000, .max_messages = 8 };
	struct join *join;
	uint32_t length;
	size_t step;

	if (join_new(&join, &options, check_row, NULL) < 0)
		return 0;
	for (size_t at = 0; size - at >= sizeof(length); at += step) {
		memcpy(&length, data + at, sizeof(length));
		step = length ? ((size_t)length + 7) & ~(size_t)7 : 8 + sizeof(struct event_queued);
		if (step > size - at)
			break;
		if (length == 0)
			sweep(join, data + at + 8, at * 1000);
		else if (length == 8)
			join_note_loss(join);
		else
			give_record(join, data + at, length);
	}
	join_finish(join, size * 1000);
	join_free(join);
	return 0;
}
