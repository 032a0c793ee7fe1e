// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The ways to attach, a table, and the life of one: open, prepare, load, attach, read. What a
 * kernel offers is found out by trying, in the table's order; what changed in its functions is
 * asked of its BTF. A new way is an object file in src/bpf and an entry here.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "host/lockdown.h"
#include "host/tracepoint.h"
#include "host/tracer.h"

#include "fentry.skel.h"
#include "fentry_typed.skel.h"
#include "kprobe.skel.h"
#include "kprobe_typed.skel.h"
#include "queues.skel.h"
#include "queues_typed.skel.h"
#include "table.skel.h"
#include "table_typed.skel.h"
#include "tracepoint.skel.h"
#include "tracepoint_typed.skel.h"

/* The bytes of an object file, for kernels without and with bpf_rdonly_cast(): src/bpf/kernel.h. */
struct object_file {
	const void *(*plain)(size_t *size);
	const void *(*typed)(size_t *size);
};

#define OBJECT_FILE(name)                                                                          \
	{                                                                                          \
		name##_bpf__elf_bytes, name##_typed_bpf__elf_bytes                                 \
	}

struct way {
	const char *name;
	struct object_file object;
	struct object_file in_flight; /* tells what is in flight: an iterator */
	const char *table; /* the map that it goes through; NULL: the kernel's own */
	bool (*possible)(void); /* not worth the loading where this says no; NULL: try it */
	const char *missing; /* what ENOENT and the like mean here */
	const char *forbidden; /* what EPERM means here */
	const char *const *gaps;
};

static const char *const tracepoint_gaps[] = {
	"sends, receives and moves through io_uring, and those of 32-bit programs",
	"descriptors that a seccomp supervisor adds (SECCOMP_IOCTL_NOTIF_ADDFD)",
	"how a descriptor ended that no recvmsg(2) took: read with read(2), closed unread, collected",
	"what is queued in other network namespaces, and before Linux 5.15 anywhere",
	NULL,
};

static const char *const list_gaps[] = {
	"why some sends failed: bad memory (EFAULT), a signal (EINTR), a name that nobody has",
	NULL,
};

static const struct way ways[] = {
	{ "fentry", OBJECT_FILE(fentry), OBJECT_FILE(table), "messages", NULL,
	  "the kernel has no BPF trampolines: it needs CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS=y",
	  "the kernel forbids BPF programs of this sort, to root as well", list_gaps },
	{ "kprobe", OBJECT_FILE(kprobe), OBJECT_FILE(table), "messages", tracepoint_has_kprobes,
	  "the kernel has no kprobes: it needs CONFIG_KPROBE_EVENTS=y",
	  "the kernel forbids kprobes, to root as well", list_gaps },
	{ "tracepoint", OBJECT_FILE(tracepoint), OBJECT_FILE(queues), NULL, NULL,
	  "the kernel has no tracepoints of system calls: it needs CONFIG_FTRACE_SYSCALLS=y",
	  "tracefs cannot be opened: mount it at /sys/kernel/tracing, or run fdpass with "
	  "CAP_SYS_ADMIN",
	  tracepoint_gaps },
};

#define BTF_PATH "/sys/kernel/btf/vmlinux"
/* ENOTSUPP of linux/errno.h: libc does not know it. */
#define ENOTSUPP_KERNEL 524

#define NR_WAYS (sizeof(ways) / sizeof(ways[0]))
#define MAX_LINKS 96

struct tracer {
	const struct way *way;
	struct bpf_object *object;
	struct bpf_object *iterator; /* NULL where the kernel has no such iterator */
	struct bpf_link *iterator_link;
	struct bpf_link *links[MAX_LINKS];
	size_t nr_links;
	int definitions; /* of tracepoints; a negative errno: none */
	struct ring_buffer *ring;
	struct ring_buffer *queues; /* what the iterator tells */
	struct sweep *sweep; /* while that is read */
	const volatile uint64_t *lost; /* the BPF side's counters; NULL: not mapped */
	int nr_cpus;
	tracer_record_fn record;
	void *userdata;
};

