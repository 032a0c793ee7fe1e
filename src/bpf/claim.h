/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who sent it: a sender looks for its message when it has just been queued, and claims it: it is that of
 * this thread if it came from its socket, and has just the files that its system call names. Where it is
 * gone already, because somebody was waiting for it on another CPU, what the sender knows is told without
 * a number, and user space finds the message by socket and files.
 */
#ifndef FDPASS_CLAIM_H
#define FDPASS_CLAIM_H

#include "path.h"
#include "queue.h"
#include "told.h"

/*
 * Where a datagram goes that has an address: told as it is bound, a path up to its NUL and with it, an
 * abstract name as long as it is. From the sender's memory: a hint.
 */
static __always_inline void append_address(struct scratch *s, const struct user_message *message)
{
	__u32 length = message->name_length;
	char *to;

	if (!message->name || length <= sizeof(__u16) || length > sizeof(__u16) + EVENT_SUN_PATH)
		return;
	length -= sizeof(__u16);
	to = append_section(s, EVENT_SECTION_SOCKET_NAME, EVENT_OTHER, length);
	barrier_var(length);
	bpf_probe_read_user(to, length & 0x7f, (void *)message->name + sizeof(__u16));
}

/*
 * The same for message `index` of the current call. A global function: what it reads has no room in the
 * stack of whoever tells a claim.
 */
__attribute__((noinline)) int append_addressee(__u32 index)
{
	struct scratch *s = scratch_of(SCRATCH_BEGIN);
	struct user_message message;

	if (s && is_send(&s->call) && read_user_message(&message, &s->call, index))
		append_address(s, &message);
	return 0;
}

/*
 * Begin to tell that the current thread sent the files of s->lists from `sk` to `peer`, with the number;
 * where it is not known to whom, its call names an address perhaps. Its table is open.
 */
static __always_inline void describe_claim(struct scratch *s, __u64 number, struct sock *sk,
					   struct sock *peer, __u32 index)
{
	const struct call *call = &s->call; /* no copy: there is little stack left */
	__u32 count = s->nr_files, nr_fds = s->nr_fds;

	begin_record(s, EVENT_SENT, number, count, 2);
	s->nr_fds = nr_fds;
	write_current(SCRATCH_BEGIN);
	begin_files(s, count);
	describe_socket(s, EVENT_SELF, sk, is_send(call) ? fd_of_socket(s, call->fd, sk) : -1);
	describe_socket(s, EVENT_OTHER, peer, -1);
	append_socket_name(s, EVENT_SELF, probe((struct unix_sock *)sk, addr));
	if (peer)
		append_socket_name(s, EVENT_OTHER, probe((struct unix_sock *)peer, addr));
	else
		append_addressee(index);
	describe_files(SCRATCH_BEGIN);
}

/*
 * A claim and whoever takes the message can meet: either the taker notes itself in the place of the message
 * first, and both use its number; or the claim is withdrawn, and the taker gives the message another one.
 */
#define TAKER_NEVER 1 /* no thread: the claim was withdrawn */

#ifdef TYPED_READS

/* Of a taker: false where the claim was withdrawn. */
static __always_inline bool take_place(struct message *place, __u64 number)
{
	__u64 before = place->taker;

	return before != TAKER_NEVER &&
	       __sync_val_compare_and_swap(&place->taker, before, bpf_get_current_pid_tgid()) !=
		       TAKER_NEVER;
}

/* Of the sender: false where somebody has taken it with this number. */
static __always_inline bool withdraw(struct message *place, __u64 number)
{
	return place->number == number &&
	       !__sync_val_compare_and_swap(&place->taker, 0, TAKER_NEVER);
}

#else /* before 5.12 there is no such instruction */

static __always_inline bool take_place(struct message *place, __u64 number)
{
	__u64 thread = bpf_get_current_pid_tgid();

	if (!place->taker && decide(number, thread) == TAKER_NEVER)
		return false;
	place->taker = thread;
	return true;
}

static __always_inline bool withdraw(struct message *place, __u64 number)
{
	return decide(number, TAKER_NEVER) == TAKER_NEVER;
}

#endif

