/* SPDX-License-Identifier: GPL-2.0-only */
/* Why a queued message ended without having been received. */
#ifndef FDPASS_LOST_H
#define FDPASS_LOST_H

#include "call.h"
#include "event.h"

/*
 * Until 6.10 the garbage collector runs in whoever closes a unix socket while something is in flight;
 * since then, and in stable kernels that took it over, only in a worker (4090fa373f0e "af_unix: Replace
 * garbage collection algorithm").
 */
static __always_inline bool collector_in_caller(void)
{
	return bpf_core_field_exists(((struct unix_sock___collected *)0)->gc_flags);
}

/*
 * The old collector only drops the messages that close a cycle; what else is queued goes when the
 * sockets then die, with the mark on them that they were found to be garbage (unix_gc()).
 */
static __always_inline bool is_garbage(struct sock *sk)
{
	return collector_in_caller() &&
	       probe((struct unix_sock___collected *)sk, gc_flags) & 1UL << UNIX_GC_CANDIDATE;
}

/* `call`: that of the current task; `sk`: the receiving socket, NULL where it is not known. */
static __always_inline enum event_fate why_lost(const struct call *call, struct sock *sk)
{
	struct task_struct *task = current_task();

	if (sk && probe(sk, __sk_common.skc_flags) & 1UL << SOCK_DEAD)
		return is_garbage(sk) ? EVENT_FATE_GC : EVENT_FATE_UNREAD;
	if (load(task, flags) & PF_KTHREAD)
		return EVENT_FATE_GC;
	switch (call->kind) {
	case CALL_RECEIVE:
	case CALL_RECEIVE_MANY:
		return EVENT_FATE_TRUNCATED;
	case CALL_READ:
		return EVENT_FATE_READ;
	case CALL_OTHER:
		if (sk && collector_in_caller())
			return EVENT_FATE_GC;
		return EVENT_FATE_DROPPED;
	default:
		return EVENT_FATE_DROPPED;
	}
}

#endif
