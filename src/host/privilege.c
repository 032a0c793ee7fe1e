// SPDX-License-Identifier: GPL-2.0-or-later
/* Privileges. */
#include "host/privilege.h"

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
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

/* Allow reading below a folder, or below the nearest one that is there: what it will be made in. */
static void allow_reading(int ruleset, const char *folder)
{
	struct landlock_path_beneath_attr rule = {
		.allowed_access = LANDLOCK_ACCESS_FS_READ_FILE,
	};
	char path[PATH_MAX];
	char *end = stpncpy(path, folder, sizeof(path) - 1);

	do {
		*end = '\0';
		rule.parent_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		end = strrchr(path, '/');
	} while (rule.parent_fd < 0 && end > path);
	if (rule.parent_fd < 0)
		return;
	syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	close(rule.parent_fd);
}

/* struct landlock_ruleset_attr as of version 4 (Linux 6.7); Debian 12's header has not all of it. */
struct accesses {
	uint64_t filesystem;
	uint64_t network;
};

#define NETWORK_VERSION 4
#define NETWORK_BIND_TCP (UINT64_C(1) << 0)
#define NETWORK_CONNECT_TCP (UINT64_C(1) << 1)

/* Of all that can be forbidden. Negative: there is no Landlock. */
static int create_ruleset(void)
{
	const struct accesses all = {
		/* What the first version knows. Truncating and ioctl(2) take an open file. */
		.filesystem = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1,
		.network = NETWORK_BIND_TCP | NETWORK_CONNECT_TCP,
	};
	long version =
		syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	size_t known = version >= NETWORK_VERSION ? sizeof(all) : sizeof(all.filesystem);

	return (int)syscall(SYS_landlock_create_ruleset, &all, known, 0);
}

/*
 * Nothing can be opened, made, renamed or removed any more, but for reading what is below these folders; and no
 * TCP socket can be bound or connected, while one that listens goes on. Best effort: Landlock came with 5.13.
 */
static void restrict_self(const char *const *folders)
{
	int ruleset = create_ruleset();

	if (ruleset < 0)
		return;
	while (*folders)
		allow_reading(ruleset, *folders++);
	syscall(SYS_landlock_restrict_self, ruleset, 0);
	close(ruleset);
}

/* What is given up for good, while the capabilities for that are there. */
static int close_ways(const char *const *folders)
{
	if (have(CAP_SETGID) && setgroups(0, NULL) < 0)
		return -errno;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	restrict_self(folders);
	if (!have(CAP_SETPCAP))
		return 0;
	capng_clear(CAPNG_SELECT_BOUNDS);
	return capng_apply(CAPNG_SELECT_BOUNDS) == 0 ? 0 : -EPERM;
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

static const char *const no_folders[] = { NULL };

int privilege_drop(bool (*can_read)(void *userdata), void *userdata)
{
	bool had_bpf, needs_bpf;
	int r;

	if (capng_get_caps_process() < 0)
		return -EPERM;
	had_bpf = capng_have_capability(CAPNG_PERMITTED, CAP_BPF) == 1;
	r = close_ways(no_folders);
	if (r < 0)
		return r;
	r = keep_only(false, had_bpf);
	if (r < 0)
		return r;
	needs_bpf = had_bpf && !can_read(userdata);
	return keep_only(needs_bpf, needs_bpf);
}

int privilege_keep_reading(const char *const *folders)
{
	int r;

	if (capng_get_caps_process() < 0)
		return -EPERM;
	r = close_ways(folders);
	return r < 0 ? r : keep_only(false, false);
}
