/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the verifier refuses is told by name, with the last line that says something of its log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "host/object.h"
#include "host/refusal.h"
#include "refused.skel.h"

static void assert_last_line(const char *log, const char *expected)
{
	char *copy = strdup(log);

	assert_non_null(copy);
	assert_string_equal(refusal_last_line(copy), expected);
	free(copy);
}

static void last_line_of_log(void **state)
{
	assert_last_line("", "");
	assert_last_line("R2 unbounded memory access", "R2 unbounded memory access");
	/* 5.10 */
	assert_last_line("12: (85) call bpf_probe_read_kernel#113\n"
			 "R2 unbounded memory access, use 'var &= const' or 'if (var < const)'\n"
			 "processed 13 insns (limit 1000000) max_states_per_insn 0 total_states 1 "
			 "peak_states 1 mark_read 1\n\n",
			 "R2 unbounded memory access, use 'var &= const' or 'if (var < const)'");
	/* with the statistics of log level 4 */
	assert_last_line("combined stack size of 5 calls is 576. Too large\n"
			 "verification time 6841 usec\n"
			 "stack depth 4+200+152+0+112\n"
			 "processed 9182 insns (limit 1000000) max_states_per_insn 4\n",
			 "combined stack size of 5 calls is 576. Too large");
	assert_last_line("BPF program is too large. Processed 1000001 insn\n"
			 "processed 1000001 insns (limit 1000000) max_states_per_insn 30\n",
			 "BPF program is too large. Processed 1000001 insn");
	assert_last_line("processed 2 insns (limit 1000000)\n", "");
}

static int keep_quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	return 0;
}

static void refused_program(void **state)
{
	const struct object_file file = { refused_bpf__elf_bytes, refused_bpf__elf_bytes };
	const struct object_options options = { .ring_size = 4096, .nr_cpus = 1 };
	struct btf *kernel = btf__load_vmlinux_btf();
	struct bpf_object *object = NULL;
	char refusal[REFUSAL_MAX];

	if (!kernel || geteuid() != 0)
		skip();
	libbpf_set_print(keep_quiet);
	assert_true(object_load(&object, &file, "refused", kernel, &options, refusal) < 0);
	assert_null(object);
	assert_non_null(strstr(refusal, "the kernel's verifier refuses the program unbounded: R"));
	assert_null(strchr(refusal, '\n'));
	assert_null(strstr(refusal, "processed"));
	btf__free(kernel);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(last_line_of_log),
		cmocka_unit_test(refused_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
