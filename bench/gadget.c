// SPDX-License-Identifier: GPL-2.0-or-later
/* Attach the stand-in of gadget.bpf.c until SIGINT; then say how many records came. */
#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "gadget.skel.h"

static volatile sig_atomic_t ended;

static void on_interrupt(int signal)
{
	ended = 1;
}

static int count(void *context, void *data, size_t size)
{
	++*(unsigned long *)context;
	return 0;
}

int main(void)
{
	struct gadget_bpf *gadget;
	struct ring_buffer *ring;
	unsigned long records = 0;

	libbpf_set_print(NULL);
	gadget = gadget_bpf__open_and_load();
	if (!gadget || gadget_bpf__attach(gadget) < 0)
		errx(EXIT_FAILURE, "the stand-in cannot be attached");
	ring = ring_buffer__new(bpf_map__fd(gadget->maps.records), count, &records, NULL);
	if (!ring)
		err(EXIT_FAILURE, "ring_buffer__new");
	signal(SIGINT, on_interrupt);
	fputs("tracing with gadget\n", stderr);
	while (!ended) {
		usleep(100000);
		ring_buffer__consume(ring);
	}
	ring_buffer__consume(ring);
	printf("%lu\n", records);
	gadget_bpf__destroy(gadget);
	return EXIT_SUCCESS;
}
