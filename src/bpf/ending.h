/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What becomes of a queued message, as the third way sees it: on_taken() when somebody copies its data,
 * by whatever call, on_received() when that call is over and descriptors are installed, and on_freed()
 * when its buffer ends. All in whoever does it, with the message in hand.
 */
#ifndef FDPASS_ENDING_H
#define FDPASS_ENDING_H

#include "lost.h"
#include "received.h"

/* Is the message out of its queue, or its list out of the message? */
static __always_inline bool has_left(const struct taking *taking)
{
	struct sk_buff *skb = (struct sk_buff *)taking->skb;

	return taking->gone || !is_linked(skb, (struct scm_fp_list *)taking->list);
}

/*
 * The thread's call is over, or it goes on to another message than s->taking. It has taken that unless the data
 * could not be copied: then it lies in the queue still, or somebody else has looked at it since.
 */
static __always_inline void end_taking(struct scratch *s, struct kept_taking *kept, __u64 sk,
				       bool peek)
{
	const struct taking *taking = &s->taking;
	struct message *message = find_numbered((void *)taking->skb, taking->number);

	if (message && peek) {
		message->described = true; /* by this */
		tell_taken(sk, message->sender_sock, true);
	} else if (peek) {
		tell_taken(sk, 0, true);
	} else if (message && message->taker == bpf_get_current_pid_tgid() && has_left(taking)) {
		tell_taken(sk, message->sender_sock, false);
		forget_message((void *)s->taking.skb, s->taking.number);
	}
	forget_taking(kept);
}

/*
 * Before 6.3: the socket that this message is received on. It is the one of the call's descriptor, unless
 * another thread has put something else there since the call began: so it is told where nobody can, or
 * where the message was sent to it.
 */
__attribute__((noinline)) __u64 receiving_socket(__u64 skb)
{
	struct scratch *s = scratch_of(SCRATCH_END);
	struct sock *sk, *sender = probe((struct sk_buff *)skb, sk);
	struct message *message = find_message((void *)skb);

	if (!s || (!is_receive(&s->call) && s->call.kind != CALL_READ))
		return 0;
	sk = unix_socket_of(file_of_fd(current_task(), s->call.fd));
	if (!sk)
		return 0;
	if (s->taking.alone || (message && message->sock == (__u64)sk) ||
	    (probe(sk, sk_type) != SOCK_DGRAM && peer_of(sender) == sk))
		return as_number(s, sk);
	return 0;
}

/*
 * skb_copy_datagram_iovec(skb): the current thread copies the data of a message that has descriptors, from
 * `sender`. The message cannot end meanwhile.
 */
__attribute__((noinline)) int take(__u64 skb, __u64 list)
{
	struct scratch *s = scratch_of(SCRATCH_END);
	__u32 count = probe((struct scm_fp_list *)list, count);

	if (!s)
		return 0;
	/* Before its sender can see that it is taken: stray.c, times_agree(). */
	s->taking.time_ns = record_clock();
	if (!take_message(s, (void *)skb, (void *)list))
		return 0;
	if (count > SCM_MAX_FD)
		count = SCM_MAX_FD;
	s->taking.skb = skb;
	s->taking.number = s->claim.number;
	s->taking.list = list;
	s->taking.call = s->call;
	s->taking.count = count;
	s->taking.described = s->claim.described;
	s->taking.unclaimed = !s->claim.sender_tid;
	if (!has_lengths)
		find_room();
	s->taking.gone = false;
	note_free(s);
	s->taking.sk = has_lengths ? 0 : receiving_socket(skb);
	keep_taking(s, (void *)list);
	return 0;
}

/* The thread took the message s->taking, and what it did with the descriptors is not seen. */
__attribute__((noinline)) int tell_unseen(void)
{
	struct scratch *s = scratch_of(SCRATCH_END);
	const struct taking *taking;
	struct message *message;
	__u64 sender = 0, sk = 0;

	if (!s)
		return 0;
	taking = &s->taking;
	message = find_numbered((void *)taking->skb, taking->number);
	if (message) {
		sender = message->sender_sock;
		sk = message->sock;
	}
	if (!sk && sender && probe((struct sock *)sender, sk_type) != SOCK_DGRAM)
		sk = as_number(s, peer_of((struct sock *)sender));
	begin_end(s, EVENT_RECEIVED, taking->number, taking->count, taking->unclaimed,
		  (struct sock *)sender);
	s->event.ago_ns = ago(s->event.time_ns, taking->time_ns);
	if (!taking->described)
		begin_files(s, taking->count);
	describe_taker(s, (struct sock *)sk, !taking->described);
	if (!taking->described)
		describe_files(SCRATCH_END);
	report_record(s);
	forget_message((void *)s->taking.skb, s->taking.number);
	return 0;
}

/*
 * The end of the call that took the message s->taking was not seen: tracing began meanwhile, or the kernel did
 * not run the program. What is still in its queue was only peeked at.
 */
static __always_inline void end_missed(struct scratch *s, struct kept_taking *kept)
{
	if (has_left(&s->taking))
		tell_unseen();
	forget_taking(kept);
}

static __always_inline void on_taken(struct sk_buff *skb, struct scm_fp_list *list)
{
	struct scratch *s = scratch_of(SCRATCH_END);
	struct kept_taking *before;
	__u64 number;

	if (!s)
		return;
	/* Not in take(): the stacks of both together are more than a program may have, as some compilers lay them out. */
	before = nr_takings ? load_taking(s) : NULL;
	if (before && has_lengths)
		end_missed(s, before);
	else if (before) /* the one before in recvmmsg(2) */
		end_taking(s, before, s->taking.sk, false);
	read_call(SCRATCH_END);
	number = as_number(s, list);
	take(as_number(s, skb), number);
}