/* libbpf explains itself to nobody: the reasons that are told are this file's. */
static int __attribute__((format(printf, 2, 0)))
keep_quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	if (!getenv("FDPASS_LIBBPF_DEBUG") || level == LIBBPF_DEBUG)
		return 0;
	return vfprintf(stderr, format, args);
}

/* Set a `const volatile` variable of the BPF side before it is loaded, if the object has it. */
static void set_constant(struct bpf_object *object, const char *name, const void *value,
			 size_t size)
{
	struct bpf_map *map = bpf_object__find_map_by_name(object, ".rodata");
	const struct btf *btf = bpf_object__btf(object);
	int id = btf__find_by_name_kind(btf, ".rodata", BTF_KIND_DATASEC);
	const struct btf_type *section = btf__type_by_id(btf, id);
	size_t total;
	char *data = map ? (char *)bpf_map__initial_value(map, &total) : NULL;

	if (!section || !data)
		return;
	const struct btf_var_secinfo *variable = btf_var_secinfos(section);
	for (int i = 0; i < btf_vlen(section); i++, variable++) {
		const struct btf_type *type = btf__type_by_id(btf, variable->type);

		if (strcmp(btf__name_by_offset(btf, type->name_off), name) == 0 &&
		    variable->size == size && variable->offset + size <= total)
			memcpy(data + variable->offset, value, size);
	}
}

static bool kernel_has(const struct btf *kernel, const char *function)
{
	return btf__find_by_name_kind(kernel, function, BTF_KIND_FUNC) > 0;
}

static bool kernel_has_member(const struct btf *kernel, const char *type, const char *name)
{
	const struct btf_type *found =
		btf__type_by_id(kernel, btf__find_by_name_kind(kernel, type, BTF_KIND_STRUCT));

	for (int i = 0; found && i < btf_vlen(found); i++) {
		if (strcmp(btf__name_by_offset(kernel, btf_members(found)[i].name_off), name) == 0)
			return true;
	}
	return false;
}

/* See src/bpf/stand_in.h. */
static bool is_stand_in(const struct bpf_program *program)
{
	return strncmp(bpf_program__name(program), "stand_in_", strlen("stand_in_")) == 0;
}

/*
 * May the kernel preempt these programs? Those of tracepoints since 7.0. What a program does about it
 * takes a kernel that lets it call global functions where preemption is off, since 6.15 (b2bb703434bf
 * "bpf: Summarize sleepable global subprogs").
 */
static bool is_preemptible(const struct bpf_object *object, const struct btf *kernel)
{
	switch (bpf_program__type(bpf_object__next_program(object, NULL))) {
	case BPF_PROG_TYPE_TRACING:
		return kernel_has_member(kernel, "bpf_subprog_info", "might_sleep");
	case BPF_PROG_TYPE_TRACEPOINT:
		return kernel_has(kernel, "trace_call_bpf_faultable");
	default:
		return false;
	}
}

/* Leave out the programs whose function this kernel does not have, and what it does not need. */
static void choose_programs(struct bpf_object *object, const struct btf *kernel)
{
	bool preemptible = is_preemptible(object, kernel);
	struct bpf_program *program;

	bpf_object__for_each_program(program, object) {
		const char *section = bpf_program__section_name(program);
		const char *function = strchr(section, '/');

		/* Twice as many more to load: the kernel takes its time to verify them. */
		if (is_stand_in(program) && !preemptible)
			bpf_program__set_autoload(program, false);
		if (strncmp(section, "tracepoint", 10) == 0 || !function)
			continue;
		if (strncmp(section, "iter", 4) != 0 && !kernel_has(kernel, function + 1))
			bpf_program__set_autoload(program, false);
	}
}

static void set_constants(struct bpf_object *object, const struct btf *kernel,
			  const struct tracer_options *options)
{
	bool collector_in_caller = !kernel_has(kernel, "unix_add_edges");
	int tracer_pid = options->trace_children ? getpid() : 0;
	bool preemptible = is_preemptible(object, kernel);
	uint64_t wake_at = options->ring_size / 4;

	set_constant(object, "preemptible", &preemptible, sizeof(preemptible));
	set_constant(object, "collector_in_caller", &collector_in_caller,
		     sizeof(collector_in_caller));
	set_constant(object, "tracer_pid", &tracer_pid, sizeof(tracer_pid));
	set_constant(object, "wake_at", &wake_at, sizeof(wake_at));
}

