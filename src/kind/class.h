/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a kind is made of, for the table of kind.c and the files that have the words of one kind. */
#ifndef FDPASS_KIND_CLASS_H
#define FDPASS_KIND_CLASS_H

#include "core/array.h"
#include "kind/kind.h"
#include "kind/words.h"

struct kind {
	const char *type;
	uint32_t magic; /* 0: any */
	uint32_t format; /* LINUX_S_IFMT of the mode; 0: any */
	/*
	 * The dentry's name, of files that have no place in the tree; NULL: any. Kernels disagree
	 * on the brackets around it, so they are left out; a name that ends in '*' is the begin of
	 * one.
	 */
	const char *dentry;
	/* Where the dentry never has a name: what it is called, or what stands before its inode. */
	const char *name;
	const char *prefix;
	/* The same, where the detail knows it better; what this returns is NULL where it does not. */
	const char *(*prefix_of)(const struct file *file);
	/* Says what it is besides its name, by file->detail most often; NULL: this kind has no more. */
	void (*put_detail)(struct words *words, const struct file *file);
};

/* The content of a detail of this type; NULL: the file has none. */
static inline const void *detail_of(const struct file *file, enum event_detail_type type)
{
	return file->detail && file->detail->type == type ? file->detail + 1 : NULL;
}

void socket_put_detail(struct words *words, const struct file *file);
void device_put_detail(struct words *words, const struct file *file);
/* Of the families that have no place in socket.c. */
const char *rfcomm_state(const struct file *file);
void packet_put_detail(struct words *words, const struct file *file);
void family_put_local(struct words *words, const struct file *file);
void family_put_remote(struct words *words, const struct file *file);
const char *namespace_prefix(const struct file *file);
void namespace_put_detail(struct words *words, const struct file *file);
void pidfd_put_detail(struct words *words, const struct file *file);
void memfd_put_detail(struct words *words, const struct file *file);
void eventfd_put_detail(struct words *words, const struct file *file);
void timer_put_detail(struct words *words, const struct file *file);
void signals_put_detail(struct words *words, const struct file *file);
void watches_put_detail(struct words *words, const struct file *file);
void fanotify_put_detail(struct words *words, const struct file *file);
void perf_put_detail(struct words *words, const struct file *file);
void dmabuf_put_detail(struct words *words, const struct file *file);
void fscontext_put_detail(struct words *words, const struct file *file);
void bpf_map_put_detail(struct words *words, const struct file *file);
void bpf_prog_put_detail(struct words *words, const struct file *file);
void bpf_link_put_detail(struct words *words, const struct file *file);

#endif
