/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is received and never closed: processes that pass descriptors and keep them, each in its own way, and
 * write down what they have open at the end, measured by themselves. A line of truth for each row.
 *
 *   leak TRUTH SECONDS    says "ready", and begins with the next line of standard input; says "done" when
 *                         nothing changes any more, and ends with standard input
 *
 * SECONDS is for how long some of them go on. Each case has a file of its own, TRUTH.CASE.
 */
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NSEC_PER_SEC 1000000000LL
#define LEAKS_PER_SECOND 3
#define LIMIT 1024
/* Those that come and go: so many are open at a time. */
#define POOL 5

struct scene {
	const char *name;
	char path[256]; /* of its file */
	FILE *truth; /* for appending: a line is written at once */
	int seconds;
	int ends[2]; /* of the sockets of sender and receiver */
	uint64_t inos[2];
	int begin, end; /* closed: it begins, all is over. Only the first process has them */
	int begun; /* reads the end when it begins */
	int done; /* a byte from each process that has acted */
	int over; /* reads the end when all is over */
	pid_t sender;
};

static void require(long result, const char *what)
{
	if (result < 0)
		err(EXIT_FAILURE, "%s", what);
}

static uint64_t inode_of(int fd)
{
	struct stat status;

	require(fstat(fd, &status), "fstat");
	return status.st_ino;
}

/* Passing */

static void send_fd(int sock, int fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr header;
	} control = {
		.header = {
			.cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS,
			.cmsg_len = CMSG_LEN(sizeof(int)),
		},
	};
	char byte = 'x';
	struct iovec data = { .iov_base = &byte, .iov_len = 1 };
	const struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control.bytes),
	};

	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	require(sendmsg(sock, &message, 0), "sendmsg");
}

/* -1: the sender has ended. */
static int receive_fd(int sock)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr header;
	} control;
	char byte;
	struct iovec data = { .iov_base = &byte, .iov_len = 1 };
	struct msghdr message = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control.bytes),
	};
	ssize_t n = recvmsg(sock, &message, 0);
	int fd;

	require(n, "recvmsg");
	if (n == 0)
		return -1;
	if (message.msg_controllen < CMSG_LEN(sizeof(int)))
		errx(EXIT_FAILURE, "a descriptor did not arrive");
	memcpy(&fd, CMSG_DATA(&control.header), sizeof(fd));
	return fd;
}

static int open_file(const struct scene *scene)
{
	int fd = open(scene->path, O_RDONLY);

	require(fd, scene->path);
	return fd;
}

/* What is told */

static unsigned int count_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	unsigned int count = 0;

	if (!folder)
		err(EXIT_FAILURE, "/proc/self/fd");
	while (readdir(folder))
		count++;
	closedir(folder);
	return count - 3; /* ".", "..", and its own */
}

struct told {
	const char *copy;
	pid_t receiver;
	unsigned int still_open;
	const char *file; /* NULL: that of the scene */
	bool grows;
};

/* The row of what this process has open. */
static void tell(const struct scene *scene, const struct told *told)
{
	struct rlimit limit;

	require(getrlimit(RLIMIT_NOFILE, &limit), "getrlimit");
	fprintf(scene->truth,
		"{\"case\":\"%s\",\"copy\":\"%s\",\"sender_pid\":%d,\"receiver_pid\":%d,"
		"\"receiver_ino\":%" PRIu64 ",\"file\":\"%s\",\"still_open\":%u,\"fds\":%u,"
		"\"fds_limit\":%" PRIu64 ",\"per_hour\":%d}\n",
		scene->name, told->copy, scene->sender, told->receiver, scene->inos[1],
		told->file ? told->file : scene->path, told->still_open, count_descriptors(),
		(uint64_t)limit.rlim_cur, told->grows ? LEAKS_PER_SECOND * 3600 : 0);
	fflush(scene->truth);
}

static void tell_received(const struct scene *scene, unsigned int still_open)
{
	const struct told told = {
		.copy = "received",
		.receiver = getpid(),
		.still_open = still_open,
	};

	tell(scene, &told);
}

/* A process of the scene has acted. It keeps what it has until all is over. */
static void rest(const struct scene *scene)
{
	char byte = 'x';

	require(write(scene->done, &byte, 1), "write");
	while (read(scene->over, &byte, 1) < 0 && errno == EINTR)
		;
	_exit(EXIT_SUCCESS);
}

