// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a compositor does to have a keyboard, for the logind example: take-device makes one, opens a
 * session on seat0, and takes the device from systemd-logind; then it goes to another virtual
 * terminal and back, upon which logind hands the device out anew. It tells on standard error each
 * descriptor that it got. It needs root, and a machine whose init is systemd.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/vt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "keyboard.h"

#define LOGIND "org.freedesktop.login1"
#define MANAGER "/org/freedesktop/login1", LOGIND ".Manager"
#define SESSION LOGIND ".Session"
/* A switch of terminals that nobody answers is asked for again: what starts there may have undone it. */
#define TRIES 12
#define TIMEOUT_US (UINT64_C(10) * 1000 * 1000)

struct session {
	sd_bus *bus;
	char *path;
	dev_t device;
	bool paused, resumed;
};

static void tell(const char *how, int fd)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return;
	fprintf(stderr, "take-device[%d]: %s, descriptor %d, device %u:%u\n", getpid(), how, fd,
		major(status.st_rdev), minor(status.st_rdev));
}

/* The first virtual terminal is the one in front when the machine has come up. */
static int open_session(struct session *session)
{
	sd_bus_message *reply = NULL;
	sd_bus_error error = SD_BUS_ERROR_NULL;
	const char *path;
	int r;

	r = sd_bus_call_method(session->bus, LOGIND, MANAGER, "CreateSession", &error, &reply,
			       "uusssssussbssa(sv)", 0, getpid(), "take-device", "tty", "user", "",
			       "seat0", 1, "tty1", "", 0, "", "", 0);
	if (r < 0)
		fprintf(stderr, "take-device: CreateSession: %s\n", error.message);
	else
		r = sd_bus_message_read(reply, "so", NULL, &path);
	if (r >= 0)
		session->path = strdup(path);
	sd_bus_error_free(&error);
	sd_bus_message_unref(reply);
	return r < 0 ? r : session->path ? 0 : -ENOMEM;
}

static int call(struct session *session, const char *method, sd_bus_message **reply,
		const char *types, ...)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	va_list arguments;
	int r;

	va_start(arguments, types);
	r = sd_bus_call_methodv(session->bus, LOGIND, session->path, SESSION, method, &error, reply,
				types, arguments);
	va_end(arguments);
	if (r < 0)
		fprintf(stderr, "take-device: %s: %s\n", method, error.message);
	sd_bus_error_free(&error);
	return r;
}

static int take(struct session *session)
{
	sd_bus_message *reply = NULL;
	int fd, r;

	r = call(session, "TakeDevice", &reply, "uu", major(session->device),
		 minor(session->device));
	if (r >= 0)
		r = sd_bus_message_read(reply, "h", &fd);
	if (r >= 0)
		tell("taken", fd);
	sd_bus_message_unref(reply);
	return r;
}

static int on_pause(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct session *session = userdata;

	session->paused = true;
	return 0;
}

static int on_resume(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
	struct session *session = userdata;
	int fd, r;

	r = sd_bus_message_read(message, "uuh", NULL, NULL, &fd);
	if (r < 0)
		return r;
	tell("resumed", fd);
	session->resumed = true;
	return 0;
}

static int watch(struct session *session)
{
	int r;

	r = sd_bus_match_signal(session->bus, NULL, LOGIND, session->path, SESSION, "PauseDevice",
				on_pause, session);
	if (r >= 0)
		r = sd_bus_match_signal(session->bus, NULL, LOGIND, session->path, SESSION,
					"ResumeDevice", on_resume, session);
	return r;
}

static int wait_for(struct session *session, const bool *happened)
{
	int r = 0;

	while (r >= 0 && !*happened) {
		r = sd_bus_process(session->bus, NULL);
		if (r == 0) {
			r = sd_bus_wait(session->bus, TIMEOUT_US);
			if (r == 0)
				r = -ETIMEDOUT;
		}
	}
	return r;
}

static int switch_terminal(int number)
{
	int fd, r;

	fd = open("/dev/tty0", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = ioctl(fd, VT_ACTIVATE, number) < 0 ? -errno : 0;
	close(fd);
	return r;
}

static int switch_until(struct session *session, int number, const bool *happened)
{
	int r = -ETIMEDOUT;

	for (int i = 0; i < TRIES && r == -ETIMEDOUT; i++) {
		r = switch_terminal(number);
		if (r >= 0)
			r = wait_for(session, happened);
	}
	return r;
}

/* What logind does at a switch is the same for all who hold devices. */
static int leave_and_return(struct session *session)
{
	int r;

	r = switch_until(session, 2, &session->paused);
	if (r >= 0)
		r = switch_until(session, 1, &session->resumed);
	if (r < 0)
		fprintf(stderr, "take-device: another terminal and back: %s\n", strerror(-r));
	return r;
}

static int use(struct session *session)
{
	int r;

	r = open_session(session);
	if (r >= 0)
		r = watch(session);
	if (r >= 0)
		r = call(session, "Activate", NULL, NULL);
	if (r >= 0)
		r = call(session, "TakeControl", NULL, "b", 0);
	if (r >= 0)
		r = take(session);
	if (r >= 0)
		r = leave_and_return(session);
	if (r >= 0)
		r = call(session, "ReleaseControl", NULL, NULL);
	return r;
}

int main(void)
{
	struct session session = { 0 };
	int keyboard, r;

	keyboard = keyboard_new(&session.device);
	if (keyboard < 0) {
		fprintf(stderr, "take-device: no keyboard: %s\n", strerror(-keyboard));
		return EXIT_FAILURE;
	}
	r = sd_bus_open_system(&session.bus);
	if (r >= 0)
		r = use(&session);
	else
		fprintf(stderr, "take-device: no bus: %s\n", strerror(-r));
	sd_bus_flush_close_unref(session.bus);
	free(session.path);
	close(keyboard);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
