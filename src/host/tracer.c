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
#include "host/object.h"
#include "host/tracepoint.h"
#include "host/tracer.h"

#include "fentry.skel.h"
#include "fentry_typed.skel.h"
#include "kprobe.skel.h"
#include "kprobe_typed.skel.h"
#include "table.skel.h"
#include "table_typed.skel.h"
#include "tracepoint.skel.h"
#include "tracepoint_typed.skel.h"

#define OBJECT_FILE(name)                                                                          \
	{                                                                                          \
		name##_bpf__elf_bytes, name##_typed_bpf__elf_bytes                                 \
	}

struct way {
	const char *name;
	struct object_file object;
	bool (*possible)(void); /* not worth the loading where this says no; NULL: try it */
	const char *missing; /* what ENOENT and the like mean here */
	const char *forbidden; /* what EPERM means here */
	const char *const *gaps;
};

static const char *const tracepoint_gaps[] = {
	"which descriptors io_uring sends, and what it receives into before Linux 6.3",
	"pidfd_getfd(2), and which eventfd is which, without --system-calls (since Linux 6.3)",
	"descriptors that a seccomp supervisor adds (SECCOMP_IOCTL_NOTIF_ADDFD)",
	"descriptors that move between rings of io_uring (IORING_OP_MSG_RING)",
	NULL,
};

static const char *const list_gaps[] = {
	"why some sends failed: bad memory (EFAULT), a signal (EINTR), a name that nobody has",
	NULL,
};

static const struct way ways[] = {
	{ "fentry", OBJECT_FILE(fentry), NULL,
	  "the kernel has no BPF trampolines: it needs CONFIG_DYNAMIC_FTRACE_WITH_DIRECT_CALLS=y",
	  "the kernel forbids BPF programs of this sort, to root as well", list_gaps },
	{ "kprobe", OBJECT_FILE(kprobe), tracepoint_has_kprobes,
	  "the kernel has no kprobes: it needs CONFIG_KPROBE_EVENTS=y",
	  "the kernel forbids kprobes, to root as well", list_gaps },
	{ "tracepoint", OBJECT_FILE(tracepoint), NULL, "the kernel lacks tracepoints of the network",
	  "tracefs cannot be opened: mount it at /sys/kernel/tracing, or run fdpass with "
	  "CAP_SYS_ADMIN",
	  tracepoint_gaps },
};

#define BTF_PATH "/sys/kernel/btf/vmlinux"
/* ENOTSUPP of linux/errno.h: libc does not know it. */
#define ENOTSUPP_KERNEL 524

#define NR_WAYS (sizeof(ways) / sizeof(ways[0]))
#define MAX_LINKS 96

/* What tells what is in flight: an iterator over the table of messages. */
static const struct object_file table_file = OBJECT_FILE(table);
#define TABLE "messages"

/* See src/bpf/stand_in.h. */
#define MAX_INSTANCES 3

struct tracer {
	const struct way *way;
	struct bpf_object *objects[MAX_INSTANCES]; /* the object, and its stand-ins */
	unsigned int nr_objects;
	struct bpf_object *iterator; /* NULL where it cannot be had */
	struct bpf_link *iterator_link;
	struct bpf_link *links[MAX_LINKS];
	size_t nr_links;
	int definitions; /* of tracepoints; a negative errno: none */
	struct ring_buffer *ring;
	/* Of that, how far it is read and written, in bytes since the beginning; NULL: not mapped. */
	const volatile unsigned long *ring_read, *ring_written;
	unsigned long read_until; /* the current reading goes so far */
	struct ring_buffer *queued; /* what the iterator tells */
	struct sweep *sweep; /* while that is read */
	const volatile uint64_t *lost; /* the BPF side's counters; NULL: not mapped */
	int nr_cpus;
	char refusal[REFUSAL_MAX]; /* by the verifier; empty: none */
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

/* Does a program of this type need tracefs to be attached? */
static bool needs_tracefs(const struct tracer *tracer, enum bpf_prog_type type)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, tracer->objects[0]) {
		if (bpf_program__autoload(program) && bpf_program__type(program) == type)
			return true;
	}
	return false;
}

