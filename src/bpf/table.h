/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of messages in flight: by the address of their struct scm_fp_list for the ways that see its
 * whole life, by that of their struct sk_buff for the one that sees only queues. Both are unique while
 * the message is queued.
 *
 * It is an array of buckets that the programs search themselves: a look-up in the kernel's hash costs more
 * instructions than all that a handler then does with what it found.
 */
#ifndef FDPASS_TABLE_H
#define FDPASS_TABLE_H

#include "event.h"
#include "kernel.h"

enum message_state {
	MESSAGE_SENDING = 1, /* accepted by __scm_send(), not known to be queued */
	MESSAGE_QUEUED,
	MESSAGE_COPIED, /* the sender's own list, after its copy was made for the queue */
	MESSAGE_PEEKED, /* a copy for MSG_PEEK */
};

struct message {
	__u64 number; /* event.message */
	__u64 sock; /* the receiving socket; 0 not known */
	__u64 socket; /* its struct socket, likewise */
	__u64 ino; /* its inode; 0 not known */
	__u64 sender_sock;
	union {
		__u64 copy; /* MESSAGE_COPIED: the list that was queued */
		__u64 list; /* of a message that is known by its struct sk_buff */
	};
	__u64 scm; /* the sender's struct scm_cookie, while its system call lasts */
	__u64 msg; /* while recvmsg installs: its struct msghdr, else 0 */
	__u64 control; /* its control buffer then, and the length */
	__u64 control_length;
	__u64 taker; /* the thread that looked at it last, to take it or to peek */
	__u32 sender_tid;
	__u16 count; /* descriptors */
	__u8 state; /* enum message_state */
	__u8 described; /* user space was told what the files are */
	__u32 control_flags; /* msg_flags then */
	union {
		__u32 send_flags; /* SEND_* of fail.h */
		__u32 not_from; /* of one that no thread has claimed: the thread that cannot have sent it */
	};
};

#define BUCKET_BITS 14
#define BUCKET_SIZE 8

struct bucket {
	__u64 keys[BUCKET_SIZE]; /* 0: free */
#ifndef TYPED_READS
	__u64 claims[BUCKET_SIZE];
#endif
	struct message messages[BUCKET_SIZE];
};

#define DECLARE_TABLE(name)                                                                        \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_ARRAY);                                                  \
		__uint(max_entries, 1 << BUCKET_BITS);                                             \
		__type(key, __u32);                                                                \
		__type(value, struct bucket);                                                      \
	} name SEC(".maps")

/*
 * Multiplicative hashing of addresses that are at least 64 bytes apart. The verifier lets no pointer be
 * multiplied, but half of one that was moved is a number to it.
 */
static __always_inline struct bucket *bucket_of(void *table, __u64 address)
{
	__u32 key;

	asm("%0 = %1" : "=w"(key) : "w"((__u32)address));
	key = key * 0x9e3779b9 >> (32 - BUCKET_BITS);
	return bpf_map_lookup_elem(table, &key);
}

static __always_inline struct message *table_find(void *table, __u64 address)
{
	struct bucket *bucket = bucket_of(table, address);

	if (!bucket)
		return NULL;
#pragma unroll
	for (int i = 0; i < BUCKET_SIZE; i++) {
		if (bucket->keys[i] == address)
			return &bucket->messages[i];
	}
	return NULL;
}

/* Another place with this address than `place`; NULL: there is none. */
static __always_inline struct message *table_find_other(void *table, __u64 address,
							const struct message *place)
{
	struct bucket *bucket = bucket_of(table, address);

	if (!bucket)
		return NULL;
#pragma unroll
	for (int i = 0; i < BUCKET_SIZE; i++) {
		if (bucket->keys[i] == address && &bucket->messages[i] != place)
			return &bucket->messages[i];
	}
	return NULL;
}

/* In the key of a message that is found by its number alone: the address may be another one's by now. */
#define KEY_RETIRED 2

static __always_inline bool has_key(const struct bucket *bucket, int i, __u64 address)
{
	return (bucket->keys[i] & ~(__u64)KEY_RETIRED) == address;
}

/* The place of this address that has the message of this number. */
static __always_inline struct message *table_find_numbered(void *table, __u64 address, __u64 number)
{
	struct bucket *bucket = bucket_of(table, address);

	if (!bucket)
		return NULL;
#pragma unroll
	for (int i = 0; i < BUCKET_SIZE; i++) {
		if (has_key(bucket, i, address) && bucket->messages[i].number == number)
			return &bucket->messages[i];
	}
	return NULL;
}

