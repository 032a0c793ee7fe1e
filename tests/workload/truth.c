/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Measuring and writing the truth. All of it comes from system calls and procfs, none of it from
 * the tracer's code: what both could get wrong alike would not be found.
 */
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "json.h"
#include "truth.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

static int64_t now(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

void window_open(struct window *window)
{
	window->realtime[0] = now(CLOCK_REALTIME);
	window->monotonic[0] = now(CLOCK_MONOTONIC);
	window->realtime[1] = window->monotonic[1] = 0;
}

void window_close(struct window *window)
{
	window->realtime[1] = now(CLOCK_REALTIME);
	window->monotonic[1] = now(CLOCK_MONOTONIC);
}

/* The first line of a small file, without its end. */
static void read_line(const char *path, char *ret, size_t size)
{
	ssize_t length = -1;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		length = read(fd, ret, size - 1);
		close(fd);
	}
	ret[length > 0 ? length : 0] = '\0';
	ret[strcspn(ret, "\n")] = '\0';
}

/* fgetpwent(3), not getpwuid(3): a static program must not load modules for names. */
static void name_user(unsigned int uid, char *ret, size_t size)
{
	FILE *file = fopen("/etc/passwd", "re");
	struct passwd *user = NULL;

	while (file && (user = fgetpwent(file)) && user->pw_uid != uid)
		;
	if (user)
		snprintf(ret, size, "%s", user->pw_name);
	else
		snprintf(ret, size, "uid:%u", uid);
	if (file)
		fclose(file);
}

static void name_group(unsigned int gid, char *ret, size_t size)
{
	FILE *file = fopen("/etc/group", "re");
	struct group *group = NULL;

	while (file && (group = fgetgrent(file)) && group->gr_gid != gid)
		;
	if (group)
		snprintf(ret, size, "%s", group->gr_name);
	else
		snprintf(ret, size, "gid:%u", gid);
	if (file)
		fclose(file);
}

static pid_t read_parent(void)
{
	char line[128];
	pid_t parent = 0;
	FILE *file;

	file = fopen("/proc/thread-self/status", "re");
	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "PPid: %d", &parent) == 1)
			break;
	}
	if (file)
		fclose(file);
	return parent;
}

