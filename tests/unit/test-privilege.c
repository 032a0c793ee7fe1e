/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a process can still do that keeps nothing but reading some folders. */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
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

/* An address of this machine, with a port that is free. */
static struct sockaddr_in any_port(void)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

static int new_listener(struct sockaddr_in *address)
{
	socklen_t size = sizeof(*address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (bind(fd, (struct sockaddr *)address, size) < 0 || listen(fd, 1) < 0 ||
	    getsockname(fd, (struct sockaddr *)address, &size) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static bool can_connect(const struct sockaddr_in *address)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool connected = connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0;

	close(fd);
	return connected;
}

/* As try_folders(). The client has connected before. */
static int try_network(int listener, const struct sockaddr_in *address)
{
	static const char *const folders[] = { NULL };
	struct sockaddr_in other = any_port();
	int wrong = 0;

	wrong |= privilege_keep_reading(folders) < 0 ? 1 : 0;
	wrong |= accept4(listener, NULL, NULL, SOCK_CLOEXEC) >= 0 ? 0 : 2;
	wrong |= can_connect(address) ? 4 : 0;
	wrong |= new_listener(&other) >= 0 ? 8 : 0;
	return wrong;
}

/* What listens goes on, and nothing else begins. */
static void test_keep_listening(void **state)
{
	struct sockaddr_in address = any_port();
	int listener, client, status;
	pid_t pid;

	if (syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) < 4)
		skip();
	listener = new_listener(&address);
	assert_true(listener >= 0);
	client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(client, (struct sockaddr *)&address, sizeof(address)), 0);
	pid = fork();
	if (pid == 0)
		_exit(try_network(listener, &address));
	waitpid(pid, &status, 0);
	close(client);
	close(listener);
	assert_int_equal(WEXITSTATUS(status), 0);
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
		cmocka_unit_test(test_keep_listening),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
