// SPDX-License-Identifier: GPL-2.0-or-later
/* The life of a way to attach: open, prepare, load, attach, read. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "host/asked.h"
#include "host/in_flight.h"
#include "host/object.h"
#include "host/reason.h"
#include "host/ring.h"
#include "host/tracepoint.h"
#include "host/tracer.h"
#include "host/way.h"

#include "iterators.skel.h"
#include "iterators_typed.skel.h"

static const struct object_file iterators_file = OBJECT_FILE(iterators);

#define MAX_LINKS 96

/* See src/bpf/stand_in.h. */
#define MAX_INSTANCES 3

struct tracer {
	const struct way *way;
	const struct object_file *file;
	struct bpf_object *objects[MAX_INSTANCES]; /* the object, and its stand-ins */
	unsigned int nr_objects;
	struct bpf_object *iterators;
	struct in_flight *in_flight; /* NULL where it cannot be had */
	struct asked *owners; /* the same */
	struct asked *keeping; /* the same */
	struct bpf_link *links[MAX_LINKS];
	size_t nr_links;
	int definitions; /* of tracepoints; a negative errno: none */
	struct ring *ring;
	const volatile uint64_t *lost; /* the BPF side's counters; NULL: not mapped */
	int nr_cpus;
	char refusal[REFUSAL_MAX]; /* by the verifier; empty: none */
};

static bool is_return(const struct bpf_program *program)
{
	return strncmp(bpf_program__section_name(program), "kretprobe/", 10) == 0;
}

static int attach_program(struct tracer *tracer, const struct bpf_program *program, int tracefs)
{
	struct bpf_link **link = &tracer->links[tracer->nr_links];
	int r = -ENOTSUP;

	if (tracer->nr_links == MAX_LINKS)
		return -E2BIG;
	if (bpf_program__type(program) == BPF_PROG_TYPE_TRACEPOINT)
		r = tracefs < 0 ? tracefs : tracepoint_attach(link, program, tracefs);
	else if (is_return(program) && tracer->definitions >= 0)
		r = tracepoint_attach_return(link, program, tracefs, tracer->definitions);
	if (r < 0 && bpf_program__type(program) != BPF_PROG_TYPE_TRACEPOINT) {
		*link = bpf_program__attach(program);
		r = *link ? 0 : -errno;
	}
	if (r >= 0)
		tracer->nr_links++;
	return r;
}

static int attach_object(struct tracer *tracer, const struct bpf_object *object, int tracefs)
{
	struct bpf_program *program;
	int r = 0;

	bpf_object__for_each_program(program, object) {
		if (bpf_program__autoload(program))
			r = attach_program(tracer, program, tracefs);
		if (r < 0)
			break;
	}
	return r;
}

static bool has_returns(const struct tracer *tracer)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, tracer->objects[0]) {
		if (bpf_program__autoload(program) && is_return(program))
			return true;
	}
	return false;
}

static int attach_programs(struct tracer *tracer)
{
	bool returns = has_returns(tracer);
	int tracefs = -EBADF, r = 0;

	if (returns || tracer->file == &tracer->way->where_preemptible)
		tracefs = tracepoint_open_tracefs();
	if (returns && tracefs >= 0)
		tracer->definitions = tracepoint_open_definitions(tracefs);
	for (unsigned int i = 0; i < tracer->nr_objects && r >= 0; i++)
		r = attach_object(tracer, tracer->objects[i], tracefs);
	if (tracefs >= 0)
		close(tracefs);
	return r;
}

/* Detach the programs, then remove what was defined for that. */
static void detach_programs(struct tracer *tracer)
{
	struct bpf_program *program;

	for (size_t i = 0; i < tracer->nr_links; i++)
		bpf_link__destroy(tracer->links[i]);
	if (tracer->definitions < 0)
		return;
	bpf_object__for_each_program(program, tracer->objects[0]) {
		if (is_return(program))
			tracepoint_forget_return(program, tracer->definitions);
	}
	close(tracer->definitions);
}

static int map_of(const struct tracer *tracer, const char *name)
{
	return bpf_object__find_map_fd_by_name(tracer->objects[0], name);
}

static const size_t lost_size = NR_EVENT_LOST * sizeof(uint64_t);

static int load_instance(struct tracer *tracer, const struct btf *kernel,
			 const struct object_options *options)
{
	int r = object_load(&tracer->objects[tracer->nr_objects], tracer->file, tracer->way->name,
			    kernel, options, tracer->refusal);

	if (r >= 0)
		tracer->nr_objects++;
	return r;
}

