/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What standard output is: a terminal or not, how wide, with colours or without. */
#ifndef FDPASS_TERMINAL_H
#define FDPASS_TERMINAL_H

#include "output/output.h"

/* `color` is the value of --color. The locale has been set. */
void terminal_output_options(struct output_options *ret, const char *color);

#endif
