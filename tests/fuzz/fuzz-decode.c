/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fuzz target: one record of any bytes, the paths of all of its files, and those of cgroups. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/decode.h"
#include "fuzz.h"

static void check_cgroup(const struct decoded *decoded, enum event_party party)
{
	char path[DECODE_CGROUP_MAX];

	if (decode_cgroup(decoded, party, path) && *path != '/')
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct decoded decoded;
	void *record = malloc(size + !size); /* exact: AddressSanitizer sees what reads beyond */

	if (!record)
		return 0;
	memcpy(record, data, size);
	if (decode_record(record, size, &decoded) == 0) {
		for (unsigned int i = 0; i < decoded.nr_files; i++) {
			char path[DECODE_PATH_MAX];
			int length;

			if (decode_path(&decoded, &decoded.files[i], path, &length) == 0 &&
			    length >= 0 && (length >= DECODE_PATH_MAX || path[length] != '\0'))
				abort();
		}
		check_cgroup(&decoded, EVENT_SELF);
		check_cgroup(&decoded, EVENT_OTHER);
	}
	free(record);
	return 0;
}
