/* SPDX-License-Identifier: GPL-2.0-only OR GPL-2.0-or-later */
/*
 * The joint between kernel and user space: every record that crosses the ring buffer, its limits
 * and the counters of what could not be stored. Included by the BPF side and by user space.
 *
 * A record is a struct event, then sections: a struct event_section each, and what its type says.
 * What is not known has no section. All begins at a multiple of 8 bytes, all integers are in host
 * order, and every byte was written for this record: padding is 0. Something new that the kernel
 * tells is a type here, its writer in src/bpf and its reader in src/core/decode.c.
 *
 * An event is what happened at one point of the kernel. It is never a row: src/core/join.c makes
 * passes of events.
 */
#ifndef FDPASS_EVENT_H
#define FDPASS_EVENT_H

#include <linux/types.h>

/* SCM_MAX_FD of include/net/scm.h: the most descriptors that one message carries. */
#define EVENT_MAX_FILES 253
/* PATH_MAX: a path is shown whole up to here; a longer one has EVENT_FILE_CUT set. */
#define EVENT_MAX_PATH 4096
/* The largest record; names that do not fit leave their files marked EVENT_FILE_CUT. */
#define EVENT_MAX_SIZE 65536
#define EVENT_COMM_LEN 16
/* The path of a cgroup: so many names at most, with a NUL behind each. */
#define EVENT_MAX_CGROUP_LEVELS 16
#define EVENT_MAX_CGROUP 2048
/* sizeof(sun_path) of unix(7). */
#define EVENT_SUN_PATH 108

enum event_type {
	/*
	 * A sender named descriptors in a message: the files tell them, in the order of the control
	 * messages. error < 0 or EVENT_FAILED: the send failed there and then, nothing else comes of
	 * it. message 0: it was sent, but had left its queue before it was looked for, so which
	 * message it is has to be found by its socket and its files.
	 */
	EVENT_SENT = 1,
	/* The send that an EVENT_SENT of this message told failed, with `error`; 0: not known. */
	EVENT_SEND_FAILED = 2,
	/*
	 * A receiver read the message with recvmsg: the files tell what each was installed as, and
	 * the fate of each.
	 */
	EVENT_RECEIVED = 3,
	/* The descriptors of a queued message were dropped: none arrived. event.fate tells why. */
	EVENT_LOST = 4,
	/* A descriptor got into a process with no message: via tells how, the other task who had it. */
	EVENT_MOVED = 5,
	/*
	 * State, not an event: a message that lies in a receive queue, as it was found there. The task is the
	 * process that its credentials name.
	 */
	EVENT_IN_QUEUE = 6,
	/* State as well: a file that a process holds, as a descriptor or by mapping it. */
	EVENT_HELD = 7,
	NR_EVENT_TYPES
};

/* event.flags */
#define EVENT_FAILED 0x0001 /* EVENT_SENT: it failed, errno unknown when error is 0 */
#define EVENT_PEEK 0x0002 /* EVENT_RECEIVED: MSG_PEEK; the message stays queued */
#define EVENT_DESCRIBED 0x0004 /* the files have inode, path and so on, not only address and fd */
/*
 * EVENT_RECEIVED, EVENT_LOST: no sender was found to this message when it was queued. An EVENT_SENT
 * without a number, of the same socket and files, may be its.
 */
#define EVENT_UNCLAIMED 0x0008
#define EVENT_TASK_KERNEL 0x0010 /* the task is a kernel thread (garbage collector, delayed fput) */
#define EVENT_TASK_TRACED 0x0020 /* the task descends from the tracer: fdpass -- COMMAND */
#define EVENT_MORE 0x0040 /* EVENT_SENT: it named more than EVENT_MAX_FILES, and was refused */

#define EVENT_AGO_MAX 0xffffffffU

