// SPDX-License-Identifier: GPL-2.0-or-later
/* Running a BPF iterator: see iterator.h. */
#include "host/iterator.h"

#include <errno.h>
#include <unistd.h>

#include <bpf/bpf.h>

/* The kernel's own buffer for them has 32 KiB. */
#define BUFFER_SIZE (32 << 10)

int iterator_open(const struct bpf_link *link)
{
	int fd = bpf_iter_create(bpf_link__fd(link));

	return fd < 0 ? -errno : fd;
}

int iterator_read(int fd, size_t entry_size, iterator_fn fn, void *userdata)
{
	char buffer[BUFFER_SIZE] __attribute__((aligned(8)));
	size_t room = sizeof(buffer) - sizeof(buffer) % entry_size, used = 0;
	int r = 0;
	ssize_t n;

	/* EAGAIN: it has seen a million objects of which it told nothing, and goes on. */
	while ((n = read(fd, buffer + used, room - used)) != 0) {
		if (n < 0 && errno != EAGAIN && errno != EINTR) {
			r = -errno;
			break;
		}
		used += n < 0 ? 0 : (size_t)n;
		if (used % entry_size != 0)
			continue;
		for (size_t at = 0; at < used; at += entry_size)
			fn(userdata, buffer + at);
		used = 0;
	}
	return r;
}

int iterator_run(const struct bpf_link *link, size_t entry_size, iterator_fn fn, void *userdata)
{
	int fd = iterator_open(link), r;

	if (fd < 0)
		return fd;
	r = iterator_read(fd, entry_size, fn, userdata);
	close(fd);
	return r;
}
