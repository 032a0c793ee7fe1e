/* SPDX-License-Identifier: GPL-2.0-only */
/* A message that a thread receives: what is noted of it when its data are copied, until its call is over. */
#ifndef FDPASS_TAKING_H
#define FDPASS_TAKING_H

#include "claim.h"
#include "install.h"

/* Words of the receiver's table, 64 descriptors each, in which free ones are looked for. */
#define FREE_WORDS 64

#define ROOM_UNKNOWN (~0U)

/* A message that the thread copies the data of. */
struct taking {
	__u64 skb;
	__u64 number;
	__u64 list;
	__u64 time_ns; /* when its data were copied */
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

#endif