/* What became of a descriptor, where no errno tells it; what is beyond EVENT_FATE_INSTALLED is lost. */
enum event_fate {
	EVENT_FATE_UNKNOWN = 0, /* not told by this event */
	EVENT_FATE_INSTALLED,
	EVENT_FATE_TRUNCATED, /* no control buffer, or no room in it */
	EVENT_FATE_EMFILE, /* RLIMIT_NOFILE of the receiver */
	EVENT_FATE_DENIED, /* security_file_receive() */
	EVENT_FATE_READ, /* read(2), recv(2), splice(2): a read that takes no descriptors */
	EVENT_FATE_UNREAD, /* the receiving socket was closed */
	EVENT_FATE_GC, /* the garbage collector of net/unix/garbage.c */
	EVENT_FATE_DROPPED, /* not installed, and which of these it was is not known */
	NR_EVENT_FATES
};

/* event.via; 0 is SCM_RIGHTS */
enum event_via {
	EVENT_VIA_SCM_RIGHTS = 0,
	EVENT_VIA_PIDFD_GETFD = 1,
	EVENT_VIA_SECCOMP_ADDFD = 2,
	EVENT_VIA_IO_URING = 3,
};

struct event {
	__u32 size; /* of the whole record, in bytes */
	__u16 type; /* enum event_type */
	__u16 flags; /* EVENT_* */
	__u64 time_ns; /* CLOCK_MONOTONIC */
	/* The message, numbered by the kernel side, never used again within a trace; 0: not known. */
	__u64 message;
	union {
		__s32 error; /* EVENT_FAILED, EVENT_SEND_FAILED: 0 or a negative errno */
		/*
		 * EVENT_UNCLAIMED: how long before time_ns the message was taken. EVENT_SENT without a number: how
		 * long before it the thread had sent something else. EVENT_AGO_MAX: longer, or not known.
		 */
		__u32 ago_ns;
	};
	__u16 via; /* enum event_via */
	__u16 total_files; /* descriptors in the message; at least those that are told */
	/*
	 * enum event_fate: of all (EVENT_LOST), or of those that EVENT_RECEIVED does not tell.
	 */
	__u16 fate;
	__u16 reserved[3]; /* 0 */
};

enum event_section_type {
	EVENT_SECTION_TASK = 1, /* struct event_task; index: enum event_party */
	EVENT_SECTION_SOCKET, /* struct event_socket; index: enum event_party */
	EVENT_SECTION_SOCKET_NAME, /* sun_path; index: enum event_party */
	EVENT_SECTION_FILES, /* struct event_file, each; index: how many */
	EVENT_SECTION_DETAILS, /* struct event_section each: a detail; in the order of the files */
	EVENT_SECTION_PATHS, /* struct event_name, each */
	/*
	 * The path of the task's cgroup: names with a NUL behind each, from its own up to the one below the
	 * root. Told at first sight of event_task.cgroup_id, perhaps again later. index: enum event_party
	 */
	EVENT_SECTION_CGROUP,
	EVENT_SECTION_CHARGE, /* struct event_charge */
	EVENT_SECTION_HELD, /* struct event_held */
	EVENT_SECTION_FULL, /* struct event_full */
	NR_EVENT_SECTIONS
};

