/* SPDX-License-Identifier: GPL-2.0-only */
/* A message that a thread receives: what is noted of it when its data are copied, until its call is over. */
#ifndef FDPASS_TAKING_H
#define FDPASS_TAKING_H

#include "claim.h"
#include "install.h"
#include "thread.h"

#define ROOM_UNKNOWN (~0U)

/* What is kept of a thread from when it copies the data of a message until its call is over. */
struct kept_taking {
	__u64 thread;
	struct taking taking;
	__u64 files[SCM_MAX_FD + 3];
};

/* Threads that are between the two at one time. */
#ifdef TAKINGS_KEPT /* as many, because old kernels warn of run-time allocation */
DECLARE_OF_CALLS(takings, struct kept_taking, 0, TAKINGS_KEPT);
#else
DECLARE_OF_CALLS(takings, struct kept_taking, BPF_F_NO_PREALLOC, 16384);
#endif

/* How many there are. While there are none, a receive costs no look-up. */
__u32 nr_takings = 0;

/* All but what was not written; most often one word is. */
static __always_inline void copy_taking(struct taking *to, const struct taking *from)
{
	__u32 nr_words = from->nr_words;

	__builtin_memcpy(to, from, __builtin_offsetof(struct taking, free[1]));
	if (nr_words > 1 && nr_words <= FREE_WORDS)
		bpf_probe_read_kernel(to->free, bounded(nr_words) * sizeof(__u64), from->free);
}

/* The thread takes s->taking, with the files of the list. */
static __always_inline void keep_taking(struct scratch *s, struct scm_fp_list *list)
{
	struct kept_taking *kept = room_of_call(takings);

	if (!kept) {
		count_lost(EVENT_LOST_TABLE);
		return;
	}
	__sync_fetch_and_add(&nr_takings, 1);
	copy_taking(&kept->taking, &s->taking);
	copy_files(kept->files, list, s->taking.count);
}

#define FEW_FILES 8

/* Its files, into s->lists: few are copied one by one. */
static __always_inline void copy_kept_files(struct scratch *s, const struct kept_taking *kept)
{
	__u32 count = s->taking.count;

	if (count > FEW_FILES) {
		bpf_probe_read_kernel(s->lists, bounded(count) * sizeof(__u64), kept->files);
		return;
	}
	for (__u32 i = 0; i < FEW_FILES && i < count; i++)
		s->lists[i] = kept->files[i];
}

/* Have what the thread takes in s->taking and s->lists. NULL: it takes none. */
static __always_inline struct kept_taking *load_taking(struct scratch *s)
{
	struct kept_taking *kept = find_of_call(takings);

	if (!kept)
		return NULL;
	copy_taking(&s->taking, &kept->taking);
	copy_kept_files(s, kept);
	s->call = s->taking.call;
	return kept;
}

static __always_inline void forget_taking(struct kept_taking *kept)
{
	free_of_call(takings, kept);
	__sync_fetch_and_add(&nr_takings, -1);
}

/* Note which descriptors of the next word are free. False: there are as many as the message has. */
static __always_inline bool note_next_word(struct scratch *s)
{
	struct task_struct *task = current_task();
	struct files_struct *files = load(task, files);
	struct fdtable *table = load(files, fdt);
	unsigned long *open = load(table, open_fds);
	__u64 limit = descriptor_limit(task), word = 0;
	struct taking *taking = &s->taking;
	__u32 at = s->next_fd;

	if (at >= limit) {
		taking->at_limit = true;
		return false;
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
	s->next_fd = at;
	return taking->nr_words < FREE_WORDS && taking->nr_free < taking->count;
}

/* The same. A global function: see file.h. */
__attribute__((noinline)) int note_free_word(void)
{
	struct scratch *s = scratch_of(SCRATCH_END);

	return s && note_next_word(s);
}

/* Note which descriptors are free, as many as the message has. */
static __always_inline void note_free(struct scratch *s)
{
	struct task_struct *task = current_task();
	struct files_struct *files = load(task, files);
	struct taking *taking = &s->taking;

	s->next_fd = load(files, next_fd);
	taking->alone = load(files, count.counter) == 1;
	taking->first_word = s->next_fd / 64;
	taking->nr_words = 0;
	taking->nr_free = 0;
	taking->at_limit = false;
	if (!note_next_word(s))
		return;
	for (__u32 i = 1; i < FREE_WORDS; i++) {
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
	struct user_control control;
	__u64 room;

	if (!is_receive(call) || !read_user_control(&control, call, index))
		return ROOM_UNKNOWN;
	if (!control.at || control.length < header)
		return 0;
	room = (control.length - header) / sizeof(__s32);
	return room < SCM_MAX_FD ? room : SCM_MAX_FD;
}

/*
 * Find s->taking.room. The kernel writes the length that was used over it only after sock_recv_length(), so since
 * 6.3 it is asked there, and only where not all was installed. A global function: what it reads has no room in the
 * stack of tell_taken().
 */
__attribute__((noinline)) int find_room(void)
{
	struct scratch *s = scratch_of(SCRATCH_END);

	if (s)
		s->taking.room = hinted_room(&s->call);
	return 0;
}

/* Take the message with the number that it has at this place, if it is this one; s->claim is what it is. */
static __always_inline bool take_claimed(struct scratch *s, struct message *place,
					 struct sk_buff *skb, struct scm_fp_list *list)
{
	__u64 number = place ? place->number : 0;

	if (!number || place->list != (__u64)list || !take_place(place, number))
		return false;
	barrier();
	s->claim = *place;
	barrier();
	/* Who takes it keeps the place: if it is still there then, it stays. */
	return find_numbered(skb, number) == place;
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

#endif
