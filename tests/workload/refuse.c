/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The program is twenty instructions, written here as such: libbpf and a compiler for BPF are nothing
 * that a static program for a bare guest wants. Its attach point is looked up in the kernel's BTF.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/btf.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "refuse.h"

#define HOOK "bpf_lsm_file_receive"

/* The whole of a file, whose size may not be told. Freed by the caller; NULL with errno set. */
static char *read_whole(const char *path, size_t *size)
{
	size_t room = 1 << 20;
	char *bytes = NULL;
	ssize_t length = 1;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	for (*size = 0; length > 0; *size += (size_t)length) {
		if (!bytes || *size == room) {
			char *more = realloc(bytes, room *= 2);

			if (!more)
				break;
			bytes = more;
		}
		length = read(fd, bytes + *size, room - *size);
		if (length <= 0)
			break;
	}
	close(fd);
	return bytes;
}

/* Bytes that follow a type, by its kind. */
static size_t extra_size(const struct btf_type *type)
{
	size_t count = BTF_INFO_VLEN(type->info);

	switch (BTF_INFO_KIND(type->info)) {
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
		return sizeof(uint32_t);
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return count * sizeof(struct btf_member);
	case BTF_KIND_ENUM:
		return count * sizeof(struct btf_enum);
	case BTF_KIND_ENUM64:
		return count * 3 * sizeof(uint32_t);
	case BTF_KIND_FUNC_PROTO:
		return count * sizeof(struct btf_param);
	case BTF_KIND_DATASEC:
		return count * sizeof(struct btf_var_secinfo);
	}
	return 0;
}

/* The BTF id of a kernel function, or a negative errno. */
static int find_function(const char *btf, const char *name)
{
	const struct btf_header *header = (const void *)btf;
	const char *types = btf + header->hdr_len + header->type_off;
	const char *strings = btf + header->hdr_len + header->str_off;
	size_t offset = 0;

	for (int id = 1; offset < header->type_len; id++) {
		const struct btf_type *type = (const void *)(types + offset);

		if (BTF_INFO_KIND(type->info) == BTF_KIND_FUNC &&
		    strcmp(strings + type->name_off, name) == 0)
			return id;
		offset += sizeof(*type) + extra_size(type);
	}
	return -ENOENT;
}

static int find_hook(void)
{
	size_t size;
	char *btf;
	int id;

	btf = read_whole("/sys/kernel/btf/vmlinux", &size);
	if (!btf)
		return -errno;
	id = size > sizeof(struct btf_header) ? find_function(btf, HOOK) : -ENOENT;
	free(btf);
	return id;
}

/* Is BPF among the security modules that run? A program on the hook would else not be called. */
static bool have_bpf_module(void)
{
	char *list, *module;
	size_t size;
	bool found = false;

	list = read_whole("/sys/kernel/security/lsm", &size);
	if (!list)
		return false;
	/* There is room: the buffer is far larger than the list. */
	list[size] = '\0';
	for (char *rest = list; !found && (module = strsep(&rest, ",\n"));)
		found = strcmp(module, "bpf") == 0;
	free(list);
	return found;
}

static int sys_bpf(int command, union bpf_attr *attributes)
{
	long result = syscall(SYS_bpf, command, attributes, sizeof(*attributes));

	return result < 0 ? -errno : (int)result;
}

static int make_counter(void)
{
	union bpf_attr attributes = {
		.map_type = BPF_MAP_TYPE_ARRAY,
		.key_size = sizeof(uint32_t),
		.value_size = sizeof(uint64_t),
		.max_entries = 1,
	};

	return sys_bpf(BPF_MAP_CREATE, &attributes);
}

static int load_program(pid_t pid, int every, int counter, int hook)
{
	const struct bpf_insn instructions[] = {
		/* if (bpf_get_current_pid_tgid() >> 32 != pid) return 0; */
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_get_current_pid_tgid },
		{ .code = BPF_ALU64 | BPF_RSH | BPF_K, .dst_reg = 0, .imm = 32 },
		{ .code = BPF_JMP | BPF_JNE | BPF_K, .dst_reg = 0, .off = 14, .imm = pid },
		/* uint64_t *count = bpf_map_lookup_elem(counter, &(uint32_t){ 0 }); */
		{ .code = BPF_ST | BPF_MEM | BPF_W, .dst_reg = 10, .off = -4, .imm = 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 2, .src_reg = 10 },
		{ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 2, .imm = -4 },
		{ .code = BPF_LD | BPF_IMM | BPF_DW,
		  .dst_reg = 1,
		  .src_reg = BPF_PSEUDO_MAP_FD,
		  .imm = counter },
		{ .imm = 0 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_map_lookup_elem },
		{ .code = BPF_JMP | BPF_JEQ | BPF_K, .dst_reg = 0, .off = 7, .imm = 0 },
		/* return (*count)++ % every ? 0 : -EACCES; */
		{ .code = BPF_LDX | BPF_MEM | BPF_DW, .dst_reg = 1, .src_reg = 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = 2, .src_reg = 1 },
		{ .code = BPF_ALU64 | BPF_ADD | BPF_K, .dst_reg = 2, .imm = 1 },
		{ .code = BPF_STX | BPF_MEM | BPF_DW, .dst_reg = 0, .src_reg = 2 },
		{ .code = BPF_ALU64 | BPF_MOD | BPF_K, .dst_reg = 1, .imm = every },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = -EACCES },
		{ .code = BPF_JMP | BPF_JEQ | BPF_K, .dst_reg = 1, .off = 1, .imm = 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attributes = { 0 };

	attributes.prog_type = BPF_PROG_TYPE_LSM;
	attributes.expected_attach_type = BPF_LSM_MAC;
	attributes.attach_btf_id = (uint32_t)hook;
	attributes.insns = (uintptr_t)instructions;
	attributes.insn_cnt = sizeof(instructions) / sizeof(instructions[0]);
	attributes.license = (uintptr_t) "GPL";
	return sys_bpf(BPF_PROG_LOAD, &attributes);
}

int refuse_files_of(pid_t pid, int every)
{
	union bpf_attr attributes = { 0 };
	int hook, counter, program, link;

	if (!have_bpf_module())
		return -EOPNOTSUPP;
	hook = find_hook();
	if (hook < 0)
		return hook;
	counter = make_counter();
	if (counter < 0)
		return counter;
	program = load_program(pid, every, counter, hook);
	close(counter);
	if (program < 0)
		return program;
	attributes.raw_tracepoint.prog_fd = (uint32_t)program;
	link = sys_bpf(BPF_RAW_TRACEPOINT_OPEN, &attributes);
	close(program);
	return link;
}
