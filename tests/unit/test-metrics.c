/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Passes as numbers, and the text that Prometheus reads: what is counted, escaped, and bounded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/metrics.h"
#include "output/buffer.h"
#include "output/exposition.h"
#include "sample.h"

static const int32_t utc;

struct fixture {
	struct metrics *metrics;
	struct sample sample;
	struct buffer text;
};

static void begin(struct fixture *fixture, size_t most_series)
{
	memset(fixture, 0, sizeof(*fixture));
	sample_init(&fixture->sample, &utc);
	fixture->sample.pass.receiver.cgroup_id = 0;
	assert_int_equal(metrics_new(&fixture->metrics, most_series), 0);
}

static void end(struct fixture *fixture)
{
	metrics_free(fixture->metrics);
	buffer_free(&fixture->text);
}

static void count(struct fixture *fixture)
{
	assert_int_equal(metrics_count(fixture->metrics, &fixture->sample.row), 0);
}

static void count_from(struct fixture *fixture, const char *comm)
{
	sample_set_comm(&fixture->sample, comm);
	count(fixture);
}

static const char *text_of(struct fixture *fixture)
{
	const struct exposition_state state = { .way = "kprobe", .messages_in_flight = 3 };

	buffer_clear(&fixture->text);
	assert_int_equal(exposition_write(&fixture->text, fixture->metrics, &state), 0);
	buffer_put(&fixture->text, "", 1);
	return fixture->text.bytes;
}

static void assert_has(struct fixture *fixture, const char *lines)
{
	if (!strstr(text_of(fixture), lines))
		fail_msg("'%s' is not in:\n%s", lines, fixture->text.bytes);
}

static size_t lines_with(struct fixture *fixture, const char *begin_of_line)
{
	size_t lines = 0;

	for (const char *at = text_of(fixture); (at = strstr(at, begin_of_line)); at++)
		lines += at == fixture->text.bytes || at[-1] == '\n';
	return lines;
}

/* The sum over all series of a metric's numbers. */
static uint64_t sum_of(struct fixture *fixture, enum metric metric)
{
	const struct metrics_series *series = NULL;
	uint64_t sum = 0;

	while ((series = metrics_next(fixture->metrics, metric, series)))
		sum += series->count;
	return sum;
}

static void test_nothing_yet(void **state)
{
	struct fixture fixture;

	begin(&fixture, 10);
	assert_has(&fixture, "# TYPE fdpass_passes_total counter\n"
			     "# HELP fdpass_latency_seconds ");
	assert_has(&fixture, "\nfdpass_in_flight_messages 3\n");
	assert_has(&fixture, "\nfdpass_lost_events_total{cause=\"ring_buffer\"} 0\n");
	assert_has(&fixture,
		   "\nfdpass_build_info{version=\"" FDPASS_VERSION "\",way=\"kprobe\"} 1\n");
	end(&fixture);
}

static void test_labels_and_outcomes(void **state)
{
	struct fixture fixture;
	struct pass *pass = &fixture.sample.pass;

	begin(&fixture, 100);
	count(&fixture);
	count(&fixture);
	pass->outcome = OUTCOME_LOST;
	pass->fate = EVENT_FATE_EMFILE;
	count(&fixture);
	pass->outcome = OUTCOME_UNKNOWN;
	count(&fixture);
	pass->outcome = OUTCOME_PENDING;
	count(&fixture);
	pass->outcome = OUTCOME_DELIVERED;
	pass->receiver.cgroup_id = 9;
	count(&fixture);
	assert_has(&fixture, "fdpass_passes_total{sender=\"client\",receiver=\"dbus-broker\","
			     "file_type=\"chr\",outcome=\"delivered\"} 2\n");
	assert_has(&fixture, "outcome=\"lost\",reason=\"emfile\"} 1\n");
	assert_has(&fixture, "fdpass_passes_total{sender=\"client\",receiver=\"dbus-broker\","
			     "file_type=\"chr\"} 1\n");
	assert_has(&fixture,
		   "receiver=\"dbus-broker\",receiver_container=\"web\","
		   "receiver_namespace=\"shop\",receiver_pod=\"front\",file_type=\"chr\"");
	assert_int_equal(sum_of(&fixture, METRIC_PASSES), 5);
	assert_int_equal(sum_of(&fixture, METRIC_LATENCY), 4);
	end(&fixture);
}