/* sock_recv_length(sk, result, flags), since 6.3: the current thread's receive is over. */
static __always_inline void on_received(struct sock *sk, int result, int flags)
{
	struct scratch *s = scratch_of(SCRATCH_END);
	struct kept_taking *kept = s ? load_taking(s) : NULL;

	if (!s || !kept)
		return;
	if (result < 0)
		forget_taking(kept); /* its data could not be copied */
	else
		end_taking(s, kept, sk ? as_number(s, sk) : s->taking.sk, flags & MSG_PEEK);
}

/* A message is dropped with its descriptors, in whoever does that. */
__attribute__((noinline)) int tell_dropped(__u64 skb, __u64 list)
{
	struct scratch *s = scratch_of(SCRATCH_END);
	bool known;
	__u64 number, sk = 0;
	__u32 count;
	bool described = false, unclaimed = true;

	if (!s)
		return 0;
	read_call(SCRATCH_END);
	known = read_message(&s->claim, (void *)skb) && s->claim.list == list;
	/* A send that is refused: it was in no queue, and how it failed is told by its result. */
	if (!known && (is_send(&s->call) || s->call.kind == CALL_IO_URING))
		return 0;
	if (known) {
		number = s->claim.number;
		sk = s->claim.sock;
		described = s->claim.described;
		unclaimed = !s->claim.sender_tid;
	} else {
		number = next_number(NUMBER_ENDED);
	}
	count = probe((struct scm_fp_list *)list, count);
	if (count > SCM_MAX_FD)
		count = SCM_MAX_FD;
	begin_end(s, EVENT_LOST, number, count, unclaimed, probe((struct sk_buff *)skb, sk));
	if (!described)
		begin_files(s, count);
	describe_taker(s, (struct sock *)sk, !described);
	s->event.fate = is_receive(&s->call) ? EVENT_FATE_DROPPED :
					       why_lost(&s->call, (struct sock *)sk);
	if (!described) {
		read_files(s, (struct scm_fp_list *)list, count);
		describe_files(SCRATCH_END);
	}
	report_record(s);
	if (known) /* what is not in the table has been told */
		forget_message((void *)skb, number);
	return 0;
}

/*
 * A message ends without its list, and nobody was seen to receive it: splice(2) took its data. Else the kernel did not
 * run the program that sees that.
 */
__attribute__((noinline)) int tell_spliced(__u64 skb)
{
	struct scratch *s = scratch_of(SCRATCH_END);
	bool received;

	if (!s || !read_message(&s->claim, (void *)skb))
		return 0;
	read_call(SCRATCH_END);
	received = is_receive(&s->call) || s->call.kind == CALL_IO_URING;
	begin_end(s, received ? EVENT_RECEIVED : EVENT_LOST, s->claim.number, s->claim.count,
		  !s->claim.sender_tid, (struct sock *)s->claim.sender_sock);
	describe_taker(s, (struct sock *)s->claim.sock, false);
	if (!received)
		s->event.fate = EVENT_FATE_READ;
	report_record(s);
	forget_message((void *)skb, s->event.message);
	return 0;
}

/*
 * Before 6.3 (sock_recv_length()) only the end of recvmsg(2) and recvmmsg(2) tells that a receive is over. All
 * others are over for us when the buffer ends; what io_uring then installs is not known.
 */
static __always_inline bool tells_its_end(const struct call *call)
{
	return has_lengths || is_receive(call);
}

/* Before 6.3: a receive that is over for us when the buffer ends. */
static __always_inline void end_unseen(void)
{
	struct scratch *s = scratch_of(SCRATCH_END);
	struct kept_taking *kept = s ? load_taking(s) : NULL;

	if (!s || !kept)
		return;
	s->taking.gone = true;
	if (s->call.kind == CALL_READ) {
		end_taking(s, kept, s->taking.sk, false);
	} else {
		tell_unseen();
		forget_taking(kept);
	}
}

/* The buffer of the message that the thread has taken ends. */
static __always_inline void end_of_buffer(struct taking *taking)
{
	taking->gone = true;
	if (tells_its_end(&taking->call))
		/* Until then the sender may have the buffer again, for its next message. */
		retire_message((void *)taking->skb, taking->number);
	else
		end_unseen();
}

/* A buffer ends with its descriptors. */
static __always_inline void on_freed_with_list(struct sk_buff *skb, struct scm_fp_list *list)
{
	struct scratch *s = scratch_of(SCRATCH_END);
	__u64 number;

	if (!s)
		return;
	number = as_number(s, list);
	tell_dropped(as_number(s, skb), number);
}

/* Is this the buffer of the message that the thread has taken? */
static __always_inline bool is_buffer_of(const struct kept_taking *kept, const struct sk_buff *skb)
{
	__u64 taken = kept->taking.skb;

	barrier_var(taken); /* else clang makes one expression of it, which the verifier refuses */
	return taken == (__u64)skb;
}

/* A message's buffer ends. Runs in softirqs too, for buffers that are no unix socket's. */
static __always_inline void on_freed(struct sk_buff *skb, struct scm_fp_list *list)
{
	struct kept_taking *kept;
	struct scratch *s;

	if (list) {
		on_freed_with_list(skb, list);
		return;
	}
	kept = nr_takings ? find_of_call(takings) : NULL;
	if (kept && is_buffer_of(kept, skb)) {
		end_of_buffer(&kept->taking);
	} else if (find_message(skb)) {
		s = scratch_of(SCRATCH_END);
		if (s)
			tell_spliced(as_number(s, skb));
	}
}

#endif
