// SPDX-License-Identifier: GPL-2.0-only
/*
 * The object that Inspektor Gadget loads: the programs of the third way as they are, and the names
 * by which ig finds what it needs. It has nothing of ours in user space but the module, so nothing
 * here is set before it is loaded but the parameters.
 */
#include "gadget/params.bpf.h"
#include "gadget/ring.h"

#include "bpf/tracepoint.bpf.c"

/* For 64 CPUs. On a larger machine the events of the others are counted as lost. */
const volatile __u32 scratches_max_entries = NR_SCRATCHES * 64;

/* ig looks for the names of global variables; nothing reads them. */
#define TRACER(source, map, type)                                                                  \
	const void *gadget_tracer_##source##___##map##___##type;                                   \
	const struct type *__gadget_tracer_type_##source

/*
 * What the rows are is told by a tracer, as only its fields can be nested. Nothing comes out of this
 * ring buffer: the module emits the rows.
 */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 64 << 10); /* the largest page of any kernel */
} rows SEC(".maps");

TRACER(fdpass, rows, gadget_row);
TRACER(records, events, gadget_record);

/*
 * Where these count something, ig throws the next record away. What was lost is counted in `lost`,
 * which the module reads; without these ig warns that losses are not reported.
 */
#define NO_LOST_SAMPLES(name)                                                                      \
	struct {                                                                                   \
		__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);                                           \
		__uint(max_entries, 1);                                                            \
		__type(key, __u32);                                                                \
		__type(value, __u64);                                                              \
	} name SEC(".maps")

NO_LOST_SAMPLES(rows_lost_samples);
NO_LOST_SAMPLES(events_lost_samples);

/* ig gives the ring buffer the size that a variable of this name has. */
const volatile __u32 events_max_entries = 8 << 20;
PARAM(events_max_entries);
