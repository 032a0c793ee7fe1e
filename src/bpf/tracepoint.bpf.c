// SPDX-License-Identifier: GPL-2.0-only
/*
 * The third way to attach, for kernels that have neither fentry nor kprobes: the tracepoints of the
 * network. Fetches the arguments, leaves at once where it is no unix socket or no descriptor, and calls
 * the handlers of queue.h and taking.h.
 *
 * What it costs: every message of every socket a few short programs. Since 6.3 there is a tracepoint at
 * the end of each send and receive, and no system call has to pay. Before that it takes the end of system
 * calls, which all of the machine pay for.
 *
 * Since 7.0 the kernel may preempt these programs: see stand_in.h.
 */
#define SKIPS_TELL_NOTHING /* most runs are of other sockets */
#include "identity.h"
#include "move.h"
#include "stand_in.h"
#include "taking.h"

char LICENSE[] SEC("license") = "GPL";

/*
 * The tracepoints that came with 6.3, and the end of system calls: programs that not every kernel can
 * have. Whoever must load all of them takes raw ones, which need not be attached.
 */
#ifdef RAW_TRACEPOINTS
#define NOT_EVERYWHERE "raw_tp/"
#else
#define NOT_EVERYWHERE "tp_btf/"
#endif

static __always_inline bool is_unix(const struct sock *sk)
{
	return sk->__sk_common.skc_family == AF_UNIX;
}

/* The same of an argument of these. */
static __always_inline bool is_for_unix(struct sock *sk)
{
	return argument(sk, __sk_common.skc_family) == AF_UNIX;
}

/* The list of descriptors of a unix message, from an argument: by plain loads. */
static __always_inline struct scm_fp_list *list_of_argument(struct sk_buff *skb)
{
	return *(struct scm_fp_list **)((void *)skb->cb +
					bpf_core_field_offset(struct unix_skb_parms, fp));
}

SEC("tp_btf/skb_copy_datagram_iovec")
int BPF_PROG(copying, struct sk_buff *skb, int length)
{
	struct sock *sk = skb->sk;
	struct scm_fp_list *list;

	if (!sk || !is_unix(sk))
		return 0;
	list = list_of_argument(skb);
	if (list)
		IN_TURN(HOOK_TAKEN, on_taken(skb, list));
	return 0;
}

SEC("tp_btf/kfree_skb")
int BPF_PROG(dropped, struct sk_buff *skb)
{
	struct sock *sk = skb->sk;
	struct scm_fp_list *list;

	if (!sk || !is_unix(sk))
		return 0;
	list = list_of_argument(skb);
	if (list)
		IN_TURN(HOOK_DROPPED, on_freed(skb, list));
	return 0;
}

SEC("tp_btf/consume_skb")
int BPF_PROG(consumed, struct sk_buff *skb)
{
	struct sock *sk = skb->sk;

	if (sk && is_unix(sk))
		IN_TURN(HOOK_CONSUMED, on_freed(skb, list_of_argument(skb)));
	return 0;
}

SEC(NOT_EVERYWHERE "sk_data_ready")
int BPF_PROG(data_ready, struct sock *sk)
{
	if (is_for_unix(sk) && !is_queued_plain(sk))
		IN_TURN(HOOK_QUEUED, on_queue(sk));
	return 0;
}

/*
 * The counts of what is under way spare the others a look-up. Not where there are stand-ins: each has to
 * take its turn, and the first one changes the counts.
 */

SEC(NOT_EVERYWHERE "sock_send_length")
int BPF_PROG(send_length, struct sock *sk, int result)
{
	if ((result < 0 || nr_sending || preemptible) && is_for_unix(sk))
		IN_TURN(HOOK_SENT, on_send_done(sk, result));
	return 0;
}

SEC(NOT_EVERYWHERE "sock_recv_length")
int BPF_PROG(recv_length, struct sock *sk, int result, int flags)
{
	if ((nr_takings || preemptible) && is_for_unix(sk))
		IN_TURN(HOOK_RECEIVED, on_received(sk, result, flags));
	return 0;
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

	if (hint == HINT_NOTHING || !s)
		return;
	sk = unix_socket_of(file_of_fd(current_task(), call->fd));
	if (!sk)
		return;
	number = as_number(s, sk);
	find_addressee(number, 0);
	if (hint == HINT_UNREAD)
		count_lost(EVENT_LOST_READ);
	else if (result >= 0)
		tell_queued(number, s->addressee, 0, 1);
	else
		tell_unnumbered(number, s->addressee, 0, result);
}

/* The last message was sent in part only, as a stream that is full allows: then no other was tried. */
__attribute__((noinline)) int is_partial(__u32 index)
{
	struct scratch *s = scratch_of(SCRATCH_BEGIN);
	const struct call *call;
	struct user_message message;
	__u64 sum = 0, length = 0;
	__u32 sent = 0;

	if (!s)
		return true;
	call = &s->call;
	if (!read_user_message(&message, call, index) || call->compat || message.iov_count > 16 ||
	    bpf_probe_read_user(&sent, sizeof(sent),
				(void *)message_at(call, index) + sizeof(message)))
		return true;
	for (__u32 i = 0; i < 16; i++) {
		if (i >= message.iov_count)
			break;
		bpf_probe_read_user(&length, sizeof(length), (void *)message.iov + i * 16 + 8);
		sum += length;
	}
	return sent < sum;
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
	for (__u32 i = 0; i < MAX_MESSAGES; i++) {
		__u32 index =
			sent - 1 - i; /* the last one first: the queue is searched from its end */

		if (i >= sent)
			break;
		find_addressee(number, index);
		tell_queued(number, s->addressee, index, index + 1);
	}
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
	struct call call = current_call(SCRATCH_BEGIN);

	switch (call.kind) {
	case CALL_SEND:
		if (!has_lengths)
			on_sendmsg_exit(&call, result);
		break;
	case CALL_SEND_MANY:
		if (!has_lengths)
			on_sendmmsg_exit(&call, result);
		break;
	case CALL_RECEIVE:
	case CALL_RECEIVE_MANY:
		if (!has_lengths && nr_takings)
			on_received(unix_socket_of(file_of_fd(current_task(), call.fd)), result,
				    call.flags);
		break;
	case CALL_PIDFD_GETFD: /* its arguments: the pidfd, the descriptor */
		if (result >= 0)
			on_pidfd_getfd(pid_of_pidfd(current_task(), call.fd), call.message, result);
		break;
	case CALL_CREATE:
		on_created_fd(result);
		break;
	default:
		break;
	}
}

/*
 * The end of every system call, of 32-bit programs too. Leaves at once where it is none of these. Loaded
 * where the kernel has no sock_send_length(), or on demand.
 */
SEC(NOT_EVERYWHERE "sys_exit")
int BPF_PROG(exiting, struct pt_regs *registers, long result)
{
	if (is_of_interest(current_task(), registers))
		IN_TURN(HOOK_EXIT, on_exit(result));
	return 0;
}
