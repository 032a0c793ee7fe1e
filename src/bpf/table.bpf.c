// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is in flight now, from the table of messages of message.h. An iterator (since 5.9) rather
 * than look-ups from user space: while one of these is under way, the kernel skips every kprobe and
 * tracepoint program on that CPU (bpf_disable_instrumentation()).
 */
#include "in_flight.h"

char LICENSE[] SEC("license") = "GPL";

struct bpf_iter__bpf_map_elem {
	void *key;
	void *value;
} __attribute__((preserve_access_index));

SEC("iter/bpf_map_elem")
int tell_table(struct bpf_iter__bpf_map_elem *ctx)
{
	const struct event_message *message = ctx->value;
	const __u64 *list = ctx->key;
	struct event_queued entry = {};

	if (!list || !message) {
		tell_end();
		return 0;
	}
	if (message->state != MESSAGE_SENDING && message->state != MESSAGE_QUEUED)
		return 0;
	entry.message = message->number;
	entry.list = *list;
	entry.sock = message->sock;
	entry.ino = message->ino;
	entry.first_file = message->first_file;
	entry.count = message->count;
	entry.queued = message->state == MESSAGE_QUEUED;
	tell(&entry);
	return 0;
}