static int attach_programs(struct tracer *tracer)
{
	bool kprobes = needs_tracefs(tracer, BPF_PROG_TYPE_KPROBE);
	int tracefs = -EBADF, r = 0;

	if (kprobes || needs_tracefs(tracer, BPF_PROG_TYPE_TRACEPOINT))
		tracefs = tracepoint_open_tracefs();
	if (kprobes && tracefs >= 0)
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

/* A record with its header: what comes next is aligned. */
static size_t record_size(size_t size)
{
	return (BPF_RINGBUF_HDR_SZ + size + 7) / 8 * 8;
}

static bool is_read(const struct tracer *tracer, unsigned long position)
{
	return (long)(position - tracer->read_until) >= 0;
}

static int on_record(void *context, void *data, size_t size)
{
	struct tracer *tracer = context;
	int r = tracer->record(tracer->userdata, data, size);

	if (r < 0)
		return r;
	return is_read(tracer, *tracer->ring_read + record_size(size)) ? -ECANCELED : 0;
}

/* A reading of what is in flight, for on_queued(). */
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
	if (queued->message == 0)
		tracer->sweep->complete = queued->cut == 0;
	else
		tracer->sweep->fn(tracer->sweep->userdata, queued);
	return 0;
}

static int map_of(const struct tracer *tracer, const char *name)
{
	return bpf_object__find_map_fd_by_name(tracer->objects[0], name);
}

static void open_iterator(struct tracer *tracer, const struct btf *kernel,
			  const struct object_options *options)
{
	LIBBPF_OPTS(bpf_iter_attach_opts, attach_options);
	union bpf_iter_link_info info = { .map.map_fd = map_of(tracer, TABLE) };

	attach_options.link_info = &info;
	attach_options.link_info_len = sizeof(info);
	if (object_load(&tracer->iterator, &table_file, "in_flight", kernel, options,
			tracer->refusal) < 0)
		return;
	tracer->queued =
		ring_buffer__new(bpf_object__find_map_fd_by_name(tracer->iterator, "queued"),
				 on_queued, tracer, NULL);
	if (tracer->queued)
		tracer->iterator_link = bpf_program__attach_iter(
			bpf_object__next_program(tracer->iterator, NULL), &attach_options);
}

static const size_t lost_size = NR_EVENT_LOST * sizeof(uint64_t);

static int map_lost(struct tracer *tracer)
{
	void *memory = mmap(NULL, lost_size, PROT_READ, MAP_SHARED, map_of(tracer, "lost"), 0);

	if (memory == MAP_FAILED)
		return -errno;
	tracer->lost = memory;
	return 0;
}

/* The two first pages of a ring buffer's map: kernel/bpf/ringbuf.c, struct bpf_ringbuf. */
static int map_positions(struct tracer *tracer, int map)
{
	long page = sysconf(_SC_PAGESIZE);
	void *consumer = mmap(NULL, page, PROT_READ, MAP_SHARED, map, 0), *producer;

	if (consumer == MAP_FAILED)
		return -errno;
	tracer->ring_read = consumer;
	producer = mmap(NULL, page, PROT_READ, MAP_SHARED, map, page);
	if (producer == MAP_FAILED)
		return -errno;
	tracer->ring_written = producer;
	return 0;
}

static void unmap_positions(struct tracer *tracer)
{
	long page = sysconf(_SC_PAGESIZE);

	if (tracer->ring_read)
		munmap((void *)tracer->ring_read, page);
	if (tracer->ring_written)
		munmap((void *)tracer->ring_written, page);
}

/* The object, and as many stand-ins as this kernel makes needful. */
static int load_objects(struct tracer *tracer, const struct btf *kernel,
			struct object_options *options)
{
	unsigned int instances = object_nr_instances(&tracer->way->object, kernel);
	int r = 0;

	for (unsigned int i = 0; i < instances && r >= 0; i++) {
		options->stand_in = i;
		options->shared = tracer->objects[0];
		r = object_load(&tracer->objects[i], &tracer->way->object, tracer->way->name,
				kernel, options, tracer->refusal);
		if (r >= 0)
			tracer->nr_objects++;
	}
	options->stand_in = 0;
	options->shared = NULL;
	return r;
}

static int open_way(struct tracer *tracer, const struct btf *kernel,
		    const struct tracer_options *options)
{
	struct object_options object_options = {
		.ring_size = options->ring_size,
		.nr_cpus = tracer->nr_cpus,
		.trace_children = options->trace_children,
		.system_calls = options->system_calls,
	};
	int r;

	r = load_objects(tracer, kernel, &object_options);
	if (r < 0)
		return r;
	r = map_lost(tracer);
	if (r < 0)
		return r;
	tracer->ring = ring_buffer__new(map_of(tracer, "events"), on_record, tracer, NULL);
	if (!tracer->ring)
		return -errno;
	r = map_positions(tracer, map_of(tracer, "events"));
	if (r < 0)
		return r;
	open_iterator(tracer, kernel, &object_options);
	return attach_programs(tracer);
}