/* The object, and its stand-ins where this kernel makes them needful. */
static int load_objects(struct tracer *tracer, const struct btf *kernel,
			const struct object_options *options)
{
	struct object_options stand_in = *options;
	int r = load_instance(tracer, kernel, options);

	if (r < 0 || !object_is_preemptible(tracer->objects[0], kernel))
		return r;
	stand_in.shared = tracer->objects[0];
	while (r >= 0 && tracer->nr_objects < MAX_INSTANCES) {
		stand_in.stand_in = tracer->nr_objects;
		r = load_instance(tracer, kernel, &stand_in);
	}
	return r;
}

/* Where they cannot be had, less is told of what is pending. */
static void open_iterators(struct tracer *tracer, const struct btf *kernel,
			   const struct object_options *options)
{
	char refusal[REFUSAL_MAX];

	if (object_load(&tracer->iterators, &iterators_file, "iterators", kernel, options,
			refusal) < 0)
		return;
	in_flight_new(&tracer->in_flight, tracer->iterators, map_of(tracer, "messages"));
	owners_new(&tracer->owners, tracer->iterators);
	if (options->finds_kept)
		keeping_new(&tracer->keeping, tracer->iterators);
}

static int open_way(struct tracer *tracer, const struct btf *kernel,
		    const struct tracer_options *options)
{
	struct object_options object_options = {
		.ring_size = options->ring_size,
		.nr_cpus = tracer->nr_cpus,
		.trace_children = options->trace_children,
		.system_calls = options->system_calls,
		.finds_kept = options->finds_kept,
	};
	int r;

	r = load_objects(tracer, kernel, &object_options);
	if (r < 0)
		return r;
	r = object_map_memory((void **)&tracer->lost, tracer->objects[0], "lost", lost_size,
			      PROT_READ);
	if (r < 0)
		return r;
	r = ring_new(&tracer->ring, map_of(tracer, "events"), EVENT_MAX_SIZE);
	if (r < 0)
		return r;
	open_iterators(tracer, kernel, &object_options);
	return attach_programs(tracer);
}

static int try_way(struct tracer **ret, const struct way *way, const struct btf *kernel,
		   const struct tracer_options *options, char refusal[REFUSAL_MAX])
{
	struct tracer *tracer;
	int r;

	if (!way_is_possible(way))
		return -ENOENT;
	tracer = calloc(1, sizeof(*tracer));
	if (!tracer)
		return -ENOMEM;
	tracer->way = way;
	tracer->file = way->where_preemptible.plain && object_tracepoints_are_preemptible(kernel) ?
			       &way->where_preemptible :
			       &way->object;
	tracer->definitions = -EBADF;
	tracer->nr_cpus = libbpf_num_possible_cpus();
	r = open_way(tracer, kernel, options);
	if (r < 0) {
		memcpy(refusal, tracer->refusal, REFUSAL_MAX);
		tracer_free(tracer);
		return r;
	}
	*ret = tracer;
	return 0;
}

/* The ways in turn, until one can be had; `reason` gets what keeps those before it. */
static int try_ways(struct tracer **ret, const struct btf *kernel,
		    const struct tracer_options *options, char reason[TRACER_REASON_MAX])
{
	char refusal[REFUSAL_MAX] = "", one[TRACER_REASON_MAX];
	int r = -EINVAL;

	for (size_t i = 0; i < nr_ways; i++) {
		const struct way *way = &way_table[i];
		size_t used = strlen(reason);

		if (options->way && strcmp(options->way, way->name) != 0)
			continue;
		r = try_way(ret, way, kernel, options, refusal);
		if (r >= 0)
			break;
		if (!way_explain(way, r, refusal, one, sizeof(one))) {
			strcpy(reason, one);
			break;
		}
		snprintf(reason + used, TRACER_REASON_MAX - used, "%s%s", used ? "; " : "", one);
	}
	return r;
}

int tracer_new(struct tracer **ret, const struct tracer_options *options,
	       char reason[TRACER_REASON_MAX])
{
	struct btf *kernel;
	int r;

	reason[0] = '\0';
	r = object_read_kernel(&kernel, options->ring_size, reason);
	if (r < 0)
		return r;
	r = try_ways(ret, kernel, options, reason);
	btf__free(kernel);
	return r;
}

