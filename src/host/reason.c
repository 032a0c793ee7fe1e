// SPDX-License-Identifier: GPL-2.0-or-later
/* Why tracing cannot work here. */
#include "host/reason.h"

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/btf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define MIB (UINT64_C(1) << 20)

/*
 * What a tracer takes besides its ring buffer, as it is accounted to a control group: the kernel's
 * tables and programs, its types in this process, and room to work in. Seen on 6.18: 84 MiB.
 */
#define TRACER_MEMORY (96 * MIB)
/* What this process maps besides the ring, which is mapped with its end at its begin. */
#define TRACER_ADDRESSES (16 * MIB)
#define RING_MAPPINGS 2

/* Memory */

/* The number that a text begins with; UINT64_MAX: there is none, as in "max". */
static uint64_t parse_number(const char *text)
{
	char *end;
	uint64_t number = strtoull(text, &end, 10);

	return end == text ? UINT64_MAX : number;
}

/* A file that begins with a number; UINT64_MAX: there is none. */
static uint64_t read_number(const char *path)
{
	FILE *file = fopen(path, "re");
	uint64_t number = UINT64_MAX;
	char line[64];

	if (!file)
		return UINT64_MAX;
	if (fgets(line, sizeof(line), file))
		number = parse_number(line);
	fclose(file);
	return number;
}

/* The sum of the lines "KEY NUMBER" with one of two keys. */
static uint64_t read_sum(const char *path, const char *first, const char *second)
{
	FILE *file = fopen(path, "re");
	uint64_t sum = 0;
	char line[128];

	if (!file)
		return 0;
	while (fgets(line, sizeof(line), file)) {
		char *number = strchr(line, ' ');

		if (!number)
			continue;
		*number++ = '\0';
		if (strcmp(line, first) == 0 || strcmp(line, second) == 0)
			sum += parse_number(number);
	}
	fclose(file);
	return sum;
}

/* What a limit leaves; what is cached of files can be taken back. */
static uint64_t left(uint64_t limit, uint64_t used, uint64_t cached)
{
	used = used > cached ? used - cached : 0;
	if (limit == UINT64_MAX)
		return UINT64_MAX;
	return limit > used ? limit - used : 0;
}

/* The files of the second and of the first version of control groups. */
static const struct {
	const char *limit, *used, *inactive, *active;
} versions[] = {
	{ "memory.max", "memory.current", "inactive_file", "active_file" },
	{ "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file",
	  "total_active_file" },
};

static uint64_t left_in_group(const char *folder)
{
	uint64_t least = UINT64_MAX;

	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		char limit[PATH_MAX], used[PATH_MAX], stat[PATH_MAX];
		uint64_t own;

		if (snprintf(limit, sizeof(limit), "%s/%s", folder, versions[i].limit) >=
			    PATH_MAX ||
		    snprintf(used, sizeof(used), "%s/%s", folder, versions[i].used) >= PATH_MAX ||
		    snprintf(stat, sizeof(stat), "%s/memory.stat", folder) >= PATH_MAX)
			continue;
		if (access(used, R_OK) < 0)
			continue;
		own = left(read_number(limit), read_number(used),
			   read_sum(stat, versions[i].inactive, versions[i].active));
		if (own < least)
			least = own;
	}
	return least;
}

uint64_t memory_in_cgroup(const char *root, const char *path)
{
	char folder[PATH_MAX];
	uint64_t least = UINT64_MAX;

	if (snprintf(folder, sizeof(folder), "%s%s", root, path) >= PATH_MAX)
		return UINT64_MAX;
	while (strlen(folder) >= strlen(root)) {
		uint64_t own = left_in_group(folder);
		char *slash = strrchr(folder, '/');

		if (own < least)
			least = own;
		if (!slash)
			break;
		*slash = '\0';
	}
	return least;
}

static uint64_t memory_in_cgroups(void)
{
	FILE *file = fopen("/proc/self/cgroup", "re");
	uint64_t least = UINT64_MAX;
	char line[PATH_MAX];

	/* "0::/a/b" is the second version, "4:memory:/a/b" the first. */
	while (file && fgets(line, sizeof(line), file)) {
		char *controllers = strchr(line, ':'), *path;
		const char *root = NULL;
		uint64_t own;

		path = controllers ? strchr(++controllers, ':') : NULL;
		if (!path)
			continue;
		*path++ = '\0';
		path[strcspn(path, "\n")] = '\0';
		if (*controllers == '\0')
			root = "/sys/fs/cgroup";
		else if (strcmp(controllers, "memory") == 0)
			root = "/sys/fs/cgroup/memory";
		own = root ? memory_in_cgroup(root, path) : UINT64_MAX;
		if (own < least)
			least = own;
	}
	if (file)
		fclose(file);
	return least;
}

