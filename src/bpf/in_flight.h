/* SPDX-License-Identifier: GPL-2.0-only */
/* The messages in flight on the whole machine. */
#ifndef FDPASS_IN_FLIGHT_H
#define FDPASS_IN_FLIGHT_H

#include "number.h"
#include "report.h"
#include "table.h"

DECLARE_TABLE(messages);

static __always_inline struct message *find_message(const void *address)
{
	return table_find(&messages, (__u64)address);
}

static __always_inline struct message *keep_message(const void *address,
						    const struct message *message)
{
	struct message *kept = table_keep(&messages, (__u64)address, message);

	if (!kept)
		count_lost(EVENT_LOST_TABLE);
	return kept;
}

static __always_inline struct message *find_numbered(const void *address, __u64 number)
{
	return table_find_numbered(&messages, (__u64)address, number);
}

static __always_inline void retire_message(const void *address, __u64 number)
{
	table_retire(&messages, (__u64)address, number);
}

/*
 * A copy of the message at this place, which somebody may be forgetting just now: then it can be another's.
 * False: it is not of this address any more.
 */
static __always_inline bool read_place(struct message *ret, const void *address,
				       struct message *place)
{
	*ret = *place;
	barrier();
	return ret->number && find_numbered(address, ret->number) == place;
}

static __always_inline bool read_message(struct message *ret, const void *address)
{
	struct message *place = find_message(address);

	return place && read_place(ret, address, place);
}

static __always_inline void forget_message(const void *address, __u64 number)
{
	table_forget(&messages, (__u64)address, number);
}

#endif
