// SPDX-License-Identifier: GPL-2.0-or-later
/* What fdpass holders is asked about: see target.h. */
#include "command/target.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "command/number.h"
#include "core/text.h"

/* PID_MAX_LIMIT of linux/threads.h, on 64 bits. */
#define PID_MOST 4194304
/* Of a dev_t in the kernel: 12 and 20 bits. */
#define MAJOR_MOST 4095
#define MINOR_MOST 1048575

#define NUMBER_ROOM 24

/* The number of `size` bytes. */
static int parse_part(const char *text, size_t size, uint64_t least, uint64_t most, uint64_t *ret)
{
	char part[NUMBER_ROOM];

	if (size >= sizeof(part))
		return -EINVAL;
	memcpy(part, text, size);
	part[size] = '\0';
	return number_parse(part, least, most, ret);
}

static int parse_process(struct target *ret, const char *text, char **error_message)
{
	const char *colon = strchrnul(text, ':');
	uint64_t pid, fd;

	if (parse_part(text, (size_t)(colon - text), 1, PID_MOST, &pid) < 0)
		return text_refuse(error_message, "'%s' is not a process id (1 to %d)", text,
				   PID_MOST);
	ret->kind = TARGET_PROCESS;
	ret->pid = (uint32_t)pid;
	ret->fd = -1;
	if (*colon == '\0')
		return 0;
	if (number_parse(colon + 1, 0, INT32_MAX, &fd) < 0)
		return text_refuse(error_message, "'%s': '%s' is not a descriptor (0 to %d)", text,
				   colon + 1, INT32_MAX);
	ret->fd = (int32_t)fd;
	return 0;
}

static int parse_inode(struct target *ret, const char *text, char **error_message)
{
	const char *at = strchr(text, '@'), *colon = strchr(at, ':');
	uint64_t major, minor;

	if (parse_part(text, (size_t)(at - text), 1, UINT64_MAX, &ret->ino) < 0 || !colon ||
	    parse_part(at + 1, (size_t)(colon - at - 1), 0, MAJOR_MOST, &major) < 0 ||
	    number_parse(colon + 1, 0, MINOR_MOST, &minor) < 0)
		return text_refuse(error_message,
				   "'%s' is not an inode and its device, like 1234@8:1", text);
	ret->kind = TARGET_INODE;
	ret->dev = (uint32_t)(major << 20 | minor);
	return 0;
}

/* Of digits and one of these signs only: a path that looks so is written with ./ before it. */
static const char *after_digits(const char *text)
{
	return text + strspn(text, "0123456789");
}

int target_parse(struct target *ret, const char *operand, const char *mount, char **error_message)
{
	const char *after;

	if (operand && mount)
		return text_refuse(error_message, "'%s' is too much with --mount", operand);
	if (mount) {
		ret->kind = TARGET_MOUNT;
		ret->path = mount;
		return 0;
	}
	if (!operand)
		return text_refuse(error_message, "what is held is missing: PID, PID:FD, a path, "
						  "INODE@MAJOR:MINOR or --mount PATH");
	if (*operand == '\0')
		return text_refuse(error_message, "'' is not a path");
	after = after_digits(operand);
	if (after > operand && *after == '@')
		return parse_inode(ret, operand, error_message);
	if (after > operand && (*after == '\0' || *after == ':'))
		return parse_process(ret, operand, error_message);
	ret->kind = TARGET_PATH;
	ret->path = operand;
	return 0;
}
