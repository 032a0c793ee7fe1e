// SPDX-License-Identifier: GPL-2.0-or-later
/* The BPF objects: see object.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "host/kernel_type.h"
#include "host/object.h"

/* libbpf explains itself to nobody: the reasons that are told are those of way.c. */
static int __attribute__((format(printf, 2, 0)))
keep_quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	if (!getenv("FDPASS_LIBBPF_DEBUG") || level == LIBBPF_DEBUG)
		return 0;
	return vfprintf(stderr, format, args);
}

int object_read_kernel(struct btf **ret, size_t ring_size, char reason[REASON_MAX])
{
	int r;

	libbpf_set_print(keep_quiet);
	r = reason_machine(ring_size, reason);
	if (r < 0)
		return r;
	*ret = btf__parse(REASON_BTF_PATH, NULL);
	if (*ret)
		return 0;
	r = -errno;
	reason_btf_error(r, reason);
	return r;
}

static bool has_function(const struct btf *kernel, const char *name)
{
	return kernel_type_find(kernel, name, BTF_KIND_FUNC) > 0;
}

/* A tracepoint of the kernel, by the name that follows "tp_btf/". */
static bool has_tracepoint(const struct btf *kernel, const char *name)
{
	char type[128];

	snprintf(type, sizeof(type), "btf_trace_%s", name);
	return kernel_type_find(kernel, type, BTF_KIND_TYPEDEF) > 0;
}

/* An iterator, by the name that follows "iter/". */
static bool has_iterator(const struct btf *kernel, const char *name)
{
	char function[128];

	snprintf(function, sizeof(function), "bpf_iter_%s", name);
	return has_function(kernel, function);
}

static bool has_member(const struct btf *kernel, const char *type, const char *name)
{
	const struct btf_type *found =
		btf__type_by_id(kernel, kernel_type_find(kernel, type, BTF_KIND_STRUCT));

	for (int i = 0; found && i < btf_vlen(found); i++) {
		if (strcmp(btf__name_by_offset(kernel, btf_members(found)[i].name_off), name) == 0)
			return true;
	}
	return false;
}

/* Since 6.3 no system call needs a tracepoint to tell that a receive is over. */
static bool has_lengths(const struct btf *kernel)
{
	return has_tracepoint(kernel, "sk_data_ready") &&
	       has_tracepoint(kernel, "sock_send_length") &&
	       has_tracepoint(kernel, "sock_recv_length");
}

bool object_tracepoints_are_preemptible(const struct btf *kernel)
{
	return has_function(kernel, "trace_call_bpf_faultable");
}

/*
 * May the kernel preempt this program? fentry and fexit it may. What a program does about it takes a kernel
 * that lets it call global functions where preemption is off, since 6.15 (b2bb703434bf "bpf: Summarize
 * sleepable global subprogs").
 */
static bool is_preemptible(const struct bpf_program *program, const struct btf *kernel)
{
	const char *section = bpf_program__section_name(program);

	return (strncmp(section, "fentry/", 7) == 0 || strncmp(section, "fexit/", 6) == 0) &&
	       has_member(kernel, "bpf_subprog_info", "might_sleep");
}

static bool starts_with(const char *text, const char *begin)
{
	return strncmp(text, begin, strlen(begin)) == 0;
}

/* Has this kernel what the program is attached to, and is it wanted? */
static bool is_wanted(const struct bpf_program *program, const struct btf *kernel,
		      const struct object_options *options)
{
	const char *section = bpf_program__section_name(program);
	const char *target = strrchr(section, '/');

	if (!target)
		return true;
	target++;
	/* What is done by all tasks' lists of mappings, where mappings cannot be iterated. */
	if (strcmp(section, "iter/task") == 0)
		return !has_iterator(kernel, "task_vma");
	if (strcmp(bpf_program__name(program), "tell_kept") == 0 && !options->finds_kept)
		return false;
	if (starts_with(section, "iter/"))
		return has_iterator(kernel, target);
	if (!starts_with(section, "tp_btf/") && !starts_with(section, "tracepoint/"))
		return has_function(kernel, target);
	if (strcmp(target, "sys_exit") == 0)
		return options->system_calls || !has_lengths(kernel);
	/* Those that came with 6.3 are taken together. */
	if (starts_with(target, "sock_") || strcmp(target, "sk_data_ready") == 0)
		return has_lengths(kernel);
	return has_tracepoint(kernel, target);
}

static void choose_programs(struct bpf_object *object, const struct btf *kernel,
			    const struct object_options *options)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, object) {
		bool wanted = is_wanted(program, kernel, options);

		if (options->stand_in > 0)
			wanted = wanted && is_preemptible(program, kernel);
		bpf_program__set_autoload(program, wanted);
	}
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

