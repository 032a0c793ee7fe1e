// SPDX-License-Identifier: GPL-2.0-only
/*
 * The third way to attach, for kernels that have neither fentry nor kprobes: the tracepoints of the
 * network. Leaves at once where it is no unix socket or no descriptor, and calls the handlers of sending.h
 * and ending.h.
 *
 * What it costs: every message of every socket a few short programs. Since 6.3 there is a tracepoint at
 * the end of each send and receive, and no system call has to pay. Before that it takes the end of system
 * calls, which all of the machine pay for.
 *
 * A program gets a tracepoint's own arguments, which is cheapest. But since 7.0 the kernel may preempt such
 * a program, and skips it while another task is inside of it on that CPU. The programs that it runs with
 * the records that perf makes there are never preempted: so there is a second object, with PERF_RECORDS.
 */
#include "ending.h"
#include "identity.h"
#include "move.h"
#include "sending.h"

char LICENSE[] SEC("license") = "GPL";

static __always_inline bool is_unix(struct sock *sk)
{
	return sk && argument(sk, __sk_common.skc_family) == AF_UNIX;
}

/* The list of descriptors of a unix message, from an argument: by plain loads where that is possible. */
static __always_inline struct scm_fp_list *list_of_argument(struct sk_buff *skb)
{
	if (!KNOWN_ARGUMENTS)
		return list_of(skb);
	return *(struct scm_fp_list **)((void *)skb->cb +
					bpf_core_field_offset(struct unix_skb_parms, fp));
}

/*
 * What is done for unix sockets are functions of their own: a message of another socket then does not pay for
 * the registers that they save.
 */
#define FOR_UNIX static __attribute__((noinline)) int

FOR_UNIX unix_copying(struct sk_buff *skb)
{
	struct scm_fp_list *list = list_of_argument(skb);

	if (list)
		on_taken(skb, list);
	return 0;
}

FOR_UNIX unix_dropped(struct sk_buff *skb)
{
	struct scm_fp_list *list = list_of_argument(skb);

	if (list)
		on_freed(skb, list);
	return 0;
}

FOR_UNIX unix_consumed(struct sk_buff *skb)
{
	on_freed(skb, list_of_argument(skb));
	return 0;
}

FOR_UNIX unix_data_ready(struct sock *sk)
{
	if (!is_queued_plain(sk))
		on_queue(sk);
	return 0;
}

FOR_UNIX unix_send_length(struct sock *sk, int result)
{
	on_send_done(sk, result);
	return 0;
}

FOR_UNIX unix_recv_length(struct sock *sk, int result, int flags)
{
	on_received(sk, result, flags);
	return 0;
}

/* skb_copy_datagram_iovec(skb): the data of a buffer is copied to whoever receives it. */
static __always_inline void on_copying(struct sk_buff *skb)
{
	if (is_unix(argument(skb, sk)))
		unix_copying(skb);
}

/* kfree_skb(skb): a buffer is dropped. */
static __always_inline void on_dropped(struct sk_buff *skb)
{
	if (is_unix(argument(skb, sk)))
		unix_dropped(skb);
}

/* consume_skb(skb): a buffer has served. */
static __always_inline void on_consumed(struct sk_buff *skb)
{
	if (is_unix(argument(skb, sk)))
		unix_consumed(skb);
}

static __always_inline void on_data_ready(struct sock *sk)
{
	if (is_unix(sk))
		unix_data_ready(sk);
}

/* The counts of what is under way spare the others a look-up. */

static __always_inline void on_send_length(struct sock *sk, int result)
{
	if (is_unix(sk) && (result < 0 || nr_sending))
		unix_send_length(sk, result);
}

static __always_inline void on_recv_length(struct sock *sk, int result, int flags)
{
	if (is_unix(sk) && nr_takings)
		unix_recv_length(sk, result, flags);
}

/*
 * The socket that message `index` of the current call goes to from `sk`, into s->addressee. A global
 * function, as is_partial(): the verifier does not check it again for each of the messages, and the calls
 * below exiting() leave it little stack.
 */
