/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The module that Inspektor Gadget runs in place of src/host and src/output: it takes the records of
 * the ring buffer, lets the core make passes of them, and emits a row for each.
 *
 * ig lets a module fill in what a tracer told, or make a data source of its own, whose fields do not
 * nest. Rows are neither. So a row is made as a packet of a data source that nobody sees, whose first
 * field is struct gadget_row, and emitted on that of a tracer of which this is the structure: for ig
 * a packet is an array of values, and a data source says what they mean.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/field.h"
#include "core/join.h"
#include "gadget/ig.h"
#include "gadget/params.h"
#include "gadget/place.h"

#define NSEC_PER_SEC INT64_C(1000000000)

/* For what is in flight: all that the module has is 16 MiB. */
#define MEMORY_MOST (10 << 20)

/*
 * How long one side waits for the other. A sender may be long without a CPU before it tells, and there is
 * no hurry: what is told late here is told when the next record comes anyway.
 */
#define LATE_NS (5 * NSEC_PER_SEC)

/* Values that a packet has room for: those of this module, and of the operators that add fields. */
#define PACKET_SLOTS 128

/* The first of all that subscribe to the records; there is no other. */
#define PRIORITY 0

/* Where a field goes: into a member of the row, or into a string of any length; neither: it is ig's. */
struct target {
	const struct place *place;
	ig_handle text;
};

struct module {
	struct join *join;
	struct gadget_params params;
	ig_handle rows; /* the data source that people see */
	ig_handle packets; /* the one that makes packets for it */
	ig_handle packet_row; /* its first field */
	ig_handle records;
	ig_handle record_begin;
	ig_handle record_rest;
	struct target targets[FIELD_LIST_MAX]; /* of the fields */
	ig_handle unknown;
	ig_handle lost_map;
	ig_handle told_map;
	struct gadget_told told; /* when last looked */
	uint64_t records_read;
	uint64_t lost; /* events, when last looked */
	uint64_t lost_in_kernel;
	uint64_t lost_by_kind[NR_EVENT_LOST];
	uint64_t now_ns; /* by the latest record */
	uint64_t lost_looked_ns;
	uint64_t unjoined; /* records and rows that came to nothing here */
	uint64_t passes;
	bool started;
	bool stopping; /* ig's other operators have stopped */
	bool emitting; /* a row is on its way through ig's other operators */
};

static struct module module;

/* What is being emitted: ig keeps the address of the structure until the row is through. */
static struct gadget_row current_row;
static struct value current_value;
static char unknown_fields[1024];

#define RECORD_MOST (128 << 10)

/* A record, aligned as those of a ring buffer are. */
static _Alignas(8) char record[RECORD_MOST];

__attribute__((format(printf, 2, 3))) static void log_line(enum ig_log_level level,
							   const char *format, ...)
{
	char line[256];
	va_list arguments;
	int size;

	va_start(arguments, format);
	size = vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	if (size > 0)
		ig_log(level, ig_text(line));
}

/* Maps of the object */

/* An entry of an array; false: it cannot be had, and is left as it was. */
static bool look_up(ig_handle map, uint32_t index, void *ret, size_t size)
{
	return ig_look_up(map, ig_bytes_of(&index, sizeof(index)), ig_bytes_of(ret, size)) == 0;
}

/* What the kernel side could not tell so far. */
static uint64_t read_lost(void)
{
	uint64_t sum = 0;

	for (uint32_t kind = 0; kind < NR_EVENT_LOST; kind++) {
		look_up(module.lost_map, kind, &module.lost_by_kind[kind], sizeof(uint64_t));
		sum += module.lost_by_kind[kind];
	}
	return sum;
}

/* What came, and what did not come of it here. */
static uint64_t not_joined(void)
{
	struct join_counts counts;

	join_counts(module.join, &counts);
	return module.unjoined + counts.unmatched;
}

static void read_told(void)
{
	look_up(module.told_map, 0, &module.told, sizeof(module.told));
}

/* Rows */

/* ig knows the names of users, and the time of the clock. */
static const char *no_name(void *userdata, uint32_t id)
{
	return NULL;
}

static int32_t no_offset(void *userdata, int64_t seconds)
{
	return 0;
}

static struct resolver resolver = {
	.user = no_name,
	.group = no_name,
	.utc_offset = no_offset,
};

/* The names of the fields that this row leaves out, joined by commas. */
static void add_unknown(size_t *used, const char *name)
{
	size_t size = strlen(name);

	if (*used + 1 + size > sizeof(unknown_fields))
		return;
	if (*used > 0)
		unknown_fields[(*used)++] = ',';
	memcpy(unknown_fields + *used, name, size);
	*used += size;
}

