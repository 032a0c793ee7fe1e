// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of runtimes, and where each keeps what. */
#include "host/container_file.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "host/json_file.h"

#define DOCKER "/var/lib/docker/containers"
#define CONTAINERD "/run/containerd/io.containerd.runtime.v2.task"
#define STORAGE "/var/lib/containers/storage"
#define RUNC "/run/runc"
#define CRUN "/run/crun"

const char *const container_file_folders[] = {
	DOCKER, CONTAINERD, STORAGE, RUNC, CRUN, NULL,
};

/* Members */

static struct json_object *member(struct json_object *object, const char *name)
{
	struct json_object *ret;

	return object && json_object_object_get_ex(object, name, &ret) ? ret : NULL;
}

/* The text of a member; NULL: it has none. */
static const char *text(struct json_object *object, const char *name)
{
	struct json_object *value = member(object, name);

	return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
}

static bool is_text(struct json_object *object, const char *name, const char *wanted)
{
	const char *value = text(object, name);

	return value && strcmp(value, wanted) == 0;
}

/* Nothing is taken back by what is not there. */
static void set(char to[CONTAINER_TEXT_MAX], const char *value)
{
	if (value && *value != '\0')
		container_set(to, value, strlen(value));
}

/* What orchestrators note in labels and annotations; those that come later are more to the point. */
static const struct {
	const char *key;
	size_t offset; /* in struct container */
} notes[] = {
	{ "nerdctl/name", offsetof(struct container, name) },
	{ "io.kubernetes.cri-o.ImageName", offsetof(struct container, image) },
	{ "io.kubernetes.cri.image-name", offsetof(struct container, image) },
	{ "io.kubernetes.pod.namespace", offsetof(struct container, namespace) },
	{ "io.kubernetes.cri.sandbox-namespace", offsetof(struct container, namespace) },
	{ "io.kubernetes.pod.name", offsetof(struct container, pod) },
	{ "io.kubernetes.cri.sandbox-name", offsetof(struct container, pod) },
	{ "io.kubernetes.container.name", offsetof(struct container, pod_container) },
	{ "io.kubernetes.cri.container-name", offsetof(struct container, pod_container) },
};

static void take_notes(struct json_object *from, struct container *ret)
{
	for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++)
		set((char *)ret + notes[i].offset, text(from, notes[i].key));
}

/* Names of files */

#define PATH_MOST 1024

/* An id that is the name of one folder. */
static bool is_name(const char *id)
{
	return *id != '\0' && !strchr(id, '/') && strcmp(id, ".") != 0 && strcmp(id, "..") != 0;
}

__attribute__((format(printf, 1, 2))) static struct json_object *read_json(const char *format, ...)
{
	char path[PATH_MOST];
	va_list arguments;
	int size;

	va_start(arguments, format);
	size = vsnprintf(path, sizeof(path), format, arguments);
	va_end(arguments);
	return size < 0 || (size_t)size >= sizeof(path) ? NULL : json_file_read(path);
}

/* Docker */

static bool find_docker(const char *path, struct container *ret)
{
	struct json_object *root = read_json(DOCKER "/%s/config.v2.json", ret->id), *config;
	const char *name = text(root, "Name");

	if (!root)
		return false;
	config = member(root, "Config");
	set(ret->name, name && *name == '/' ? name + 1 : name);
	set(ret->image, text(config, "Image"));
	take_notes(member(config, "Labels"), ret);
	json_object_put(root);
	return true;
}

/* Podman and CRI-O, which share a storage */

static const char *const drivers[] = { "overlay", "vfs", "btrfs", "zfs" };
/* Of all containers, but those that end with the machine. */
static const char *const lists[] = { "containers.json", "volatile-containers.json" };

/* What podman and CRI-O keep with a container is a text to the storage. */
static void take_metadata(const char *metadata, struct container *ret)
{
	struct json_object *root = metadata ? json_tokener_parse(metadata) : NULL;

	set(ret->image, text(root, "image-name"));
	set(ret->name, text(root, "name"));
	json_object_put(root);
}

static bool take_from_list(struct json_object *list, struct container *ret)
{
	size_t count = json_object_is_type(list, json_type_array) ? json_object_array_length(list) :
								    0;

	for (size_t i = 0; i < count; i++) {
		struct json_object *entry = json_object_array_get_idx(list, i);

		if (!is_text(entry, "id", ret->id))
			continue;
		take_metadata(text(entry, "metadata"), ret);
		return true;
	}
	return false;
}

static bool find_in_storage(const char *driver, struct container *ret)
{
	struct json_object *root;
	bool found = false;

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]) && !found; i++) {
		root = read_json(STORAGE "/%s-containers/%s", driver, lists[i]);
		found = take_from_list(root, ret);
		json_object_put(root);
	}
	if (!found)
		return false;
	root = read_json(STORAGE "/%s-containers/%s/userdata/config.json", driver, ret->id);
	take_notes(member(root, "annotations"), ret);
	json_object_put(root);
	return true;
}

static bool find_stored(const char *path, struct container *ret)
{
	for (size_t i = 0; i < sizeof(drivers) / sizeof(drivers[0]); i++) {
		if (find_in_storage(drivers[i], ret))
			return true;
	}
	return false;
}

