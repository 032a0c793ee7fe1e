// SPDX-License-Identifier: GPL-2.0-only
/*
 * The two best ways to attach, fentry and kprobe (see hook.h): on the functions that only messages with
 * control data pass through. Calls the handlers of list.h, move.h and identity.h, nothing else.
 *
 * What each costs whom: the sender of control data pays __scm_send; the sender of descriptors
 * unix_add_edges or scm_fp_dup too; their receiver, or whoever throws them away, scm_detach_fds and
 * __scm_destroy. Besides these, only whoever makes an anonymous inode pays or, in io_uring, a file in a
 * ring's table.
 */
#define LISTS_TELL_ALL /* the call's arguments in memory are not asked for */
#include "hook.h"
#include "list.h"
#include "move.h"
#include "stand_in.h"

char LICENSE[] SEC("license") = "GPL";

/* The same since 2.6. */
ON_RETURN(__scm_send, 3, struct socket *sock, struct msghdr *msg, struct scm_cookie *scm, int error)
{
	/* A run that was skipped counts as lost though it may have been none of these. */
	if (error)
		IN_TURN(HOOK_REFUSED, on_refused(sock, msg, error));
	else if (argument(scm, fp))
		IN_TURN_UNLESS(was_accepted(scm), HOOK_ACCEPTED, on_accepted(sock, msg, scm));
	return 0;
}

/* In the sender up to 6.9, with MSG_PEEK everywhere. */
ON_RETURN(scm_fp_dup, 1, struct scm_fp_list *list, struct scm_fp_list *copy)
{
	IN_TURN_UNLESS(was_copied(list, copy), HOOK_COPIED, on_copied(list, copy));
	return 0;
}

/*
 * Since 6.10, and backported. Has no stand-in: where it is skipped, where the message went is less
 * known, and nothing is lost.
 */
ON_ENTRY(unix_add_edges, struct scm_fp_list *list, struct unix_sock *receiver)
{
	UNDISTURBED(on_queued(list, (struct sock *)receiver));
	return 0;
}

/* From 7.3 with bool notrunc behind. */
ON_ENTRY(scm_detach_fds, struct msghdr *msg, struct scm_cookie *scm)
{
	IN_TURN_UNLESS(was_detached(msg, scm), HOOK_DETACH, on_detach(msg, scm));
	return 0;
}

/* Called only where scm->fp is set, but by itself. */
ON_ENTRY(__scm_destroy, struct scm_cookie *scm)
{
	IN_TURN_WHERE(find_message(argument(scm, fp)), HOOK_DESTROYED, on_destroyed(scm));
	return 0;
}

/* Since 5.6. */
ON_RETURN(pidfd_getfd, 2, struct pid *pid, int fd, int installed)
{
	IN_TURN(HOOK_MOVED, on_pidfd_getfd(pid, fd, installed));
	return 0;
}

/* Since 5.0. */
ON_ENTRY(seccomp_notify_ioctl, struct file *listener, unsigned int command, unsigned long request)
{
	IN_TURN(HOOK_MOVED, on_adding(listener, command, request));
	return 0;
}

ON_RESULT(seccomp_notify_ioctl, 3, void *installed)
{
	IN_TURN(HOOK_MOVED, on_added((__u64)installed));
	return 0;
}

/* Since 5.18, with descriptors since 6.0. */
ON_ENTRY(io_msg_ring, struct io_kiocb *request)
{
	IN_TURN(HOOK_MOVED, on_posting(request));
	return 0;
}

ON_END(io_msg_ring)
{
	IN_TURN(HOOK_MOVED, on_posted());
	return 0;
}

/* Since 6.2. */
ON_ENTRY(io_msg_tw_fd_complete, struct callback_head *work)
{
	IN_TURN(HOOK_MOVED, on_posting_remotely(work));
	return 0;
}

ON_END(io_msg_tw_fd_complete)
{
	IN_TURN(HOOK_MOVED, on_posted());
	return 0;
}

/* Since 6.0. */
ON_ENTRY(__io_fixed_fd_install, struct io_ring_ctx *ring, struct file *file)
{
	IN_TURN(HOOK_INSTALLED, on_installing(ring, file));
	return 0;
}

ON_RESULT(__io_fixed_fd_install, 3, void *place)
{
	IN_TURN(HOOK_INSTALLED, on_installed((__u64)place));
	return 0;
}

/*
 * The files with an anonymous inode (identity.h): one whose creation was skipped would be taken for
 * the one that its address was before.
 */

ON_RESULT(anon_inode_getfile, 4, void *file)
{
	IN_TURN(HOOK_CREATED, on_created(file));
	return 0;
}

/* Since 6.9, with fmode_t behind. */
ON_RESULT(anon_inode_getfile_fmode, 5, void *file)
{
	IN_TURN(HOOK_CREATED, on_created(file));
	return 0;
}

ON_RESULT(anon_inode_getfd, 4, void *fd)
{
	IN_TURN(HOOK_CREATED, on_created_fd((__u64)fd));
	return 0;
}