/* Put a claim into the table. False: it is withdrawn, somebody has taken the message before. */
static __always_inline bool add_claim(const struct scratch *s, __u64 skb, __u64 list,
				      const struct message *message)
{
	struct message *place = table_add(&messages, skb, message), *other;

	if (!place) {
		count_lost(EVENT_LOST_TABLE);
		return false;
	}
	other = table_find_other(&messages, skb, place);
	if (other && other->list != list) { /* the end of an earlier one was missed */
		forget_message((void *)skb, other->number);
		other = NULL;
	}
	if (!other && is_unchanged(s, skb, list, message->sender_sock))
		return true;
	if (!withdraw(place, message->number))
		return true;
	forget_message((void *)skb, message->number);
	return false;
}

/* The number of a message that others have put into the table, and nobody has claimed; or 0. */
static __always_inline __u64 unclaimed_number(__u64 skb, __u64 list)
{
	struct message found;

	if (!read_message(&found, (void *)skb) || found.list != list || found.sender_tid)
		return 0;
	return found.number;
}

/* Claim the message of this number, which the table has. False: somebody has claimed or taken it. */
static __always_inline bool adopt(const struct scratch *s, __u64 number, __u64 sk)
{
	__u64 thread = bpf_get_current_pid_tgid();

	return is_unchanged(s, s->look_at, s->look_list, sk) &&
	       decide(number | DECIDED_SENDER, thread) == thread;
}

/*
 * Claim the message s->look_at that was found in the queue, with the list s->look_list, the files of which
 * are in s->lists. What is described of them is true if it was queued still when it got its place in the
 * table: so that is looked at last.
 */
__attribute__((noinline)) int claim(__u64 sk, __u64 peer)
{
	struct scratch *s = scratch_of(SCRATCH_BEGIN);
	__u64 number, others;
	bool claimed;

	if (!s)
		return 0;
	others = s->look_known ? unclaimed_number(s->look_at, s->look_list) : 0;
	number = others ?: next_number(NUMBER_SENT);
	describe_claim(s, number, (struct sock *)sk, (struct sock *)peer, 0);
	s->claim = (struct message){
		.number = number,
		.list = s->look_list,
		.sock = peer,
		.ino = head_of(s)->sockets[EVENT_OTHER].socket.ino,
		.sender_sock = sk,
		.sender_tid = (__u32)bpf_get_current_pid_tgid(),
		.count = s->nr_files,
		.state = MESSAGE_QUEUED,
		.described = true,
	};
	claimed = others ? adopt(s, others, sk) : add_claim(s, s->look_at, s->look_list, &s->claim);
	if (!claimed) { /* somebody has taken it meanwhile, and does not know the number */
		s->event.message = 0;
		s->event.time_ns = record_clock();
		s->event.ago_ns = ago(s->event.time_ns, s->since_ns);
	}
	report_record(s);
	return 0;
}

/* Is the last message of the queue one from `sk`, without descriptors? And still the last when that was read. */
static __always_inline bool is_last_plain(__u64 sk, __u64 peer)
{
	__u64 head = peer + bpf_core_field_offset(struct sock, sk_receive_queue);
	struct sk_buff *last = probe((struct sk_buff *)head, prev);

	if (!last || (__u64)last == head || (__u64)probe(last, sk) != sk || !is_plain(last))
		return false;
	barrier();
	return probe((struct sk_buff *)head, prev) == last;
}

/*
 * The thread has sent its message, and has not claimed the last one of the queue: most probably another
 * thread has changed what its call names. Whatever its next calls name, they cannot have sent this one.
 * Returns whether there is such a message.
 */
__attribute__((noinline)) int bar_last(__u64 sk, __u64 peer)
{
	struct scratch *s = scratch_of(SCRATCH_BEGIN);
	__u64 head = peer + bpf_core_field_offset(struct sock, sk_receive_queue);
	struct message *place;
	struct sk_buff *last;
	__u64 list;

	if (!s)
		return 0;
	last = probe((struct sk_buff *)head, prev);
	if (!last || (__u64)last == head || (__u64)probe(last, sk) != sk)
		return 0;
	list = (__u64)list_of(last);
	place = find_message(last);
	if (!list || (place && place->list == list))
		return 0;
	s->claim = (struct message){
		.number = next_number(NUMBER_SENT),
		.list = list,
		.sock = peer,
		.sender_sock = sk,
		.count = probe((struct scm_fp_list *)list, count),
		.state = MESSAGE_QUEUED,
		.not_from = (__u32)bpf_get_current_pid_tgid(),
	};
	s->nr_files = s->claim.count;
	copy_kernel(s->lists, sizeof(s->lists[0]),
		    (void *)list + bpf_core_field_offset(struct scm_fp_list, fp));
	add_claim(s, as_number(s, last), list, &s->claim);
	return 1;
}