static void set_text(ig_handle field, ig_handle packet, const char *text, size_t size)
{
	ig_set(field, packet, IG_STRING, ig_bytes_of(text, size));
}

/* The names of users that ig adds are mere numbers once it has stopped all else. */
static bool get_field(const struct field *field, const struct row *row)
{
	return !(module.stopping && place_is_name(field)) && field_get(field, row, &current_value);
}

static void set_fields(const struct row *row, ig_handle packet)
{
	size_t unknown = 0;

	place_clear(&current_row);
	for (size_t i = 0; i < nr_fields; i++) {
		const struct field *field = &field_table[i];
		const struct target *target = &module.targets[i];

		if (place_is_of_host(field))
			continue;
		if (!get_field(field, row))
			add_unknown(&unknown, field->name);
		else if (target->place)
			place_set(&current_row, target->place, field, &current_value);
		else if (target->text)
			set_text(target->text, packet, current_value.text, current_value.size);
	}
	/* Not a field of its own: it tells nobody anything, but the existing gadget has it. */
	current_row.proc.parent.tid = row->pass->sender.parent_tid;
	set_text(module.unknown, packet, unknown_fields, unknown);
}

static void emit(const struct pass *pass)
{
	const struct row row = { .pass = pass, .resolver = &resolver };
	ig_handle packet = ig_new_packet(module.packets);

	if (packet == 0) {
		module.unjoined++;
		return;
	}
	set_fields(&row, packet);
	current_row.timestamp_raw = pass->time_ns;
	current_row.lost_events = module.lost;
	ig_set(module.packet_row, packet, IG_BYTES, ig_bytes_of(&current_row, sizeof(current_row)));
	module.emitting = true;
	ig_emit(module.rows, packet);
	module.emitting = false;
	module.passes++;
}

static int on_row(void *userdata, const struct pass *pass)
{
	if (params_want(&module.params, &pass->sender) && !ig_discards(pass->sender.mntns_id))
		emit(pass);
	return 0;
}

/* Records */

static void look_for_losses(void)
{
	uint64_t lost_before = module.lost_in_kernel, unjoined = not_joined();
	uint64_t lost;

	module.lost_in_kernel = read_lost();
	lost = module.lost_in_kernel + unjoined;
	module.lost_looked_ns = module.now_ns;
	if (lost == module.lost)
		return;
	log_line(IG_LOG_WARN,
		 "fdpass: %" PRIu64 " events lost: %" PRIu64 " no room in the ring buffer, %" PRIu64
		 " in the table of messages, %" PRIu64 " memory not read, %" PRIu64
		 " too many control messages, %" PRIu64 " not joined",
		 lost, module.lost_by_kind[EVENT_LOST_RING], module.lost_by_kind[EVENT_LOST_TABLE],
		 module.lost_by_kind[EVENT_LOST_READ], module.lost_by_kind[EVENT_LOST_CONTROLS],
		 unjoined);
	module.lost = lost;
	if (module.lost_in_kernel != lost_before)
		join_note_loss(module.join);
}

/* ig tells nobody that a callback has failed, so a row that did not get through is found afterwards. */
static void look_for_failed_row(void)
{
	if (!module.emitting)
		return;
	module.emitting = false;
	module.unjoined++;
	log_line(IG_LOG_ERROR, "fdpass: a row did not get through Inspektor Gadget");
}

static size_t read_record(ig_handle data)
{
	uint64_t begin = ig_get_scalar(module.record_begin, data, IG_UINT64, NULL);
	int32_t size;

	memcpy(record, &begin, sizeof(begin));
	size = ig_get_bytes(module.record_rest, data, IG_BYTES,
			    ig_bytes_of(record + sizeof(begin), sizeof(record) - sizeof(begin)));
	return size < 0 ? 0 : sizeof(begin) + (size_t)size;
}

/* There is no clock but that of the records. */
static void tick(uint64_t now_ns)
{
	if ((int64_t)(now_ns - module.now_ns) < NSEC_PER_SEC / 10)
		return;
	module.now_ns = now_ns;
	join_tick(module.join, now_ns);
	if ((int64_t)(now_ns - module.lost_looked_ns) >= NSEC_PER_SEC)
		look_for_losses();
}

