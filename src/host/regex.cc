/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Regular expressions by RE2, the one file that is C++. Whoever is traced chooses the texts: an engine
 * that backtracks needs milliseconds for one name that was made for it, whatever its limits.
 */
#include <cerrno>
#include <cstring>
#include <new>

#include <re2/re2.h>

#include "host/regex.h"

/* Where the fragment that RE2 complains about is; the begin where it cannot be told. */
static size_t place_of(const re2::RE2 &regex)
{
	size_t place = regex.pattern().find(regex.error_arg());

	return place == std::string::npos ? 0 : place;
}

static int compile(void **ret, const char *pattern, char **error_message, size_t *place)
{
	re2::RE2::Options options(re2::RE2::Quiet);
	re2::RE2 *regex;

	/* A newline in a name must not hide it. */
	options.set_dot_nl(true);
	regex = new (std::nothrow) re2::RE2(pattern, options);
	if (!regex)
		return -ENOMEM;
	if (regex->ok()) {
		*ret = regex;
		return 0;
	}
	*error_message = strdup(regex->error().c_str());
	*place = place_of(*regex);
	delete regex;
	return *error_message ? -EINVAL : -ENOMEM;
}

static bool matches(const void *regex, const char *text, size_t size)
{
	return re2::RE2::PartialMatch(re2::StringPiece(text, size),
				      *static_cast<const re2::RE2 *>(regex));
}

static void release(void *regex)
{
	delete static_cast<re2::RE2 *>(regex);
}

const struct filter_regex_ops regex_ops = { compile, matches, release };