/* What a detail is: the type of a section among the details; its index is that of the file. */
enum event_detail_type {
	EVENT_DETAIL_SOCKET = 1, /* struct event_socket_detail: of what family it may be */
	EVENT_DETAIL_INET, /* struct event_inet_detail */
	EVENT_DETAIL_UNIX, /* struct event_unix_detail, and two names */
	EVENT_DETAIL_NETLINK, /* struct event_netlink_detail */
	EVENT_DETAIL_PACKET, /* struct event_packet_detail */
	EVENT_DETAIL_VSOCK, /* struct event_vsock_detail */
	EVENT_DETAIL_RFCOMM, /* struct event_rfcomm_detail; up to here, of sockets */
	EVENT_DETAIL_PTY, /* struct event_pty_detail */
	EVENT_DETAIL_NAMESPACE, /* struct event_namespace_detail */
	EVENT_DETAIL_PIDFD, /* struct event_pidfd_detail */
	EVENT_DETAIL_MEMORY, /* struct event_memory_detail */
	EVENT_DETAIL_EVENTFD, /* struct event_eventfd_detail */
	EVENT_DETAIL_BPF, /* struct event_bpf_detail */
	EVENT_DETAIL_TIMER, /* struct event_timer_detail */
	EVENT_DETAIL_SIGNALS, /* struct event_signals_detail */
	EVENT_DETAIL_WATCHES, /* struct event_watches_detail */
	EVENT_DETAIL_FANOTIFY, /* struct event_fanotify_detail */
	EVENT_DETAIL_PERF, /* struct event_perf_detail */
	EVENT_DETAIL_DMABUF, /* struct event_dmabuf_detail */
	EVENT_DETAIL_FSCONTEXT, /* struct event_fscontext_detail */
	EVENT_DETAIL_INPUT, /* struct event_input_detail */
	NR_EVENT_DETAILS
};

/* Whose task or socket it is. */
enum event_party {
	EVENT_SELF, /* who did it, and its end */
	/*
	 * EVENT_MOVED: who had the descriptor. EVENT_SENT, EVENT_IN_QUEUE: the socket that it goes to;
	 * EVENT_RECEIVED, EVENT_LOST: the one that it came from.
	 */
	EVENT_OTHER,
	NR_EVENT_PARTIES
};

struct event_section {
	__u16 type; /* enum event_section_type */
	__u16 index;
	__u32 size; /* of what follows, without the padding to a multiple of 8 */
};

/*
 * The id of a cgroup is never used again: in the hierarchy of version 2 or, for a task that is in the root of
 * it, in that of version 1 that has pids.
 */
#define EVENT_CGROUP_ROOT 1
#define EVENT_CGROUP_V1 (1ULL << 63)

/* A task, as the initial pid namespace sees it. */
struct event_task {
	__u64 start_time; /* task->start_boottime of the thread group's leader, in nanoseconds */
	__u64 cgroup_id; /* of its cgroup: EVENT_CGROUP_*; 0: not known */
	__u32 pid; /* tgid */
	__u32 tid; /* 0: no thread in particular */
	__u32 nspid; /* tgid in the task's own pid namespace; equal to pid where it is the initial one */
	__u32 uid; /* real, in the initial user namespace */
	__u32 gid;
	__u32 parent_pid; /* tgid of real_parent; 0: none */
	__u32 parent_tid; /* the thread of it that is the parent */
	/* Inodes of its namespaces; 0: it has none any more. */
	__u32 cgroupns_id;
	__u32 mntns_id;
	__u32 netns_id;
	__u32 pidns_id;
	__u32 userns_id;
	char comm[EVENT_COMM_LEN]; /* of the thread */
	char parent_comm[EVENT_COMM_LEN];
};

/* A unix socket. */
struct event_socket {
	__u64 sock; /* address of struct sock: an identity while the socket lives */
	__u64 ino; /* in sockfs; 0: not accepted yet, or orphaned */
	__s32 fd; /* in the task of the event; -1: none (io_uring) or not known */
	__u16 type; /* SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET; 0 not known */
	__u16 reserved; /* 0 */
};

/* event_file.flags */
#define EVENT_FILE_CLOEXEC 0x01 /* installed with O_CLOEXEC */
#define EVENT_FILE_DELETED 0x02 /* the dentry is unhashed: no name leads there any more */
#define EVENT_FILE_CUT                                                                             \
	0x04 /* the path is longer than EVENT_MAX_PATH, or was not walked to its end */
#define EVENT_FILE_PSEUDO 0x08 /* no place in the tree: its name is the dentry's name only */
#define EVENT_FILE_FD_KNOWN 0x10 /* fd is true (it may be left 0 where it is not known) */
#define EVENT_FILE_DETACHED 0x20 /* the walk ended in a mount that is in no namespace's tree */

