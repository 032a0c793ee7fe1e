/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of options, for the files of this folder that read it: options.c and usage.c. */
#ifndef FDPASS_OPTION_TABLE_H
#define FDPASS_OPTION_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The table has at most so many. */
#define OPTIONS_MOST 64

struct option_entry {
	const char *name; /* without the dashes */
	char letter; /* '\0': none */
	const char *argument; /* what --help calls it; NULL: it takes none */
	unsigned int commands; /* enum command_bit */
	/*
	 * Reads `value`, NULL where there is none, into the member at `offset`; NULL: the member is a bool, and
	 * becomes true.
	 */
	int (*parse)(const struct option_entry *entry, const char *value, void *member,
		     char **error_message);
	size_t offset; /* in struct options */
	const char *what; /* numbers, words: what it is, for error messages */
	uint64_t least, most; /* numbers; most of a text: bytes, 0: no limit */
	const char *fields[2]; /* words: in which of these they are looked for */
	const char *(*choice)(size_t index); /* choices; NULL when index is past the last */
	bool may_lack; /* its argument, which is a list of choices: then `value` is NULL */
	bool takes_fields; /* its argument begins with a field's name */
	const char *help; /* one line of --help */
	bool unlisted; /* not worth a line of it */
};

extern const struct option_entry option_table[];
extern const size_t nr_options;

/* The name of option `index`; NULL when index is past the last. */
const char *option_name(size_t index);

/* Are all words of this list choices, with a ! before them perhaps? */
bool option_is_list_of_choices(const struct option_entry *entry, const char *text);

/* Says which choices there are, and which is near. Returns -EINVAL or -ENOMEM. */
int option_refuse_choice(const char *name, const char *value, const char *(*choice)(size_t index),
			 char **error_message);

/* The nearest of some words to a mistyped one; NULL: none is near. */
const char *option_suggest(const char *mistyped, const char *(*word)(size_t index));

#endif