void ig_on_data(uint64_t callback, ig_handle source, ig_handle data)
{
	size_t size = read_record(data);

	module.records_read++;
	if (!module.started) /* ig has not told yet what is to be left out */
		return;
	if (module.told.records == 0) { /* the first one */
		read_told();
		memcpy(resolver.identity_key, module.told.identity_key,
		       sizeof(resolver.identity_key));
	}
	look_for_failed_row();
	if (join_record(module.join, record, size) < 0)
		module.unjoined++;
	tick(((const struct event *)record)->time_ns);
}

/* The life of the module */

static bool add_targets(void)
{
	for (size_t i = 0; i < nr_fields; i++) {
		const struct field *field = &field_table[i];
		struct target *target = &module.targets[i];

		target->place = place_find(field);
		if (target->place || place_is_of_ig(field) || place_is_of_host(field))
			continue;
		target->text = ig_add_field(module.rows, ig_text(field->name), IG_STRING);
		if (target->text == 0)
			return false;
	}
	module.unknown = ig_add_field(module.rows, ig_text("unknown"), IG_STRING);
	return module.unknown != 0;
}

uint64_t ig_api_version(void)
{
	return IG_API_VERSION;
}

int32_t ig_on_init(void)
{
	const struct join_options options = {
		.late_ns = LATE_NS,
		.max_bytes = MEMORY_MOST,
	};

	if (join_new(&module.join, &options, on_row, NULL) < 0)
		return 1;
	module.rows = ig_get_source(ig_text("fdpass"));
	module.records = ig_get_source(ig_text("records"));
	module.packets = ig_new_source(ig_text("packets"), IG_SOURCE_SINGLE);
	if (module.rows == 0 || module.records == 0 || module.packets == 0)
		return 1;
	module.packet_row = ig_add_field(module.packets, ig_text("row"), IG_BYTES);
	module.record_begin = ig_get_field(module.records, ig_text("begin"));
	module.record_rest = ig_get_field(module.records, ig_text("rest"));
	if (module.packet_row == 0 || module.record_begin == 0 || module.record_rest == 0)
		return 1;
	ig_unreference(module.packets);
	ig_unreference(module.records);
	return add_targets() ? 0 : 1;
}

static void leave_out(const char *program)
{
	char key[64];

	snprintf(key, sizeof(key), "programs.%s.attach_to", program);
	ig_set_config(ig_text(key), ig_text("gadget_program_disabled"), IG_STRING);
}

static bool is_true(const char *param)
{
	char value[8] = "";

	return ig_get_param(ig_text(param), ig_bytes_of(value, sizeof(value) - 1)) == 0 &&
	       strcmp(value, "true") == 0;
}

/* Programs that this kernel cannot have are not attached. */
static void choose_programs(void)
{
	static const char *const since_6_3[] = { "data_ready", "send_length", "recv_length" };

	if (!ig_has_symbol(ig_text("__traceiter_sock_send_length"))) {
		for (size_t i = 0; i < sizeof(since_6_3) / sizeof(since_6_3[0]); i++)
			leave_out(since_6_3[i]);
	} else if (!is_true("system-calls")) {
		leave_out(
			"exiting"); /* all processes pay for it, and little is known by it alone */
	}
}

/*
 * What is subscribed here is called until the gadget has stopped; what is subscribed earlier would
 * be cut off in the middle of a row.
 */
int32_t ig_on_pre_start(void)
{
	choose_programs();
	for (unsigned int i = 1; i < PACKET_SLOTS; i++) {
		char name[16];

		snprintf(name, sizeof(name), "slot%u", i);
		ig_release(ig_add_field(module.packets, ig_text(name), IG_STRING));
	}
	return (int32_t)ig_subscribe(module.records, IG_SUBSCRIBE_DATA, PRIORITY, 0);
}

int32_t ig_on_start(void)
{
	ig_handle params = ig_get_map(ig_text(".rodata.params"));

	module.lost_map = ig_get_map(ig_text("lost"));
	module.told_map = ig_get_map(ig_text("told"));
	if (params == 0 || module.lost_map == 0 || module.told_map == 0)
		return 1;
	if (!look_up(params, 0, &module.params, sizeof(module.params)))
		return 1;
	module.started = true;
	log_line(IG_LOG_INFO, "fdpass: tracing with gadget");
	return 0;
}

/* By now nothing more is told: the programs are detached. */
int32_t ig_on_stop(void)
{
	module.stopping = true;
	look_for_failed_row();
	read_told();
	module.unjoined += module.told.records - module.records_read;
	look_for_losses();
	join_finish(module.join, module.now_ns);
	look_for_losses();
	log_line(IG_LOG_INFO, "fdpass: %" PRIu64 " passes; %" PRIu64 " events lost", module.passes,
		 module.lost);
	module.join = join_free(module.join);
	return 0;
}
