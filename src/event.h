/* SPDX-License-Identifier: GPL-2.0-only OR GPL-2.0-or-later */
/*
 * The joint between kernel and user space: every record that crosses the ring buffer, its limits
 * and the counters of what could not be stored. Included by the BPF side and by user space.
 *
 * A record is one struct event, then event.nr_files struct event_file, then event.names_size bytes
 * of names. Nothing in it is aligned to more than 8 bytes and all integers are in host order.
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
/* Bytes of names in one record; what does not fit is marked EVENT_FILE_CUT. */
#define EVENT_MAX_NAMES 65536
#define EVENT_COMM_LEN 16
/* sizeof(sun_path) of unix(7). */
#define EVENT_SUN_PATH 108

enum event_type {
	/*
	 * A sender named descriptors in a message: files[] tells them, in the order of the control
	 * messages. error < 0: the send failed there and then, and nothing else comes of it.
	 */
	EVENT_SENT = 1,
	/*
	 * What became of the send whose EVENT_SENT has the same message: error 0, the message was
	 * queued; error < 0, the send failed with that errno; EVENT_FAILED in flags and error 0, it
	 * failed and the errno is not known. The ways that follow lists tell only failures.
	 */
	EVENT_SEND_RESULT = 2,
	/*
	 * A receiver read the message with recvmsg: files[i].fd is the descriptor that file i was
	 * installed as, files[i].status what happened to it.
	 */
	EVENT_RECEIVED = 3,
	/* The descriptors of a queued message were dropped: none of them arrived. reason tells why. */
	EVENT_LOST = 4,
	/* A descriptor got into a process with no message: via tells how, peer_task who had it. */
	EVENT_MOVED = 5,
};

/* event.flags */
#define EVENT_FAILED 0x0001 /* EVENT_SEND_RESULT: it failed, errno unknown when error is 0 */
#define EVENT_PEEK 0x0002 /* EVENT_RECEIVED: MSG_PEEK; the message stays queued */
#define EVENT_CTRUNC 0x0004 /* EVENT_RECEIVED: MSG_CTRUNC was set for the descriptors */
#define EVENT_DESCRIBED 0x0008 /* files[] has inode, path and so on, not only file and fd */
#define EVENT_NO_CONTROL 0x0010 /* EVENT_RECEIVED: recvmsg had no control buffer */
#define EVENT_TASK_KERNEL 0x0020 /* the task is a kernel thread (garbage collector, delayed fput) */
#define EVENT_TASK_TRACED 0x0040 /* the task descends from the tracer: fdpass -- COMMAND */
/* EVENT_SEND_RESULT: the kernel did not get to it, or a signal came and it will be tried again under
 * another number: there is no row */
#define EVENT_CANCELLED 0x0080

/* event.reason, of EVENT_LOST */
enum event_reason {
	EVENT_REASON_UNKNOWN = 0,
	EVENT_REASON_UNREAD = 1, /* the receiving socket was closed */
	EVENT_REASON_READ = 2, /* read(2), recv(2), splice(2): a read that takes no descriptors */
	EVENT_REASON_GC = 3, /* the garbage collector of net/unix/garbage.c */
	EVENT_REASON_TRUNCATED = 4, /* recvmsg(2) without a control buffer */
};

/* event.via, of EVENT_MOVED; 0 is SCM_RIGHTS */
enum event_via {
	EVENT_VIA_SCM_RIGHTS = 0,
	EVENT_VIA_PIDFD_GETFD = 1,
	EVENT_VIA_SECCOMP_ADDFD = 2,
	EVENT_VIA_IO_URING = 3,
};

/* event_file.status, of EVENT_RECEIVED */
enum event_status {
	EVENT_FILE_NONE = 0, /* not told by this event */
	EVENT_FILE_INSTALLED = 1,
	EVENT_FILE_TRUNCATED = 2, /* no room in the control buffer */
	EVENT_FILE_EMFILE = 3, /* RLIMIT_NOFILE of the receiver */
	EVENT_FILE_DENIED = 4, /* security_file_receive() */
	EVENT_FILE_DROPPED = 5, /* not installed, and which of these it was is not known */
};

