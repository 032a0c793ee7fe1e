/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages as they lie in the receive queues of unix sockets: what the third way has instead of the
 * functions that make and end the lists. A message is known by its struct sk_buff, which is unique from
 * its sending to its end, and its struct scm_fp_list is read from there. A sender finds its own in the
 * queue by its socket, and by the files that its call names.
 */
#ifndef FDPASS_QUEUE_H
#define FDPASS_QUEUE_H

#include "hint.h"
#include "in_flight.h"
#include "skb.h"

/* Messages of a queue that are looked through for the sender's own. */
#define MAX_BEHIND 64

/*
 * Nothing goes or went with this message. One whose descriptors somebody takes at this moment is in its
 * queue without them for a while, but then something of it was read before: unix_stream_read_generic().
 */
static __always_inline bool is_plain(struct sk_buff *skb)
{
	return !list_of(skb) && !probe(parms_of(skb), consumed);
}

/*
 * Is it the message still of which s->lists has the files, from `sk`? What it lay in can be another message by
 * now: both the buffer and the list are soon used again.
 */
static __always_inline bool is_unchanged(const struct scratch *s, __u64 skb, __u64 list, __u64 sk)
{
	struct scm_fp_list *fp = (struct scm_fp_list *)list;
	__u64 first = 0;

	copy_kernel(&first, sizeof(first),
		    (void *)list + bpf_core_field_offset(struct scm_fp_list, fp));
	return (__u64)probe((struct sk_buff *)skb, sk) == sk &&
	       (__u32)probe(fp, count) == s->nr_files && first == s->lists[0] &&
	       is_linked((struct sk_buff *)skb, fp);
}

#define MATCHED_IN_CALL 32

/*
 * Some files of the list are not those that the hint's numbers lead to, which go into s->lists. Returns 0 when
 * all are the same.
 */
__attribute__((noinline)) int differ_from(__u64 list, __u32 first)
{
	struct scratch *s = scratch_of(SCRATCH_BEGIN);

	if (!s)
		return 1;
	for (__u32 i = 0; i < MATCHED_IN_CALL; i++) {
		__u32 index = first + i;
		__u64 file = 0, named;

		if (index >= s->nr_fds || index >= SCM_MAX_FD)
			return 0;
		named = file_at(s, *fd_at(s, index));
		*list_at(s, index) = named;
		copy_kernel(&file, sizeof(file),
			    (void *)list + bpf_core_field_offset(struct scm_fp_list, fp) +
				    index * sizeof(file));
		if (!file || file != named)
			return 1;
	}
	return 0;
}

/* Are the files of the list just those that the hint names, in the open table? Then s->lists has them. */
static __always_inline bool has_hinted_files(struct scratch *s, struct scm_fp_list *list)
{
	__u32 count = probe(list, count);
	__u64 address = as_number(s, list);

	if (count != s->nr_fds)
		return false;
	for (__u32 i = 0; i < SCM_MAX_FD; i += MATCHED_IN_CALL) {
		if (i >= count)
			break;
		if (differ_from(address, i))
			return false;
	}
	return true;
}

/* Has the kernel the tracepoints at the ends of sends and receives, and sk_data_ready? They came with 6.3. */
#ifndef has_lengths
const volatile bool has_lengths = true;
#endif

enum found {
	FOUND_NONE,
	FOUND_EARLIER, /* it is of an earlier call of this thread, as all that come before it */
	FOUND_OWN,
};

/* Who decided something about the message of a number: the first who enters it here. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 16384); /* far more than are decided about at one time */
	__type(key, __u64);
	__type(value, __u64);
} deciders SEC(".maps");

#define DECIDED_SENDER (1ULL << 63) /* beside a number: which thread has claimed it */

static __always_inline __u64 decide(__u64 number, __u64 caller)
{
	__u64 *first;

	bpf_map_update_elem(&deciders, &number, &caller, BPF_NOEXIST);
	first = bpf_map_lookup_elem(&deciders, &number);
	return first ? *first : caller;
}

#define NO_RUN (~0ULL) /* where a run claims one message only */

/* Was it claimed by the run of the program that is under way? It numbers what it claims one after the other. */
static __always_inline bool is_of_this_run(const struct scratch *s, const struct message *message)
{
	return message->number >> 40 == s->run >> 40 && message->number > s->run;
}

/*
 * What the table says of a message from the socket that the thread sends from. What was there before its
 * call began is not its own, and all that comes before that was.
 */
static __always_inline enum found found_in_table(const struct scratch *s,
						 const struct message *message)
{
	__u64 caller = bpf_get_current_pid_tgid(), *claimer, key;
	__u32 thread = caller;

	if (!message)
		return FOUND_OWN;
	if (!message->sender_tid) {
		key = message->number | DECIDED_SENDER;
		claimer = bpf_map_lookup_elem(&deciders, &key);
		if (claimer)
			return *claimer == caller ? FOUND_EARLIER : FOUND_NONE;
		return message->not_from == thread ? FOUND_EARLIER : FOUND_OWN;
	}
	return message->sender_tid != thread || is_of_this_run(s, message) ? FOUND_NONE :
									     FOUND_EARLIER;
}

/* Look at a message of the queue. */
static __always_inline enum found look_at_message(struct scratch *s, struct sk_buff *skb, __u64 sk)
{
	struct message *message;
	struct scm_fp_list *list;
	enum found found;

	list = (__u64)probe(skb, sk) == sk ? list_of(skb) : NULL;
	if (!list)
		return FOUND_NONE;
	message = find_message(skb);
	found = found_in_table(s, message);
	if (found != FOUND_OWN)
		return found;
	s->look_known = message;
	s->look_list = as_number(s, list);
	return has_hinted_files(s, list) ? FOUND_OWN : FOUND_NONE;
}

/*
 * Look for the last message of the hint from `sk` in the queue of `peer`; s->look_at and s->look_list are
 * what was found. Returns enum found.
 */
__attribute__((noinline)) int find_own(__u64 sk, __u64 peer)
{
	struct scratch *s = scratch_of(SCRATCH_BEGIN);
	__u64 head = peer + bpf_core_field_offset(struct sock, sk_receive_queue);

	if (!s)
		return FOUND_NONE;
	open_table(s);
	s->look_at = head;
	for (int i = 0; i < MAX_BEHIND; i++) {
		struct sk_buff *skb = (struct sk_buff *)s->look_at;
		enum found found;

		s->look_at = as_number(s, probe(skb, prev));
		if (!s->look_at || s->look_at == head)
			return FOUND_NONE;
		found = look_at_message(s, (struct sk_buff *)s->look_at, sk);
		if (found != FOUND_NONE)
			return found;
	}
	return FOUND_NONE;
}

static __always_inline struct sk_buff *head_of_queue(struct sock *sk)
{
	return (void *)sk + bpf_core_field_offset(struct sock, sk_receive_queue);
}

/*
 * The last message of the queue is from the only socket that it is connected to, and neither that nor the
 * one before has descriptors: so much of a queue is looked at for every message. It is the last one still when that
 * was read: what somebody takes meanwhile is soon another message, without descriptors perhaps.
 */
static __always_inline bool is_queued_plain(struct sock *peer)
{
	struct sk_buff *last = (void *)argument(peer, sk_receive_queue.prev), *before;
	struct sk_buff *head = head_of_queue(peer);

	if (last == head || probe(last, sk) != peer_of(peer) || !is_plain(last))
		return false;
	before = probe(last, prev);
	if (before != head && !is_plain(before))
		return false;
	barrier();
	return (void *)argument(peer, sk_receive_queue.prev) == last;
}

#endif
