/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Regular expressions for filters: RE2's syntax, as in Inspektor Gadget, and its linear time. */
#ifndef FDPASS_REGEX_H
#define FDPASS_REGEX_H

#include "core/filter_regex.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const struct filter_regex_ops regex_ops;

#ifdef __cplusplus
}
#endif

#endif
