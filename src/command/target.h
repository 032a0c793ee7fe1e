/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What fdpass holders is asked about. */
#ifndef FDPASS_TARGET_H
#define FDPASS_TARGET_H

#include <stdint.h>

enum target_kind { TARGET_PROCESS, TARGET_PATH, TARGET_INODE, TARGET_MOUNT };

struct target {
	enum target_kind kind;
	uint32_t pid; /* TARGET_PROCESS */
	int32_t fd; /* -1: all of the process */
	uint64_t ino; /* TARGET_INODE */
	uint32_t dev; /* as the kernel has it: MAJOR << 20 | MINOR */
	const char *path; /* TARGET_PATH, TARGET_MOUNT; borrowed */
};

/*
 * Read PID, PID:FD, INODE@MAJOR:MINOR or a path; or the value of --mount. Either may be NULL. Returns 0, or
 * -EINVAL with *error_message set (the caller frees it), or -ENOMEM.
 */
int target_parse(struct target *ret, const char *operand, const char *mount, char **error_message);

#endif