__attribute__((noinline)) int find_addressee(__u64 sk, __u32 index)
{
	struct scratch *s = scratch_of(SCRATCH_BEGIN);

	if (s)
		s->addressee = (__u64)addressee_of((struct sock *)sk, &s->call, index);
	return 0;
}

/* Before 6.3: sendmsg(2) returned. The message went to the peer, or to an address that its call names. */
static __always_inline void on_sendmsg_exit(const struct call *call, long result)
{
	struct scratch *s = scratch_of(SCRATCH_BEGIN);
	int hint = read_hint(0);
	struct sock *sk;
	__u64 number;

	if (!s)
		return;
	sk = unix_socket_of(file_of_fd(current_task(), call->fd));
	if (!sk)
		return;
	number = as_number(s, sk);
	s->run = next_number(NUMBER_SENT);
	s->since_ns = last_sent();
	find_addressee(number, 0);
	if (hint == HINT_FILES && result >= 0)
		tell_queued(number, s->addressee, 0, 1);
	else if (hint == HINT_FILES)
		tell_unnumbered(number, s->addressee, 0, result);
	else if (hint == HINT_UNREAD ||
		 (result >= 0 && s->addressee && bar_last(number, s->addressee)))
		count_lost(EVENT_LOST_READ);
	else
		return; /* a message without descriptors */
	note_sent();
}

/* The last message was sent in part only, as a stream that is full allows: then no other was tried. */
__attribute__((noinline)) int is_partial(__u32 index)
{
	struct scratch *s = scratch_of(SCRATCH_BEGIN);
	__u64 length = length_of_message(index);
	__u32 sent = 0;

	/* struct mmsghdr: the length that was sent is behind the message */
	return !s || !length ||
	       bpf_probe_read_user(&sent, sizeof(sent),
				   (void *)message_at(&s->call, index) +
					   (s->call.compat ? sizeof(struct compat_user_message) :
							     sizeof(struct user_message))) ||
	       sent < length;
}

/* sendmmsg(2) returns how many messages were sent, and hides the errno of the one that was not. */
static __always_inline void on_sendmmsg_exit(const struct call *call, long result)
{
	struct scratch *s = scratch_of(SCRATCH_BEGIN);
	struct sock *sk = unix_socket_of(file_of_fd(current_task(), call->fd));
	__u32 sent = result > 0 ? result : 0;
	__u64 number;

	if (!sk || !s)
		return;
	number = as_number(s, sk);
	s->run = next_number(NUMBER_SENT);
	s->since_ns = last_sent();
	for (__u32 i = 0; i < MAX_MESSAGES; i++) {
		__u32 index =
			sent - 1 - i; /* the last one first: the queue is searched from its end */

		if (i >= sent)
			break;
		find_addressee(number, index);
		tell_queued(number, s->addressee, index, 1);
	}
	note_sent();
	if (sent >= call->count || (sent && is_partial(sent - 1)))
		return;
	if (read_hint(sent) != HINT_FILES)
		return;
	find_addressee(number, sent);
	tell_unnumbered(number, s->addressee, sent, sent ? ERROR_UNKNOWN : result);
}

/*
 * The process that a pidfd stands for. The file's inode has it since pidfs (6.9: cb12fd8e0dab
 * "pidfd: add pidfs"), before that the file has. PIDFD_SELF (6.14) is a negative number.
 */
static __always_inline struct pid *pid_of_pidfd(struct task_struct *task, __s32 pidfd)
{
	struct signal_struct *signal = probe(task, signal);
	struct pid *pid = NULL;
	struct file *file;

	if (pidfd < 0) {
		bpf_core_read(&pid, sizeof(pid), &signal->pids[PIDTYPE_TGID]);
		return pid;
	}
	file = file_of_fd(task, pidfd);
	if (!file)
		return NULL;
	pid = probe(probe(file, f_inode), i_private);
	return pid ?: probe(file, private_data);
}

