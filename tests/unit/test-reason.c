/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reasons: what is found out of the machine before tracing is tried, on folders that look like it. */
#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <linux/btf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "host/reason.h"

#define MIB (UINT64_C(1) << 20)

/* A folder that is removed with what is in it. */
static char folder[] = "/tmp/test-reason-XXXXXX";

static int make_folder(void **state)
{
	strcpy(folder + strlen(folder) - 6, "XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
	return remove(path);
}

static int remove_folder(void **state)
{
	return nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static const char *path_of(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

static void put_file(const char *name, const void *bytes, size_t size)
{
	FILE *file = fopen(path_of(name), "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

static void put_text(const char *name, const char *text)
{
	put_file(name, text, strlen(text));
}

static void put_folder(const char *name)
{
	assert_int_equal(mkdir(path_of(name), 0700), 0);
}

/* The least of all groups above counts, and what is cached of files can be taken back. */
static void test_memory_in_cgroup(void **state)
{
	put_folder("a");
	put_folder("a/b");
	put_folder("a/b/c");
	assert_true(memory_in_cgroup(folder, "/a/b/c") == UINT64_MAX);
	put_text("a/b/c/memory.max", "max\n");
	put_text("a/b/c/memory.current", "1048576\n");
	assert_true(memory_in_cgroup(folder, "/a/b/c") == UINT64_MAX);
	put_text("a/memory.max", "67108864\n");
	put_text("a/memory.current", "41943040\n");
	assert_true(memory_in_cgroup(folder, "/a/b/c") == 24 * MIB);
	put_text("a/memory.stat", "anon 1\ninactive_file 1048576\nactive_file 3145728\nfile 9\n");
	assert_true(memory_in_cgroup(folder, "/a/b/c") == 28 * MIB);
	put_text("a/b/c/memory.max", "2097152\n");
	assert_true(memory_in_cgroup(folder, "/a/b/c") == 1 * MIB);
	put_text("a/b/c/memory.current", "4194304\n");
	assert_true(memory_in_cgroup(folder, "/a/b/c") == 0);
	assert_true(memory_in_cgroup(folder, "/elsewhere") == UINT64_MAX);
}

static void test_memory_in_cgroup_v1(void **state)
{
	put_folder("a");
	put_text("memory.limit_in_bytes", "9223372036854771712\n");
	put_text("memory.usage_in_bytes", "0\n");
	put_text("a/memory.limit_in_bytes", "67108864\n");
	put_text("a/memory.usage_in_bytes", "41943040\n");
	put_text("a/memory.stat", "total_inactive_file 1048576\ntotal_active_file 1048576\n");
	assert_true(memory_in_cgroup(folder, "/a") == 26 * MIB);
	/* In a container the path leads nowhere, and the root is the container's own group. */
	put_text("memory.limit_in_bytes", "8388608\n");
	assert_true(memory_in_cgroup(folder, "/docker/0123") == 8 * MIB);
}

static uint64_t own_addresses(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	unsigned long pages = 0;

	assert_non_null(file);
	assert_int_equal(fscanf(file, "%lu", &pages), 1);
	fclose(file);
	return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void test_memory(void **state)
{
	char reason[REASON_MAX];
	struct rlimit limit;

	assert_int_equal(reason_memory(1 << 20, reason), 0);
	assert_int_equal(reason_memory(UINT64_C(1) << 50, reason), -ENOMEM);
	assert_non_null(strstr(reason, "1073741920 MiB of memory are needed with a ring buffer of "
				       "1099511627776 KiB (--buffer-size), and there are "));

	/* Room for what the test itself does, and too little for a tracer. */
	assert_int_equal(getrlimit(RLIMIT_AS, &limit), 0);
	assert_int_equal(setrlimit(RLIMIT_AS,
				   &(struct rlimit){ own_addresses() + 8 * MIB, limit.rlim_max }),
			 0);
	assert_int_equal(reason_memory(1 << 20, reason), -ENOMEM);
	assert_int_equal(setrlimit(RLIMIT_AS, &limit), 0);
	assert_non_null(strstr(reason, "18 MiB of memory are needed with a ring buffer of 1024 KiB "
				       "(--buffer-size), and there are "));
	assert_non_null(strstr(reason, ": ulimit -v allows no more"));
}

static void assert_btf(const void *bytes, size_t size, const char *fault)
{
	char reason[REASON_MAX], expected[REASON_MAX];

	put_file("btf", bytes, size);
	if (!fault) {
		assert_int_equal(reason_btf(path_of("btf"), reason), 0);
		return;
	}
	assert_int_equal(reason_btf(path_of("btf"), reason), -EINVAL);
	snprintf(expected, sizeof(expected), "%s %s: the kernel's own is needed", path_of("btf"),
		 fault);
	assert_memory_equal(reason, expected, strlen(expected));
}

static void test_btf(void **state)
{
	struct {
		struct btf_header header;
		char data[16];
	} file = {
		.header = { .magic = BTF_MAGIC,
			    .version = BTF_VERSION,
			    .hdr_len = sizeof(struct btf_header),
			    .type_len = 8,
			    .str_off = 8,
			    .str_len = 8 },
	};
	char reason[REASON_MAX];

	assert_btf(&file, sizeof(file), NULL);
	assert_btf(&file, 0, "is empty");
	assert_btf(&file, 7, "is cut short");
	assert_btf(&file, sizeof(file) - 1, "is cut short");
	assert_btf("\177ELF, which is something else", 28, "is no BTF");
	file.header.magic = __builtin_bswap16(BTF_MAGIC);
	assert_btf(&file, sizeof(file), "is of another byte order");

	assert_int_equal(reason_btf(path_of("none"), reason), -ENOENT);
	assert_non_null(strstr(reason, "there is no BTF in "));
	assert_int_equal(mkfifo(path_of("fifo"), 0600), 0);
	assert_int_equal(reason_btf(path_of("fifo"), reason), -EINVAL);
	assert_non_null(strstr(reason, "fifo is empty: "));
	assert_int_equal(reason_btf(folder, reason), -EISDIR);
	assert_non_null(strstr(reason, " cannot be read: Is a directory"));
}

/* Nobody is told to get what he has. */
static void test_tracefs(void **state)
{
	assert_null(strstr(reason_tracefs_of(true, false), "CAP_SYS_ADMIN"));
	assert_non_null(strstr(reason_tracefs_of(true, false), "CAP_DAC_READ_SEARCH"));
	assert_non_null(strstr(reason_tracefs_of(false, true), "CAP_SYS_ADMIN"));
	assert_null(strstr(reason_tracefs_of(true, true), "CAP_"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_memory_in_cgroup, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(test_memory_in_cgroup_v1, make_folder,
						remove_folder),
		cmocka_unit_test(test_memory),
		cmocka_unit_test_setup_teardown(test_btf, make_folder, remove_folder),
		cmocka_unit_test(test_tracefs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
