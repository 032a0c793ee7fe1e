/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of fields. A getter reads one value of a row and says whether it is known; it never guesses,
 * and asks the host only through the resolver.
 */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "core/cross.h"
#include "core/getter.h"
#include "core/linux.h"
#include "core/risk.h"
#include "core/text.h"
#include "kind/kind.h"

#define NSEC_PER_SEC INT64_C(1000000000)

/* The message */

/* "2026-11-23T14:02:11" */
static char *put_date_and_time(char *ret, const struct tm *tm)
{
	const struct {
		int number;
		unsigned int digits;
		char before;
	} parts[] = {
		{ tm->tm_mon + 1, 2, '-' }, { tm->tm_mday, 2, '-' }, { tm->tm_hour, 2, 'T' },
		{ tm->tm_min, 2, ':' },	    { tm->tm_sec, 2, ':' },
	};

	ret = text_put_decimal(ret, (uint64_t)tm->tm_year + 1900, 4);
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		*ret++ = parts[i].before;
		ret = text_put_decimal(ret, (uint64_t)parts[i].number, parts[i].digits);
	}
	return ret;
}

/* "+01:00" */
static char *put_utc_offset(char *ret, int32_t minutes)
{
	int32_t offset = minutes < 0 ? -minutes : minutes;

	*ret++ = minutes < 0 ? '-' : '+';
	ret = text_put_decimal(ret, (uint64_t)offset / 60, 2);
	*ret++ = ':';
	return text_put_decimal(ret, (uint64_t)offset % 60, 2);
}

/* RFC 3339 with nanoseconds, in the local time of the moment that it tells: one of CLOCK_MONOTONIC. */
static bool get_time(const struct row *row, uint64_t monotonic_ns, struct value *ret)
{
	const struct resolver *resolver = row->resolver;
	int64_t realtime, seconds, nanoseconds;
	int32_t minutes;
	struct tm tm;
	time_t local;
	char *end;

	realtime = (int64_t)monotonic_ns + row->pass->realtime_offset_ns;
	seconds = realtime / NSEC_PER_SEC;
	nanoseconds = realtime % NSEC_PER_SEC;
	if (nanoseconds < 0) {
		nanoseconds += NSEC_PER_SEC;
		seconds--;
	}
	/* RFC 3339 has offsets of whole minutes; those with seconds ended with local mean time. */
	minutes = resolver->utc_offset(resolver->userdata, seconds) / 60;
	local = (time_t)(seconds + minutes * 60);
	if (!gmtime_r(&local, &tm))
		return false;
	end = put_date_and_time(ret->buffer, &tm);
	*end++ = '.';
	end = text_put_decimal(end, (uint64_t)nanoseconds, 9);
	return get_written(put_utc_offset(end, minutes), ret);
}

static bool get_timestamp(const struct row *row, enum field_side side, struct value *ret)
{
	return row->pass->time_ns != 0 && get_time(row, row->pass->time_ns, ret);
}

/* Where a row has the other time, latency_ns tells this one. */
static bool get_ended(const struct row *row, enum field_side side, struct value *ret)
{
	const struct pass *pass = row->pass;

	return pass->time_ns == 0 && pass->done_ns != 0 && get_time(row, pass->done_ns, ret);
}

static bool get_id(const struct row *row, enum field_side side, struct value *ret)
{
	return row->pass->message != 0 && get_pair(row->pass->message, '.', row->pass->index, ret);
}

static bool get_via(const struct row *row, enum field_side side, struct value *ret)
{
	static const char *const names[] = {
		[EVENT_VIA_SCM_RIGHTS] = "scm_rights",
		[EVENT_VIA_PIDFD_GETFD] = "pidfd_getfd",
		[EVENT_VIA_SECCOMP_ADDFD] = "seccomp_addfd",
		[EVENT_VIA_IO_URING] = "io_uring",
	};

	return get_name(names, ARRAY_SIZE(names), row->pass->via, ret);
}

static bool get_socket_type(const struct row *row, enum field_side side, struct value *ret)
{
	const char *type = kind_unix_type(row->pass->socket_type);

	return type && get_text(type, ret);
}

static bool get_socket_path(const struct row *row, enum field_side side, struct value *ret)
{
	const struct pass *pass = row->pass;

	return get_buffer(kind_unix_name(pass->socket_path, pass->socket_path_len, ret->buffer,
					 sizeof(ret->buffer)),
			  ret);
}

