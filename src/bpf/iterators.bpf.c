// SPDX-License-Identifier: GPL-2.0-only
/*
 * State, not events: what user space asks for, by reading one of these iterators to its end. Look-ups from
 * there are none: while one of those is under way, the kernel skips every kprobe and tracepoint program on
 * that CPU (bpf_disable_instrumentation()).
 */
#include "event.h"
#include "kept.h"
#include "kernel.h"
#include "owner.h"
#include "table.h"

char LICENSE[] SEC("license") = "GPL";

/* What is in flight: the table of messages, since 5.9. The entries go through a ring buffer. */

/* struct event_queued: user space empties it after each run. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 << 20); /* more than the table has */
} queued SEC(".maps");

bool is_cut = false; /* some entry of this run found no room */

static __always_inline void tell(const struct event_queued *entry)
{
	if (bpf_ringbuf_output(&queued, (void *)entry, sizeof(*entry), BPF_RB_NO_WAKEUP))
		is_cut = true;
}

static __always_inline void tell_message(const struct message *message)
{
	struct event_queued entry = {
		.message = message->number,
		.ino = message->ino,
		.queued = message->state == MESSAGE_QUEUED,
	};

	if (entry.message &&
	    (message->state == MESSAGE_SENDING || message->state == MESSAGE_QUEUED))
		tell(&entry);
}

static __always_inline void tell_end(void)
{
	struct event_queued entry = { .cut = is_cut };

	is_cut = false;
	tell(&entry);
}

SEC("iter/bpf_map_elem")
int tell_table(struct bpf_iter__bpf_map_elem *ctx)
{
	const void *value = ctx->value;
	const struct bucket *bucket;

	if (!value) {
		tell_end();
		return 0;
	}
	bucket = value;
#pragma unroll
	for (int i = 0; i < BUCKET_SIZE; i++) {
		if (bucket->keys[i] > KEY_BUSY)
			tell_message(&bucket->messages[i]);
	}
	return 0;
}
