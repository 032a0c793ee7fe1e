/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kinds: what each sort of file is called, and its kind, from what the kernel side tells of it. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "kind/kind.h"

#define EXT4 0xef53
#define TMPFS 0x01021994
#define HUGETLBFS 0x958458f6
#define PROC 0x9fa0
#define ANON_INODE 0x09041934
#define PIPEFS 0x50495045
#define SOCKFS 0x534f434b
#define NSFS 0x6e736673
#define PIDFS 0x50494446

#define PSEUDO EVENT_FILE_PSEUDO
#define DELETED EVENT_FILE_DELETED

struct sample {
	uint32_t magic;
	uint32_t mode;
	uint8_t flags;
	const char *path;
	const char *type;
	const char *name;
};

static const struct sample samples[] = {
	{ EXT4, S_IFREG | 0644, 0, "/etc/passwd", "reg", "/etc/passwd" },
	{ EXT4, S_IFREG | 0644, DELETED, "/tmp/a", "reg", "/tmp/a (deleted)" },
	{ TMPFS, S_IFREG | 0644, DELETED, "/tmp/#12", "reg", "/tmp/#12 (deleted)" },
	{ EXT4, S_IFREG | 0644, 0, ".../b/c", "reg", ".../b/c" },
	{ EXT4, S_IFREG | 0644, 0, "/tmp/\x1b\xff\n", "reg", "/tmp/\x1b\xff\n" },
	{ EXT4, S_IFDIR | 0755, 0, "/", "dir", "/" },
	{ EXT4, S_IFDIR | 0755, PSEUDO, "/", "dir", "/" }, /* a mount that is nowhere attached */
	{ EXT4, S_IFLNK | 0777, 0, "/bin", "lnk", "/bin" },
	{ TMPFS, S_IFCHR | 0666, 0, "/dev/null", "chr", "/dev/null" },
	{ TMPFS, S_IFBLK | 0660, 0, "/dev/sda", "blk", "/dev/sda" },
	{ EXT4, S_IFIFO | 0644, 0, "/run/fifo", "fifo", "/run/fifo" },
	{ EXT4, S_IFSOCK | 0755, 0, "/run/socket", "socket", "/run/socket" }, /* O_PATH */
	{ PIPEFS, S_IFIFO | 0600, PSEUDO, "", "fifo", "pipe:[77]" },
	{ PIPEFS, S_IFIFO | 0600, PSEUDO, NULL, "fifo", "pipe:[77]" },
	{ SOCKFS, S_IFSOCK | 0777, PSEUDO, "TCP", "socket", "TCP" },
	{ SOCKFS, S_IFSOCK | 0777, PSEUDO, "UNIX-STREAM", "socket", "UNIX-STREAM" },
	{ SOCKFS, S_IFSOCK | 0777, PSEUDO, "RFCOMM", "socket", "RFCOMM" },
	{ SOCKFS, S_IFSOCK | 0777, PSEUDO, "", "socket", "socket:[77]" },
	{ TMPFS, S_IFREG | 0777, PSEUDO | DELETED, "memfd:x:flags=0x0000000f,type=2", "memfd",
	  "memfd:x:flags=0x0000000f,type=2" },
	{ HUGETLBFS, S_IFREG | 0777, PSEUDO, "memfd:huge", "memfd", "memfd:huge" },
	{ TMPFS, S_IFREG | 0777, 0, "/memfd:x", "reg", "/memfd:x" }, /* only named so */
	{ TMPFS, S_IFREG | 0777, PSEUDO, "SYSV00000000", "reg", "SYSV00000000" },
	{ ANON_INODE, 0600, PSEUDO, "[eventfd]", "eventfd", "[eventfd]" },
	{ ANON_INODE, S_IFREG | 0600, PSEUDO, "[eventfd]", "eventfd", "[eventfd]" }, /* 6.16 on */
	{ ANON_INODE, 0600, PSEUDO, "[eventpoll]", "epoll", "[eventpoll]" },
	{ ANON_INODE, 0600, PSEUDO, "inotify", "inotify", "inotify" },
	{ ANON_INODE, 0600, PSEUDO, "[pidfd]", "pidfd", "[pidfd]" },
	{ ANON_INODE, 0600, PSEUDO, "[io_uring]", "io_uring", "[io_uring]" },
	{ ANON_INODE, 0600, PSEUDO, "bpf-map", "bpf-map", "bpf-map" },
	{ ANON_INODE, 0600, PSEUDO, "bpf_link", "bpf-link", "bpf_link" },
	{ ANON_INODE, 0600, PSEUDO, "landlock-ruleset", "landlock", "landlock-ruleset" },
	{ ANON_INODE, 0600, PSEUDO, "[landlock-ruleset]", "landlock", "[landlock-ruleset]" },
	{ ANON_INODE, 0600, PSEUDO, "kvm-vcpu:0", "kvm", "kvm-vcpu:0" },
	{ ANON_INODE, 0600, PSEUDO, "[new-in-8.0]", "anon_inode", "[new-in-8.0]" },
	{ PIDFS, S_IFREG | 0700, PSEUDO, "/", "pidfd", "[pidfd]" },
	{ NSFS, S_IFREG | 0444, PSEUDO, "", "namespace", "ns:[77]" },
	{ NSFS, S_IFREG | 0444, 0, "/run/netns/blue", "namespace", "/run/netns/blue" },
	{ EXT4, S_IFREG | 0644, 0, NULL, "reg", "" }, /* its name could not be read */
	{ 0x1234, 0, PSEUDO, NULL, NULL, "" },
};

