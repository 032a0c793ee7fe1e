// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fdpass metrics: passes as numbers, for Prometheus. A trace whose passes are counted; the text of all numbers is
 * made anew a few times a second, whether somebody asks or not, so that nobody who asks costs the reading of events
 * anything.
 */
#include <errno.h>
#include <string.h>

#include "command/tracing.h"
#include "host/clock.h"
#include "host/http.h"
#include "output/buffer.h"
#include "output/exposition.h"

#define PUBLISH_NS (NSEC_PER_SEC / 2)

struct serving {
	struct tracing tracing;
	struct summary summary;
	struct metrics *metrics;
	struct http *http;
	struct buffer text;
	uint64_t next_publish_ns;
};

static int take_pass(void *userdata, const struct row *row)
{
	struct serving *serving = userdata;
	int r;

	if (!selection_has(&serving->tracing.options->selection, row))
		return 0;
	r = summary_count(&serving->summary, row);
	return r < 0 ? r : metrics_count(serving->metrics, row);
}

static void note_losses(struct serving *serving)
{
	const struct losses *losses = &serving->tracing.losses;
	uint64_t noted[NR_METRICS_LOSSES] = {
		[METRICS_LOST_UNMATCHED] = losses->unmatched,
		[METRICS_EVICTED_PASSES] = losses->evicted_passes,
		[METRICS_MALFORMED_RECORDS] = losses->malformed_records,
	};

	memcpy(&noted[METRICS_LOST_EVENTS], losses->events, sizeof(losses->events));
	metrics_note_losses(serving->metrics, noted);
}

static int publish(struct serving *serving)
{
	struct exposition_state state = { .way = tracer_way(serving->tracing.tracer) };
	struct join_counts counts;
	int r;

	join_counts(serving->tracing.join, &counts);
	state.messages_in_flight = counts.messages_open;
	r = exposition_write(&serving->text, serving->metrics, &state);
	if (r >= 0)
		http_publish(serving->http, serving->text.bytes, serving->text.size);
	buffer_clear(&serving->text);
	return r;
}

static int on_begin(void *userdata)
{
	struct serving *serving = userdata;
	char address[64];
	int r = publish(serving);

	if (r >= 0)
		r = http_start(serving->http);
	if (r < 0)
		return r;
	http_print_address(serving->http, address, sizeof(address));
	command_say("serving http://%s/metrics", address);
	return 0;
}

static int on_tick(void *userdata)
{
	struct serving *serving = userdata;
	uint64_t now_ns = clock_monotonic_ns();

	note_losses(serving);
	if (now_ns < serving->next_publish_ns)
		return 0;
	serving->next_publish_ns = now_ns + PUBLISH_NS;
	return publish(serving);
}

static void print_summary(void *userdata, FILE *stream)
{
	const struct serving *serving = userdata;

	summary_print(&serving->summary, stream);
}

static int run(struct serving *serving)
{
	const struct options *options = serving->tracing.options;
	char reason[HTTP_REASON_MAX];

	if (metrics_new(&serving->metrics, options->max_series) < 0) {
		command_say("cannot begin to count: %s", strerror(ENOMEM));
		return STATUS_CANNOT;
	}
	if (http_new(&serving->http, &options->listen, EXPOSITION_TYPE, reason) < 0) {
		command_say("%s", reason);
		return STATUS_CANNOT;
	}
	return tracing_run(&serving->tracing);
}

int metrics_run(const struct options *options)
{
	static const struct tracing_sink sink = {
		.pass = take_pass,
		.begin = on_begin,
		.tick = on_tick,
		.print_summary = print_summary,
	};
	struct options quiet = *options;
	struct serving serving = { .tracing = TRACING_INIT(&quiet, &sink, &serving) };
	int status;

	quiet.to =
		"/dev/null"; /* there are no rows, and who reads standard output does not matter */
	status = run(&serving);
	http_free(serving.http);
	metrics_free(serving.metrics);
	summary_clear(&serving.summary);
	buffer_free(&serving.text);
	return status;
}
