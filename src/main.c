// SPDX-License-Identifier: GPL-2.0-or-later
/* fdpass: every file descriptor that one process hands to another. */
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command/command.h"
#include "command/options.h"
#include "output/output.h"

/* What is asked of the program itself, not of a command. */
static int print_about(const struct options *options)
{
	int r = 0;

	if (options->help)
		options_print_help(stdout, options->command);
	else if (options->version)
		printf("fdpass %s\n", FDPASS_VERSION);
	else
		r = output_field_help(stdout, options->command->rows);
	if (r < 0) { /* more than fits into the buffer was written */
		command_say("standard output: %s", strerror(-r));
		return STATUS_CANNOT;
	}
	return command_flush();
}

/*
 * Where a standard stream is closed, no file of ours may take its place: rows would be written into
 * it. What does cannot be used, so that the error is the same, and is not handed to a command.
 */
static void occupy_standard_streams(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) < 0)
			open("/dev/null", (fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) | O_CLOEXEC);
	}
}

int main(int argc, char **argv)
{
	struct options options;
	char *error_message = NULL;
	int status;

	occupy_standard_streams();
	/* Only how characters are written: numbers stay as JSON has them. */
	setlocale(LC_CTYPE, "");
	/* A line is one write, not mixed with what a traced command says. */
	setvbuf(stderr, NULL, _IOLBF, 0);
	if (options_parse(&options, argc, argv, &error_message) < 0) {
		command_say("%s", error_message ? error_message : "out of memory");
		options_print_place(&options, stderr);
		options_clear(&options);
		free(error_message);
		return STATUS_USAGE;
	}
	if (options.help || options.version || options.list_fields)
		status = print_about(&options);
	else
		status = options.command->run(&options);
	options_clear(&options);
	return status;
}
