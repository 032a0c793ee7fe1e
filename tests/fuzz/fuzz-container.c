/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fuzz target: the path of a cgroup. What it says of a container has an end, and names no other place. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/container.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *path = malloc(size + 1);
	struct container container;
	enum container_place place;

	if (!path)
		return 0;
	memcpy(path, data, size);
	path[size] = '\0';
	memset(&container, 0xff, sizeof(container));
	place = container_of_path(path, &container);
	if (strnlen(container.id, sizeof(container.id)) == sizeof(container.id) ||
	    strnlen(container.runtime, sizeof(container.runtime)) == sizeof(container.runtime) ||
	    container.name[0] != '\0')
		abort();
	if ((container.id[0] != '\0') != (place == CONTAINER_NAMED || place == CONTAINER_OF_USER))
		abort();
	free(path);
	return 0;
}
