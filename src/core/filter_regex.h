/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a filter gets its regular expressions. By itself, for hosts that are not in C. */
#ifndef FDPASS_FILTER_REGEX_H
#define FDPASS_FILTER_REGEX_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Regular expressions are the host's: the core has no library. The texts that they are tried on were
 * chosen by others, up to thousands of bytes of them, so an engine has to take linear time.
 */
struct filter_regex_ops {
	/*
	 * Returns 0, or -EINVAL with *error_message set to what is wrong, in a few words that may be
	 * followed by bytes of the pattern (the caller frees it), and *place to where it is in the
	 * pattern; or -ENOMEM.
	 */
	int (*compile)(void **ret, const char *pattern, char **error_message, size_t *place);
	/* Is it anywhere in this text? The text is UTF-8. */
	bool (*matches)(const void *regex, const char *text, size_t size);
	void (*free)(void *regex);
};

#endif
