/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Messages as they lie in the receive queues of unix sockets: what the third way has instead of the
 * functions that make and end the lists. A message is known by its struct sk_buff, which is unique from
 * its sending to its end, and its struct scm_fp_list is read from there.
 *
 * Who sent it: a sender looks for its message when it has just been queued (on_queue), and claims it: it
 * is that of this thread if it came from its socket, and has just the files that its system call
 * names. Where it is gone already, because somebody was waiting for it on another CPU, what the sender
 * knows is told without a number, and user space finds the message by socket and files.
 */
#ifndef FDPASS_QUEUE_H
#define FDPASS_QUEUE_H

#include "hint.h"
#include "in_flight.h"
#include "path.h"
#include "task.h"

/* Messages of a queue that are looked through for the sender's own. */
#define MAX_BEHIND 64

/* UNIXCB() of net/af_unix.h */
static __always_inline struct unix_skb_parms *parms_of(struct sk_buff *skb)
{
	return (void *)skb + bpf_core_field_offset(struct sk_buff, cb);
}

static __always_inline struct scm_fp_list *list_of(struct sk_buff *skb)
{
	return probe(parms_of(skb), fp);
}

/*
 * Nothing goes or went with this message. One whose descriptors somebody takes at this moment is in its
 * queue without them for a while, but then something of it was read before: unix_stream_read_generic().
 */
static __always_inline bool is_plain(struct sk_buff *skb)
{
	return !list_of(skb) && !probe(parms_of(skb), consumed);
}

/* Is the message in its queue still? A buffer that was taken out leads nowhere. */
static __always_inline bool is_linked(struct sk_buff *skb, struct scm_fp_list *list)
{
	struct sk_buff *next = probe(skb, next);

	return next && probe(next, prev) == skb && list_of(skb) == list;
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
	return (__u64)probe((struct sk_buff *)skb, sk) == sk && (__u32)probe(fp, count) == s->nr_files &&
	       first == s->lists[0] && is_linked((struct sk_buff *)skb, fp);
}

/* Some files of the list are not those of the hint. Returns 0 when all are the same. */
__attribute__((noinline)) int differ_from(__u64 list, __u32 first)
{
	struct scratch *s = scratch_of(SCRATCH_BEGIN);

	if (!s)
		return 1;
	for (__u32 i = 0; i < FILES_IN_CALL; i++) {
		__u32 index = first + i;
		__u64 file = 0;

		if (index >= s->nr_fds || index >= SCM_MAX_FD)
			return 0;
		copy_kernel(&file, sizeof(file),
			    (void *)list + bpf_core_field_offset(struct scm_fp_list, fp) +
				    index * sizeof(file));
		if (!file || file != *list_at(s, index))
			return 1;
	}
	return 0;
}