/*
 * A descriptor of a message. names_offset leads to the file's name: a struct event_name in the paths
 * of the record, which leads to its parent, and so on to the root.
 */
struct event_file {
	__u64 address; /* of struct file: the open file description, while it lives */
	__u64 ino;
	__u32 dev; /* s_dev of the superblock: MAJOR << 20 | MINOR */
	__u32 magic; /* s_magic of the superblock, see statfs(2) */
	__u32 open_flags; /* f_flags */
	__s32 fd; /* in the task of the event */
	__u32 names_offset; /* from the begin of the paths; EVENT_NO_NAME: no name */
	__u16 mode; /* i_mode */
	__u8 fate; /* enum event_fate, of EVENT_RECEIVED */
	__u8 flags; /* EVENT_FILE_* */
	__u32 inode_generation; /* i_generation: tells inodes apart whose number is used again */
	__u32 generation; /* of the address, where it was seen to be created; 0: it was not */
	__u32 rdev; /* of a device, which it is: i_rdev, as dev */
	__u32 reserved; /* 0 */
};

#define EVENT_NO_NAME 0xffffffffU

/* What a socket is, if nothing more is known of its family. */
struct event_socket_detail {
	__u32 netns_id; /* the inode of its network namespace; 0: not known */
	__u16 family; /* AF_* */
	__u16 type; /* SOCK_* */
	__u16 protocol; /* of the family: sk_protocol */
	__u16 state; /* TCP_*, which all families use */
	__u32 reserved; /* 0 */
};

/* Of AF_INET and AF_INET6. Addresses are in network order, those of AF_INET 4 bytes. Not bound: all 0. */
struct event_inet_detail {
	struct event_socket_detail socket;
	__u8 local[16];
	__u8 remote[16];
	__u16 local_port; /* in host order */
	__u16 remote_port; /* 0: not connected */
	__u32 ifindex; /* of the interface that it is bound to: the scope of its addresses; 0: none */
};

/* Of AF_UNIX: sun_path of its own name follows, then that of its peer's. */
struct event_unix_detail {
	struct event_socket_detail socket;
	__u64 peer_ino; /* 0: it has no peer, or one without a file (not accepted yet, or closed) */
	__u32 peer_pid; /* as SO_PEERCRED tells it; 0: not known */
	__u16 name_size; /* 0: not bound */
	__u16 peer_name_size;
};

struct event_netlink_detail {
	struct event_socket_detail socket;
	__u32 port; /* its address: nl_pid */
	__u32 reserved; /* 0 */
};

/* Of AF_PACKET: what it takes, and where. */
struct event_packet_detail {
	struct event_socket_detail socket;
	__u32 ifindex; /* 0: of all interfaces */
	__u16 protocol; /* ETH_P_*, in host order; 0: nothing */
	__u16 reserved; /* 0 */
};

/* Of AF_VSOCK. Not bound, not connected: VMADDR_CID_ANY and VMADDR_PORT_ANY, which are all ones. */
struct event_vsock_detail {
	struct event_socket_detail socket;
	__u32 local_cid, local_port;
	__u32 remote_cid, remote_port;
};

/* Of AF_BLUETOOTH, RFCOMM. Addresses begin with the last byte of what people write. */
struct event_rfcomm_detail {
	struct event_socket_detail socket;
	__u8 local[6];
	__u8 remote[6];
	__u8 channel; /* of both; 0: none */
	__u8 reserved[3]; /* 0 */
};

/*
 * One component of a path. The chain of parents ends with EVENT_NO_NAME: then the path is complete
 * ("/" stands before the last component), unless the file is EVENT_FILE_PSEUDO or EVENT_FILE_CUT.
 * A file that is the root itself has one component of length 0. Components are padded to 4 bytes.
 */
