/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Devices: the names that people know them by, where the path does not say it. The numbers are assigned:
 * Documentation/admin-guide/devices.txt of the kernel.
 */
#include <string.h>

#include "core/linux.h"
#include "kind/class.h"

struct device {
	uint32_t format; /* LINUX_S_IFCHR, LINUX_S_IFBLK */
	uint32_t major;
	uint32_t minor, last_minor; /* last_minor 0: only one */
	const char *name; /* of several, what stands before the number */
	uint32_t first_number;
};

static const struct device devices[] = {
	{ LINUX_S_IFCHR, 1, 1, 0, "/dev/mem", 0 },
	{ LINUX_S_IFCHR, 1, 3, 0, "/dev/null", 0 },
	{ LINUX_S_IFCHR, 1, 4, 0, "/dev/port", 0 },
	{ LINUX_S_IFCHR, 1, 5, 0, "/dev/zero", 0 },
	{ LINUX_S_IFCHR, 1, 7, 0, "/dev/full", 0 },
	{ LINUX_S_IFCHR, 1, 8, 0, "/dev/random", 0 },
	{ LINUX_S_IFCHR, 1, 9, 0, "/dev/urandom", 0 },
	{ LINUX_S_IFCHR, 1, 11, 0, "/dev/kmsg", 0 },
	{ LINUX_S_IFCHR, 4, 0, 63, "/dev/tty", 0 },
	{ LINUX_S_IFCHR, 4, 64, 255, "/dev/ttyS", 0 },
	{ LINUX_S_IFCHR, 5, 0, 0, "/dev/tty", 0 },
	{ LINUX_S_IFCHR, 5, 1, 0, "/dev/console", 0 },
	{ LINUX_S_IFCHR, 5, 2, 0, "/dev/ptmx", 0 },
	{ LINUX_S_IFCHR, 10, 137, 0, "/dev/vhci", 0 },
	{ LINUX_S_IFCHR, 10, 196, 0, "/dev/vfio/vfio", 0 },
	{ LINUX_S_IFCHR, 10, 200, 0, "/dev/net/tun", 0 },
	{ LINUX_S_IFCHR, 10, 223, 0, "/dev/uinput", 0 },
	{ LINUX_S_IFCHR, 10, 229, 0, "/dev/fuse", 0 },
	{ LINUX_S_IFCHR, 10, 232, 0, "/dev/kvm", 0 },
	{ LINUX_S_IFCHR, 10, 236, 0, "/dev/mapper/control", 0 },
	{ LINUX_S_IFCHR, 10, 237, 0, "/dev/loop-control", 0 },
	{ LINUX_S_IFCHR, 10, 238, 0, "/dev/vhost-net", 0 },
	{ LINUX_S_IFCHR, 10, 239, 0, "/dev/uhid", 0 },
	{ LINUX_S_IFCHR, 10, 241, 0, "/dev/vhost-vsock", 0 },
	{ LINUX_S_IFCHR, 10, 242, 0, "/dev/rfkill", 0 },
	{ LINUX_S_IFCHR, 13, 63, 0, "/dev/input/mice", 0 },
	{ LINUX_S_IFCHR, 13, 64, 95, "/dev/input/event", 0 },
	{ LINUX_S_IFCHR, 29, 0, 31, "/dev/fb", 0 },
	{ LINUX_S_IFCHR, 136, 0, 0xfffff, "/dev/pts/", 0 },
	{ LINUX_S_IFCHR, 226, 0, 63, "/dev/dri/card", 0 },
	{ LINUX_S_IFCHR, 226, 128, 191, "/dev/dri/renderD", 128 },
	{ LINUX_S_IFBLK, 7, 0, 0xfffff, "/dev/loop", 0 },
};

static const struct device *find_device(uint32_t format, uint32_t major, uint32_t minor)
{
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++) {
		const struct device *device = &devices[i];
		uint32_t last = device->last_minor != 0 ? device->last_minor : device->minor;

		if (device->format == format && device->major == major && minor >= device->minor &&
		    minor <= last)
			return device;
	}
	return NULL;
}

static void put_name(struct words *words, const struct device *device, uint32_t minor)
{
	words_put_text(words, device->name);
	if (device->last_minor != 0)
		words_put_number(words, device->first_number + minor - device->minor);
}

/* Does the path end as the name does? In a container or a jail, it is another one before that. */
static bool path_says(const struct file *file, const struct device *device, uint32_t minor)
{
	char buffer[64];
	struct words name = { .buffer = buffer, .size = sizeof(buffer) - 1 };
	const char *path = file->path ? strrchr(file->path, '/') : NULL;

	put_name(&name, device, minor);
	buffer[name.length] = '\0';
	return path && strcmp(path, strrchr(buffer, '/')) == 0;
}

bool kind_device_number(const struct file *file, uint32_t *major, uint32_t *minor)
{
	uint32_t format = file->mode & LINUX_S_IFMT;

	if (!file->known || (format != LINUX_S_IFCHR && format != LINUX_S_IFBLK))
		return false;
	*major = file->rdev >> 20;
	*minor = file->rdev & 0xfffff;
	return true;
}

/* "1:5 /dev/zero" */
static void put_number(struct words *words, const struct device *device, uint32_t major,
		       uint32_t minor)
{
	words_put_number(words, major);
	words_put_text(words, ":");
	words_put_number(words, minor);
	if (!device)
		return;
	words_put_text(words, " ");
	put_name(words, device, minor);
}

/*
 * Its number where the path does not say it; of the master of a pseudo terminal, "pts/7", and of an input
 * device what it calls itself, "named AT Translated Set 2 keyboard".
 */
void device_put_detail(struct words *words, const struct file *file)
{
	const struct event_pty_detail *pty = detail_of(file, EVENT_DETAIL_PTY);
	const struct event_input_detail *input = detail_of(file, EVENT_DETAIL_INPUT);
	const struct device *device;
	uint32_t major, minor;

	if (!kind_device_number(file, &major, &minor))
		return;
	device = find_device(file->mode & LINUX_S_IFMT, major, minor);
	if (!device || !path_says(file, device, minor))
		put_number(words, device, major, minor);
	if (pty) {
		words_put_text(words, words->length > 0 ? " pts/" : "pts/");
		words_put_number(words, pty->index);
	} else if (input) {
		words_put_text(words, words->length > 0 ? " named " : "named ");
		words_put_text(words, input->name);
	}
}