/* Are the files of the list just those that the hint names? */
static __always_inline bool has_hinted_files(struct scratch *s, struct scm_fp_list *list)
{
	__u32 count = probe(list, count);
	__u64 address = as_number(s, list);

	if (count != s->nr_fds)
		return false;
	for (__u32 i = 0; i < SCM_MAX_FD; i += FILES_IN_CALL) {
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
	FOUND_CLAIMED, /* this thread has claimed it before */
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

/* Was it claimed by the run of the program that is under way? It numbers what it claims one after the other. */
static __always_inline bool is_of_this_run(const struct scratch *s, const struct message *message)
{
	return message->number >> 40 == s->run >> 40 && message->number > s->run;
}

/*
 * What the table says of a message from the socket that the thread sends from. Before 6.3 a thread looks for
 * its message when its call is over: not behind one that was there before that call.
 */
static __always_inline enum found found_in_table(const struct scratch *s,
						 const struct message *message)
{
	__u64 caller = bpf_get_current_pid_tgid(), *claimer, key;
	__u32 thread = caller;

	if (!message)
		return FOUND_OWN;
	if (has_lengths)
		return message->sender_tid == thread ? FOUND_CLAIMED : FOUND_NONE;
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

/* Look at the message s->look_at of the queue. Returns enum found. */
__attribute__((noinline)) int look_at_message(__u64 sk)
{
	struct scratch *s = scratch_of(SCRATCH_BEGIN);
	struct scm_fp_list *list;
	struct sk_buff *skb;
	enum found found;

	if (!s)
		return FOUND_NONE;
	skb = (struct sk_buff *)s->look_at;
	list = (__u64)probe(skb, sk) == sk ? list_of(skb) : NULL;
	if (!list)
		return FOUND_NONE;
	found = found_in_table(s, find_message(skb));
	if (found == FOUND_NONE || found == FOUND_EARLIER)
		return found;
	s->look_list = as_number(s, list);
	return has_hinted_files(s, list) ? found : FOUND_NONE;
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
	s->look_at = head;
	for (int i = 0; i < MAX_BEHIND; i++) {
		struct sk_buff *skb = (struct sk_buff *)s->look_at;
		int found;

		s->look_at = as_number(s, probe(skb, prev));
		if (!s->look_at || s->look_at == head)
			return FOUND_NONE;
		found = look_at_message(sk);
		if (found != FOUND_NONE)
			return found;
	}
	return FOUND_NONE;
}

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
 * where it is not known to whom, its call names an address perhaps.
 */
static __always_inline void describe_claim(struct scratch *s, __u64 number, struct sock *sk,
					   struct sock *peer, __u32 index)
{
	struct task_struct *task = current_task();
	const struct call *call = &s->call; /* no copy: there is little stack left */
	__u32 count = s->nr_files, nr_fds = s->nr_fds;

	read_call(SCRATCH_BEGIN);
	begin_record(s, EVENT_SENT, number, count, 2);
	s->nr_fds = nr_fds;
	write_current(s);
	begin_files(s, count);
	describe_socket(s, EVENT_SELF, sk, is_send(call) ? fd_of_socket(task, call->fd, sk) : -1);
	describe_socket(s, EVENT_OTHER, peer, -1);
	append_socket_name(s, EVENT_SELF, probe((struct unix_sock *)sk, addr));
	if (peer)
		append_socket_name(s, EVENT_OTHER, probe((struct unix_sock *)peer, addr));
	else
		append_addressee(index);
	describe_files(s, SCRATCH_BEGIN);
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
	struct message *found = find_message((void *)skb), *place;

	if (found && found->list != list) /* the end of an earlier one was missed */
		forget_message((void *)skb, found->number);
	else if (found)
		return false;
	place = table_add(&messages, skb, message);
	if (!place) {
		count_lost(EVENT_LOST_TABLE);
		return false;
	}
	if (!table_find_other(&messages, skb, place) &&
	    is_unchanged(s, skb, list, message->sender_sock))
		return true;
	if (!withdraw(place, message->number))
		return true;
	forget_message((void *)skb, message->number);
	return false;
}

/* Before 6.3: the number of a message that others have put into the table, and nobody has claimed; or 0. */
static __always_inline __u64 unclaimed_number(__u64 skb, __u64 list)
{
	struct message found;

	if (has_lengths || !read_message(&found, (void *)skb) || found.list != list ||
	    found.sender_tid)
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
	others = unclaimed_number(s->look_at, s->look_list);
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
	claimed = others ? adopt(s, others, sk) :
			   add_claim(s, s->look_at, s->look_list, &s->claim);
	if (!claimed)
		s->event.message = 0; /* its taker does not know it */
	report_record(s);
	return 0;
}

/*
 * Before 6.3: the thread's call is over, and it has not claimed the last message of the queue, since another
 * thread has changed what the call names. Whatever the next calls name, they cannot have sent this one.
 * Returns whether there is such a message.
 */
__attribute__((noinline)) int bar_last(__u64 sk, __u64 peer)
{
	struct scratch *s = scratch_of(SCRATCH_BEGIN);
	__u64 head = peer + bpf_core_field_offset(struct sock, sk_receive_queue);
	struct sk_buff *last;
	__u64 list;

	if (!s)
		return 0;
	last = probe((struct sk_buff *)head, prev);
	if (!last || (__u64)last == head || (__u64)probe(last, sk) != sk)
		return 0;
	list = (__u64)list_of(last);
	if (!list || find_message(last))
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
	describe_claim(s, error ? next_number(NUMBER_SENT) : 0, (struct sock *)sk,
		       (struct sock *)peer, index);
	if (error) {
		s->event.flags |= EVENT_FAILED;
		/* up to ERESTART_RESTARTBLOCK */
		s->event.error = error <= -ERESTARTSYS && error >= -ERESTARTSYS - 4 ? 0 : error;
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
	if (!peer)
		return CLAIMED_LATE;
	switch (find_own(sk, peer)) {
	case FOUND_OWN:
		s->nr_files = s->nr_fds;
		claim(sk, peer);
		return CLAIMED;
	case FOUND_CLAIMED:
		return CLAIMED;
	}
	return CLAIMED_LATE;
}

/* The same for message s->next_message, and go on to the next. Returns 0 when one is claimed. */
__attribute__((noinline)) int claim_next(__u64 sk, __u64 peer)
{
	struct scratch *s = scratch_of(SCRATCH_BEGIN);
	int claimed;

	if (!s)
		return 0;
	claimed = claim_message(sk, peer, s->next_message);
	if (claimed == CLAIMED) {
		s->told_message = s->next_message;
		return 0;
	}
	if (claimed == CLAIMED_LATE && s->told_message < 0)
		s->told_message = s->next_message;
	s->next_message++;
	return 1;
}

/*
 * Which of the messages of the current call, from `first` on, was put into the queue of `peer`: that is
 * claimed. Where none of them is there, the first that names descriptors is told without a number. Returns
 * its index, or -1 where none names any.
 */
__attribute__((noinline)) int tell_queued(__u64 sk, __u64 peer, __u32 first, __u32 count)
{
	struct scratch *s = scratch_of(SCRATCH_BEGIN);

	if (!s)
		return -1;
	s->next_message = first;
	s->told_message = -1;
	for (__u32 i = 0; i < MAX_MESSAGES; i++) {
		if (s->next_message >= count)
			break;
		if (!claim_next(sk, peer))
			return s->told_message;
	}
	if (s->told_message < 0 || read_hint(s->told_message) != HINT_FILES)
		return s->told_message;
	/* What the call names now is not what it has sent, if that is what lies there. */
	if (!has_lengths && peer && bar_last(sk, peer))
		count_lost(EVENT_LOST_READ);
	else
		tell_unnumbered(sk, peer, s->told_message, 0);
	return s->told_message;
}

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
	s->look_at = as_number(s, skb);
	s->look_list = as_number(s, list);
	claim(as_number(s, probe(skb, sk)), as_number(s, peer));
}

/* A thread that sends several messages, or one in several parts. */
struct sending {
	__u64 message; /* of its system call */
	__u32 next; /* of sendmmsg: the message that comes next */
	__u32 told; /* the message that is being sent is told */
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries,
	       4096); /* threads; of one that falls out, the number is looked for anew */
	__type(key, __u64);
	__type(value, struct sending);
} sendings SEC(".maps");

/* Threads that have told a message and are not known to be done with it. At most too many. */
__u32 nr_sending = 0;

static __always_inline struct sending *find_sending(const struct call *call)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct sending *sending = bpf_map_lookup_elem(&sendings, &thread);

	return sending && sending->message == call->message ? sending : NULL;
}

/* Which message of the call is the one that is being sent, as far as it is known. */
static __always_inline __u32 index_of(const struct call *call, const struct sending *sending)
{
	return sending && call->kind == CALL_SEND_MANY && sending->next < call->count ?
		       sending->next :
		       0;
}

static __always_inline void note_told(const struct call *call, __u32 index)
{
	__u64 thread = bpf_get_current_pid_tgid();
	struct sending sending = { call->message, index + 1, true };

	if (!bpf_map_update_elem(&sendings, &thread, &sending, BPF_ANY))
		__sync_fetch_and_add(&nr_sending, 1);
}

static __always_inline struct sk_buff *head_of_queue(struct sock *sk)
{
	return (void *)sk + bpf_core_field_offset(struct sock, sk_receive_queue);
}

/*
 * The last message of the queue is from the only socket that it is connected to, and neither that nor the
 * one before has descriptors: so much of a queue is looked at for every message.
 */
static __always_inline bool is_queued_plain(struct sock *peer)
{
	struct sk_buff *last = (void *)argument(peer, sk_receive_queue.prev), *before;
	struct sk_buff *head = head_of_queue(peer);

	if (last == head || probe(last, sk) != peer_of(peer) || !is_plain(last))
		return false;
	before = probe(last, prev);
	return before == head || is_plain(before);
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
	struct call call;
	int index;

	if (!s)
		return;
	call = current_call(SCRATCH_BEGIN);
	if (call.kind == CALL_IO_URING) {
		if (last != head_of_queue(peer))
			tell_sent_by_ring(last, peer);
		return;
	}
	if (!is_send(&call))
		return;
	sending = find_sending(&call);
	if (sending && sending->told)
		return;
	if (!sk || argument(peer, sk_type) == SOCK_DGRAM)
		sk = unix_socket_of(file_of_fd(current_task(), call.fd));
	if (!sk)
		return;
	index = tell_queued(as_number(s, sk), as_number(s, peer), index_of(&call, sending),
			    call.kind == CALL_SEND_MANY ? call.count : 1);
	if (index >= 0)
		note_told(&call, index);
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
	struct sending *sending;
	struct call call;
	__u32 index;
	int hint;

	call = current_call(SCRATCH_BEGIN);
	sending = find_sending(&call);
	index = index_of(&call, sending);
	if (sending && sending->told) {
		sending->told = false;
		__sync_fetch_and_add(&nr_sending, -1);
		return;
	}
	if (result >= 0 || !s)
		return;
	hint = read_hint(index);
	if (hint == HINT_FILES)
		tell_unnumbered(as_number(s, sk), as_number(s, addressee_of(sk, &call, index)),
				index, result);
	else if (hint == HINT_UNREAD)
		count_lost(EVENT_LOST_READ);
}

#endif
