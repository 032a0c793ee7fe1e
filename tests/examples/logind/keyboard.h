/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A keyboard that nobody has, by uinput(4). */
#ifndef FDPASS_EXAMPLES_LOGIND_KEYBOARD_H
#define FDPASS_EXAMPLES_LOGIND_KEYBOARD_H

#include <sys/types.h>

/*
 * Plug it in; it goes when the descriptor is closed. Returns the descriptor, or a negative errno.
 * *device is what its events can be read from.
 */
int keyboard_new(dev_t *device);

#endif
