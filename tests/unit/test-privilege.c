/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a process can still open that keeps nothing but reading some folders. */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "host/privilege.h"

static bool can_open(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* Bits of what went wrong, as an exit status. */
static int try_folders(const char *folder)
{
	char later[64], inside[64], outside[64];
	const char *folders[] = { later, NULL };
	int wrong = 0;

	snprintf(later, sizeof(later), "%s/later", folder);
	snprintf(inside, sizeof(inside), "%s/inside", folder);
	snprintf(outside, sizeof(outside), "%s.outside", folder);
	wrong |= privilege_keep_reading(folders) < 0 ? 1 : 0;
	wrong |= can_open(inside, O_RDONLY) ? 0 : 2;
	wrong |= can_open(outside, O_RDONLY) ? 4 : 0;
	wrong |= can_open(inside, O_RDWR) ? 8 : 0;
	wrong |= can_open(later, O_WRONLY | O_CREAT) ? 16 : 0;
	wrong |= can_open("/etc/passwd", O_RDONLY) ? 32 : 0;
	return wrong;
}

static void make_file(const char *folder, const char *end)
{
	char path[64];

	snprintf(path, sizeof(path), "%s%s", folder, end);
	assert_true(can_open(path, O_WRONLY | O_CREAT));
}

static void remove_file(const char *folder, const char *end)
{
	char path[64];

	snprintf(path, sizeof(path), "%s%s", folder, end);
	unlink(path);
}

/* A folder that is not there yet stands for the one that it will be made in. */
static void test_keep_reading(void **state)
{
	char folder[] = "/tmp/fdpass-privilege-XXXXXX";
	int status;
	pid_t pid;

	if (syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) < 0)
		skip();
	assert_non_null(mkdtemp(folder));
	make_file(folder, "/inside");
	make_file(folder, ".outside");
	pid = fork();
	if (pid == 0)
		_exit(try_folders(folder));
	waitpid(pid, &status, 0);
	remove_file(folder, "/inside");
	remove_file(folder, ".outside");
	rmdir(folder);
	assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keep_reading),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
