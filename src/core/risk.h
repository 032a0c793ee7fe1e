/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Risks: something powerful went to something weaker. */
#ifndef FDPASS_RISK_H
#define FDPASS_RISK_H

#include <stddef.h>

#include "core/field.h"

/* The risk of a row, a word; NULL: none is known. */
const char *risk_of(const struct row *row);

/* What the table says, for the manual page. */
struct risk_entry {
	const char *word;
	const char *what; /* which files */
	const char *reason;
};

/* NULL where index is past the last. */
const struct risk_entry *risk_entry(size_t index);

#endif
