/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the rows are written to: a terminal or not, how wide, with colours or without. */
#ifndef FDPASS_TERMINAL_H
#define FDPASS_TERMINAL_H

#include "output/output.h"

/* Of a descriptor. `color` is the value of --color. The locale has been set. */
void terminal_output_options(struct output_options *ret, int fd, const char *color);

#endif
