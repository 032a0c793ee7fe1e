// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of options, and how their arguments are read. */
#include "command/option_table.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/number.h"
#include "command/options.h"
#include "core/text.h"
#include "host/tracer.h"
#include "output/output.h"

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* PID_MAX_LIMIT of linux/threads.h, on 64 bits. */
#define PID_MOST 4194304
/* (uid_t)-1 is no user. */
#define UID_MOST (UINT32_MAX - 1)
/* Events of 253 descriptors with long paths need one of 64 KiB; the kernel's own limit is 2 GiB. */
#define BUFFER_LEAST (UINT64_C(256) << 10)
#define BUFFER_MOST (UINT64_C(1) << 30)

int option_refuse(char **error_message, const char *format, ...)
{
	va_list arguments;
	int size;

	va_start(arguments, format);
	size = vasprintf(error_message, format, arguments);
	va_end(arguments);
	return size < 0 ? -ENOMEM : -EINVAL;
}

const char *option_suggest(const char *mistyped, const char *(*word)(size_t index))
{
	size_t least = strlen(mistyped) / 3 + 1;
	const char *nearest = NULL;

	for (size_t i = 0; word(i); i++) {
		size_t distance = text_distance(mistyped, word(i));

		if (distance < least || (distance == least && !nearest)) {
			least = distance;
			nearest = word(i);
		}
	}
	return nearest;
}

static int refuse_number(const struct option_entry *entry, const char *value, char **error_message)
{
	return option_refuse(error_message, "--%s: '%s' is not %s (%llu to %llu)", entry->name,
			     value, entry->what, (unsigned long long)entry->least,
			     (unsigned long long)entry->most);
}

static int parse_number(const struct option_entry *entry, const char *value, void *member,
			char **error_message)
{
	if (number_parse(value, entry->least, entry->most, member) < 0)
		return refuse_number(entry, value, error_message);
	return 0;
}

static int parse_numbers(const struct option_entry *entry, const char *value, void *member,
			 char **error_message)
{
	struct number_list *list = member;
	char *items, *rest, *item;
	int error = 0;

	items = rest = strdup(value);
	if (!items)
		return -ENOMEM;
	list->count = 0;
	while (error == 0 && (item = strsep(&rest, ","))) {
		uint64_t number;

		if (number_parse(item, entry->least, entry->most, &number) < 0)
			error = refuse_number(entry, item, error_message);
		else if (list->count == NUMBER_LIST_MAX)
			error = option_refuse(error_message, "--%s: there are more than %d in '%s'",
					      entry->name, NUMBER_LIST_MAX, value);
		else
			list->numbers[list->count++] = (uint32_t)number;
	}
	free(items);
	return error;
}

static int parse_buffer_size(const struct option_entry *entry, const char *value, void *member,
			     char **error_message)
{
	uint64_t size;

	if (number_parse_size(value, entry->least, entry->most, &size) < 0 ||
	    (size & (size - 1)) != 0)
		return option_refuse(
			error_message,
			"--%s: '%s' is not a power of two from %lluK to %lluM, like 8M",
			entry->name, value, (unsigned long long)entry->least >> 10,
			(unsigned long long)entry->most >> 20);
	*(uint64_t *)member = size;
	return 0;
}

static int parse_text(const struct option_entry *entry, const char *value, void *member,
		      char **error_message)
{
	(void)entry;
	(void)error_message;
	*(const char **)member = value;
	return 0;
}

static int parse_file(const struct option_entry *entry, const char *value, void *member,
		      char **error_message)
{
	if (*value == '\0')
		return option_refuse(error_message, "--%s: its argument is empty", entry->name);
	return parse_text(entry, value, member, error_message);
}

/* The name up to the next comma; "\," is a comma in it. *text is behind it then. */
static void take_name(char *name, const char **text)
{
	while (**text != '\0' && **text != ',') {
		*text += (*text)[0] == '\\' && (*text)[1] == ',';
		*name++ = *(*text)++;
	}
	*name = '\0';
}

static int add_name(const struct option_entry *entry, struct name_list *list, const char *name,
		    const char *value, char **error_message)
{
	if (*name == '\0')
		return option_refuse(error_message, "--%s: a name is missing in '%s'", entry->name,
				     value);
	if (strlen(name) >= EVENT_COMM_LEN)
		return option_refuse(
			error_message,
			"--%s: '%s' is too long: the kernel keeps %d bytes of a name, '%.*s'",
			entry->name, name, EVENT_COMM_LEN - 1, EVENT_COMM_LEN - 1, name);
	if (list->count == NAME_LIST_MAX)
		return option_refuse(error_message, "--%s: there are more than %d in '%s'",
				     entry->name, NAME_LIST_MAX, value);
	strcpy(list->names[list->count++], name);
	return 0;
}

