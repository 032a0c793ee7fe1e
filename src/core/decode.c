/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Decoding: checks the bounds of a record once, so that the join can read it as C structures, and
 * assembles paths from the chains of names. A type of section is a reader in the table.
 */
#include "core/decode.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#define MAX_ERRNO 4095 /* of linux/err.h */
#define MAX_COMPONENT_LENGTH 255

/* What stands before a path whose beginning was not read: it never looks absolute. */
static const char cut_mark[] = "...";

/* Padding that was not written is what another record left there. */
static bool is_zero(const void *padding, size_t size)
{
	const char *bytes = padding;

	for (size_t i = 0; i < size; i++) {
		if (bytes[i] != 0)
			return false;
	}
	return true;
}

/* What a section takes with its padding, `left` bytes before the end; 0 where it is malformed. */
static size_t section_size(const struct event_section *section, size_t left)
{
	size_t padded;

	if (left < sizeof(*section) || section->size > left - sizeof(*section))
		return 0;
	padded = (section->size + 7) & ~(size_t)7;
	if (padded > left - sizeof(*section) ||
	    !is_zero((const char *)(section + 1) + section->size, padded - section->size))
		return 0;
	return sizeof(*section) + padded;
}

static bool read_task(struct decoded *ret, const struct event_section *section, const void *content)
{
	const struct event_task *task = content;

	if (section->size != sizeof(*task) || section->index >= NR_EVENT_PARTIES ||
	    ret->tasks[section->index] || task->comm[EVENT_COMM_LEN - 1] != '\0' ||
	    task->parent_comm[EVENT_COMM_LEN - 1] != '\0')
		return false;
	ret->tasks[section->index] = task;
	return true;
}

static bool read_socket(struct decoded *ret, const struct event_section *section,
			const void *content)
{
	const struct event_socket *socket = content;

	if (section->size != sizeof(*socket) || section->index >= NR_EVENT_PARTIES ||
	    ret->sockets[section->index] || socket->reserved != 0)
		return false;
	ret->sockets[section->index] = socket;
	return true;
}

static bool read_socket_name(struct decoded *ret, const struct event_section *section,
			     const void *content)
{
	if (section->size > EVENT_SUN_PATH || section->index >= NR_EVENT_PARTIES ||
	    ret->names[section->index])
		return false;
	ret->names[section->index] = content;
	ret->name_sizes[section->index] = section->size;
	return true;
}

static bool read_files(struct decoded *ret, const struct event_section *section,
		       const void *content)
{
	const struct event_file *files = content;

	if (section->index > EVENT_MAX_FILES || section->size != section->index * sizeof(*files) ||
	    ret->files)
		return false;
	for (uint32_t i = 0; i < section->index; i++) {
		if (files[i].fate >= NR_EVENT_FATES || files[i].reserved != 0)
			return false;
	}
	ret->files = files;
	ret->nr_files = section->index;
	return true;
}

static bool read_paths(struct decoded *ret, const struct event_section *section,
		       const void *content)
{
	if (ret->paths)
		return false;
	ret->paths = content;
	ret->paths_size = section->size;
	return true;
}

/* Names with a NUL behind each, none of them empty. */
static bool read_cgroup(struct decoded *ret, const struct event_section *section,
			const void *content)
{
	const char *names = content;

	if (section->size > EVENT_MAX_CGROUP || section->index >= NR_EVENT_PARTIES ||
	    ret->cgroups[section->index])
		return false;
	for (uint32_t i = 0; i < section->size; i++) {
		if (names[i] == '\0' && (i == 0 || names[i - 1] == '\0'))
			return false;
	}
	if (section->size > 0 && names[section->size - 1] != '\0')
		return false;
	ret->cgroups[section->index] = names;
	ret->cgroup_sizes[section->index] = section->size;
	return true;
}

static bool socket_is_valid(const void *content, size_t size)
{
	const struct event_socket_detail *detail = content;

	return detail->reserved == 0;
}

static bool unix_is_valid(const void *content, size_t size)
{
	const struct event_unix_detail *detail = content;

	return socket_is_valid(content, size) && detail->name_size <= EVENT_SUN_PATH &&
	       detail->peer_name_size <= EVENT_SUN_PATH &&
	       size == sizeof(*detail) + detail->name_size + detail->peer_name_size;
}

static bool netlink_is_valid(const void *content, size_t size)
{
	const struct event_netlink_detail *detail = content;

	return socket_is_valid(content, size) && detail->reserved == 0;
}

static bool packet_is_valid(const void *content, size_t size)
{
	const struct event_packet_detail *detail = content;

	return socket_is_valid(content, size) && detail->reserved == 0;
}

