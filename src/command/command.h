/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands of fdpass: a table. A new command is an entry in it, a bit here, and a file. */
#ifndef FDPASS_COMMAND_H
#define FDPASS_COMMAND_H

#include <stddef.h>
#include <stdint.h>

#include "core/field.h"

struct options;

/* What fdpass itself exits with; `fdpass -- COMMAND` exits with the command's own status. */
enum exit_status {
	STATUS_OK = 0,
	STATUS_CANNOT = 1, /* could not run, or not to the end */
	STATUS_USAGE = 2,
	STATUS_LOST = 3, /* ran, and events were lost */
	STATUS_FOUND = 4, /* ran, and found what --fail-if-growing looks for */
	STATUS_NOT_EXECUTABLE = 126, /* COMMAND, as shells have it */
	STATUS_NOT_FOUND = 127,
};

/* Bits for the commands that an option belongs to. */
enum command_bit {
	COMMAND_TRACE = 1 << 0,
	COMMAND_DOCTOR = 1 << 1,
	COMMAND_INFLIGHT = 1 << 2,
	COMMAND_HOLDERS = 1 << 3,
	COMMAND_LEAKS = 1 << 4,
	COMMAND_TOP = 1 << 5,
	COMMAND_METRICS = 1 << 6,
	/* That see passes. */
	COMMAND_TRACING = COMMAND_TRACE | COMMAND_LEAKS | COMMAND_TOP | COMMAND_METRICS,
	/* That print rows. */
	COMMAND_ROWS = COMMAND_TRACE | COMMAND_LEAKS | COMMAND_TOP | COMMAND_INFLIGHT |
		       COMMAND_HOLDERS,
	COMMAND_CHOOSING = COMMAND_TRACING |
			   COMMAND_ROWS, /* that are about some rows, and not others */
	COMMAND_ALL = COMMAND_CHOOSING | COMMAND_DOCTOR,
};

struct command {
	const char *name;
	enum command_bit bit;
	int (*run)(const struct options *options); /* returns an exit status */
	const char *help; /* one sentence without a full stop */
	const char *operand; /* what --help calls it; NULL: it takes none */
	enum row_kind rows;
	enum row_kind filtered; /* what --filter and the like choose among; the rows, or passes */
	const char *columns; /* a value of --fields; NULL: those that the table of fields shows */
	/* What --by can name, NULL when index is past the last, and the columns then; NULL: it has no such option. */
	const char *(*by)(size_t index);
	const char *(*by_columns)(const char *name);
};

/* The first is the one that runs where none is named. */
extern const struct command command_table[];
extern const size_t nr_commands;

/* One per file of this folder. */
int trace_run(const struct options *options);
int doctor_run(const struct options *options);
int inflight_run(const struct options *options);
int holders_run(const struct options *options);
int leaks_run(const struct options *options);
int top_run(const struct options *options);
int metrics_run(const struct options *options);

/* Write out what was printed. Returns STATUS_OK, or STATUS_CANNOT, and has said why. */
int command_flush(void);

/*
 * A line on standard error, with the program's name before it. What is no printable text, as what was
 * given on the command line can be, is escaped.
 */
__attribute__((format(printf, 1, 2))) void command_say(const char *format, ...);

/* "s" where there are several, or none. */
const char *command_plural(uint64_t count);

/* Close a descriptor, if it is one: a negative number is none. */
void command_close(int fd);

#endif
