// SPDX-License-Identifier: GPL-2.0-or-later
/* Passes as numbers: see metrics.h. */
#include "core/metrics.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The default one falls through in a switch, which clang does not let pass. */
#define HASH_FUNCTION HASH_OAT
#include <uthash.h>

#include "core/array.h"
#include "core/text.h"

const struct metrics_bound metrics_bounds[] = {
	{ 1000, "1e-06" },     { 2500, "2.5e-06" },   { 5000, "5e-06" },     { 10000, "1e-05" },
	{ 25000, "2.5e-05" },  { 50000, "5e-05" },    { 100000, "0.0001" },  { 250000, "0.00025" },
	{ 500000, "0.0005" },  { 1000000, "0.001" },  { 2500000, "0.0025" }, { 5000000, "0.005" },
	{ 10000000, "0.01" },  { 25000000, "0.025" }, { 50000000, "0.05" },  { 100000000, "0.1" },
	{ 250000000, "0.25" }, { 500000000, "0.5" },  { 1000000000, "1" },   { 2500000000, "2.5" },
	{ 5000000000, "5" },   { 10000000000, "10" },
};

/* Labels, and the fields that they have their values from. A new one is an entry, and METRICS_LABELS. */
static const struct {
	const char *name;
	const char *field;
	bool of[NR_METRICS];
	bool ours; /* a word of ours, and so one of few: kept of what is over the bound */
} labels[] = {
	{ "sender", "proc.comm", .of = { true, false } },
	{ "sender_container", "runtime.containerName", .of = { true, false } },
	{ "sender_namespace", "k8s.namespace", .of = { true, false } },
	{ "sender_pod", "k8s.podName", .of = { true, false } },
	{ "receiver", "receiver.comm", .of = { true, true } },
	{ "receiver_container", "receiver.runtime.containerName", .of = { true, true } },
	{ "receiver_namespace", "receiver.k8s.namespace", .of = { true, true } },
	{ "receiver_pod", "receiver.k8s.podName", .of = { true, true } },
	{ "file_type", "file_type", .of = { true, false } },
	{ "outcome", "outcome", .of = { true, true }, .ours = true },
	{ "reason", "reason", .of = { true, false }, .ours = true },
};

_Static_assert(ARRAY_SIZE(labels) == METRICS_LABELS, "a value for each label");
_Static_assert(ARRAY_SIZE(metrics_bounds) == METRICS_BOUNDS, "a bucket for each bound");

/* The values of the labels one behind the other, each with a NUL behind it. */
struct key {
	size_t size;
	size_t starts[METRICS_LABELS + 1];
	char bytes[METRICS_LABELS * TEXT_UTF8_MAX(CONTAINER_TEXT_MAX)];
};

struct entry {
	struct metrics_series series; /* the first: see metrics_next() */
	UT_hash_handle hh;
	char key[];
};

struct family {
	struct entry *entries; /* in the order in which they came */
	size_t with_names, most_with_names;
};

struct metrics {
	struct family families[NR_METRICS];
	const struct field *fields[METRICS_LABELS];
	const struct field *latency;
	uint64_t read[NR_METRICS_LOSSES]; /* what was lost, by the last reading */
	uint64_t lost[NR_METRICS_LOSSES];
	struct value value;
	struct key key;
};

int metrics_new(struct metrics **ret, size_t most_series)
{
	struct metrics *metrics = calloc(1, sizeof(*metrics));
	size_t histograms = most_series / METRICS_HISTOGRAM_SERIES;

	if (!metrics)
		return -ENOMEM;
	metrics->families[METRIC_PASSES].most_with_names = most_series;
	metrics->families[METRIC_LATENCY].most_with_names = histograms > 0 ? histograms : 1;
	for (size_t i = 0; i < METRICS_LABELS; i++)
		metrics->fields[i] = field_find(labels[i].field);
	metrics->latency = field_find("latency_ns");
	*ret = metrics;
	return 0;
}

static void clear_family(struct family *family)
{
	struct entry *entry, *next;

	HASH_ITER(hh, family->entries, entry, next) {
		HASH_DEL(family->entries, entry);
		free(entry);
	}
}

struct metrics *metrics_free(struct metrics *metrics)
{
	if (!metrics)
		return NULL;
	for (size_t i = 0; i < NR_METRICS; i++)
		clear_family(&metrics->families[i]);
	free(metrics);
	return NULL;
}