static bool rfcomm_is_valid(const void *content, size_t size)
{
	const struct event_rfcomm_detail *detail = content;

	return socket_is_valid(content, size) &&
	       (detail->reserved[0] | detail->reserved[1] | detail->reserved[2]) == 0;
}

static bool pty_is_valid(const void *content, size_t size)
{
	return ((const struct event_pty_detail *)content)->reserved == 0;
}

static bool namespace_is_valid(const void *content, size_t size)
{
	const struct event_namespace_detail *detail = content;

	return detail->name[sizeof(detail->name) - 1] == '\0';
}

static bool pidfd_is_valid(const void *content, size_t size)
{
	return ((const struct event_pidfd_detail *)content)->reserved == 0;
}

static bool memory_is_valid(const void *content, size_t size)
{
	return ((const struct event_memory_detail *)content)->reserved == 0;
}

static bool bpf_is_valid(const void *content, size_t size)
{
	const struct event_bpf_detail *detail = content;

	return detail->name[sizeof(detail->name) - 1] == '\0';
}

static bool timer_is_valid(const void *content, size_t size)
{
	return ((const struct event_timer_detail *)content)->armed <= 1;
}

static bool watches_is_valid(const void *content, size_t size)
{
	return ((const struct event_watches_detail *)content)->reserved == 0;
}

static bool perf_is_valid(const void *content, size_t size)
{
	return ((const struct event_perf_detail *)content)->reserved == 0;
}

static bool dmabuf_is_valid(const void *content, size_t size)
{
	const struct event_dmabuf_detail *detail = content;

	return detail->exporter[sizeof(detail->exporter) - 1] == '\0' &&
	       detail->name[sizeof(detail->name) - 1] == '\0';
}

static bool fscontext_is_valid(const void *content, size_t size)
{
	const struct event_fscontext_detail *detail = content;

	return detail->type[sizeof(detail->type) - 1] == '\0';
}

static bool input_is_valid(const void *content, size_t size)
{
	const struct event_input_detail *detail = content;

	return detail->name[sizeof(detail->name) - 1] == '\0';
}

/* The size of a detail, or what it has at least, and what else must hold; NULL: nothing. */
static const struct {
	size_t size;
	bool has_more;
	bool (*is_valid)(const void *content, size_t size);
} detail_types[NR_EVENT_DETAILS] = {
	[EVENT_DETAIL_SOCKET] = { sizeof(struct event_socket_detail), false, socket_is_valid },
	[EVENT_DETAIL_INET] = { sizeof(struct event_inet_detail), false, socket_is_valid },
	[EVENT_DETAIL_UNIX] = { sizeof(struct event_unix_detail), true, unix_is_valid },
	[EVENT_DETAIL_NETLINK] = { sizeof(struct event_netlink_detail), false, netlink_is_valid },
	[EVENT_DETAIL_PACKET] = { sizeof(struct event_packet_detail), false, packet_is_valid },
	[EVENT_DETAIL_VSOCK] = { sizeof(struct event_vsock_detail), false, socket_is_valid },
	[EVENT_DETAIL_RFCOMM] = { sizeof(struct event_rfcomm_detail), false, rfcomm_is_valid },
	[EVENT_DETAIL_PTY] = { sizeof(struct event_pty_detail), false, pty_is_valid },
	[EVENT_DETAIL_NAMESPACE] = { sizeof(struct event_namespace_detail), false,
				     namespace_is_valid },
	[EVENT_DETAIL_PIDFD] = { sizeof(struct event_pidfd_detail), false, pidfd_is_valid },
	[EVENT_DETAIL_MEMORY] = { sizeof(struct event_memory_detail), false, memory_is_valid },
	[EVENT_DETAIL_EVENTFD] = { sizeof(struct event_eventfd_detail), false, NULL },
	[EVENT_DETAIL_BPF] = { sizeof(struct event_bpf_detail), false, bpf_is_valid },
	[EVENT_DETAIL_TIMER] = { sizeof(struct event_timer_detail), false, timer_is_valid },
	[EVENT_DETAIL_SIGNALS] = { sizeof(struct event_signals_detail), false, NULL },
	[EVENT_DETAIL_WATCHES] = { sizeof(struct event_watches_detail), false, watches_is_valid },
	[EVENT_DETAIL_FANOTIFY] = { sizeof(struct event_fanotify_detail), false, NULL },
	[EVENT_DETAIL_PERF] = { sizeof(struct event_perf_detail), false, perf_is_valid },
	[EVENT_DETAIL_DMABUF] = { sizeof(struct event_dmabuf_detail), false, dmabuf_is_valid },
	[EVENT_DETAIL_FSCONTEXT] = { sizeof(struct event_fscontext_detail), false,
				     fscontext_is_valid },
	[EVENT_DETAIL_INPUT] = { sizeof(struct event_input_detail), false, input_is_valid },
};

