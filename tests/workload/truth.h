/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The truth: what a scenario did, measured by the processes that did it, one record for each row
 * that a tracer should print. tests/e2e/compare.py holds the tracer's rows against it.
 *
 * The rows of a scenario lie in memory that its processes share: the sender fills in its half before
 * it sends, whoever receives or loses the message the other half.
 */
#ifndef WORKLOAD_TRUTH_H
#define WORKLOAD_TRUTH_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "detail.h"

#define TRUTH_COMM 16
#define TRUTH_NAME 32
#define TRUTH_CGROUP 256

/* A process as the procfs that is mounted shows it: pids are those of the host. */
struct process {
	bool known;
	pid_t pid, tid, nspid, parent; /* tid 0: no thread in particular */
	unsigned int uid, gid;
	uint64_t mntns, netns, pidns, userns, cgroupns;
	char cgroup[TRUTH_CGROUP];
	char comm[TRUTH_COMM];
	char parent_comm[TRUTH_COMM];
	char user[TRUTH_NAME];
	char group[TRUTH_NAME];
};

/* Where a value is not known or there is none. */
#define TRUTH_NO_FD INT_MIN

struct end {
	uint64_t socket_ino; /* 0: none */
	int sockfd;
	int fd;
};

struct description {
	bool known;
	char name[PATH_MAX + 64]; /* raw bytes; empty: none */
	bool placed; /* the name is a place in the tree */
	bool deleted; /* which does not lead there any more */
	const char *type;
	uint64_t ino;
	unsigned int major, minor;
	int flags; /* F_GETFL */
	struct detail detail;
};

/* From before to after a system call. */
struct window {
	int64_t realtime[2];
	int64_t monotonic[2];
};

/* What a tracer may leave out, and parts in which it may say anything. */
enum leeway {
	LEEWAY_FILE =
		1 << 0, /* what the file is need not be told (the send named it, and failed) */
	LEEWAY_RECEIVER_SOCKET = 1 << 1, /* receiver.socket_ino, .sockfd need not be told */
	LEEWAY_RECEIVER = 1 << 2, /* any receiver: who lost it cannot be foreseen */
	LEEWAY_SENDER_THREAD = 1 << 3, /* another thread of the sender did it: any comm and tid */
	LEEWAY_RECEIVER_THREAD = 1 << 4,
	LEEWAY_QUEUED_BEFORE = 1 << 5, /* queued before the trace: no sender is told */
	LEEWAY_END = 1 << 6, /* when it ended cannot be measured */
	LEEWAY_REASON = 1 << 7, /* the kernel does not tell the errno at a point that it shows */
	LEEWAY_ANY_FIELD = 1 << 8, /* who did it hides it: any may be left out, none may be wrong */
	LEEWAY_PATH = 1 << 9, /* it is too long a way to walk: left out, or marked as cut */
};

struct truth_row {
	uint32_t message; /* of the scenario, from 1 */
	uint32_t index; /* in the message */
	uint32_t leeway; /* enum leeway */
	uint32_t description_id; /* the same for the same open file description; 0: not known */
	const char *via;
	const char *outcome; /* NULL: this row is not there */
	const char *reason;
	const char *socket_type;
	char socket_path[128];
	struct process sender, receiver;
	struct end from, to;
	int cloexec; /* -1: nothing was installed */
	int receiver_fds, receiver_fds_limit; /* -1: its table was not full */
	struct description file;
	struct window sent, ended;
};

void window_open(struct window *window);
void window_close(struct window *window);

/* Measure the calling thread. */
void process_measure(struct process *ret);
/* Measure an open descriptor of the calling process. An unknown one stays unknown. */
void description_measure(struct description *ret, int fd);
/* The inode of an open descriptor, 0 where it is not open. */
uint64_t inode_of(int fd);

void truth_write_row(FILE *stream, const char *scenario, const struct truth_row *row);
void truth_write_process(FILE *stream, const char *scenario, pid_t pid);
/* What became of the scenario as a whole: "ran", "skipped" or "broken", and why. */
void truth_write_scenario(FILE *stream, const char *scenario, const char *state, const char *why);

#endif
