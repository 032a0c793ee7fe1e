// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fdpass leaks: what was received while it watches, and is still open. A trace whose passes go into a ledger;
 * the tables of descriptors are looked into from time to time.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "command/tracing.h"
#include "core/leak.h"
#include "host/clock.h"

/* A look each second, but where looks take long: they have one part in so many of the time. */
#define LOOK_NS NSEC_PER_SEC
#define LOOK_SHARE 20

#define LEDGER_MOST_BYTES (128 << 20)

struct watch {
	struct tracing tracing;
	struct ledger *ledger;
	struct leaks *leaks;
	uint64_t next_look_ns;
	uint64_t next_report_ns; /* 0: none is asked for but the last one */
	uint32_t nr_reports;
	/* Of the last report. */
	uint64_t received, own; /* descriptors that are open */
	uint64_t growing, undecided; /* rows; the others do not grow */
};

static int take_pass(void *userdata, const struct row *row)
{
	struct watch *watch = userdata;

	return ledger_take(watch->ledger, row->pass);
}

/* Looks */

static void ask(void *userdata, uint64_t file)
{
	struct watch *watch = userdata;

	tracer_ask_kept(watch->tracing.tracer, file);
}

static int take_found(void *userdata, const struct event_kept *event)
{
	struct watch *watch = userdata;

	return leaks_found(watch->leaks, event);
}

static int look(struct watch *watch)
{
	uint64_t begin_ns = clock_monotonic_ns(), took_ns;
	int r;

	leaks_look(watch->leaks, ask, watch);
	r = tracer_kept(watch->tracing.tracer, take_found, watch);
	if (r >= 0)
		r = leaks_end_look(watch->leaks, begin_ns);
	took_ns = clock_monotonic_ns() - begin_ns;
	watch->next_look_ns =
		begin_ns + (took_ns * LOOK_SHARE > LOOK_NS ? took_ns * LOOK_SHARE : LOOK_NS);
	return r;
}

/* Reports */

static int show(void *userdata, const struct pass *pass, const struct leak *leak)
{
	struct watch *watch = userdata;
	const struct row row = {
		.pass = pass,
		.resolver = parties_resolver(watch->tracing.parties),
		.leak = leak,
		.report = watch->nr_reports,
	};

	if (!selection_has(&watch->tracing.options->selection, &row))
		return 0;
	*(leak->own ? &watch->own : &watch->received) += leak->still_open;
	watch->growing += leak->trend == TREND_GROWING;
	watch->undecided += leak->trend == TREND_UNKNOWN;
	return rows_put(watch->tracing.rows, &row);
}

static int report(struct watch *watch)
{
	watch->nr_reports++;
	watch->received = watch->own = watch->growing = watch->undecided = 0;
	return leaks_tell(watch->leaks, show, watch);
}

static int on_tick(void *userdata)
{
	struct watch *watch = userdata;
	uint64_t now_ns = clock_monotonic_ns();
	int r = 0;

	if (now_ns >= watch->next_look_ns)
		r = look(watch);
	if (r < 0 || watch->next_report_ns == 0 || now_ns < watch->next_report_ns)
		return r;
	watch->next_report_ns += watch->tracing.options->interval_s * NSEC_PER_SEC;
	return report(watch);
}

static int on_end(void *userdata)
{
	struct watch *watch = userdata;
	int r = look(watch);

	return r < 0 ? r : report(watch);
}

/* The end */

static void print_summary(void *userdata, FILE *stream)
{
	const struct watch *watch = userdata;
	uint64_t unwatched = ledger_unwatched(watch->ledger);

	fprintf(stream,
		"%" PRIu64 " descriptor%s still open, and %" PRIu64 " of senders; %" PRIu64
		" row%s grow%s",
		watch->received, command_plural(watch->received), watch->own, watch->growing,
		command_plural(watch->growing), watch->growing == 1 ? "s" : "");
	if (watch->undecided > 0)
		fprintf(stream, ", %" PRIu64 " too new to tell", watch->undecided);
	fprintf(stream, "; %" PRIu64 " received by anybody", ledger_received(watch->ledger));
	if (unwatched > 0)
		fprintf(stream, ", %" PRIu64 " of them not watched: they were too many", unwatched);
}

static int run(struct watch *watch)
{
	const struct options *options = watch->tracing.options;
	int r = ledger_new(&watch->ledger, LEDGER_MOST_BYTES), status;

	if (r >= 0)
		r = leaks_new(&watch->leaks, watch->ledger);
	if (r < 0) {
		command_say("cannot begin to watch: %s", strerror(-r));
		return STATUS_CANNOT;
	}
	status = tracing_run(&watch->tracing);
	if (status == STATUS_OK && ledger_unwatched(watch->ledger) > 0)
		status = STATUS_LOST;
	if ((status == STATUS_OK || status == STATUS_LOST) && options->fail_if_growing &&
	    watch->growing > 0)
		status = STATUS_FOUND;
	return status;
}

int leaks_run(const struct options *options)
{
	static const struct tracing_sink sink = {
		.pass = take_pass,
		.tick = on_tick,
		.end = on_end,
		.print_summary = print_summary,
		.finds_kept = true,
	};
	uint64_t interval_ns = options->interval_s * NSEC_PER_SEC;
	struct watch watch = {
		.tracing = TRACING_INIT(options, &sink, &watch),
		.next_report_ns = interval_ns ? clock_monotonic_ns() + interval_ns : 0,
	};
	int status = run(&watch);

	leaks_free(watch.leaks);
	ledger_free(watch.ledger);
	return status;
}