static __always_inline void on_exit(long result)
{
	struct scratch *s = scratch_of(SCRATCH_BEGIN);
	const struct call *call; /* no copy: the calls below this leave it little stack */

	if (!s)
		return;
	read_call(SCRATCH_BEGIN);
	call = &s->call;
	switch (call->kind) {
	case CALL_SEND:
		if (!has_lengths)
			on_sendmsg_exit(call, result);
		break;
	case CALL_SEND_MANY:
		if (!has_lengths)
			on_sendmmsg_exit(call, result);
		break;
	case CALL_RECEIVE:
	case CALL_RECEIVE_MANY:
		if (!has_lengths && nr_takings)
			on_received(NULL, result, call->flags);
		break;
	case CALL_PIDFD_GETFD: /* its arguments: the pidfd, the descriptor */
		if (result >= 0)
			on_pidfd_getfd(pid_of_pidfd(current_task(), call->fd), call->message,
				       result);
		break;
	case CALL_CREATE:
		on_created_fd(result);
		break;
	default:
		break;
	}
}

/* The end of every system call, of 32-bit programs too. Leaves at once where it is none of these. */
static __always_inline void on_sys_exit(__u32 number, long result)
{
	if (is_of_interest(current_task(), number))
		on_exit(result);
}

/* The programs. That of sys_exit is loaded where the kernel has no sock_send_length(), or on demand. */

#ifndef PERF_RECORDS

SEC("tp_btf/skb_copy_datagram_iovec")
int BPF_PROG(copying, struct sk_buff *skb)
{
	on_copying(skb);
	return 0;
}

SEC("tp_btf/kfree_skb")
int BPF_PROG(dropped, struct sk_buff *skb)
{
	on_dropped(skb);
	return 0;
}

SEC("tp_btf/consume_skb")
int BPF_PROG(consumed, struct sk_buff *skb)
{
	on_consumed(skb);
	return 0;
}

SEC("tp_btf/sk_data_ready")
int BPF_PROG(data_ready, struct sock *sk)
{
	on_data_ready(sk);
	return 0;
}

SEC("tp_btf/sock_send_length")
int BPF_PROG(send_length, struct sock *sk, int result)
{
	on_send_length(sk, result);
	return 0;
}

SEC("tp_btf/sock_recv_length")
int BPF_PROG(recv_length, struct sock *sk, int result, int flags)
{
	on_recv_length(sk, result, flags);
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(exiting, struct pt_regs *registers, long result)
{
	on_sys_exit(registers->ARCH_CALL_NUMBER, result);
	return 0;
}

#else

/*
 * A member of the record that perf makes at a tracepoint. Where the kernel has no such tracepoint, the program
 * is never attached; but Inspektor Gadget loads it.
 */
#define recorded(record, member)                                                                   \
	(bpf_core_type_exists(typeof(*(record))) ? (record)->member : (typeof((record)->member))0)

SEC("tracepoint/skb/skb_copy_datagram_iovec")
int copying(struct trace_event_raw_skb_copy_datagram_iovec *record)
{
	on_copying(record->skbaddr);
	return 0;
}

SEC("tracepoint/skb/kfree_skb")
int dropped(struct trace_event_raw_kfree_skb *record)
{
	on_dropped(record->skbaddr);
	return 0;
}

SEC("tracepoint/skb/consume_skb")
int consumed(struct trace_event_raw_consume_skb *record)
{
	on_consumed(record->skbaddr);
	return 0;
}

SEC("tracepoint/sock/sk_data_ready")
int data_ready(struct trace_event_raw_sk_data_ready *record)
{
	on_data_ready((struct sock *)recorded(record, skaddr));
	return 0;
}

SEC("tracepoint/sock/sock_send_length")
int send_length(struct trace_event_raw_sock_msg_length *record)
{
	on_send_length(recorded(record, sk), recorded(record, ret));
	return 0;
}

SEC("tracepoint/sock/sock_recv_length")
int recv_length(struct trace_event_raw_sock_msg_length *record)
{
	on_recv_length(recorded(record, sk), recorded(record, ret), recorded(record, flags));
	return 0;
}

SEC("tracepoint/raw_syscalls/sys_exit")
int exiting(struct trace_event_raw_sys_exit *record)
{
	on_sys_exit(record->id, record->ret);
	return 0;
}

#endif