static bool detail_is_valid(const struct event_section *detail)
{
	size_t size;

	if (detail->type == 0 || detail->type >= NR_EVENT_DETAILS)
		return false;
	size = detail_types[detail->type].size;
	if (detail->size < size || (detail->size > size && !detail_types[detail->type].has_more))
		return false;
	return !detail_types[detail->type].is_valid ||
	       detail_types[detail->type].is_valid(detail + 1, detail->size);
}

/* In the order of the files, one a file at most. */
static bool read_details(struct decoded *ret, const struct event_section *section,
			 const void *content)
{
	uint32_t at = 0, next_index = 0;

	if (ret->details)
		return false;
	while (at < section->size) {
		const struct event_section *detail = (const void *)((const char *)content + at);
		size_t taken = section_size(detail, section->size - at);

		if (taken == 0 || detail->index < next_index || !detail_is_valid(detail))
			return false;
		next_index = detail->index + 1U;
		at += taken;
	}
	ret->details = content;
	ret->details_size = section->size;
	return true;
}

static bool read_full(struct decoded *ret, const struct event_section *section, const void *content)
{
	const struct event_full *full = content;

	if (section->size != sizeof(*full) || section->index != 0 || ret->full)
		return false;
	ret->full = full;
	return true;
}

static bool read_charge(struct decoded *ret, const struct event_section *section,
			const void *content)
{
	const struct event_charge *charge = content;

	if (section->size != sizeof(*charge) || section->index != 0 || ret->charge ||
	    charge->reserved != 0)
		return false;
	ret->charge = charge;
	return true;
}

static bool read_held(struct decoded *ret, const struct event_section *section, const void *content)
{
	const struct event_held *held = content;

	if (section->size != sizeof(*held) || section->index != 0 || ret->held ||
	    held->same >= NR_EVENT_SAMES || held->mapped > 1)
		return false;
	ret->held = held;
	return true;
}

static bool (*const readers[NR_EVENT_SECTIONS])(struct decoded *ret,
						const struct event_section *section,
						const void *content) = {
	[EVENT_SECTION_TASK] = read_task,
	[EVENT_SECTION_SOCKET] = read_socket,
	[EVENT_SECTION_SOCKET_NAME] = read_socket_name,
	[EVENT_SECTION_FILES] = read_files,
	[EVENT_SECTION_DETAILS] = read_details,
	[EVENT_SECTION_PATHS] = read_paths,
	[EVENT_SECTION_CGROUP] = read_cgroup,
	[EVENT_SECTION_CHARGE] = read_charge,
	[EVENT_SECTION_HELD] = read_held,
	[EVENT_SECTION_FULL] = read_full,
};

/* The section at `at`, `left` bytes before the end. Returns what it takes, 0 where it is malformed. */
static size_t read_section(struct decoded *ret, const char *at, size_t left)
{
	const struct event_section *section = (const struct event_section *)at;
	size_t taken = section_size(section, left);

	if (taken == 0 || section->type >= NR_EVENT_SECTIONS || !readers[section->type] ||
	    !readers[section->type](ret, section, section + 1))
		return 0;
	return taken;
}

/* The event of a message that has a number: but a sender and a descriptor that moved may have none. */
static bool tells_of_a_message(const struct event *event)
{
	return event->type != EVENT_SENT && event->type != EVENT_MOVED && event->type != EVENT_HELD;
}

/* Else its place tells a time. */
static bool has_errno(const struct event *event)
{
	return event->type == EVENT_SEND_FAILED || event->type == EVENT_MOVED ||
	       (event->type == EVENT_SENT && (event->message != 0 || event->flags & EVENT_FAILED));
}

static bool event_is_valid(const struct decoded *decoded)
{
	const struct event *event = decoded->event;

	return event->type >= EVENT_SENT && event->type < NR_EVENT_TYPES &&
	       event->total_files <= EVENT_MAX_FILES &&
	       (!has_errno(event) || (event->error <= 0 && event->error >= -MAX_ERRNO)) &&
	       event->via <= EVENT_VIA_IO_URING && event->fate < NR_EVENT_FATES &&
	       event->fate != EVENT_FATE_INSTALLED &&
	       is_zero(event->reserved, sizeof(event->reserved)) &&
	       (event->message != 0 || !tells_of_a_message(event)) &&
	       (event->type == EVENT_MOVED || decoded->nr_files <= event->total_files);
}