static void size_maps(struct bpf_object *object, const struct tracer_options *options, int nr_cpus)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object) {
		const char *name = bpf_map__name(map);

		if (strcmp(name, "events") == 0)
			bpf_map__set_max_entries(map, options->ring_size);
		else if (strcmp(name, "scratches") == 0)
			bpf_map__set_max_entries(map, bpf_map__max_entries(map) * nr_cpus);
	}
}

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

static int attach_programs(struct tracer *tracer)
{
	struct bpf_program *program = bpf_object__next_program(tracer->object, NULL);
	enum bpf_prog_type type = bpf_program__type(program);
	int tracefs = -EBADF, r = 0;

	if (type == BPF_PROG_TYPE_TRACEPOINT || type == BPF_PROG_TYPE_KPROBE)
		tracefs = tracepoint_open_tracefs();
	if (type == BPF_PROG_TYPE_KPROBE && tracefs >= 0)
		tracer->definitions = tracepoint_open_definitions(tracefs);
	bpf_object__for_each_program(program, tracer->object) {
		if (bpf_program__autoload(program))
			r = attach_program(tracer, program, tracefs);
		if (r < 0)
			break;
	}
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
	bpf_object__for_each_program(program, tracer->object) {
		if (is_return(program))
			tracepoint_forget_return(program, tracer->definitions);
	}
	close(tracer->definitions);
}

static int on_record(void *context, void *data, size_t size)
{
	struct tracer *tracer = context;

	return tracer->record(tracer->userdata, data, size);
}

static int open_object(struct bpf_object **ret, const struct object_file *file, const char *name,
		       const struct btf *kernel, const struct tracer_options *options, int nr_cpus)
{
	LIBBPF_OPTS(bpf_object_open_opts, open_options, .object_name = name);
	struct bpf_object *object;
	size_t size;
	const void *bytes = kernel_has(kernel, "bpf_rdonly_cast") ? file->typed(&size) :
								    file->plain(&size);
	int r;

	object = bpf_object__open_mem(bytes, size, &open_options);
	if (!object)
		return -errno;
	choose_programs(object, kernel);
	set_constants(object, kernel, options);
	size_maps(object, options, nr_cpus);
	r = bpf_object__load(object);
	if (r < 0) {
		bpf_object__close(object);
		return r;
	}
	*ret = object;
	return 0;
}

/* A reading of the queues, for on_queued(). */
struct sweep {
	tracer_queued_fn fn;
	void *userdata;
	bool complete; /* the last entry came, and says that none is missing */
};

static int on_queued(void *context, void *data, size_t size)
{
	struct tracer *tracer = context;
	const struct event_queued *queued = data;

	if (size != sizeof(*queued) || !tracer->sweep)
		return 0;
	if (queued->sock == 0 && queued->count == 0)
		tracer->sweep->complete = queued->position == 0;
	tracer->sweep->fn(tracer->sweep->userdata, queued);
	return 0;
}

/* What tells what is in flight; a kernel before 5.15 has no iter/unix, which is no error. */
static void open_iterator(struct tracer *tracer, const struct btf *kernel,
			  const struct tracer_options *options)
{
	LIBBPF_OPTS(bpf_iter_attach_opts, attach_options);
	union bpf_iter_link_info info = { 0 };

	if (open_object(&tracer->iterator, &tracer->way->in_flight, "in_flight", kernel, options,
			tracer->nr_cpus) < 0)
		return;
	tracer->queues =
		ring_buffer__new(bpf_object__find_map_fd_by_name(tracer->iterator, "queues"),
				 on_queued, tracer, NULL);
	if (!tracer->queues)
		return;
	if (tracer->way->table) {
		info.map.map_fd =
			bpf_object__find_map_fd_by_name(tracer->object, tracer->way->table);
		attach_options.link_info = &info;
		attach_options.link_info_len = sizeof(info);
	}
	tracer->iterator_link = bpf_program__attach_iter(
		bpf_object__next_program(tracer->iterator, NULL), &attach_options);
}

