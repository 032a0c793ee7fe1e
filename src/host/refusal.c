// SPDX-License-Identifier: GPL-2.0-or-later
/* What the verifier refuses: see refusal.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/refusal.h"

/*
 * One memory for all of them, in which each begins a little further. Kernels before 6.4 keep the begin of a
 * log that is too long and not its end, which tells the reason; what nobody writes to costs nothing.
 */
#define LOGS_SIZE (256 << 20)
#define LOG_STEP 64

static bool begins_with(const char *line, const char *begin)
{
	return strncmp(line, begin, strlen(begin)) == 0;
}

const char *refusal_last_line(char *log)
{
	const char *last = "";
	char *line;

	while ((line = strsep(&log, "\n"))) {
		if (*line != '\0' && !begins_with(line, "processed ") &&
		    !begins_with(line, "verification time ") && !begins_with(line, "stack depth "))
			last = line;
	}
	return last;
}

char *refusal_give_logs(struct bpf_object *object)
{
	char *logs = calloc(1, LOGS_SIZE);
	struct bpf_program *program;
	size_t at = 0;

	bpf_object__for_each_program(program, object) {
		if (logs)
			bpf_program__set_log_buf(program, logs + at, LOGS_SIZE - at);
		at += LOG_STEP;
	}
	return logs;
}

void refusal_explain(char ret[REFUSAL_MAX], struct bpf_object *object, char *logs, int error)
{
	struct bpf_program *program;
	size_t at = 0;

	ret[0] = '\0';
	bpf_object__for_each_program(program, object) {
		if (logs && logs[at] != '\0') {
			snprintf(ret, REFUSAL_MAX,
				 "the kernel's verifier refuses the program %s: %s",
				 bpf_program__name(program),
				 error == -ENOSPC ? "its log is too long, the reason is not known" :
						    refusal_last_line(logs + at));
			return;
		}
		at += LOG_STEP;
	}
}
