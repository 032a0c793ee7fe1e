/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As what a message was received. Which numbers the descriptors got is told by the receiver's table, not by
 * its memory: the kernel gives the lowest that are free, one after the other. So those that were free when
 * the message was taken, and lead to its files when the call is over, are the ones.
 */
#ifndef FDPASS_RECEIVED_H
#define FDPASS_RECEIVED_H

#include "taking.h"

/* Begin the record of an end, by the current task: the message, and the sockets. */
static __always_inline void begin_end(struct scratch *s, enum event_type type, __u64 number,
				      __u32 count, bool unclaimed, struct sock *sender)
{
	begin_record(s, type, number, count, 2);
	write_current(s, SCRATCH_END);
	if (unclaimed)
		s->event.flags |= EVENT_UNCLAIMED;
	describe_socket(s, EVENT_OTHER, sender, -1);
}

/*
 * Tell the receiving socket: the first argument of the call, else the one that the message was sent to.
 */
static __always_inline void describe_taker(struct scratch *s, struct sock *sk, bool named)
{
	struct task_struct *task = current_task();
	struct call call = current_call(SCRATCH_END);
	bool reading = is_receive(&call) || call.kind == CALL_READ;

	describe_socket(s, EVENT_SELF, sk, reading ? fd_of_socket(task, call.fd, sk) : -1);
	if (named && sk)
		append_socket_name(s, EVENT_SELF, probe((struct unix_sock *)sk, addr));
}

/* The fate of what was not installed, from the index `installed` on. */
static __always_inline enum event_fate fate_of_rest(const struct taking *taking, __u32 installed)
{
	if (installed >= taking->room)
		return EVENT_FATE_TRUNCATED;
	if (taking->at_limit && installed >= taking->nr_free)
		return EVENT_FATE_EMFILE;
	/* Nobody else can have closed it since: a security module refused it. */
	return taking->alone && taking->room != ROOM_UNKNOWN ? EVENT_FATE_DENIED :
							       EVENT_FATE_UNKNOWN;
}

#define SEARCHES_IN_CALL 8
/* Since 7.3, with SO_RIGHTS_NOTRUNC, a file that is refused leaves its place: so many in a row are seen. */
#define PLACES_SKIPPED 4
#define FD_REFUSED (-1)

/* How many of the taking's files from `first` on come before this one; PLACES_SKIPPED: it is not there. */
static __always_inline __u32 find_among_next(const struct taking *taking, __u32 first, __u64 file)
{
	for (__u32 i = 0; i < PLACES_SKIPPED; i++) {
		if (file && first + i < taking->count && taking->files[bounded(first + i)] == file)
			return taking->alone || !i ? i : PLACES_SKIPPED;
	}
	return PLACES_SKIPPED;
}

/*
 * Look at some more descriptors for the next file, s->found of which are found. Returns 0 when there are no
 * more, or all files were found. A global function: see file.h.
 */
__attribute__((noinline)) int search_on(void)
{
	struct scratch *s = scratch_of(SCRATCH_END);
	struct taking *taking = find_taking();

	if (!s || !taking)
		return 0;
	for (int i = 0; i < SEARCHES_IN_CALL; i++) {
		__u32 fd, skipped;

		if (s->found >= taking->count)
			return 0;
		if (!s->search_bits) {
			if (++s->search_word >= taking->nr_words)
				return 0;
			s->search_bits = taking->free[s->search_word & (FREE_WORDS - 1)];
			continue;
		}
		fd = (taking->first_word + s->search_word) * 64 + lowest_bit(s->search_bits);
		s->search_bits &= s->search_bits - 1;
		skipped = find_among_next(taking, s->found, file_at(s, fd));
		if (skipped >= PLACES_SKIPPED)
			continue;
		for (__u32 place = 0; place < PLACES_SKIPPED; place++) {
			if (place < skipped)
				*fd_at(s, s->found + place) = FD_REFUSED;
		}
		*fd_at(s, s->found + skipped) = fd;
		s->found += skipped + 1;
	}
	return 1;
}

/* Find the numbers of the files that were installed, into s->fds; s->found says how many. */
__attribute__((noinline)) int find_installed(void)
{
	struct scratch *s = scratch_of(SCRATCH_END);
	struct taking *taking = find_taking();
	struct task_struct *task = current_task();
	struct files_struct *files = load(task, files);
	struct fdtable *table = load(files, fdt);

	if (!s || !taking)
		return 0;
	s->open = (__u64)load(table, fd);
	s->open_size = load(table, max_fds);
	s->found = 0;
	s->search_word = 0;
	s->search_bits = taking->nr_words ? taking->free[0] : 0;
	for (int i = 0; i < FREE_WORDS * (64 + 1) / SEARCHES_IN_CALL; i++) {
		if (!search_on())
			break;
	}
	return 0;
}

