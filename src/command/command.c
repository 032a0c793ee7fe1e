// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of commands, and how they speak to the person at the terminal. */
#include "command/command.h"

#include <errno.h>
#include <langinfo.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/flow.h"
#include "core/grouping.h"
#include "core/text.h"

#define PATIENCE_MS 1000

const struct command command_table[] = {
	{ "trace", COMMAND_TRACE, trace_run, "show passes as they happen", .rows = ROW_PASS },
	{ "inflight", COMMAND_INFLIGHT, inflight_run, "show what is queued in sockets now",
	  .rows = ROW_QUEUED, .filtered = ROW_QUEUED, .by = grouping_name,
	  .by_columns = grouping_fields,
	  .columns = "receiver.socket_ino,socket_path,queue_length,queue_position,sender_user,"
		     "holders,file_type,file" },
	{ "holders", COMMAND_HOLDERS, holders_run,
	  "show who holds an open file, or what is on a mount",
	  .operand = "PID[:FD] | PATH | INODE@DEV | --mount PATH", .rows = ROW_HELD,
	  .filtered = ROW_HELD,
	  .columns = "held_as,same,proc.comm,proc.pid,fd,receiver.socket_ino,holders,file" },
	{ "leaks", COMMAND_LEAKS, leaks_run, "show what was received and is never closed",
	  .rows = ROW_LEAK, .filtered = ROW_LEAK,
	  .columns =
		  "proc.comm,proc.pid,receiver.comm,receiver.pid,receiver.socket_ino,copy,still_open,"
		  "per_hour,oldest_ns,limit_percent,forecast,file" },
	{ "top", COMMAND_TOP, top_run, "show who hands how much to whom, live", .rows = ROW_FLOW,
	  .filtered = ROW_PASS, .by = flow_grouping_name, .by_columns = flow_grouping_fields,
	  .columns = FLOW_COLUMNS },
	{ "metrics", COMMAND_METRICS, metrics_run,
	  "count passes, and serve the numbers to Prometheus", .rows = ROW_PASS },
	{ "doctor", COMMAND_DOCTOR, doctor_run, "tell what can be seen on this machine" },
};

const size_t nr_commands = sizeof(command_table) / sizeof(command_table[0]);

/* Escaped as a whole: our own words have nothing to escape, and what was given to us may. */
static char *escape(const char *text)
{
	size_t size = strlen(text);
	char *escaped = malloc(TEXT_ESCAPE_MAX(size));

	if (escaped)
		text_escape(escaped, text, size, strcmp(nl_langinfo(CODESET), "UTF-8") != 0);
	return escaped;
}

/* Whoever reads standard error may have stopped: what is not heard holds nothing up. */
static bool can_speak(void)
{
	struct pollfd listener = { .fd = STDERR_FILENO, .events = POLLOUT };

	return poll(&listener, 1, PATIENCE_MS) != 0;
}

void command_say(const char *format, ...)
{
	char *text = NULL, *escaped = NULL;
	va_list arguments;

	va_start(arguments, format);
	if (vasprintf(&text, format, arguments) >= 0)
		escaped = escape(text);
	va_end(arguments);
	if (can_speak())
		fprintf(stderr, "fdpass: %s\n", escaped ? escaped : "out of memory");
	free(escaped);
	free(text);
}

int command_flush(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return STATUS_OK;
	command_say("standard output: %s", strerror(errno));
	return STATUS_CANNOT;
}

const char *command_plural(uint64_t count)
{
	return count == 1 ? "" : "s";
}

void command_close(int fd)
{
	if (fd >= 0)
		close(fd);
}
