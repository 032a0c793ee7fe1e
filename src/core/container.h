/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In which container a process is: what the path of its cgroup tells of it, which is the runtime and an id.
 * The rest is in the runtime's own files, which the host reads (host/container.h).
 */
#ifndef FDPASS_CORE_CONTAINER_H
#define FDPASS_CORE_CONTAINER_H

#include <stdbool.h>
#include <stddef.h>

/* With the NUL; what is longer loses its end. An image's name is the longest of these. */
#define CONTAINER_TEXT_MAX 256
#define CONTAINER_RUNTIME_MAX 16

/* Texts are NUL-terminated, and empty where they are not known. Fixed, so that it can be handed on as it is. */
struct container {
	char id[CONTAINER_TEXT_MAX]; /* empty: no container, but the host */
	char runtime[CONTAINER_RUNTIME_MAX];
	char name[CONTAINER_TEXT_MAX];
	char image[CONTAINER_TEXT_MAX];
	/* What Kubernetes calls it. */
	char namespace[CONTAINER_TEXT_MAX];
	char pod[CONTAINER_TEXT_MAX];
	char pod_container[CONTAINER_TEXT_MAX];
};

/* What is known of a cgroup. */
struct cgroup {
	const char *path; /* from the root on */
	const struct container *container; /* NULL: not known whether there is one */
};

enum container_place {
	CONTAINER_HOST, /* the path leads to no container */
	CONTAINER_NAMED, /* the path names one */
	CONTAINER_OF_USER, /* it names one below what a user has been given: that user chose the id */
	CONTAINER_PERHAPS, /* only the runtime's files can tell */
	CONTAINER_UNKNOWN, /* nobody can tell */
};

/*
 * What a cgroup's path, from the root on, tells of a container: ret->id and ret->runtime, where it names one,
 * the rest is empty. Of containers in each other it is the outermost, which the host knows.
 */
enum container_place container_of_path(const char *path, struct container *ret);

/* Put a text into a member of struct container, cut where it is too long. */
void container_set(char to[CONTAINER_TEXT_MAX], const char *text, size_t size);

#endif
