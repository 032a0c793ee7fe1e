// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The server of the D-Bus example: a method that takes a descriptor. It writes a line to standard
 * output once it can be called, serves one call, tells on standard error what it got, and ends.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "example.h"

static int pass_fd(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	bool *called = userdata;
	struct stat status;
	int fd, r;

	/* The descriptor belongs to the message, and is closed with it. */
	r = sd_bus_message_read(message, "h", &fd);
	if (r < 0)
		return r;
	if (fstat(fd, &status) < 0)
		return sd_bus_error_set_errno(error, errno);
	fprintf(stderr, "server[%d]: descriptor %d, device %u:%u\n", getpid(), fd,
		major(status.st_rdev), minor(status.st_rdev));
	*called = true;
	return sd_bus_reply_method_return(message, NULL);
}

static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD(EXAMPLE_METHOD, "h", NULL, pass_fd, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

static int serve_one_call(sd_bus *bus, bool *called)
{
	int r;

	r = sd_bus_add_object_vtable(bus, NULL, EXAMPLE_PATH, EXAMPLE_INTERFACE, vtable, called);
	if (r >= 0)
		r = sd_bus_request_name(bus, EXAMPLE_NAME, 0);
	if (r < 0)
		return r;
	puts("ready");
	fflush(stdout);
	while (r >= 0 && !*called) {
		r = sd_bus_process(bus, NULL);
		if (r == 0)
			r = sd_bus_wait(bus, UINT64_MAX);
	}
	return r < 0 ? r : sd_bus_flush(bus);
}

int main(void)
{
	bool called = false;
	sd_bus *bus = NULL;
	int r;

	r = sd_bus_open_user(&bus);
	if (r >= 0)
		r = serve_one_call(bus, &called);
	sd_bus_flush_close_unref(bus);
	if (r < 0)
		fprintf(stderr, "server: %s\n", strerror(-r));
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
