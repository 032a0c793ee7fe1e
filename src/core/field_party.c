/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Getters: who the sender and the receiver are, and where they are. */
#include <inttypes.h>
#include <string.h>

#include "core/getter.h"

/* One process, or several: NULL where nothing is known of them. */
static const struct process *processes_of(const struct row *row, enum field_side side)
{
	const struct process *process = side == FIELD_RECEIVER ? &row->pass->receiver :
								 &row->pass->sender;

	return process->known ? process : NULL;
}

/* The process of a side, or NULL where nothing is known of it, or it is not one. */
static const struct process *process_of(const struct row *row, enum field_side side)
{
	const struct process *process = processes_of(row, side);

	return process && process_is_one(process) ? process : NULL;
}

static const struct endpoint *endpoint_of(const struct row *row, enum field_side side)
{
	return side == FIELD_RECEIVER ? &row->pass->to : &row->pass->from;
}

bool get_comm(const struct row *row, enum field_side side, struct value *ret)
{
	const struct process *process = processes_of(row, side);

	return process && process->scope != PROCESS_OF_CONTAINER && get_text(process->comm, ret);
}

bool get_pid(const struct row *row, enum field_side side, struct value *ret)
{
	const struct process *process = process_of(row, side);

	return process && get_unsigned(process->pid, ret);
}

bool get_tid(const struct row *row, enum field_side side, struct value *ret)
{
	const struct process *process = process_of(row, side);

	return process && process->tid != 0 && get_unsigned(process->tid, ret);
}

bool get_nspid(const struct row *row, enum field_side side, struct value *ret)
{
	const struct process *process = process_of(row, side);

	return process && process->nspid != process->pid && get_nonzero(process->nspid, ret);
}

bool get_mntns_id(const struct row *row, enum field_side side, struct value *ret)
{
	const struct process *process = process_of(row, side);

	return process && get_nonzero(process->mntns_id, ret);
}

bool get_netns_id(const struct row *row, enum field_side side, struct value *ret)
{
	const struct process *process = process_of(row, side);

	return process && get_nonzero(process->netns_id, ret);
}

bool get_pidns_id(const struct row *row, enum field_side side, struct value *ret)
{
	const struct process *process = process_of(row, side);

	return process && get_nonzero(process->pidns_id, ret);
}

bool get_userns_id(const struct row *row, enum field_side side, struct value *ret)
{
	const struct process *process = process_of(row, side);

	return process && get_nonzero(process->userns_id, ret);
}

bool get_cgroupns_id(const struct row *row, enum field_side side, struct value *ret)
{
	const struct process *process = process_of(row, side);

	return process && get_nonzero(process->cgroupns_id, ret);
}

bool get_cgroup_id(const struct row *row, enum field_side side, struct value *ret)
{
	const struct process *process = process_of(row, side);

	return process && get_nonzero(process->cgroup_id & ~EVENT_CGROUP_V1, ret);
}

bool get_uid(const struct row *row, enum field_side side, struct value *ret)
{
	const struct process *process = process_of(row, side);

	return process && get_unsigned(process->uid, ret);
}

bool get_gid(const struct row *row, enum field_side side, struct value *ret)
{
	const struct process *process = process_of(row, side);

	return process && get_unsigned(process->gid, ret);
}

bool get_user(const struct row *row, enum field_side side, struct value *ret)
{
	const struct process *process = process_of(row, side);

	return process && get_user_name(row->resolver, process->uid, ret);
}

bool get_group(const struct row *row, enum field_side side, struct value *ret)
{
	const struct process *process = process_of(row, side);
	const char *name;

	if (!process)
		return false;
	name = row->resolver->group(row->resolver->userdata, process->gid);
	return name ? get_cut_text(name, ret) : get_format(ret, "gid:%" PRIu32, process->gid);
}

bool get_parent_comm(const struct row *row, enum field_side side, struct value *ret)
{
	const struct process *process = process_of(row, side);

	return process && process->parent_pid != 0 && get_text(process->parent_comm, ret);
}

bool get_parent_pid(const struct row *row, enum field_side side, struct value *ret)
{
	const struct process *process = process_of(row, side);

	return process && get_nonzero(process->parent_pid, ret);
}

bool get_socket_ino(const struct row *row, enum field_side side, struct value *ret)
{
	return get_nonzero(endpoint_of(row, side)->socket_ino, ret);
}

bool get_sockfd(const struct row *row, enum field_side side, struct value *ret)
{
	return get_descriptor(endpoint_of(row, side)->sockfd, ret);
}

bool get_receiver_fds(const struct row *row, enum field_side side, struct value *ret)
{
	return get_nonzero(row->pass->receiver_fds, ret);
}

/* It can be 0. */
bool get_receiver_fds_limit(const struct row *row, enum field_side side, struct value *ret)
{
	return row->pass->receiver_fds != 0 && get_unsigned(row->pass->receiver_fds_limit, ret);
}

bool get_fd(const struct row *row, enum field_side side, struct value *ret)
{
	return get_descriptor(endpoint_of(row, side)->fd, ret);
}

/* Cgroups and containers */

bool get_cgroup(const struct row *row, enum field_side side, struct value *ret)
{
	const struct process *process = process_of(row, side);
	const struct cgroup *cgroup = process ? row_cgroup(row, process) : NULL;

	return cgroup && get_text(cgroup->path, ret);
}

static const struct container *container_of(const struct row *row, enum field_side side)
{
	const struct process *process = processes_of(row, side);
	const struct cgroup *cgroup =
		process && process->scope != PROCESS_OF_NAME ? row_cgroup(row, process) : NULL;

	return cgroup ? cgroup->container : NULL;
}

/* A text of a container, which is empty where it is not known. */
static bool get_of_container(const char *text, struct value *ret)
{
	return *text != '\0' && get_text(text, ret);
}

bool get_runtime_name(const struct row *row, enum field_side side, struct value *ret)
{
	const struct container *container = container_of(row, side);

	return container && get_of_container(container->runtime, ret);
}

bool get_container_id(const struct row *row, enum field_side side, struct value *ret)
{
	const struct container *container = container_of(row, side);

	return container && get_of_container(container->id, ret);
}

bool get_container_name(const struct row *row, enum field_side side, struct value *ret)
{
	const struct container *container = container_of(row, side);

	return container && get_of_container(container->name, ret);
}

bool get_container_image(const struct row *row, enum field_side side, struct value *ret)
{
	const struct container *container = container_of(row, side);

	return container && get_of_container(container->image, ret);
}

bool get_pod_namespace(const struct row *row, enum field_side side, struct value *ret)
{
	const struct container *container = container_of(row, side);

	return container && get_of_container(container->namespace, ret);
}

bool get_pod_name(const struct row *row, enum field_side side, struct value *ret)
{
	const struct container *container = container_of(row, side);

	return container && get_of_container(container->pod, ret);
}

bool get_pod_container(const struct row *row, enum field_side side, struct value *ret)
{
	const struct container *container = container_of(row, side);

	return container && get_of_container(container->pod_container, ret);
}
