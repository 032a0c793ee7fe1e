/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Passes as numbers: how many there were with the same labels, and how long they took. Processes choose their
 * names, so the number of series is bounded: what is over the bound is counted in a series of its own, which
 * tells how passes ended and no names. A sum over all series is right whatever was passed.
 */
#ifndef FDPASS_CORE_METRICS_H
#define FDPASS_CORE_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/field.h"

struct metrics;

enum metric {
	METRIC_PASSES, /* a counter */
	METRIC_LATENCY, /* a histogram */
	NR_METRICS,
};

/* Upper bounds of the latencies that are counted together, and how they are told, in seconds. */
struct metrics_bound {
	uint64_t most_ns;
	const char *seconds;
};

#define METRICS_BOUNDS 22
extern const struct metrics_bound metrics_bounds[METRICS_BOUNDS];

/* The series that Prometheus has of one histogram: its buckets, the one without a bound, the sum and the count. */
#define METRICS_HISTOGRAM_SERIES (METRICS_BOUNDS + 3)

#define METRICS_LABELS 11

struct metrics_series {
	/* UTF-8, in the order of metrics_label_name(); NULL: not known, or not a label of this metric. */
	const char *values[METRICS_LABELS];
	bool overflow; /* of what is over the bound */
	uint64_t count;
	uint64_t sum_ns;
	uint64_t buckets[METRICS_BOUNDS]; /* each without those below it */
};

/* What was lost on the way, by what it was. */
enum metrics_loss {
	METRICS_LOST_EVENTS, /* and those that follow it: by enum event_lost */
	METRICS_LOST_UNMATCHED = METRICS_LOST_EVENTS + NR_EVENT_LOST,
	METRICS_EVICTED_PASSES,
	METRICS_MALFORMED_RECORDS,
	NR_METRICS_LOSSES,
};

/*
 * At most so many series of each metric as Prometheus counts them, but for those without names. Returns 0 or
 * -ENOMEM.
 */
int metrics_new(struct metrics **ret, size_t most_series);
/* Accepts NULL, returns NULL. */
struct metrics *metrics_free(struct metrics *metrics);

/* Count a pass that has ended. Returns 0 or -ENOMEM. */
int metrics_count(struct metrics *metrics, const struct row *row);

/*
 * What was lost so far, as it is read again and again. What one reading tells and the next one takes back is
 * not lost (see tracer_lost()), and a counter never falls: so it counts what two in a row tell.
 */
void metrics_note_losses(struct metrics *metrics, const uint64_t losses[NR_METRICS_LOSSES]);
uint64_t metrics_losses(const struct metrics *metrics, enum metrics_loss loss);

const char *metrics_label_name(size_t label);
/* The series behind this one, in the order in which they came; NULL: the first, and what follows the last. */
const struct metrics_series *metrics_next(const struct metrics *metrics, enum metric metric,
					  const struct metrics_series *before);

#endif