static bool get_outcome(const struct row *row, enum field_side side, struct value *ret)
{
	static const char *const names[NR_OUTCOMES] = {
		[OUTCOME_DELIVERED] = "delivered", [OUTCOME_PEEKED] = "peeked",
		[OUTCOME_LOST] = "lost",	   [OUTCOME_FAILED] = "failed",
		[OUTCOME_PENDING] = "pending",
	};

	return get_name(names, ARRAY_SIZE(names), row->pass->outcome, ret);
}

static bool get_errno(int error, struct value *ret)
{
	const char *name = linux_errno_name(error);

	if (error <= 0)
		return false;
	return name ? get_text(name, ret) : get_format(ret, "errno:%d", error);
}

static bool get_reason(const struct row *row, enum field_side side, struct value *ret)
{
	static const char *const names[NR_EVENT_FATES] = {
		[EVENT_FATE_TRUNCATED] = "truncated", [EVENT_FATE_EMFILE] = "emfile",
		[EVENT_FATE_DENIED] = "denied",	      [EVENT_FATE_READ] = "read",
		[EVENT_FATE_UNREAD] = "unread",	      [EVENT_FATE_GC] = "gc",
	};

	if (row->pass->outcome == OUTCOME_FAILED)
		return get_errno(row->pass->error, ret);
	if (row->pass->outcome == OUTCOME_LOST)
		return get_name(names, ARRAY_SIZE(names), row->pass->fate, ret);
	return false;
}

static bool get_latency(const struct row *row, enum field_side side, struct value *ret)
{
	return pass_latency(row->pass, &ret->u64);
}

/* An empty list says that they share all that is known of them. */
static bool get_cross(const struct row *row, enum field_side side, struct value *ret)
{
	bool known;
	unsigned int cross = cross_of(row, &known);
	char *end = ret->buffer;

	for (size_t i = 0; i < NR_BOUNDARIES; i++) {
		if (!(cross & 1U << i))
			continue;
		if (end > ret->buffer)
			*end++ = ',';
		end = stpcpy(end, boundary_name(i));
	}
	get_written(end, ret);
	return known;
}

static bool get_risk(const struct row *row, enum field_side side, struct value *ret)
{
	const char *risk = risk_of(row);

	return risk && get_text(risk, ret);
}

static bool get_cloexec(const struct row *row, enum field_side side, struct value *ret)
{
	ret->boolean = row->pass->cloexec == 1;
	return row->pass->cloexec >= 0;
}

/*
 * The table, in the order of JSON's members: name, header, type, side, width, shown by default,
 * getter, meaning. The sender's and the message's names are those of Inspektor Gadget's fdpass.
 * For a lost descriptor the receiver is whoever lost it.
 */
