/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Perf events: what they count, as perf_event_open(2) was told. */
#include "kind/class.h"

/* enum perf_type_id, perf_hw_id and perf_sw_ids of include/uapi/linux/perf_event.h, as perf(1) calls them */

enum perf_type { PERF_HARDWARE, PERF_SOFTWARE, PERF_TRACEPOINT };

static const char *const types[] = {
	[PERF_HARDWARE] = "hardware",
	[PERF_SOFTWARE] = "software",
	[PERF_TRACEPOINT] = "tracepoint",
	"cache",
	"raw",
	"breakpoint",
};

static const char *const hardware[] = {
	"cycles",
	"instructions",
	"cache-references",
	"cache-misses",
	"branches",
	"branch-misses",
	"bus-cycles",
	"stalled-cycles-frontend",
	"stalled-cycles-backend",
	"ref-cycles",
};

static const char *const software[] = {
	"cpu-clock",	    "task-clock",   "page-faults",  "context-switches",
	"cpu-migrations",   "minor-faults", "major-faults", "alignment-faults",
	"emulation-faults", "dummy",	    "bpf-output",   "cgroup-switches",
};

/* "software page-faults", "tracepoint 312", "raw 0x1c2"; a type that has its number from the kernel, "type 8 0x0" */
void perf_put_detail(struct words *words, const struct file *file)
{
	const struct event_perf_detail *perf = detail_of(file, EVENT_DETAIL_PERF);

	if (!perf)
		return;
	words_put_type(words, types, ARRAY_SIZE(types), perf->type);
	words_put_text(words, " ");
	if (perf->type == PERF_HARDWARE)
		words_put_named(words, hardware, ARRAY_SIZE(hardware), perf->config);
	else if (perf->type == PERF_SOFTWARE)
		words_put_named(words, software, ARRAY_SIZE(software), perf->config);
	else if (perf->type == PERF_TRACEPOINT)
		words_put_number(words, perf->config);
	else
		words_put_hex(words, perf->config);
}
