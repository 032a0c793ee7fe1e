// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of commands, and how they speak to the person at the terminal. */
#include "command/command.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const struct command command_table[] = {
	{ "trace", COMMAND_TRACE, trace_run, "show passes as they happen" },
	{ "doctor", COMMAND_DOCTOR, doctor_run, "tell what can be seen on this machine" },
};

const size_t nr_commands = sizeof(command_table) / sizeof(command_table[0]);

void command_say(const char *format, ...)
{
	va_list arguments;

	fputs("fdpass: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	putc('\n', stderr);
}

int command_flush(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return STATUS_OK;
	command_say("standard output: %s", strerror(errno));
	return STATUS_CANNOT;
}
