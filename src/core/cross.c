/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of boundaries. */
#include "core/cross.h"

#include <string.h>

/* Two numbers of which 0 says that it is not known. */
static bool differ(uint32_t a, uint32_t b)
{
	return a != 0 && b != 0 && a != b;
}

static bool differ_in_user(const struct row *row)
{
	return row->pass->sender.uid != row->pass->receiver.uid;
}

static bool differ_in_container(const struct row *row)
{
	const struct cgroup *sender = row_cgroup(row, &row->pass->sender);
	const struct cgroup *receiver = row_cgroup(row, &row->pass->receiver);

	return sender && receiver && sender->container && receiver->container &&
	       strcmp(sender->container->id, receiver->container->id) != 0;
}

static bool differ_in_mntns(const struct row *row)
{
	return differ(row->pass->sender.mntns_id, row->pass->receiver.mntns_id);
}

static bool differ_in_pidns(const struct row *row)
{
	return differ(row->pass->sender.pidns_id, row->pass->receiver.pidns_id);
}

static bool differ_in_netns(const struct row *row)
{
	return differ(row->pass->sender.netns_id, row->pass->receiver.netns_id);
}

static bool differ_in_userns(const struct row *row)
{
	return differ(row->pass->sender.userns_id, row->pass->receiver.userns_id);
}

static bool differ_in_cgroupns(const struct row *row)
{
	return differ(row->pass->sender.cgroupns_id, row->pass->receiver.cgroupns_id);
}

static const struct {
	const char *name;
	bool (*differ)(const struct row *row);
} boundaries[NR_BOUNDARIES] = {
	[BOUNDARY_USER] = { "user", differ_in_user },
	[BOUNDARY_CONTAINER] = { "container", differ_in_container },
	[BOUNDARY_MNTNS] = { "mntns", differ_in_mntns },
	[BOUNDARY_PIDNS] = { "pidns", differ_in_pidns },
	[BOUNDARY_NETNS] = { "netns", differ_in_netns },
	[BOUNDARY_USERNS] = { "userns", differ_in_userns },
	[BOUNDARY_CGROUPNS] = { "cgroupns", differ_in_cgroupns },
};

const char *boundary_name(size_t index)
{
	return index < NR_BOUNDARIES ? boundaries[index].name : NULL;
}

unsigned int cross_of(const struct row *row, bool *known)
{
	unsigned int ret = 0;

	*known = process_is_one(&row->pass->sender) && process_is_one(&row->pass->receiver);
	for (size_t i = 0; *known && i < NR_BOUNDARIES; i++) {
		if (boundaries[i].differ(row))
			ret |= 1U << i;
	}
	return ret;
}
