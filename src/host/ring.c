// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading a BPF ring buffer: see ring.h, and Documentation/bpf/ringbuf.rst in the kernel. */
#include "host/ring.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>

struct ring {
	size_t size; /* of the data: a power of two */
	size_t page;
	size_t record_most;
	uint64_t *consumed; /* bytes read, ever: a page that the kernel reads */
	uint64_t *produced; /* bytes written, ever: a page, and behind it the data */
	char *wrapped; /* room for a record that begins at the end of the data and ends at its begin */
};

static int map_memory(struct ring *ring, int map)
{
	void *memory;

	memory = mmap(NULL, ring->page, PROT_READ | PROT_WRITE, MAP_SHARED, map, 0);
	if (memory == MAP_FAILED)
		return -errno;
	ring->consumed = memory;
	memory = mmap(NULL, ring->page + ring->size, PROT_READ, MAP_SHARED, map, (off_t)ring->page);
	if (memory == MAP_FAILED)
		return -errno;
	ring->produced = memory;
	return 0;
}

int ring_new(struct ring **ret, int map, size_t record_most)
{
	struct bpf_map_info info = { 0 };
	struct ring *ring;
	int r;

	if (bpf_obj_get_info_by_fd(map, &info, &(__u32){ sizeof(info) }) < 0)
		return -errno;
	ring = calloc(1, sizeof(*ring));
	if (!ring)
		return -ENOMEM;
	ring->size = info.max_entries;
	ring->page = (size_t)sysconf(_SC_PAGESIZE);
	ring->record_most = record_most;
	ring->wrapped = malloc(record_most);
	r = ring->wrapped ? map_memory(ring, map) : -ENOMEM;
	if (r < 0) {
		ring_free(ring);
		return r;
	}
	*ret = ring;
	return 0;
}

struct ring *ring_free(struct ring *ring)
{
	if (!ring)
		return NULL;
	if (ring->consumed)
		munmap(ring->consumed, ring->page);
	if (ring->produced)
		munmap(ring->produced, ring->page + ring->size);
	free(ring->wrapped);
	free(ring);
	return NULL;
}

static const char *data_at(const struct ring *ring, uint64_t position)
{
	return (const char *)ring->produced + ring->page + (position & (ring->size - 1));
}

/* The record at this position, in one piece. */
static const void *record_at(const struct ring *ring, uint64_t position, size_t size)
{
	size_t before_end = ring->size - (position & (ring->size - 1));

	if (size <= before_end)
		return data_at(ring, position);
	memcpy(ring->wrapped, data_at(ring, position), before_end);
	memcpy(ring->wrapped + before_end, data_at(ring, 0), size - before_end);
	return ring->wrapped;
}

int ring_read(struct ring *ring, ring_record_fn fn, void *userdata)
{
	uint64_t end = __atomic_load_n(ring->produced, __ATOMIC_ACQUIRE);
	uint64_t position = *ring->consumed;
	int r = 0;

	while (position < end && r >= 0) {
		const uint32_t *header = (const uint32_t *)data_at(ring, position);
		uint32_t length = __atomic_load_n(header, __ATOMIC_ACQUIRE);
		size_t size = length & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);

		if (length & BPF_RINGBUF_BUSY_BIT)
			return -EAGAIN;
		if (size > ring->record_most)
			r = -EBADMSG;
		else if (!(length & BPF_RINGBUF_DISCARD_BIT))
			r = fn(userdata, record_at(ring, position + BPF_RINGBUF_HDR_SZ, size),
			       size);
		position += (BPF_RINGBUF_HDR_SZ + size + 7) & ~UINT64_C(7);
		__atomic_store_n(ring->consumed, position, __ATOMIC_RELEASE);
	}
	return r < 0 ? r : 0;
}
