// SPDX-License-Identifier: GPL-2.0-or-later
/* What the commands that look have in common: see looking.h. */
#include "command/looking.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "command/resolver.h"
#include "host/privilege.h"
#include "host/signals.h"

/* So much may wait for a slow reader. */
#define WAITING_MOST (1 << 20)

static int cannot_begin(int error)
{
	if (error != -ECANCELED) /* it has been said */
		command_say("cannot begin to look: %s", strerror(-error));
	return STATUS_CANNOT;
}

static int prepare(struct looking *looking)
{
	sigset_t inherited_mask;
	int r = resolver_init(&looking->resolver, &looking->users);

	if (r >= 0)
		r = rows_new(&looking->rows, looking->options);
	if (r >= 0)
		r = looking->signal_fd = signals_open(&inherited_mask);
	return r;
}

int looking_begin(struct looking *looking)
{
	char reason[STATE_REASON_MAX];
	int r;

	if (privilege_check(reason) < 0) {
		command_say("%s", reason);
		return STATUS_CANNOT;
	}
	r = prepare(looking);
	if (r < 0)
		return cannot_begin(r);
	if (state_new(&looking->state, reason) < 0) {
		command_say("cannot look: %s", reason);
		return STATUS_CANNOT;
	}
	r = privilege_drop(state_can_read, looking->state);
	return r < 0 ? cannot_begin(r) : STATUS_OK;
}

void looking_free(struct looking *looking)
{
	state_free(looking->state);
	rows_free(looking->rows);
	users_free(looking->users);
	command_close(looking->signal_fd);
}

bool looking_must_stop(void *userdata)
{
	struct looking *looking = userdata;
	struct signalfd_siginfo info;

	while (read(looking->signal_fd, &info, sizeof(info)) == sizeof(info))
		looking->stopped |= info.ssi_signo != SIGCHLD;
	return looking->stopped;
}

bool looking_selects(const struct looking *looking, const struct row *row)
{
	return selection_has(&looking->options->selection, row);
}

int looking_show(struct looking *looking, const struct row *row)
{
	int r = rows_put(looking->rows, row);

	rows_wait(looking->rows, WAITING_MOST, looking_must_stop, looking);
	return r < 0 ? r : looking->stopped ? -ECANCELED : 0;
}

int looking_end(struct looking *looking, int error)
{
	int r;

	rows_wait(looking->rows, 0, looking_must_stop, looking);
	r = rows_end(looking->rows, looking_must_stop, looking);
	return error < 0 ? error : r;
}

int looking_say_error(const struct looking *looking, int error)
{
	command_say("%s: %s",
		    rows_error(looking->rows) < 0 ? rows_target(looking->rows) :
						    "the look broke off",
		    strerror(-error));
	return STATUS_CANNOT;
}

void looking_print_misses(const struct looking *looking, const struct queue_reader_misses *misses,
			  FILE *stream)
{
	uint64_t unread = misses->unread + state_lost(looking->state);

	if (misses->changed > 0)
		fprintf(stream, "; %" PRIu64 " queue%s changed each time that it was read",
			misses->changed, command_plural(misses->changed));
	if (misses->cut > 0)
		fprintf(stream, "; %" PRIu64 " queue%s too long to be read whole", misses->cut,
			command_plural(misses->cut));
	if (unread > 0)
		fprintf(stream, "; %" PRIu64 " thing%s could not be read", unread,
			command_plural(unread));
	if (!state_sees_all_sockets(looking->state))
		fputs("; on this kernel, sockets that neither a process nor a message holds are "
		      "not seen",
		      stream);
	else if (state_misses_namespaces(looking->state))
		fputs("; some processes hide their network namespace: sockets there that none "
		      "holds are not seen",
		      stream);
}

uint64_t looking_missed(const struct looking *looking, const struct queue_reader_misses *misses)
{
	return misses->changed + misses->cut + misses->unread + state_lost(looking->state) +
	       rows_unwritten(looking->rows);
}
