/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mkanonymous.h"

#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/dma-heap.h>
#include <linux/landlock.h>
#include <linux/perf_event.h>
#include <linux/udmabuf.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define BUFFER_SIZE (4 * 4096)

/* Watching */

int make_epoll(struct actor *me)
{
	(void)me;
	return epoll_create1(0);
}

int make_epoll_watching(struct actor *me)
{
	struct epoll_event event = { .events = EPOLLIN };
	int fd = epoll_create1(0);

	(void)me;
	for (int i = 0; i < 3; i++) {
		if (epoll_ctl(fd, EPOLL_CTL_ADD, eventfd(0, 0), &event) < 0)
			return -1;
	}
	return fd;
}

int make_inotify(struct actor *me)
{
	(void)me;
	return inotify_init1(0);
}

int make_inotify_watching(struct actor *me)
{
	int fd = inotify_init1(0);

	if (inotify_add_watch(fd, me->stage->directory, IN_CREATE) < 0 ||
	    inotify_add_watch(fd, "/", IN_CREATE) < 0)
		return -1;
	return fd;
}

int make_fanotify(struct actor *me)
{
	(void)me;
	return fanotify_init(FAN_CLASS_NOTIF | FAN_CLOEXEC, O_RDONLY);
}

int make_fanotify_content(struct actor *me)
{
	(void)me;
	return fanotify_init(FAN_CLASS_CONTENT | FAN_REPORT_TID | FAN_UNLIMITED_QUEUE, O_RDWR);
}

/* Timers: what takes an hour is not over before it is passed. */

static int make_timer(clockid_t clock, const struct itimerspec *when)
{
	int fd = timerfd_create(clock, 0);

	return fd < 0 || timerfd_settime(fd, 0, when, NULL) < 0 ? -1 : fd;
}

int make_timerfd(struct actor *me)
{
	(void)me;
	return timerfd_create(CLOCK_MONOTONIC, 0);
}

int make_timerfd_once(struct actor *me)
{
	(void)me;
	return make_timer(CLOCK_REALTIME, &(struct itimerspec){ .it_value = { .tv_sec = 3600 } });
}

int make_timerfd_periodic(struct actor *me)
{
	(void)me;
	return make_timer(CLOCK_BOOTTIME, &(struct itimerspec){
						  .it_value = { .tv_sec = 3600 },
						  .it_interval = { 2, 500000000 },
					  });
}

/* One that has expired since. */
static int make_expired(const struct itimerspec *when)
{
	struct pollfd timer = { .fd = make_timer(CLOCK_MONOTONIC, when), .events = POLLIN };

	return poll(&timer, 1, 1000) == 1 ? timer.fd : -1;
}

/* It goes on once it is read. */
int make_timerfd_expired(struct actor *me)
{
	(void)me;
	return make_expired(&(struct itimerspec){
		.it_value = { .tv_nsec = 1 },
		.it_interval = { .tv_sec = 3600 },
	});
}

int make_timerfd_over(struct actor *me)
{
	(void)me;
	return make_expired(&(struct itimerspec){ .it_value = { .tv_nsec = 1 } });
}

/* By the clock that wakes the machine, which is kept in another way. */
int make_timerfd_alarm(struct actor *me)
{
	(void)me;
	return make_timer(CLOCK_BOOTTIME_ALARM,
			  &(struct itimerspec){ .it_value = { .tv_sec = 3600 } });
}

/* Signals */

static int make_signals(const int *numbers, size_t count)
{
	sigset_t signals;

	sigemptyset(&signals);
	for (size_t i = 0; i < count; i++)
		sigaddset(&signals, numbers[i]);
	return signalfd(-1, &signals, 0);
}

int make_signalfd(struct actor *me)
{
	(void)me;
	return make_signals((const int[]){ SIGUSR1 }, 1);
}

int make_signalfd_several(struct actor *me)
{
	(void)me;
	return make_signals((const int[]){ SIGHUP, SIGTERM, SIGRTMIN, SIGRTMIN + 3 }, 4);
}

int make_signalfd_most(struct actor *me)
{
	sigset_t signals;

	(void)me;
	sigfillset(&signals);
	sigdelset(&signals, SIGCHLD);
	return signalfd(-1, &signals, 0);
}

/* What else there is */

int make_perf_event(struct actor *me)
{
	struct perf_event_attr attributes = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attributes),
		.config = PERF_COUNT_SW_DUMMY,
	};

	(void)me;
	return (int)syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0);
}

int make_userfaultfd(struct actor *me)
{
	(void)me;
	return (int)syscall(SYS_userfaultfd, O_CLOEXEC);
}

int make_landlock(struct actor *me)
{
	const struct landlock_ruleset_attr attributes = {
		.handled_access_fs = LANDLOCK_ACCESS_FS_EXECUTE,
	};

	(void)me;
	return (int)syscall(SYS_landlock_create_ruleset, &attributes, sizeof(attributes), 0);
}

int make_fscontext(struct actor *me)
{
	(void)me;
	return (int)syscall(SYS_fsopen, "tmpfs", 0);
}

#define FSCONFIG_CMD_CREATE 6

/* A mount that is nowhere attached. */
int make_mount(struct actor *me)
{
	int context = make_fscontext(me);

	if (context < 0 || syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -1;
	return (int)syscall(SYS_fsmount, context, 0, 0);
}

int make_secretmem(struct actor *me)
{
	(void)me;
	return (int)syscall(SYS_memfd_secret, 0);
}

/* Of a memfd's pages. */
int make_dmabuf(struct actor *me)
{
	int memory = memfd_create("pages", MFD_ALLOW_SEALING),
	    driver = open("/dev/udmabuf", O_RDWR);
	struct udmabuf_create create = { .memfd = (uint32_t)memory, .size = BUFFER_SIZE };

	(void)me;
	if (driver < 0 || ftruncate(memory, BUFFER_SIZE) < 0 ||
	    fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK) < 0)
		return -1;
	return ioctl(driver, UDMABUF_CREATE, &create);
}

int make_dmabuf_named(struct actor *me)
{
	struct dma_heap_allocation_data allocation = {
		.len = BUFFER_SIZE,
		.fd_flags = O_RDWR | O_CLOEXEC,
	};
	int heap = open("/dev/dma_heap/system", O_RDONLY);

	(void)me;
	if (heap < 0 || ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &allocation) < 0 ||
	    ioctl((int)allocation.fd, DMA_BUF_SET_NAME, "workload frame") < 0)
		return -1;
	return (int)allocation.fd;
}

/* A fence of nothing that is under way: Debian's kernels have no other for programs (CONFIG_SW_SYNC). */
int make_sync_file(struct actor *me)
{
	struct dma_buf_export_sync_file export = { .flags = DMA_BUF_SYNC_READ, .fd = -1 };
	int buffer = make_dmabuf(me);

	return buffer < 0 || ioctl(buffer, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, &export) < 0 ? -1 :
											  export.fd;
}
