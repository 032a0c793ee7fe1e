// SPDX-License-Identifier: GPL-2.0-or-later
/* What is told about the options, all from their table: --help, the manual page, the completion. */
#include <stdlib.h>
#include <string.h>

#include "command/option_table.h"
#include "command/options.h"
#include "core/text.h"

/* The text as it can be shown, a byte a column. Returns the column of a place in it. */
static size_t show_text(char *ret, const char *text, size_t place)
{
	size_t column = place;
	bool plain = true;

	for (const char *at = text; *at; at++)
		plain &= (unsigned char)*at < 0x80 && text_printable((unsigned char)*at);
	if (plain) {
		strcpy(ret, text);
	} else {
		column = text_escape(ret, text, place, true);
		text_escape(ret + column, text + place, strlen(text + place), true);
	}
	return column;
}

/* A caret below the place. What fits no line is cut. */
void options_print_place(const struct options *options, FILE *stream)
{
	const char *text = options->selection.wrong_filter;
	size_t column, left_out;
	char *shown;

	if (!text)
		return;
	shown = malloc(TEXT_ESCAPE_MAX(strlen(text)));
	if (!shown)
		return;
	column = show_text(shown, text, options->selection.wrong_place);
	left_out = column > 48 ? column - 32 : 0;
	fprintf(stream, "  %s%.64s\n", left_out ? "..." : "", shown + left_out);
	fprintf(stream, "  %*s^\n", (int)(column - left_out) + (left_out ? 3 : 0), "");
	free(shown);
}

/* What stands before and behind an argument: it may be missing, or it may not. */
static const char *const brackets[][2] = { { " ", "" }, { " [", "]" } };

/* As it is written: "--output FORMAT", "--cross [WHAT]". */
static void write_option(char *ret, size_t size, const struct option_entry *entry)
{
	const char *const *around = brackets[entry->may_lack];

	if (entry->argument)
		snprintf(ret, size, "--%s%s%s%s", entry->name, around[0], entry->argument,
			 around[1]);
	else
		snprintf(ret, size, "--%s", entry->name);
}

static void print_option_help(FILE *stream, const struct option_entry *entry)
{
	char left[32];

	write_option(left, sizeof(left), entry);
	fprintf(stream, "  %c%c%c %-24s%s\n", entry->letter ? '-' : ' ',
		entry->letter ? entry->letter : ' ', entry->letter ? ',' : ' ', left, entry->help);
}

void options_print_help(FILE *stream, const struct command *command)
{
	if (command == &command_table[0])
		fputs("fdpass shows every file descriptor that one process hands to another.\n"
		      "  fdpass                       each pass on this machine, until Ctrl-C\n"
		      "  fdpass -- COMMAND [ARG...]   those of a command and of its descendants\n"
		      "  fdpass --pid 1234 -o json    what a process sends and receives, as JSON\n"
		      "  fdpass inflight              what is queued in sockets now (inflight --help)\n"
		      "  fdpass doctor                what can be seen on this machine, and why\n"
		      "\n",
		      stream);
	else
		fprintf(stream, "fdpass %s: %s.\n%s%s\n", command->name, command->help,
			command->operand ? "  " : "", command->operand ? command->operand : "");
	for (size_t i = 0; i < nr_options; i++) {
		if (!option_table[i].unlisted && option_table[i].commands & command->bit)
			print_option_help(stream, &option_table[i]);
	}
}

/* In bold and italics. */
static void print_written(FILE *stream, const char *dashes, const char *name,
			  const struct option_entry *entry)
{
	const char *const *around = brackets[entry->may_lack];

	fprintf(stream, "**%s%s**", dashes, name);
	if (entry->argument)
		fprintf(stream, "%s*%s*%s", around[0], entry->argument, around[1]);
}

