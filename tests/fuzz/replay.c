/* SPDX-License-Identifier: GPL-2.0-or-later */
/* In place of libFuzzer: give each file of a folder (the corpus, crashes) to the target once. */
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fuzz.h"

static uint8_t input[1 << 20];

static int replay_file(int folder, const char *name)
{
	ssize_t size;
	int fd;

	fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	size = read(fd, input, sizeof(input));
	close(fd);
	if (size < 0)
		return -1;
	LLVMFuzzerTestOneInput(input, size);
	return 0;
}

static int replay_folder(const char *path)
{
	struct dirent *entry;
	int r = 0;
	DIR *folder;

	folder = opendir(path);
	if (!folder)
		return -1;
	while (r == 0 && (entry = readdir(folder))) {
		if (entry->d_name[0] != '.')
			r = replay_file(dirfd(folder), entry->d_name);
	}
	closedir(folder);
	return r;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (replay_folder(argv[i]) < 0) {
			perror(argv[i]);
			return EXIT_FAILURE;
		}
	}
	return EXIT_SUCCESS;
}
