/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Boundaries: what the two parties of a pass do not share. */
#ifndef FDPASS_CROSS_H
#define FDPASS_CROSS_H

#include <stdbool.h>
#include <stddef.h>

#include "core/field.h"

enum boundary {
	BOUNDARY_USER,
	BOUNDARY_CONTAINER,
	BOUNDARY_MNTNS,
	BOUNDARY_PIDNS,
	BOUNDARY_NETNS,
	BOUNDARY_USERNS,
	BOUNDARY_CGROUPNS,
	NR_BOUNDARIES
};

/* Its name ("container"); NULL where index is past the last. */
const char *boundary_name(size_t index);

/*
 * What is known to be on two sides, a bit for each boundary. *known is whether both parties are; what is not
 * known of one of them is no boundary.
 */
unsigned int cross_of(const struct row *row, bool *known);

#endif
