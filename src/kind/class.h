/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a kind is made of, for the table of kind.c and the files that have the words of one kind. */
#ifndef FDPASS_KIND_CLASS_H
#define FDPASS_KIND_CLASS_H

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
	/* Says what the detail in the record tells (file->detail); NULL: this kind has none. */
	void (*put_detail)(struct words *words, const struct file *file);
};

void socket_put_detail(struct words *words, const struct file *file);

#endif
