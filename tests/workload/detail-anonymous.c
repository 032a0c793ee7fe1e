/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "detail-anonymous.h"

#include <fcntl.h>
#include <inttypes.h>
#include <linux/bpf.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* Who has become another user may not look at itself in /proc any more: NULL. */
static FILE *open_fdinfo(int fd)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/thread-self/fdinfo/%d", fd);
	return fopen(path, "re");
}

/*
 * The lines of fdinfo that begin with the key: what stands behind it in the last of them, up to the end of
 * the line. Returns how many there are, -1 where it cannot be read.
 */
static int find_lines(int fd, const char *key, char *rest, size_t size)
{
	FILE *file = open_fdinfo(fd);
	char line[256];
	int count = 0;

	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file)) {
		if (strncmp(line, key, strlen(key)) != 0)
			continue;
		count++;
		line[strcspn(line, "\n")] = '\0';
		snprintf(rest, size, "%s", line + strlen(key));
	}
	fclose(file);
	return count;
}

/* A number of a line; -1: there is none. */
static long long number_of(int fd, const char *key, int base)
{
	char rest[256];

	return find_lines(fd, key, rest, sizeof(rest)) > 0 ? strtoll(rest, NULL, base) : -1;
}

static void measure_pidfd(struct detail *ret, int fd)
{
	long long pid = number_of(fd, "Pid:", 10);

	if (pid <= 0)
		return;
	ret->pid = (pid_t)pid;
	snprintf(ret->text, sizeof(ret->text), "pid %lld", pid);
}

static void measure_eventfd(struct detail *ret, int fd)
{
	long long count = number_of(fd, "eventfd-count:", 16);

	ret->any_text = count < 0;
	if (!ret->any_text)
		snprintf(ret->text, sizeof(ret->text), "count %lld", count);
}

static int get_info(int fd, void *info, size_t size)
{
	union bpf_attr attributes = { .info = { .bpf_fd = (uint32_t)fd,
						.info_len = (uint32_t)size,
						.info = (uintptr_t)info } };

	return (int)syscall(SYS_bpf, BPF_OBJ_GET_INFO_BY_FD, &attributes, sizeof(attributes));
}

/* Of bpf objects, the types that the scenarios have. */

static void measure_map(struct detail *ret, int fd)
{
	struct bpf_map_info info = {};

	if (get_info(fd, &info, sizeof(info)) == 0)
		snprintf(ret->text, sizeof(ret->text), "array %s id %u", info.name, info.id);
}

static void measure_prog(struct detail *ret, int fd)
{
	struct bpf_prog_info info = {};

	if (get_info(fd, &info, sizeof(info)) == 0)
		snprintf(ret->text, sizeof(ret->text), "sk_lookup %s id %u", info.name, info.id);
}

static void measure_link(struct detail *ret, int fd)
{
	struct bpf_link_info info = {};

	if (get_info(fd, &info, sizeof(info)) == 0)
		snprintf(ret->text, sizeof(ret->text), "netns id %u", info.id);
}

static void measure_watches(struct detail *ret, int fd, const char *key)
{
	char rest[256];
	int count = find_lines(fd, key, rest, sizeof(rest));

	ret->any_text = count < 0;
	if (!ret->any_text)
		snprintf(ret->text, sizeof(ret->text), "%d watched", count);
}

static void measure_epoll(struct detail *ret, int fd)
{
	measure_watches(ret, fd, "tfd:");
}

static void measure_inotify(struct detail *ret, int fd)
{
	measure_watches(ret, fd, "inotify wd:");
}

/* "(SECONDS, NANOSECONDS)" */
static bool read_time(int fd, const char *key, struct timespec *ret)
{
	char rest[256];
	long long seconds;

	if (find_lines(fd, key, rest, sizeof(rest)) != 1 ||
	    sscanf(rest, "(%lld, %ld)", &seconds, &ret->tv_nsec) != 2)
		return false;
	ret->tv_sec = (time_t)seconds;
	return true;
}

static const char *clock_name(long long clock)
{
	switch (clock) {
	case CLOCK_REALTIME:
		return "realtime";
	case CLOCK_MONOTONIC:
		return "monotonic";
	case CLOCK_BOOTTIME:
		return "boottime";
	case CLOCK_BOOTTIME_ALARM:
		return "boottime_alarm";
	}
	return "another";
}