/* containerd */

/* The bundle of a task: namespaces are folders of it. */
static bool find_task(const char *namespace, struct container *ret)
{
	struct json_object *root = read_json(CONTAINERD "/%s/%s/config.json", namespace, ret->id);

	if (!root)
		return false;
	set(ret->name, ret->id);
	take_notes(member(root, "annotations"), ret);
	set(ret->name, ret->pod_container);
	json_object_put(root);
	return true;
}

/* By whom it was made is not in the path: Kubernetes, or nerdctl. */
static bool find_containerd(const char *path, struct container *ret)
{
	return find_task("k8s.io", ret) || find_task("default", ret);
}

/* Plain runc and crun */

/* In a path below the mount of a hierarchy. */
static bool ends_with(const char *whole, const char *end)
{
	size_t size = strlen(whole), end_size = strlen(end);

	return size >= end_size && strcmp(whole + size - end_size, end) == 0;
}

static bool is_of_runc(struct json_object *state, const char *path)
{
	struct json_object *paths = member(state, "cgroup_paths");

	if (!json_object_is_type(paths, json_type_object))
		return false;
	json_object_object_foreach(paths, hierarchy, value)
	{
		(void)hierarchy;
		if (ends_with(json_object_get_string(value), path))
			return true;
	}
	return false;
}

/* Its state has the annotations as labels, "KEY=VALUE"; only the bundle's path is of use. */
static bool find_runc(const char *path, struct container *ret)
{
	struct json_object *state = read_json(RUNC "/%s/state.json", ret->id);
	bool found = is_of_runc(state, path);

	if (found)
		set(ret->name, ret->id);
	json_object_put(state);
	return found;
}

static bool find_crun(const char *path, struct container *ret)
{
	struct json_object *status = read_json(CRUN "/%s/status", ret->id);
	const char *own = text(status, "cgroup-path");
	bool found = own && ends_with(path, own);

	if (found)
		set(ret->name, ret->id);
	json_object_put(status);
	return found;
}

/* The table of those whose paths name them. "": several do it alike. */
static const struct {
	const char *runtime;
	const char *told; /* what it is then; NULL: the same */
	bool (*find)(const char *path, struct container *ret);
} runtimes[] = {
	{ "docker", NULL, find_docker },       { "podman", NULL, find_stored },
	{ "cri-o", NULL, find_stored },	       { "containerd", NULL, find_containerd },
	{ "runc", NULL, find_runc },	       { "crun", NULL, find_crun },
	{ "", "containerd", find_containerd }, { "", "docker", find_docker },
};

static bool find_named(const char *path, struct container *ret)
{
	if (!is_name(ret->id))
		return false;
	for (size_t i = 0; i < sizeof(runtimes) / sizeof(runtimes[0]); i++) {
		if (strcmp(runtimes[i].runtime, ret->runtime) != 0 || !runtimes[i].find(path, ret))
			continue;
		if (runtimes[i].told)
			strcpy(ret->runtime, runtimes[i].told);
		return true;
	}
	return false;
}

/* Paths that name no runtime: "/ID" of runc and crun, "/NAMESPACE/ID" of containerd, and what is below. */

static bool is_of_task(struct json_object *config, const char *path)
{
	return is_text(member(config, "linux"), "cgroupsPath", path);
}

/* `path` ends behind `id`; before it stands `folder`. */
static bool find_at(const char *path, const char *folder, const char *id, struct container *ret)
{
	struct json_object *config;
	bool found;

	if (!is_name(id))
		return false;
	*ret = (struct container){ 0 };
	set(ret->id, id);
	strcpy(ret->runtime, "runc");
	if (find_runc(path, ret))
		return true;
	strcpy(ret->runtime, "crun");
	if (find_crun(path, ret))
		return true;
	strcpy(ret->runtime, "containerd");
	if (!is_name(folder))
		return false;
	config = read_json(CONTAINERD "/%s/%s/config.json", folder, id);
	found = is_of_task(config, path) && find_task(folder, ret);
	json_object_put(config);
	return found;
}

/* The outermost is the one that the host knows. */
static bool find_by_files(const char *path, struct container *ret)
{
	char begin[PATH_MOST], folder[CONTAINER_TEXT_MAX] = "", name[CONTAINER_TEXT_MAX];
	const char *at = path;

	if (strlen(path) >= sizeof(begin))
		return false;
	while (*at == '/') {
		const char *end = strchrnul(at + 1, '/');

		memcpy(begin, path, (size_t)(end - path));
		begin[end - path] = '\0';
		container_set(name, at + 1, (size_t)(end - at - 1));
		if (find_at(begin, folder, name, ret))
			return true;
		strcpy(folder, name);
		at = end;
	}
	return false;
}

bool container_file_find(const char *path, struct container *ret)
{
	switch (container_of_path(path, ret)) {
	case CONTAINER_NAMED:
		return find_named(path, ret);
	case CONTAINER_PERHAPS:
		return find_by_files(path, ret);
	default:
		return false;
	}
}
