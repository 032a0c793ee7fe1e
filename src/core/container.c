/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of how runtimes call the cgroups of their containers. */
#include "core/container.h"

#include <string.h>

/* What an id is made of. */
enum id_sort {
	ID_HEX, /* 64 digits */
	ID_NAME, /* chosen by whoever starts the container */
	ID_UNIT, /* the same, as systemd escapes it in the name of a unit */
};

/* A cgroup's name is that of a container if it begins and ends so, in a folder of that name. */
static const struct pattern {
	const char *runtime; /* "": several do it alike */
	const char *folder; /* "pod*": one that begins so; NULL: any */
	const char *begin, *end;
	enum id_sort id;
	const char *inside; /* of it, what the container is in; NULL: all of it */
} patterns[] = {
	{ "docker", NULL, "docker-", ".scope", ID_HEX },
	{ "docker", "docker", "", "", ID_HEX },
	{ "podman", NULL, "libpod-", ".scope", ID_HEX },
	{ "podman", NULL, "libpod-", "", ID_HEX },
	{ "cri-o", NULL, "crio-", ".scope", ID_HEX },
	{ "cri-o", NULL, "crio-", "", ID_HEX },
	{ "containerd", NULL, "cri-containerd-", ".scope", ID_HEX },
	{ "containerd", NULL, "nerdctl-", ".scope", ID_HEX },
	{ "", "pod*", "", "", ID_HEX }, /* kubelet, with the driver cgroupfs */
	{ "runc", NULL, "runc-", ".scope", ID_NAME },
	{ "crun", NULL, "crun-", ".scope", ID_NAME },
	{ "systemd-nspawn", NULL, "systemd-nspawn@", ".service", ID_UNIT, "payload" },
	{ "systemd-nspawn", "machine.slice", "machine-", ".scope", ID_UNIT },
	{ "lxc", NULL, "lxc.payload.", "", ID_NAME },
	{ "lxc", "lxc.payload", "", "", ID_NAME },
	{ "lxc", "lxc", "", "", ID_NAME },
};

/* What watches a container from outside begins so, in a folder of that name. */
static const struct {
	const char *folder; /* NULL: any */
	const char *begin;
} monitors[] = {
	{ "libpod_parent", "conmon" },
	{ NULL, "crio-conmon-" },
	{ NULL, "lxc.monitor." },
	{ "systemd-nspawn@*", "supervisor" },
};

/* systemd-machined's names of virtual machines begin so; these are no containers. */
#define VIRTUAL_MACHINE "qemu-"

#define HEX_ID_LENGTH 64

/* A part of a path. */
struct part {
	const char *text;
	size_t size;
};

static struct part next_part(const char **at)
{
	struct part part = { .text = *at + strspn(*at, "/") };

	part.size = strcspn(part.text, "/");
	*at = part.text + part.size;
	return part;
}

static bool begins_with(struct part part, const char *begin)
{
	return part.size >= strlen(begin) && memcmp(part.text, begin, strlen(begin)) == 0;
}

static bool ends_with(struct part part, const char *end)
{
	size_t size = strlen(end);

	return part.size >= size && memcmp(part.text + part.size - size, end, size) == 0;
}

static bool is_hex(struct part part)
{
	for (size_t i = 0; i < part.size; i++) {
		if (!(part.text[i] >= '0' && part.text[i] <= '9') &&
		    !(part.text[i] >= 'a' && part.text[i] <= 'f'))
			return false;
	}
	return true;
}

void container_set(char to[CONTAINER_TEXT_MAX], const char *text, size_t size)
{
	if (size > CONTAINER_TEXT_MAX - 1)
		size = CONTAINER_TEXT_MAX - 1;
	memset(to, 0, CONTAINER_TEXT_MAX);
	memcpy(to, text, size);
}

