// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * A private bus for one command: `private-bus COMMAND [ARGUMENT…]` starts a dbus-broker, runs
 * COMMAND with its address in DBUS_SESSION_BUS_ADDRESS, and ends the broker when COMMAND has ended.
 *
 * dbus-run-session does this for dbus-daemon. For dbus-broker there is only dbus-broker-launch,
 * which wants systemd; so the broker's controller is this program, and it needs nothing. The socket
 * has an abstract name that the kernel chose: nothing is left behind, however this ends.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

/*
 * The policy that AddListener takes: what each user may do, what groups and ranges of users may,
 * SELinux contexts of names, whether AppArmor is asked, the type of the bus. A batch of rules is
 * whether a connection is allowed, then rules to own a name, to send, and to receive; a rule begins
 * with its verdict and its priority.
 */
#define BATCH "(bta(btbs)a(btssssuutt)a(btssssuutt))"
#define POLICY "(a(u" BATCH ")a(buu" BATCH ")a(ss)bs)"

#define EVERYBODY UINT32_MAX
#define PRIORITY UINT64_C(1)
#define RULE_OWN_ALL 1, PRIORITY, 1, ""
#define RULE_MESSAGE_ALL 1, PRIORITY, "", "", "", "", 0, 0, UINT64_C(0), UINT64_MAX

/* Listen at an abstract name that is free. Returns the descriptor, or a negative errno. */
static int listen_somewhere(struct sockaddr_un *address, socklen_t *size)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	*size = sizeof(*address);
	address->sun_family = AF_UNIX;
	if (bind(fd, (struct sockaddr *)address, sizeof(sa_family_t)) < 0 ||
	    getsockname(fd, (struct sockaddr *)address, size) < 0 || listen(fd, SOMAXCONN) < 0) {
		int error = -errno;

		close(fd);
		return error;
	}
	return fd;
}

/* The address in the environment of COMMAND. */
static int export_address(const struct sockaddr_un *address, socklen_t size)
{
	int length = (int)(size - offsetof(struct sockaddr_un, sun_path)) - 1;
	char text[sizeof("unix:abstract=") + sizeof(address->sun_path)];

	snprintf(text, sizeof(text), "unix:abstract=%.*s", length, address->sun_path + 1);
	return setenv("DBUS_SESSION_BUS_ADDRESS", text, 1) < 0 ? -errno : 0;
}

/* Start the broker. Returns its pid and our end of its controller's socket, or a negative errno. */
static pid_t start_broker(int *controller)
{
	char number[sizeof("-2147483648")];
	int ends[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		/* dup: the copy is not closed by exec */
		snprintf(number, sizeof(number), "%d", dup(ends[1]));
		execlp("dbus-broker", "dbus-broker", "--controller", number, "--machine-id",
		       "00000000000000000000000000000001", NULL);
		fprintf(stderr, "private-bus: dbus-broker: %s\n", strerror(errno));
		_exit(127);
	}
	close(ends[1]);
	*controller = ends[0];
	return pid;
}

/* Tell the broker to serve `listener`. `controller` is taken; the broker ends with the bus. */
static int add_listener(sd_bus **ret, int controller, int listener)
{
	sd_bus *bus = NULL;
	int r;

	r = sd_bus_new(&bus);
	if (r < 0) {
		close(controller);
		return r;
	}
	r = sd_bus_set_fd(bus, controller, controller);
	if (r >= 0)
		r = sd_bus_start(bus);
	if (r >= 0)
		r = sd_bus_call_method(bus, NULL, "/org/bus1/DBus/Broker", "org.bus1.DBus.Broker",
				       "AddListener", NULL, NULL, "ohv",
				       "/org/bus1/DBus/Listener/0", listener, POLICY, 1, EVERYBODY,
				       1, PRIORITY, 1, RULE_OWN_ALL, 1, RULE_MESSAGE_ALL, 1,
				       RULE_MESSAGE_ALL, 0, 0, 0, "session");
	if (r < 0) {
		sd_bus_close_unref(bus);
		return r;
	}
	*ret = bus;
	return 0;
}

/* An exit status as shells have it. */
static int wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			return EXIT_FAILURE;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int run_command(char **argv)
{
	pid_t pid = fork();

	if (pid < 0) {
		fprintf(stderr, "private-bus: fork: %s\n", strerror(errno));
		return EXIT_FAILURE;
	}
	if (pid == 0) {
		execvp(argv[0], argv);
		fprintf(stderr, "private-bus: %s: %s\n", argv[0], strerror(errno));
		_exit(127);
	}
	return wait_for(pid);
}

static int serve(int listener, char **argv)
{
	int controller = -1, status = EXIT_FAILURE, r;
	sd_bus *bus = NULL;
	pid_t broker;

	broker = start_broker(&controller);
	if (broker < 0) {
		fprintf(stderr, "private-bus: dbus-broker: %s\n", strerror(-broker));
		return EXIT_FAILURE;
	}
	r = add_listener(&bus, controller, listener);
	if (r < 0)
		fprintf(stderr, "private-bus: the broker does not listen: %s\n", strerror(-r));
	else
		status = run_command(argv);
	sd_bus_close_unref(bus);
	wait_for(broker);
	return status;
}

int main(int argc, char **argv)
{
	struct sockaddr_un address;
	int listener, status, r;
	socklen_t size;

	if (argc < 2) {
		fprintf(stderr, "usage: private-bus COMMAND [ARGUMENT...]\n");
		return 2;
	}
	listener = listen_somewhere(&address, &size);
	r = listener < 0 ? listener : export_address(&address, size);
	if (r < 0) {
		fprintf(stderr, "private-bus: no socket to listen at: %s\n", strerror(-r));
		return EXIT_FAILURE;
	}
	status = serve(listener, argv + 1);
	close(listener);
	return status;
}