struct event_name {
	__u32 parent_offset;
	__u32 length; /* bytes that follow, at most 255 */
	char name[];
};

/*
 * What the kernel side could not tell, by kind. Indices of an array of __u64; the sum over all
 * is the number of events that were lost.
 */
enum event_lost {
	EVENT_LOST_RING, /* no room in the ring buffer */
	EVENT_LOST_TABLE, /* no room in the table of messages in flight, or of calls under way */
	/*
	 * A program was not run: a kretprobe was missed. What the kernel counts itself
	 * (recursion_misses) comes on top; negative where another program stood in for one of those.
	 */
	EVENT_LOST_SKIPPED,
	EVENT_LOST_READ, /* memory of the process could not be read, and it named descriptors perhaps */
	EVENT_LOST_CONTROLS, /* too many control messages to look through, or notifications */
	NR_EVENT_LOST,
};

/* State, not events: one message in flight, as the table of messages tells it. */
struct event_queued {
	__u64 message; /* 0: the end of the table */
	__u64 ino; /* of the receiving socket; 0 not known */
	__u32 queued; /* 1: known to be queued; 0: the send is still under way */
	__u32 cut; /* at the end of the table: 1, some entries were not told */
};

/* State as well: a descriptor of a process that leads to a socket. */
struct event_owner {
	__u64 ino; /* of the socket */
	__u64 fd_limit; /* RLIMIT_NOFILE of the process */
	__s32 fd;
	__u16 flags; /* EVENT_TASK_* */
	__u16 reserved; /* 0 */
	struct event_task task;
};

/*
 * State as well: a descriptor of a process whose file was asked for; behind those of a table one that tells its
 * end.
 */
struct event_kept {
	__u64 file; /* address of the struct file; 0: the end of the table, of which only `count` is told */
	__u64 table; /* address of the table of descriptors: threads share one, and processes can */
	__u64 ino;
	__u64 fd_limit; /* RLIMIT_NOFILE of the process */
	__u32 dev; /* as of struct event_file, and what follows */
	__u32 inode_generation;
	__u32 open_flags;
	__s32 fd;
	__u32 count; /* descriptors in the table */
	__u16 mode;
	__u16 flags; /* EVENT_KEPT_* */
	struct event_task task;
};

#define EVENT_KEPT_OPENED                                                                          \
	0x01 /* the file was opened with the very credentials that the process has */

/* The files that are asked for, by address: a bit for each, at this place; others may share it. */
#define EVENT_KEPT_BITS 20
#define EVENT_KEPT_BIT(file) ((__u32)((file)*0x9e3779b97f4a7c15ULL >> (64 - EVENT_KEPT_BITS)))

/* Of EVENT_IN_QUEUE: whose count of descriptors in flight the message is in. */
struct event_charge {
	__u64 in_flight; /* what that count is: user_struct.unix_inflight */
	__u64 queued_ns; /* CLOCK_REALTIME when it was queued, where the receiver asked for that; else 0 */
	__u32 uid;
	__u32 reserved; /* 0 */
};

/* What a file has in common with one that is sought. */
enum event_same {
	EVENT_SAME_NONE, /* nothing: it was asked for by who has it */
	EVENT_SAME_DESCRIPTION, /* it is that very open file description */
	EVENT_SAME_INODE,
	EVENT_SAME_FILESYSTEM,
	NR_EVENT_SAMES
};

/* One that is sought. */
struct event_sought {
	__u64 number; /* EVENT_SAME_DESCRIPTION: address of the struct file; EVENT_SAME_INODE: the inode; or 0 */
	__u32 dev; /* s_dev of the superblock; EVENT_SAME_DESCRIPTION: 0 */
	__u32 same; /* enum event_same */
};

/* Of EVENT_RECEIVED: the receiver's table of descriptors, where that had no free one. */
struct event_full {
	__u64 count; /* descriptors in it: more than the limit where that was lowered */
	__u64 fd_limit; /* RLIMIT_NOFILE of the process */
};