const struct field field_table[] = {
	{ "timestamp", "TIMESTAMP", FIELD_STRING, FIELD_MESSAGE, 35, true, get_timestamp,
	  "when the message was sent, as RFC 3339 with nanoseconds, in local time" },
	{ "ended", "ENDED", FIELD_STRING, FIELD_MESSAGE, 35, false, get_ended,
	  "when it was received or lost, of what was sent before the trace began or by whom is not "
	  "known; left out where timestamp and latency_ns tell it" },
	{ "id", "ID", FIELD_STRING, FIELD_MESSAGE, 8, false, get_id,
	  "the message and the index of the descriptor in it: the same in every row about "
	  "this descriptor of this message" },
	{ "via", "VIA", FIELD_STRING, FIELD_MESSAGE, 13, false, get_via,
	  "how the descriptor went: scm_rights, pidfd_getfd, seccomp_addfd or io_uring" },
	{ "proc.comm", "COMM", FIELD_STRING, FIELD_SENDER, 16, true, get_comm,
	  "name of the sender's thread" },
	{ "proc.pid", "PID", FIELD_U32, FIELD_SENDER, 10, true, get_pid,
	  "process id of the sender, as the host sees it" },
	{ "proc.tid", "TID", FIELD_U32, FIELD_SENDER, 10, false, get_tid,
	  "thread id of the sender, as the host sees it" },
	{ "proc.nspid", "NSPID", FIELD_U32, FIELD_SENDER, 10, false, get_nspid,
	  "process id of the sender in its own pid namespace, where it differs" },
	{ "proc.mntns_id", "MNTNS_ID", FIELD_U64, FIELD_SENDER, 20, false, get_mntns_id,
	  "mount namespace of the sender, by its inode" },
	{ "proc.netns_id", "NETNS_ID", FIELD_U32, FIELD_SENDER, 10, false, get_netns_id,
	  "network namespace of the sender, by its inode" },
	{ "proc.pidns_id", "PIDNS_ID", FIELD_U32, FIELD_SENDER, 10, false, get_pidns_id,
	  "pid namespace of the sender, by its inode" },
	{ "proc.userns_id", "USERNS_ID", FIELD_U32, FIELD_SENDER, 10, false, get_userns_id,
	  "user namespace of the sender, by its inode" },
	{ "proc.cgroupns_id", "CGROUPNS_ID", FIELD_U32, FIELD_SENDER, 10, false, get_cgroupns_id,
	  "cgroup namespace of the sender, by its inode" },
	{ "proc.cgroup_id", "CGROUP_ID", FIELD_U64, FIELD_SENDER, 10, false, get_cgroup_id,
	  "cgroup of the sender, by its inode" },
	{ "proc.cgroup", "CGROUP", FIELD_STRING, FIELD_SENDER, 40, false, get_cgroup,
	  "path of that cgroup, as the host sees it" },
	{ "proc.creds.uid", "UID", FIELD_U32, FIELD_SENDER, 10, false, get_uid,
	  "real user id of the sender, in the host's user namespace" },
	{ "proc.creds.gid", "GID", FIELD_U32, FIELD_SENDER, 10, false, get_gid,
	  "real group id of the sender, in the host's user namespace" },
	{ "proc.creds.user", "USER", FIELD_STRING, FIELD_SENDER, 16, false, get_user,
	  "the host's name for the sender's user; uid:N where it has none" },
	{ "proc.creds.group", "GROUP", FIELD_STRING, FIELD_SENDER, 16, false, get_group,
	  "the host's name for the sender's group; gid:N where it has none" },
	{ "proc.parent.comm", "PARENT.COMM", FIELD_STRING, FIELD_SENDER, 16, false, get_parent_comm,
	  "name of the sender's parent" },
	{ "proc.parent.pid", "PARENT.PID", FIELD_U32, FIELD_SENDER, 10, false, get_parent_pid,
	  "process id of the sender's parent, as the host sees it" },
	{ "runtime.containerName", "CONTAINERNAME", FIELD_STRING, FIELD_SENDER, 20, false,
	  get_container_name, "name of the container that the sender is in" },
	{ "runtime.containerId", "CONTAINERID", FIELD_STRING, FIELD_SENDER, 13, false,
	  get_container_id, "id of that container, as its runtime calls it" },
	{ "runtime.containerImageName", "CONTAINERIMAGENAME", FIELD_STRING, FIELD_SENDER, 20, false,
	  get_container_image, "image that it was made from" },
	{ "runtime.runtimeName", "RUNTIMENAME", FIELD_STRING, FIELD_SENDER, 14, false,
	  get_runtime_name,
	  "its runtime: docker, podman, containerd, cri-o, runc, crun, lxc or "
	  "systemd-nspawn" },
	{ "k8s.namespace", "NAMESPACE", FIELD_STRING, FIELD_SENDER, 16, false, get_pod_namespace,
	  "namespace of the pod that the sender is in, of Kubernetes" },
	{ "k8s.podName", "PODNAME", FIELD_STRING, FIELD_SENDER, 20, false, get_pod_name,
	  "name of that pod" },
	{ "k8s.containerName", "K8S.CONTAINERNAME", FIELD_STRING, FIELD_SENDER, 20, false,
	  get_pod_container, "name of the container in that pod" },
	{ "socket_ino", "SOCKET_INO", FIELD_U64, FIELD_SENDER, 20, true, get_socket_ino,
	  "inode of the sender's socket" },
	{ "sockfd", "SOCKFD", FIELD_I32, FIELD_SENDER, 10, true, get_sockfd,
	  "descriptor of that socket in the sender; -1 where there is none (io_uring)" },
	{ "socket_type", "SOCKET_TYPE", FIELD_STRING, FIELD_MESSAGE, 11, false, get_socket_type,
	  "type of the socket: stream, dgram or seqpacket" },
	{ "socket_path", "SOCKET_PATH", FIELD_STRING, FIELD_MESSAGE, 30, false, get_socket_path,
	  "address that either end is bound to; @name for an abstract one, ./@name for a path "
	  "that begins so" },
	{ "fd", "FD", FIELD_I32, FIELD_SENDER, 10, true, get_fd, "the descriptor in the sender" },
	{ "file", "FILE", FIELD_STRING, FIELD_MESSAGE, 30, true, get_file,
	  "what it is: a path, or the name that the kernel has for it; begins with ... "
	  "where the path is longer than 4096 bytes" },
	{ "file_detail", "FILE_DETAIL", FIELD_STRING, FIELD_MESSAGE, 30, false, get_file_detail,
	  "what else names it: of a socket its addresses, as LOCAL->REMOTE, and its state, and before "
	  "them the type of a unix socket whose file is UNIX; of a device its number and its name "
	  "where the path does not say it, and what an input device calls itself; the process of a "
	  "pidfd, the size and seals of a memfd, the count of an eventfd, the clock of a timerfd and "
	  "how often it expires, the signals of a signalfd, how many files are watched, what a "
	  "perf event counts, the type, name and id of a bpf object, the filesystem of a mount "
	  "context; that the path is one within a detached mount" },
	{ "file_deleted", "FILE_DELETED", FIELD_BOOL, FIELD_MESSAGE, 5, false, get_file_deleted,
	  "whether no name leads to the file any more, which file marks with (deleted); left out "
	  "where it never had a place in the tree" },
	{ "file_type", "FILE_TYPE", FIELD_STRING, FIELD_MESSAGE, 11, false, get_file_type,
	  "kind of file: reg, dir, chr, blk, fifo, socket, memfd, eventfd, epoll, pidfd "
	  "and so on" },
	{ "file_ino", "FILE_INO", FIELD_U64, FIELD_MESSAGE, 20, false, get_file_ino,
	  "inode of the file" },
	{ "file_dev", "FILE_DEV", FIELD_STRING, FIELD_MESSAGE, 8, false, get_file_dev,
	  "device that the file is on, as major:minor (st_dev of stat(2))" },
	{ "file_flags", "FILE_FLAGS", FIELD_STRING, FIELD_MESSAGE, 20, false, get_file_flags,
	  "open flags by name, the access mode first; O_LARGEFILE and the kernel's own "
	  "flags are left out" },
	{ "file_id", "FILE_ID", FIELD_STRING, FIELD_MESSAGE, 16, false, get_file_id,
	  "identity of the open file description: the same on both sides and on every hop "
	  "while it lives, and only within one trace" },
	{ "file_rdev", "FILE_RDEV", FIELD_STRING, FIELD_MESSAGE, 8, false, get_file_rdev,
	  "device that the file is, as major:minor (st_rdev of stat(2))" },
	{ "file_pid", "FILE_PID", FIELD_U32, FIELD_MESSAGE, 10, false, get_file_pid,
	  "process that a pidfd stands for, as the host sees it; left out when it is no more" },
	{ "file_size", "FILE_SIZE", FIELD_U64, FIELD_MESSAGE, 10, false, get_file_size,
	  "bytes of a memfd or a dma-buf when it was sent" },
	{ "file_seals", "FILE_SEALS", FIELD_STRING, FIELD_MESSAGE, 20, false, get_file_seals,
	  "seals of a memfd by name: seal, shrink, grow, write, future_write, exec" },
	{ "file_state", "FILE_STATE", FIELD_STRING, FIELD_MESSAGE, 11, false, get_file_state,
	  "state of a socket: LISTEN, ESTABLISHED, CLOSE and so on; left out of one that has no "
	  "connections and is in none" },
	{ "file_local", "FILE_LOCAL", FIELD_STRING, FIELD_MESSAGE, 21, false, get_file_local,
	  "address of a socket, as getsockname(2) tells it: address:port, a path or @name, the port "
	  "of a netlink socket, context:port of vsock, address and channel of RFCOMM; left out "
	  "where it has none" },
	{ "file_remote", "FILE_REMOTE", FIELD_STRING, FIELD_MESSAGE, 21, false, get_file_remote,
	  "address that a socket is connected to" },
	{ "file_netns_id", "FILE_NETNS_ID", FIELD_U32, FIELD_MESSAGE, 10, false, get_file_netns_id,
	  "network namespace of a socket, by its inode" },
	{ "file_peer_ino", "FILE_PEER_INO", FIELD_U64, FIELD_MESSAGE, 20, false, get_file_peer_ino,
	  "inode of the socket that a unix socket is connected to; left out where that is not "
	  "accepted yet, or closed" },
	{ "file_peer_pid", "FILE_PEER_PID", FIELD_U32, FIELD_MESSAGE, 10, false, get_file_peer_pid,
	  "process that made the other end of a unix socket, or that listens, as SO_PEERCRED of "
	  "unix(7) tells it, and as the host sees it: it may have exited, or handed its end on" },
	{ "outcome", "OUTCOME", FIELD_STRING, FIELD_MESSAGE, 9, true, get_outcome,
	  "what became of it: delivered, peeked, lost, failed or pending; left out where "
	  "the kernel cannot tell" },
	{ "reason", "REASON", FIELD_STRING, FIELD_MESSAGE, 12, true, get_reason,
	  "why it was lost (truncated, emfile, denied, unread, read, gc), or the errno "
	  "with which the send failed" },
	{ "latency_ns", "LATENCY_NS", FIELD_U64, FIELD_MESSAGE, 14, false, get_latency,
	  "nanoseconds from sent to received or lost; left out of what went without a message" },
	{ "cross", "CROSS", FIELD_LIST, FIELD_MESSAGE, 20, false, get_cross,
	  "what sender and receiver do not share: user, container, mntns, pidns, netns, userns, "
	  "cgroupns; what is not known of one of them is left out" },
	{ "risk", "RISK", FIELD_STRING, FIELD_MESSAGE, 15, false, get_risk,
	  "something powerful arrived at a weaker receiver: which sort of thing it is" },
	{ "receiver.comm", "RECEIVER.COMM", FIELD_STRING, FIELD_RECEIVER, 16, true, get_comm,
	  "name of the receiver's thread" },
	{ "receiver.pid", "RECEIVER.PID", FIELD_U32, FIELD_RECEIVER, 10, true, get_pid,
	  "process id of the receiver, as the host sees it" },
	{ "receiver.tid", "RECEIVER.TID", FIELD_U32, FIELD_RECEIVER, 10, false, get_tid,
	  "thread id of the receiver, as the host sees it" },
	{ "receiver.nspid", "RECEIVER.NSPID", FIELD_U32, FIELD_RECEIVER, 10, false, get_nspid,
	  "process id of the receiver in its own pid namespace, where it differs" },
	{ "receiver.mntns_id", "RECEIVER.MNTNS_ID", FIELD_U64, FIELD_RECEIVER, 20, false,
	  get_mntns_id, "mount namespace of the receiver, by its inode" },
	{ "receiver.netns_id", "RECEIVER.NETNS_ID", FIELD_U32, FIELD_RECEIVER, 10, false,
	  get_netns_id, "network namespace of the receiver, by its inode" },
	{ "receiver.pidns_id", "RECEIVER.PIDNS_ID", FIELD_U32, FIELD_RECEIVER, 10, false,
	  get_pidns_id, "pid namespace of the receiver, by its inode" },
	{ "receiver.userns_id", "RECEIVER.USERNS_ID", FIELD_U32, FIELD_RECEIVER, 10, false,
	  get_userns_id, "user namespace of the receiver, by its inode" },
	{ "receiver.cgroupns_id", "RECEIVER.CGROUPNS_ID", FIELD_U32, FIELD_RECEIVER, 10, false,
	  get_cgroupns_id, "cgroup namespace of the receiver, by its inode" },
	{ "receiver.cgroup_id", "RECEIVER.CGROUP_ID", FIELD_U64, FIELD_RECEIVER, 10, false,
	  get_cgroup_id, "cgroup of the receiver, by its inode" },
	{ "receiver.cgroup", "RECEIVER.CGROUP", FIELD_STRING, FIELD_RECEIVER, 40, false, get_cgroup,
	  "path of that cgroup, as the host sees it" },
	{ "receiver.creds.uid", "RECEIVER.UID", FIELD_U32, FIELD_RECEIVER, 10, false, get_uid,
	  "real user id of the receiver, in the host's user namespace" },
	{ "receiver.creds.gid", "RECEIVER.GID", FIELD_U32, FIELD_RECEIVER, 10, false, get_gid,
	  "real group id of the receiver, in the host's user namespace" },
	{ "receiver.creds.user", "RECEIVER.USER", FIELD_STRING, FIELD_RECEIVER, 16, false, get_user,
	  "the host's name for the receiver's user; uid:N where it has none" },
	{ "receiver.creds.group", "RECEIVER.GROUP", FIELD_STRING, FIELD_RECEIVER, 16, false,
	  get_group, "the host's name for the receiver's group; gid:N where it has none" },
	{ "receiver.parent.comm", "RECEIVER.PARENT.COMM", FIELD_STRING, FIELD_RECEIVER, 16, false,
	  get_parent_comm, "name of the receiver's parent" },
	{ "receiver.parent.pid", "RECEIVER.PARENT.PID", FIELD_U32, FIELD_RECEIVER, 10, false,
	  get_parent_pid, "process id of the receiver's parent, as the host sees it" },
	{ "receiver.runtime.containerName", "RECEIVER.CONTAINERNAME", FIELD_STRING, FIELD_RECEIVER,
	  20, false, get_container_name, "name of the container that the receiver is in" },
	{ "receiver.runtime.containerId", "RECEIVER.CONTAINERID", FIELD_STRING, FIELD_RECEIVER, 13,
	  false, get_container_id, "id of that container, as its runtime calls it" },
	{ "receiver.runtime.containerImageName", "RECEIVER.CONTAINERIMAGENAME", FIELD_STRING,
	  FIELD_RECEIVER, 20, false, get_container_image, "image that it was made from" },
	{ "receiver.runtime.runtimeName", "RECEIVER.RUNTIMENAME", FIELD_STRING, FIELD_RECEIVER, 14,
	  false, get_runtime_name,
	  "its runtime: docker, podman, containerd, cri-o, runc, crun, lxc or "
	  "systemd-nspawn" },
	{ "receiver.k8s.namespace", "RECEIVER.NAMESPACE", FIELD_STRING, FIELD_RECEIVER, 16, false,
	  get_pod_namespace, "namespace of the pod that the receiver is in, of Kubernetes" },
	{ "receiver.k8s.podName", "RECEIVER.PODNAME", FIELD_STRING, FIELD_RECEIVER, 20, false,
	  get_pod_name, "name of that pod" },
	{ "receiver.k8s.containerName", "RECEIVER.K8S.CONTAINERNAME", FIELD_STRING, FIELD_RECEIVER,
	  20, false, get_pod_container, "name of the container in that pod" },
	{ "receiver.socket_ino", "RECEIVER.SOCKET_INO", FIELD_U64, FIELD_RECEIVER, 20, false,
	  get_socket_ino, "inode of the receiver's socket" },
	{ "receiver.sockfd", "RECEIVER.SOCKFD", FIELD_I32, FIELD_RECEIVER, 10, false, get_sockfd,
	  "descriptor of that socket in the receiver; -1 where there is none (io_uring)" },
	{ "receiver.fd", "RECEIVER.FD", FIELD_I32, FIELD_RECEIVER, 10, true, get_fd,
	  "the descriptor in the receiver" },
	{ "receiver.cloexec", "RECEIVER.CLOEXEC", FIELD_BOOL, FIELD_RECEIVER, 5, false, get_cloexec,
	  "whether it was installed close-on-exec" },
	{ "receiver.fds", "RECEIVER.FDS", FIELD_U64, FIELD_RECEIVER, 9, false, get_receiver_fds,
	  "when its table of descriptors was full (emfile): how many it had" },
	{ "receiver.fds_limit", "RECEIVER.FDS_LIMIT", FIELD_U64, FIELD_RECEIVER, 9, false,
	  get_receiver_fds_limit, "its RLIMIT_NOFILE then" },
};

const size_t nr_fields = ARRAY_SIZE(field_table);

static bool get_report(const struct row *row, enum field_side side, struct value *ret)
{
	return get_unsigned(row->report, ret);
}

const struct field report_field_table[] = {
	{ "report", "REPORT", FIELD_U32, FIELD_MESSAGE, 6, false, get_report,
	  "in which report the row is, from 1: there is one at the end, or one each interval" },
};

const size_t nr_report_fields = ARRAY_SIZE(report_field_table);

_Static_assert(ARRAY_SIZE(field_table) <= FIELD_LIST_MAX, "a list has room for every field");