/* Some of the hinted numbers, from `first` on: how many lead to the files of the message. */
__attribute__((noinline)) int check_hinted_from(__u32 first)
{
	struct scratch *s = scratch_of(SCRATCH_END);
	struct taking *taking = find_taking();

	if (!s || !taking)
		return 0;
	for (__u32 i = 0; i < FILES_IN_CALL; i++) {
		__u32 index = first + i;

		if (index >= s->nr_fds || index >= SCM_MAX_FD ||
		    file_at(s, *fd_at(s, index)) != taking->files[bounded(index)])
			return i;
	}
	return FILES_IN_CALL;
}

/*
 * Where others use the receiver's table too, a number can have become free after the message was taken. Then
 * the control message in the receiver's memory says which it is, if the table has the file there. Returns
 * how many files are found so.
 */
__attribute__((noinline)) int find_hinted(void)
{
	struct call call = current_call(SCRATCH_END);
	struct scratch *s = scratch_of(SCRATCH_END);
	struct taking *taking = find_taking();
	struct user_message message;
	__u32 first = 0;

	if (!s || !taking || call.kind != CALL_RECEIVE || !read_user_message(&message, &call, 0))
		return 0;
	begin_user_control(s, message.control, message.control_length, call.compat);
	if (!read_controls(s, SCRATCH_END))
		return 0;
	for (first = 0; first < SCM_MAX_FD; first += FILES_IN_CALL) {
		int same = check_hinted_from(first);

		if (same < FILES_IN_CALL)
			return first + same;
	}
	return first;
}

static __always_inline __u64 close_on_exec_of(__u32 fd)
{
	struct task_struct *task = current_task();
	struct files_struct *files = load(task, files);
	struct fdtable *table = load(files, fdt);
	__u64 word = 0;

	copy_kernel(&word, sizeof(word), load(table, close_on_exec) + fd / 64);
	return word & 1ULL << (fd % 64);
}

/* The files that were received, and as what. */
static __always_inline void write_taken_files(struct scratch *s, struct taking *taking)
{
	__u32 installed;

	find_installed();
	installed = s->found;
	if (installed < taking->count && !taking->alone) {
		__u32 hinted = find_hinted();

		if (hinted > installed)
			installed = hinted;
		else
			find_installed();
	}
	s->nr_fds = installed;
	s->installed = installed;
	s->room = taking->room < SCM_MAX_FD ? taking->room : SCM_MAX_FD;
	s->stop = fate_of_rest(taking, installed);
	s->cloexec = installed && close_on_exec_of(s->fds[0]) ? EVENT_FILE_CLOEXEC : 0;
	write_all_installed(s);
}

/*
 * The thread has received the message that it took, or read it without its descriptors. `sk` is the
 * receiving socket. A global function, so that the verifier checks it once.
 */
__attribute__((noinline)) int tell_taken(__u64 sk, __u32 peek)
{
	struct scratch *s = scratch_of(SCRATCH_END);
	struct taking *taking = find_taking();
	struct call call = current_call(SCRATCH_END);
	struct message *message;
	bool is_read = call.kind == CALL_READ, has_files;
	__u64 sender = 0;

	if (!s || !taking || (peek && is_read))
		return 0;
	message = find_numbered((void *)taking->skb, taking->number);
	if (message)
		sender = message->sender_sock;
	/* No part of it is to be told of a peek that installs nothing, and can install nothing. */
	if (peek && !taking->room)
		return 0;
	has_files = !is_read || !taking->described;
	begin_end(s, is_read ? EVENT_LOST : EVENT_RECEIVED, taking->number, taking->count,
		  taking->unclaimed, (struct sock *)sender);
	s->event.ago_ns = ago(s->event.time_ns, taking->time_ns);
	if (peek)
		s->event.flags |= EVENT_PEEK;
	if (is_read)
		s->event.fate = EVENT_FATE_READ;
	if (has_files) {
		begin_files(s, taking->count);
		bpf_probe_read_kernel(s->lists, sizeof(s->lists), taking->files);
	}
	describe_taker(s, (struct sock *)sk, !taking->described);
	if (!taking->described)
		describe_files(s, SCRATCH_END);
	if (!is_read)
		write_taken_files(s, taking);
	report_record(s);
	return 0;
}

#endif
