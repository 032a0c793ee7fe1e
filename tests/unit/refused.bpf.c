// SPDX-License-Identifier: GPL-2.0-only
/* Programs that the verifier takes, and one between them that it does not. */
#include <linux/bpf.h>

#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "GPL";

int counts[8];

SEC("raw_tp")
int fine(void *context)
{
	counts[0]++;
	return 0;
}

SEC("raw_tp")
int unbounded(void *context)
{
	/* asked of a helper, so that no compiler can know it */
	__u32 index = bpf_get_prandom_u32();

	return *(volatile int *)&counts[index];
}

SEC("raw_tp")
int not_tried(void *context)
{
	counts[1]++;
	return 0;
}