/*
 * ERESTARTSYS: a signal came before anything was sent. Whether the call then fails with EINTR or begins
 * anew is decided later: so this stands for all that is not known.
 */
#define ERESTARTSYS 512
#define ERROR_UNKNOWN (-ERESTARTSYS)

/*
 * Tell what message `index` of the current call names, without a number: it has left its queue, or it
 * failed with this error.
 */
__attribute__((noinline)) int tell_unnumbered(__u64 sk, __u64 peer, __u32 index, __s32 error)
{
	struct scratch *s = scratch_of(SCRATCH_BEGIN);

	if (!s)
		return 0;
	s->nr_files = s->nr_fds;
	find_named_files(s, SCRATCH_BEGIN);
	describe_claim(s, error ? next_number(NUMBER_SENT) : 0, (struct sock *)sk,
		       (struct sock *)peer, index);
	if (error) {
		s->event.flags |= EVENT_FAILED;
		/* up to ERESTART_RESTARTBLOCK */
		s->event.error = error <= -ERESTARTSYS && error >= -ERESTARTSYS - 4 ? 0 : error;
	} else {
		s->event.ago_ns = ago(s->event.time_ns, s->since_ns);
	}
	report_record(s);
	return 0;
}

enum claimed {
	CLAIMED_NOTHING, /* it names no descriptors, or cannot be read */
	CLAIMED_LATE, /* what it names is in the queue no more */
	CLAIMED,
};

/*
 * Look for message `index` of the current call, which goes from `sk` to `peer` (0: not known), in the queue,
 * and claim it. Returns enum claimed.
 */
__attribute__((noinline)) int claim_message(__u64 sk, __u64 peer, __u32 index)
{
	struct scratch *s = scratch_of(SCRATCH_BEGIN);

	if (!s || read_hint(index) != HINT_FILES)
		return CLAIMED_NOTHING;
	if (!peer || find_own(sk, peer) != FOUND_OWN)
		return CLAIMED_LATE;
	s->nr_files = s->nr_fds;
	claim(sk, peer);
	return CLAIMED;
}

/* The same for message s->next_message, and go on to the next. Returns 0 when one is claimed. */
static __always_inline int claim_next(struct scratch *s, __u64 sk, __u64 peer)
{
	int claimed = claim_message(sk, peer, s->next_message);

	if (claimed == CLAIMED) {
		s->told_message = s->next_message;
		return 0;
	}
	if (claimed == CLAIMED_LATE && s->told_message < 0)
		s->told_message = s->next_message;
	s->next_message++;
	if (s->next_message >= messages_of(&s->call))
		s->next_message = 0;
	return 1;
}

/*
 * Which of so many messages of the current call, from `first` on and those before it at last, was put into the queue
 * of `peer`: that is claimed. Where none of them is there, the first that names descriptors is told without a number.
 * Returns its index, or -1 where none names any.
 */
__attribute__((noinline)) int tell_queued(__u64 sk, __u64 peer, __u32 first, __u32 count)
{
	struct scratch *s = scratch_of(SCRATCH_BEGIN);

	if (!s)
		return -1;
	s->next_message = first;
	s->told_message = -1;
	for (__u32 i = 0; i < MAX_MESSAGES; i++) {
		if (i >= count)
			break;
		if (!claim_next(s, sk, peer))
			return s->told_message;
	}
	if (s->told_message < 0 || (peer && is_last_plain(sk, peer)))
		return -1;
	/* What the call names is not what it has sent, if that is what lies there, or if it has changed. */
	if ((peer && bar_last(sk, peer)) || read_hint(s->told_message) != HINT_FILES)
		count_lost(EVENT_LOST_READ);
	else
		tell_unnumbered(sk, peer, s->told_message, 0);
	return s->told_message;
}

#endif