/* Senders: the end of the socket is theirs to close. */

/* Again and again, at this pace, for as long as some go on. */
static void send_for_long(const struct scene *scene, long long period_ns)
{
	long long left = scene->seconds * NSEC_PER_SEC / period_ns;
	struct timespec when;

	clock_gettime(CLOCK_MONOTONIC, &when);
	for (; left > 0; left--) {
		int fd = open_file(scene);

		send_fd(scene->ends[0], fd);
		close(fd);
		when.tv_nsec += period_ns;
		when.tv_sec += when.tv_nsec / NSEC_PER_SEC;
		when.tv_nsec %= NSEC_PER_SEC;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL);
	}
}

static void send_three_a_second(struct scene *scene)
{
	send_for_long(scene, NSEC_PER_SEC / LEAKS_PER_SECOND);
}

static void send_many(struct scene *scene)
{
	send_for_long(scene, NSEC_PER_SEC / 20);
}

static void send_one(struct scene *scene)
{
	int fd = open_file(scene);

	send_fd(scene->ends[0], fd);
	close(fd);
}

/* Each a file of its own, and all of one name. */
static void send_memfds(struct scene *scene)
{
	for (int i = 0; i < 4; i++) {
		int fd = memfd_create("leak", 0);

		require(fd, "memfd_create");
		send_fd(scene->ends[0], fd);
		close(fd);
	}
}

/* Never closes what it sent. The receiver tells its pid. */
static void send_and_keep(struct scene *scene)
{
	struct told told = { .copy = "own" };
	int fd = -1;

	for (; told.still_open < 3; told.still_open++) {
		fd = open_file(scene);
		send_fd(scene->ends[0], fd);
	}
	require(dup(fd), "dup");
	told.still_open++;
	open_file(scene); /* never sent, and so of no concern */
	require(read(scene->ends[0], &told.receiver, sizeof(told.receiver)), "read");
	tell(scene, &told);
}

/* Receivers */