static struct file file_of(const struct sample *sample, char *path, size_t size)
{
	struct file file = {
		.known = true,
		.ino = 77,
		.magic = sample->magic,
		.mode = sample->mode,
		.flags = sample->flags,
	};

	if (sample->path) {
		assert_in_range(snprintf(path, size, "%s", sample->path), 0, size - 1);
		file.path = path;
	}
	return file;
}

static void test_samples(void **state)
{
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		char path[64], name[64];
		struct file file = file_of(&samples[i], path, sizeof(path));
		size_t size = kind_name(&file, name, sizeof(name));

		name[size] = '\0';
		assert_string_equal(name, samples[i].name);
		if (samples[i].type)
			assert_string_equal(kind_type(&file), samples[i].type);
		else
			assert_null(kind_type(&file));
	}
}

static void test_not_described(void **state)
{
	const struct file file = { .address = 1 };
	char name[64];

	assert_null(kind_type(&file));
	assert_int_equal(kind_name(&file, name, sizeof(name)), 0);
}

/* A path that does not fit loses its begin, and never its mark. */
static void test_no_room(void **state)
{
	char path[] = "/a/long/way/to/file";
	const struct file file = { .known = true, .flags = EVENT_FILE_DELETED, .path = path };
	char name[20];

	assert_int_equal(kind_name(&file, name, sizeof(name)), sizeof(name) - 1);
	assert_memory_equal(name, "...o/file (deleted)", sizeof(name) - 1);
}

static void assert_flags(uint32_t open_flags, const char *expected)
{
	const struct file file = { .known = true, .open_flags = open_flags };
	char text[256];
	size_t size = kind_open_flags(&file, text, sizeof(text));

	assert_int_equal(size, strlen(expected));
	assert_memory_equal(text, expected, size);
}

static void test_open_flags(void **state)
{
	assert_flags(0, "O_RDONLY");
	assert_flags(O_WRONLY | O_APPEND, "O_WRONLY|O_APPEND");
	assert_flags(O_RDWR | O_NONBLOCK | O_CLOEXEC, "O_RDWR|O_NONBLOCK|O_CLOEXEC");
	assert_flags(O_PATH | O_DIRECTORY, "O_RDONLY|O_DIRECTORY|O_PATH");
	assert_flags(O_ACCMODE, "O_ACCMODE");
	assert_flags(O_RDWR | O_TMPFILE, "O_RDWR|O_TMPFILE");
	assert_flags(O_RDWR | O_DSYNC, "O_RDWR|O_DSYNC");
	assert_flags(O_RDWR | O_SYNC, "O_RDWR|O_SYNC");
	assert_flags(O_RDWR | 0100000, "O_RDWR"); /* O_LARGEFILE */
	assert_flags(O_RDONLY | 0400000040, "O_RDONLY"); /* the kernel's own */
	assert_flags(O_RDWR | 0x80000000, "O_RDWR|020000000000"); /* without a name */
}

/* What does not fit is left out, and nothing is written beyond the end. */
static void test_open_flags_no_room(void **state)
{
	const struct file file = { .known = true, .open_flags = O_RDWR | O_APPEND };
	char text[8] = "";

	assert_int_equal(kind_open_flags(&file, text, 7), 7);
	assert_string_equal(text, "O_RDWR|");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_samples),
		cmocka_unit_test(test_not_described),
		cmocka_unit_test(test_no_room),
		cmocka_unit_test(test_open_flags),
		cmocka_unit_test(test_open_flags_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
