// SPDX-License-Identifier: GPL-2.0-or-later
#include "keyboard.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <linux/uinput.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define NAME "guide keyboard"

/* Enough keys for udev to call it a keyboard. */
static int plug_in(int fd)
{
	struct uinput_setup setup = { .id = { .bustype = BUS_VIRTUAL } };
	int key;

	if (ioctl(fd, UI_SET_EVBIT, EV_KEY) < 0)
		return -errno;
	for (key = KEY_ESC; key <= KEY_F10; key++)
		if (ioctl(fd, UI_SET_KEYBIT, key) < 0)
			return -errno;
	strcpy(setup.name, NAME);
	if (ioctl(fd, UI_DEV_SETUP, &setup) < 0 || ioctl(fd, UI_DEV_CREATE) < 0)
		return -errno;
	return 0;
}

/* The number of the event device below input device `name`. */
static int find_device(const char *name, dev_t *device)
{
	char pattern[128];
	unsigned int numbers[2];
	glob_t found;
	FILE *file;
	int r = -ENODEV;

	snprintf(pattern, sizeof(pattern), "/sys/devices/virtual/input/%s/event*/dev", name);
	if (glob(pattern, 0, NULL, &found) != 0)
		return -ENODEV;
	file = fopen(found.gl_pathv[0], "re");
	if (file && fscanf(file, "%u:%u", &numbers[0], &numbers[1]) == 2) {
		*device = makedev(numbers[0], numbers[1]);
		r = 0;
	}
	if (file)
		fclose(file);
	globfree(&found);
	return r;
}

int keyboard_new(dev_t *device)
{
	char name[64];
	int fd, r;

	fd = open("/dev/uinput", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = plug_in(fd);
	if (r >= 0 && ioctl(fd, UI_GET_SYSNAME(sizeof(name)), name) < 0)
		r = -errno;
	if (r >= 0)
		r = find_device(name, device);
	if (r < 0) {
		close(fd);
		return r;
	}
	return fd;
}
