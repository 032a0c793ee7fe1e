// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Attach the stand-in of gadget.bpf.c until SIGTERM, and print a row for each of its records.
 *
 *   gadget          with room for whatever comes, and a reader whom nobody wakes: what is counted is
 *                   what traced processes pay
 *   gadget --as-is  with the room that the existing tool has, and its reader woken as soon as it waits
 */
#include <err.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>

#include "gadget.h"
#include "gadget.skel.h"

static volatile sig_atomic_t ended;

static void on_interrupt(int signal)
{
	ended = 1;
}

static int print_row(void *context, void *data, size_t size)
{
	const struct record *record = data;

	printf("{\"outcome\":\"sent\",\"proc\":{\"comm\":\"%s\"}}\n", record->sender.comm);
	return 0;
}

static struct gadget_bpf *attach(bool as_is)
{
	struct gadget_bpf *gadget = gadget_bpf__open();

	if (!gadget)
		return NULL;
	gadget->rodata->wakes_reader = as_is;
	bpf_map__set_max_entries(gadget->maps.records, as_is ? RECORDS_SIZE : ROOMY_RECORDS_SIZE);
	if (gadget_bpf__load(gadget) < 0 || gadget_bpf__attach(gadget) < 0) {
		gadget_bpf__destroy(gadget);
		return NULL;
	}
	return gadget;
}

int main(int argc, char *argv[])
{
	bool as_is = argc == 2 && strcmp(argv[1], "--as-is") == 0;
	struct gadget_bpf *gadget;
	struct ring_buffer *ring;

	libbpf_set_print(NULL);
	gadget = attach(as_is);
	if (!gadget)
		errx(EXIT_FAILURE, "the stand-in cannot be attached");
	ring = ring_buffer__new(bpf_map__fd(gadget->maps.records), print_row, NULL, NULL);
	if (!ring)
		err(EXIT_FAILURE, "ring_buffer__new");
	signal(SIGTERM, on_interrupt);
	fputs("tracing with gadget\n", stderr);
	while (!ended) {
		ring_buffer__poll(ring, 100);
		ring_buffer__consume(ring);
	}
	ring_buffer__consume(ring);
	gadget_bpf__destroy(gadget);
	return EXIT_SUCCESS;
}
