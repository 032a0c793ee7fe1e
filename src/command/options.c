// SPDX-License-Identifier: GPL-2.0-or-later
/* The command line: how it is read. */
#include "command/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "command/option_table.h"
#include "core/text.h"
#include "host/regex.h"
#include "output/output.h"

/* Of the ring: 20 messages of 253 descriptors with long paths, while nobody reads. */
#define BUFFER_DEFAULT (UINT64_C(8) << 20)

/* What getopt_long() returns for an option: its place in the table, behind all characters. */
#define FIRST_CODE 256
/* What it returns for an argument that is no option, as asked for by "-". */
#define OPERAND 1

struct getopt_tables {
	struct option longs[OPTIONS_MOST + 1];
	char shorts[2 + 2 * OPTIONS_MOST + 1];
};

static int kind_of_argument(const struct option_entry *entry)
{
	if (!entry->argument)
		return no_argument;
	return entry->may_lack ? optional_argument : required_argument;
}

static void make_getopt_tables(struct getopt_tables *ret)
{
	/* Operands where they stand; a missing argument is told apart; nothing is printed. */
	char *shorts = stpcpy(ret->shorts, "-:");

	for (size_t i = 0; i < nr_options; i++) {
		ret->longs[i] = (struct option){
			.name = option_table[i].name,
			.has_arg = kind_of_argument(&option_table[i]),
			.val = FIRST_CODE + (int)i,
		};
		if (option_table[i].letter != '\0')
			*shorts++ = option_table[i].letter;
		if (option_table[i].letter != '\0' && option_table[i].argument)
			*shorts++ = ':';
	}
	*shorts = '\0';
	ret->longs[nr_options] = (struct option){ 0 };
}

/* The entry of what getopt_long() returned, or put into optopt; NULL: there is none. */
static const struct option_entry *entry_of(int code)
{
	if (code >= FIRST_CODE)
		return &option_table[code - FIRST_CODE];
	for (size_t i = 0; i < nr_options; i++) {
		if (code != '\0' && option_table[i].letter == code)
			return &option_table[i];
	}
	return NULL;
}

static const char *command_name(size_t index)
{
	return index < nr_commands ? command_table[index].name : NULL;
}

/* A beginning of several options. */
static int refuse_ambiguous(const char *name, char **error_message)
{
	char names[256] = "";
	size_t size = 0;

	for (size_t i = 0; i < nr_options; i++) {
		if (strncmp(option_table[i].name, name, strlen(name)) == 0 && size < sizeof(names))
			size += (size_t)snprintf(names + size, sizeof(names) - size, "%s--%s",
						 size > 0 ? ", " : "", option_table[i].name);
	}
	return text_refuse(error_message, "--%s: could be %s", name, names);
}

/* getopt_long() returned '?': an option that there is not, or an argument where none belongs. */
static int refuse_option(const char *given, int code, char **error_message)
{
	const struct option_entry *entry = entry_of(code);
	const char *near, *equals;
	size_t nr_matches = 0;
	char *name;
	int error;

	if (entry)
		return text_refuse(error_message, "--%s: takes no argument", entry->name);
	if (code != 0)
		return text_refuse(error_message,
				   "-%c: there is no such option; fdpass --help lists them", code);
	given += strlen("--");
	equals = strchrnul(given, '=');
	name = strndup(given, (size_t)(equals - given));
	if (!name)
		return -ENOMEM;
	for (size_t i = 0; i < nr_options; i++)
		nr_matches += strncmp(option_table[i].name, name, strlen(name)) == 0;
	near = option_suggest(name, option_name);
	if (nr_matches > 1)
		error = refuse_ambiguous(name, error_message);
	else if (near)
		error = text_refuse(error_message,
				    "--%s: there is no such option; did you mean '--%s'?", name,
				    near);
	else
		error = text_refuse(error_message,
				    "--%s: there is no such option; fdpass --help lists them",
				    name);
	free(name);
	return error;
}

static int refuse_missing(const struct option_entry *entry, char **error_message)
{
	return text_refuse(error_message, "--%s: its argument is missing: --%s %s", entry->name,
			   entry->name, entry->argument);
}

/* An argument that is no option: the command, before anything else, and what that takes. */
static int parse_operand(struct options *options, const char *text, char **error_message)
{
	const char *near;

	if (options->command && options->command->operand && !options->operand) {
		options->operand = text;
		return 0;
	}
	if (options->command && options->command->bit != COMMAND_TRACE)
		return text_refuse(error_message, "'%s' is too much for fdpass %s", text,
				   options->command->name);
	if (options->command)
		return text_refuse(
			error_message,
			"'%s' is too much; to trace a command: fdpass [OPTIONS] -- COMMAND", text);
	for (size_t i = 0; i < nr_commands; i++) {
		if (strcmp(command_table[i].name, text) == 0) {
			options->command = &command_table[i];
			return 0;
		}
	}
	near = option_suggest(text, command_name);
	if (near)
		return text_refuse(error_message, "there is no command '%s'; did you mean '%s'?",
				   text, near);
	return text_refuse(
		error_message,
		"there is no command '%s'; to trace a command: fdpass [OPTIONS] -- COMMAND", text);
}

static int parse_option(struct options *options, const struct option_entry *entry,
			const char *value, char **error_message)
{
	void *member = (char *)options + entry->offset;

	if (entry->parse)
		return entry->parse(entry, value, member, error_message);
	*(bool *)member = true;
	return 0;
}

/* For getopt_long(), an argument that may be missing has to stand behind a "=". */
static const char *find_argument(const struct option_entry *entry, int argc, char **argv)
{
	if (!optarg && entry->may_lack && optind < argc &&
	    option_is_list_of_choices(entry, argv[optind]))
		return argv[optind++];
	return optarg;
}