/* A bound is inclusive, buckets are cumulative, and the sum is exact. */
static void test_histogram(void **state)
{
	static const uint64_t latencies_ns[] = { 0, 1000, 1001, 84000, 10000000000, 10000000001 };
	struct fixture fixture;
	struct pass *pass = &fixture.sample.pass;

	begin(&fixture, 100);
	for (size_t i = 0; i < sizeof(latencies_ns) / sizeof(latencies_ns[0]); i++) {
		pass->done_ns = pass->time_ns + latencies_ns[i];
		count(&fixture);
	}
#define BUCKET(le, number)                                                                         \
	assert_has(&fixture, "\nfdpass_latency_seconds_bucket{receiver=\"dbus-broker\","           \
			     "outcome=\"delivered\",le=\"" le "\"} " number "\n")
	BUCKET("1e-06", "2");
	BUCKET("2.5e-06", "3");
	BUCKET("5e-05", "3");
	BUCKET("0.0001", "4");
	BUCKET("5", "4");
	BUCKET("10", "5");
	BUCKET("+Inf", "6");
	assert_has(&fixture, "_sum{receiver=\"dbus-broker\",outcome=\"delivered\"} 20.000086002\n");
	assert_has(&fixture, "_count{receiver=\"dbus-broker\",outcome=\"delivered\"} 6\n");
	end(&fixture);
}

/* What would end a label, a line, or be no text at all. */
static void test_hostile_names(void **state)
{
	struct fixture fixture;

	begin(&fixture, 100);
	count_from(&fixture, "a\"} 9\n#\\");
	count_from(&fixture, "\xff\xc3(");
	count_from(&fixture, "\xfe\xc3(");
	count_from(&fixture, "\xc3\xa4\x01");
	assert_has(&fixture, "{sender=\"a\\\"} 9\\n#\\\\\",");
	/* They are the same once they are text: two lines with the same labels would be an error. */
	assert_has(&fixture, "{sender=\"\xef\xbf\xbd\xef\xbf\xbd(\",receiver=\"dbus-broker\","
			     "file_type=\"chr\",outcome=\"delivered\"} 2\n");
	assert_has(&fixture, "{sender=\"\xc3\xa4\x01\",");
	assert_int_equal(lines_with(&fixture, "fdpass_passes_total{"), 3);
	end(&fixture);
}

static void test_bound(void **state)
{
	struct fixture fixture;
	char comm[16];

	begin(&fixture, 50);
	fixture.sample.pass.fate = EVENT_FATE_TRUNCATED;
	for (int i = 0; i < 10000; i++) {
		snprintf(comm, sizeof(comm), "name-%d", i);
		snprintf(fixture.sample.pass.receiver.comm,
			 sizeof(fixture.sample.pass.receiver.comm), "%s", comm);
		fixture.sample.pass.outcome = i % 10 == 0 ? OUTCOME_LOST : OUTCOME_DELIVERED;
		count_from(&fixture, comm);
	}
	assert_has(&fixture, "fdpass_passes_total{outcome=\"delivered\",overflow=\"true\"} 8955\n");
	assert_has(
		&fixture,
		"fdpass_passes_total{outcome=\"lost\",reason=\"truncated\",overflow=\"true\"} 995\n");
	assert_int_equal(lines_with(&fixture, "fdpass_passes_total{"), 50 + 2);
	/* 50 / 25, and one for each outcome. */
	assert_int_equal(lines_with(&fixture, "fdpass_latency_seconds_count{"), 2 + 2);
	assert_int_equal(sum_of(&fixture, METRIC_PASSES), 10000);
	assert_int_equal(sum_of(&fixture, METRIC_LATENCY), 10000);
	/* One that was there before still counts as itself. */
	fixture.sample.pass.outcome = OUTCOME_LOST;
	snprintf(fixture.sample.pass.receiver.comm, sizeof(fixture.sample.pass.receiver.comm),
		 "name-0");
	count_from(&fixture, "name-0");
	assert_has(&fixture, "fdpass_passes_total{sender=\"name-0\",receiver=\"name-0\","
			     "file_type=\"chr\",outcome=\"lost\",reason=\"truncated\"} 2\n");
	end(&fixture);
}

/* What a reading takes back was not lost, and nothing falls. */
static void test_losses_never_fall(void **state)
{
	static const uint64_t readings[] = { 5, 0, 3, 4, 4, 2, 9, 9 },
			      served[] = { 0, 0, 0, 3, 4, 4, 4, 9 };
	const enum metrics_loss loss = METRICS_LOST_EVENTS + EVENT_LOST_SKIPPED;
	uint64_t losses[NR_METRICS_LOSSES] = {};
	struct fixture fixture;

	begin(&fixture, 10);
	for (size_t i = 0; i < sizeof(readings) / sizeof(readings[0]); i++) {
		losses[loss] = readings[i];
		metrics_note_losses(fixture.metrics, losses);
		assert_int_equal(metrics_losses(fixture.metrics, loss), served[i]);
	}
	assert_has(&fixture, "fdpass_lost_events_total{cause=\"skipped\"} 9\n");
	end(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_yet), cmocka_unit_test(test_labels_and_outcomes),
		cmocka_unit_test(test_histogram),   cmocka_unit_test(test_hostile_names),
		cmocka_unit_test(test_bound),	    cmocka_unit_test(test_losses_never_fall),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
