// SPDX-License-Identifier: GPL-2.0-or-later
/* What is told at the end of a trace. */
#include "command/summary.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The default one falls through in a switch, which clang does not let pass. */
#define HASH_FUNCTION HASH_OAT
#include <uthash.h>

#include "command/command.h"
#include "core/array.h"

/* In the order in which they are told. */
static const struct {
	enum outcome outcome;
	const char *words;
} outcomes[] = {
	{ OUTCOME_DELIVERED, "delivered" }, { OUTCOME_PEEKED, "peeked" },
	{ OUTCOME_LOST, "lost" },	    { OUTCOME_FAILED, "failed" },
	{ OUTCOME_PENDING, "pending" },	    { OUTCOME_UNKNOWN, "of unknown outcome" },
};

static const char *const causes[NR_EVENT_LOST] = {
	[EVENT_LOST_RING] = "for lack of room in the ring buffer, see --buffer-size",
	[EVENT_LOST_TABLE] = "for lack of room in the table of messages in flight",
	[EVENT_LOST_SKIPPED] = "skipped by the kernel",
	[EVENT_LOST_READ] = "for memory that could not be read",
	[EVENT_LOST_CONTROLS] = "for too many control messages or notifications",
};

static struct tally *find_tally(struct summary *summary, enum outcome outcome, const char *reason)
{
	struct tally *tally = summary->tallies;

	for (size_t i = 0; i < summary->nr_tallies; i++, tally++) {
		if (tally->outcome == outcome && strcmp(tally->reason, reason) == 0)
			return tally;
	}
	if (summary->nr_tallies == TALLIES_MOST)
		return NULL;
	summary->nr_tallies++;
	*tally = (struct tally){ .outcome = outcome };
	strcpy(tally->reason, reason);
	return tally;
}

static void count_reason(struct summary *summary, const struct row *row)
{
	enum outcome outcome = row->pass->outcome;
	char reason[sizeof(summary->tallies[0].reason)];
	struct tally *tally;
	struct value value;

	if (!field_get(field_find("reason"), row, &value))
		return;
	snprintf(reason, sizeof(reason), "%.*s", (int)value.size, value.text);
	tally = find_tally(summary, outcome, reason);
	if (tally)
		tally->count++;
}

/* What makes the id of a row. A message's number can have all of its bits. */
struct pass_key {
	uint64_t message;
	uint64_t index;
};

struct pending_pass {
	UT_hash_handle hh;
	struct pass_key key;
};

/* A pass that was told as pending is told again when it ends: it is one pass all the same. */
static int count_pending(struct summary *summary, const struct pass *pass)
{
	const struct pass_key key = { .message = pass->message, .index = pass->index };
	struct pending_pass *pending;

	HASH_FIND(hh, summary->pending, &key, sizeof(key), pending);
	if (pending && pass->outcome != OUTCOME_PEEKED) {
		summary->rows[OUTCOME_PENDING]--;
		HASH_DEL(summary->pending, pending);
		free(pending);
	}
	if (pass->outcome != OUTCOME_PENDING)
		return 0;
	pending = malloc(sizeof(*pending));
	if (!pending)
		return -ENOMEM;
	pending->key = key;
	HASH_ADD(hh, summary->pending, key, sizeof(pending->key), pending);
	return 0;
}

int summary_count(struct summary *summary, const struct row *row)
{
	enum outcome outcome = row->pass->outcome;

	summary->rows[outcome]++;
	if (outcome == OUTCOME_LOST || outcome == OUTCOME_FAILED)
		count_reason(summary, row);
	return count_pending(summary, row->pass);
}

void summary_clear(struct summary *summary)
{
	struct pending_pass *pending, *next;

	HASH_ITER(hh, summary->pending, pending, next) {
		HASH_DEL(summary->pending, pending);
		free(pending);
	}
}

/* "(emfile)" where all have it; else "(2 emfile, 1 read)". */
static void print_reasons(const struct summary *summary, enum outcome outcome, FILE *stream)
{
	const char *before = " (";

	for (size_t i = 0; i < summary->nr_tallies; i++) {
		const struct tally *tally = &summary->tallies[i];

		if (tally->outcome != outcome)
			continue;
		fputs(before, stream);
		if (tally->count != summary->rows[outcome])
			fprintf(stream, "%" PRIu64 " ", tally->count);
		fputs(tally->reason, stream);
		before = ", ";
	}
	if (before[0] == ',')
		fputc(')', stream);
}

void summary_print(const struct summary *summary, FILE *stream)
{
	const char *before = ": ";
	uint64_t sum = 0;

	for (size_t i = 0; i < NR_OUTCOMES; i++)
		sum += summary->rows[i];
	if (sum == 0)
		fputs("no passes", stream);
	else
		fprintf(stream, "%" PRIu64 " pass%s", sum, sum == 1 ? "" : "es");
	for (size_t i = 0; i < ARRAY_SIZE(outcomes); i++) {
		uint64_t count = summary->rows[outcomes[i].outcome];

		if (count == 0)
			continue;
		fprintf(stream, "%s%" PRIu64 " %s", before, count, outcomes[i].words);
		print_reasons(summary, outcomes[i].outcome, stream);
		before = ", ";
	}
}

static uint64_t events_sum(const struct losses *losses)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < NR_EVENT_LOST; i++)
		sum += losses->events[i];
	return sum + losses->unmatched;
}

uint64_t losses_sum(const struct losses *losses)
{
	return events_sum(losses) + losses->evicted_passes + losses->malformed_records +
	       losses->unwritten_rows;
}

void losses_print(const struct losses *losses, FILE *stream)
{
	uint64_t sum = events_sum(losses);
	const char *before = " (";

	if (sum == 0)
		fputs("no events lost", stream);
	else
		fprintf(stream, "%" PRIu64 " event%s lost", sum, command_plural(sum));
	for (size_t i = 0; i < NR_EVENT_LOST; i++) {
		if (losses->events[i] == 0)
			continue;
		fprintf(stream, "%s%" PRIu64 " %s", before, losses->events[i], causes[i]);
		before = "; ";
	}
	if (losses->unmatched > 0)
		fprintf(stream, "%s%" PRIu64 " of senders whose message was not found", before,
			losses->unmatched);
	if (sum > 0)
		fputc(')', stream);
	if (losses->evicted_passes > 0)
		fprintf(stream,
			", %" PRIu64 " pass%s given up: they need more memory, see --max-memory",
			losses->evicted_passes, losses->evicted_passes == 1 ? "" : "es");
	if (losses->malformed_records > 0)
		fprintf(stream, ", %" PRIu64 " record%s not understood", losses->malformed_records,
			command_plural(losses->malformed_records));
	if (losses->unwritten_rows > 0)
		fprintf(stream, ", %" PRIu64 " row%s not written", losses->unwritten_rows,
			command_plural(losses->unwritten_rows));
}
