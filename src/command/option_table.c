// SPDX-License-Identifier: GPL-2.0-or-later
/* The table of options, and how their arguments are read. */
#include "command/option_table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/number.h"
#include "command/options.h"
#include "core/array.h"
#include "core/cross.h"
#include "core/flow.h"
#include "core/text.h"
#include "host/tracer.h"
#include "output/output.h"

/* PID_MAX_LIMIT of linux/threads.h, on 64 bits. */
#define PID_MOST 4194304
/* (uid_t)-1 is no user. */
#define UID_MOST (UINT32_MAX - 1)
/* Events of 253 descriptors with long paths need one of 64 KiB; the kernel's own limit is 2 GiB. */
#define BUFFER_LEAST (UINT64_C(256) << 10)
#define BUFFER_MOST (UINT64_C(1) << 30)

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
	return text_refuse(error_message, "--%s: '%s' is not %s (%llu to %llu)", entry->name, value,
			   entry->what, (unsigned long long)entry->least,
			   (unsigned long long)entry->most);
}

static int parse_number(const struct option_entry *entry, const char *value, void *member,
			char **error_message)
{
	if (number_parse(value, entry->least, entry->most, member) < 0)
		return refuse_number(entry, value, error_message);
	return 0;
}

static int parse_memory(const struct option_entry *entry, const char *value, void *member,
			char **error_message)
{
	if (number_parse_size(value, entry->least, entry->most, member) < 0)
		return text_refuse(error_message,
				   "--%s: '%s' is not a size of 1M and more, like 256M",
				   entry->name, value);
	return 0;
}