#define KEY_BUSY 1 /* no address: a message is being written there */

#ifdef TYPED_READS

/* Claim a place that is free, until it is published. */
static __always_inline bool claim_free(struct bucket *bucket, int i)
{
	return !bucket->keys[i] && !__sync_val_compare_and_swap(&bucket->keys[i], 0, KEY_BUSY);
}

static __always_inline void publish_place(struct bucket *bucket, int i, __u64 address)
{
	__sync_val_compare_and_swap(&bucket->keys[i], KEY_BUSY, address);
}

/* Free the place, unless somebody else does. */
static __always_inline void free_place(struct bucket *bucket, int i, __u64 number)
{
	if (__sync_val_compare_and_swap(&bucket->messages[i].number, number, 0) != number)
		return;
	bucket->messages[i].state = 0;
	barrier();
	bucket->keys[i] = 0;
}

#else

/*
 * Before 5.12 there is no compare-and-exchange, only an addition that tells nothing: who reads 1 after it
 * is alone at this place. Of several who meet there perhaps none is.
 */
static __always_inline bool claim_place(struct bucket *bucket, int i)
{
	__sync_fetch_and_add(&bucket->claims[i], 1);
	if (*(volatile __u64 *)&bucket->claims[i] == 1)
		return true;
	__sync_fetch_and_add(&bucket->claims[i], -1);
	return false;
}

static __always_inline void release_place(struct bucket *bucket, int i)
{
	barrier();
	__sync_fetch_and_add(&bucket->claims[i], -1);
}

static __always_inline bool claim_free(struct bucket *bucket, int i)
{
	if (bucket->keys[i] || !claim_place(bucket, i))
		return false;
	if (!*(volatile __u64 *)&bucket->keys[i])
		return true;
	release_place(bucket, i);
	return false;
}

static __always_inline void publish_place(struct bucket *bucket, int i, __u64 address)
{
	barrier();
	bucket->keys[i] = address;
	release_place(bucket, i);
}

/* Each list ends once: nobody else frees it. */
static __always_inline void free_place(struct bucket *bucket, int i, __u64 number)
{
	bucket->messages[i].number = 0;
	bucket->messages[i].state = 0;
	barrier();
	bucket->keys[i] = 0;
}

#endif

/* The number comes last: whoever finds the same one before and after has read all of this message. */
static __always_inline void write_place(struct message *place, const struct message *message)
{
	_Static_assert(!__builtin_offsetof(struct message, number), "the first word");
	__builtin_memcpy(&place->number + 1, &message->number + 1,
			 sizeof(*message) - sizeof(message->number));
	barrier();
	place->number = message->number;
}

/*
 * Add a message, though there may be one of this address already. A place is published when it is written.
 * NULL: the bucket is full.
 */
static __always_inline struct message *table_add(void *table, __u64 address,
						 const struct message *message)
{
	struct bucket *bucket = bucket_of(table, address);

	if (!bucket)
		return NULL;
#pragma unroll
	for (int i = 0; i < BUCKET_SIZE; i++) {
		if (!claim_free(bucket, i))
			continue;
		write_place(&bucket->messages[i], message);
		publish_place(bucket, i, address);
		return &bucket->messages[i];
	}
	return NULL;
}

/* Keep a message; one of this address, whose end was missed, is written over. NULL: the bucket is full. */
static __always_inline struct message *table_keep(void *table, __u64 address,
						  const struct message *message)
{
	struct message *found = table_find(table, address);

	if (!found)
		return table_add(table, address, message);
	*found = *message;
	return found;
}

/* What is at this address ends before its message does: from now on that is found by its number alone. */
static __always_inline void table_retire(void *table, __u64 address, __u64 number)
{
	struct bucket *bucket = bucket_of(table, address);

	if (!bucket)
		return;
#pragma unroll
	for (int i = 0; i < BUCKET_SIZE; i++) {
		if (bucket->keys[i] == address && bucket->messages[i].number == number)
			bucket->keys[i] = address | KEY_RETIRED;
	}
}

/* Forget the message of this number; who reads the table meanwhile tells a message by it. */
static __always_inline void table_forget(void *table, __u64 address, __u64 number)
{
	struct bucket *bucket = bucket_of(table, address);

	if (!bucket)
		return;
#pragma unroll
	for (int i = 0; i < BUCKET_SIZE; i++) {
		if (has_key(bucket, i, address) && bucket->messages[i].number == number) {
			free_place(bucket, i, number);
			return;
		}
	}
}

#endif
