/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files are that a system call makes without a place in the tree, by the name that the kernel gives
 * them. A type that the kernel was built without does not exist in it.
 */
#ifndef FDPASS_DETAIL_ANONYMOUS_H
#define FDPASS_DETAIL_ANONYMOUS_H

#include "detail_file.h"

#define NAMED_EVENTFD NAME_OF_8('e', 'v', 'e', 'n', 't', 'f', 'd', 0)
#define NAMED_EPOLL NAME_OF_8('e', 'v', 'e', 'n', 't', 'p', 'o', 'l')
#define NAMED_TIMERFD NAME_OF_8('t', 'i', 'm', 'e', 'r', 'f', 'd', 0)
#define NAMED_SIGNALFD NAME_OF_8('s', 'i', 'g', 'n', 'a', 'l', 'f', 'd')
#define NAMED_INOTIFY NAME_OF_8('i', 'n', 'o', 't', 'i', 'f', 'y', 0)
#define NAMED_FANOTIFY NAME_OF_8('f', 'a', 'n', 'o', 't', 'i', 'f', 'y')
#define NAMED_PERF_EVENT NAME_OF_8('p', 'e', 'r', 'f', '_', 'e', 'v', 'e')
#define NAMED_FSCONTEXT NAME_OF_8('f', 's', 'c', 'o', 'n', 't', 'e', 'x')
#define NAMED_PIDFD NAME_OF_8('p', 'i', 'd', 'f', 'd', 0, 0, 0)
#define NAMED_BPF_MAP NAME_OF_8('b', 'p', 'f', '-', 'm', 'a', 'p', 0)
#define NAMED_BPF_PROG NAME_OF_8('b', 'p', 'f', '-', 'p', 'r', 'o', 'g')
#define NAMED_BPF_LINK NAME_OF_8('b', 'p', 'f', '_', 'l', 'i', 'n', 'k')

static __always_inline void describe_eventfd(struct scratch *s, __u32 index,
					     struct eventfd_ctx *eventfd)
{
	struct event_eventfd_detail *ret =
		append_detail(s, EVENT_DETAIL_EVENTFD, index, sizeof(*ret));

	if (ret)
		ret->count = probe(eventfd, count);
}

static __always_inline void copy_bpf_name(struct event_bpf_detail *ret, const char *name)
{
	__builtin_memset(ret->name, 0, sizeof(ret->name));
	bpf_probe_read_kernel_str(ret->name, sizeof(ret->name), name);
}

static __always_inline void describe_bpf(struct scratch *s, __u32 index, void *object, __u64 name)
{
	struct event_bpf_detail *ret = append_detail(s, EVENT_DETAIL_BPF, index, sizeof(*ret));
	struct bpf_prog_aux *aux;

	if (!ret)
		return;
	__builtin_memset(ret, 0, sizeof(*ret));
	if (name == NAMED_BPF_MAP) {
		ret->type = probe((struct bpf_map *)object, map_type);
		ret->id = probe((struct bpf_map *)object, id);
		copy_bpf_name(ret, ((struct bpf_map *)object)->name);
	} else if (name == NAMED_BPF_PROG) {
		aux = probe((struct bpf_prog *)object, aux);
		ret->type = probe((struct bpf_prog *)object, type);
		ret->id = probe(aux, id);
		copy_bpf_name(ret, aux->name);
	} else {
		ret->type = probe((struct bpf_link *)object, type);
		ret->id = probe((struct bpf_link *)object, id);
	}
}

/* One that has expired goes on when it is read, if it has an interval. */
static __always_inline bool is_armed(struct timerfd_ctx *timer, __u32 clock, __u64 interval)
{
	void *queued = (void *)timer + bpf_core_field_offset(struct timerfd_ctx, t);

	if (interval && probe(timer, expired))
		return true;
	if (clock == CLOCK_REALTIME_ALARM || clock == CLOCK_BOOTTIME_ALARM)
		return probe((struct alarm *)queued, state);
	if (bpf_core_field_exists(((struct hrtimer___queued *)0)->is_queued))
		return probe((struct hrtimer___queued *)queued, is_queued);
	return probe((struct hrtimer *)queued, state);
}

static __always_inline void describe_timer(struct scratch *s, __u32 index,
					   struct timerfd_ctx *timer)
{
	struct event_timer_detail *ret = append_detail(s, EVENT_DETAIL_TIMER, index, sizeof(*ret));

	if (!ret)
		return;
	ret->interval_ns = probe(timer, tintv);
	ret->clock = probe(timer, clockid);
	ret->armed = is_armed(timer, ret->clock, ret->interval_ns);
}

static __always_inline void describe_signals(struct scratch *s, __u32 index,
					     struct signalfd_ctx *signals)
{
	struct event_signals_detail *ret =
		append_detail(s, EVENT_DETAIL_SIGNALS, index, sizeof(*ret));