static int hex_digit(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* "web\x2d1" is web-1: systemd-escape(1). */
static void set_unescaped(char to[CONTAINER_TEXT_MAX], struct part id)
{
	char *end = to;

	memset(to, 0, CONTAINER_TEXT_MAX);
	for (size_t i = 0; i < id.size && end < to + CONTAINER_TEXT_MAX - 1; i++) {
		const char *at = id.text + i;

		if (id.size - i >= 4 && memcmp(at, "\\x", 2) == 0 && hex_digit(at[2]) > 0 &&
		    hex_digit(at[3]) >= 0) {
			*end++ = (char)(hex_digit(at[2]) << 4 | hex_digit(at[3]));
			i += 3;
		} else {
			*end++ = *at;
		}
	}
}

static bool set_id(const struct pattern *pattern, struct part id, struct container *ret)
{
	switch (pattern->id) {
	case ID_HEX:
		if (id.size != HEX_ID_LENGTH || !is_hex(id))
			return false;
		container_set(ret->id, id.text, id.size);
		break;
	case ID_NAME:
		container_set(ret->id, id.text, id.size);
		break;
	case ID_UNIT:
		set_unescaped(ret->id, id);
		break;
	}
	return ret->id[0] != '\0' &&
	       strncmp(ret->id, VIRTUAL_MACHINE, strlen(VIRTUAL_MACHINE)) != 0;
}

static bool is_folder(struct part folder, const char *wanted)
{
	size_t size = strlen(wanted);

	if (wanted[size - 1] == '*')
		return folder.size >= size - 1 && memcmp(folder.text, wanted, size - 1) == 0;
	return folder.size == size && memcmp(folder.text, wanted, size) == 0;
}

static bool matches(const struct pattern *pattern, struct part folder, struct part name,
		    struct container *ret)
{
	size_t around = strlen(pattern->begin) + strlen(pattern->end);
	struct part id = { .text = name.text + strlen(pattern->begin) };

	if (name.size <= around || !begins_with(name, pattern->begin) ||
	    !ends_with(name, pattern->end))
		return false;
	if (pattern->folder && !is_folder(folder, pattern->folder))
		return false;
	id.size = name.size - around;
	if (!set_id(pattern, id, ret))
		return false;
	strcpy(ret->runtime, pattern->runtime);
	return true;
}

static const struct pattern *match_any(struct part folder, struct part name, struct container *ret)
{
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		if (matches(&patterns[i], folder, name, ret))
			return &patterns[i];
	}
	return NULL;
}

/* Is what follows in the path in the container, and not beside it? */
static bool is_inside(const struct pattern *pattern, const char *rest)
{
	return !pattern->inside || is_folder(next_part(&rest), pattern->inside);
}

static bool is_monitor(struct part folder, struct part name)
{
	for (size_t i = 0; i < sizeof(monitors) / sizeof(monitors[0]); i++) {
		if (begins_with(name, monitors[i].begin) &&
		    (!monitors[i].folder || is_folder(folder, monitors[i].folder)))
			return true;
	}
	return false;
}

/* systemd's own cgroups are those of units. */
static bool is_unit(struct part name)
{
	return ends_with(name, ".slice") || ends_with(name, ".service") ||
	       ends_with(name, ".scope") || ends_with(name, ".socket") || ends_with(name, ".mount");
}

enum container_place container_of_path(const char *path, struct container *ret)
{
	bool of_user = false, only_units = true;
	struct part folder = { .text = "" }, name;
	const struct pattern *pattern;

	for (;;) {
		*ret = (struct container){ 0 };
		name = next_part(&path);
		if (name.size == 0)
			break;
		pattern = match_any(folder, name, ret);
		if (pattern && is_inside(pattern, path))
			return of_user ? CONTAINER_OF_USER : CONTAINER_NAMED;
		if (is_monitor(folder, name))
			return CONTAINER_HOST;
		only_units &= is_unit(name);
		of_user |= begins_with(name, "user@");
		folder = name;
	}
	if (only_units)
		return CONTAINER_HOST;
	return of_user ? CONTAINER_UNKNOWN : CONTAINER_PERHAPS;
}
