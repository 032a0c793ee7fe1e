/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What both sides of the stand-in know. */
#ifndef FDPASS_BENCH_GADGET_H
#define FDPASS_BENCH_GADGET_H

#include <linux/types.h>

/* Room for 431 records, as the existing tool has it. */
#define RECORDS_SIZE (256 << 10)
/* Room for all records between two looks of the reader. */
#define ROOMY_RECORDS_SIZE (32 << 20)

/* A record has this size, however short the path is. */
#define PATH_SIZE 512
#define COMM_SIZE 16

struct sender {
	__u64 mntns_id;
	__u32 pid;
	__u32 tid;
	__u32 uid;
	__u32 gid;
	__u32 parent_pid;
	__u32 parent_tid;
	char comm[COMM_SIZE];
	char parent_comm[COMM_SIZE];
};

struct record {
	__u64 time_ns;
	struct sender sender;
	__u64 socket_ino;
	__u32 sockfd;
	__u32 fd;
	char path[PATH_SIZE];
};

_Static_assert(sizeof(struct record) == 600, "the size of the existing tool's record");

#endif
