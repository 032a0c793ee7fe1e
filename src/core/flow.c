// SPDX-License-Identifier: GPL-2.0-or-later
/* Flows: see flow.h. */
#include "core/flow.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

/* The default one falls through in a switch, which clang does not let pass. */
#define HASH_FUNCTION HASH_OAT
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "core/array.h"
#include "core/getter.h"
#include "core/histogram.h"

/* What is the same in all of a flow, and in no other: bytes, as many as its way to sum up takes. */
struct flow_key {
	size_t size;
	unsigned char bytes[2 * CONTAINER_TEXT_MAX];
};

struct group;

/* A pass that was told as pending: it is in flight until it is told again. */
struct in_flight {
	UT_hash_handle hh;
	LIST_ENTRY(in_flight) next; /* of its group */
	struct group *group;
	struct {
		uint64_t message;
		uint64_t index;
	} key;
};

LIST_HEAD(in_flights, in_flight);

/* A flow, or all that fell out. */
struct group {
	UT_hash_handle hh;
	struct pass pass; /* what they have in common */
	struct flow now; /* the interval that has not ended */
	struct flow last; /* the one before */
	struct in_flights in_flights;
	uint64_t last_message; /* that was counted */
	uint64_t rank; /* by what they are sorted */
	struct histogram latencies; /* of this interval */
	size_t key_size;
	unsigned char key[];
};

/* A way to sum up. */
struct grouping {
	const char *name;
	const char *fields;
	void (*key)(const struct row *row, struct flow_key *ret);
	/* What holds for all of them. */
	void (*keep)(struct group *group, const struct row *row);
};

struct flows {
	const struct grouping *grouping;
	struct group *groups;
	struct in_flight *in_flight;
	struct group *fallen; /* what fell out, together */
	struct flow sum; /* of the last interval */
	uint64_t nr_fallen;
	uint64_t fallen_passes;
};

/* Ways to sum up */

static void put_key(struct flow_key *key, const void *bytes, size_t size)
{
	memcpy(key->bytes + key->size, bytes, size);
	key->size += size;
}

static void put_process(struct flow_key *key, const struct process *process)
{
	const uint64_t words[] = { process->known ? process->pid : 0,
				   process->known ? process->start_time : 0 };

	put_key(key, words, sizeof(words));
}

static void key_of_pair(const struct row *row, struct flow_key *ret)
{
	put_process(ret, &row->pass->sender);
	put_process(ret, &row->pass->receiver);
}

static void keep_process(struct process *to, const struct process *from, enum process_scope scope)
{
	*to = *from;
	to->scope = scope;
	to->tid = 0; /* of its threads, any */
}

static void keep_parties(struct group *group, const struct row *row, enum process_scope scope)
{
	keep_process(&group->pass.sender, &row->pass->sender, scope);
	keep_process(&group->pass.receiver, &row->pass->receiver, scope);
}

static void keep_pair(struct group *group, const struct row *row)
{
	keep_parties(group, row, PROCESS_ONE);
}

/* A text that is not known is not an empty one. */
static void put_text(struct flow_key *key, bool known, const char *text, size_t most)
{
	unsigned char size = known ? (unsigned char)strnlen(text, most - 1) : UINT8_MAX;

	put_key(key, &size, sizeof(size));
	if (known)
		put_key(key, text, size);
}

static void key_of_comm(const struct row *row, struct flow_key *ret)
{
	const struct pass *pass = row->pass;

	put_text(ret, pass->sender.known, pass->sender.comm, sizeof(pass->sender.comm));
	put_text(ret, pass->receiver.known, pass->receiver.comm, sizeof(pass->receiver.comm));
}

static void keep_comm(struct group *group, const struct row *row)
{
	keep_parties(group, row, PROCESS_OF_NAME);
}

/* An id is no longer than 254 bytes in this; what a runtime makes is far from that. */
static void put_container(struct flow_key *key, const struct row *row,
			  const struct process *process)
{
	const struct cgroup *cgroup = process->known ? row_cgroup(row, process) : NULL;
	const struct container *container = cgroup ? cgroup->container : NULL;

	put_text(key, container, container ? container->id : NULL, CONTAINER_TEXT_MAX - 1);
}

static void key_of_container(const struct row *row, struct flow_key *ret)
{
	put_container(ret, row, &row->pass->sender);
	put_container(ret, row, &row->pass->receiver);
}

