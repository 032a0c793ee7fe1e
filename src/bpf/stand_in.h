/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fentry and fexit programs may be preempted. The kernel skips a program that another task is inside of on
 * that CPU, so one that is preempted costs the events of all who come meanwhile: a quarter of them, among
 * forty busy processes.
 *
 * So a program is not preempted while it works; but the kernel begins and ends it, and a tick that
 * comes in these few instructions still does it, until that task has a CPU again. So user space loads
 * the object three times, with the same maps: the second and the third are stand-ins, which do the work
 * where the others were skipped. All attached, they run one after the other, in an order that the kernel
 * does not promise. With one stand-in a crowd of forty processes still lost events in one of ten runs,
 * on slow processors.
 *
 * What is lost is every run that was skipped and that no stand-in made up for. All of this is left out where
 * programs are not preempted so, in kernels before 6.15 too: they are commonly not built for it.
 */
#ifndef FDPASS_STAND_IN_H
#define FDPASS_STAND_IN_H

#include "kernel.h"
#include "report.h"

/* The hooks at which a program does its work in turn. */
enum hook {
	HOOK_REFUSED,
	HOOK_ACCEPTED,
	HOOK_COPIED,
	HOOK_DETACH,
	HOOK_DESTROYED,
	HOOK_MOVED, /* a thread is inside one of these at a time */
	HOOK_INSTALLED, /* inside of one of those */
	HOOK_CREATED, /* a thread creates one file at a time */
	NR_HOOKS
};

#if defined(TYPED_READS) && !defined(KPROBE)

/* Set by user space, which then loads the stand-ins as well. */
const volatile bool preemptible = false;
/* Which of the three this is; the first has 0. */
const volatile __u8 stand_in = 0;

extern void bpf_preempt_disable(void) __ksym __weak;
extern void bpf_preempt_enable(void) __ksym __weak;
extern void bpf_local_irq_save(unsigned long *flags) __ksym __weak;
extern void bpf_local_irq_restore(unsigned long *flags) __ksym __weak;

/* Of a thread, for each hook: which of its programs ran in the call that it is in. */
struct turns {
	__u8 of[NR_HOOKS];
};

#define TURN_DONE 0x80 /* one of them did the work */

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct turns);
} turns SEC(".maps");

/* Add up what the kernel counts, each time that it skipped the first one; see EVENT_LOST_SKIPPED. */
static __always_inline void count_turn(bool done)
{
	if (done && stand_in == 0)
		add_lost(EVENT_LOST_SKIPPED, 1);
	if (!done && stand_in != 0)
		add_lost(EVENT_LOST_SKIPPED, -1);
}

/*
 * Should this program do the work of the hook? One that sees itself has seen the end of another call. Where
 * those that ran in one call are none of those that ran in the last one, all of them think that the work was
 * done, never two of them that it was not: then it is counted as lost. So what was done is better
 * told from what it left in the tables (`anew`, and forget_turn()).
 */
static __always_inline bool take_turn(enum hook hook, bool anew)
{
	struct turns *task_turns;
	__u8 turn, mine = 1 << stand_in;

	if (!preemptible)
		return true;
	task_turns = bpf_task_storage_get(&turns, bpf_get_current_task_btf(), NULL,
					  BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!task_turns)
		return stand_in == 0;
	turn = task_turns->of[hook];
	if (anew || turn & mine)
		turn = 0;
	task_turns->of[hook] = turn | mine | TURN_DONE;
	count_turn(turn & TURN_DONE);
	return !(turn & TURN_DONE);
}

/* The next call is another one: the stand-ins of this one see by themselves that the work was done. */
static __always_inline void forget_turn(enum hook hook)
{
	struct turns *task_turns =
		bpf_task_storage_get(&turns, bpf_get_current_task_btf(), NULL, 0);

	if (task_turns)
		task_turns->of[hook] = 0;
}

/* With interrupts off preempt_enable() does not reschedule: that waits until the program ended. */
#define UNDISTURBED(work)                                                                          \
	do {                                                                                       \
		unsigned long interrupts_;                                                         \
                                                                                                   \
		if (preemptible)                                                                   \
			bpf_preempt_disable();                                                     \
		work;                                                                              \
		if (preemptible) {                                                                 \
			bpf_local_irq_save(&interrupts_);                                          \
			bpf_preempt_enable();                                                      \
			bpf_local_irq_restore(&interrupts_);                                       \
		}                                                                                  \
	} while (0)

#define IN_TURN(hook, work)                                                                        \
	UNDISTURBED({                                                                              \
		if (take_turn(hook, false))                                                        \
			work;                                                                      \
	})

/* Where the table still has what the work is about, it was not done. */
#define IN_TURN_WHERE(undone, hook, work)                                                          \
	UNDISTURBED({                                                                              \
		if (take_turn(hook, preemptible && (undone)))                                      \
			work;                                                                      \
	})

/* `work` returns whether `done` is true from then on: there may be no room for it. */
#define IN_TURN_UNLESS(done, hook, work)                                                           \
	UNDISTURBED({                                                                              \
		if (preemptible && (done))                                                         \
			count_turn(true);                                                          \
		else if (take_turn(hook, false) && (work) && preemptible)                          \
			forget_turn(hook);                                                         \
	})

#else

#define preemptible false
#define UNDISTURBED(work) work
#define IN_TURN(hook, work) work
#define IN_TURN_WHERE(undone, hook, work) work
#define IN_TURN_UNLESS(done, hook, work) work

#endif

#endif