struct tracer *tracer_free(struct tracer *tracer)
{
	if (!tracer)
		return NULL;
	detach_programs(tracer);
	ring_free(tracer->ring);
	in_flight_free(tracer->in_flight);
	asked_free(tracer->owners);
	asked_free(tracer->keeping);
	bpf_object__close(tracer->iterators);
	if (tracer->lost)
		munmap((void *)tracer->lost, lost_size);
	while (tracer->nr_objects > 0)
		bpf_object__close(tracer->objects[--tracer->nr_objects]);
	free(tracer);
	return NULL;
}

const char *tracer_way(const struct tracer *tracer)
{
	return tracer->way->name;
}

bool tracer_sees_creations(const struct tracer *tracer)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, tracer->objects[0]) {
		if (bpf_program__autoload(program) &&
		    strstr(bpf_program__section_name(program), "anon_inode_getf"))
			return true;
	}
	return false;
}

int tracer_fd(const struct tracer *tracer)
{
	return map_of(tracer, "events");
}

int tracer_read(struct tracer *tracer, ring_record_fn fn, void *userdata)
{
	return ring_read(tracer->ring, fn, userdata);
}

/* Programs of which a skipped run is no loss. */
static bool may_be_skipped(const struct bpf_program *program)
{
	static const char *const functions[] = {
		/* Freed buffers come in softirqs too, in the middle of another run: no unix message among them. */
		"kfree_skb",
		"consume_skb",
		"sk_data_ready",
		/* Its stand-ins do the same again, and tell nothing. */
		"unix_add_edges",
		NULL,
	};
	const char *target = strrchr(bpf_program__section_name(program), '/');

	for (size_t i = 0; target && functions[i]; i++) {
		if (strcmp(target + 1, functions[i]) == 0)
			return true;
	}
	return false;
}

/* Runs of a program that the kernel skipped; it counts them since 5.12. */
static uint64_t skipped_runs_of(const struct bpf_program *program)
{
	struct bpf_prog_info info = { 0 };
	__u32 size = sizeof(info);

	if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size) < 0)
		return 0;
	return info.recursion_misses;
}

/* Of the first of each hook: its stand-ins count what they make up for (src/bpf/stand_in.h). */
static uint64_t skipped_runs(const struct tracer *tracer)
{
	struct bpf_program *program;
	uint64_t sum = 0;

	bpf_object__for_each_program(program, tracer->objects[0]) {
		if (bpf_program__autoload(program) && !may_be_skipped(program))
			sum += skipped_runs_of(program);
	}
	return sum;
}

void tracer_lost(const struct tracer *tracer, uint64_t counts[NR_EVENT_LOST])
{
	for (size_t kind = 0; kind < NR_EVENT_LOST; kind++)
		counts[kind] = tracer->lost[kind];
	counts[EVENT_LOST_SKIPPED] += skipped_runs(tracer);
	if ((int64_t)counts[EVENT_LOST_SKIPPED] < 0)
		counts[EVENT_LOST_SKIPPED] = 0; /* a stand-in that ran first */
}

int tracer_queued(struct tracer *tracer, in_flight_fn fn, void *userdata)
{
	return tracer->in_flight ? in_flight_read(tracer->in_flight, fn, userdata) : -EOPNOTSUPP;
}

void tracer_ask_owner(struct tracer *tracer, uint64_t ino)
{
	if (tracer->owners)
		owners_ask(tracer->owners, ino);
}

int tracer_owners(struct tracer *tracer, owner_fn fn, void *userdata)
{
	return tracer->owners ? owners_read(tracer->owners, fn, userdata) : -EOPNOTSUPP;
}

void tracer_ask_kept(struct tracer *tracer, uint64_t file)
{
	if (tracer->keeping)
		keeping_ask(tracer->keeping, file);
}

int tracer_kept(struct tracer *tracer, kept_fn fn, void *userdata)
{
	return tracer->keeping ? keeping_read(tracer->keeping, fn, userdata) : -EOPNOTSUPP;
}

size_t tracer_nr_ways(void)
{
	return nr_ways;
}

const char *tracer_way_name(size_t index)
{
	return index < nr_ways ? way_table[index].name : NULL;
}

int tracer_probe(size_t index, struct way_report *ret)
{
	struct tracer_options options = { .way = way_table[index].name, .ring_size = 1 << 20 };
	struct tracer *tracer = NULL;
	int r;

	*ret = (struct way_report){ .name = way_table[index].name };
	r = tracer_new(&tracer, &options, ret->reason);
	ret->available = r >= 0;
	tracer_free(tracer);
	return 0;
}
