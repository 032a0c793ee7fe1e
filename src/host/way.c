// SPDX-License-Identifier: GPL-2.0-or-later
/* The ways to attach, and why one cannot be had: see way.h. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "host/lockdown.h"
#include "host/tracepoint.h"
#include "host/way.h"

#include "fentry.skel.h"
#include "fentry_typed.skel.h"
#include "kprobe.skel.h"
#include "kprobe_typed.skel.h"
#include "tracepoint.skel.h"
#include "tracepoint_perf.skel.h"
#include "tracepoint_perf_typed.skel.h"
#include "tracepoint_typed.skel.h"

const struct way way_table[] = {
	{ "fentry", OBJECT_FILE(fentry), {}, NULL,
	  "the kernel has no BPF trampolines: it needs CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS=y",
	  "the kernel forbids BPF programs of this sort, to root as well" },
	{ "kprobe", OBJECT_FILE(kprobe), {}, tracepoint_has_kprobes,
	  "the kernel has no kprobes: it needs CONFIG_KPROBE_EVENTS=y",
	  "the kernel forbids kprobes, to root as well" },
	{ "tracepoint", OBJECT_FILE(tracepoint), OBJECT_FILE(tracepoint_perf), NULL,
	  "the kernel lacks tracepoints of the network",
	  "the kernel forbids BPF programs of this sort, to root as well" },
};

const size_t nr_ways = sizeof(way_table) / sizeof(way_table[0]);

bool way_is_possible(const struct way *way)
{
	return !way->possible || way->possible();
}

/* ENOTSUPP of linux/errno.h: libc does not know it. */
#define ENOTSUPP_KERNEL 524

/* What keeps every way from working, as a sentence; NULL: nothing of that sort. */
static const char *common_reason(int error)
{
	struct utsname name;
	char lockdown[32];

	if (error == -EMFILE || error == -ENFILE)
		return "too many files are open: raise the limit (ulimit -n)";
	/* ESRCH: libbpf had no memory for the kernel's BTF, which was read a moment ago. */
	if (error == -ENOMEM || error == -ESRCH)
		return "there is not enough memory: take a smaller ring buffer (--buffer-size)";
	uname(&name);
	if (strverscmp(name.release, "5.10") < 0)
		return "this kernel is too old: Linux 5.10 or later is needed";
	lockdown_mode(lockdown);
	if (strcmp(lockdown, LOCKDOWN_CONFIDENTIALITY) == 0)
		return "the kernel is locked down for confidentiality, which forbids BPF programs "
		       "to read its memory: boot it with lockdown=integrity";
	return NULL;
}

/* Why this way cannot be had, to be followed by the errno's text. */
static const char *reason_of(const struct way *way, int error)
{
	switch (-error) {
	case EPERM:
	case EACCES:
		return way->forbidden;
	case ENOENT:
	case ENODEV:
	case EOPNOTSUPP:
	case ENOTSUPP_KERNEL:
		return way->missing;
	case EBUSY:
		return "something else has hold of the traced functions, like a live patch";
	default:
		return "the kernel refuses the programs: FDPASS_LIBBPF_DEBUG=1 shows more, and a "
		       "report is welcome";
	}
}

bool way_explain(const struct way *way, int error, const char *refusal, char *ret, size_t size)
{
	const char *common = common_reason(error);

	if (common) {
		snprintf(ret, size, "%s", common);
		return false;
	}
	if (*refusal != '\0')
		snprintf(ret, size,
			 "%s: %s (a bug: please report this, with what `fdpass doctor` says)",
			 way->name, refusal);
	else
		snprintf(ret, size, "%s: %s (%s)", way->name, reason_of(way, error),
			 strerror(error == -ENOTSUPP_KERNEL ? EOPNOTSUPP : -error));
	return true;
}
