// SPDX-License-Identifier: GPL-2.0-only
/*
 * The best way to attach: fentry and fexit on the functions that only messages with control data
 * pass through. Fetches the arguments and calls the handlers of message.h, nothing else.
 *
 * What each costs whom: the sender of control data pays sent; the sender of descriptors queued too;
 * their receiver, or whoever throws them away, detach and destroyed. Besides these, only whoever makes
 * an anonymous inode pays (created) or, in io_uring, a file in a ring's table (installed).
 */
#include "message.h"
#include "move.h"
#include "stand_in.h"

char LICENSE[] SEC("license") = "GPL";

/* The programs that have stand-ins. */
enum hook {
	HOOK_SENT,
	HOOK_DETACH,
	HOOK_DESTROYED,
	HOOK_CREATED,
};

/* int __scm_send(struct socket *, struct msghdr *, struct scm_cookie *): the same since 2.6 */
#define SENT(name, index)                                                                          \
	SEC("fexit/__scm_send")                                                                    \
	int BPF_PROG(name, struct socket *sock, struct msghdr *msg, struct scm_cookie *scm,        \
		     int error)                                                                    \
	{                                                                                          \
		/* A run that was skipped counts as lost though it may have been none of these. */ \
		if (may_have_rights(scm, error))                                                   \
			IN_TURN(HOOK_SENT, index, on_sent(sock, msg, scm, error));                 \
		return 0;                                                                          \
	}

SENT(sent, 0)
SENT(stand_in_sent, 1)
SENT(stand_in_2_sent, 2)

/* struct scm_fp_list *scm_fp_dup(struct scm_fp_list *): sender up to 6.9, MSG_PEEK everywhere */
SEC("fexit/scm_fp_dup")
int BPF_PROG(copied, struct scm_fp_list *list, struct scm_fp_list *copy)
{
	UNDISTURBED(on_copied(list, copy));
	return 0;
}

/* void unix_add_edges(struct scm_fp_list *, struct unix_sock *): since 6.10, and backported */
SEC("fentry/unix_add_edges")
int BPF_PROG(queued, struct scm_fp_list *list, struct unix_sock *receiver)
{
	UNDISTURBED(on_queued(list, (struct sock *)receiver));
	return 0;
}

/* void scm_detach_fds(struct msghdr *, struct scm_cookie *), from 7.3 with bool notrunc behind */
#define DETACH(name, index)                                                                        \
	SEC("fentry/scm_detach_fds")                                                               \
	int BPF_PROG(name, struct msghdr *msg, struct scm_cookie *scm)                             \
	{                                                                                          \
		IN_TURN(HOOK_DETACH, index, on_detach(msg, scm));                                  \
		return 0;                                                                          \
	}

DETACH(detach, 0)
DETACH(stand_in_detach, 1)
DETACH(stand_in_2_detach, 2)

/* void __scm_destroy(struct scm_cookie *): called only where scm->fp is set, but by itself */
#define DESTROYED(name, index)                                                                     \
	SEC("fentry/__scm_destroy")                                                                \
	int BPF_PROG(name, struct scm_cookie *scm)                                                 \
	{                                                                                          \
		IN_TURN(HOOK_DESTROYED, index, on_destroyed(scm));                                 \
		return 0;                                                                          \
	}

DESTROYED(destroyed, 0)
DESTROYED(stand_in_destroyed, 1)
DESTROYED(stand_in_2_destroyed, 2)

/* int pidfd_getfd(struct pid *, int fd): since 5.6 */
SEC("fexit/pidfd_getfd")
int BPF_PROG(got, struct pid *pid, int fd, int installed)
{
	UNDISTURBED(on_pidfd_getfd(pid, fd, installed));
	return 0;
}

/* long seccomp_notify_ioctl(struct file *, unsigned int, unsigned long): since 5.0 */
SEC("fentry/seccomp_notify_ioctl")
int BPF_PROG(adding, struct file *listener, unsigned int command, unsigned long argument)
{
	UNDISTURBED(on_adding(listener, command, argument));
	return 0;
}

SEC("fexit/seccomp_notify_ioctl")
int BPF_PROG(added, struct file *listener, unsigned int command, unsigned long argument,
	     long installed)
{
	UNDISTURBED(on_added(installed));
	return 0;
}

/* int io_msg_ring(struct io_kiocb *, unsigned int): since 5.18, with descriptors since 6.0 */
SEC("fentry/io_msg_ring")
int BPF_PROG(posting, struct io_kiocb *request)
{
	UNDISTURBED(on_posting(request));
	return 0;
}

SEC("fexit/io_msg_ring")
int BPF_PROG(posted)
{
	UNDISTURBED(on_posted());
	return 0;
}

/* void io_msg_tw_fd_complete(struct callback_head *): since 6.2 */
SEC("fentry/io_msg_tw_fd_complete")
int BPF_PROG(posting_remotely, struct callback_head *work)
{
	UNDISTURBED(on_posting_remotely(work));
	return 0;
}

SEC("fexit/io_msg_tw_fd_complete")
int BPF_PROG(posted_remotely)
{
	UNDISTURBED(on_posted());
	return 0;
}

/* int __io_fixed_fd_install(struct io_ring_ctx *, struct file *, unsigned int): since 6.0 */
SEC("fexit/__io_fixed_fd_install")
int BPF_PROG(installed, struct io_ring_ctx *ring, struct file *file, unsigned int place, int result)
{
	UNDISTURBED({
		on_installing(ring, file);
		on_installed(result);
	});
	return 0;
}

/*
 * The files with an anonymous inode (identity.h): one whose creation was skipped would be taken for
 * the one that its address was before.
 */

/* struct file *anon_inode_getfile(const char *, const struct file_operations *, void *, int) */
#define CREATED(name, index)                                                                       \
	SEC("fexit/anon_inode_getfile")                                                            \
	int BPF_PROG(name, const char *class, const void *operations, void *private, int flags,    \
		     struct file *file)                                                            \
	{                                                                                          \
		IN_TURN(HOOK_CREATED, index, on_created(file));                                    \
		return 0;                                                                          \
	}

CREATED(created, 0)
CREATED(stand_in_created, 1)
CREATED(stand_in_2_created, 2)

/* since 6.9, with fmode_t behind */
#define CREATED_MODE(name, index)                                                                  \
	SEC("fexit/anon_inode_getfile_fmode")                                                      \
	int BPF_PROG(name, const char *class, const void *operations, void *private, int flags,    \
		     unsigned int mode, struct file *file)                                         \
	{                                                                                          \
		IN_TURN(HOOK_CREATED, index, on_created(file));                                    \
		return 0;                                                                          \
	}

CREATED_MODE(created_mode, 0)
CREATED_MODE(stand_in_created_mode, 1)
CREATED_MODE(stand_in_2_created_mode, 2)

/* int anon_inode_getfd(const char *, const struct file_operations *, void *, int) */
#define CREATED_FD(name, index)                                                                    \
	SEC("fexit/anon_inode_getfd")                                                              \
	int BPF_PROG(name, const char *class, const void *operations, void *private, int flags,    \
		     int fd)                                                                       \
	{                                                                                          \
		IN_TURN(HOOK_CREATED, index, on_created_fd(fd));                                   \
		return 0;                                                                          \
	}

CREATED_FD(created_fd, 0)
CREATED_FD(stand_in_created_fd, 1)
CREATED_FD(stand_in_2_created_fd, 2)
