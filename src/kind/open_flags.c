/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Open flags by name: f_flags of an open file description, as F_GETFL of fcntl(2) tells them. */
#include <inttypes.h>
#include <linux/fcntl.h>
#include <stdio.h>

#include "kind/kind.h"
#include "kind/words.h"

/* Not in linux/fcntl.h. */
#define FLAG_FMODE_EXEC 040U /* __FMODE_EXEC of include/linux/fs.h: opened by execve(2) */
#define FLAG_FMODE_NONOTIFY 0400000000U /* __FMODE_NONOTIFY: opened by fanotify */

/* Kernel-internal, or (O_LARGEFILE) set on each file that a 64-bit program opens. */
#define FLAGS_LEFT_OUT (O_LARGEFILE | FLAG_FMODE_EXEC | FLAG_FMODE_NONOTIFY)

struct flag {
	uint32_t bits;
	const char *name;
};

/* Those that include the bits of another stand before it. */
static const struct flag flags[] = {
	{ O_SYNC, "O_SYNC" },	      { O_TMPFILE, "O_TMPFILE" },   { O_CREAT, "O_CREAT" },
	{ O_EXCL, "O_EXCL" },	      { O_NOCTTY, "O_NOCTTY" },	    { O_TRUNC, "O_TRUNC" },
	{ O_APPEND, "O_APPEND" },     { O_NONBLOCK, "O_NONBLOCK" }, { O_DSYNC, "O_DSYNC" },
	{ FASYNC, "O_ASYNC" },	      { O_DIRECT, "O_DIRECT" },	    { O_DIRECTORY, "O_DIRECTORY" },
	{ O_NOFOLLOW, "O_NOFOLLOW" }, { O_NOATIME, "O_NOATIME" },   { O_PATH, "O_PATH" },
	{ O_CLOEXEC, "O_CLOEXEC" },
};

size_t kind_open_flags(const struct file *file, char *buffer, size_t size)
{
	static const char *const modes[] = {
		[O_RDONLY] = "O_RDONLY",
		[O_WRONLY] = "O_WRONLY",
		[O_RDWR] = "O_RDWR",
		[O_ACCMODE] = "O_ACCMODE", /* neither to read nor to write: ioctl(2) only */
	};
	uint32_t left = file->open_flags & ~(O_ACCMODE | FLAGS_LEFT_OUT);
	struct words words = { .buffer = buffer, .size = size };

	words_put_text(&words, modes[file->open_flags & O_ACCMODE]);
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		if ((left & flags[i].bits) != flags[i].bits)
			continue;
		words_put_text(&words, "|");
		words_put_text(&words, flags[i].name);
		left &= ~flags[i].bits;
	}
	if (left != 0) {
		char octal[sizeof("|0") + 11];

		snprintf(octal, sizeof(octal), "|0%" PRIo32, left);
		words_put_text(&words, octal);
	}
	return words.length;
}
