// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Metrics as the text that Prometheus reads. Values of labels are chosen by whoever is traced: they are UTF-8
 * when they come here, and what could end them is escaped. A value of a label is never left out for being odd:
 * then two series could have the same labels, and Prometheus refuses all of such a text.
 */
#include "output/exposition.h"

#include <errno.h>

#include "core/array.h"
#include "core/text.h"
#include "output/buffer.h"

#define NSEC_PER_SEC UINT64_C(1000000000)

static void put_header(struct buffer *buffer, const char *name, const char *type, const char *help)
{
	buffer_put_text(buffer, "# HELP ");
	buffer_put_text(buffer, name);
	buffer_put_byte(buffer, ' ');
	buffer_put_text(buffer, help);
	buffer_put_text(buffer, "\n# TYPE ");
	buffer_put_text(buffer, name);
	buffer_put_byte(buffer, ' ');
	buffer_put_text(buffer, type);
	buffer_put_byte(buffer, '\n');
}

static void put_escaped(struct buffer *buffer, const char *text)
{
	for (; *text; text++) {
		if (*text == '\n')
			buffer_put_text(buffer, "\\n");
		else if (*text == '\\' || *text == '"')
			buffer_put(buffer, (const char[]){ '\\', *text }, 2);
		else
			buffer_put_byte(buffer, *text);
	}
}

/* `before`: what separates it from the label before it, and is for the next one what that needs. */
static void put_label(struct buffer *buffer, char *before, const char *name, const char *value)
{
	buffer_put_byte(buffer, *before);
	buffer_put_text(buffer, name);
	buffer_put_text(buffer, "=\"");
	put_escaped(buffer, value);
	buffer_put_byte(buffer, '"');
	*before = ',';
}

static void put_labels(struct buffer *buffer, char *before, const struct metrics_series *series)
{
	for (size_t i = 0; i < METRICS_LABELS; i++) {
		if (series->values[i])
			put_label(buffer, before, metrics_label_name(i), series->values[i]);
	}
	if (series->overflow)
		put_label(buffer, before, "overflow", "true");
}

static void put_number(struct buffer *buffer, char before, uint64_t number)
{
	buffer_put_text(buffer, before == ',' ? "} " : " ");
	buffer_put_unsigned(buffer, number);
	buffer_put_byte(buffer, '\n');
}

static void put_seconds(struct buffer *buffer, char before, uint64_t ns)
{
	char *at;

	buffer_put_text(buffer, before == ',' ? "} " : " ");
	buffer_put_unsigned(buffer, ns / NSEC_PER_SEC);
	buffer_put_byte(buffer, '.');
	at = buffer_reserve(buffer, TEXT_DECIMAL_MAX);
	if (at)
		buffer->size += (size_t)(text_put_decimal(at, ns % NSEC_PER_SEC, 9) - at);
	buffer_put_byte(buffer, '\n');
}

static void put_passes(struct buffer *buffer, const struct metrics *metrics)
{
	const struct metrics_series *series = NULL;

	put_header(buffer, "fdpass_passes_total", "counter",
		   "Descriptors that were passed, by how that ended.");
	while ((series = metrics_next(metrics, METRIC_PASSES, series))) {
		char before = '{';

		buffer_put_text(buffer, "fdpass_passes_total");
		put_labels(buffer, &before, series);
		put_number(buffer, before, series->count);
	}
}

/* A bucket has all that those before it have. */
static void put_histogram(struct buffer *buffer, const struct metrics_series *series)
{
	uint64_t sum = 0;
	char before;

	for (size_t i = 0; i <= METRICS_BOUNDS; i++) {
		bool bounded = i < METRICS_BOUNDS;

		sum += bounded ? series->buckets[i] : 0;
		before = '{';
		buffer_put_text(buffer, "fdpass_latency_seconds_bucket");
		put_labels(buffer, &before, series);
		put_label(buffer, &before, "le", bounded ? metrics_bounds[i].seconds : "+Inf");
		put_number(buffer, before, bounded ? sum : series->count);
	}
	before = '{';
	buffer_put_text(buffer, "fdpass_latency_seconds_sum");
	put_labels(buffer, &before, series);
	put_seconds(buffer, before, series->sum_ns);
	before = '{';
	buffer_put_text(buffer, "fdpass_latency_seconds_count");
	put_labels(buffer, &before, series);
	put_number(buffer, before, series->count);
}

static void put_latencies(struct buffer *buffer, const struct metrics *metrics)
{
	const struct metrics_series *series = NULL;

	put_header(buffer, "fdpass_latency_seconds", "histogram",
		   "Time from sent to received or lost.");
	while ((series = metrics_next(metrics, METRIC_LATENCY, series)))
		put_histogram(buffer, series);
}

static void put_losses(struct buffer *buffer, const struct metrics *metrics)
{
	static const struct {
		enum metrics_loss loss;
		const char *cause;
	} events[] = {
		{ METRICS_LOST_EVENTS + EVENT_LOST_RING, "ring_buffer" },
		{ METRICS_LOST_EVENTS + EVENT_LOST_TABLE, "table" },
		{ METRICS_LOST_EVENTS + EVENT_LOST_SKIPPED, "skipped" },
		{ METRICS_LOST_EVENTS + EVENT_LOST_READ, "unreadable" },
		{ METRICS_LOST_EVENTS + EVENT_LOST_CONTROLS, "too_many_controls" },
		{ METRICS_LOST_UNMATCHED, "unmatched" },
	};

	_Static_assert(ARRAY_SIZE(events) == NR_EVENT_LOST + 1, "a word for each");
	put_header(buffer, "fdpass_lost_events_total", "counter",
		   "Events that were not seen: passes are missing, or poorer.");
	for (size_t i = 0; i < ARRAY_SIZE(events); i++) {
		char before = '{';

		buffer_put_text(buffer, "fdpass_lost_events_total");
		put_label(buffer, &before, "cause", events[i].cause);
		put_number(buffer, before, metrics_losses(metrics, events[i].loss));
	}
}

/* A metric that has no labels. */
static void put_single(struct buffer *buffer, const char *name, const char *type, const char *help,
		       uint64_t number)
{
	put_header(buffer, name, type, help);
	buffer_put_text(buffer, name);
	put_number(buffer, '{', number);
}

static void put_build(struct buffer *buffer, const char *way)
{
	char before = '{';

	put_header(buffer, "fdpass_build_info", "gauge",
		   "The version, and the way to attach; always 1.");
	buffer_put_text(buffer, "fdpass_build_info");
	put_label(buffer, &before, "version", FDPASS_VERSION);
	put_label(buffer, &before, "way", way);
	put_number(buffer, before, 1);
}

int exposition_write(struct buffer *buffer, const struct metrics *metrics,
		     const struct exposition_state *state)
{
	put_passes(buffer, metrics);
	put_latencies(buffer, metrics);
	put_single(buffer, "fdpass_in_flight_messages", "gauge",
		   "Messages with descriptors that were sent and have not ended.",
		   state->messages_in_flight);
	put_losses(buffer, metrics);
	put_single(buffer, "fdpass_evicted_passes_total", "counter",
		   "Passes given up since they need more memory: their outcome is unknown.",
		   metrics_losses(metrics, METRICS_EVICTED_PASSES));
	put_single(buffer, "fdpass_malformed_records_total", "counter",
		   "Records of the kernel side that were not understood.",
		   metrics_losses(metrics, METRICS_MALFORMED_RECORDS));
	put_build(buffer, state->way);
	return buffer->failed ? -ENOMEM : 0;
}
