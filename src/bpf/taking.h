/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What becomes of a queued message, as the third way sees it: on_taken() when somebody copies its data,
 * by whatever call, on_received() when that call is over and descriptors are installed, and on_freed()
 * when its buffer ends. All in whoever does it, with the message in hand.
 *
 * Which numbers the descriptors got is told by the receiver's table, not by its memory: the kernel gives
 * the lowest that are free, one after the other. So those that were free when the message was taken,
 * and lead to its files when the call is over, are the ones.
 */
#ifndef FDPASS_TAKING_H
#define FDPASS_TAKING_H

#include "install.h"
#include "lost.h"
#include "queue.h"

/* Words of the receiver's table, 64 descriptors each, in which free ones are looked for. */
#define FREE_WORDS 64

#define ROOM_UNKNOWN (~0U)

/* A message that the thread copies the data of. */
struct taking {
	__u64 skb;
	__u64 number;
	__u64 list;
	__u64 sk; /* that it is received on, before 6.3; 0: not known for certain */
	__u64 files[SCM_MAX_FD + 3]; /* its descriptors' */
	__u64 free[FREE_WORDS]; /* a bit for each number that was free, from first_word on */
	__u32 first_word;
	__u32 nr_words;
	__u32 nr_free; /* of these below the limit */
	__u32 next_fd; /* that is looked at next, while that is done */
	__u32 room; /* of the control buffer, in descriptors: a hint */
	__u16 count;
	__u8 described, unclaimed;
	__u8 at_limit; /* no more than nr_free can be installed */
	__u8 alone; /* nobody else uses this table of descriptors */
	__u8 gone; /* its buffer has ended */
	__u8 cloexec;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
#ifdef TAKINGS_KEPT /* as many, because old kernels warn of run-time allocation */
	__uint(max_entries, TAKINGS_KEPT);
#else
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 16384); /* threads that are between the two at one time */
#endif
	__type(key, __u64);
	__type(value, struct taking);
} takings SEC(".maps");

/* Where a taking is put together: a task is not preempted meanwhile. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct taking);
} new_taking SEC(".maps");

/* How many there are. While there are none, a receive costs no look-up. */
__u32 nr_takings = 0;

static __always_inline struct taking *find_taking(void)
{
	__u64 thread = bpf_get_current_pid_tgid();

	return bpf_map_lookup_elem(&takings, &thread);
}

static __always_inline void forget_taking(void)
{
	__u64 thread = bpf_get_current_pid_tgid();

	if (!bpf_map_delete_elem(&takings, &thread))
		__sync_fetch_and_add(&nr_takings, -1);
}