static int parse_names(const struct option_entry *entry, const char *value, void *member,
		       char **error_message)
{
	struct name_list *list = member;
	const char *rest = value;
	char *name;
	int error = 0;

	if (*value == '\0')
		return option_refuse(error_message, "--%s: its argument is empty", entry->name);
	name = malloc(strlen(value) + 1);
	if (!name)
		return -ENOMEM;
	list->count = 0;
	do {
		take_name(name, &rest);
		error = add_name(entry, list, name, value, error_message);
	} while (error == 0 && *rest++ == ',');
	free(name);
	return error;
}

static int parse_choice(const struct option_entry *entry, const char *value, void *member,
			char **error_message)
{
	char names[128] = "";
	size_t size = 0;
	const char *near;

	for (size_t i = 0; entry->choice(i); i++) {
		if (strcmp(entry->choice(i), value) == 0) {
			*(const char **)member = entry->choice(i);
			return 0;
		}
		size += (size_t)snprintf(names + size, sizeof(names) - size, "%s%s",
					 i > 0 ? ", " : "", entry->choice(i));
	}
	near = option_suggest(value, entry->choice);
	if (near)
		return option_refuse(error_message, "--%s: '%s' is none of %s; did you mean '%s'?",
				     entry->name, value, names, near);
	return option_refuse(error_message, "--%s: '%s' is none of %s", entry->name, value, names);
}

static const char *color_name(size_t index)
{
	static const char *const names[] = { "auto", "always", "never" };

	return index < ARRAY_SIZE(names) ? names[index] : NULL;
}

#define SECONDS "a whole number of seconds"
#define MEMBER(member) .offset = offsetof(struct options, member)

const struct option_entry option_table[] = {
	{ "output", 'o', "FORMAT", COMMAND_TRACE, parse_choice, MEMBER(output),
	  .choice = output_name, .help = "columns, json, jsonpretty or yaml" },
	{ "to", 0, "FILE", COMMAND_TRACE, parse_file, MEMBER(to),
	  .help = "write there, not to standard output" },
	{ "fields", 0, "LIST", COMMAND_TRACE, parse_text, MEMBER(fields_text),
	  .help = "what to show: a,b, or +a,-b to change the default" },
	{ "list-fields", 0, NULL, COMMAND_ALL, NULL, MEMBER(list_fields),
	  .help = "list all fields" },
	{ "pid", 0, "PID[,PID]", COMMAND_TRACE, parse_numbers, MEMBER(selection.pids),
	  .what = "a process id", .least = 1, .most = PID_MOST,
	  .help = "only what these processes send or receive" },
	{ "target_pid", 0, "PID", COMMAND_TRACE, parse_number, MEMBER(selection.sender_pid),
	  .what = "a process id", .least = 1, .most = PID_MOST,
	  .help = "only what this process sends" },
	{ "comm", 0, "NAME[,NAME]", COMMAND_TRACE, parse_names, MEMBER(selection.comms),
	  .help = "only with threads of these names on either side" },
	{ "uid", 0, "UID[,UID]", COMMAND_TRACE, parse_numbers, MEMBER(selection.uids),
	  .what = "a user id", .least = 0, .most = UID_MOST,
	  .help = "only with these users on either side" },
	{ "host", 0, NULL, COMMAND_TRACE, NULL, MEMBER(host),
	  .help = "the host's processes too: this is the default", .unlisted = true },
	{ "timeout", 0, "SECONDS", COMMAND_TRACE, parse_number, MEMBER(timeout_s), .what = SECONDS,
	  .least = 0, .most = INT32_MAX, .help = "end after so long; 0: go on (the default)" },
	{ "max-entries", 0, "N", COMMAND_TRACE, parse_number, MEMBER(max_entries),
	  .what = "a number of rows", .least = 1, .most = INT64_MAX, .help = "end after N rows" },
	{ "pending-after", 0, "SECONDS", COMMAND_TRACE, parse_number, MEMBER(pending_after_s),
	  .what = SECONDS, .least = 1, .most = INT32_MAX,
	  .help = "show also what is queued for so long" },
	{ "attach", 0, "WAY", COMMAND_TRACE, parse_choice, MEMBER(way), .choice = tracer_way_name,
	  .help = "fentry, kprobe or tracepoint, not the best one" },
	{ "buffer-size", 0, "SIZE", COMMAND_TRACE, parse_buffer_size, MEMBER(buffer_size),
	  .least = BUFFER_LEAST, .most = BUFFER_MOST,
	  .help = "of the ring buffer, a power of two (default: 8M)" },
	{ "color", 0, "WHEN", COMMAND_TRACE, parse_choice, MEMBER(color), .choice = color_name,
	  .help = "auto, always or never" },
	{ "help", 'h', NULL, COMMAND_ALL, NULL, MEMBER(help), .help = "this text" },
	{ "version", 'V', NULL, COMMAND_ALL, NULL, MEMBER(version), .help = "the version" },
};

_Static_assert(ARRAY_SIZE(option_table) <= OPTIONS_MOST, "getopt has room for all");

const size_t nr_options = ARRAY_SIZE(option_table);

const char *option_name(size_t index)
{
	return index < nr_options ? option_table[index].name : NULL;
}
