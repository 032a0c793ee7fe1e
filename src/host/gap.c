// SPDX-License-Identifier: GPL-2.0-or-later
/* What a way to attach misses: see gap.h. */
#include "host/gap.h"

#include <string.h>

const struct gap gap_table[] = {
	{ "tracepoint,gadget", "*", "*move/addfd*,hostile/addfd*", "row",
	  "ioctl(2) is not looked at",
	  "descriptors that a seccomp supervisor adds (SECCOMP_IOCTL_NOTIF_ADDFD)" },
	{ "tracepoint,gadget", "*", "*move/msg-ring*", "row",
	  "a descriptor that moves between rings is no system call, and no table of descriptors "
	  "has it",
	  "descriptors that move between rings of io_uring (IORING_OP_MSG_RING)" },
	{ "tracepoint,gadget", "*", NULL, "row", "it is told at the end of the system call",
	  "pidfd_getfd(2), and which eventfd is which, without --system-calls" },
	{ "tracepoint,gadget", "*", "hold", "file_id",
	  "which eventfd it is cannot be told where its creation was not seen",
	  "which eventfd it is, of those that are older than the trace" },
	{ "tracepoint,gadget", "*",
	  "file/bpf-*,file/sync-file,file/perf-event,file/landlock,file/fscontext,file/all",
	  "file_id", "only calls that make eventfds and the like are looked at",
	  "which BPF map, virtual machine or the like it is, of several" },
	{ "tracepoint,gadget", "*", "ring/send,ring/send-worker", "fd",
	  "io_uring has the numbers of the descriptors in memory of its own",
	  "from which of its descriptors io_uring sends" },
	{ "tracepoint,gadget", "5.10,6.1", "ring/send,ring/send-worker",
	  "proc.*,sockfd,timestamp,latency_ns,cross",
	  "before 6.3 nothing tells of a send that is no system call",
	  "who sends with io_uring, before Linux 6.3" },
	{ "tracepoint,gadget", "5.10,6.1", "ring/receive*",
	  "outcome,receiver.fd,receiver.cloexec,latency_ns",
	  "before 6.3 nothing tells what io_uring installed",
	  "what becomes of what io_uring receives, before Linux 6.3" },
	{ "tracepoint,gadget", "5.10,6.1", "*fail/batch,*again/refused", "reason",
	  "sendmmsg(2) hides the errno of a message that is not its first",
	  "why sendmmsg(2) failed after its first message, before Linux 6.3" },
	{ "tracepoint,gadget", "*", "hostile/*", "sender",
	  "it is too late to read what a thread has changed meanwhile",
	  "who sent what its own threads change while it is sent" },
	{ "gadget", "*", "hold", "outcome,receiver.*,cross",
	  "what is queued when the trace ends is not looked at",
	  "what is queued when the trace ends" },
	{ "gadget", "*", "hold", "proc.creds.user,proc.creds.group",
	  "Inspektor Gadget has stopped what knows names before it stops the gadget",
	  "names of users in rows that come when the trace ends" },
	{ "fentry,kprobe", "*", "fail/efault,fail/nobody,32/fail/efault,32/fail/nobody", "reason",
	  "the list is dropped before the errno is known, and the sockets do not tell it for "
	  "certain",
	  "why some sends failed: bad memory (EFAULT), a name that nobody has" },
	{ "fentry,kprobe", "*", "fail/nobody,32/fail/nobody", "socket_path",
	  "the name that was sent to is not looked at", "a name that was sent to and nobody has" },
	{ "fentry,kprobe", "6.12-arm64", "move/pidfd-getfd", "row",
	  "pidfd_getfd() of kernel/pid.c is no function of its own there",
	  "pidfd_getfd(2), where the kernel's compiler has inlined what it does, as in Debian's for "
	  "arm64" },
	{ "gadget", "*", "file/invalid-utf8,file/all,pass/odd-comm,32/pass/odd-comm", "*_bytes",
	  "the strings of ig's JSON are Unicode, and its rows have no second member",
	  "the bytes of names that are no UTF-8" },
	{ "*", "*", "fail/eintr,32/fail/eintr", "reason",
	  "whether the call fails with EINTR or begins anew is decided later",
	  "why a send failed that a signal interrupted" },
	{ "*", "*",
	  "fail/einval-too-many,fail/einval-two-controls,32/fail/einval-too-many,"
	  "32/fail/einval-two-controls",
	  "row", "a record has room for 253 descriptors: the 254th that was named is not told",
	  "the descriptors beyond the 253rd of a refused message: a message carries 253" },
	{ "*", "5.10", "file/epoll*,file/all", "file_detail",
	  "before 6.4, but for the stable kernels that took it over, an epoll instance does not "
	  "count what it watches",
	  "how many files an epoll instance watches, on Linux 5.10" },
	{ "*", "*", NULL, "file_detail", "the types of a module are known where it is loaded",
	  "addresses of vsock and RFCOMM sockets and what input devices call themselves, where their "
	  "module was not loaded when the trace began, or fdpass lacks CAP_SYS_ADMIN" },
	{ "gadget", "*", "*pass/most*,*fail/einval-t*,load/burst*", "file_detail",
	  "a record there has no room for details of so many files",
	  "details of the files of messages with the most descriptors" },
	{ "gadget", "*", "*pass/most*", "file_size",
	  "a record there has no room for details of so many files",
	  "sizes of memfds in messages with the most descriptors" },
	{ "gadget", "*", "*", "ended", "a row of ig's has one time, and ig makes its text",
	  "when it was received or lost, of what was sent before the trace began" },
	{ "gadget", "*", "*", "proc.cgroup,receiver.cgroup", "the module keeps no table of them",
	  "paths of cgroups; containers, but what Inspektor Gadget knows of the sender's" },
	{ "*", "*", "lose/exit,lose/kill,32/lose/exit,32/lose/kill",
	  "receiver.mntns_id,receiver.netns_id,receiver.cgroupns_id",
	  "a process that exits has left its namespaces when its sockets are closed",
	  "the namespaces of a receiver that exited with descriptors in its queue" },
};

const size_t nr_gaps = sizeof(gap_table) / sizeof(gap_table[0]);

/* Is a word in a list with commas? */
static bool has_word(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = list; at; at = strchr(at, ',')) {
		at += *at == ',';
		if (strncmp(at, word, length) == 0 && (at[length] == ',' || at[length] == '\0'))
			return true;
	}
	return false;
}

bool gap_is_of(const struct gap *gap, const char *way)
{
	return strcmp(gap->ways, "*") == 0 || has_word(gap->ways, way);
}

void gap_print_excuses(FILE *stream)
{
	for (size_t i = 0; i < nr_gaps; i++) {
		const struct gap *gap = &gap_table[i];

		if (gap->scenarios)
			fprintf(stream, "%s %s %s %s %s\n", gap->ways, gap->kernels, gap->scenarios,
				gap->field, gap->reason);
	}
}

void gap_print_list(FILE *stream)
{
	for (size_t i = 0; i < nr_gaps; i++) {
		const struct gap *gap = &gap_table[i];

		fputs("- ", stream);
		if (strcmp(gap->ways, "*") != 0)
			fprintf(stream, "%s: ", gap->ways);
		fprintf(stream, "%s\n", gap->what);
	}
}
