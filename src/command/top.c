// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * fdpass top: who hands how much to whom, live. A trace whose passes are summed up; on a terminal what the last
 * interval had is shown, else a table is printed each interval.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "command/top_view.h"
#include "command/tracing.h"
#include "core/flow.h"
#include "host/clock.h"
#include "host/regex.h"

struct top {
	struct options options;
	struct tracing tracing;
	struct summary summary;
	struct flows *flows;
	struct top_view *view; /* NULL: tables are printed */
	struct filter *filter; /* that was typed; NULL: none was */
	char *filter_text; /* of that, or why it is none */
	size_t order; /* of flow_order_name() */
	uint64_t begin_ns; /* of the interval that is under way */
	uint64_t next_ns; /* when it ends */
	uint32_t nr_reports;
	bool paused;
};

/* Passes */

static int take_pass(void *userdata, const struct row *row)
{
	struct top *top = userdata;
	int r;

	if (!selection_has(&top->options.selection, row))
		return 0;
	if (top->filter && !filter_has(top->filter, row))
		return 0;
	r = summary_count(&top->summary, row);
	return r < 0 ? r : flows_take(top->flows, row);
}

/* Reports */

static int put_row(void *userdata, const struct pass *pass, const struct flow *flow)
{
	struct top *top = userdata;
	const struct row row = {
		.pass = pass,
		.resolver = parties_resolver(top->tracing.parties),
		.flow = flow,
		.report = top->nr_reports,
	};

	return top->view ? top_view_row(top->view, &row) : rows_put(top->tracing.rows, &row);
}

static int tell_rows(struct top *top)
{
	return flows_tell(top->flows, flow_order_name(top->order), put_row, top);
}

static uint64_t in_a_second(const struct flow *sum, uint64_t count)
{
	return sum->interval_ns ?
		       (uint64_t)((double)count * NSEC_PER_SEC / (double)sum->interval_ns + 0.5) :
		       0;
}

static void print_about(const struct top *top, FILE *stream)
{
	const struct flow *sum = flows_sum(top->flows);

	fprintf(stream,
		"fdpass top by %s, sorted by %s%s: %" PRIu64 " passes/s, %" PRIu64
		" messages/s, %" PRIu64 " lost/s, %" PRIu64 " in flight",
		top->options.by, flow_order_name(top->order), top->paused ? ", PAUSED" : "",
		in_a_second(sum, sum->passes), in_a_second(sum, sum->messages),
		in_a_second(sum, sum->lost), sum->in_flight);
}

static void print_fallen(const struct top *top, FILE *stream)
{
	uint64_t fallen = flows_fallen(top->flows);

	if (fallen > 0)
		fprintf(stream,
			"; %" PRIu64 " row%s fell out: more than %d at once, %" PRIu64 " passes",
			fallen, command_plural(fallen), FLOWS_MOST,
			flows_fallen_passes(top->flows));
}

static void print_note(const struct top *top, FILE *stream)
{
	fputs("h: help; ", stream);
	losses_print(&top->tracing.losses, stream);
	print_fallen(top, stream);
	if (top->filter_text)
		fprintf(stream, "; filter: %s", top->filter_text);
}

/* What is printed, as a text that the caller frees. NULL: no memory. */
static char *text_of(const struct top *top, void (*print)(const struct top *top, FILE *stream))
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	if (!stream)
		return NULL;
	print(top, stream);
	return fclose(stream) == 0 ? text : NULL;
}

static int draw(struct top *top)
{
	char *about = text_of(top, print_about), *note = text_of(top, print_note);
	int r = -ENOMEM;

	if (about && note)
		r = top_view_begin_rows(top->view, about, note);
	if (r >= 0)
		r = tell_rows(top);
	if (r >= 0)
		top_view_show(top->view);
	free(about);
	free(note);
	return r;
}

static int report(struct top *top)
{
	uint64_t now_ns = clock_monotonic_ns();

	flows_end_interval(top->flows, now_ns - top->begin_ns);
	top->begin_ns = now_ns;
	top->next_ns = now_ns + top->options.interval_s * NSEC_PER_SEC;
	top->nr_reports++;
	return top->view ? draw(top) : tell_rows(top);
}

static bool is_last(const struct top *top)
{
	return top->options.count > 0 && top->nr_reports >= top->options.count;
}

static int on_tick(void *userdata)
{
	struct top *top = userdata;
	int r;

	if (top->paused || is_last(top) || clock_monotonic_ns() < top->next_ns)
		return 0;
	r = report(top);
	top->tracing.ended |= is_last(top);
	return r;
}