static void keep_container(struct group *group, const struct row *row)
{
	keep_parties(group, row, PROCESS_OF_CONTAINER);
}

/* The receiving one, or, where that is not known, the sender's. */
static void key_of_socket(const struct row *row, struct flow_key *ret)
{
	const struct pass *pass = row->pass;
	const uint64_t words[] = { pass->to.socket_ino,
				   pass->to.socket_ino ? 0 : pass->from.socket_ino };

	put_key(ret, words, sizeof(words));
	put_key(ret, &pass->socket_path_len, sizeof(pass->socket_path_len));
	put_key(ret, pass->socket_path, pass->socket_path_len);
}

static void keep_socket(struct group *group, const struct row *row)
{
	const struct pass *pass = row->pass;

	if (pass->to.socket_ino)
		group->pass.to.socket_ino = pass->to.socket_ino;
	else
		group->pass.from.socket_ino = pass->from.socket_ino;
	group->pass.socket_path_len = pass->socket_path_len;
	memcpy(group->pass.socket_path, pass->socket_path, sizeof(pass->socket_path));
}

/* Of a few words that are ours. */
static const char *file_type_of(const struct row *row)
{
	struct value value;

	return get_file_type(row, FIELD_MESSAGE, &value) ? value.text : NULL;
}

static void key_of_file_type(const struct row *row, struct flow_key *ret)
{
	const char *type = file_type_of(row);

	put_text(ret, type, type, UINT8_MAX);
}

static void keep_file_type(struct group *group, const struct row *row)
{
	group->now.file_type = file_type_of(row);
}

static const struct grouping groupings[] = {
	{ "pair", FLOW_COLUMNS, key_of_pair, keep_pair },
	{ "comm", "report,proc.comm,receiver.comm," FLOW_NUMBERS, key_of_comm, keep_comm },
	{ "container",
	  "report,runtime.containerName,receiver.runtime.containerName," FLOW_NUMBERS
	  ",runtime.containerId,receiver.runtime.containerId",
	  key_of_container, keep_container },
	{ "socket", "report,receiver.socket_ino,socket_ino," FLOW_NUMBERS ",socket_path",
	  key_of_socket, keep_socket },
	{ "file_type", "report,file_type," FLOW_NUMBERS, key_of_file_type, keep_file_type },
};

static const struct grouping *find_grouping(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(groupings); i++) {
		if (strcmp(groupings[i].name, name) == 0)
			return &groupings[i];
	}
	return NULL;
}

const char *flow_grouping_name(size_t index)
{
	return index < ARRAY_SIZE(groupings) ? groupings[index].name : NULL;
}

const char *flow_grouping_fields(const char *name)
{
	return find_grouping(name)->fields;
}

/* Life */

static struct group *group_new(const struct flow_key *key)
{
	struct group *group = calloc(1, sizeof(*group) + key->size);

	if (!group)
		return NULL;
	group->pass = (struct pass){
		.from = { .sockfd = ENDPOINT_FD_UNKNOWN, .fd = ENDPOINT_FD_UNKNOWN },
		.to = { .sockfd = ENDPOINT_FD_UNKNOWN, .fd = ENDPOINT_FD_UNKNOWN },
		.via = PASS_NO_VIA,
		.cloexec = -1,
	};
	LIST_INIT(&group->in_flights);
	group->key_size = key->size;
	memcpy(group->key, key->bytes, key->size);
	return group;
}

int flows_new(struct flows **ret, const char *by)
{
	const struct flow_key no_key = {};
	struct flows *flows = calloc(1, sizeof(*flows));

	if (!flows)
		return -ENOMEM;
	flows->grouping = find_grouping(by);
	flows->fallen = group_new(&no_key);
	if (!flows->fallen) {
		flows_free(flows);
		return -ENOMEM;
	}
	*ret = flows;
	return 0;
}

static void forget(struct flows *flows, struct group *group)
{
	HASH_DEL(flows->groups, group);
	free(group);
}

static void land(struct flows *flows, struct in_flight *in_flight)
{
	in_flight->group->now.in_flight--;
	LIST_REMOVE(in_flight, next);
	HASH_DEL(flows->in_flight, in_flight);
	free(in_flight);
}

