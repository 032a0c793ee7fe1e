/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a row tells of passes that have something in common, besides what it has in common with a pass. */
#include "core/flow.h"
#include "core/getter.h"
#include "core/text.h"

#define NSEC_PER_SEC 1e9

static bool get_passes(const struct row *row, enum field_side side, struct value *ret)
{
	return get_unsigned(row->flow->passes, ret);
}

static bool get_messages(const struct row *row, enum field_side side, struct value *ret)
{
	return get_unsigned(row->flow->messages, ret);
}

static bool get_lost(const struct row *row, enum field_side side, struct value *ret)
{
	return get_unsigned(row->flow->lost, ret);
}

static bool get_failed(const struct row *row, enum field_side side, struct value *ret)
{
	return get_unsigned(row->flow->failed, ret);
}

/* Rounded, but no less than 1 where there was any. */
static bool get_rate(const struct row *row, uint64_t count, struct value *ret)
{
	double rate;

	if (row->flow->interval_ns == 0)
		return false;
	rate = (double)count * NSEC_PER_SEC / (double)row->flow->interval_ns;
	return get_unsigned(count > 0 && rate < 1 ? 1 : (uint64_t)(rate + 0.5), ret);
}

static bool get_passes_per_s(const struct row *row, enum field_side side, struct value *ret)
{
	return get_rate(row, row->flow->passes, ret);
}

static bool get_messages_per_s(const struct row *row, enum field_side side, struct value *ret)
{
	return get_rate(row, row->flow->messages, ret);
}

static bool get_lost_per_s(const struct row *row, enum field_side side, struct value *ret)
{
	return get_rate(row, row->flow->lost, ret);
}

static bool get_in_flight(const struct row *row, enum field_side side, struct value *ret)
{
	return get_unsigned(row->flow->in_flight, ret);
}

static bool get_p50_ns(const struct row *row, enum field_side side, struct value *ret)
{
	return get_nonzero(row->flow->p50_ns, ret);
}

static bool get_p99_ns(const struct row *row, enum field_side side, struct value *ret)
{
	return get_nonzero(row->flow->p99_ns, ret);
}

static bool get_duration(uint64_t ns, struct value *ret)
{
	return ns != 0 && get_written(text_put_duration(ret->buffer, ns, "us"), ret);
}

static bool get_p50(const struct row *row, enum field_side side, struct value *ret)
{
	return get_duration(row->flow->p50_ns, ret);
}

static bool get_p99(const struct row *row, enum field_side side, struct value *ret)
{
	return get_duration(row->flow->p99_ns, ret);
}

const struct field flow_field_table[] = {
	{ "passes", "PASSES", FIELD_U64, FIELD_MESSAGE, 8, false, get_passes,
	  "descriptors of which it became known in the interval how they ended" },
	{ "passes_per_s", "PASSES/S", FIELD_U64, FIELD_MESSAGE, 8, false, get_passes_per_s,
	  "the same in a second; rates are rounded, but no less than 1 where there was any" },
	{ "messages_passed", "MSGS", FIELD_U64, FIELD_MESSAGE, 8, false, get_messages,
	  "messages that they were in" },
	{ "messages_per_s", "MSGS/S", FIELD_U64, FIELD_MESSAGE, 7, false, get_messages_per_s,
	  "the same in a second" },
	{ "lost", "LOST", FIELD_U64, FIELD_MESSAGE, 7, false, get_lost, "those that were lost" },
	{ "lost_per_s", "LOST/S", FIELD_U64, FIELD_MESSAGE, 6, false, get_lost_per_s,
	  "the same in a second" },
	{ "failed", "FAILED", FIELD_U64, FIELD_MESSAGE, 7, false, get_failed,
	  "those of messages that were refused" },
	{ "in_flight", "FLIGHT", FIELD_U64, FIELD_MESSAGE, 6, false, get_in_flight,
	  "descriptors that have been queued for a second or longer" },
	{ "latency_p50_ns", "LATENCY_P50_NS", FIELD_U64, FIELD_MESSAGE, 14, false, get_p50_ns,
	  "half of those that were delivered took at most so long from sent to received, in "
	  "nanoseconds; by less than a sixteenth too much" },
	{ "latency_p99_ns", "LATENCY_P99_NS", FIELD_U64, FIELD_MESSAGE, 14, false, get_p99_ns,
	  "99 percent of them" },
	{ "latency_p50", "P50", FIELD_STRING, FIELD_MESSAGE, 6, false, get_p50,
	  "latency_p50_ns in the unit that fits" },
	{ "latency_p99", "P99", FIELD_STRING, FIELD_MESSAGE, 6, false, get_p99,
	  "latency_p99_ns in the unit that fits" },
};

const size_t nr_flow_fields = ARRAY_SIZE(flow_field_table);