static const size_t lost_size = NR_EVENT_LOST * sizeof(uint64_t);

static int map_lost(struct tracer *tracer)
{
	int fd = bpf_object__find_map_fd_by_name(tracer->object, "lost");
	void *memory = mmap(NULL, lost_size, PROT_READ, MAP_SHARED, fd, 0);

	if (memory == MAP_FAILED)
		return -errno;
	tracer->lost = memory;
	return 0;
}

static int open_way(struct tracer *tracer, const struct btf *kernel,
		    const struct tracer_options *options)
{
	int r;

	r = open_object(&tracer->object, &tracer->way->object, tracer->way->name, kernel, options,
			tracer->nr_cpus);
	if (r < 0)
		return r;
	r = map_lost(tracer);
	if (r < 0)
		return r;
	tracer->ring = ring_buffer__new(bpf_object__find_map_fd_by_name(tracer->object, "events"),
					on_record, tracer, NULL);
	if (!tracer->ring)
		return -errno;
	open_iterator(tracer, kernel, options);
	return attach_programs(tracer);
}

static int try_way(struct tracer **ret, const struct way *way, const struct btf *kernel,
		   const struct tracer_options *options)
{
	struct tracer *tracer;
	int r;

	if (way->possible && !way->possible())
		return -ENOENT;
	tracer = calloc(1, sizeof(*tracer));
	if (!tracer)
		return -ENOMEM;
	tracer->way = way;
	tracer->definitions = -EBADF;
	tracer->nr_cpus = libbpf_num_possible_cpus();
	r = open_way(tracer, kernel, options);
	if (r < 0) {
		tracer_free(tracer);
		return r;
	}
	*ret = tracer;
	return 0;
}

/* What keeps every way from working, as a sentence; NULL: nothing of that sort. */
static const char *common_reason(int error)
{
	struct utsname name;
	char lockdown[32];

	if (error == -EMFILE || error == -ENFILE)
		return "too many files are open: raise the limit (ulimit -n)";
	if (error == -ENOMEM)
		return "there is not enough memory: take a smaller ring buffer (--buffer-size)";
	uname(&name);
	if (strverscmp(name.release, "5.10") < 0)
		return "this kernel is too old: Linux 5.10 or later is needed";
	lockdown_mode(lockdown);
	if (strcmp(lockdown, LOCKDOWN_CONFIDENTIALITY) == 0)
		return "the kernel is locked down for confidentiality, which forbids BPF programs "
		       "to read its memory: boot it with lockdown=integrity";
	return NULL;
}

/* Why this way cannot be had, to be followed by the errno's text. */
static const char *reason_of(const struct way *way, int error)
{
	switch (-error) {
	case EPERM:
	case EACCES:
		return way->forbidden;
	case ENOENT:
	case ENODEV:
	case EOPNOTSUPP:
	case ENOTSUPP_KERNEL:
		return way->missing;
	case EBUSY:
		return "something else has hold of the traced functions, like a live patch";
	default:
		return "the kernel refuses the programs: FDPASS_LIBBPF_DEBUG=1 shows more, and a "
		       "report is welcome";
	}
}

static void explain(char reason[TRACER_REASON_MAX], const struct way *way, int error)
{
	size_t used = strlen(reason);

	snprintf(reason + used, TRACER_REASON_MAX - used, "%s%s: %s (%s)", used ? "; " : "",
		 way->name, reason_of(way, error),
		 strerror(error == -ENOTSUPP_KERNEL ? EOPNOTSUPP : -error));
}

