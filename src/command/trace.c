// SPDX-License-Identifier: GPL-2.0-or-later
/* fdpass trace: passes as they happen, a row each. */
#include <errno.h>

#include "command/tracing.h"

struct trace {
	struct tracing tracing;
	struct summary summary;
	uint64_t nr_rows;
};

static int show_pass(void *userdata, const struct row *row)
{
	struct trace *trace = userdata;
	const struct options *options = trace->tracing.options;
	int r;

	if (!selection_has(&options->selection, row))
		return 0;
	r = rows_put(trace->tracing.rows, row);
	if (r >= 0)
		r = summary_count(&trace->summary, row);
	if (r < 0)
		return r;
	return ++trace->nr_rows == options->max_entries ? -ECANCELED : 0;
}

static void print_summary(void *userdata, FILE *stream)
{
	const struct trace *trace = userdata;

	summary_print(&trace->summary, stream);
}

int trace_run(const struct options *options)
{
	static const struct tracing_sink sink = {
		.pass = show_pass,
		.print_summary = print_summary,
	};
	struct trace trace = { .tracing = TRACING_INIT(options, &sink, &trace) };
	int status = tracing_run(&trace.tracing);

	summary_clear(&trace.summary);
	return status;
}
