/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Risks: which files are powerful, and which receivers are weaker. */
#include <fcntl.h>
#include <linux/magic.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "core/risk.h"
#include "sample.h"

#define EXT4 0xef53
#define PIDFS 0x50494446

static const int32_t utc;

/* Root of the host hands something to a container. */
static void make_sample(struct sample *sample)
{
	sample_init(sample, &utc);
	sample->pass.sender.uid = 0;
	sample->pass.receiver = sample->pass.sender;
	sample->pass.receiver.cgroup_id = 9;
	sample->pass.file.mode = S_IFDIR;
	sample->pass.file.magic = EXT4;
}

static void assert_risk(const struct sample *sample, const char *expected)
{
	const char *risk = risk_of(&sample->row);

	assert_string_equal(risk ? risk : "", expected ? expected : "");
}

static void test_files(void **state)
{
	static const struct {
		uint32_t magic, mode, open_flags;
		uint8_t flags;
		const char *path, *risk;
	} cases[] = {
		{ EXT4, S_IFDIR, O_RDONLY, 0, "/srv", "directory" },
		{ EXT4, S_IFDIR, O_PATH, 0, "/srv", "directory" },
		{ EXT4, S_IFREG, O_RDONLY, 0, "/srv/a", NULL },
		{ EXT4, S_IFREG, O_WRONLY, 0, "/srv/a", "writable-file" },
		{ EXT4, S_IFREG, O_RDWR, 0, "/srv/a", "writable-file" },
		{ EXT4, S_IFREG, O_RDWR | O_PATH, 0, "/srv/a", NULL },
		{ EXT4, S_IFREG, O_RDWR, EVENT_FILE_DELETED, "/tmp/#7", NULL },
		{ TMPFS_MAGIC, S_IFREG, O_RDWR, EVENT_FILE_PSEUDO, "memfd:x", NULL },
		{ PROC_SUPER_MAGIC, S_IFREG, O_RDONLY, 0, "/proc/7/mem", "memory" },
		{ PROC_SUPER_MAGIC, S_IFREG, O_PATH, 0, "/proc/7/mem", NULL },
		{ PROC_SUPER_MAGIC, S_IFREG, O_RDONLY, 0, "/proc/7/maps", NULL },
		{ PROC_SUPER_MAGIC, S_IFREG, O_WRONLY, 0, "/proc/sys/kernel/core_pattern",
		  "kernel-setting" },
		{ EXT4, S_IFREG, O_RDONLY, 0, "/srv/mem", NULL },
		{ EXT4, S_IFBLK, O_RDONLY, 0, "/dev/vda", "disk" },
		{ EXT4, S_IFCHR, O_RDWR, 0, "/dev/null", NULL },
		{ ANON_INODE_FS_MAGIC, 0, O_RDWR, EVENT_FILE_PSEUDO, "bpf-prog", "bpf" },
		{ ANON_INODE_FS_MAGIC, 0, O_RDWR, EVENT_FILE_PSEUDO, "[eventfd]", NULL },
		{ ANON_INODE_FS_MAGIC, 0, O_RDWR, EVENT_FILE_PSEUDO, "kvm-vm", "virtual-machine" },
		{ ANON_INODE_FS_MAGIC, 0, O_RDWR, EVENT_FILE_PSEUDO, "seccomp notify",
		  "supervisor" },
		{ PIDFS, S_IFREG, O_RDWR, EVENT_FILE_PSEUDO, "/", "pidfd" },
		{ NSFS_MAGIC, S_IFREG, O_RDONLY, EVENT_FILE_PSEUDO, "/", "namespace" },
	};
	struct sample sample;

	make_sample(&sample);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		sample_set_path(&sample, cases[i].path);
		sample.pass.file.magic = cases[i].magic;
		sample.pass.file.mode = (uint16_t)cases[i].mode;
		sample.pass.file.open_flags = cases[i].open_flags;
		sample.pass.file.flags = cases[i].flags;
		assert_risk(&sample, cases[i].risk);
	}
	sample.pass.file.known = false;
	assert_risk(&sample, NULL);
}

/* Devices are told by their numbers: names can be given to any. */
static void test_devices(void **state)
{
	static const struct {
		uint32_t major, minor, open_flags;
		const char *risk;
	} cases[] = {
		{ 1, 1, O_RDONLY, "memory" },  { 1, 3, O_RDWR, NULL },
		{ 1, 4, O_RDWR, "memory" },    { 10, 229, O_RDWR, "fuse" },
		{ 10, 232, O_RDWR, "kvm" },    { 10, 232, O_PATH, NULL },
		{ 13, 85, O_RDONLY, "input" }, { 10, 223, O_RDWR, "input" },
		{ 10, 237, O_RDWR, "disk" },   { 136, 7, O_RDWR, NULL },
	};
	struct sample sample;

	make_sample(&sample);
	sample_set_path(&sample, "/dev/kvm");
	sample.pass.file.mode = S_IFCHR;
	sample.pass.file.rdev = 0;
	assert_risk(&sample, NULL); /* not by its name */
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		sample.pass.file.rdev = cases[i].major << 20 | cases[i].minor;
		sample.pass.file.open_flags = cases[i].open_flags;
		assert_risk(&sample, cases[i].risk);
	}
}

static void test_receivers(void **state)
{
	struct sample sample;
	struct process *sender = &sample.pass.sender, *receiver = &sample.pass.receiver;

	make_sample(&sample);
	assert_risk(&sample, "directory"); /* into a container */
	sender->cgroup_id = 9;
	assert_risk(&sample, NULL); /* within it */
	receiver->cgroup_id = 7;
	assert_risk(&sample, NULL); /* out of it */
	receiver->cgroup_id = 8;
	assert_risk(&sample, NULL); /* it is not known */
	receiver->uid = 1000;
	assert_risk(&sample, "directory"); /* from root to a user */
	sender->uid = 1001;
	assert_risk(&sample, "directory"); /* from a user to another */
	receiver->uid = 0;
	assert_risk(&sample, NULL); /* to root */
	receiver->userns_id = 4026531999;
	assert_risk(&sample, "directory"); /* of a user namespace */
	sender->userns_id = 4026531999;
	receiver->userns_id = 4026531837;
	assert_risk(&sample, NULL); /* out of it */
}

/* What did not arrive was not given. */
static void test_outcomes(void **state)
{
	struct sample sample;

	make_sample(&sample);
	for (int outcome = 0; outcome < NR_OUTCOMES; outcome++) {
		bool arrived = outcome == OUTCOME_DELIVERED || outcome == OUTCOME_PEEKED;

		sample.pass.outcome = outcome;
		assert_risk(&sample, arrived ? "directory" : NULL);
	}
	sample.pass.outcome = OUTCOME_DELIVERED;
	sample.pass.sender.known = false;
	assert_risk(&sample, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_devices),
		cmocka_unit_test(test_receivers),
		cmocka_unit_test(test_outcomes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
