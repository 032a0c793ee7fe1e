// SPDX-License-Identifier: GPL-2.0-or-later
/* BPF programs on the kernel's tracepoints: see tracepoint.h. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/mount.h>
#include <linux/perf_event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host/tracepoint.h"

/* The group of our own tracepoints; the pid of who defined them follows. */
#define GROUP "fdpass_"

/* The one that everybody sees, where there is one. */
static int open_mounted_tracefs(void)
{
	int fd = open("/sys/kernel/tracing", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 && faccessat(fd, "events", F_OK, 0) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -EPERM;
}

/* libc has these calls since glibc 2.36 only in a header that conflicts with linux/mount.h. */
int tracepoint_open_tracefs(void)
{
	int context, mount = -1, r;

	context = syscall(SYS_fsopen, "tracefs", FSOPEN_CLOEXEC);
	if (context < 0 && errno == EPERM)
		return open_mounted_tracefs();
	if (context < 0)
		return -errno;
	if (syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		mount = syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, 0);
	r = mount < 0 ? -errno : mount;
	close(context);
	return r;
}

bool tracepoint_has_kprobes(void)
{
	return access("/sys/bus/event_source/devices/kprobe/type", F_OK) == 0;
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

/* What follows the first slash of the program's section: a tracepoint, or a function. */
static const char *target_of(const struct bpf_program *program)
{
	const char *slash = strchr(bpf_program__section_name(program), '/');

	return slash ? slash + 1 : "";
}

static int attach(struct bpf_link **ret, const struct bpf_program *program, const char *tracepoint,
		  int tracefs)
{
	struct perf_event_attr attributes = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attributes),
	};
	struct bpf_link *link;
	int64_t id;
	int fd, r;

	id = read_id(tracefs, tracepoint);
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

int tracepoint_attach(struct bpf_link **ret, const struct bpf_program *program, int tracefs)
{
	return attach(ret, program, target_of(program), tracefs);
}

/* The name of our tracepoint at the returns of the program's function. */
static void name_return(char name[static 128], const struct bpf_program *program)
{
	snprintf(name, 128, GROUP "%d/%s", getpid(), target_of(program));
}

/*
 * A line of kprobe_events, "r1024:fdpass_PID/NAME FUNCTION": was it defined by a process that is gone?
 * Then its name is left in the line. What has our own pid is of an earlier process: we have defined
 * nothing yet.
 */
static bool is_stale(char *line)
{
	char *name = strchr(line, ':'), *end;
	long pid;

	if (!name || strncmp(name + 1, GROUP, strlen(GROUP)) != 0)
		return false;
	name++;
	pid = strtol(name + strlen(GROUP), &end, 10);
	if (pid <= 0 || pid > INT_MAX || *end != '/')
		return false;
	name[strcspn(name, " \n")] = '\0';
	memmove(line, name, strlen(name) + 1);
	return pid == getpid() || (kill((pid_t)pid, 0) < 0 && errno == ESRCH);
}

/* The kernel keeps what is in use, as of a process in another pid namespace. */
static void forget_stale(int tracefs, int definitions)
{
	int fd = openat(tracefs, "kprobe_events", O_RDONLY | O_CLOEXEC);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	char *all = NULL, *line = NULL, *rest, *name;
	size_t size = 0, room = 0;
	FILE *names;

	if (!file) {
		if (fd >= 0)
			close(fd);
		return;
	}
	/* The kernel reads on from a place in its list: nothing is removed before all was read. */
	names = open_memstream(&all, &size);
	while (names && getline(&line, &room, file) > 0) {
		if (is_stale(line))
			fprintf(names, "%s\n", line);
	}
	rest = names && fclose(names) == 0 ? all : NULL;
	while ((name = strsep(&rest, "\n")) && *name != '\0')
		dprintf(definitions, "-:%s\n", name);
	free(all);
	free(line);
	fclose(file);
}

int tracepoint_open_definitions(int tracefs)
{
	int fd = openat(tracefs, "kprobe_events", O_WRONLY | O_APPEND | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	forget_stale(tracefs, fd);
	return fd;
}

int tracepoint_attach_return(struct bpf_link **ret, const struct bpf_program *program, int tracefs,
			     int definitions)
{
	char name[128];
	int r;

	name_return(name, program);
	if (dprintf(definitions, "r%d:%s %s\n", TRACEPOINT_CALLS, name, target_of(program)) < 0)
		return -errno;
	r = attach(ret, program, name, tracefs);
	if (r < 0)
		tracepoint_forget_return(program, definitions);
	return r;
}

void tracepoint_forget_return(const struct bpf_program *program, int definitions)
{
	char name[128];

	name_return(name, program);
	dprintf(definitions, "-:%s\n", name);
}
