// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading JSON: with limits, since what is in it was chosen by others. */
#include "host/json_file.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <json-c/json.h>

/* A list of all containers of a machine may be long. */
#define SIZE_MOST (16 << 20)
#define DEPTH_MOST 32

/* A file that holds nothing up, and that root alone can write. */
static int open_file(const char *path, size_t *size)
{
	int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat status;

	if (fd < 0)
		return -1;
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) || status.st_uid != 0 ||
	    status.st_mode & (S_IWGRP | S_IWOTH) || status.st_size > SIZE_MOST) {
		close(fd);
		return -1;
	}
	*size = (size_t)status.st_size;
	return fd;
}

static char *read_bytes(int fd, size_t size, size_t *used)
{
	char *bytes = malloc(size + 1);
	ssize_t n;

	*used = 0;
	while (bytes && *used < size && (n = read(fd, bytes + *used, size - *used)) > 0)
		*used += (size_t)n;
	return bytes;
}

static struct json_object *parse(const char *bytes, size_t size)
{
	struct json_tokener *tokener = json_tokener_new_ex(DEPTH_MOST);
	struct json_object *ret;

	if (!tokener)
		return NULL;
	ret = json_tokener_parse_ex(tokener, bytes, (int)size);
	json_tokener_free(tokener);
	return ret;
}

struct json_object *json_file_read(const char *path)
{
	struct json_object *ret = NULL;
	size_t size, used;
	int fd = open_file(path, &size);
	char *bytes;

	if (fd < 0)
		return NULL;
	bytes = read_bytes(fd, size, &used);
	close(fd);
	if (bytes)
		ret = parse(bytes, used);
	free(bytes);
	return ret;
}
