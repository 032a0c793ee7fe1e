/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mkbpf.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Before 5.11, what an object takes was counted against a limit. */
int call_bpf(int command, union bpf_attr *attributes, size_t size)
{
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };

	setrlimit(RLIMIT_MEMLOCK, &all);
	return (int)syscall(SYS_bpf, command, attributes, size);
}

int make_bpf_map(struct actor *me)
{
	union bpf_attr attributes = {
		.map_type = BPF_MAP_TYPE_ARRAY,
		.key_size = sizeof(uint32_t),
		.value_size = sizeof(uint64_t),
		.max_entries = 1,
		.map_name = "workload_map",
	};

	(void)me;
	return call_bpf(BPF_MAP_CREATE, &attributes, sizeof(attributes));
}

/* It lets every packet through: "r0 = 1; exit". */
int make_bpf_prog(struct actor *me)
{
	const struct bpf_insn instructions[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attributes = {
		.prog_type = BPF_PROG_TYPE_SK_LOOKUP,
		.expected_attach_type = BPF_SK_LOOKUP,
		.insns = (uintptr_t)instructions,
		.insn_cnt = sizeof(instructions) / sizeof(instructions[0]),
		.license = (uintptr_t) "GPL",
		.prog_name = "workload_prog",
	};

	(void)me;
	return call_bpf(BPF_PROG_LOAD, &attributes, sizeof(attributes));
}

/* That program at work in this network namespace, until the link is closed. */
int make_bpf_link(struct actor *me)
{
	union bpf_attr attributes = {
		.link_create = {
			.prog_fd = (uint32_t)make_bpf_prog(me),
			.target_fd = (uint32_t)open("/proc/self/ns/net", O_RDONLY),
			.attach_type = BPF_SK_LOOKUP,
		},
	};

	return call_bpf(BPF_LINK_CREATE, &attributes, sizeof(attributes));
}
