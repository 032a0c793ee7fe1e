// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Both ends of a serial port over Bluetooth, for the Bluetooth example: on a machine with two
 * adapters that hear each other, serial-port registers the profile with bluetoothd, finds the second
 * adapter by the first, and connects. bluetoothd hands it an RFCOMM socket for either end; it tells
 * on standard error each descriptor and what it is connected to.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#define BLUEZ "org.bluez"
#define NEAR "/org/bluez/hci0"
#define FAR "/org/bluez/hci1"
#define PROFILE "/org/example/SerialPort"
#define SERIAL_PORT "00001101-0000-1000-8000-00805f9b34fb"
#define CHANNEL 7

/* No real adapter is slower; a guest without acceleration may be. */
#define TIMEOUT_US (UINT64_C(120) * 1000 * 1000)
#define STEP_US (UINT64_C(200) * 1000)

/* As in <bluetooth/rfcomm.h>, which would be one more package for this. */
struct rfcomm_address {
	sa_family_t family;
	unsigned char device[6]; /* the last byte first */
	unsigned char channel;
};

static int new_connection(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct rfcomm_address peer = { 0 };
	socklen_t size = sizeof(peer);
	int *connections = userdata;
	int fd, r;

	/* The descriptor belongs to the message, and is closed with it. */
	r = sd_bus_message_read(message, "oh", NULL, &fd);
	if (r < 0)
		return r;
	if (getpeername(fd, (struct sockaddr *)&peer, &size) < 0)
		return sd_bus_error_set_errno(error, errno);
	fprintf(stderr,
		"serial-port[%d]: descriptor %d, peer %02X:%02X:%02X:%02X:%02X:%02X channel %d\n",
		getpid(), fd, peer.device[5], peer.device[4], peer.device[3], peer.device[2],
		peer.device[1], peer.device[0], peer.channel);
	++*connections;
	return sd_bus_reply_method_return(message, NULL);
}

static int done(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	return sd_bus_reply_method_return(message, NULL);
}

