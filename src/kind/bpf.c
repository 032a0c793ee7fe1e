/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Objects of bpf(2): their type, id and name, as bpftool calls them. */
#include <string.h>

#include "kind/class.h"

/* enum bpf_map_type, bpf_prog_type and bpf_link_type of include/uapi/linux/bpf.h */

static const char *const map_types[] = {
	NULL,
	"hash",
	"array",
	"prog_array",
	"perf_event_array",
	"percpu_hash",
	"percpu_array",
	"stack_trace",
	"cgroup_array",
	"lru_hash",
	"lru_percpu_hash",
	"lpm_trie",
	"array_of_maps",
	"hash_of_maps",
	"devmap",
	"sockmap",
	"cpumap",
	"xskmap",
	"sockhash",
	"cgroup_storage",
	"reuseport_sockarray",
	"percpu_cgroup_storage",
	"queue",
	"stack",
	"sk_storage",
	"devmap_hash",
	"struct_ops",
	"ringbuf",
	"inode_storage",
	"task_storage",
	"bloom_filter",
	"user_ringbuf",
	"cgrp_storage",
	"arena",
};

static const char *const prog_types[] = {
	NULL,
	"socket_filter",
	"kprobe",
	"sched_cls",
	"sched_act",
	"tracepoint",
	"xdp",
	"perf_event",
	"cgroup_skb",
	"cgroup_sock",
	"lwt_in",
	"lwt_out",
	"lwt_xmit",
	"sock_ops",
	"sk_skb",
	"cgroup_device",
	"sk_msg",
	"raw_tracepoint",
	"cgroup_sock_addr",
	"lwt_seg6local",
	"lirc_mode2",
	"sk_reuseport",
	"flow_dissector",
	"cgroup_sysctl",
	"raw_tracepoint_writable",
	"cgroup_sockopt",
	"tracing",
	"struct_ops",
	"ext",
	"lsm",
	"sk_lookup",
	"syscall",
	"netfilter",
};

static const char *const link_types[] = {
	NULL,	      "raw_tracepoint", "tracing",    "cgroup",	   "iter", "netns",	   "xdp",
	"perf_event", "kprobe_multi",	"struct_ops", "netfilter", "tcx",  "uprobe_multi", "netkit",
};

/* "hash counters id 12": a type that has no name here goes by its number. */
static void put_object(struct words *words, const struct file *file, const char *const *types,
		       size_t nr_types)
{
	const struct event_bpf_detail *detail = detail_of(file, EVENT_DETAIL_BPF);

	if (!detail)
		return;
	words_put_type(words, types, nr_types, detail->type);
	if (detail->name[0] != '\0') {
		words_put_text(words, " ");
		words_put_text(words, detail->name);
	}
	words_put_text(words, " id ");
	words_put_number(words, detail->id);
}

void bpf_map_put_detail(struct words *words, const struct file *file)
{
	put_object(words, file, map_types, ARRAY_SIZE(map_types));
}

void bpf_prog_put_detail(struct words *words, const struct file *file)
{
	put_object(words, file, prog_types, ARRAY_SIZE(prog_types));
}

void bpf_link_put_detail(struct words *words, const struct file *file)
{
	put_object(words, file, link_types, ARRAY_SIZE(link_types));
}
