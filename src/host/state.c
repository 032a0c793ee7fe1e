// SPDX-License-Identifier: GPL-2.0-or-later
/* The reader of state: see state.h. */
#include "host/state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "host/asked.h"
#include "host/iterator.h"
#include "host/netns.h"
#include "host/object.h"
#include "host/way.h"

#include "state.skel.h"
#include "state_typed.skel.h"

/* One record after the other: it has to hold the largest. */
#define RING_SIZE (256 << 10)

/* Not a way to attach, but refused for the same reasons. */
static const struct way state_way = {
	.name = "iterators",
	.object = OBJECT_FILE(state),
	.missing = "the kernel has no BPF iterators",
	.forbidden = "the kernel forbids BPF programs of this sort, to root as well",
};

struct state {
	struct bpf_object *object;
	struct bpf_link *open_sockets;
	struct bpf_link *unix_sockets; /* NULL: the kernel has no such iterator */
	struct bpf_link *answer;
	struct bpf_link *files;
	struct bpf_link *mappings;
	struct asked *owners;
	struct ring *records, *listed;
	struct event_asked *question; /* in memory that the BPF side shares; NULL: not mapped */
	struct event_seek *seek; /* the same */
	const volatile uint64_t *lost; /* the same */
	struct netns_runs namespaces; /* of unix_sockets */
};

static const size_t lost_size = NR_EVENT_LOST * sizeof(uint64_t);

static int map_of(const struct state *state, const char *name)
{
	return bpf_object__find_map_fd_by_name(state->object, name);
}

static int open_maps(struct state *state)
{
	int r = object_map_memory((void **)&state->question, state->object, "question",
				  sizeof(*state->question), PROT_READ | PROT_WRITE);

	if (r >= 0)
		r = object_map_memory((void **)&state->seek, state->object, "seeking",
				      sizeof(*state->seek), PROT_READ | PROT_WRITE);
	if (r >= 0)
		r = object_map_memory((void **)&state->lost, state->object, "lost", lost_size,
				      PROT_READ);
	if (r >= 0)
		r = ring_new(&state->records, map_of(state, "events"), EVENT_MAX_SIZE);
	if (r >= 0)
		r = ring_new(&state->listed, map_of(state, "listed"), sizeof(struct event_listed));
	return r;
}

static int open_iterator(struct bpf_link **ret, const struct state *state, const char *program,
			 const struct bpf_iter_attach_opts *options)
{
	*ret = bpf_program__attach_iter(bpf_object__find_program_by_name(state->object, program),
					options);
	return *ret ? 0 : -errno;
}

/* Those that some kernels lack: *ret stays NULL there. */
static int open_if_there(struct bpf_link **ret, const struct state *state, const char *program)
{
	if (!bpf_program__autoload(bpf_object__find_program_by_name(state->object, program)))
		return 0;
	return open_iterator(ret, state, program, NULL);
}

static int open_iterators(struct state *state)
{
	LIBBPF_OPTS(bpf_iter_attach_opts, options);
	union bpf_iter_link_info info = { .map.map_fd = map_of(state, "question") };
	int r;

	options.link_info = &info;
	options.link_info_len = sizeof(info);
	r = open_iterator(&state->answer, state, "answer", &options);
	if (r >= 0)
		r = open_iterator(&state->open_sockets, state, "tell_open_sockets", NULL);
	if (r >= 0)
		r = owners_new(&state->owners, state->object);
	if (r >= 0)
		r = open_iterator(&state->files, state, "tell_files", NULL);
	if (r >= 0)
		r = open_if_there(&state->unix_sockets, state, "tell_unix_sockets");
	if (r >= 0)
		r = open_if_there(&state->mappings, state, "tell_mappings");
	if (r >= 0 && !state->mappings) /* before 5.12 */
		r = open_iterator(&state->mappings, state, "tell_mappings_of_task", NULL);
	if (r >= 0 && state->unix_sockets)
		r = netns_open_runs(&state->namespaces, state->unix_sockets);
	return r;
}

static int load(struct state *state, const struct btf *kernel, char reason[STATE_REASON_MAX])
{
	const struct object_options options = {
		.ring_size = RING_SIZE,
		.nr_cpus = libbpf_num_possible_cpus(),
	};
	char refusal[REFUSAL_MAX] = "";
	int r = object_load(&state->object, &state_way.object, state_way.name, kernel, &options,
			    refusal);

	if (r >= 0)
		r = open_maps(state);
	if (r >= 0)
		r = open_iterators(state);
	if (r < 0)
		way_explain(&state_way, r, refusal, reason, STATE_REASON_MAX);
	return r;
}