void options_print_reference(FILE *stream)
{
	for (size_t i = 0; i < nr_options; i++) {
		const struct option_entry *entry = &option_table[i];
		const char letter[] = { entry->letter, '\0' };

		if (entry->letter != '\0') {
			print_written(stream, "-", letter, entry);
			fputs(", ", stream);
		}
		print_written(stream, "--", entry->name, entry);
		fprintf(stream, "\n  %s.\n\n", entry->help);
	}
}

/* An option as it is written: "--output", or "-o | --output" as a pattern of the shell. */
static void print_pattern(FILE *stream, const struct option_entry *entry)
{
	if (entry->letter != '\0')
		fprintf(stream, "-%c | ", entry->letter);
	fprintf(stream, "--%s", entry->name);
}

/* What an option's argument can be; nothing is offered where it can be anything. */
static void print_argument_case(FILE *stream, const struct option_entry *entry)
{
	fputc('\t', stream);
	print_pattern(stream, entry);
	fputs(")\n", stream);
	if (entry->choice) {
		fputs("\t\tmapfile -t COMPREPLY < <(compgen -W '", stream);
		for (size_t i = 0; entry->choice(i); i++)
			fprintf(stream, "%s%s", i > 0 ? " " : "", entry->choice(i));
		fputs("' -- \"$current\")\n", stream);
	} else if (entry->takes_fields) {
		fputs("\t\t_fdpass_fields\n", stream);
	}
	fputs("\t\treturn\n\t\t;;\n", stream);
}

/* The fields of the last item of a list: what stands before it is kept. */
static void print_fields_function(FILE *stream)
{
	fputs("_fdpass_fields()\n{\n"
	      "\tlocal kept=\"\" last=\"${current#[\\\"\\']}\"\n\n" /* without a quote that is open */
	      "\tif [[ $last == *,* ]]; then\n"
	      "\t\tkept=\"${last%,*},\"\n\t\tlast=\"${last##*,}\"\n\tfi\n"
	      "\tif [[ $last == [+-]* ]]; then\n"
	      "\t\tkept+=\"${last:0:1}\"\n\t\tlast=\"${last:1}\"\n\tfi\n"
	      "\tcompopt -o nospace\n"
	      "\tmapfile -t COMPREPLY < <(compgen -P \"$kept\" -W '\n",
	      stream);
	for (unsigned int kind = 0; kind < NR_ROW_KINDS; kind++) {
		const struct field *field;

		for (size_t i = 0; (field = field_of(kind, i)); i++) {
			if (!field_is_older(field, kind))
				fprintf(stream, "\t\t%s\n", field->name);
		}
	}
	fputs("\t\t' -- \"$last\")\n}\n\n", stream);
}

void options_print_completion(FILE *stream)
{
	fputs("# Completion of fdpass for bash; made from its table of options.\n", stream);
	print_fields_function(stream);
	fputs("_fdpass()\n{\n"
	      "\tlocal current=\"${COMP_WORDS[COMP_CWORD]}\" i\n\n"
	      "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	      "\t\tif [[ ${COMP_WORDS[i]} == -- ]]; then\n"
	      "\t\t\t_command_offset $((i + 1))\n\t\t\treturn\n\t\tfi\n\tdone\n"
	      "\tcase \"${COMP_WORDS[COMP_CWORD - 1]}\" in\n",
	      stream);
	for (size_t i = 0; i < nr_options; i++) {
		if (option_table[i].argument)
			print_argument_case(stream, &option_table[i]);
	}
	fputs("\tesac\n\tmapfile -t COMPREPLY < <(compgen -W '\n", stream);
	for (size_t i = 0; i < nr_commands; i++)
		fprintf(stream, "\t\t%s\n", command_table[i].name);
	for (size_t i = 0; i < nr_options; i++) {
		if (option_table[i].letter != '\0')
			fprintf(stream, "\t\t-%c\n", option_table[i].letter);
		fprintf(stream, "\t\t--%s\n", option_table[i].name);
	}
	fputs("\t\t--\n\t\t' -- \"$current\")\n}\n\ncomplete -F _fdpass fdpass\n", stream);
}