/* What is not known is an empty value: Prometheus has no difference between that and no label. */
static void add_value(struct metrics *metrics, size_t label, const struct row *row)
{
	struct key *key = &metrics->key;
	struct value *value = &metrics->value;

	key->starts[label] = key->size;
	if (row && field_get(metrics->fields[label], row, value)) {
		size_t size = value->size < CONTAINER_TEXT_MAX ? value->size : CONTAINER_TEXT_MAX;

		key->size += text_to_utf8(key->bytes + key->size, value->text, size);
	}
	key->bytes[key->size++] = '\0';
}

/* The begin of a key says whether it is of what is over the bound: no name can claim to be. */
static void make_key(struct metrics *metrics, enum metric metric, const struct row *row,
		     bool overflow)
{
	struct key *key = &metrics->key;

	key->bytes[0] = overflow ? '+' : '-';
	key->size = 1;
	for (size_t i = 0; i < METRICS_LABELS; i++) {
		bool wanted = labels[i].of[metric] && (!overflow || labels[i].ours);

		add_value(metrics, i, wanted ? row : NULL);
	}
}

static struct entry *find_entry(struct family *family, const struct key *key)
{
	struct entry *entry;

	HASH_FIND(hh, family->entries, key->bytes, key->size, entry);
	return entry;
}

static struct entry *add_entry(struct family *family, const struct key *key, bool overflow)
{
	struct entry *entry = calloc(1, sizeof(*entry) + key->size);

	if (!entry)
		return NULL;
	memcpy(entry->key, key->bytes, key->size);
	for (size_t i = 0; i < METRICS_LABELS; i++) {
		if (entry->key[key->starts[i]] != '\0')
			entry->series.values[i] = entry->key + key->starts[i];
	}
	entry->series.overflow = overflow;
	family->with_names += !overflow;
	HASH_ADD_KEYPTR(hh, family->entries, entry->key, key->size, entry);
	return entry;
}

/* The series that the row belongs to. NULL: no memory. */
static struct metrics_series *series_of(struct metrics *metrics, enum metric metric,
					const struct row *row)
{
	struct family *family = &metrics->families[metric];
	struct entry *entry;
	bool overflow = false;

	make_key(metrics, metric, row, false);
	entry = find_entry(family, &metrics->key);
	if (!entry && family->with_names >= family->most_with_names) {
		overflow = true;
		make_key(metrics, metric, row, true);
		entry = find_entry(family, &metrics->key);
	}
	if (!entry)
		entry = add_entry(family, &metrics->key, overflow);
	return entry ? &entry->series : NULL;
}

static void add_latency(struct metrics_series *series, uint64_t latency_ns)
{
	size_t bucket = 0;

	series->count++;
	series->sum_ns += latency_ns;
	while (bucket < METRICS_BOUNDS && latency_ns > metrics_bounds[bucket].most_ns)
		bucket++;
	if (bucket < METRICS_BOUNDS)
		series->buckets[bucket]++;
}

int metrics_count(struct metrics *metrics, const struct row *row)
{
	bool timed = field_get(metrics->latency, row, &metrics->value);
	uint64_t latency_ns = metrics->value.u64;
	struct metrics_series *series;

	if (row->pass->outcome == OUTCOME_PENDING)
		return 0; /* it is told again when it ends */
	series = series_of(metrics, METRIC_PASSES, row);
	if (!series)
		return -ENOMEM;
	series->count++;
	if (!timed)
		return 0;
	series = series_of(metrics, METRIC_LATENCY, row);
	if (!series)
		return -ENOMEM;
	add_latency(series, latency_ns);
	return 0;
}

void metrics_note_losses(struct metrics *metrics, const uint64_t losses[NR_METRICS_LOSSES])
{
	for (size_t i = 0; i < NR_METRICS_LOSSES; i++) {
		uint64_t both = losses[i] < metrics->read[i] ? losses[i] : metrics->read[i];

		if (both > metrics->lost[i])
			metrics->lost[i] = both;
		metrics->read[i] = losses[i];
	}
}

uint64_t metrics_losses(const struct metrics *metrics, enum metrics_loss loss)
{
	return metrics->lost[loss];
}

const char *metrics_label_name(size_t label)
{
	return labels[label].name;
}

const struct metrics_series *metrics_next(const struct metrics *metrics, enum metric metric,
					  const struct metrics_series *before)
{
	const struct entry *entry = (const struct entry *)before;

	entry = entry ? entry->hh.next : metrics->families[metric].entries;
	return entry ? &entry->series : NULL;
}
