/* SPDX-License-Identifier: GPL-2.0-only */
/* A send, from when its message is queued until its call is over: since 6.3 tracepoints tell both. */
#ifndef FDPASS_SENDING_H
#define FDPASS_SENDING_H

#include "claim.h"
#include "thread.h"

/* io_uring names the descriptors in memory of its own: the message is the last one of the queue. */
static __always_inline void tell_sent_by_ring(struct sk_buff *skb, struct sock *peer)
{
	struct scratch *s = scratch_of(SCRATCH_BEGIN);
	struct scm_fp_list *list = list_of(skb);
	__u32 count;

	if (!s || !list || find_message(skb))
		return;
	count = probe(list, count);
	if (count > SCM_MAX_FD)
		return;
	read_files(s, list, count);
	s->nr_files = count;
	s->nr_fds = 0;
	s->look_known = false;
	s->look_at = as_number(s, skb);
	s->look_list = as_number(s, list);
	claim(as_number(s, probe(skb, sk)), as_number(s, peer));
}

/* A thread that sends, several messages perhaps. */
struct sending {
	__u64 message; /* of its system call */
	__u64 time_ns; /* when it last sent something */
	__u32 next; /* of sendmmsg: the message that comes next */
};

/* Of a thread that falls out of the hash, the number is looked for anew. */
DECLARE_OF_THREADS(sendings, struct sending, BPF_MAP_TYPE_LRU_HASH, 0, 4096);

/* When the current thread last sent something; 0: not known. */
static __always_inline __u64 last_sent(void)
{
	struct sending *sending = find_of_thread(sendings);

	return sending ? sending->time_ns : 0;
}

/* The current thread has sent what it told nothing of. */
static __always_inline void note_sent(void)
{
	struct sending *sending = room_of_thread(sendings);

	if (sending)
		*sending = (struct sending){ .time_ns = record_clock() };
}

/* A thread is sending a message, in several parts perhaps, and has told it. */
struct told_send {
	__u64 thread;
	__u64 message; /* of its system call */
	__u32 index; /* in that */
	__u32 many; /* it can have others */
};

DECLARE_OF_CALLS(told_sends, struct told_send, 0, 4096);

/* How many there are: at most too many. */
__u32 nr_sending = 0;

/* Which message of the call is the one that is being sent, as far as it is known. */
static __always_inline __u32 index_of(const struct call *call, const struct sending *sending)
{
	return sending && sending->message == call->message && call->kind == CALL_SEND_MANY &&
			       sending->next < call->count ?
		       sending->next :
		       0;
}

/* Message `index` of the call is told, by the record that s->event is; `told`: one before, whose end was missed. */
static __always_inline void note_told(const struct scratch *s, struct sending *sending,
				      struct told_send *told, __u32 index)
{
	const struct call *call = &s->call;

	if (!told) {
		told = room_of_call(told_sends);
		if (told)
			__sync_fetch_and_add(&nr_sending, 1);
	}
	if (told) {
		told->message = call->message;
		told->index = index;
		told->many = call->kind == CALL_SEND_MANY;
	}
	*sending = (struct sending){
		.message = call->message,
		/* What has no number can have been taken while that was told. */
		.time_ns = s->event.message ? s->event.time_ns : record_clock(),
		.next = index + 1,
	};
}

/*
 * sk_data_ready(peer), since 6.3 (40e0b0908142 "net/sock: Introduce trace_sk_data_ready()"): the current
 * thread has put something into the queue of this unix socket, and not yet woken who waits for it. Not called
 * where is_queued_plain().
 */
static __always_inline void on_queue(struct sock *peer)
{
	struct sk_buff *last = (void *)argument(peer, sk_receive_queue.prev);
	struct sock *sk = peer_of(peer);
	struct scratch *s = scratch_of(SCRATCH_BEGIN);
	struct sending *sending;
	const struct call *call;
	struct told_send *told;
	int index;

	if (!s)
		return;
	read_call(SCRATCH_BEGIN);
	call = &s->call;
	if (call->kind == CALL_IO_URING) {
		if (last != head_of_queue(peer))
			tell_sent_by_ring(last, peer);
		return;
	}
	if (!is_send(call))
		return;
	told = find_of_call(told_sends);
	if (told && told->message == call->message)
		return;
	sending = room_of_thread(sendings);
	if (!sk || argument(peer, sk_type) == SOCK_DGRAM)
		sk = unix_socket_of(file_of_fd(current_task(), call->fd));
	if (!sk)
		return;
	s->run = NO_RUN;
	s->since_ns = sending ? sending->time_ns : 0;
	if (call->kind == CALL_SEND &&
	    claim_message(as_number(s, sk), as_number(s, peer), 0) == CLAIMED)
		index = 0;
	else
		index = tell_queued(as_number(s, sk), as_number(s, peer), index_of(call, sending),
				    messages_of(call));
	if (index >= 0) {
		if (sending)
			note_told(s, sending, told, index);
	} else if (bar_last(as_number(s, sk), as_number(s, peer))) {
		/* it named something when it was sent */
		count_lost(EVENT_LOST_READ);
		note_sent();
	}
}

/* A call of sendmmsg(2) is over: another one can begin anew with the same messages. */
static __always_inline void end_many(void)
{
	struct sending *sending = find_of_thread(sendings);

	if (sending)
		sending->message = 0;
}

/* After a message that is sent in part only, as a stream that is full allows, sendmmsg(2) returns. */
static __always_inline void end_if_partial(__u32 index, int sent)
{
	read_call(SCRATCH_BEGIN);
	if (sent < 0 || (__u32)sent < length_of_message(index))
		end_many();
}

/* The socket that message `index` of the call goes to from `sk`: NULL where its address says so. */
static __always_inline struct sock *addressee_of(struct sock *sk, const struct call *call,
						 __u32 index)
{
	struct user_message message;

	if (probe(sk, sk_type) == SOCK_DGRAM && read_user_message(&message, call, index) &&
	    message.name)
		return NULL;
	return peer_of(sk);
}

/* sock_send_length(sk, result), since 6.3: the current thread's send is over. */
static __always_inline void on_send_done(struct sock *sk, int result)
{
	struct scratch *s = scratch_of(SCRATCH_BEGIN);
	struct told_send *told = find_of_call(told_sends);
	__u32 index;
	int hint;

	if (told) {
		if (told->many)
			end_if_partial(told->index, result);
		free_of_call(told_sends, told);
		__sync_fetch_and_add(&nr_sending, -1);
		return;
	}
	if (result >= 0 || !s)
		return;
	read_call(SCRATCH_BEGIN);
	index = index_of(&s->call, find_of_thread(sendings));
	hint = read_hint(index);
	if (hint == HINT_FILES)
		tell_unnumbered(as_number(s, sk), as_number(s, addressee_of(sk, &s->call, index)),
				index, result);
	else if (hint == HINT_UNREAD)
		count_lost(EVENT_LOST_READ);
	end_many();
}

#endif
