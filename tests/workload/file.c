/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One pass of each sort of file, and one message of all sorts at once that this kernel has. */
#include <sys/socket.h>
#include <unistd.h>

#include "message.h"
#include "mkfd.h"
#include "scenario.h"

static void send_file(struct actor *me, int sock, const void *argument)
{
	int fd = mkfd_named(me, argument);

	/* Some makers put the actor into a mount namespace of its own. */
	actor_enter(me, "w-sender");
	send_fds(me, sock, &fd, 1);
}

static void receive_file(struct actor *me, int sock, const void *argument)
{
	(void)argument;
	receive_fds(me, sock);
}

static void send_all_files(struct actor *me, int sock, const void *argument)
{
	int fds[MESSAGE_MAX_FDS];
	unsigned int count = 0;

	(void)argument;
	for (unsigned int i = 0; i < nr_file_makers; i++) {
		fds[count] = mkfd_if_any(me, &file_makers[i]);
		count += fds[count] >= 0;
	}
	actor_enter(me, "w-sender");
	send_fds(me, sock, fds, count);
}

static void play_file(struct actor *me, const void *argument)
{
	struct duet duet = {
		.type = SOCK_STREAM,
		.send = argument ? send_file : send_all_files,
		.receive = receive_file,
		.argument = argument,
	};

	play_duet(me, &duet);
}

/* The argument is the maker's name; none: all of them. */
#define SORT(name)                                                                                 \
	{                                                                                          \
		name, play_file, name                                                              \
	}

static const struct scenario scenarios[] = {
	SORT("regular"),
	SORT("deleted"),
	SORT("tmpfile"),
	SORT("directory"),
	SORT("root"),
	SORT("null"),
	SORT("procfs"),
	SORT("fifo"),
	SORT("pipe"),
	SORT("unix-stream"),
	SORT("unix-datagram"),
	SORT("unix-pair"),
	SORT("unix-listener"),
	SORT("unix-abstract"),
	SORT("unix-connected"),
	SORT("unix-bound"),
	SORT("tcp"),
	SORT("tcp-listener"),
	SORT("tcp-connected"),
	SORT("tcp-closed"),
	SORT("tcp6-listener"),
	SORT("tcp6-connected"),
	SORT("udp"),
	SORT("udp-connected"),
	SORT("raw"),
	SORT("netlink"),
	SORT("packet"),
	SORT("packet-bound"),
	SORT("vsock"),
	SORT("vsock-listener"),
	SORT("vsock-connecting"),
	SORT("vsock-connected"),
	SORT("rfcomm"),
	SORT("rfcomm-listener"),
	SORT("memfd"),
	SORT("memfd-sealed"),
	SORT("eventfd"),
	SORT("eventfd-counted"),
	SORT("namespace-net"),
	SORT("namespace-pid"),
	SORT("device-elsewhere"),
	SORT("device-unknown"),
	SORT("bpf-map"),
	SORT("bpf-prog"),
	SORT("bpf-link"),
	SORT("epoll"),
	SORT("epoll-watching"),
	SORT("pidfd"),
	SORT("timerfd"),
	SORT("timerfd-once"),
	SORT("timerfd-periodic"),
	SORT("timerfd-expired"),
	SORT("timerfd-over"),
	SORT("timerfd-alarm"),
	SORT("signalfd"),
	SORT("signalfd-several"),
	SORT("signalfd-most"),
	SORT("inotify"),
	SORT("inotify-watching"),
	SORT("fanotify"),
	SORT("fanotify-content"),
	SORT("perf-event"),
	SORT("userfaultfd"),
	SORT("landlock"),
	SORT("fscontext"),
	SORT("mount"),
	SORT("secretmem"),
	SORT("dmabuf"),
	SORT("dmabuf-named"),
	SORT("sync-file"),
	SORT("path"),
	SORT("pty"),
	SORT("long-path"),
	SORT("deep-path"),
	SORT("longest-name"),
	SORT("newline"),
	SORT("escape"),
	SORT("unicode"),
	SORT("invalid-utf8"),
	SORT("fake-mark"),
	SORT("mounted"),
	SORT("mount-root"),
	SORT("detached"),
	{ "all", play_file, NULL },
};

const struct group file_group = GROUP("file", scenarios);
