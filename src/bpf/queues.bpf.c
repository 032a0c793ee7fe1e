// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is in flight now, where no table tells it: every unix socket of a network namespace, and each
 * message with descriptors in its receive queue. A connection that is not accepted yet has a socket
 * of its own here.
 *
 * The kernel calls iter/unix (since 5.15) with the socket's state locked, so nobody sends to it
 * meanwhile; but a receiver takes messages out under another lock. What a walk met is told only if
 * the message was still linked after it was read, and a walk that lost its way says so: see
 * event_queued.position.
 */
#include "in_flight.h"
#include "socket.h"

char LICENSE[] SEC("license") = "GPL";

/* Messages that are told of one queue. */
#define MAX_TOLD 2048
/* Buffers without descriptors that may lie between two messages with some. */
#define MAX_BUFFERS 4096

struct bpf_iter__unix {
	struct unix_sock *unix_sk;
} __attribute__((preserve_access_index));

enum found { FOUND_NONE, FOUND_MESSAGE, FOUND_END, FOUND_BROKEN };

/* A walk through a receive queue. */
struct queue_walk {
	__u64 head;
	__u64 previous; /* the head or a buffer that was linked a moment ago */
	__u64 list; /* of the message that was found */
	__u64 first_file;
	__u32 position;
	__u32 count;
};

static __always_inline struct scm_fp_list *list_of(struct sk_buff *buffer)
{
	/* UNIXCB() of net/af_unix.h */
	return get((struct unix_skb_parms *)((void *)buffer +
					     bpf_core_field_offset(struct sk_buff, cb)),
		   fp);
}

/* One buffer further. A global function, as the next one: the verifier checks it once. */
__attribute__((noinline)) int look_at_next(struct queue_walk *walk)
{
	struct sk_buff *previous, *buffer;
	struct scm_fp_list *list;

	if (!walk)
		return FOUND_BROKEN;
	previous = (struct sk_buff *)walk->previous;
	buffer = get(previous, next);
	if ((__u64)buffer == walk->head)
		return FOUND_END;
	if (!buffer)
		return FOUND_BROKEN;
	list = list_of(buffer);
	walk->count = 0;
	if (list) {
		walk->list = (__u64)list;
		walk->count = get(list, count);
		walk->first_file = (__u64)get(list, fp[0]);
	}
	if (get(previous, next) != buffer)
		return FOUND_BROKEN;
	walk->previous = (__u64)buffer;
	walk->position++;
	return walk->count ? FOUND_MESSAGE : FOUND_NONE;
}

/* The next message with descriptors. */
__attribute__((noinline)) int find_queued(struct queue_walk *walk)
{
	if (!walk)
		return FOUND_BROKEN;
	for (int i = 0; i < MAX_BUFFERS; i++) {
		int found = look_at_next(walk);

		if (found != FOUND_NONE)
			return found;
	}
	return FOUND_BROKEN;
}

SEC("iter/unix")
int in_queues(struct bpf_iter__unix *ctx)
{
	struct sock *sk = (struct sock *)ctx->unix_sk;
	struct event_queued entry = {};
	struct queue_walk walk = {};
	int found = FOUND_NONE;

	if (!sk) {
		tell_end();
		return 0;
	}
	netns = netns_of(sk);
	walk.head = (__u64)sk + bpf_core_field_offset(struct sock, sk_receive_queue);
	walk.previous = walk.head;
	entry.sock = (__u64)sk;
	entry.ino = socket_inode(sk);
	entry.queued = 1;
	for (int i = 0; i < MAX_TOLD; i++) {
		found = find_queued(&walk);
		if (found != FOUND_MESSAGE)
			break;
		entry.list = walk.list;
		entry.first_file = walk.first_file;
		entry.position = walk.position - 1;
		entry.count = walk.count;
		if (!tell(&entry))
			return 0;
	}
	if (found != FOUND_END) {
		entry.list = 0;
		entry.first_file = 0;
		entry.count = 0;
		tell(&entry);
	}
	return 0;
}