/* What the limit of address space (ulimit -v) leaves. */
static uint64_t addresses_left(void)
{
	uint64_t pages = read_number("/proc/self/statm");
	struct rlimit limit;

	if (getrlimit(RLIMIT_AS, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY ||
	    pages == UINT64_MAX)
		return UINT64_MAX;
	return left(limit.rlim_cur, pages * (uint64_t)sysconf(_SC_PAGESIZE), 0);
}

void memory_available(struct memory *ret)
{
	/* "MemAvailable:" is in KiB. */
	uint64_t machine = read_sum("/proc/meminfo", "MemAvailable:", "");
	uint64_t group = memory_in_cgroups();

	*ret = (struct memory){ .bytes = UINT64_MAX };
	if (machine != 0)
		*ret = (struct memory){ machine << 10, "the machine has no more" };
	if (group < ret->bytes)
		*ret = (struct memory){ group, "its control group (cgroup) allows no more" };
}

static int check_memory(const struct memory *memory, uint64_t needed, uint64_t ring_size,
			char reason[REASON_MAX])
{
	if (memory->bytes >= needed)
		return 0;
	snprintf(reason, REASON_MAX,
		 "%" PRIu64 " MiB of memory are needed with a ring buffer of %" PRIu64
		 " KiB (--buffer-size), and there are %" PRIu64 ": %s",
		 (needed + MIB - 1) / MIB, ring_size >> 10, memory->bytes / MIB, memory->limit);
	return -ENOMEM;
}

int reason_memory(uint64_t ring_size, char reason[REASON_MAX])
{
	const struct memory addresses = { addresses_left(), "ulimit -v allows no more" };
	struct memory memory;
	int r;

	memory_available(&memory);
	r = check_memory(&memory, ring_size + TRACER_MEMORY, ring_size, reason);
	if (r == 0)
		r = check_memory(&addresses, RING_MAPPINGS * ring_size + TRACER_ADDRESSES,
				 ring_size, reason);
	return r;
}

/* BTF */

/* Which of the parts of a BTF file is the last to end. */
static uint64_t end_of(const struct btf_header *header)
{
	uint64_t types = (uint64_t)header->type_off + header->type_len;
	uint64_t strings = (uint64_t)header->str_off + header->str_len;

	return header->hdr_len + (types > strings ? types : strings);
}

/* What is wrong with it, to be followed by what to do; NULL: it looks well. */
static const char *fault_of(const struct btf_header *header, size_t read, uint64_t size)
{
	if (read == 0)
		return "is empty";
	if (read < sizeof(*header))
		return "is cut short";
	if (header->magic == __builtin_bswap16(BTF_MAGIC))
		return "is of another byte order";
	if (header->magic != BTF_MAGIC)
		return "is no BTF";
	if (size < end_of(header))
		return "is cut short";
	return NULL;
}

static int refuse_btf(const char *path, int error, char reason[REASON_MAX])
{
	if (error == ENOENT)
		snprintf(
			reason, REASON_MAX,
			"there is no BTF in %s: mount sysfs at /sys, or use a kernel that was built "
			"with CONFIG_DEBUG_INFO_BTF=y",
			path);
	else
		snprintf(reason, REASON_MAX, "%s cannot be read: %s", path, strerror(error));
	return -error;
}

int reason_btf(const char *path, char reason[REASON_MAX])
{
	/* What something else has been put in place of it must not hold this up. */
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct btf_header header;
	struct stat status;
	const char *fault;
	ssize_t n;

	if (fd < 0)
		return refuse_btf(path, errno, reason);
	n = fstat(fd, &status) < 0 ? -1 : read(fd, &header, sizeof(header));
	if (n < 0) {
		int error = errno;

		close(fd);
		return refuse_btf(path, error, reason);
	}
	close(fd);
	fault = fault_of(&header, (size_t)n, (uint64_t)status.st_size);
	if (!fault)
		return 0;
	snprintf(reason, REASON_MAX,
		 "%s %s: the kernel's own is needed, which it has there if it was built with "
		 "CONFIG_DEBUG_INFO_BTF=y and nothing is mounted over it",
		 path, fault);
	return -EINVAL;
}

int reason_machine(uint64_t ring_size, char reason[REASON_MAX])
{
	int r = reason_btf(REASON_BTF_PATH, reason);

	return r < 0 ? r : reason_memory(ring_size, reason);
}

/* tracefs */

const char *reason_tracefs_of(bool may_mount, bool may_read)
{
	if (may_mount && may_read)
		return "the kernel forbids tracefs, to root as well";
	if (may_mount)
		return "tracefs belongs to root: run fdpass as root, or with CAP_DAC_READ_SEARCH "
		       "as well";
	return "tracefs cannot be opened: run fdpass as root, or with CAP_SYS_ADMIN and "
	       "CAP_DAC_READ_SEARCH";
}

static bool have(unsigned int capability)
{
	return capng_have_capability(CAPNG_EFFECTIVE, capability) == 1;
}

const char *reason_tracefs(void)
{
	if (capng_get_caps_process() < 0)
		return reason_tracefs_of(false, false);
	return reason_tracefs_of(have(CAP_SYS_ADMIN),
				 have(CAP_DAC_READ_SEARCH) || have(CAP_DAC_OVERRIDE));
}
