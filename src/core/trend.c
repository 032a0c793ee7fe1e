// SPDX-License-Identifier: GPL-2.0-or-later
/* Whether a number grows: see trend.h. */
#include "core/trend.h"

#define NSEC_PER_HOUR UINT64_C(3600000000000)
#define QUARTERS 4

/* Each two become one. */
static void halve(struct trend *trend)
{
	for (size_t i = 0; i < TREND_SAMPLES / 2; i++) {
		const struct trend_sample *one = &trend->samples[2 * i], *other = one + 1;

		trend->samples[i] = other->least < one->least ? *other : *one;
	}
	trend->count = TREND_SAMPLES / 2;
	trend->looks_per_sample *= 2;
	trend->looks_in_last = trend->looks_per_sample;
}

void trend_add(struct trend *trend, uint64_t time_ns, uint64_t number)
{
	const struct trend_sample sample = { .time_ns = time_ns, .least = number };
	struct trend_sample *last;

	if (trend->count == 0)
		trend->looks_per_sample = trend->looks_in_last = 1;
	if (trend->count == TREND_SAMPLES && trend->looks_in_last == trend->looks_per_sample)
		halve(trend);
	if (trend->count == 0 || trend->looks_in_last == trend->looks_per_sample) {
		trend->samples[trend->count++] = sample;
		trend->looks_in_last = 1;
		return;
	}
	last = &trend->samples[trend->count - 1];
	if (number < last->least)
		*last = sample;
	trend->looks_in_last++;
}

/* In which quarter of the time a moment is, from 0. */
static unsigned int quarter_of(const struct trend *trend, uint64_t time_ns)
{
	uint64_t begin = trend->samples[0].time_ns;
	uint64_t whole = trend->samples[trend->count - 1].time_ns - begin + 1;

	return (unsigned int)((double)(time_ns - begin) / (double)whole * QUARTERS);
}

enum trend_verdict trend_judge(const struct trend *trend, uint64_t *per_hour)
{
	const struct trend_sample *least[QUARTERS] = {};
	uint64_t rise, time_ns;

	*per_hour = 0;
	for (size_t i = 0; i < trend->count; i++) {
		const struct trend_sample *sample = &trend->samples[i];
		const struct trend_sample **of = &least[quarter_of(trend, sample->time_ns)];

		if (!*of || sample->least < (*of)->least)
			*of = sample;
	}
	if (trend->count < QUARTERS || !least[1] || !least[2] || !least[3])
		return TREND_UNKNOWN;
	if (least[1]->least >= least[2]->least || least[2]->least >= least[3]->least)
		return TREND_STEADY;
	rise = least[3]->least - least[1]->least;
	time_ns = least[3]->time_ns - least[1]->time_ns;
	*per_hour = (uint64_t)((double)rise * NSEC_PER_HOUR / (double)time_ns + 0.5);
	return TREND_GROWING;
}