static __always_inline __u32 nr_bits(__u64 word)
{
	word -= word >> 1 & 0x5555555555555555ULL;
	word = (word & 0x3333333333333333ULL) + (word >> 2 & 0x3333333333333333ULL);
	word = (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0fULL;
	return word * 0x0101010101010101ULL >> 56;
}

/*
 * Note which descriptors of the next word are free. Returns 0 when there are as many as the message has. A
 * global function: see file.h.
 */
__attribute__((noinline)) int note_free_word(void)
{
	struct task_struct *task = current_task();
	struct files_struct *files = load(task, files);
	struct fdtable *table = load(files, fdt);
	unsigned long *open = load(table, open_fds);
	__u64 limit = descriptor_limit(task), word = 0;
	struct taking *taking;
	__u32 zero = 0, at;

	taking = bpf_map_lookup_elem(&new_taking, &zero);
	if (!taking)
		return 0;
	at = taking->next_fd;
	if (at >= limit) {
		taking->at_limit = true;
		return 0;
	}
	if (at < load(table, max_fds))
		copy_kernel(&word, sizeof(word), open + at / 64);
	word = ~word & (~0ULL << (at % 64));
	at = (at & ~63U) + 64;
	if (at > limit)
		word &= (1ULL << (limit % 64)) - 1;
	taking->free[taking->nr_words & (FREE_WORDS - 1)] = word;
	taking->nr_words++;
	taking->nr_free += nr_bits(word);
	taking->next_fd = at;
	return taking->nr_words < FREE_WORDS && taking->nr_free < taking->count;
}

/* Note which descriptors are free, as many as the message has. */
static __always_inline void note_free(struct taking *taking)
{
	struct task_struct *task = current_task();
	struct files_struct *files = load(task, files);

	taking->next_fd = load(files, next_fd);
	taking->alone = load(files, count.counter) == 1;
	taking->first_word = taking->next_fd / 64;
	taking->nr_words = 0;
	taking->nr_free = 0;
	taking->at_limit = false;
	for (__u32 i = 0; i < FREE_WORDS; i++) {
		if (!note_free_word())
			break;
	}
}

/* How many descriptors the control buffer of the call has room for: from the receiver's memory, a hint. */
static __always_inline __u32 hinted_room(const struct call *call)
{
	__u32 header = call->compat ? sizeof(struct compat_cmsghdr) : sizeof(struct cmsghdr);
	/* The last of several: it was not received before this one, and most often all are alike. */
	__u32 index = call->kind == CALL_RECEIVE_MANY && call->count - 1 < MAX_MESSAGES ?
			      call->count - 1 :
			      0;
	struct user_message message;
	__u64 room;

	if (!is_receive(call) || !read_user_message(&message, call, index))
		return ROOM_UNKNOWN;
	if (!message.control || message.control_length < header)
		return 0;
	room = (message.control_length - header) / sizeof(__s32);
	return room < SCM_MAX_FD ? room : SCM_MAX_FD;
}

/* Take the message with the number that it has at this place, if it is this one; s->claim is what it is. */
static __always_inline bool take_claimed(struct scratch *s, struct message *place,
					 struct sk_buff *skb, struct scm_fp_list *list)
{
	if (!place || !read_place(&s->claim, skb, place) || s->claim.list != (__u64)list)
		return false;
	/* Who takes it keeps the place: if it is still there then, it stays. */
	return take_place(place, s->claim.number) && find_numbered(skb, s->claim.number) == place;
}

/*
 * The message in the table, which the taker puts there if its sender has not. s->claim is what it is. False:
 * there is no room.
 */
static __always_inline bool take_message(struct scratch *s, struct sk_buff *skb,
					 struct scm_fp_list *list)
{
	struct message *found = find_message(skb), *place;
	__u64 number;

	if (take_claimed(s, found, skb, list))
		return true;
	if (found && found->list != (__u64)list) /* the end of an earlier one was missed */
		forget_message(skb, found->number);
	number = next_number(NUMBER_TAKEN);
	s->fresh = (struct message){
		.number = number,
		.list = (__u64)list,
		.sender_sock = (__u64)probe(skb, sk),
		.count = probe(list, count),
		.state = MESSAGE_QUEUED,
		.taker = bpf_get_current_pid_tgid(),
	};
	place = table_add(&messages, (__u64)skb, &s->fresh);
	/* Its sender may have claimed it meanwhile. */
	found = place ? table_find_other(&messages, (__u64)skb, place) : find_message(skb);
	if (take_claimed(s, found, skb, list)) {
		if (place)
			forget_message(skb, number);
		return true;
	}
	s->claim = s->fresh;
	if (!place)
		count_lost(EVENT_LOST_TABLE);
	return place;
}

/* Begin the record of an end, by the current task: the message, and the sockets. */
static __always_inline void begin_end(struct scratch *s, enum event_type type, __u64 number,
				      __u32 count, bool unclaimed, struct sock *sender)
{
	begin_record(s, type, number, count, 2);
	write_current(s);
	if (unclaimed)
		s->event.flags |= EVENT_UNCLAIMED;
	describe_socket(s, EVENT_OTHER, sender, -1);
}

/*
 * Tell the receiving socket: the first argument of the call, else the one that the message was sent to.
 */
static __always_inline void describe_taker(struct scratch *s, struct sock *sk, bool named)
{
	struct task_struct *task = current_task();
	struct call call = current_call(SCRATCH_END);
	bool reading = is_receive(&call) || call.kind == CALL_READ;

	describe_socket(s, EVENT_SELF, sk, reading ? fd_of_socket(task, call.fd, sk) : -1);
	if (named && sk)
		append_socket_name(s, EVENT_SELF, probe((struct unix_sock *)sk, addr));
}

/* The fate of what was not installed, from the index `installed` on. */
static __always_inline enum event_fate fate_of_rest(const struct taking *taking, __u32 installed)
{
	if (installed >= taking->room)
		return EVENT_FATE_TRUNCATED;
	if (taking->at_limit && installed >= taking->nr_free)
		return EVENT_FATE_EMFILE;
	/* Nobody else can have closed it since: a security module refused it. */
	return taking->alone && taking->room != ROOM_UNKNOWN ? EVENT_FATE_DENIED :
							       EVENT_FATE_UNKNOWN;
}

#define SEARCHES_IN_CALL 8
/* Since 7.3, with SO_RIGHTS_NOTRUNC, a file that is refused leaves its place: so many in a row are seen. */
#define PLACES_SKIPPED 4
#define FD_REFUSED (-1)

/* How many of the taking's files from `first` on come before this one; PLACES_SKIPPED: it is not there. */
static __always_inline __u32 find_among_next(const struct taking *taking, __u32 first, __u64 file)
{
	for (__u32 i = 0; i < PLACES_SKIPPED; i++) {
		if (file && first + i < taking->count && taking->files[bounded(first + i)] == file)
			return taking->alone || !i ? i : PLACES_SKIPPED;
	}
	return PLACES_SKIPPED;
}

/*
 * Look at some more descriptors for the next file, s->found of which are found. Returns 0 when there are no
 * more, or all files were found. A global function: see file.h.
 */
__attribute__((noinline)) int search_on(void)
{
	struct scratch *s = scratch_of(SCRATCH_END);
	struct taking *taking = find_taking();

	if (!s || !taking)
		return 0;
	for (int i = 0; i < SEARCHES_IN_CALL; i++) {
		__u32 fd, skipped;

		if (s->found >= taking->count)
			return 0;
		if (!s->search_bits) {
			if (++s->search_word >= taking->nr_words)
				return 0;
			s->search_bits = taking->free[s->search_word & (FREE_WORDS - 1)];
			continue;
		}
		fd = (taking->first_word + s->search_word) * 64 + lowest_bit(s->search_bits);
		s->search_bits &= s->search_bits - 1;
		skipped = find_among_next(taking, s->found, file_at(s, fd));
		if (skipped >= PLACES_SKIPPED)
			continue;
		for (__u32 place = 0; place < PLACES_SKIPPED; place++) {
			if (place < skipped)
				*fd_at(s, s->found + place) = FD_REFUSED;
		}
		*fd_at(s, s->found + skipped) = fd;
		s->found += skipped + 1;
	}
	return 1;
}

/* Find the numbers of the files that were installed, into s->fds; s->found says how many. */
__attribute__((noinline)) int find_installed(void)
{
	struct scratch *s = scratch_of(SCRATCH_END);
	struct taking *taking = find_taking();
	struct task_struct *task = current_task();
	struct files_struct *files = load(task, files);
	struct fdtable *table = load(files, fdt);

	if (!s || !taking)
		return 0;
	s->open = (__u64)load(table, fd);
	s->open_size = load(table, max_fds);
	s->found = 0;
	s->search_word = 0;
	s->search_bits = taking->nr_words ? taking->free[0] : 0;
	for (int i = 0; i < FREE_WORDS * (64 + 1) / SEARCHES_IN_CALL; i++) {
		if (!search_on())
			break;
	}
	return 0;
}

/* Some of the hinted numbers, from `first` on: how many lead to the files of the message. */
__attribute__((noinline)) int check_hinted_from(__u32 first)
{
	struct scratch *s = scratch_of(SCRATCH_END);
	struct taking *taking = find_taking();

	if (!s || !taking)
		return 0;
	for (__u32 i = 0; i < FILES_IN_CALL; i++) {
		__u32 index = first + i;

		if (index >= s->nr_fds || index >= SCM_MAX_FD ||
		    file_at(s, *fd_at(s, index)) != taking->files[bounded(index)])
			return i;
	}
	return FILES_IN_CALL;
}

/*
 * Where others use the receiver's table too, a number can have become free after the message was taken. Then
 * the control message in the receiver's memory says which it is, if the table has the file there. Returns
 * how many files are found so.
 */
__attribute__((noinline)) int find_hinted(void)
{
	struct call call = current_call(SCRATCH_END);
	struct scratch *s = scratch_of(SCRATCH_END);
	struct taking *taking = find_taking();
	struct user_message message;
	__u32 first = 0;

	if (!s || !taking || call.kind != CALL_RECEIVE || !read_user_message(&message, &call, 0))
		return 0;
	begin_user_control(s, message.control, message.control_length, call.compat);
	if (!read_controls(s, SCRATCH_END))
		return 0;
	for (first = 0; first < SCM_MAX_FD; first += FILES_IN_CALL) {
		int same = check_hinted_from(first);

		if (same < FILES_IN_CALL)
			return first + same;
	}
	return first;
}

static __always_inline __u64 close_on_exec_of(__u32 fd)
{
	struct task_struct *task = current_task();
	struct files_struct *files = load(task, files);
	struct fdtable *table = load(files, fdt);
	__u64 word = 0;

	copy_kernel(&word, sizeof(word), load(table, close_on_exec) + fd / 64);
	return word & 1ULL << (fd % 64);
}

/* The files that were received, and as what. */
static __always_inline void write_taken_files(struct scratch *s, struct taking *taking)
{
	__u32 installed;

	find_installed();
	installed = s->found;
	if (installed < taking->count && !taking->alone) {
		__u32 hinted = find_hinted();

		if (hinted > installed)
			installed = hinted;
		else
			find_installed();
	}
	s->nr_fds = installed;
	s->installed = installed;
	s->room = SCM_MAX_FD;
	s->stop = fate_of_rest(taking, installed);
	s->cloexec = installed && close_on_exec_of(s->fds[0]) ? EVENT_FILE_CLOEXEC : 0;
	write_all_installed(s);
}

/*
 * The thread has received the message that it took, or read it without its descriptors. `sk` is the
 * receiving socket. A global function, so that the verifier checks it once.
 */
__attribute__((noinline)) int tell_taken(__u64 sk, __u32 peek)
{
	struct scratch *s = scratch_of(SCRATCH_END);
	struct taking *taking = find_taking();
	struct call call = current_call(SCRATCH_END);
	struct message *message;
	bool is_read = call.kind == CALL_READ, has_files;
	__u64 sender = 0;

	if (!s || !taking || (peek && is_read))
		return 0;
	message = find_numbered((void *)taking->skb, taking->number);
	if (message)
		sender = message->sender_sock;
	/* No part of it is to be told of a peek that installs nothing, and can install nothing. */
	if (peek && !taking->room)
		return 0;
	has_files = !is_read || !taking->described;
	begin_end(s, is_read ? EVENT_LOST : EVENT_RECEIVED, taking->number, taking->count,
		  taking->unclaimed, (struct sock *)sender);
	if (peek)
		s->event.flags |= EVENT_PEEK;
	if (is_read)
		s->event.fate = EVENT_FATE_READ;
	if (has_files) {
		begin_files(s, taking->count);
		bpf_probe_read_kernel(s->lists, sizeof(s->lists), taking->files);
	}
	describe_taker(s, (struct sock *)sk, !taking->described);
	if (!taking->described)
		describe_files(s, SCRATCH_END);
	if (!is_read)
		write_taken_files(s, taking);
	report_record(s);
	return 0;
}

/* Is the message out of its queue, or its list out of the message? */
static __always_inline bool has_left(const struct taking *taking)
{
	struct sk_buff *skb = (struct sk_buff *)taking->skb;

	return taking->gone || !is_linked(skb, (struct scm_fp_list *)taking->list);
}

/*
 * The thread's call is over, or it goes on to another message. It has taken this one unless the data could
 * not be copied: then it lies in the queue still, or somebody else has looked at it since.
 */
static __always_inline void end_taking(struct taking *taking, __u64 sk, bool peek)
{
	struct message *message = find_numbered((void *)taking->skb, taking->number);

	if (peek) {
		if (message)
			message->described = true; /* by this */
		tell_taken(sk, true);
	} else if (message && message->taker == bpf_get_current_pid_tgid() && has_left(taking)) {
		tell_taken(sk, false);
		forget_message((void *)taking->skb, taking->number);
	}
	forget_taking();
}

/*
 * Before 6.3: the socket that this message is received on. It is the one of the call's descriptor, unless
 * another thread has put something else there since the call began: so it is told where nobody can, or
 * where the message was sent to it.
 */
__attribute__((noinline)) __u64 receiving_socket(__u64 skb)
{
	struct call call = current_call(SCRATCH_END);
	struct scratch *s = scratch_of(SCRATCH_END);
	struct taking *taking;
	struct sock *sk, *sender = probe((struct sk_buff *)skb, sk);
	struct message *message = find_message((void *)skb);
	__u32 zero = 0;

	taking = bpf_map_lookup_elem(&new_taking, &zero);
	if (!s || !taking || (!is_receive(&call) && call.kind != CALL_READ))
		return 0;
	sk = unix_socket_of(file_of_fd(current_task(), call.fd));
	if (!sk)
		return 0;
	if (taking->alone || (message && message->sock == (__u64)sk) ||
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
	__u64 thread = bpf_get_current_pid_tgid();
	struct call call = current_call(SCRATCH_END);
	struct scratch *s = scratch_of(SCRATCH_END);
	struct taking *taking;
	__u32 zero = 0, count = probe((struct scm_fp_list *)list, count);

	taking = bpf_map_lookup_elem(&new_taking, &zero);
	if (!s || !taking || !take_message(s, (void *)skb, (void *)list))
		return 0;
	taking->skb = skb;
	taking->number = s->claim.number;
	taking->list = list;
	taking->count = count < SCM_MAX_FD ? count : SCM_MAX_FD;
	taking->described = s->claim.described;
	taking->unclaimed = !s->claim.sender_tid;
	taking->room = hinted_room(&call);
	taking->gone = false;
	copy_kernel(taking->files, bounded(taking->count) * sizeof(__u64),
		    (void *)list + bpf_core_field_offset(struct scm_fp_list, fp));
	note_free(taking);
	taking->sk = has_lengths ? 0 : receiving_socket(skb);
	if (bpf_map_update_elem(&takings, &thread, taking, BPF_NOEXIST)) {
		if (bpf_map_update_elem(&takings, &thread, taking, BPF_EXIST))
			count_lost(EVENT_LOST_TABLE);
	} else {
		__sync_fetch_and_add(&nr_takings, 1);
	}
	return 0;
}

static __always_inline void on_taken(struct sk_buff *skb, struct scm_fp_list *list)
{
	struct scratch *s = scratch_of(SCRATCH_END);
	struct taking *before = find_taking();
	__u64 number;

	if (!s)
		return;
	/*
	 * The one before in recvmmsg(2), of which the end was not seen. Not in take(): the stacks of both
	 * together are more than a program may have, as some compilers lay them out.
	 */
	if (before)
		end_taking(before, before->sk, false);
	number = as_number(s, list);
	take(as_number(s, skb), number);
}

/* sock_recv_length(sk, result, flags), since 6.3: the current thread's receive is over. */
static __always_inline void on_received(struct sock *sk, int result, int flags)
{
	struct scratch *s = scratch_of(SCRATCH_END);
	struct taking *taking = find_taking();

	if (!s || !taking)
		return;
	if (result < 0)
		forget_taking(); /* its data could not be copied */
	else
		end_taking(taking, sk ? as_number(s, sk) : taking->sk, flags & MSG_PEEK);
}

/* A message is dropped with its descriptors, in whoever does that. */
__attribute__((noinline)) int tell_dropped(__u64 skb, __u64 list)
{
	struct scratch *s = scratch_of(SCRATCH_END);
	struct call call = current_call(SCRATCH_END);
	bool known;
	__u64 number, sk = 0;
	__u32 count;
	bool described = false, unclaimed = true;

	if (!s)
		return 0;
	known = read_message(&s->claim, (void *)skb) && s->claim.list == list;
	/* A send that is refused: it was in no queue, and how it failed is told by its result. */
	if (!known && (is_send(&call) || call.kind == CALL_IO_URING))
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
	s->event.fate = is_receive(&call) ? EVENT_FATE_DROPPED : why_lost((struct sock *)sk);
	if (!described) {
		read_files(s, (struct scm_fp_list *)list, count);
		describe_files(s, SCRATCH_END);
	}
	report_record(s);
	if (known) /* what is not in the table has been told */
		forget_message((void *)skb, number);
	return 0;
}

/* A message ends without its list, and nobody has received it: splice(2) took its data. */
__attribute__((noinline)) int tell_spliced(__u64 skb)
{
	struct scratch *s = scratch_of(SCRATCH_END);

	if (!s || !read_message(&s->claim, (void *)skb))
		return 0;
	begin_end(s, EVENT_LOST, s->claim.number, s->claim.count, !s->claim.sender_tid,
		  (struct sock *)s->claim.sender_sock);
	describe_taker(s, (struct sock *)s->claim.sock, false);
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

/* The thread took a message, and what it did with the descriptors is not seen. */
__attribute__((noinline)) int tell_unseen(void)
{
	struct scratch *s = scratch_of(SCRATCH_END);
	struct taking *taking = find_taking();
	struct message *message;
	__u64 sender = 0, sk = 0;

	if (!s || !taking)
		return 0;
	message = find_numbered((void *)taking->skb, taking->number);
	if (message) {
		sender = message->sender_sock;
		sk = message->sock;
	}
	if (!sk && sender && probe((struct sock *)sender, sk_type) != SOCK_DGRAM)
		sk = as_number(s, peer_of((struct sock *)sender));
	begin_end(s, EVENT_RECEIVED, taking->number, taking->count, taking->unclaimed,
		  (struct sock *)sender);
	if (!taking->described)
		begin_files(s, taking->count);
	describe_taker(s, (struct sock *)sk, !taking->described);
	if (!taking->described) {
		bpf_probe_read_kernel(s->lists, sizeof(s->lists), taking->files);
		describe_files(s, SCRATCH_END);
	}
	report_record(s);
	forget_message((void *)taking->skb, taking->number);
	return 0;
}

/* The buffer of the message that the thread has taken ends. */
static __always_inline void end_of_buffer(struct taking *taking)
{
	struct call call = current_call(SCRATCH_END);

	taking->gone = true;
	if (tells_its_end(&call)) {
		/* Until then the sender may have the buffer again, for its next message. */
		retire_message((void *)taking->skb, taking->number);
		return;
	}
	if (call.kind == CALL_READ)
		end_taking(taking, taking->sk, false);
	else
		tell_unseen();
	forget_taking();
}

/* A message's buffer ends. Runs in softirqs too, for buffers that are no unix socket's. */
static __always_inline void on_freed(struct sk_buff *skb, struct scm_fp_list *list)
{
	struct scratch *s = scratch_of(SCRATCH_END);
	struct message *message;
	struct taking *taking;
	__u64 number;

	if (!s)
		return;
	if (list) {
		number = as_number(s, list);
		tell_dropped(as_number(s, skb), number);
		return;
	}
	message = find_message(skb);
	if (!message)
		return;
	taking = find_taking();
	if (taking && taking->skb == (__u64)skb)
		end_of_buffer(taking);
	else
		tell_spliced(as_number(s, skb));
}

#endif
