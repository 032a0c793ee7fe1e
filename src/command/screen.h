/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A whole terminal, drawn by ncurses: lines of text, and the keys that are pressed. One in a process. What stops
 * the job, lets it go on or changes the terminal's size is taken care of.
 */
#ifndef FDPASS_SCREEN_H
#define FDPASS_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

struct screen;

/* What screen_key() returns besides characters. */
enum screen_key {
	SCREEN_NONE = 0, /* nothing more was pressed */
	SCREEN_UP = 0x100,
	SCREEN_DOWN,
	SCREEN_PAGE_UP,
	SCREEN_PAGE_DOWN,
	SCREEN_HOME,
	SCREEN_END,
	SCREEN_ENTER,
	SCREEN_BACKSPACE,
	SCREEN_ESCAPE,
	SCREEN_REDRAW, /* it has another size, or somebody else wrote to it */
	SCREEN_OTHER,
};

/*
 * The terminal of standard input and output, as $TERM names it: all that is read of files is read here. It stays as
 * it is until screen_begin(). Returns 0, -ENOENT (nothing is known of such a terminal, or it has no way to move the
 * cursor), -ENOMEM or another negative errno.
 */
int screen_new(struct screen **ret);
/* Accepts NULL, returns NULL. Leaves the terminal as it was found. */
struct screen *screen_free(struct screen *screen);

/* Take the terminal, and give it back; more than once does nothing. */
void screen_begin(struct screen *screen);
void screen_end(struct screen *screen);

/* Polls readable when there is something for screen_key(). Borrowed. */
int screen_fd(const struct screen *screen);
/* The next byte or enum screen_key. Waits for nothing. */
int screen_key(struct screen *screen);

int screen_width(void);
int screen_height(void);

void screen_erase(void);
/* Text that can be printed as it is, by its first columns where it is too long. */
void screen_put(int line, const char *text, size_t size, bool reverse);
/* Show what was put. */
void screen_flush(void);

#endif