int state_new(struct state **ret, char reason[STATE_REASON_MAX])
{
	struct state *state;
	struct btf *kernel;
	int r;

	reason[0] = '\0';
	r = object_read_kernel(&kernel, RING_SIZE, reason);
	if (r < 0)
		return r;
	state = calloc(1, sizeof(*state));
	r = state ? load(state, kernel, reason) : -ENOMEM;
	btf__free(kernel);
	if (r < 0) {
		state_free(state);
		return r;
	}
	*ret = state;
	return 0;
}

struct state *state_free(struct state *state)
{
	if (!state)
		return NULL;
	netns_close_runs(&state->namespaces);
	asked_free(state->owners);
	ring_free(state->records);
	ring_free(state->listed);
	if (state->question)
		munmap(state->question, sizeof(*state->question));
	if (state->seek)
		munmap(state->seek, sizeof(*state->seek));
	if (state->lost)
		munmap((void *)state->lost, lost_size);
	bpf_link__destroy(state->open_sockets);
	bpf_link__destroy(state->unix_sockets);
	bpf_link__destroy(state->answer);
	bpf_link__destroy(state->files);
	bpf_link__destroy(state->mappings);
	bpf_object__close(state->object);
	free(state);
	return NULL;
}

bool state_sees_all_sockets(const struct state *state)
{
	return state->unix_sockets != NULL;
}

bool state_misses_namespaces(const struct state *state)
{
	return state->namespaces.incomplete;
}

struct socket_reading {
	state_socket_fn fn;
	void *userdata;
};

static void take_socket(void *userdata, const void *entry)
{
	const struct socket_reading *reading = userdata;

	reading->fn(reading->userdata, *(const uint64_t *)entry);
}

int state_sockets(struct state *state, state_socket_fn fn, void *userdata)
{
	struct socket_reading reading = { .fn = fn, .userdata = userdata };
	int r = iterator_run(state->open_sockets, sizeof(uint64_t), take_socket, &reading);

	if (r >= 0 && state->unix_sockets)
		r = iterator_run(state->unix_sockets, sizeof(uint64_t), take_socket, &reading);
	for (size_t i = 0; i < state->namespaces.count && r >= 0; i++)
		r = iterator_read(state->namespaces.fds[i], sizeof(uint64_t), take_socket,
				  &reading);
	netns_close_runs(&state->namespaces);
	return r;
}

/* The answers come by the ring buffers alone. */
static void take_nothing(void *userdata, const void *entry)
{
	(void)userdata;
	(void)entry;
}

static int ask(struct state *state, const struct event_asked *asked, struct ring *ring,
	       ring_record_fn fn, void *userdata)
{
	int r;

	*state->question = *asked;
	r = iterator_run(state->answer, 1, take_nothing, NULL);
	return r < 0 ? r : ring_read(ring, fn, userdata);
}

int state_list(struct state *state, const struct event_asked *asked, ring_record_fn fn,
	       void *userdata)
{
	return ask(state, asked, state->listed, fn, userdata);
}

int state_describe(struct state *state, const struct event_asked *asked, ring_record_fn fn,
		   void *userdata)
{
	return ask(state, asked, state->records, fn, userdata);
}

int state_seek(struct state *state, const struct event_sought *key)
{
	__u8 value = 1;

	return bpf_map_update_elem(map_of(state, "sought"), key, &value, BPF_ANY) < 0 ? -errno : 0;
}

/* A run that tells records: the ring has room for those of one read. */
static int run_with_records(struct state *state, const struct bpf_link *link, ring_record_fn fn,
			    void *userdata)
{
	int fd = iterator_open(link), r = 0;
	ssize_t n = 1;
	char byte;

	if (fd < 0)
		return fd;
	while (n != 0 && r >= 0) {
		n = read(fd, &byte, sizeof(byte));
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			r = -errno;
		else
			r = ring_read(state->records, fn, userdata);
	}
	close(fd);
	return r;
}

int state_files(struct state *state, const struct event_seek *seek, ring_record_fn fn,
		void *userdata)
{
	*state->seek = *seek;
	return run_with_records(state, state->files, fn, userdata);
}

int state_mappings(struct state *state, const struct event_seek *seek, ring_record_fn fn,
		   void *userdata)
{
	*state->seek = *seek;
	return run_with_records(state, state->mappings, fn, userdata);
}

void state_ask_owner(struct state *state, uint64_t ino)
{
	owners_ask(state->owners, ino);
}

int state_owners(struct state *state, owner_fn fn, void *userdata)
{
	return owners_read(state->owners, fn, userdata);
}

bool state_can_read(void *state)
{
	const struct event_asked nothing = { .question = EVENT_ASK_QUEUE };

	return state_list(state, &nothing, NULL, NULL) >= 0;
}

uint64_t state_lost(const struct state *state)
{
	uint64_t sum = 0;

	for (size_t kind = 0; kind < NR_EVENT_LOST; kind++)
		sum += state->lost[kind];
	return sum;
}
