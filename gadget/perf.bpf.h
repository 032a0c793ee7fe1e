/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The same programs for kernels that may preempt those of tracepoints, since 7.0 (a46023d5616e "tracing:
 * Guard __DECLARE_TRACE() use of __DO_TRACE_CALL() with SRCU-fast"). There is no place for stand-ins here
 * (see stand_in.h), and they are not needed: what is attached to a tracepoint by way of perf is not
 * preempted (16718274ee75 "tracing: perf: Have perf tracepoint callbacks always disable preemption"). It
 * costs more, so older kernels do without.
 *
 * All of them are loaded everywhere, and are empty to the verifier where the others do the work.
 */
#ifndef FDPASS_GADGET_PERF_BPF_H
#define FDPASS_GADGET_PERF_BPF_H

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct trace_event_raw_skb_copy_datagram_iovec {
	const void *skbaddr;
};

struct trace_event_raw_kfree_skb {
	void *skbaddr;
};

struct trace_event_raw_consume_skb {
	void *skbaddr;
};

struct trace_event_raw_sk_data_ready {
	const void *skaddr;
};

#pragma clang attribute pop

/* Is it a buffer of a unix socket? */
static __always_inline bool is_of_unix(struct sk_buff *skb)
{
	struct sock *sk = probe(skb, sk);

	return sk && probe(sk, __sk_common.skc_family) == AF_UNIX;
}

SEC("tracepoint/skb/skb_copy_datagram_iovec")
int copying_perf(struct trace_event_raw_skb_copy_datagram_iovec *event)
{
	struct scm_fp_list *list;
	struct sk_buff *skb;

	if (!may_be_preempted())
		return 0;
	skb = (struct sk_buff *)event->skbaddr;
	list = is_of_unix(skb) ? list_of(skb) : NULL;
	if (list)
		on_taken(skb, list);
	return 0;
}

SEC("tracepoint/skb/kfree_skb")
int dropped_perf(struct trace_event_raw_kfree_skb *event)
{
	struct scm_fp_list *list;
	struct sk_buff *skb;

	if (!may_be_preempted())
		return 0;
	skb = event->skbaddr;
	list = is_of_unix(skb) ? list_of(skb) : NULL;
	if (list)
		on_freed(skb, list);
	return 0;
}

SEC("tracepoint/skb/consume_skb")
int consumed_perf(struct trace_event_raw_consume_skb *event)
{
	struct sk_buff *skb;

	if (!may_be_preempted())
		return 0;
	skb = event->skbaddr;
	if (is_of_unix(skb))
		on_freed(skb, list_of(skb));
	return 0;
}

SEC("tracepoint/sock/sk_data_ready")
int data_ready_perf(struct trace_event_raw_sk_data_ready *event)
{
	struct sock *sk;

	if (!may_be_preempted())
		return 0;
	sk = (struct sock *)event->skaddr;
	if (is_for_unix(sk) && !is_queued_plain(sk))
		on_queue(sk);
	return 0;
}

SEC("tracepoint/sock/sock_send_length")
int send_length_perf(struct trace_event_raw_sock_msg_length *event)
{
	if (may_be_preempted() && (event->ret < 0 || nr_sending) && is_for_unix(event->sk))
		on_send_done(event->sk, event->ret);
	return 0;
}

SEC("tracepoint/sock/sock_recv_length")
int recv_length_perf(struct trace_event_raw_sock_msg_length *event)
{
	if (may_be_preempted() && nr_takings && is_for_unix(event->sk))
		on_received(event->sk, event->ret, event->flags);
	return 0;
}

SEC("tracepoint/raw_syscalls/sys_exit")
int exiting_perf(struct trace_event_raw_sys_exit *event)
{
	struct task_struct *task;

	if (!may_be_preempted())
		return 0;
	task = current_task();
	if (is_of_interest(task, user_registers(task)))
		on_exit(event->ret);
	return 0;
}

#endif