static int parse_buffer_size(const struct option_entry *entry, const char *value, void *member,
			     char **error_message)
{
	uint64_t size;

	if (number_parse_size(value, entry->least, entry->most, &size) < 0 ||
	    (size & (size - 1)) != 0)
		return text_refuse(error_message,
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
		return text_refuse(error_message, "--%s: its argument is empty", entry->name);
	return parse_text(entry, value, member, error_message);
}

static int parse_address(const struct option_entry *entry, const char *value, void *member,
			 char **error_message)
{
	if (http_parse_address(member, value) < 0)
		return text_refuse(error_message,
				   "--%s: '%s' is not an address and a port in numbers, like "
				   "0.0.0.0:9741 or [::1]:9741",
				   entry->name, value);
	return 0;
}

static int parse_words(const struct option_entry *entry, const char *value, void *member,
		       char **error_message)
{
	const struct filter_words words = {
		.fields = { entry->fields[0], entry->fields[1] },
		.what = entry->what,
		.least = entry->least,
		.most = entry->most,
	};
	const struct selection *selection = member;
	char *reason = NULL;
	int error = filter_add_words(selection->filter, &words, value, &reason);

	if (error == -EINVAL)
		error = text_refuse(error_message, "--%s: %s", entry->name, reason);
	free(reason);
	return error;
}

/* Rows in which one of the fields is there. */
static int parse_some(const struct option_entry *entry, const char *value, void *member,
		      char **error_message)
{
	const struct selection *selection = member;

	(void)value;
	(void)error_message;
	return filter_add_some(selection->filter, entry->fields);
}

static int parse_filter(const struct option_entry *entry, const char *value, void *member,
			char **error_message)
{
	struct selection *selection = member;
	struct filter_error filter_error;
	int error = filter_add(selection->filter, value, &filter_error);

	if (error == -EINVAL) {
		selection->wrong_filter = value;
		selection->wrong_place = filter_error.place;
		error = text_refuse(error_message, "--%s: %s", entry->name, filter_error.message);
	}
	free(filter_error.message);
	return error;
}

int option_refuse_choice(const char *name, const char *value, const char *(*choice)(size_t index),
			 char **error_message)
{
	char names[128] = "";
	size_t size = 0;
	const char *near;

	for (size_t i = 0; choice(i); i++)
		size += (size_t)snprintf(names + size, sizeof(names) - size, "%s%s",
					 i > 0 ? ", " : "", choice(i));
	near = option_suggest(value, choice);
	if (near)
		return text_refuse(error_message, "--%s: '%s' is none of %s; did you mean '%s'?",
				   name, value, names, near);
	return text_refuse(error_message, "--%s: '%s' is none of %s", name, value, names);
}

static int refuse_choice(const struct option_entry *entry, const char *value, char **error_message)
{
	return option_refuse_choice(entry->name, value, entry->choice, error_message);
}

/* The choice of this name; NULL: it is none. */
static const char *find_choice(const struct option_entry *entry, const char *name, size_t size)
{
	for (size_t i = 0; entry->choice(i); i++) {
		if (strlen(entry->choice(i)) == size && memcmp(entry->choice(i), name, size) == 0)
			return entry->choice(i);
	}
	return NULL;
}

static int parse_choice(const struct option_entry *entry, const char *value, void *member,
			char **error_message)
{
	const char *choice = find_choice(entry, value, strlen(value));

	if (!choice)
		return refuse_choice(entry, value, error_message);
	*(const char **)member = choice;
	return 0;
}

bool option_is_list_of_choices(const struct option_entry *entry, const char *text)
{
	for (;;) {
		const char *name = text + (*text == '!'), *end = strchrnul(name, ',');

		if (!find_choice(entry, name, (size_t)(end - name)))
			return false;
		if (*end == '\0')
			return true;
		text = end + 1;
	}
}

/* Words of the field that are choices; without an argument, any of them. */
static int parse_choices(const struct option_entry *entry, const char *value, void *member,
			 char **error_message)
{
	if (!value)
		return parse_some(entry, value, member, error_message);
	if (!option_is_list_of_choices(entry, value))
		return refuse_choice(entry, value, error_message);
	return parse_words(entry, value, member, error_message);
}

static const char *color_name(size_t index)
{
	static const char *const names[] = { "auto", "always", "never" };

	return index < ARRAY_SIZE(names) ? names[index] : NULL;
}

static bool is_grouping_before(size_t command, const char *name)
{
	for (size_t i = 0; i < command; i++) {
		for (size_t j = 0; command_table[i].by && command_table[i].by(j); j++) {
			if (strcmp(command_table[i].by(j), name) == 0)
				return true;
		}
	}
	return false;
}

/* Whatever a command can sum up by, each once: which of them it can is checked when it is known. */
static const char *any_grouping(size_t index)
{
	for (size_t i = 0; i < nr_commands; i++) {
		for (size_t j = 0; command_table[i].by && command_table[i].by(j); j++) {
			if (!is_grouping_before(i, command_table[i].by(j)) && index-- == 0)
				return command_table[i].by(j);
		}
	}
	return NULL;
}

#define SECONDS "a whole number of seconds"
#define MEMBER(member) .offset = offsetof(struct options, member)

const struct option_entry option_table[] = {
	{ "output", 'o', "FORMAT", COMMAND_ROWS, parse_choice, MEMBER(output),
	  .choice = output_name, .help = "columns, json, jsonpretty or yaml" },
	{ "to", 0, "FILE", COMMAND_ROWS, parse_file, MEMBER(to),
	  .help = "write there, not to standard output" },
	{ "fields", 0, "LIST", COMMAND_ROWS, parse_text, MEMBER(fields_text), .takes_fields = true,
	  .help = "what to show: a,b, or +a,-b to change the default" },
	{ "list-fields", 0, NULL, COMMAND_ALL, NULL, MEMBER(list_fields),
	  .help = "list all fields" },
	{ "filter", 'F', "EXPR", COMMAND_CHOOSING, parse_filter, MEMBER(selection),
	  .takes_fields = true, .help = "only such rows: file~^/dev/,receiver.pid!=1" },
	{ "pid", 0, "PID[,PID]", COMMAND_CHOOSING, parse_words, MEMBER(selection),
	  .fields = { "proc.pid", "receiver.pid" }, .what = "a process id", .least = 1,
	  .most = PID_MOST, .help = "only what these processes send or receive" },
	{ "target_pid", 0, "PID[,PID]", COMMAND_TRACE, parse_words, MEMBER(selection),
	  .fields = { "proc.pid" }, .what = "a process id", .least = 1, .most = PID_MOST,
	  .help = "only what these processes send", .unlisted = true },
	{ "comm", 0, "NAME[,NAME]", COMMAND_CHOOSING, parse_words, MEMBER(selection),
	  .fields = { "proc.comm", "receiver.comm" }, .what = "a name", .most = EVENT_COMM_LEN - 1,
	  .help = "only with such a thread on either side" },
	{ "uid", 0, "UID[,UID]", COMMAND_TRACING, parse_words, MEMBER(selection),
	  .fields = { "proc.creds.uid", "receiver.creds.uid" }, .what = "a user id", .least = 0,
	  .most = UID_MOST, .help = "only with these users on either side" },
	{ "containername", 'c', "NAME[,NAME]", COMMAND_TRACING, parse_words, MEMBER(selection),
	  .fields = { "runtime.containerName", "receiver.runtime.containerName" },
	  .what = "a container's name", .help = "only with these containers on either side" },
	{ "k8s-namespace", 0, "NAME[,NAME]", COMMAND_TRACING, parse_words, MEMBER(selection),
	  .fields = { "k8s.namespace", "receiver.k8s.namespace" }, .what = "a namespace of pods",
	  .help = "only with pods of these namespaces on either side", .unlisted = true },
	{ "k8s-podname", 0, "NAME[,NAME]", COMMAND_TRACING, parse_words, MEMBER(selection),
	  .fields = { "k8s.podName", "receiver.k8s.podName" }, .what = "a pod's name",
	  .help = "only with these pods on either side", .unlisted = true },
	{ "k8s-containername", 0, "NAME[,NAME]", COMMAND_TRACING, parse_words, MEMBER(selection),
	  .fields = { "k8s.containerName", "receiver.k8s.containerName" },
	  .what = "the name of a container in a pod",
	  .help = "only with these containers of pods on either side", .unlisted = true },
	{ "containers", 0, NULL, COMMAND_TRACING, parse_some, MEMBER(selection),
	  .fields = { "runtime.containerId", "receiver.runtime.containerId" },
	  .help = "only with a container on either side", .unlisted = true },
	{ "cross", 0, "WHAT", COMMAND_TRACING, parse_choices, MEMBER(selection),
	  .fields = { "cross" }, .choice = boundary_name, .may_lack = true, .what = "a boundary",
	  .help = "only what went across a boundary" },
	{ "risky", 0, NULL, COMMAND_TRACING, parse_some, MEMBER(selection), .fields = { "risk" },
	  .help = "only powerful things that arrived at something weaker", .unlisted = true },
	{ "host", 0, NULL, COMMAND_CHOOSING, NULL, MEMBER(host),
	  .help = "the host's processes too: this is the default", .unlisted = true },
	{ "timeout", 0, "SECONDS", COMMAND_TRACING | COMMAND_INFLIGHT, parse_number,
	  MEMBER(timeout_s), .what = SECONDS, .least = 0, .most = INT32_MAX,
	  .help = "end after so long; 0: go on (the default)" },
	{ "max-entries", 0, "N", COMMAND_TRACE, parse_number, MEMBER(max_entries),
	  .what = "a number of rows", .least = 1, .most = INT64_MAX, .help = "end after N rows" },
	{ "pending-after", 0, "SECONDS", COMMAND_TRACE, parse_number, MEMBER(pending_after_s),
	  .what = SECONDS, .least = 1, .most = INT32_MAX,
	  .help = "show also what is queued for so long" },
	{ "attach", 0, "WAY", COMMAND_TRACING, parse_choice, MEMBER(way), .choice = tracer_way_name,
	  .help = "fentry, kprobe or tracepoint, not the best one" },
	{ "max-memory", 0, "SIZE", COMMAND_TRACING, parse_memory, MEMBER(max_memory),
	  .least = UINT64_C(1) << 20, .most = UINT64_C(1) << 40,
	  .help = "at most, for what is in flight (default: 256M, or half of what is left)",
	  .unlisted = true },
	{ "system-calls", 0, NULL, COMMAND_TRACING, NULL, MEMBER(system_calls),
	  .help = "also see pidfd_getfd(2), and which eventfd is which, with tracepoint: "
		  "slows every system call",
	  .unlisted = true },
	{ "buffer-size", 0, "SIZE", COMMAND_TRACING, parse_buffer_size, MEMBER(buffer_size),
	  .least = BUFFER_LEAST, .most = BUFFER_MOST,
	  .help = "of the ring buffer, a power of two (default: 8M)", .unlisted = true },
	{ "color", 0, "WHEN", COMMAND_ROWS, parse_choice, MEMBER(color), .choice = color_name,
	  .help = "auto, always or never", .unlisted = true },
	{ "by", 0, "WHAT", COMMAND_INFLIGHT | COMMAND_TOP, parse_text, MEMBER(by),
	  .choice = any_grouping, .help = "sums, by socket, sender or the like" },
	{ "watch", 0, "SECONDS", COMMAND_INFLIGHT, parse_number, MEMBER(watch_s), .what = SECONDS,
	  .least = 1, .most = INT32_MAX, .help = "look again and again, and show what changed" },
	{ "interval", 0, "SECONDS", COMMAND_LEAKS | COMMAND_TOP, parse_number, MEMBER(interval_s),
	  .what = SECONDS, .least = 1, .most = INT32_MAX,
	  .help = "report so often (top: each second)" },
	{ "count", 0, "N", COMMAND_TOP, parse_number, MEMBER(count), .what = "a number of reports",
	  .least = 1, .most = INT32_MAX, .help = "end after N reports" },
	{ "sort", 0, "NUMBER", COMMAND_TOP, parse_choice, MEMBER(sort), .choice = flow_order_name,
	  .help = "passes, messages, lost, in_flight, p50 or p99" },
	{ "fail-if-growing", 0, NULL, COMMAND_LEAKS, NULL, MEMBER(fail_if_growing),
	  .help = "exit with 4 where what is shown at the end grows" },
	{ "listen", 0, "ADDRESS:PORT", COMMAND_METRICS, parse_address, MEMBER(listen),
	  .help = "where it serves (default: " OPTIONS_LISTEN ")" },
	{ "max-series", 0, "N", COMMAND_METRICS, parse_number, MEMBER(max_series),
	  .what = "a number of series", .least = 1, .most = 100000,
	  .help = "at most, of a metric; the rest is one of its own (default: 2000)" },
	{ "mount", 0, "PATH", COMMAND_HOLDERS, parse_file, MEMBER(mount),
	  .help = "all that is open on the file system of PATH" },
	{ "help", 'h', NULL, COMMAND_ALL, NULL, MEMBER(help), .help = "this text" },
	{ "version", 'V', NULL, COMMAND_ALL, NULL, MEMBER(version), .help = "the version" },
};

_Static_assert(ARRAY_SIZE(option_table) <= OPTIONS_MOST, "getopt has room for all");

const size_t nr_options = ARRAY_SIZE(option_table);

const char *option_name(size_t index)
{
	return index < nr_options ? option_table[index].name : NULL;
}
