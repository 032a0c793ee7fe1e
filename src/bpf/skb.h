/* SPDX-License-Identifier: GPL-2.0-only */
/* A message of a unix socket, as it lies in a receive queue: its struct sk_buff. */
#ifndef FDPASS_SKB_H
#define FDPASS_SKB_H

#include "kernel.h"

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
 * Is the message in its queue still? A buffer that was taken out leads nowhere. While another one is put beside
 * it or taken out there, one of its neighbours does not lead to it for a moment: never both.
 */
static __always_inline bool is_linked(struct sk_buff *skb, struct scm_fp_list *list)
{
	struct sk_buff *known = typed(skb);
	struct sk_buff *next = follow(known, next), *prev = follow(known, prev);

	return next && prev && (follow(next, prev) == skb || follow(prev, next) == skb) &&
	       list_of(skb) == list;
}

#endif