int tracer_new(struct tracer **ret, const struct tracer_options *options,
	       char reason[TRACER_REASON_MAX])
{
	const char *common;
	struct btf *kernel;
	int r = -EINVAL;

	reason[0] = '\0';
	libbpf_set_print(keep_quiet);
	kernel = btf__load_vmlinux_btf();
	if (!kernel) {
		r = -errno;
		if (access(BTF_PATH, F_OK) < 0)
			snprintf(reason, TRACER_REASON_MAX,
				 "there is no BTF in " BTF_PATH ": mount sysfs at /sys, or use a "
				 "kernel that was built with CONFIG_DEBUG_INFO_BTF=y");
		else
			snprintf(reason, TRACER_REASON_MAX, BTF_PATH " cannot be read: %s",
				 strerror(-r));
		return r;
	}
	for (size_t i = 0; i < NR_WAYS; i++) {
		if (options->way && strcmp(options->way, ways[i].name) != 0)
			continue;
		r = try_way(ret, &ways[i], kernel, options);
		if (r >= 0)
			break;
		common = common_reason(r);
		if (common) {
			snprintf(reason, TRACER_REASON_MAX, "%s", common);
			break;
		}
		explain(reason, &ways[i], r);
	}
	btf__free(kernel);
	return r;
}

struct tracer *tracer_free(struct tracer *tracer)
{
	if (!tracer)
		return NULL;
	detach_programs(tracer);
	ring_buffer__free(tracer->ring);
	ring_buffer__free(tracer->queues);
	bpf_link__destroy(tracer->iterator_link);
	bpf_object__close(tracer->iterator);
	if (tracer->lost)
		munmap((void *)tracer->lost, lost_size);
	bpf_object__close(tracer->object);
	free(tracer);
	return NULL;
}

const char *tracer_way(const struct tracer *tracer)
{
	return tracer->way->name;
}

int tracer_fd(const struct tracer *tracer)
{
	return ring_buffer__epoll_fd(tracer->ring);
}

int tracer_read(struct tracer *tracer, tracer_record_fn fn, void *userdata)
{
	tracer->record = fn;
	tracer->userdata = userdata;
	return ring_buffer__consume(tracer->ring);
}

/* Runs of our programs that the kernel skipped; it counts them since 5.12. Not of stand-ins. */
static uint64_t skipped_runs(const struct tracer *tracer)
{
	struct bpf_program *program;
	uint64_t sum = 0;

	bpf_object__for_each_program(program, tracer->object) {
		struct bpf_prog_info info = { 0 };
		__u32 size = sizeof(info);

		if (bpf_program__autoload(program) && !is_stand_in(program) &&
		    bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size) == 0)
			sum += info.recursion_misses;
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

/* Reading the iterator to its end runs it; what it tells is in its ring buffer then. */
static int run_iterator(const struct tracer *tracer)
{
	ssize_t n;
	char byte;
	int fd;

	fd = bpf_iter_create(bpf_link__fd(tracer->iterator_link));
	if (fd < 0)
		return -errno;
	do /* EAGAIN: it has seen a million sockets, and goes on */
		n = read(fd, &byte, sizeof(byte));
	while (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)));
	n = n < 0 ? -errno : 0;
	close(fd);
	return n;
}

int tracer_queued(struct tracer *tracer, tracer_queued_fn fn, void *userdata)
{
	struct sweep sweep = { .fn = fn, .userdata = userdata };
	int r, n;

	if (!tracer->iterator_link)
		return -EOPNOTSUPP;
	r = run_iterator(tracer);
	tracer->sweep = &sweep;
	n = ring_buffer__consume(tracer->queues);
	tracer->sweep = NULL;
	if (r < 0)
		return r;
	if (n < 0)
		return n;
	return sweep.complete ? 0 : -ENOBUFS;
}

size_t tracer_nr_ways(void)
{
	return NR_WAYS;
}

const char *tracer_way_name(size_t index)
{
	return index < NR_WAYS ? ways[index].name : NULL;
}

int tracer_probe(size_t index, struct way_report *ret)
{
	struct tracer_options options = { .way = ways[index].name, .ring_size = 1 << 20 };
	struct tracer *tracer = NULL;
	int r;

	*ret = (struct way_report){ .name = ways[index].name, .gaps = ways[index].gaps };
	r = tracer_new(&tracer, &options, ret->reason);
	ret->available = r >= 0;
	tracer_free(tracer);
	return 0;
}