void flows_clear(struct flows *flows)
{
	struct in_flight *in_flight, *next_in_flight;
	struct group *group, *next;

	HASH_ITER(hh, flows->in_flight, in_flight, next_in_flight)
		land(flows, in_flight);
	HASH_ITER(hh, flows->groups, group, next)
		forget(flows, group);
	flows->fallen->now = (struct flow){};
	flows->sum = (struct flow){};
}

struct flows *flows_free(struct flows *flows)
{
	if (!flows)
		return NULL;
	if (flows->fallen)
		flows_clear(flows);
	free(flows->fallen);
	free(flows);
	return NULL;
}

/* Room */

static int larger_first(const struct group *one, const struct group *other)
{
	uint64_t a = one->now.passes + one->now.in_flight;
	uint64_t b = other->now.passes + other->now.in_flight;

	return a > b ? -1 : a < b;
}

static void add_counts(struct flow *to, const struct flow *from)
{
	to->passes += from->passes;
	to->messages += from->messages;
	to->lost += from->lost;
	to->failed += from->failed;
	to->in_flight += from->in_flight;
}

static void fall_out(struct flows *flows, struct group *group)
{
	struct in_flight *in_flight;

	add_counts(&flows->fallen->now, &group->now);
	flows->nr_fallen++;
	flows->fallen_passes += group->now.passes;
	while ((in_flight = LIST_FIRST(&group->in_flights))) {
		LIST_REMOVE(in_flight, next);
		in_flight->group = flows->fallen;
		LIST_INSERT_HEAD(&flows->fallen->in_flights, in_flight, next);
	}
	forget(flows, group);
}

/* Half of them at once: one for each that is new would take a search through all. */
static void make_room(struct flows *flows)
{
	struct group *group, *next;
	size_t i = 0;

	HASH_SORT(flows->groups, larger_first);
	HASH_ITER(hh, flows->groups, group, next) {
		if (i++ >= FLOWS_MOST / 2)
			fall_out(flows, group);
	}
}

static struct group *add(struct flows *flows, const struct row *row, const struct flow_key *key)
{
	struct group *group;

	if (HASH_COUNT(flows->groups) >= FLOWS_MOST)
		make_room(flows);
	group = group_new(key);
	if (!group)
		return NULL;
	HASH_ADD_KEYPTR(hh, flows->groups, group->key, group->key_size, group);
	if (!group->hh.tbl) {
		free(group);
		return NULL;
	}
	flows->grouping->keep(group, row);
	return group;
}

static struct group *group_of(struct flows *flows, const struct row *row)
{
	struct flow_key key = {};
	struct group *group;

	flows->grouping->key(row, &key);
	HASH_FIND(hh, flows->groups, key.bytes, key.size, group);
	return group ? group : add(flows, row, &key);
}

/* Passes */

static struct in_flight *find_in_flight(const struct flows *flows, const struct pass *pass)
{
	struct in_flight *in_flight, key = { .key = { pass->message, pass->index } };

	HASH_FIND(hh, flows->in_flight, &key.key, sizeof(key.key), in_flight);
	return in_flight;
}

static int take_off(struct flows *flows, struct group *group, const struct pass *pass)
{
	struct in_flight *in_flight;

	if (find_in_flight(flows, pass))
		return 0;
	in_flight = calloc(1, sizeof(*in_flight));
	if (!in_flight)
		return -ENOMEM;
	in_flight->key.message = pass->message;
	in_flight->key.index = pass->index;
	HASH_ADD(hh, flows->in_flight, key, sizeof(in_flight->key), in_flight);
	if (!in_flight->hh.tbl) {
		free(in_flight);
		return -ENOMEM;
	}
	in_flight->group = group;
	LIST_INSERT_HEAD(&group->in_flights, in_flight, next);
	group->now.in_flight++;
	return 0;
}

/* Descriptors of a message come one after the other; what went without one has no number. */
static void count(struct group *group, const struct pass *pass)
{
	uint64_t latency_ns;

	group->now.passes++;
	group->now.messages += pass->message != 0 && pass->message != group->last_message;
	group->last_message = pass->message;
	group->now.lost += pass->outcome == OUTCOME_LOST;
	group->now.failed += pass->outcome == OUTCOME_FAILED;
	if (pass->outcome == OUTCOME_DELIVERED && pass_latency(pass, &latency_ns))
		histogram_add(&group->latencies, latency_ns);
}

