// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The client of the D-Bus example: it opens /dev/null, passes the descriptor to the server, and
 * tells on standard error which it was.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "example.h"

/* sd-bus sends a copy of the descriptor, with a number of its own, and closes that. */
static int pass(sd_bus *bus, int fd)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	int r;

	r = sd_bus_call_method(bus, EXAMPLE_NAME, EXAMPLE_PATH, EXAMPLE_INTERFACE, EXAMPLE_METHOD,
			       &error, NULL, "h", fd);
	if (r < 0)
		fprintf(stderr, "client: %s\n", error.message);
	else
		fprintf(stderr, "client[%d]: /dev/null passed\n", getpid());
	sd_bus_error_free(&error);
	return r;
}

int main(void)
{
	int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	sd_bus *bus = NULL;
	int r;

	if (fd < 0) {
		fprintf(stderr, "client: /dev/null: %s\n", strerror(errno));
		return EXIT_FAILURE;
	}
	r = sd_bus_open_user(&bus);
	if (r < 0)
		fprintf(stderr, "client: no bus: %s\n", strerror(-r));
	else
		r = pass(bus, fd);
	sd_bus_flush_close_unref(bus);
	close(fd);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
