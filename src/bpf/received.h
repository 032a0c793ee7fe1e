/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As what a message was received. Which numbers the descriptors got is told by the receiver's table, not by
 * its memory: the kernel gives the lowest that are free, one after the other. So those that were free when
 * the message was taken, and lead to its files when the call is over, are the ones.
 */
#ifndef FDPASS_RECEIVED_H
#define FDPASS_RECEIVED_H

#include "taking.h"

/*
 * Begin the record of an end, by the current task: the message, and room for the socket. That of the sender is told
 * where nobody has told it with this number.
 */
static __always_inline void begin_end(struct scratch *s, enum event_type type, __u64 number,
				      __u32 count, bool unclaimed, struct sock *sender)
{
	begin_record(s, type, number, count, 1);
	if (unclaimed) {
		s->event.flags |= EVENT_UNCLAIMED;
		add_socket(s, EVENT_OTHER);
		describe_socket(s, EVENT_OTHER, sender, -1);
	}
	write_current(SCRATCH_END);
}

/*
 * Open the current task's table, and tell the receiving socket: the first argument of the call, else the one
 * that the message was sent to.
 */
static __always_inline void describe_taker(struct scratch *s, struct sock *sk, bool named)
{
	const struct call *call = &s->call;
	bool reading = is_receive(call) || call->kind == CALL_READ;

	open_table(s);
	describe_socket(s, EVENT_SELF, sk, reading ? fd_of_socket(s, call->fd, sk) : -1);
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

#define SEARCHES_IN_CALL 32
/* Since 7.3, with SO_RIGHTS_NOTRUNC, a file that is refused leaves its place: so many in a row are seen. */
#define PLACES_SKIPPED 4
#define FD_REFUSED (-1)

/* All descriptors of a message have the same flags: this is the first, in the open table. */
static __always_inline void find_flags(struct scratch *s, __u32 fd)
{
	__u64 word = 0;

	copy_kernel(&word, sizeof(word), (void *)(s->close_on_exec + fd / 64 * sizeof(word)));
	s->cloexec = word & 1ULL << (fd % 64) ? EVENT_FILE_CLOEXEC : 0;
}

/* Does the descriptor lead to one of the files that come after the next? Then those before it were refused. */
static __always_inline void skip_refused(struct scratch *s, __u64 file, __u32 fd)
{
	if (!s->taking.alone)
		return;
	for (__u32 i = 1; i < PLACES_SKIPPED; i++) {
		if (s->found + i >= s->taking.count || *list_at(s, s->found + i) != file)
			continue;
		for (__u32 place = 0; place < PLACES_SKIPPED; place++) {
			if (place < i)
				*fd_at(s, s->found + place) = FD_REFUSED;
		}
		if (!s->found)
			find_flags(s, fd);
		*fd_at(s, s->found + i) = fd;
		s->found += i + 1;
		s->refused = true;
		return;
	}
}

/* Look at a descriptor for the next file, s->found of which are found and told. */
static __always_inline void search_at(struct scratch *s, __u32 fd)
{
	__u32 index = s->found;
	__u64 file = file_at(s, fd);

	if (!file)
		return;
	if (file != *list_at(s, index)) {
		skip_refused(s, file, fd);
		return;
	}
	if (!index)
		find_flags(s, fd);
	*fd_at(s, index) = fd;
	write_fate(s, index, EVENT_FATE_INSTALLED, fd);
	s->found = index + 1;
}

/*
 * Look at some more descriptors. Returns 0 when there are no more, or all files were found. A global function:
 * see file.h.
 */
__attribute__((noinline)) int search_on(void)
{
	struct scratch *s = scratch_of(SCRATCH_END);
	const struct taking *taking;
	__u64 bits;

	if (!s)
		return 0;
	taking = &s->taking;
	bits = s->search_bits;
	for (int i = 0; i < SEARCHES_IN_CALL; i++) {
		if (s->found >= taking->count)
			return 0;
		if (bits) {
			search_at(s, (taking->first_word + s->search_word) * 64 + lowest_bit(bits));
			bits &= bits - 1;
		} else {
			if (++s->search_word >= taking->nr_words)
				return 0;
			bits = taking->free[s->search_word & (FREE_WORDS - 1)];
		}
	}
	s->search_bits = bits;
	return 1;
}

/* Find the numbers of the files that were installed, into s->fds, and tell them: s->found. The table is open. */
__attribute__((noinline)) int find_installed(void)
{
	struct scratch *s = scratch_of(SCRATCH_END);

	if (!s)
		return 0;
	s->found = 0;
	s->refused = false;
	s->search_word = 0;
	s->search_bits = s->taking.nr_words ? s->taking.free[0] : 0;
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

	if (!s)
		return 0;
	for (__u32 i = 0; i < FILES_IN_CALL; i++) {
		__u32 index = first + i;

		if (index >= s->nr_fds || index >= s->taking.count ||
		    file_at(s, *fd_at(s, index)) != *list_at(s, index))
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
	struct scratch *s = scratch_of(SCRATCH_END);
	struct user_message message;
	__u32 first = 0;

	if (!s || s->call.kind != CALL_RECEIVE || !read_user_message(&message, &s->call, 0))
		return 0;
	begin_user_control(s, message.control, message.control_length, s->call.compat);
	if (!read_controls(SCRATCH_END))
		return 0;
	for (first = 0; first < SCM_MAX_FD; first += FILES_IN_CALL) {
		int same = check_hinted_from(first);

		if (same < FILES_IN_CALL)
			return first + same;
	}
	return first;
}

/* The files that were received, and as what. */
static __always_inline void write_taken_files(struct scratch *s)
{
	const struct taking *taking = &s->taking;
	__u32 installed;

	find_installed();
	installed = s->found;
	if (installed == taking->count && !s->refused)
		return;
	if (has_lengths)
		find_room();
	if (installed < taking->count && !taking->alone) {
		__u32 hinted = find_hinted();

		if (hinted > installed) {
			installed = hinted;
			find_flags(s, s->fds[0]);
		} else {
			find_installed();
		}
	}
	s->nr_fds = installed;
	s->installed = installed;
	s->room = taking->room < SCM_MAX_FD ? taking->room : SCM_MAX_FD;
	s->stop = fate_of_rest(taking, installed);
	write_all_installed(s);
}

/*
 * The thread has received the message s->taking, or read it without its descriptors. `sk` is the receiving
 * socket, `sender` the sending one. A global function, so that the verifier checks it once.
 */
__attribute__((noinline)) int tell_taken(__u64 sk, __u64 sender, __u32 peek)
{
	struct scratch *s = scratch_of(SCRATCH_END);
	const struct taking *taking;
	bool is_read;

	if (!s)
		return 0;
	taking = &s->taking;
	is_read = s->call.kind == CALL_READ;
	if (peek && has_lengths)
		find_room();
	/* No part of it is to be told of a peek that installs nothing, and can install nothing. */
	if (peek && (is_read || !taking->room))
		return 0;
	begin_end(s, is_read ? EVENT_LOST : EVENT_RECEIVED, taking->number, taking->count,
		  taking->unclaimed, (struct sock *)sender);
	s->event.ago_ns = ago(s->event.time_ns, taking->time_ns);
	if (peek)
		s->event.flags |= EVENT_PEEK;
	if (is_read)
		s->event.fate = EVENT_FATE_READ;
	if (!is_read || !taking->described)
		begin_files(s, taking->count);
	describe_taker(s, (struct sock *)sk, !taking->described);
	if (!is_read && taking->at_limit && taking->nr_free < taking->count)
		append_full();
	if (!taking->described)
		describe_files(SCRATCH_END);
	if (!is_read)
		write_taken_files(s);
	report_record(s);
	return 0;
}

#endif