static int try_way(struct tracer **ret, const struct way *way, const struct btf *kernel,
		   const struct tracer_options *options, char refusal[REFUSAL_MAX])
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
		memcpy(refusal, tracer->refusal, REFUSAL_MAX);
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

static void explain(char reason[TRACER_REASON_MAX], const struct way *way, int error,
		    const char *refusal)
{
	size_t used = strlen(reason);

	if (*refusal != '\0') {
		snprintf(reason + used, TRACER_REASON_MAX - used,
			 "%s%s: %s (a bug: please report this, with what `fdpass doctor` says)",
			 used ? "; " : "", way->name, refusal);
		return;
	}

	snprintf(reason + used, TRACER_REASON_MAX - used, "%s%s: %s (%s)", used ? "; " : "",
		 way->name, reason_of(way, error),
		 strerror(error == -ENOTSUPP_KERNEL ? EOPNOTSUPP : -error));
}

int tracer_new(struct tracer **ret, const struct tracer_options *options,
	       char reason[TRACER_REASON_MAX])
{
	char refusal[REFUSAL_MAX] = "";
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
		r = try_way(ret, &ways[i], kernel, options, refusal);
		if (r >= 0)
			break;
		common = common_reason(r);
		if (common) {
			snprintf(reason, TRACER_REASON_MAX, "%s", common);
			break;
		}
		explain(reason, &ways[i], r, refusal);
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
	ring_buffer__free(tracer->queued);
	bpf_link__destroy(tracer->iterator_link);
	bpf_object__close(tracer->iterator);
	unmap_positions(tracer);
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
	return ring_buffer__epoll_fd(tracer->ring);
}

int tracer_read(struct tracer *tracer, tracer_record_fn fn, void *userdata)
{
	int r;

	tracer->record = fn;
	tracer->userdata = userdata;
	tracer->read_until = *tracer->ring_written;
	if (is_read(tracer, *tracer->ring_read))
		return 0;
	r = ring_buffer__consume(tracer->ring);
	if (r < 0 && r != -ECANCELED)
		return r;
	return is_read(tracer, *tracer->ring_read) ? 0 : -EAGAIN;
}

/*
 * Where a skipped run is no loss: freed buffers come in softirqs too, in the middle of another run of the
 * same program, and no unix message is freed in one.
 */
static bool runs_in_softirqs(const struct bpf_program *program)
{
	const char *section = bpf_program__section_name(program);

	return strcmp(section, "tp_btf/kfree_skb") == 0 ||
	       strcmp(section, "tp_btf/consume_skb") == 0 ||
	       strcmp(section, "tp_btf/sk_data_ready") == 0;
}

/* Runs of a program that the kernel skipped; it counts them since 5.12. */
static uint64_t skipped_runs_of(const struct bpf_program *program)
{
	struct bpf_prog_info info = { 0 };
	__u32 size = sizeof(info);

	if (!program || bpf_program__fd(program) < 0 ||
	    bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size) < 0)
		return 0;
	return info.recursion_misses;
}

/* Of a hook whose stand-ins do not say what they made up for: what all of them skipped. */
static uint64_t skipped_by_all(const struct tracer *tracer, const char *name)
{
	uint64_t least = UINT64_MAX;

	for (unsigned int i = 0; i < tracer->nr_objects; i++) {
		uint64_t skipped =
			skipped_runs_of(bpf_object__find_program_by_name(tracer->objects[i], name));

		if (skipped < least)
			least = skipped;
	}
	return least;
}

/* What was skipped for good, but for what stand-ins made up for: src/bpf/stand_in.h. */
static uint64_t skipped_runs(const struct tracer *tracer)
{
	struct bpf_program *program;
	uint64_t sum = 0;

	bpf_object__for_each_program(program, tracer->objects[0]) {
		if (!bpf_program__autoload(program) || runs_in_softirqs(program))
			continue;
		sum += strncmp(bpf_program__section_name(program), "tp_btf/", 7) == 0 ?
			       skipped_by_all(tracer, bpf_program__name(program)) :
			       skipped_runs_of(program);
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
	n = ring_buffer__consume(tracer->queued);
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