/* Of EVENT_HELD */
struct event_held {
	__u32 same; /* enum event_same */
	__u32 mapped; /* 1: by a mapping, else by a descriptor */
};

/* Which files are told. */
struct event_seek {
	__u32 seeker; /* the process whose descriptors are not looked at, because it seeks; or 0 */
	__u32 pid; /* all of this process, or its descriptor `fd`; 0: those that are sought */
	__s32 fd; /* -1: all */
	__u32 reserved; /* 0 */
};

/* What of the state is asked for. */
enum event_question {
	EVENT_ASK_QUEUE, /* the messages in the queue of a socket: struct event_listed, each */
	EVENT_ASK_MESSAGE, /* one of them: EVENT_IN_QUEUE; nothing where it is not there any more */
};

struct event_asked {
	__u32 question; /* enum event_question */
	__u32 reserved; /* 0 */
	__u64 sock; /* address of the socket whose queue it is; 0: `file` is that of the socket */
	__u64 file;
	/* EVENT_ASK_MESSAGE: as it was listed. */
	__u64 message, list;
};

/* A message of a queue; the last one is the end of the answer. */
struct event_listed {
	__u64 message; /* address of the struct sk_buff; 0: the end, and what follows is of the queue */
	__u64 list; /* of its descriptors; 0: it has none. At the end: the address of the socket */
	__u64 sock; /* who sent it; in a listener's backlog the socket that waits there. At the end: inode */
	__u32 position; /* in the queue, from 0. At the end: how many messages it has */
	__u16 count; /* of its descriptors */
	__u16 flags; /* EVENT_LISTED_* */
};

#define EVENT_LISTED_LISTENS 0x01 /* at the end: these are not messages, but sockets that wait */
#define EVENT_LISTED_CHANGED 0x02 /* at the end: the queue changed while it was read */
#define EVENT_LISTED_CUT 0x04 /* at the end: some were not told */

/* The sockets whose owners are asked for: a bit for each, at this place; others may share it. */
#define EVENT_ASKED_BITS 17
#define EVENT_ASKED_BIT(ino) ((__u32)(ino) & ((1 << EVENT_ASKED_BITS) - 1))

/* Of the master of a pseudo terminal. */
struct event_pty_detail {
	__u32 index;
	__u32 reserved; /* 0 */
};

struct event_namespace_detail {
	char name[24]; /* as the kernel calls its sort: "net", "pid"; the rest is 0 */
};

struct event_pidfd_detail {
	__u32 pid; /* as the initial pid namespace sees it; 0: it is no more */
	__u32 reserved; /* 0 */
};

/* Of a memfd. */
struct event_memory_detail {
	__u64 size;
	__u32 seals; /* F_SEAL_* of fcntl(2) */
	__u32 reserved; /* 0 */
};

struct event_eventfd_detail {
	__u64 count;
};

/* Of a map, a program or a link. */
struct event_bpf_detail {
	__u32 type; /* enum bpf_map_type, bpf_prog_type, bpf_link_type */
	__u32 id;
	char name[16]; /* the rest is 0; a link has none */
};

/* Of a timerfd. */
struct event_timer_detail {
	__u64 interval_ns; /* 0: it expires once */
	__u32 clock; /* CLOCK_* */
	__u32 armed; /* 1: it will expire; 0: it will not, or is just doing so */
};

/* Of a signalfd: a bit for each signal that it takes, the lowest for signal 1. */
struct event_signals_detail {
	__u64 mask;
};

/* Of an epoll or inotify instance: how many files it watches. */
struct event_watches_detail {
	__u32 count;
	__u32 reserved; /* 0 */
};

/* Of a fanotify group, as fanotify_init(2) was told. */
struct event_fanotify_detail {
	__u32 flags; /* FAN_* */
	__u32 file_flags; /* O_*, of the files that its events have */
};