	if (ret)
		ret->mask = ~(__u64)probe(signals, sigmask.sig[0]);
}

static __always_inline void write_watches(struct scratch *s, __u32 index, __u32 count)
{
	struct event_watches_detail *ret =
		append_detail(s, EVENT_DETAIL_WATCHES, index, sizeof(*ret));

	if (ret)
		*ret = (struct event_watches_detail){ .count = count };
}

/* Each file that it watches has a reference to it, as its own open file has. */
static __always_inline void describe_epoll(struct scratch *s, __u32 index, struct eventpoll *epoll)
{
	if (bpf_core_field_exists(epoll->refcount))
		write_watches(s, index, probe(epoll, refcount.refs.counter) - 1);
}

/* More watches of an inotify instance are not counted. */
#define WATCHES_COUNTED 64
#define WATCHES_UNKNOWN 0xffffffff

/* A mark that goes while this stands at it leads nowhere, or into the list of another group. */
static __always_inline __u32 count_marks(struct list_head *marks)
{
	struct list_head *mark = probe(marks, next);

	for (__u32 i = 0; i < WATCHES_COUNTED; i++) {
		if (mark == marks)
			return i;
		mark = probe(mark, next);
	}
	return WATCHES_UNKNOWN;
}

static __always_inline void describe_inotify(struct scratch *s, __u32 index,
					     struct fsnotify_group *group)
{
	struct list_head *marks =
		(void *)group + bpf_core_field_offset(struct fsnotify_group, marks_list);
	__u32 count = count_marks(marks);

	if (count != WATCHES_UNKNOWN && count_marks(marks) == count)
		write_watches(s, index, count);
}

static __always_inline void describe_fanotify(struct scratch *s, __u32 index,
					      struct fsnotify_group *group)
{
	struct event_fanotify_detail *ret =
		append_detail(s, EVENT_DETAIL_FANOTIFY, index, sizeof(*ret));

	if (!ret)
		return;
	ret->flags = probe(group, fanotify_data.flags);
	ret->file_flags = probe(group, fanotify_data.f_flags);
}

static __always_inline void describe_perf(struct scratch *s, __u32 index, struct perf_event *event)
{
	struct event_perf_detail *ret = append_detail(s, EVENT_DETAIL_PERF, index, sizeof(*ret));

	if (ret)
		*ret = (struct event_perf_detail){
			.config = probe(event, attr.config),
			.type = probe(event, attr.type),
		};
}

/* It keeps the type of its filesystem, and with that the module that has the name. */
static __always_inline void describe_fscontext(struct scratch *s, __u32 index,
					       struct fs_context *context)
{
	struct event_fscontext_detail *ret =
		append_detail(s, EVENT_DETAIL_FSCONTEXT, index, sizeof(*ret));
	struct file_system_type *type;

	if (!ret)
		return;
	__builtin_memset(ret, 0, sizeof(*ret));
	type = probe(context, fs_type);
	bpf_probe_read_kernel_str(ret->type, sizeof(ret->type), probe(type, name));
}

/* Whatever tells that something happened. */
static __always_inline void describe_notifier(struct scratch *s, __u32 index, void *private,
					      __u64 name)
{
	if (name == NAMED_EVENTFD && bpf_core_type_exists(struct eventfd_ctx))
		describe_eventfd(s, index, private);
	else if (name == NAMED_EPOLL && bpf_core_type_exists(struct eventpoll))
		describe_epoll(s, index, private);
	else if (name == NAMED_TIMERFD && bpf_core_type_exists(struct timerfd_ctx))
		describe_timer(s, index, private);
	else if (name == NAMED_SIGNALFD && bpf_core_type_exists(struct signalfd_ctx))
		describe_signals(s, index, private);
	else if (name == NAMED_INOTIFY && bpf_core_type_exists(struct fsnotify_group))
		describe_inotify(s, index, private);
	else if (name == NAMED_FANOTIFY &&
		 bpf_core_field_exists(struct fsnotify_group, fanotify_data))
		describe_fanotify(s, index, private);
}

/* A file with an anonymous inode: what its private_data is, its name tells. NULL: opened with O_PATH. */
static __always_inline void describe_anonymous(struct scratch *s, __u32 index, struct file *file)
{
	void *private = probe(file, private_data);
	__u64 name;

	if (!private)
		return;
	name = pseudo_name(file);
	if (name == NAMED_PIDFD)
		describe_pidfd(s, index, private);
	else if (name == NAMED_BPF_MAP || name == NAMED_BPF_PROG || name == NAMED_BPF_LINK)
		describe_bpf(s, index, private, name);
	else if (name == NAMED_PERF_EVENT && bpf_core_type_exists(struct perf_event))
		describe_perf(s, index, private);
	else if (name == NAMED_FSCONTEXT)
		describe_fscontext(s, index, private);
	else
		describe_notifier(s, index, private, name);
}

#endif
