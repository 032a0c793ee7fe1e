/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the fields of a row are under Inspektor Gadget: in struct gadget_row, in a string that the
 * module adds, or added by ig itself.
 */
#ifndef FDPASS_GADGET_PLACE_H
#define FDPASS_GADGET_PLACE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/field.h"
#include "gadget/row.h"

/* ig has no row without a field: what stands in for what is not known. */
#define PLACE_NO_DESCRIPTOR (-1)

/* A member of struct gadget_row. */
struct place {
	const char *name; /* the field's */
	size_t offset;
	size_t size;
};

/* The member that has this field; NULL: none has. */
const struct place *place_find(const struct field *field);

/* Is it the name of a user or of a group? */
bool place_is_name(const struct field *field);

/* ig makes it of another field: such a name, a time of the clock. */
bool place_is_of_ig(const struct field *field);

/*
 * Only the files of the host's container runtimes tell it, which the module cannot read: ig adds what it knows of
 * the sender's container by itself.
 */
bool place_is_of_host(const struct field *field);

/* Put what is not known in all places. */
void place_clear(struct gadget_row *row);
/* Put a field's value in its place. A string that is too long for it is cut. */
void place_set(struct gadget_row *row, const struct place *place, const struct field *field,
	       const struct value *value);

#endif
