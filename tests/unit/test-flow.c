/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flows: what passes are summed up to, and that nothing is missing in the sums when the table is full. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/flow.h"
#include "sample.h"

#define MILLISECOND UINT64_C(1000000)
#define SECOND (1000 * MILLISECOND)

/* Flows, the pass that is changed and taken again and again, and what was told of them. */
struct scene {
	struct sample sample;
	struct flows *flows;
	size_t nr_told;
	struct pass passes[FLOWS_MOST];
	struct flow told[FLOWS_MOST];
};

static void begin(struct scene *scene, const char *by)
{
	static const int32_t utc_offset;

	memset(scene, 0, sizeof(*scene));
	sample_init(&scene->sample, &utc_offset);
	assert_int_equal(flows_new(&scene->flows, by), 0);
}

static void end(struct scene *scene)
{
	scene->flows = flows_free(scene->flows);
}

static void take(struct scene *scene)
{
	assert_int_equal(flows_take(scene->flows, &scene->sample.row), 0);
}

/* `count` messages of one descriptor each, with this outcome. */
static void take_many(struct scene *scene, size_t count, enum outcome outcome)
{
	scene->sample.pass.outcome = outcome;
	for (size_t i = 0; i < count; i++) {
		scene->sample.pass.message++;
		take(scene);
	}
}

static int keep_told(void *userdata, const struct pass *pass, const struct flow *flow)
{
	struct scene *scene = userdata;

	assert_true(scene->nr_told < FLOWS_MOST);
	scene->passes[scene->nr_told] = *pass;
	scene->told[scene->nr_told++] = *flow;
	return 0;
}

static void tell(struct scene *scene, const char *order)
{
	scene->nr_told = 0;
	assert_int_equal(flows_tell(scene->flows, order, keep_told, scene), 0);
}

static void end_interval(struct scene *scene)
{
	flows_end_interval(scene->flows, SECOND);
	tell(scene, "passes");
}

/* Is the field known in row `index` of what was told? */
static bool has(const struct scene *scene, size_t index, const char *name)
{
	const struct row row = {
		.pass = &scene->passes[index],
		.flow = &scene->told[index],
		.resolver = &scene->sample.resolver,
	};
	struct value value;

	return field_get(field_find(name), &row, &value);
}

static void test_counts(void **state)
{
	static struct scene scene;
	const struct flow *sum;

	begin(&scene, "pair");
	take_many(&scene, 5, OUTCOME_DELIVERED);
	scene.sample.pass.index = 1; /* of the same message */
	take(&scene);
	take_many(&scene, 2, OUTCOME_LOST);
	take_many(&scene, 3, OUTCOME_FAILED);
	end_interval(&scene);
	assert_int_equal(scene.nr_told, 1);
	assert_int_equal(scene.told[0].passes, 11);
	assert_int_equal(scene.told[0].messages, 10);
	assert_int_equal(scene.told[0].lost, 2);
	assert_int_equal(scene.told[0].failed, 3);
	assert_int_equal(scene.told[0].interval_ns, SECOND);
	sum = flows_sum(scene.flows);
	assert_int_equal(sum->passes, 11);
	assert_int_equal(sum->messages, 10);
	end(&scene);
}

static void test_each_interval_begins_anew(void **state)
{
	static struct scene scene;

	begin(&scene, "pair");
	take_many(&scene, 5, OUTCOME_DELIVERED);
	end_interval(&scene);
	take_many(&scene, 2, OUTCOME_DELIVERED);
	tell(&scene, "passes"); /* still what the last interval had */
	assert_int_equal(scene.told[0].passes, 5);
	end_interval(&scene);
	assert_int_equal(scene.told[0].passes, 2);
	end_interval(&scene);
	assert_int_equal(scene.nr_told, 0);
	assert_int_equal(flows_sum(scene.flows)->passes, 0);
	end(&scene);
}

/* What was told as pending is in flight until it is told again, and counts once. */
static void test_in_flight(void **state)
{
	static struct scene scene;

	begin(&scene, "pair");
	take_many(&scene, 3, OUTCOME_PENDING);
	take(&scene); /* told again */
	end_interval(&scene);
	assert_int_equal(scene.told[0].in_flight, 3);
	assert_int_equal(scene.told[0].passes, 0);
	scene.sample.pass.outcome = OUTCOME_PEEKED;
	take(&scene); /* and stays in its queue */
	end_interval(&scene);
	assert_int_equal(scene.told[0].in_flight, 3);
	scene.sample.pass.outcome = OUTCOME_DELIVERED;
	take(&scene);
	end_interval(&scene);
	assert_int_equal(scene.told[0].in_flight, 2);
	assert_int_equal(scene.told[0].passes, 1);
	end_interval(&scene); /* nothing passed, and two wait */
	assert_int_equal(scene.nr_told, 1);
	end(&scene);
}

