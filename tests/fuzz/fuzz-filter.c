/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target: an expression of any bytes. It is refused with a sentence and a place in it, or
 * it is tried on rows; the kernel side may not drop a row that it has.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/filter.h"
#include "fuzz.h"
#include "sample.h"

/* In place of the host's engine, which is fuzzed elsewhere: plain text, and '(' alone is wrong. */
static int compile(void **ret, const char *pattern, char **error_message, size_t *place)
{
	const char *wrong = strchr(pattern, '(');

	if (wrong) {
		*place = (size_t)(wrong - pattern);
		*error_message = strdup(wrong);
		return -EINVAL;
	}
	*ret = strdup(pattern);
	return 0;
}

static bool matches(const void *regex, const char *text, size_t size)
{
	return memmem(text, size, regex, strlen(regex)) != NULL;
}

static const struct filter_regex_ops plain_ops = { compile, matches, free };

static void try_rows(const struct filter *filter)
{
	static const int32_t utc;
	struct sample sample;

	sample_init(&sample, &utc);
	sample_set_path(&sample, "/a\xff,\\");
	for (unsigned int known = 0; known < 4; known++) {
		sample.pass.sender.known = known & 1;
		sample.pass.receiver.known = known & 2;
		filter_has(filter, &sample.row);
	}
}

static void check_error(const struct filter_error *error, size_t size)
{
	if (error->place > size || !error->message)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct filter_words comm = {
		{ "proc.comm", "receiver.comm" }, "a name", 0, 15
	};
	struct filter_error error = { 0 };
	char *text = strndup((const char *)data, size), *message = NULL;
	struct filter *filter;

	if (!text || filter_new(&filter, &plain_ops) < 0)
		abort();
	if (filter_add(filter, text, &error) < 0)
		check_error(&error, strlen(text));
	filter_add_words(filter, &comm, text, &message);
	try_rows(filter);
	filter_free(filter);
	free(error.message);
	free(message);
	free(text);
	return 0;
}
