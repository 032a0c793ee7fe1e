// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is in flight now, from the table of messages of message.h. An iterator (since 5.9) rather
 * than look-ups from user space: while one of these is under way, the kernel skips every kprobe and
 * tracepoint program on that CPU (bpf_disable_instrumentation()).
 */
#include "in_flight.h"
#include "table.h"

char LICENSE[] SEC("license") = "GPL";

struct bpf_iter__bpf_map_elem {
	void *key;
	void *value;
} __attribute__((preserve_access_index));

static __always_inline void tell_message(__u64 list, const struct event_message *message)
{
	struct event_queued entry = {};

	if (!message->number ||
	    (message->state != MESSAGE_SENDING && message->state != MESSAGE_QUEUED))
		return;
	entry.message = message->number;
	entry.list = list;
	entry.sock = message->sock;
	entry.ino = message->ino;
	entry.first_file = message->first_file;
	entry.count = message->count;
	entry.queued = message->state == MESSAGE_QUEUED;
	tell(&entry);
}

SEC("iter/bpf_map_elem")
int tell_table(struct bpf_iter__bpf_map_elem *ctx)
{
	const __u64 *key = ctx->key;
	const void *value = ctx->value;

	if (!key || !value) {
		tell_end();
		return 0;
	}
#ifdef TYPED_READS
	const struct bucket *bucket = value;

#pragma unroll
	for (int i = 0; i < BUCKET_SIZE; i++) {
		if (bucket->lists[i])
			tell_message(bucket->lists[i], &bucket->messages[i]);
	}
#else
	tell_message(*key, value);
#endif
	return 0;
}
