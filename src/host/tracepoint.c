// SPDX-License-Identifier: GPL-2.0-or-later
/* BPF programs on the kernel's tracepoints: see tracepoint.h. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/mount.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/tracepoint.h"

/* libc has these calls since glibc 2.36 only in a header that conflicts with linux/mount.h. */
int tracepoint_open_tracefs(void)
{
	int context, mount = -1, r;

	context = syscall(SYS_fsopen, "tracefs", FSOPEN_CLOEXEC);
	if (context < 0)
		return -errno;
	if (syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		mount = syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, 0);
	r = mount < 0 ? -errno : mount;
	close(context);
	return r;
}

/* The number of the tracepoint "GROUP/NAME". */
static int64_t read_id(int tracefs, const char *tracepoint)
{
	char path[256], text[32];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "events/%s/id", tracepoint);
	fd = openat(tracefs, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, text, sizeof(text) - 1);
	if (n < 0)
		n = -errno;
	close(fd);
	if (n < 0)
		return n;
	text[n] = '\0';
	return strtoimax(text, NULL, 10);
}

int tracepoint_attach(struct bpf_link **ret, const struct bpf_program *program, int tracefs)
{
	const char *name = strchr(bpf_program__section_name(program), '/');
	struct perf_event_attr attributes = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attributes),
	};
	struct bpf_link *link;
	int64_t id;
	int fd, r;

	if (!name)
		return -EINVAL;
	id = read_id(tracefs, name + 1);
	if (id < 0)
		return id;
	attributes.config = id;
	/* Of all tasks: a program on a tracepoint runs on every CPU, whichever CPU is named here. */
	fd = syscall(SYS_perf_event_open, &attributes, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	if (fd < 0)
		return -errno;
	link = bpf_program__attach_perf_event(program, fd);
	if (!link) {
		r = -errno;
		close(fd);
		return r;
	}
	*ret = link;
	return 0;
}