bool object_is_preemptible(const struct bpf_object *object, const struct btf *kernel)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, object) {
		if (bpf_program__autoload(program) && is_preemptible(program, kernel))
			return true;
	}
	return false;
}

/* Has version 1 a hierarchy that has the controller of pids? In /proc/cgroups it then has a number. */
static bool has_cgroup_v1(void)
{
	FILE *file = fopen("/proc/cgroups", "re");
	char line[128];
	bool found = false;

	while (file && !found && fgets(line, sizeof(line), file))
		found = starts_with(line, "pids\t") && !starts_with(line, "pids\t0\t");
	if (file)
		fclose(file);
	return found;
}

static void set_constants(struct bpf_object *object, const struct btf *kernel,
			  const struct object_options *options)
{
	int tracer_pid = options->trace_children ? getpid() : 0;
	bool preemptible = object_is_preemptible(object, kernel), lengths = has_lengths(kernel);
	uint64_t wake_at = options->ring_size / 8 / options->nr_cpus;
	uint8_t stand_in = options->stand_in;
	bool cgroup_v1 = has_cgroup_v1();

	set_constant(object, "preemptible", &preemptible, sizeof(preemptible));
	set_constant(object, "stand_in", &stand_in, sizeof(stand_in));
	set_constant(object, "cgroup_v1", &cgroup_v1, sizeof(cgroup_v1));
	set_constant(object, "has_lengths", &lengths, sizeof(lengths));
	set_constant(object, "tracer_pid", &tracer_pid, sizeof(tracer_pid));
	set_constant(object, "wake_at", &wake_at, sizeof(wake_at));
}

static void size_maps(struct bpf_object *object, const struct object_options *options)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object) {
		const char *name = bpf_map__name(map);

		if (strcmp(name, "events") == 0)
			bpf_map__set_max_entries(map, options->ring_size);
		else if (strcmp(name, "scratches") == 0)
			bpf_map__set_max_entries(map, bpf_map__max_entries(map) * options->nr_cpus);
	}
}

/* Let the stand-in have the maps of the first, but for its constants. */
static int share_maps(struct bpf_object *object, const struct bpf_object *shared)
{
	struct bpf_map *map;
	int r;

	bpf_object__for_each_map(map, object) {
		const char *name = bpf_map__name(map);
		const struct bpf_map *other = bpf_object__find_map_by_name(shared, name);

		if (!other || strstr(name, ".rodata"))
			continue;
		r = bpf_map__reuse_fd(map, bpf_map__fd(other));
		if (r < 0)
			return r;
	}
	return 0;
}

/*
 * The types of modules are told to CAP_SYS_ADMIN alone. Whoever lacks it has the kernel's own as a file, where
 * libbpf asks for no others: up to 1.1 it gives up otherwise.
 */
static const char *types_alone(void)
{
	__u32 id = 0;

	return bpf_btf_get_next_id(id, &id) == -EPERM ? REASON_BTF_PATH : NULL;
}

static struct bpf_object *open_object(const struct object_file *file, const char *name,
				      const struct btf *kernel)
{
	LIBBPF_OPTS(bpf_object_open_opts, open_options, .object_name = name,
		    .btf_custom_path = types_alone());
	size_t size;
	const void *bytes = has_function(kernel, "bpf_rdonly_cast") ? file->typed(&size) :
								      file->plain(&size);

	return bpf_object__open_mem(bytes, size, &open_options);
}

int object_load(struct bpf_object **ret, const struct object_file *file, const char *name,
		const struct btf *kernel, const struct object_options *options,
		char refusal[REFUSAL_MAX])
{
	struct bpf_object *object = open_object(file, name, kernel);
	char *logs;
	int r;

	refusal[0] = '\0';
	if (!object)
		return -errno;
	choose_programs(object, kernel, options);
	set_constants(object, kernel, options);
	size_maps(object, options);
	logs = refusal_give_logs(object);
	r = options->shared ? share_maps(object, options->shared) : 0;
	if (r >= 0)
		r = bpf_object__load(object);
	if (r < 0)
		refusal_explain(refusal, object, logs, r);
	free(logs);
	if (r < 0) {
		bpf_object__close(object);
		return r;
	}
	*ret = object;
	return 0;
}

int object_map_memory(void **ret, const struct bpf_object *object, const char *map, size_t size,
		      int protection)
{
	void *memory = mmap(NULL, size, protection, MAP_SHARED,
			    bpf_object__find_map_fd_by_name(object, map), 0);

	if (memory == MAP_FAILED)
		return -errno;
	*ret = memory;
	return 0;
}