int decode_record(const void *data, size_t size, struct decoded *ret)
{
	const struct event *event = data;
	const char *at = data;
	size_t left = size, taken;

	if (size < sizeof(*event) || event->size != size)
		return -EBADMSG;
	*ret = (struct decoded){ .event = event };
	at += sizeof(*event);
	left -= sizeof(*event);
	for (; left > 0; at += taken, left -= taken) {
		taken = read_section(ret, at, left);
		if (taken == 0)
			return -EBADMSG;
	}
	return event_is_valid(ret) ? 0 : -EBADMSG;
}

const struct event_section *decode_detail(const struct decoded *decoded, uint32_t index,
					  uint32_t *at)
{
	while (*at < decoded->details_size) {
		const struct event_section *detail = (const void *)(decoded->details + *at);

		if (detail->index > index)
			return NULL;
		*at += section_size(detail, decoded->details_size - *at);
		if (detail->index == index)
			return detail;
	}
	return NULL;
}

/* The component at `offset`; NULL where it does not lie whole within the paths. */
static const struct event_name *name_at(const struct decoded *decoded, uint32_t offset)
{
	uint32_t size = decoded->paths_size;
	const struct event_name *name;

	if (offset % _Alignof(struct event_name) || offset > size || size - offset < sizeof(*name))
		return NULL;
	name = (const struct event_name *)(decoded->paths + offset);
	if (name->length > MAX_COMPONENT_LENGTH || name->length > size - offset - sizeof(*name))
		return NULL;
	return name;
}

/* What of a chain of names makes the path. */
struct extent {
	unsigned int components;
	size_t length; /* of these, with a slash before each */
	bool cut; /* there are more */
};

static int measure_chain(const struct decoded *decoded, uint32_t offset, struct extent *ret)
{
	/* No chain without a cycle has more components than fit into the paths. */
	uint32_t limit = decoded->paths_size / sizeof(struct event_name);
	struct extent extent = {};

	for (uint32_t i = 0; offset != EVENT_NO_NAME; i++) {
		const struct event_name *name = name_at(decoded, offset);

		if (!name || i == limit)
			return -EBADMSG;
		if (extent.length + 1 + name->length > EVENT_MAX_PATH)
			extent.cut = true;
		if (!extent.cut) {
			extent.components++;
			extent.length += 1 + name->length;
		}
		offset = name->parent_offset;
	}
	*ret = extent;
	return 0;
}

/* The chain goes from the leaf to the root, so the path is written from its end. */
static void write_components(const struct decoded *decoded, uint32_t offset,
			     const struct extent *extent, char *begin)
{
	char *at = begin + extent->length;

	for (unsigned int i = 0; i < extent->components; i++) {
		const struct event_name *name = name_at(decoded, offset);

		at -= name->length;
		memcpy(at, name->name, name->length);
		*--at = '/';
		offset = name->parent_offset;
	}
}

static int decode_pseudo_name(const struct decoded *decoded, uint32_t offset, char *path,
			      int *length)
{
	const struct event_name *name = name_at(decoded, offset);

	if (!name)
		return -EBADMSG;
	*length = (int)strnlen(name->name, name->length);
	memcpy(path, name->name, *length);
	path[*length] = '\0';
	return 0;
}

int decode_path(const struct decoded *decoded, const struct event_file *file,
		char path[DECODE_PATH_MAX], int *length)
{
	uint32_t offset = file->names_offset;
	struct extent extent;
	size_t begin = 0;
	int r;

	*length = -1;
	if (offset == EVENT_NO_NAME)
		return 0;
	if (file->flags & EVENT_FILE_PSEUDO)
		return decode_pseudo_name(decoded, offset, path, length);
	r = measure_chain(decoded, offset, &extent);
	if (r < 0)
		return r;
	if (extent.cut || file->flags & EVENT_FILE_CUT) {
		begin = strlen(cut_mark);
		memcpy(path, cut_mark, begin);
	}
	write_components(decoded, offset, &extent, path + begin);
	path[begin + extent.length] = '\0';
	*length = (int)(begin + extent.length);
	return 0;
}

int decode_cgroup(const struct decoded *decoded, enum event_party party,
		  char path[DECODE_CGROUP_MAX])
{
	const char *name = decoded->cgroups[party], *end;
	char *at;

	if (!name || !decoded->tasks[party])
		return 0;
	/* From the last name to the first one: a slash stands for each NUL. */
	end = name + decoded->cgroup_sizes[party];
	at = path + decoded->cgroup_sizes[party];
	*at = '\0';
	while (name < end) {
		size_t length = strlen(name);

		at -= length;
		memcpy(at, name, length);
		*--at = '/';
		name += length + 1;
	}
	if (*path == '\0')
		strcpy(path, "/");
	return 1;
}