/* Which options belong to the command is known only when all were read: it may come last. */
static int check_commands(const struct options *options, uint64_t given, char **error_message)
{
	for (size_t i = 0; i < nr_options; i++) {
		if (given & (UINT64_C(1) << i) &&
		    !(option_table[i].commands & options->command->bit))
			return text_refuse(error_message, "--%s: is not an option of fdpass %s",
					   option_table[i].name, options->command->name);
	}
	return 0;
}

/* What there is to sum up by is the command's. */
static int check_by(const struct options *options, char **error_message)
{
	for (size_t i = 0; options->by && options->command->by(i); i++) {
		if (strcmp(options->command->by(i), options->by) == 0)
			return 0;
	}
	return options->by ? option_refuse_choice("by", options->by, options->command->by,
						  error_message) :
			     0;
}

/* The columns of the command's table, as a value of --fields. NULL: no memory. */
static char *columns_of(const struct options *options)
{
	const char *columns = options->by ? options->command->by_columns(options->by) :
					    options->command->columns;
	char *text;

	return asprintf(&text, "%s%s%s", options->watch_s ? "change," : "",
			options->interval_s ? "report," : "", columns) < 0 ?
		       NULL :
		       text;
}

/* What is shown where --fields is not given. */
static int default_fields(const struct options *options, struct field_list *ret)
{
	char *text, *reason = NULL;
	int error;

	if (!options->command->columns || !output_is_table(options->output))
		return output_default_fields(options->output, options->command->rows, ret);
	text = columns_of(options);
	if (!text)
		return -ENOMEM;
	error = field_select(ret, NULL, text, &reason);
	free(reason);
	free(text);
	return error;
}

static int refuse_foreign(const struct options *options, const char *option,
			  const struct field *field, char **error_message)
{
	return text_refuse(error_message, "--%s: '%s' is not a field of fdpass %s", option,
			   field->name, options->command->name);
}

static int check_fields(struct options *options, char **error_message)
{
	struct field_list defaults;
	char *reason = NULL;
	int error = default_fields(options, &defaults);

	if (error == 0 && options->fields_text)
		error = field_select(&options->fields, &defaults, options->fields_text, &reason);
	else if (options->command->columns)
		options->fields = defaults;
	if (error == -EINVAL)
		error = text_refuse(error_message, "--fields: %s", reason);
	free(reason);
	for (size_t i = 0; i < options->fields.count && error == 0; i++) {
		if (!field_is_of(options->fields.fields[i], options->command->rows))
			error = refuse_foreign(options, "fields", options->fields.fields[i],
					       error_message);
	}
	return error;
}

static int check_filter(const struct options *options, char **error_message)
{
	const struct command *command = options->command;
	const struct field *foreign =
		filter_foreign_field(options->selection.filter, command->filtered);

	if (foreign && field_is_of(foreign, command->rows))
		return text_refuse(error_message,
				   "--filter: '%s' is known of rows, and fdpass %s chooses passes",
				   foreign->name, command->name);
	return foreign ? refuse_foreign(options, "filter", foreign, error_message) : 0;
}

/* What follows "--". */
static int check_child(struct options *options, char **rest, char **error_message)
{
	if (!*rest)
		return text_refuse(error_message, "a command is missing behind '--'");
	if (options->command->bit != COMMAND_TRACE)
		return text_refuse(error_message, "fdpass %s runs no command: '%s' is too much",
				   options->command->name, *rest);
	options->child_argv = rest;
	options->selection.traced = true;
	return 0;
}

_Static_assert(OPTIONS_MOST <= 64, "a bit for each option");

static int parse_all(struct options *options, int argc, char **argv, char **error_message)
{
	struct getopt_tables tables;
	uint64_t given = 0;
	int before = 1, code, error = 0;

	make_getopt_tables(&tables);
	opterr = 0;
	while (error == 0 &&
	       (code = getopt_long(argc, argv, tables.shorts, tables.longs, NULL)) != -1) {
		const struct option_entry *entry = entry_of(code == ':' ? optopt : code);

		if (code == OPERAND)
			error = parse_operand(options, optarg, error_message);
		else if (!entry)
			error = refuse_option(argv[optind - 1], optopt, error_message);
		else if (code == ':')
			error = refuse_missing(entry, error_message);
		else
			error = parse_option(options, entry, find_argument(entry, argc, argv),
					     error_message);
		if (entry)
			given |= UINT64_C(1) << (entry - option_table);
		before = optind;
	}
	if (error < 0)
		return error;
	if (!options->command)
		options->command = &command_table[0];
	error = check_commands(options, given, error_message);
	/* The "--" itself was passed over, and nothing else was. */
	if (error == 0 && optind > before)
		error = check_child(options, argv + optind, error_message);
	return error;
}

int options_parse(struct options *ret, int argc, char **argv, char **error_message)
{
	struct options options = {
		.output = output_name(0),
		.buffer_size = BUFFER_DEFAULT,
		.max_memory = UINT64_C(256) << 20,
		.max_series = 2000,
		.color = "auto",
	};
	int error;

	http_parse_address(&options.listen, OPTIONS_LISTEN);
	error = filter_new(&options.selection.filter, &regex_ops);
	if (error == 0)
		error = parse_all(&options, argc, argv, error_message);
	if (error == 0)
		error = check_by(&options, error_message);
	if (error == 0)
		error = check_fields(&options, error_message);
	if (error == 0)
		error = check_filter(&options, error_message);
	if (error == 0 && options.command->operand && !options.help && !options.list_fields)
		error = target_parse(&options.target, options.operand, options.mount,
				     error_message);
	*ret = options;
	return error;
}

void options_clear(struct options *options)
{
	filter_free(options->selection.filter);
}