static bool starts_with(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

static uint64_t namespace_of(const char *name)
{
	char path[64];
	struct stat status;

	snprintf(path, sizeof(path), "/proc/thread-self/ns/%s", name);
	return stat(path, &status) == 0 ? status.st_ino : 0;
}

/*
 * The path in the hierarchy of version 2; of a process in the root of it, in that of version 1 that has the
 * controller of pids.
 */
static void read_cgroup(char ret[TRUTH_CGROUP])
{
	FILE *file = fopen("/proc/thread-self/cgroup", "re");
	char line[TRUTH_CGROUP + 64], pids[TRUTH_CGROUP] = "";

	while (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (starts_with(line, "0::"))
			snprintf(ret, TRUTH_CGROUP, "%.255s", line + strlen("0::"));
		else if (strstr(line, ":pids:"))
			snprintf(pids, sizeof(pids), "%.255s", strstr(line, ":pids:") + 6);
	}
	if (file)
		fclose(file);
	if (strcmp(ret, "/") == 0 && pids[0] != '\0')
		strcpy(ret, pids);
}

static void measure_places(struct process *ret)
{
	ret->mntns = namespace_of("mnt");
	ret->netns = namespace_of("net");
	ret->pidns = namespace_of("pid");
	ret->userns = namespace_of("user");
	ret->cgroupns = namespace_of("cgroup");
	read_cgroup(ret->cgroup);
}

void process_measure(struct process *ret)
{
	char path[64] = "", *task;

	memset(ret, 0, sizeof(*ret));
	/* "PID/task/TID", as the pid namespace of the mounted procfs counts. */
	if (readlink("/proc/thread-self", path, sizeof(path) - 1) < 0)
		return;
	ret->pid = (pid_t)strtol(path, &task, 10);
	if (strncmp(task, "/task/", strlen("/task/")) == 0)
		ret->tid = (pid_t)strtol(task + strlen("/task/"), NULL, 10);
	ret->nspid = getpid();
	ret->uid = getuid();
	ret->gid = getgid();
	name_user(ret->uid, ret->user, sizeof(ret->user));
	name_group(ret->gid, ret->group, sizeof(ret->group));
	prctl(PR_GET_NAME, ret->comm);
	measure_places(ret);
	ret->parent = read_parent();
	snprintf(path, sizeof(path), "/proc/%d/comm", ret->parent);
	read_line(path, ret->parent_comm, sizeof(ret->parent_comm));
	ret->known = true;
}

uint64_t inode_of(int fd)
{
	struct stat status;

	return fstat(fd, &status) == 0 ? status.st_ino : 0;
}

/* What procfs calls it, and what the tracer does: the dentry's name alone. */
static const struct {
	const char *link; /* the begin of what readlink(2) says */
	const char *type;
} pseudo_files[] = {
	{ "anon_inode:[eventfd]", "eventfd" },
	{ "anon_inode:[eventpoll]", "epoll" },
	{ "anon_inode:[pidfd]", "pidfd" },
	{ "pidfd:", "pidfd" },
	{ "anon_inode:[timerfd]", "timerfd" },
	{ "anon_inode:[signalfd]", "signalfd" },
	{ "anon_inode:inotify", "inotify" },
	{ "anon_inode:[fanotify]", "fanotify" },
	{ "anon_inode:[userfaultfd]", "userfaultfd" },
	{ "anon_inode:[perf_event]", "perf_event" },
	{ "anon_inode:[fscontext]", "fscontext" },
	{ "anon_inode:landlock-ruleset", "landlock" },
	{ "anon_inode:[landlock-ruleset]", "landlock" },
	{ "anon_inode:[io_uring]", "io_uring" },
	{ "anon_inode:bpf-map", "bpf-map" },
	{ "anon_inode:[bpf-map]", "bpf-map" },
	{ "anon_inode:bpf-prog", "bpf-prog" },
	{ "anon_inode:[bpf-prog]", "bpf-prog" },
	{ "anon_inode:bpf_link", "bpf-link" },
	{ "anon_inode:[bpf_link]", "bpf-link" },
	{ "anon_inode:sync_file", "sync_file" },
	{ "anon_inode:[sync_file]", "sync_file" },
	{ "net:[", "namespace" },
	{ "pid:[", "namespace" },
	{ "mnt:[", "namespace" },
	{ "/memfd:", "memfd" },
	{ "/secretmem", "secretmem" },
	{ "/dmabuf:", "dmabuf" },
	{ "pipe:", "fifo" },
	{ "socket:", "socket" },
};

static const char *type_of(const char *link, mode_t mode)
{
	for (size_t i = 0; i < ARRAY_SIZE(pseudo_files); i++) {
		if (starts_with(link, pseudo_files[i].link))
			return pseudo_files[i].type;
	}
	switch (mode & S_IFMT) {
	case S_IFREG:
		return "reg";
	case S_IFDIR:
		return "dir";
	case S_IFCHR:
		return "chr";
	case S_IFBLK:
		return "blk";
	case S_IFIFO:
		return "fifo";
	case S_IFSOCK:
		return "socket";
	case S_IFLNK:
		return "lnk";
	}
	return NULL;
}

static void name_file(struct description *ret, int fd, const char *link)
{
	static const char deleted[] = " (deleted)";
	const char *name = link;
	size_t length;

	if (starts_with(link, "socket:"))
		name = detail_protocol(fd);
	else if (starts_with(link, "anon_inode:"))
		name = link + strlen("anon_inode:");
	else if (starts_with(link, "/memfd:") || starts_with(link, "/secretmem"))
		name = link + 1;
	else if (starts_with(link, "/dmabuf:"))
		name = "dmabuf";
	length = strlen(name);
	if (name == link + 1 && length > strlen(deleted) &&
	    strcmp(name + length - strlen(deleted), deleted) == 0)
		length -= strlen(deleted);
	snprintf(ret->name, sizeof(ret->name), "%.*s", (int)length, name);
}

/* Is it a place in the tree, and does it still lead to the file? A name can end in the mark too. */
static void place_file(struct description *ret, const char *link, const struct stat *status)
{
	static const char deleted[] = " (deleted)";
	size_t length = strlen(link);
	struct stat there;

	ret->placed = *link == '/' && strcmp(ret->name, link) == 0;
	ret->deleted = ret->placed && length > strlen(deleted) &&
		       strcmp(link + length - strlen(deleted), deleted) == 0 &&
		       (lstat(link, &there) < 0 || there.st_dev != status->st_dev ||
			there.st_ino != status->st_ino);
}

void description_measure(struct description *ret, int fd)
{
	char path[64], link[sizeof(ret->name)];
	struct stat status;
	ssize_t length;

	memset(ret, 0, sizeof(*ret));
	if (fstat(fd, &status) < 0)
		return;
	snprintf(path, sizeof(path), "/proc/thread-self/fd/%d", fd);
	length = readlink(path, link, sizeof(link) - 1);
	link[length > 0 ? length : 0] = '\0';
	name_file(ret, fd, link);
	place_file(ret, link, &status);
	ret->type = type_of(link, status.st_mode);
	ret->ino = status.st_ino;
	ret->major = major(status.st_dev);
	ret->minor = minor(status.st_dev);
	ret->flags = fcntl(fd, F_GETFL);
	detail_measure(&ret->detail, fd, link);
	ret->known = true;
}

static void add_inode(struct object *object, const char *side, const char *name, uint64_t value)
{
	if (value == 0)
		return;
	object_key(object, side, name);
	fprintf(object->stream, "%" PRIu64, value);
}

static void add_fd(struct object *object, const char *side, const char *name, int value)
{
	if (value != TRUTH_NO_FD)
		add_number(object, side, name, value);
}

static void add_process(struct object *object, const char *side, const struct process *process,
			bool thread)
{
	if (!process->known)
		return;
	if (thread) {
		add_string(object, side, "comm", process->comm);
		if (process->tid != 0)
			add_number(object, side, "tid", process->tid);
	}
	add_number(object, side, "pid", process->pid);
	if (process->nspid != process->pid)
		add_number(object, side, "nspid", process->nspid);
	add_inode(object, side, "mntns_id", process->mntns);
	add_inode(object, side, "netns_id", process->netns);
	add_inode(object, side, "pidns_id", process->pidns);
	add_inode(object, side, "userns_id", process->userns);
	add_inode(object, side, "cgroupns_id", process->cgroupns);
	add_string(object, side, "cgroup", process->cgroup);
	add_number(object, side, "creds.uid", process->uid);
	add_number(object, side, "creds.gid", process->gid);
	add_string(object, side, "creds.user", process->user);
	add_string(object, side, "creds.group", process->group);
	if (process->parent != 0) {
		add_number(object, side, "parent.pid", process->parent);
		add_string(object, side, "parent.comm", process->parent_comm);
	}
}

/* Open flags as open(2) names them. A 64-bit program's O_LARGEFILE says nothing. */
static void add_flags(struct object *object, int flags)
{
	static const struct {
		int bits;
		const char *name;
	} names[] = {
		{ O_APPEND, "O_APPEND" },	{ O_NONBLOCK, "O_NONBLOCK" },
		{ O_DIRECT, "O_DIRECT" },	{ O_TMPFILE, "O_TMPFILE" },
		{ O_DIRECTORY, "O_DIRECTORY" }, { O_NOFOLLOW, "O_NOFOLLOW" },
		{ O_NOATIME, "O_NOATIME" },	{ O_PATH, "O_PATH" },
		{ O_CLOEXEC, "O_CLOEXEC" },
	};
	static const char *const modes[] = { "O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE" };
	char text[256];
	size_t length;

	length = (size_t)snprintf(text, sizeof(text), "%s", modes[flags & O_ACCMODE]);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if ((flags & names[i].bits) != names[i].bits)
			continue;
		length += (size_t)snprintf(text + length, sizeof(text) - length, "|%s",
					   names[i].name);
		/* O_TMPFILE includes O_DIRECTORY: a flag is told once. */
		flags &= ~names[i].bits;
	}
	add_string(object, "", "file_flags", text);
}

