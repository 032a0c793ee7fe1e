/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Flows: passes summed up by what they have in common (the same sender and receiver, the same socket), how many
 * there were in an interval, and how long they took. The table is bounded, whoever makes up how many senders:
 * when it is full, the smaller half of its rows falls out, and what these had is counted together.
 */
#ifndef FDPASS_CORE_FLOW_H
#define FDPASS_CORE_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/field.h"

#define FLOWS_MOST 1024

/* The columns of the first way to sum up, as a value of --fields. */
#define FLOW_NUMBERS "passes_per_s,lost_per_s,in_flight,latency_p50,latency_p99,messages_per_s"
#define FLOW_COLUMNS "report,proc.comm,proc.pid,receiver.comm,receiver.pid," FLOW_NUMBERS

/* What a row tells of them in the last interval, besides what they have in common: that is its pass. */
struct flow {
	uint64_t interval_ns;
	/* That ended in it; messages are counted in each flow that has a descriptor of them. */
	uint64_t passes, messages, lost, failed;
	uint64_t in_flight; /* told as pending, and not ended yet at its end */
	/* From sent to received, of those that arrived; 0: none did. See histogram_percentile(). */
	uint64_t p50_ns, p99_ns;
	const char *file_type; /* what they have in common; NULL: not this */
};

/* What rows of this kind have besides the fields of a pass. */
extern const struct field flow_field_table[];
extern const size_t nr_flow_fields;

struct flows;

/* "pair", "comm" and so on: what they can be summed up by, the default first; NULL when index is past the last. */
const char *flow_grouping_name(size_t index);
/* What its columns are, as a value of --fields. */
const char *flow_grouping_fields(const char *name);

/* "passes", "lost" and so on: by what rows can be sorted, the default first; NULL as above. */
const char *flow_order_name(size_t index);

/* `by` is a name of flow_grouping_name(). Returns 0 or -ENOMEM. */
int flows_new(struct flows **ret, const char *by);
/* Accepts NULL, returns NULL. */
struct flows *flows_free(struct flows *flows);
/* All of them are gone; how many fell out by then is still told. */
void flows_clear(struct flows *flows);

/* A pass, in any of the outcomes in which the join tells it; all is borrowed. Returns 0 or -ENOMEM. */
int flows_take(struct flows *flows, const struct row *row);
/* The interval ends, and was so long; the next one begins. */
void flows_end_interval(struct flows *flows, uint64_t interval_ns);

/* Borrowed until it returns; a negative errno ends it. */
typedef int (*flow_row_fn)(void *userdata, const struct pass *pass, const struct flow *flow);
/* A call for each flow of the last interval, the largest by this order (a name of flow_order_name()) first. */
int flows_tell(struct flows *flows, const char *order, flow_row_fn fn, void *userdata);

/* All that there was in the last interval, what fell out too; latencies are not known. */
const struct flow *flows_sum(const struct flows *flows);
/* Rows that fell out, of all intervals, and the passes that they had by then. */
uint64_t flows_fallen(const struct flows *flows);
uint64_t flows_fallen_passes(const struct flows *flows);

#endif