/* The intervals that the scenarios have; what has expired and has one goes on when it is read. */
static void measure_timer(struct detail *ret, int fd)
{
	struct timespec left, interval;
	const char *every = "", *armed = "";

	ret->any_text = !read_time(fd, "it_value: ", &left) ||
			!read_time(fd, "it_interval: ", &interval);
	if (ret->any_text)
		return;
	if (interval.tv_sec == 2 && interval.tv_nsec == 500000000)
		every = ", every 2.5s";
	else if (interval.tv_sec == 3600 && interval.tv_nsec == 0)
		every = ", every 3600s";
	if (left.tv_sec != 0 || left.tv_nsec != 0 || (*every && number_of(fd, "ticks:", 10) > 0))
		armed = ", armed";
	snprintf(ret->text, sizeof(ret->text), "%s%s%s", clock_name(number_of(fd, "clockid:", 10)),
		 every, armed);
}

/* The masks that the scenarios have. */
static void measure_signals(struct detail *ret, int fd)
{
	static const struct {
		const char *mask;
		const char *text;
	} masks[] = {
		{ "0000000000000200", "SIGUSR1" },
		{ "0000001200004001", "SIGHUP|SIGTERM|SIGRTMIN|SIGRTMIN+3" },
		{ "fffffffe7ffafeff", "all but SIGCHLD" },
	};
	char rest[256];

	ret->any_text = find_lines(fd, "sigmask:\t", rest, sizeof(rest)) != 1;
	for (size_t i = 0; i < ARRAY_SIZE(masks) && !ret->any_text; i++) {
		if (strcmp(rest, masks[i].mask) == 0)
			strcpy(ret->text, masks[i].text);
	}
}

static void measure_fanotify(struct detail *ret, int fd)
{
	unsigned int flags = 0, file_flags = 0;
	char rest[256];

	ret->any_text = find_lines(fd, "fanotify flags:", rest, sizeof(rest)) != 1 ||
			sscanf(rest, "%x event-flags:%x", &flags, &file_flags) != 2;
	if (ret->any_text)
		return;
	snprintf(ret->text, sizeof(ret->text), "%s%s%s%s",
		 flags & FAN_CLASS_CONTENT ? "FAN_CLASS_CONTENT" : "FAN_CLASS_NOTIF",
		 flags & FAN_UNLIMITED_QUEUE ? "|FAN_UNLIMITED_QUEUE" : "",
		 flags & FAN_REPORT_TID ? "|FAN_REPORT_TID" : "",
		 (file_flags & O_ACCMODE) == O_RDWR ? ", O_RDWR" : "");
}

/* No system call tells: there is one sort of them in the scenarios. */
static void measure_perf_event(struct detail *ret, int fd)
{
	(void)fd;
	strcpy(ret->text, "software dummy");
}

/* Nor here. */
static void measure_fscontext(struct detail *ret, int fd)
{
	(void)fd;
	strcpy(ret->text, "tmpfs");
}

static void measure_dmabuf(struct detail *ret, int fd)
{
	char exporter[32] = "", name[32] = "";

	ret->size = number_of(fd, "size:\t", 10);
	ret->any_text = find_lines(fd, "exp_name:\t", exporter, sizeof(exporter)) != 1;
	if (ret->any_text)
		return;
	ret->has_size = true;
	find_lines(fd, "name:\t", name, sizeof(name));
	snprintf(ret->text, sizeof(ret->text), "%" PRId64 " bytes from %s%s%s", ret->size, exporter,
		 *name ? ", named " : "", name);
}

void measure_anonymous(struct detail *ret, int fd, const char *link)
{
	static const struct {
		const char *link; /* the begin */
		void (*measure)(struct detail *ret, int fd);
	} sorts[] = {
		{ "pidfd:", measure_pidfd },
		{ "anon_inode:[pidfd]", measure_pidfd },
		{ "anon_inode:[eventfd]", measure_eventfd },
		{ "anon_inode:[eventpoll]", measure_epoll },
		{ "anon_inode:[timerfd]", measure_timer },
		{ "anon_inode:[signalfd]", measure_signals },
		{ "anon_inode:inotify", measure_inotify },
		{ "anon_inode:[fanotify]", measure_fanotify },
		{ "anon_inode:[perf_event]", measure_perf_event },
		{ "anon_inode:bpf-map", measure_map },
		{ "anon_inode:[bpf-map]", measure_map },
		{ "anon_inode:bpf-prog", measure_prog },
		{ "anon_inode:[bpf-prog]", measure_prog },
		{ "anon_inode:bpf_link", measure_link },
		{ "anon_inode:[bpf_link]", measure_link },
		{ "anon_inode:[fscontext]", measure_fscontext },
		{ "/dmabuf:", measure_dmabuf },
	};

	for (size_t i = 0; i < ARRAY_SIZE(sorts); i++) {
		if (strncmp(link, sorts[i].link, strlen(sorts[i].link)) == 0)
			sorts[i].measure(ret, fd);
	}
}