static void add_description(struct object *object, const struct description *file, bool name)
{
	char device[32];

	if (!file->known)
		return;
	if (*file->name && name)
		add_string(object, "", "file", file->name);
	if (file->placed)
		add_bool(object, "", "file_deleted", file->deleted);
	if (file->type)
		add_string(object, "", "file_type", file->type);
	add_number(object, "", "file_ino", (int64_t)file->ino);
	snprintf(device, sizeof(device), "%u:%u", file->major, file->minor);
	add_string(object, "", "file_dev", device);
	add_flags(object, file->flags);
	detail_add(object, &file->detail);
}

/* What is known for certain, and by whoever looks. */
static void add_certain(struct object *object, const struct truth_row *row)
{
	add_string(object, "", "via", row->via);
	add_string(object, "", "outcome", row->outcome);
	if (row->reason && !(row->leeway & LEEWAY_REASON))
		add_string(object, "", "reason", row->reason);
	if (row->socket_type)
		add_string(object, "", "socket_type", row->socket_type);
	if (*row->socket_path)
		add_string(object, "", "socket_path", row->socket_path);
	if (!(row->leeway & LEEWAY_QUEUED_BEFORE)) {
		add_process(object, "proc.", &row->sender, !(row->leeway & LEEWAY_SENDER_THREAD));
		add_inode(object, "", "socket_ino", row->from.socket_ino);
		add_fd(object, "", "sockfd", row->from.sockfd);
		add_fd(object, "", "fd", row->from.fd);
	}
	if (!(row->leeway & LEEWAY_FILE))
		add_description(object, &row->file, !(row->leeway & LEEWAY_PATH));
	if (!(row->leeway & LEEWAY_RECEIVER)) {
		add_process(object, "receiver.", &row->receiver,
			    !(row->leeway & LEEWAY_RECEIVER_THREAD));
		if (!(row->leeway & LEEWAY_RECEIVER_SOCKET)) {
			add_inode(object, "receiver.", "socket_ino", row->to.socket_ino);
			add_fd(object, "receiver.", "sockfd", row->to.sockfd);
		}
		add_fd(object, "receiver.", "fd", row->to.fd);
	}
	if (row->cloexec >= 0) {
		object_key(object, "receiver.", "cloexec");
		fputs(row->cloexec ? "true" : "false", object->stream);
	}
	if (row->receiver_fds >= 0) {
		add_number(object, "receiver.", "fds", row->receiver_fds);
		add_number(object, "receiver.", "fds_limit", row->receiver_fds_limit);
	}
}

