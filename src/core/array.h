/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arrays. */
#ifndef FDPASS_ARRAY_H
#define FDPASS_ARRAY_H

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#endif
