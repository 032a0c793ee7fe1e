/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The words for files that have no place in the tree, those that other files here do not have. */
#include <string.h>

#include "kind/class.h"

/* Namespaces: "net:[4026531840]" as /proc has it. */

const char *namespace_prefix(const struct file *file)
{
	const struct event_namespace_detail *detail = detail_of(file, EVENT_DETAIL_NAMESPACE);

	return detail && detail->name[0] != '\0' ? detail->name : NULL;
}

/* Where the file goes by a path: what is mounted there. */
void namespace_put_detail(struct words *words, const struct file *file)
{
	const char *prefix = namespace_prefix(file);

	if (!prefix || file->flags & EVENT_FILE_PSEUDO)
		return;
	words_put_text(words, prefix);
	words_put_text(words, ":[");
	words_put_number(words, file->ino);
	words_put_text(words, "]");
}

/* Pidfds */

uint32_t kind_pidfd_pid(const struct file *file)
{
	const struct event_pidfd_detail *detail = detail_of(file, EVENT_DETAIL_PIDFD);

	return detail ? detail->pid : 0;
}

void pidfd_put_detail(struct words *words, const struct file *file)
{
	if (kind_pidfd_pid(file) == 0)
		return;
	words_put_text(words, "pid ");
	words_put_number(words, kind_pidfd_pid(file));
}

/* Memfds and dma-bufs */

bool kind_memory_size(const struct file *file, uint64_t *ret)
{
	const struct event_memory_detail *memory = detail_of(file, EVENT_DETAIL_MEMORY);
	const struct event_dmabuf_detail *dmabuf = detail_of(file, EVENT_DETAIL_DMABUF);

	if (memory)
		*ret = memory->size;
	else if (dmabuf)
		*ret = dmabuf->size;
	return memory || dmabuf;
}

static void put_seals(struct words *words, uint32_t seals)
{
	/* F_SEAL_* of fcntl(2), from the lowest bit on */
	static const char *const names[] = { "seal",  "shrink",	      "grow",
					     "write", "future_write", "exec" };

	words_put_bits(words, names, ARRAY_SIZE(names), seals);
}

size_t kind_memory_seals(const struct file *file, char *buffer, size_t size)
{
	const struct event_memory_detail *detail = detail_of(file, EVENT_DETAIL_MEMORY);
	struct words words = { .buffer = buffer, .size = size };

	if (detail)
		put_seals(&words, detail->seals);
	return words.length;
}

/* F_SEAL_SEAL: no more seals can be added. Alone, it is what a memfd has that was made to take none. */
#define SEAL_OF_SEALS 1

/* "2312 bytes, sealed: shrink|grow" */
void memfd_put_detail(struct words *words, const struct file *file)
{
	const struct event_memory_detail *detail = detail_of(file, EVENT_DETAIL_MEMORY);

	if (!detail)
		return;
	words_put_number(words, detail->size);
	words_put_text(words, " bytes");
	if ((detail->seals & ~SEAL_OF_SEALS) == 0)
		return;
	words_put_text(words, ", sealed: ");
	put_seals(words, detail->seals);
}

void eventfd_put_detail(struct words *words, const struct file *file)
{
	const struct event_eventfd_detail *detail = detail_of(file, EVENT_DETAIL_EVENTFD);

	if (!detail)
		return;
	words_put_text(words, "count ");
	words_put_number(words, detail->count);
}

/* "4096 bytes from udmabuf, named frame" */
void dmabuf_put_detail(struct words *words, const struct file *file)
{
	const struct event_dmabuf_detail *detail = detail_of(file, EVENT_DETAIL_DMABUF);

	if (!detail)
		return;
	words_put_number(words, detail->size);
	words_put_text(words, " bytes from ");
	words_put_text(words, detail->exporter);
	if (detail->name[0] == '\0')
		return;
	words_put_text(words, ", named ");
	words_put_text(words, detail->name);
}

/* "tmpfs": what is to be mounted */
void fscontext_put_detail(struct words *words, const struct file *file)
{
	const struct event_fscontext_detail *detail = detail_of(file, EVENT_DETAIL_FSCONTEXT);

	if (detail)
		words_put_text(words, detail->type);
}