/* Keys */

static int quit(struct top *top)
{
	top->tracing.ended = true;
	return 0;
}

static int sort_by_next(struct top *top)
{
	if (!flow_order_name(++top->order))
		top->order = 0;
	return draw(top);
}

static int pause_or_go_on(struct top *top)
{
	top->paused = !top->paused;
	if (!top->paused)
		top->next_ns = 0; /* what there was since then is shown at once */
	return draw(top);
}

static void forget_filter(struct top *top)
{
	filter_free(top->filter);
	free(top->filter_text);
	top->filter = NULL;
	top->filter_text = NULL;
}

/* Where it is no expression, all passes are shown, and why it is none. */
static int set_filter(struct top *top, const char *text)
{
	struct filter_error error;
	int r = filter_new(&top->filter, &regex_ops);

	if (r < 0)
		return r;
	r = filter_add(top->filter, text, &error);
	if (r >= 0)
		error.message = strdup(text);
	top->filter_text = error.message;
	if (r < 0) {
		filter_free(top->filter);
		top->filter = NULL;
	}
	return r == -ENOMEM || !top->filter_text ? -ENOMEM : 0;
}

/* What was summed up of others counts no more. */
static int change_filter(struct top *top)
{
	const char *text = top_view_filter(top->view);
	int r = 0;

	forget_filter(top);
	if (*text)
		r = set_filter(top, text);
	if (r < 0)
		return r;
	flows_clear(top->flows);
	top->begin_ns = clock_monotonic_ns();
	return draw(top);
}

static int on_input(void *userdata)
{
	static int (*const handlers[NR_TOP_WISHES])(struct top * top) = {
		[TOP_QUIT] = quit,
		[TOP_SORT] = sort_by_next,
		[TOP_PAUSE] = pause_or_go_on,
		[TOP_FILTER] = change_filter,
		[TOP_REDRAW] = draw,
	};
	struct top *top = userdata;
	enum top_wish wish;
	int r = 0;

	while (r >= 0 && (wish = top_view_read(top->view)) != TOP_NOTHING)
		r = handlers[wish](top);
	return r;
}

/* The begin and the end */

static int on_begin(void *userdata)
{
	struct top *top = userdata;

	top->begin_ns = clock_monotonic_ns();
	top->next_ns = top->begin_ns + top->options.interval_s * NSEC_PER_SEC;
	if (!top->view)
		return rows_begin(top->tracing.rows);
	top_view_begin(top->view);
	return draw(top);
}

static void on_stop(void *userdata)
{
	struct top *top = userdata;

	if (top->view)
		top_view_end(top->view);
}

/* The interval that was under way. */
static int on_end(void *userdata)
{
	struct top *top = userdata;

	return top->view || is_last(top) ? 0 : report(top);
}

static void print_summary(void *userdata, FILE *stream)
{
	const struct top *top = userdata;

	summary_print(&top->summary, stream);
	print_fallen(top, stream);
}

static int run(struct top *top)
{
	int r = flows_new(&top->flows, top->options.by);

	if (r >= 0)
		r = top_view_new(&top->view, &top->options);
	if (r < 0) {
		command_say("cannot begin: %s", strerror(-r));
		return STATUS_CANNOT;
	}
	if (top->view) {
		top->tracing.input_fd = top_view_fd(top->view);
		top->tracing.quiet = true;
	}
	return tracing_run(&top->tracing);
}

/* What --sort names: a place in the list of orders. */
static size_t find_order(const char *name)
{
	size_t i = 0;

	while (name && strcmp(flow_order_name(i), name) != 0)
		i++;
	return i;
}

int top_run(const struct options *options)
{
	static const struct tracing_sink sink = {
		.begin = on_begin,
		.pass = take_pass,
		.tick = on_tick,
		.input = on_input,
		.stop = on_stop,
		.end = on_end,
		.print_summary = print_summary,
	};
	struct top top = {
		.options = *options,
		.tracing = TRACING_INIT(&top.options, &sink, &top),
		.order = find_order(options->sort),
	};
	int status;

	/* What waits for so long is in flight, and not just on its way. */
	top.options.pending_after_s = 1;
	if (!top.options.by)
		top.options.by = flow_grouping_name(0);
	if (top.options.interval_s == 0)
		top.options.interval_s = 1;
	status = run(&top);
	top_view_free(top.view);
	forget_filter(&top);
	flows_free(top.flows);
	summary_clear(&top.summary);
	return status;
}
