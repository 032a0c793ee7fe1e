/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line. One table of options: what getopt_long() takes, --help, the completion of the
 * shell and the list in the manual page all come from it. A new option is an entry and a member.
 */
#ifndef FDPASS_OPTIONS_H
#define FDPASS_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "command/command.h"
#include "command/selection.h"
#include "command/target.h"
#include "core/field.h"
#include "host/http.h"

/* Where metrics are served, if nothing else is said. */
#define OPTIONS_LISTEN "127.0.0.1:9741"

struct options {
	const struct command *command;
	/* Any of these: it is done instead of the command. */
	bool help;
	bool version;
	bool list_fields;

	const char *output; /* a name of output_name() */
	const char *to; /* a file's name; NULL: standard output */
	const char *fields_text; /* --fields as given; NULL: not given */
	struct field_list fields; /* what is shown; empty: what the output shows by itself */
	struct selection selection;
	bool host;
	uint64_t timeout_s; /* 0: none */
	uint64_t max_entries; /* 0: no limit */
	uint64_t pending_after_s; /* 0: never */
	const char *way; /* a name of tracer_way_name(); NULL: the best */
	uint64_t buffer_size; /* bytes: a power of two */
	uint64_t max_memory; /* bytes, for what is in flight */
	bool system_calls; /* see tracer_options */
	const char *mount; /* NULL: not given */
	const char *operand; /* what follows the command; NULL: nothing */
	struct target target; /* what both mean, of fdpass holders */
	const char *by; /* what rows are summed up by: one of the command's; NULL: not given */
	const char *sort; /* a name of flow_order_name(); NULL: not given */
	uint64_t watch_s; /* 0: one look */
	uint64_t interval_s; /* between reports; 0: not given */
	uint64_t count; /* of reports; 0: no limit */
	bool fail_if_growing;
	struct http_address listen; /* where metrics are served */
	uint64_t max_series; /* of each metric */
	const char *color; /* "auto", "always", "never" */
	char *const *child_argv; /* COMMAND and what follows it, with a NULL behind; NULL: none */
};

/*
 * Read the command line, once in a process: getopt_long() has its state in globals. Returns 0, or
 * -EINVAL with *error_message set to a sentence (the caller frees it) that names the option, its value,
 * and what would be right, or -ENOMEM. `ret` borrows from argv; clear it in any case.
 */
int options_parse(struct options *ret, int argc, char **argv, char **error_message);
void options_clear(struct options *options);

/* Where in a filter the mistake is that options_parse() told of; nothing, if it is elsewhere. */
void options_print_place(const struct options *options, FILE *stream);
/* What --help prints of a command: it fits a screen of 80 columns and 24 lines. */
void options_print_help(FILE *stream, const struct command *command);
/* The list of options in reStructuredText, for the manual page. */
void options_print_reference(FILE *stream);
/* The completion for bash. */
void options_print_completion(FILE *stream);

#endif