/* Who takes it is not always who was thought to: it leaves the flow in which it was in flight. */
static void test_in_flight_and_taken_by_another(void **state)
{
	static struct scene scene;

	begin(&scene, "pair");
	take_many(&scene, 1, OUTCOME_PENDING);
	end_interval(&scene);
	scene.sample.pass.receiver.pid++;
	scene.sample.pass.outcome = OUTCOME_DELIVERED;
	take(&scene);
	end_interval(&scene);
	assert_int_equal(scene.nr_told, 1);
	assert_int_equal(scene.told[0].passes, 1);
	assert_int_equal(scene.told[0].in_flight, 0);
	end(&scene);
}

static void test_latencies(void **state)
{
	static struct scene scene;
	struct pass *pass = &scene.sample.pass;

	begin(&scene, "pair");
	for (uint64_t i = 1; i <= 100; i++) {
		pass->done_ns = pass->time_ns + i * MILLISECOND;
		take_many(&scene, 1, OUTCOME_DELIVERED);
	}
	pass->done_ns = pass->time_ns + SECOND;
	take_many(&scene, 50, OUTCOME_LOST); /* did not arrive */
	end_interval(&scene);
	assert_in_range(scene.told[0].p50_ns, 50 * MILLISECOND, 50 * MILLISECOND * 17 / 16);
	assert_in_range(scene.told[0].p99_ns, 99 * MILLISECOND, 99 * MILLISECOND * 17 / 16);
	take_many(&scene, 1, OUTCOME_LOST);
	end_interval(&scene);
	assert_false(has(&scene, 0, "latency_p50_ns"));
	end(&scene);
}

/* Two senders with one name, one of them with two pids in its time. */
static void test_by(void **state)
{
	static const struct {
		const char *by;
		size_t nr_rows;
	} cases[] = { { "pair", 3 },
		      { "comm", 1 },
		      { "container", 2 },
		      { "socket", 2 },
		      { "file_type", 2 } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		static struct scene scene;
		struct pass *pass = &scene.sample.pass;

		begin(&scene, cases[i].by);
		take_many(&scene, 4, OUTCOME_DELIVERED);
		pass->sender.start_time++;
		sample_set_path(&scene.sample, "/tmp/regular");
		take_many(&scene, 2, OUTCOME_DELIVERED);
		pass->sender.pid++;
		pass->sender.cgroup_id = 9;
		pass->to.socket_ino++;
		take_many(&scene, 1, OUTCOME_DELIVERED);
		end_interval(&scene);
		assert_int_equal(scene.nr_told, cases[i].nr_rows);
		assert_int_equal(flows_sum(scene.flows)->passes, 7);
		end(&scene);
	}
}

/* What does not hold for all of a flow is not told. */
static void test_only_what_they_have_in_common(void **state)
{
	static const struct {
		const char *by, *known, *not_known[4];
	} cases[] = {
		{ "pair", "receiver.pid", { "proc.tid", "file", "socket_ino", "receiver.fd" } },
		{ "comm", "receiver.comm", { "proc.pid", "proc.creds.uid", "file_type", "cross" } },
		{ "container",
		  "receiver.runtime.containerName",
		  { "proc.comm", "proc.pid", "receiver.cgroup", "receiver.cgroup_id" } },
		{ "socket", "socket_path", { "proc.comm", "receiver.pid", "socket_ino", "file" } },
		{ "file_type", "file_type", { "file", "file_ino", "proc.comm", "outcome" } },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		static struct scene scene;

		begin(&scene, cases[i].by);
		take_many(&scene, 1, OUTCOME_DELIVERED);
		end_interval(&scene);
		assert_true(has(&scene, 0, cases[i].known));
		for (size_t j = 0; j < 4; j++)
			assert_false(has(&scene, 0, cases[i].not_known[j]));
		end(&scene);
	}
}

static void test_a_party_that_is_not_known(void **state)
{
	static struct scene scene;

	begin(&scene, "comm");
	scene.sample.pass.receiver.known = false;
	take_many(&scene, 1, OUTCOME_UNKNOWN);
	scene.sample.pass.receiver.known = true;
	scene.sample.pass.receiver.comm[0] = '\0'; /* a name as well */
	take_many(&scene, 1, OUTCOME_DELIVERED);
	end_interval(&scene);
	assert_int_equal(scene.nr_told, 2);
	end(&scene);
}

