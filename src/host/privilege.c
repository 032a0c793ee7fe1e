// SPDX-License-Identifier: GPL-2.0-or-later
/* Privileges. */
#include "host/privilege.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* PROC_USER_INIT_INO of linux/proc_ns.h: the inode of the initial user namespace. */
#define INITIAL_USER_NAMESPACE 0xeffffffdU

/* Capabilities of another user namespace's root count for nothing with bpf(2). */
static bool in_initial_user_namespace(void)
{
	struct stat status;

	return stat("/proc/self/ns/user", &status) < 0 || status.st_ino == INITIAL_USER_NAMESPACE;
}

static bool have(unsigned int capability)
{
	return capng_have_capability(CAPNG_EFFECTIVE, capability) == 1;
}

static const char *missing_capabilities(void)
{
	if (geteuid() == 0)
		return "tracing needs CAP_BPF and CAP_PERFMON, which this root has not: "
		       "run it outside of the container";
	if (have(CAP_BPF))
		return "tracing needs CAP_PERFMON as well as CAP_BPF";
	if (have(CAP_PERFMON))
		return "tracing needs CAP_BPF as well as CAP_PERFMON";
	return "tracing needs root, or CAP_BPF and CAP_PERFMON: try sudo";
}

int privilege_check(char reason[PRIVILEGE_REASON_MAX])
{
	if (capng_get_caps_process() < 0)
		return -EPERM;
	if (!have(CAP_SYS_ADMIN) && !(have(CAP_BPF) && have(CAP_PERFMON))) {
		snprintf(reason, PRIVILEGE_REASON_MAX, "%s", missing_capabilities());
		return -EPERM;
	}
	if (!in_initial_user_namespace()) {
		snprintf(reason, PRIVILEGE_REASON_MAX,
			 "tracing needs root of the host, and this is a user namespace: "
			 "run it outside of the container");
		return -EPERM;
	}
	return 0;
}

/* Nothing can be opened, made, renamed or removed any more. Best effort: Landlock came with 5.13. */
static void close_filesystem(void)
{
	/* What the first version knows. Truncating and ioctl(2) take an open file. */
	const struct landlock_ruleset_attr everything = {
		.handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1,
	};
	long ruleset = syscall(SYS_landlock_create_ruleset, &everything, sizeof(everything), 0);

	if (ruleset < 0)
		return;
	syscall(SYS_landlock_restrict_self, (int)ruleset, 0);
	close((int)ruleset);
}

static int keep_only(bool effective, bool permitted)
{
	capng_clear(CAPNG_SELECT_ALL);
	if (permitted)
		capng_update(CAPNG_ADD, CAPNG_PERMITTED, CAP_BPF);
	if (effective)
		capng_update(CAPNG_ADD, CAPNG_EFFECTIVE, CAP_BPF);
	return capng_apply(CAPNG_SELECT_CAPS) == 0 ? 0 : -EPERM;
}

int privilege_drop(bool (*can_read)(void *userdata), void *userdata)
{
	bool had_bpf, needs_bpf;
	int r;

	if (capng_get_caps_process() < 0)
		return -EPERM;
	had_bpf = capng_have_capability(CAPNG_PERMITTED, CAP_BPF) == 1;
	if (have(CAP_SETGID) && setgroups(0, NULL) < 0)
		return -errno;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	close_filesystem();
	/* The bounding set goes while CAP_SETPCAP is there. */
	if (have(CAP_SETPCAP)) {
		capng_clear(CAPNG_SELECT_BOUNDS);
		if (capng_apply(CAPNG_SELECT_BOUNDS) != 0)
			return -EPERM;
	}
	r = keep_only(false, had_bpf);
	if (r < 0)
		return r;
	needs_bpf = had_bpf && !can_read(userdata);
	return keep_only(needs_bpf, needs_bpf);
}