/* The fields that must be there. */
static void write_fields(FILE *stream, const struct truth_row *row)
{
	struct object object;

	object_open(&object, stream);
	if (!(row->leeway & LEEWAY_ANY_FIELD))
		add_certain(&object, row);
	fputc('}', stream);
}

/* The fields that may be there, and are right then. */
static void write_may(FILE *stream, const struct truth_row *row)
{
	struct object object;

	object_open(&object, stream);
	if (row->leeway & LEEWAY_ANY_FIELD)
		add_certain(&object, row);
	if (row->leeway & LEEWAY_FILE)
		add_description(&object, &row->file, true);
	if (row->leeway & LEEWAY_PATH && *row->file.name)
		add_string(&object, "", "file", row->file.name);
	if (row->reason && row->leeway & LEEWAY_REASON)
		add_string(&object, "", "reason", row->reason);
	if (row->leeway & LEEWAY_RECEIVER_SOCKET && !(row->leeway & LEEWAY_RECEIVER)) {
		add_inode(&object, "receiver.", "socket_ino", row->to.socket_ino);
		add_fd(&object, "receiver.", "sockfd", row->to.sockfd);
	}
	if (row->leeway & LEEWAY_QUEUED_BEFORE)
		add_inode(&object, "", "socket_ino", row->from.socket_ino);
	fputc('}', stream);
}

