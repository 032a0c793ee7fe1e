/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A hook stands once, and is compiled as fentry and fexit or, with KPROBE, as kprobe and kretprobe:
 *   ON_ENTRY(FUNCTION, its arguments) { ... }
 *   ON_RETURN(FUNCTION, how many arguments, its arguments, its result) { ... }
 *   ON_RESULT(FUNCTION, how many arguments, its result) { ... }   where the arguments are not asked for
 *   ON_END(FUNCTION) { ... }   of one that has no result
 *
 * A kretprobe does not know the arguments: they are kept from the entry until the return, in a table by
 * thread, which also shows what the kernel missed: a return without an entry, or a second entry without a
 * return, is counted as lost.
 */
#ifndef FDPASS_HOOK_H
#define FDPASS_HOOK_H

#include "kernel.h"
#include "report.h"

#ifndef KPROBE

#define ON_ENTRY(function, ...)                                                                    \
	SEC("fentry/" #function)                                                                   \
	int BPF_PROG(enter_##function, ##__VA_ARGS__)

#define ON_RETURN(function, count, ...)                                                            \
	SEC("fexit/" #function)                                                                    \
	int BPF_PROG(leave_##function, ##__VA_ARGS__)

#define ON_RESULT(function, count, result)                                                         \
	static __always_inline int result_##function(result);                                      \
	SEC("fexit/" #function)                                                                    \
	int leave_##function(unsigned long long *ctx)                                              \
	{                                                                                          \
		return result_##function((void *)ctx[count]);                                      \
	}                                                                                          \
	static __always_inline int result_##function(result)

#define ON_END(function)                                                                           \
	SEC("fexit/" #function)                                                                    \
	int leave_##function(unsigned long long *ctx)

#else

#define MAX_ARGUMENTS 3

struct call_key {
	__u64 thread;
	__u64 function;
};

struct call_arguments {
	__u64 of[MAX_ARGUMENTS];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 32768); /* threads inside of these functions at one time */
	__type(key, struct call_key);
	__type(value, struct call_arguments);
} calls SEC(".maps");

static __always_inline void keep_arguments(__u64 function, struct pt_regs *ctx)
{
	struct call_key key = { bpf_get_current_pid_tgid(), function };
	struct call_arguments arguments = {
		{ PT_REGS_PARM1(ctx), PT_REGS_PARM2(ctx), PT_REGS_PARM3(ctx) },
	};

	if (bpf_map_update_elem(&calls, &key, &arguments, BPF_NOEXIST)) {
		/* the return of an earlier call was missed, or there is no room */
		count_lost(EVENT_LOST_SKIPPED);
		bpf_map_update_elem(&calls, &key, &arguments, BPF_ANY);
	}
}

static __always_inline bool take_arguments(__u64 function, __u64 *ret)
{
	struct call_key key = { bpf_get_current_pid_tgid(), function };
	struct call_arguments *found = bpf_map_lookup_elem(&calls, &key);

	if (!found) {
		count_lost(EVENT_LOST_SKIPPED);
		return false;
	}
	for (int i = 0; i < MAX_ARGUMENTS; i++)
		ret[i] = found->of[i];
	bpf_map_delete_elem(&calls, &key);
	return true;
}

#define ON_ENTRY(function, ...)                                                                    \
	SEC("kprobe/" #function)                                                                   \
	int BPF_KPROBE(enter_##function, ##__VA_ARGS__)

#define ON_RETURN(function, count, ...)                                                            \
	enum { CALL_OF_##function = __COUNTER__ };                                                 \
	static __always_inline int returned_##function(unsigned long long *ctx);                   \
	SEC("kprobe/" #function)                                                                   \
	int keep_##function(struct pt_regs *ctx)                                                   \
	{                                                                                          \
		keep_arguments(CALL_OF_##function, ctx);                                           \
		return 0;                                                                          \
	}                                                                                          \
	SEC("kretprobe/" #function)                                                                \
	int leave_##function(struct pt_regs *ctx)                                                  \
	{                                                                                          \
		unsigned long long all[MAX_ARGUMENTS + 1];                                         \
                                                                                                   \
		if (!take_arguments(CALL_OF_##function, all))                                      \
			return 0;                                                                  \
		all[count] = PT_REGS_RC(ctx);                                                      \
		return returned_##function(all);                                                   \
	}                                                                                          \
	static __always_inline int BPF_PROG(returned_##function, ##__VA_ARGS__)

#define ON_RESULT(function, count, result)                                                         \
	static __always_inline int result_##function(result);                                      \
	SEC("kretprobe/" #function)                                                                \
	int leave_##function(struct pt_regs *ctx)                                                  \
	{                                                                                          \
		return result_##function((void *)PT_REGS_RC(ctx));                                 \
	}                                                                                          \
	static __always_inline int result_##function(result)

#define ON_END(function)                                                                           \
	SEC("kretprobe/" #function)                                                                \
	int leave_##function(struct pt_regs *ctx)

#endif

#endif