/* Of a perf event, see perf_event_open(2). */
struct event_perf_detail {
	__u64 config;
	__u32 type; /* PERF_TYPE_*, or of a PMU that has its number from the kernel */
	__u32 reserved; /* 0 */
};

/* The rest of a name is 0. */
struct event_dmabuf_detail {
	__u64 size;
	char exporter[32]; /* the driver that made it */
	char name[32]; /* that its owner gave it */
};

struct event_fscontext_detail {
	char type[32]; /* of the filesystem, as /proc/filesystems has it; the rest is 0 */
};

/* Of an input device, as evdev has it. */
struct event_input_detail {
	char name[80]; /* that its driver, or who made it, gave it; the rest is 0 */
};

_Static_assert(sizeof(struct event) == 40, "one layout on both sides");
_Static_assert(sizeof(struct event_section) == 8, "one layout on both sides");
_Static_assert(sizeof(struct event_task) == 96, "one layout on both sides");
_Static_assert(sizeof(struct event_socket) == 24, "one layout on both sides");
_Static_assert(sizeof(struct event_file) == 56, "one layout on both sides");
_Static_assert(sizeof(struct event_socket_detail) == 16, "one layout on both sides");
_Static_assert(sizeof(struct event_inet_detail) == 56, "one layout on both sides");
_Static_assert(sizeof(struct event_unix_detail) == 32, "one layout on both sides");
_Static_assert(sizeof(struct event_netlink_detail) == 24, "one layout on both sides");
_Static_assert(sizeof(struct event_packet_detail) == 24, "one layout on both sides");
_Static_assert(sizeof(struct event_vsock_detail) == 32, "one layout on both sides");
_Static_assert(sizeof(struct event_rfcomm_detail) == 32, "one layout on both sides");
_Static_assert(sizeof(struct event_pty_detail) == 8, "one layout on both sides");
_Static_assert(sizeof(struct event_namespace_detail) == 24, "one layout on both sides");
_Static_assert(sizeof(struct event_pidfd_detail) == 8, "one layout on both sides");
_Static_assert(sizeof(struct event_memory_detail) == 16, "one layout on both sides");
_Static_assert(sizeof(struct event_eventfd_detail) == 8, "one layout on both sides");
_Static_assert(sizeof(struct event_bpf_detail) == 24, "one layout on both sides");
_Static_assert(sizeof(struct event_timer_detail) == 16, "one layout on both sides");
_Static_assert(sizeof(struct event_signals_detail) == 8, "one layout on both sides");
_Static_assert(sizeof(struct event_watches_detail) == 8, "one layout on both sides");
_Static_assert(sizeof(struct event_fanotify_detail) == 8, "one layout on both sides");
_Static_assert(sizeof(struct event_perf_detail) == 16, "one layout on both sides");
_Static_assert(sizeof(struct event_dmabuf_detail) == 72, "one layout on both sides");
_Static_assert(sizeof(struct event_fscontext_detail) == 32, "one layout on both sides");
_Static_assert(sizeof(struct event_input_detail) == 80, "one layout on both sides");
_Static_assert(sizeof(struct event_queued) == 24, "one layout on both sides");
_Static_assert(sizeof(struct event_owner) == 120, "one layout on both sides");
_Static_assert(sizeof(struct event_kept) == 152, "one layout on both sides");
_Static_assert(sizeof(struct event_full) == 16, "one layout on both sides");
_Static_assert(sizeof(struct event_held) == 8, "one layout on both sides");
_Static_assert(sizeof(struct event_sought) == 16, "one layout on both sides");
_Static_assert(sizeof(struct event_seek) == 16, "one layout on both sides");
_Static_assert(sizeof(struct event_charge) == 24, "one layout on both sides");
_Static_assert(sizeof(struct event_asked) == 40, "one layout on both sides");
_Static_assert(sizeof(struct event_listed) == 32, "one layout on both sides");

#endif