static void keep_all(struct scene *scene)
{
	struct told told = { .copy = "received", .receiver = getpid(), .grows = true };
	struct rlimit limit = { .rlim_cur = LIMIT, .rlim_max = LIMIT };

	require(setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
	while (receive_fd(scene->ends[1]) >= 0)
		told.still_open++;
	tell(scene, &told);
}

static void keep_memfds(struct scene *scene)
{
	struct told told = { .copy = "received", .receiver = getpid(), .file = "memfd:leak" };

	while (receive_fd(scene->ends[1]) >= 0)
		told.still_open++;
	tell(scene, &told);
}

static void close_all(struct scene *scene)
{
	int fd;

	while ((fd = receive_fd(scene->ends[1])) >= 0)
		close(fd);
}

/* As many as there are at any time. */
static void keep_some(struct scene *scene)
{
	int fds[POOL];
	unsigned int count = 0;

	for (int fd; (fd = receive_fd(scene->ends[1])) >= 0; count++) {
		if (count >= POOL)
			close(fds[count % POOL]);
		fds[count % POOL] = fd;
	}
	tell_received(scene, count < POOL ? count : POOL);
}

static void keep_copies(struct scene *scene)
{
	int fd = receive_fd(scene->ends[1]);

	require(dup(fd), "dup");
	require(dup2(fd, 100), "dup2");
	close(fd);
	tell_received(scene, 2);
}

/* A child has it, and nobody else. */
static void keep_in_child(struct scene *scene)
{
	int fd = receive_fd(scene->ends[1]);
	pid_t child = fork();

	require(child, "fork");
	if (child == 0) {
		tell_received(scene, 1);
		rest(scene);
	}
	close(fd);
}

/* The program that it becomes has it, and that ends with the standard input that it gets. */
static void keep_over_exec(struct scene *scene)
{
	char byte = 'x';

	receive_fd(scene->ends[1]);
	require(dup2(scene->over, STDIN_FILENO), "dup2");
	tell_received(scene, 1);
	require(write(scene->done, &byte, 1), "write");
	execl("/proc/self/exe", "leak", "--wait", NULL);
	err(EXIT_FAILURE, "exec");
}

/* Passed on, and not kept: so it is the other one's. */
static void pass_on(struct scene *scene)
{
	struct scene to = *scene;
	pid_t server;
	int fd;

	require(socketpair(AF_UNIX, SOCK_STREAM, 0, to.ends), "socketpair");
	to.inos[1] = inode_of(to.ends[1]);
	to.sender = getpid();
	server = fork();
	require(server, "fork");
	if (server == 0) {
		receive_fd(to.ends[1]);
		tell_received(&to, 1);
		rest(&to);
	}
	fd = receive_fd(scene->ends[1]);
	send_fd(to.ends[0], fd);
	close(fd);
}

/* The same file, opened by itself, is not what it received. */
static void open_anew(struct scene *scene)
{
	int fd;

	while ((fd = receive_fd(scene->ends[1])) >= 0) {
		close(fd);
		close(open_file(scene));
	}
	open_file(scene);
}

static void tell_pid(struct scene *scene)
{
	pid_t pid = getpid();

	for (int i = 0; i < 3; i++)
		close(receive_fd(scene->ends[1]));
	require(write(scene->ends[1], &pid, sizeof(pid)), "write");
}

static const struct {
	const char *name;
	void (*send)(struct scene *scene);
	void (*receive)(struct scene *scene);
	int nr_processes;
} cases[] = {
	{ "grows", send_three_a_second, keep_all, 2 },
	{ "closes", send_many, close_all, 2 },
	{ "pool", send_many, keep_some, 2 },
	{ "anew", send_many, open_anew, 2 },
	{ "memfds", send_memfds, keep_memfds, 2 },
	{ "copies", send_one, keep_copies, 2 },
	{ "child", send_one, keep_in_child, 3 },
	{ "exec", send_one, keep_over_exec, 2 },
	{ "passed", send_one, pass_on, 3 },
	{ "own", send_and_keep, tell_pid, 2 },
};

#define NR_CASES (sizeof(cases) / sizeof(cases[0]))

static void act(struct scene *scene, void (*role)(struct scene *scene), int other_end)
{
	char byte;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(scene->begin);
	close(scene->end);
	close(other_end);
	while (read(scene->begun, &byte, 1) < 0 && errno == EINTR)
		;
	role(scene);
	if (other_end == scene->ends[1])
		shutdown(scene->ends[0], SHUT_WR);
	rest(scene);
}

static void start(struct scene *scene, size_t number)
{
	pid_t receiver;

	require(socketpair(AF_UNIX, SOCK_STREAM, 0, scene->ends), "socketpair");
	for (int i = 0; i < 2; i++)
		scene->inos[i] = inode_of(scene->ends[i]);
	scene->sender = fork();
	require(scene->sender, "fork");
	if (scene->sender == 0) {
		scene->sender = getpid();
		act(scene, cases[number].send, scene->ends[1]);
	}
	receiver = fork();
	require(receiver, "fork");
	if (receiver == 0)
		act(scene, cases[number].receive, scene->ends[0]);
	close(scene->ends[0]);
	close(scene->ends[1]);
}

static int new_pipe(int *write_end)
{
	int ends[2];

	require(pipe(ends), "pipe");
	*write_end = ends[1];
	return ends[0];
}

static void wait_for_line(void)
{
	char line[64];

	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin))
		exit(EXIT_SUCCESS);
}

/* What a process becomes that keeps its descriptors over execve(2). */
static int wait_for_end(void)
{
	char byte;

	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	struct scene scene;
	int acted;
	char byte;

	if (argc == 2 && strcmp(argv[1], "--wait") == 0)
		return wait_for_end();
	if (argc != 3 || atoi(argv[2]) <= 0)
		errx(EXIT_FAILURE, "usage: leak TRUTH SECONDS");
	scene = (struct scene){ .truth = fopen(argv[1], "a"), .seconds = atoi(argv[2]) };
	if (!scene.truth)
		err(EXIT_FAILURE, "%s", argv[1]);
	scene.begun = new_pipe(&scene.begin);
	acted = new_pipe(&scene.done);
	scene.over = new_pipe(&scene.end);
	for (size_t i = 0; i < NR_CASES; i++) {
		scene.name = cases[i].name;
		snprintf(scene.path, sizeof(scene.path), "%s.%s", argv[1], cases[i].name);
		close(open(scene.path, O_WRONLY | O_CREAT, 0600));
		start(&scene, i);
	}
	puts("ready");
	wait_for_line();
	close(scene.begin);
	for (size_t i = 0; i < NR_CASES; i++) {
		for (int process = 0; process < cases[i].nr_processes; process++)
			require(read(acted, &byte, 1), "read");
	}
	puts("done");
	wait_for_line();
	return EXIT_SUCCESS;
}