/* event_file.flags */
#define EVENT_FILE_CLOEXEC 0x01 /* installed with O_CLOEXEC */
#define EVENT_FILE_DELETED 0x02 /* the dentry is unhashed: no name leads there any more */
#define EVENT_FILE_CUT 0x04 /* the path is longer than EVENT_MAX_PATH, or names were full */
#define EVENT_FILE_PSEUDO 0x08 /* no place in the tree: names has the dentry's name only */
#define EVENT_FILE_FD_KNOWN 0x10 /* fd is true (it may be left 0 where it is not known) */
#define EVENT_FILE_DETACHED 0x20 /* the walk ended in a mount that is in no namespace's tree */

/* A task, as the initial pid namespace sees it. start_time 0: nothing here is known. */
struct event_task {
	__u64 start_time; /* task->start_boottime of the thread group's leader, in nanoseconds */
	__u64 mntns_id; /* inode of the mount namespace; 0: the task has none any more */
	__u32 pid; /* tgid */
	__u32 tid;
	__u32 nspid; /* tgid in the task's own pid namespace; equal to pid where it is the initial one */
	__u32 uid; /* real, in the initial user namespace */
	__u32 gid;
	__u32 parent_pid; /* tgid of real_parent; 0: none */
	char comm[EVENT_COMM_LEN]; /* of the thread */
	char parent_comm[EVENT_COMM_LEN];
};

/* A unix socket. sock 0: not known. */
struct event_socket {
	__u64 sock; /* address of struct sock: an identity while the socket lives */
	__u64 ino; /* in sockfs; 0: not accepted yet, or orphaned */
	__s32 fd; /* in the task of the event; -1: none (io_uring) or not known */
	__u16 type; /* SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET; 0 not known */
	__u16 path_len; /* bytes of path; 0: not bound */
	char path[EVENT_SUN_PATH]; /* sun_path as it is: an abstract name begins with NUL */
	__u32 netns; /* inode of its network namespace; 0: not known */
};

struct event {
	__u32 size; /* of the whole record, in bytes */
	__u16 type; /* enum event_type */
	__u16 flags; /* EVENT_* */
	__u64 time_ns; /* CLOCK_MONOTONIC */
	/*
	 * The message, numbered by the kernel side in the order in which it first saw them, never
	 * used again within a trace. 0: this way to attach cannot tell (join by sockets and files).
	 */
	__u64 message;
	__s32 error; /* 0 or a negative errno */
	__u16 reason; /* enum event_reason */
	__u16 via; /* enum event_via */
	__u16 nr_files; /* struct event_file that follow */
	__u16 total_files; /* descriptors in the message; at least nr_files */
	__u32 names_size; /* bytes of names that follow the files */
	__u16 room; /* EVENT_RECEIVED: the most descriptors that the control buffer could hold */
	__u16 stop; /* EVENT_RECEIVED, fewer than room installed: enum event_status of the first not */
	__u32 reserved; /* 0 */
	struct event_task task; /* who did it */
	struct event_task peer_task; /* EVENT_MOVED: who had the descriptor */
	struct event_socket socket; /* the task's end */
	struct event_socket
		peer; /* EVENT_SENT: where it goes; EVENT_RECEIVED: where it came from */
};

/*
 * A descriptor of a message. names_offset leads to the file's name: a struct event_name in the
 * names of the record, which leads to its parent, and so on to the root.
 */
