/* SPDX-License-Identifier: GPL-2.0-only OR GPL-2.0-or-later */
/*
 * A row as Inspektor Gadget takes it: the fields that have a place in a structure. ig reads the
 * structure from the object's BTF, and the names of types tell it what to add: a mount namespace
 * gets its container, a user id its name, a time since boot becomes one of the clock. So the names
 * that begin with gadget_ are ig's, and those of the members are the fields'. Short strings are arrays,
 * which costs less than a field of its own; strings of any length are fields that the module adds.
 */
#ifndef FDPASS_GADGET_ROW_H
#define FDPASS_GADGET_ROW_H

#include <stdbool.h>

#include <linux/types.h>

#define GADGET_COMM_LEN 16

typedef __u64 gadget_timestamp; /* CLOCK_BOOTTIME */
typedef __u64 gadget_mntns_id;
typedef __u32 gadget_uid;
typedef __u32 gadget_gid;
typedef __u32 gadget_pid;
typedef __u32 gadget_tid;
typedef __u32 gadget_ppid;
typedef __u32 gadget_ptid;
typedef char gadget_comm;
typedef char gadget_pcomm;

struct gadget_creds {
	gadget_uid uid;
	gadget_gid gid;
};

struct gadget_parent {
	gadget_pcomm comm[GADGET_COMM_LEN];
	gadget_ppid pid;
	gadget_ptid tid;
};

struct gadget_process {
	gadget_comm comm[GADGET_COMM_LEN];
	gadget_pid pid;
	gadget_tid tid;
	gadget_mntns_id mntns_id;
	struct gadget_creds creds;
	struct gadget_parent parent;
	__u32 nspid;
	__u32 netns_id;
	__u32 pidns_id;
	__u32 userns_id;
	__u32 cgroupns_id;
	__u64 cgroup_id;
};

/* ig knows containers by one mount namespace a row, which is the sender's. */
struct receiver {
	gadget_comm comm[GADGET_COMM_LEN];
	gadget_pid pid;
	gadget_tid tid;
	__u64 mntns_id;
	struct receiver_creds {
		gadget_uid uid;
		gadget_gid gid;
	} creds;
	struct receiver_parent {
		gadget_pcomm comm[GADGET_COMM_LEN];
		gadget_ppid pid;
	} parent;
	__u32 nspid;
	__u32 netns_id;
	__u32 pidns_id;
	__u32 userns_id;
	__u32 cgroupns_id;
	__u64 cgroup_id;
	__u64 socket_ino;
	__s32 sockfd;
	__s32 fd;
	bool cloexec;
	__u64 fds;
	__u64 fds_limit;
};

/* The columns stand in the order of the members. */
struct gadget_row {
	gadget_timestamp timestamp_raw;
	struct gadget_process proc;
	__u64 socket_ino;
	__s32 sockfd;
	__s32 fd;
	struct receiver receiver;
	__u64 latency_ns;
	__u64 file_ino;
	__u64 file_peer_ino;
	__u64 file_size;
	__u32 file_pid;
	__u32 file_netns_id;
	__u32 file_peer_pid;
	bool file_deleted;
	__u64 lost_events; /* so far */
	char outcome[12];
	char reason[16];
	char id[24];
	char via[16];
	char socket_type[12];
	char file_type[24];
	char file_dev[16];
	char file_id[24];
};

/* A record of the ring buffer: ig gives what follows these bytes as a field of its own. */
struct gadget_record {
	__u64 begin;
};

/* What the module asks the object. */
struct gadget_told {
	__u64 records; /* that were put into the ring buffer */
	__u64 identity_key[2]; /* random: a module has nothing that is */
};

/* The values of the parameters, as they lie in the section .rodata.params of the object. */
struct gadget_params {
	__s32 target_pid;
	__u32 targ_pid; /* ig's own names, which it makes --pid and so on of; 0: any */
	__u32 targ_tid;
	__u32 targ_uid; /* -1: any */
	__u32 targ_gid;
	char targ_comm[GADGET_COMM_LEN];
};

_Static_assert(sizeof(struct gadget_process) == 96, "one layout on both sides");
_Static_assert(sizeof(struct receiver) == 128, "one layout on both sides");
_Static_assert(sizeof(struct gadget_row) == 448, "one layout on both sides");
_Static_assert(sizeof(struct gadget_params) == 36, "one layout on both sides");

#endif