/* The fields of which nothing can be said. */
static void write_any(FILE *stream, const struct truth_row *row)
{
	bool more = false;
	const struct {
		uint32_t leeway;
		const char *text;
	} fields[] = {
		{ LEEWAY_RECEIVER, "\"receiver.*\"" },
		{ LEEWAY_SENDER_THREAD, "\"proc.comm\",\"proc.tid\"" },
		{ LEEWAY_RECEIVER_THREAD, "\"receiver.comm\",\"receiver.tid\"" },
		{ LEEWAY_END, "\"latency_ns\"" },
		{ LEEWAY_QUEUED_BEFORE, "\"timestamp\",\"latency_ns\"" },
	};

	fputc('[', stream);
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		if (!(row->leeway & fields[i].leeway))
			continue;
		fprintf(stream, "%s%s", more ? "," : "", fields[i].text);
		more = true;
	}
	more = detail_write_any(stream, &row->file.detail, more);
	/* Where it was to go, not where it went: told in some ways, measured in some scenarios. */
	if (row->leeway & LEEWAY_RECEIVER_SOCKET && row->to.socket_ino == 0)
		fprintf(stream, "%s\"receiver.socket_ino\"", more ? "," : "");
	fputc(']', stream);
}

static bool has_end(const struct truth_row *row)
{
	return strcmp(row->outcome, "pending") != 0 && strcmp(row->outcome, "failed") != 0 &&
	       !(row->leeway & LEEWAY_END);
}

static bool has_latency(const struct truth_row *row)
{
	return strcmp(row->via, "scm_rights") == 0 && has_end(row) &&
	       !(row->leeway & LEEWAY_QUEUED_BEFORE);
}

void truth_write_row(FILE *stream, const char *scenario, const struct truth_row *row)
{
	fputs("{\"record\":\"row\",\"scenario\":", stream);
	write_string(stream, scenario);
	fprintf(stream, ",\"message\":%u,\"index\":%u,\"fields\":", row->message, row->index);
	write_fields(stream, row);
	fputs(",\"may\":", stream);
	write_may(stream, row);
	fputs(",\"any\":", stream);
	write_any(stream, row);
	if (row->leeway & LEEWAY_ANY_FIELD)
		fputs(",\"hidden\":true", stream);
	if (row->description_id != 0)
		fprintf(stream, ",\"ofd\":%u", row->description_id);
	if (!(row->leeway & LEEWAY_QUEUED_BEFORE))
		fprintf(stream, ",\"sent\":[%" PRId64 ",%" PRId64 "]", row->sent.realtime[0],
			row->sent.realtime[1]);
	if (has_latency(row)) {
		int64_t least = row->ended.monotonic[0] - row->sent.monotonic[1];

		fprintf(stream, ",\"latency_ns\":[%" PRId64 ",%" PRId64 "]", least > 0 ? least : 0,
			row->ended.monotonic[1] - row->sent.monotonic[0]);
	}
	if (has_end(row))
		fprintf(stream, ",\"ended\":[%" PRId64 ",%" PRId64 "]", row->ended.realtime[0],
			row->ended.realtime[1]);
	fputs("}\n", stream);
}

void truth_write_process(FILE *stream, const char *scenario, pid_t pid)
{
	fputs("{\"record\":\"process\",\"scenario\":", stream);
	write_string(stream, scenario);
	fprintf(stream, ",\"pid\":%d}\n", pid);
}

void truth_write_scenario(FILE *stream, const char *scenario, const char *state, const char *why)
{
	fputs("{\"record\":\"scenario\",\"scenario\":", stream);
	write_string(stream, scenario);
	fprintf(stream, ",\"state\":\"%s\",\"why\":", state);
	write_string(stream, why);
	fputs("}\n", stream);
}