/* Many more senders than rows, and one that sends much among them. */
static void test_a_flood(void **state)
{
	static struct scene scene;
	struct pass *pass = &scene.sample.pass;
	uint64_t rows = 0, passes = 0, in_flight = 0;

	begin(&scene, "pair");
	for (uint32_t i = 0; i < 100 * FLOWS_MOST; i++) {
		pass->sender.pid = 100 + i;
		take_many(&scene, 1, i % 2 ? OUTCOME_DELIVERED : OUTCOME_LOST);
		pass->sender.pid = 7;
		take_many(&scene, 1, OUTCOME_DELIVERED);
	}
	end_interval(&scene);
	assert_true(scene.nr_told <= FLOWS_MOST);
	assert_int_equal(scene.passes[0].sender.pid, 7);
	assert_int_equal(scene.told[0].passes, 100 * FLOWS_MOST); /* it never fell out */
	for (size_t i = 0; i < scene.nr_told; i++)
		passes += scene.told[i].passes;
	rows = scene.nr_told + flows_fallen(scene.flows);
	assert_int_equal(rows, 100 * FLOWS_MOST + 1);
	assert_int_equal(passes + flows_fallen_passes(scene.flows), 200 * FLOWS_MOST);
	assert_int_equal(flows_sum(scene.flows)->passes, 200 * FLOWS_MOST);
	assert_int_equal(flows_sum(scene.flows)->lost, 50 * FLOWS_MOST);
	assert_int_equal(flows_sum(scene.flows)->messages, 200 * FLOWS_MOST);

	/* The same with what is in flight, and all of it lands. */
	pass->message = 0;
	for (uint32_t i = 0; i < 4 * FLOWS_MOST; i++) {
		pass->sender.pid = 100 + i;
		take_many(&scene, 1, OUTCOME_PENDING);
	}
	end_interval(&scene);
	for (size_t i = 0; i < scene.nr_told; i++)
		in_flight += scene.told[i].in_flight;
	assert_in_range(in_flight, 1, FLOWS_MOST);
	assert_int_equal(flows_sum(scene.flows)->in_flight, 4 * FLOWS_MOST);
	pass->message = 0;
	for (uint32_t i = 0; i < 4 * FLOWS_MOST; i++) {
		pass->sender.pid = 100 + i;
		take_many(&scene, 1, OUTCOME_DELIVERED);
	}
	end_interval(&scene);
	assert_int_equal(flows_sum(scene.flows)->in_flight, 0);
	assert_int_equal(flows_sum(scene.flows)->passes, 4 * FLOWS_MOST);
	end(&scene);
}

static void test_order(void **state)
{
	static struct scene scene;
	struct pass *pass = &scene.sample.pass;

	begin(&scene, "pair");
	pass->sender.pid = 1; /* the most, and the fastest */
	take_many(&scene, 9, OUTCOME_DELIVERED);
	pass->sender.pid = 2; /* the slowest */
	pass->done_ns = pass->time_ns + SECOND;
	take_many(&scene, 2, OUTCOME_DELIVERED);
	pass->sender.pid = 3;
	take_many(&scene, 3, OUTCOME_LOST);
	pass->sender.pid = 4;
	take_many(&scene, 1, OUTCOME_PENDING);
	flows_end_interval(scene.flows, SECOND);
	for (size_t i = 0; flow_order_name(i); i++) {
		static const uint32_t first[] = { 1, 1, 3, 4, 2, 2 };

		tell(&scene, flow_order_name(i));
		assert_int_equal(scene.nr_told, 4);
		assert_int_equal(scene.passes[0].sender.pid, first[i]);
	}
	end(&scene);
}

static void test_rates(void **state)
{
	static const struct {
		uint64_t count, interval_ns, rate;
	} cases[] = {
		{ 0, SECOND, 0 },	{ 7, SECOND, 7 },
		{ 7, 2 * SECOND, 4 },	{ 1, 60 * SECOND, 1 },
		{ 10, SECOND / 2, 20 }, { 1000, SECOND + MILLISECOND / 10, 1000 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct flow flow = { .passes = cases[i].count,
					   .interval_ns = cases[i].interval_ns };
		const struct row row = { .flow = &flow };
		struct value value;

		assert_true(field_get(field_find("passes_per_s"), &row, &value));
		assert_int_equal(value.u64, cases[i].rate);
	}
}

/* Both lists of names are whole, and a grouping's columns are fields of such rows. */
static void test_names(void **state)
{
	for (size_t i = 0; flow_grouping_name(i); i++) {
		struct field_list list;
		char *reason = NULL;

		assert_int_equal(field_select(&list, NULL,
					      flow_grouping_fields(flow_grouping_name(i)), &reason),
				 0);
		for (size_t j = 0; j < list.count; j++)
			assert_true(field_is_of(list.fields[j], ROW_FLOW));
	}
	assert_string_equal(flow_grouping_name(0), "pair");
	assert_string_equal(flow_order_name(0), "passes");
}

static void test_cleared(void **state)
{
	static struct scene scene;

	begin(&scene, "pair");
	take_many(&scene, 5, OUTCOME_DELIVERED);
	take_many(&scene, 5, OUTCOME_PENDING);
	flows_clear(scene.flows);
	end_interval(&scene);
	assert_int_equal(scene.nr_told, 0);
	assert_int_equal(flows_sum(scene.flows)->in_flight, 0);
	end(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_each_interval_begins_anew),
		cmocka_unit_test(test_in_flight),
		cmocka_unit_test(test_in_flight_and_taken_by_another),
		cmocka_unit_test(test_latencies),
		cmocka_unit_test(test_by),
		cmocka_unit_test(test_only_what_they_have_in_common),
		cmocka_unit_test(test_a_party_that_is_not_known),
		cmocka_unit_test(test_a_flood),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_rates),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_cleared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