static const sd_bus_vtable vtable[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD("NewConnection", "oha{sv}", NULL, new_connection, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("RequestDisconnection", "o", NULL, done, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD("Release", NULL, NULL, done, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

/* Let calls be served until something is so. */
static int wait_until(sd_bus *bus, bool (*is_so)(sd_bus *, const void *), const void *data)
{
	uint64_t waited;
	int r = 0;

	for (waited = 0; r >= 0 && !is_so(bus, data); waited += STEP_US) {
		if (waited >= TIMEOUT_US)
			return -ETIMEDOUT;
		r = sd_bus_wait(bus, STEP_US);
		while (r >= 0 && sd_bus_process(bus, NULL) > 0)
			;
	}
	return r;
}

static bool power_on(sd_bus *bus, const void *adapter)
{
	return sd_bus_set_property(bus, BLUEZ, adapter, BLUEZ ".Adapter1", "Powered", NULL, "b",
				   1) >= 0;
}

static bool make_discoverable(sd_bus *bus, const void *adapter)
{
	return sd_bus_set_property(bus, BLUEZ, adapter, BLUEZ ".Adapter1", "Discoverable", NULL,
				   "b", 1) >= 0;
}

/* Where the near adapter's bluetoothd keeps the far one. Returns a negative errno if there is none. */
static int far_device(sd_bus *bus, char path[static 64])
{
	char *address = NULL, *at;
	int r;

	r = sd_bus_get_property_string(bus, BLUEZ, FAR, BLUEZ ".Adapter1", "Address", NULL,
				       &address);
	if (r < 0)
		return r;
	for (at = address; *at; at++)
		if (*at == ':')
			*at = '_';
	snprintf(path, 64, NEAR "/dev_%s", address);
	free(address);
	return 0;
}

static bool is_found(sd_bus *bus, const void *path)
{
	char *address = NULL;
	int r;

	r = sd_bus_get_property_string(bus, BLUEZ, path, BLUEZ ".Device1", "Address", NULL,
				       &address);
	free(address);
	return r >= 0;
}

static int report(const char *what, int r, const sd_bus_error *error)
{
	if (r < 0)
		fprintf(stderr, "serial-port: %s: %s\n", what,
			error->message ? error->message : strerror(-r));
	return r;
}

static int register_profile(sd_bus *bus)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	int r;

	r = sd_bus_call_method(bus, BLUEZ, "/org/bluez", BLUEZ ".ProfileManager1",
			       "RegisterProfile", &error, NULL, "osa{sv}", PROFILE, SERIAL_PORT, 4,
			       "Name", "s", "Serial port", "Channel", "q", CHANNEL,
			       "RequireAuthentication", "b", 0, "RequireAuthorization", "b", 0);
	report("RegisterProfile", r, &error);
	sd_bus_error_free(&error);
	return r;
}

static int discover(sd_bus *bus, char *path)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	int r;

	r = sd_bus_call_method(bus, BLUEZ, NEAR, BLUEZ ".Adapter1", "StartDiscovery", &error, NULL,
			       NULL);
	report("StartDiscovery", r, &error);
	sd_bus_error_free(&error);
	if (r >= 0)
		r = report("the second adapter is not found", wait_until(bus, is_found, path),
			   &error);
	sd_bus_call_method(bus, BLUEZ, NEAR, BLUEZ ".Adapter1", "StopDiscovery", NULL, NULL, NULL);
	return r;
}

static int on_connected(sd_bus_message *reply, void *userdata, sd_bus_error *error)
{
	const sd_bus_error *failure = sd_bus_message_get_error(reply);
	bool *failed = userdata;

	*failed = failure;
	if (failure)
		fprintf(stderr, "serial-port: ConnectProfile: %s\n", failure->message);
	return 0;
}

struct ends {
	int connections;
	bool failed;
};

static bool both_are_there(sd_bus *bus, const void *userdata)
{
	const struct ends *ends = userdata;

	return ends->failed || ends->connections == 2;
}

/* NewConnection is called before ConnectProfile returns, so that is not waited for in the call. */
static int connect_ends(sd_bus *bus, const char *path, struct ends *ends)
{
	int r;

	r = sd_bus_call_method_async(bus, NULL, BLUEZ, path, BLUEZ ".Device1", "ConnectProfile",
				     on_connected, &ends->failed, "s", SERIAL_PORT);
	if (r >= 0)
		r = wait_until(bus, both_are_there, ends);
	if (r < 0)
		fprintf(stderr, "serial-port: no connection: %s\n", strerror(-r));
	return ends->failed ? -EIO : r;
}

static int run(sd_bus *bus)
{
	struct ends ends = { 0 };
	char path[64];
	int r;

	r = wait_until(bus, power_on, NEAR);
	if (r >= 0)
		r = wait_until(bus, power_on, FAR);
	if (r >= 0)
		r = wait_until(bus, make_discoverable, FAR);
	if (r < 0) {
		fprintf(stderr, "serial-port: no two adapters: %s\n", strerror(-r));
		return r;
	}
	r = sd_bus_add_object_vtable(bus, NULL, PROFILE, BLUEZ ".Profile1", vtable,
				     &ends.connections);
	if (r >= 0)
		r = register_profile(bus);
	if (r >= 0)
		r = far_device(bus, path);
	if (r >= 0)
		r = discover(bus, path);
	if (r >= 0)
		r = connect_ends(bus, path, &ends);
	return r;
}

int main(void)
{
	sd_bus *bus = NULL;
	int r;

	r = sd_bus_open_system(&bus);
	if (r >= 0)
		r = run(bus);
	else
		fprintf(stderr, "serial-port: no bus: %s\n", strerror(-r));
	sd_bus_flush_close_unref(bus);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
