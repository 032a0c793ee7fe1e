/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that tell that something happened: timers, signals, and what watches other files. */
#include <inttypes.h>
#include <linux/fcntl.h>
#include <stdio.h>

#include "kind/class.h"

/* "2.5s" */
static void put_seconds(struct words *words, uint64_t ns)
{
	char fraction[sizeof(".999999999")];
	size_t length;

	words_put_number(words, ns / 1000000000);
	length = (size_t)snprintf(fraction, sizeof(fraction), ".%09" PRIu32,
				  (uint32_t)(ns % 1000000000));
	while (length > 0 && fraction[length - 1] == '0')
		length--;
	if (length > 1)
		words_put(words, fraction, length);
	words_put_text(words, "s");
}

/* "monotonic, every 2.5s, armed" */
void timer_put_detail(struct words *words, const struct file *file)
{
	/* CLOCK_* of timerfd_create(2) */
	static const char *const clocks[] = {
		[0] = "realtime",	[1] = "monotonic",	[7] = "boottime",
		[8] = "realtime_alarm", [9] = "boottime_alarm",
	};
	const struct event_timer_detail *timer = detail_of(file, EVENT_DETAIL_TIMER);

	if (!timer)
		return;
	words_put_named(words, clocks, ARRAY_SIZE(clocks), timer->clock);
	if (timer->interval_ns != 0) {
		words_put_text(words, ", every ");
		put_seconds(words, timer->interval_ns);
	}
	if (timer->armed)
		words_put_text(words, ", armed");
}

/* Signals, the lowest bit for 1, as signal(7) has them on x86 and ARM, and the C library those from 34 on. */
static const char *const signals[64] = {
	"SIGHUP",      "SIGINT",      "SIGQUIT",     "SIGILL",	    "SIGTRAP",	   "SIGABRT",
	"SIGBUS",      "SIGFPE",      "SIGKILL",     "SIGUSR1",	    "SIGSEGV",	   "SIGUSR2",
	"SIGPIPE",     "SIGALRM",     "SIGTERM",     "SIGSTKFLT",   "SIGCHLD",	   "SIGCONT",
	"SIGSTOP",     "SIGTSTP",     "SIGTTIN",     "SIGTTOU",	    "SIGURG",	   "SIGXCPU",
	"SIGXFSZ",     "SIGVTALRM",   "SIGPROF",     "SIGWINCH",    "SIGIO",	   "SIGPWR",
	"SIGSYS",      "32",	      "33",	     "SIGRTMIN",    "SIGRTMIN+1",  "SIGRTMIN+2",
	"SIGRTMIN+3",  "SIGRTMIN+4",  "SIGRTMIN+5",  "SIGRTMIN+6",  "SIGRTMIN+7",  "SIGRTMIN+8",
	"SIGRTMIN+9",  "SIGRTMIN+10", "SIGRTMIN+11", "SIGRTMIN+12", "SIGRTMIN+13", "SIGRTMIN+14",
	"SIGRTMIN+15", "SIGRTMIN+16", "SIGRTMIN+17", "SIGRTMIN+18", "SIGRTMIN+19", "SIGRTMIN+20",
	"SIGRTMIN+21", "SIGRTMIN+22", "SIGRTMIN+23", "SIGRTMIN+24", "SIGRTMIN+25", "SIGRTMIN+26",
	"SIGRTMIN+27", "SIGRTMIN+28", "SIGRTMIN+29", "SIGRTMIN+30",
};

/* Those that nobody can take, and the two that the C library keeps. */
#define SIGNALS_NEVER (UINT64_C(1) << (9 - 1) | UINT64_C(1) << (19 - 1) | UINT64_C(3) << (32 - 1))

/* "SIGINT|SIGTERM"; where most are taken, "all but SIGCHLD". */
void signals_put_detail(struct words *words, const struct file *file)
{
	const struct event_signals_detail *detail = detail_of(file, EVENT_DETAIL_SIGNALS);
	uint64_t others;

	if (!detail)
		return;
	others = ~detail->mask & ~SIGNALS_NEVER;
	if (__builtin_popcountll(detail->mask) <= 32) {
		words_put_bits(words, signals, ARRAY_SIZE(signals), detail->mask);
	} else if (others == 0) {
		words_put_text(words, "all");
	} else {
		words_put_text(words, "all but ");
		words_put_bits(words, signals, ARRAY_SIZE(signals), others);
	}
}

/* "3 watched" */
void watches_put_detail(struct words *words, const struct file *file)
{
	const struct event_watches_detail *watches = detail_of(file, EVENT_DETAIL_WATCHES);

	if (!watches)
		return;
	words_put_number(words, watches->count);
	words_put_text(words, " watched");
}

/* FAN_CLOEXEC and FAN_NONBLOCK are of the descriptor, and the highest bit is the kernel's own. */
#define FANOTIFY_LEFT_OUT 0x80000003U
#define FANOTIFY_CLASSES 0xcU

/* "FAN_CLASS_CONTENT|FAN_REPORT_TID": it may hold others up; "O_RDWR": it gets to write what they use. */
void fanotify_put_detail(struct words *words, const struct file *file)
{
	static const char *const names[] = {
		[2] = "FAN_CLASS_CONTENT",	[3] = "FAN_CLASS_PRE_CONTENT",
		[4] = "FAN_UNLIMITED_QUEUE",	[5] = "FAN_UNLIMITED_MARKS",
		[6] = "FAN_ENABLE_AUDIT",	[7] = "FAN_REPORT_PIDFD",
		[8] = "FAN_REPORT_TID",		[9] = "FAN_REPORT_FID",
		[10] = "FAN_REPORT_DIR_FID",	[11] = "FAN_REPORT_NAME",
		[12] = "FAN_REPORT_TARGET_FID", [13] = "FAN_REPORT_FD_ERROR",
		[14] = "FAN_REPORT_MNT",
	};
	const struct event_fanotify_detail *detail = detail_of(file, EVENT_DETAIL_FANOTIFY);
	uint32_t flags;

	if (!detail)
		return;
	flags = detail->flags & ~FANOTIFY_LEFT_OUT;
	if (!(flags & FANOTIFY_CLASSES))
		words_put_text(words, flags != 0 ? "FAN_CLASS_NOTIF|" : "FAN_CLASS_NOTIF");
	words_put_bits(words, names, ARRAY_SIZE(names), flags);
	if ((detail->file_flags & O_ACCMODE) == O_WRONLY)
		words_put_text(words, ", O_WRONLY");
	else if ((detail->file_flags & O_ACCMODE) == O_RDWR)
		words_put_text(words, ", O_RDWR");
}