int flows_take(struct flows *flows, const struct row *row)
{
	const struct pass *pass = row->pass;
	struct in_flight *in_flight;
	struct group *group;

	/* A peeked message stays in its queue. */
	if (pass->outcome != OUTCOME_PENDING && pass->outcome != OUTCOME_PEEKED) {
		in_flight = find_in_flight(flows, pass);
		if (in_flight)
			land(flows, in_flight);
	}
	group = group_of(flows, row);
	if (!group)
		return -ENOMEM;
	if (pass->outcome == OUTCOME_PENDING)
		return take_off(flows, group, pass);
	count(group, pass);
	return 0;
}

/* Intervals */

static void end_interval(struct group *group, uint64_t interval_ns)
{
	const struct flow next = { .in_flight = group->now.in_flight,
				   .file_type = group->now.file_type };

	group->last = group->now;
	group->last.interval_ns = interval_ns;
	group->last.p50_ns = histogram_percentile(&group->latencies, 50);
	group->last.p99_ns = histogram_percentile(&group->latencies, 99);
	group->now = next;
	memset(&group->latencies, 0, sizeof(group->latencies));
}

static bool is_idle(const struct flow *flow)
{
	return flow->passes == 0 && flow->in_flight == 0;
}

void flows_end_interval(struct flows *flows, uint64_t interval_ns)
{
	struct group *group, *next;

	end_interval(flows->fallen, interval_ns);
	flows->sum = flows->fallen->last;
	HASH_ITER(hh, flows->groups, group, next) {
		if (is_idle(&group->now)) {
			forget(flows, group);
			continue;
		}
		end_interval(group, interval_ns);
		add_counts(&flows->sum, &group->last);
	}
}

/* Rows */

static uint64_t passes_of(const struct flow *flow)
{
	return flow->passes;
}

static uint64_t messages_of(const struct flow *flow)
{
	return flow->messages;
}

static uint64_t lost_of(const struct flow *flow)
{
	return flow->lost;
}

static uint64_t in_flight_of(const struct flow *flow)
{
	return flow->in_flight;
}

static uint64_t p50_of(const struct flow *flow)
{
	return flow->p50_ns;
}

static uint64_t p99_of(const struct flow *flow)
{
	return flow->p99_ns;
}

static const struct order {
	const char *name;
	uint64_t (*number)(const struct flow *flow);
} orders[] = {
	{ "passes", passes_of },       { "messages", messages_of }, { "lost", lost_of },
	{ "in_flight", in_flight_of }, { "p50", p50_of },	    { "p99", p99_of },
};

const char *flow_order_name(size_t index)
{
	return index < ARRAY_SIZE(orders) ? orders[index].name : NULL;
}

static const struct order *find_order(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		if (strcmp(orders[i].name, name) == 0)
			return &orders[i];
	}
	return NULL;
}

/* What is alike keeps its place by its key, from one interval to the next. */
static int larger_rank_first(const struct group *one, const struct group *other)
{
	size_t size = one->key_size < other->key_size ? one->key_size : other->key_size;

	if (one->rank != other->rank)
		return one->rank > other->rank ? -1 : 1;
	if (one->last.passes != other->last.passes)
		return one->last.passes > other->last.passes ? -1 : 1;
	return memcmp(one->key, other->key, size);
}

int flows_tell(struct flows *flows, const char *order, flow_row_fn fn, void *userdata)
{
	uint64_t (*number)(const struct flow *flow) = find_order(order)->number;
	struct group *group, *next;
	int r = 0;

	HASH_ITER(hh, flows->groups, group, next)
		group->rank = number(&group->last);
	HASH_SORT(flows->groups, larger_rank_first);
	HASH_ITER(hh, flows->groups, group, next) {
		if (r >= 0 && !is_idle(&group->last))
			r = fn(userdata, &group->pass, &group->last);
	}
	return r < 0 ? r : 0;
}

const struct flow *flows_sum(const struct flows *flows)
{
	return &flows->sum;
}

uint64_t flows_fallen(const struct flows *flows)
{
	return flows->nr_fallen;
}

uint64_t flows_fallen_passes(const struct flows *flows)
{
	return flows->fallen_passes;
}