struct event_file {
	__u64 file; /* address of struct file: the open file description, while it lives */
	__u64 ino;
	__u64 detail; /* depends on the kind: a pidfd's target, an eventfd's id; 0: none */
	__u32 dev; /* s_dev of the superblock: MAJOR << 20 | MINOR */
	__u32 magic; /* s_magic of the superblock, see statfs(2) */
	__u32 open_flags; /* f_flags */
	__s32 fd; /* in the task of the event */
	__u32 names_offset; /* from the begin of names; EVENT_NO_NAME: no name */
	__u16 mode; /* i_mode */
	__u8 status; /* enum event_status */
	__u8 flags; /* EVENT_FILE_* */
	__u32 inode_generation; /* i_generation: tells inodes apart whose number is used again */
	__u32 generation; /* of the address `file`, where it was seen to be created; 0: it was not */
};

#define EVENT_NO_NAME 0xffffffffU

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
	EVENT_LOST_READ, /* memory of the kernel or of the process could not be read */
	NR_EVENT_LOST,
};

/*
 * The table of messages in flight of the ways that see the kernel's lists, by the address of struct
 * scm_fp_list (src/bpf/table.h). An iterator tells user space what is still queued.
 */
enum event_message_state {
	MESSAGE_SENDING = 1, /* accepted by __scm_send(), not known to be queued */
	MESSAGE_QUEUED,
	MESSAGE_COPIED, /* the sender's own list, after its copy was made for the queue */
	MESSAGE_PEEKED, /* a copy for MSG_PEEK */
};

struct event_message {
	__u64 number; /* event.message */
	__u64 sock; /* the receiving socket; 0 not known */
	__u64 ino; /* its inode; 0 not known */
	__u64 copy; /* MESSAGE_COPIED: the list that was queued */
	__u64 msg; /* while recvmsg installs: its struct msghdr, else 0 */
	__u64 control; /* its control buffer then, and the length */
	__u64 control_length;
	__u64 first_file;
	__u64 sender_sock; /* the sending socket */
	__u64 scm; /* the sender's struct scm_cookie, while its system call lasts */
	__u32 sender_tid;
	__u16 count;
	__u8 state; /* enum event_message_state */
	__u8 described; /* user space was told what the files are */
	__u32 control_flags; /* msg_flags then */
	__u32 send_flags; /* EVENT_MESSAGE_* */
};

/* event_message.send_flags: how it was sent */
#define EVENT_MESSAGE_NAMED 0x1 /* with an address: msg_name */
#define EVENT_MESSAGE_DONTWAIT 0x2 /* MSG_DONTWAIT or O_NONBLOCK */
#define EVENT_MESSAGE_OOB 0x4 /* MSG_OOB */
#define EVENT_MESSAGE_TOO_LONG 0x8 /* not a stream, and longer than the socket's send buffer */
#define EVENT_MESSAGE_SHUT 0x10 /* SOCK_SEQPACKET, and the other end was gone already */

/* State, not events: one message in flight, as told by the table or found in a receive queue. */
struct event_queued {
	__u64 message; /* 0: not known (found in a queue, the table has no such list) */
	__u64 list; /* address of struct scm_fp_list */
	__u64 sock; /* the receiving socket; 0 not known */
	__u64 ino; /* of the receiving socket; 0 not known */
	__u64 first_file; /* address of the first struct file */
	/*
	 * In the receive queue, from 0. Where count is 0: not all of the queue was told. Where sock
	 * is 0 too, which is the last entry of a sweep: 1 if some entries were not told, and ino is
	 * that of the network namespace that was swept: others were not.
	 */
	__u32 position;
	__u16 count; /* descriptors in it; 0: no message, see position */
	__u16 queued; /* 1: known to be queued; 0: the send is still under way */
};

_Static_assert(sizeof(struct event_task) == 72, "one layout on both sides");
_Static_assert(sizeof(struct event_socket) == 136, "one layout on both sides");
_Static_assert(sizeof(struct event_file) == 56, "one layout on both sides");
_Static_assert(sizeof(struct event_queued) == 48, "one layout on both sides");

#endif
