// SPDX-License-Identifier: GPL-2.0-or-later
/* What a row tells of descriptors that are still open, besides what it has in common with a pass. */
#include <inttypes.h>

#include "core/getter.h"
#include "core/leak.h"

static bool get_copy(const struct row *row, enum field_side side, struct value *ret)
{
	return get_text(row->leak->own ? "own" : "received", ret);
}

static bool get_still_open(const struct row *row, enum field_side side, struct value *ret)
{
	return get_unsigned(row->leak->still_open, ret);
}

static bool get_oldest(const struct row *row, enum field_side side, struct value *ret)
{
	return get_unsigned(row->leak->oldest_ns, ret);
}

static bool get_growing(const struct row *row, enum field_side side, struct value *ret)
{
	ret->boolean = row->leak->trend == TREND_GROWING;
	return row->leak->trend != TREND_UNKNOWN;
}

static bool get_per_hour(const struct row *row, enum field_side side, struct value *ret)
{
	return row->leak->trend != TREND_UNKNOWN && get_unsigned(row->leak->per_hour, ret);
}

static bool get_fds(const struct row *row, enum field_side side, struct value *ret)
{
	return get_nonzero(row->leak->fds, ret);
}

static bool get_fds_limit(const struct row *row, enum field_side side, struct value *ret)
{
	return get_nonzero(row->leak->fds_limit, ret);
}

static bool get_share(const struct row *row, enum field_side side, struct value *ret)
{
	const struct leak *leak = row->leak;

	return leak->fds_limit != 0 &&
	       get_unsigned((uint64_t)(100.0 * (double)leak->still_open / (double)leak->fds_limit),
			    ret);
}

static bool get_emfile_in(const struct row *row, enum field_side side, struct value *ret)
{
	return row->leak->emfile_s != LEAK_NO_FORECAST && get_unsigned(row->leak->emfile_s, ret);
}

/* In the largest unit that there are two of. */
static bool get_forecast(const struct row *row, enum field_side side, struct value *ret)
{
	static const struct {
		uint64_t seconds;
		const char *name;
	} units[] = { { 86400, "days" }, { 3600, "h" }, { 60, "min" }, { 1, "s" } };
	uint64_t seconds = row->leak->emfile_s;

	if (seconds == LEAK_NO_FORECAST)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (seconds >= 2 * units[i].seconds)
			return get_format(ret, "EMFILE in %" PRIu64 " %s at this rate",
					  seconds / units[i].seconds, units[i].name);
	}
	return get_text("EMFILE now", ret);
}

const struct field leak_field_table[] = {
	{ "copy", "COPY", FIELD_STRING, FIELD_MESSAGE, 8, false, get_copy,
	  "received: the receiver has them open; own: the sender has, which never closed its own" },
	{ "still_open", "OPEN", FIELD_U64, FIELD_MESSAGE, 7, false, get_still_open,
	  "descriptors that are still open" },
	{ "oldest_ns", "OLDEST_NS", FIELD_U64, FIELD_MESSAGE, 14, false, get_oldest,
	  "nanoseconds since the first of them was received" },
	{ "growing", "GROWING", FIELD_BOOL, FIELD_MESSAGE, 7, false, get_growing,
	  "whether they grow: the fewest that were open in each quarter of the time are more than in "
	  "the one before, but for the first; left out while there were too few looks" },
	{ "per_hour", "PER_HOUR", FIELD_U64, FIELD_MESSAGE, 8, false, get_per_hour,
	  "by how many they grow in an hour" },
	{ "fds", "FDS", FIELD_U64, FIELD_MESSAGE, 7, false, get_fds,
	  "descriptors in use in the process that has them open" },
	{ "fds_limit", "FDS_LIMIT", FIELD_U64, FIELD_MESSAGE, 9, false, get_fds_limit,
	  "how many it can have: its RLIMIT_NOFILE" },
	{ "limit_percent", "LIMIT%", FIELD_U32, FIELD_MESSAGE, 6, false, get_share,
	  "how much of that these are, in percent" },
	{ "emfile_in_s", "EMFILE_IN_S", FIELD_U64, FIELD_MESSAGE, 11, false, get_emfile_in,
	  "seconds until the limit is reached, if all that grows in the process goes on so" },
	{ "forecast", "FORECAST", FIELD_STRING, FIELD_MESSAGE, 32, false, get_forecast,
	  "the same in words" },
};

const size_t nr_leak_fields = ARRAY_SIZE(leak_field_table);
