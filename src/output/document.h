/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A row as objects in objects, nested at the dots of the fields' names: what JSON and YAML both print.
 * A field that is not known has no member, and no empty parent.
 *
 * Strings of both are Unicode, and names are bytes: one that is no UTF-8 has a second member with its
 * bytes in hexadecimal, "file_bytes" behind "file".
 */
#ifndef FDPASS_OUTPUT_DOCUMENT_H
#define FDPASS_OUTPUT_DOCUMENT_H

#include "core/field.h"

#define DOCUMENT_BYTES "_bytes" /* the end of that member's name */

/* What prints it. All return 0 or a negative errno, which ends it. */
struct document_printer {
	/* An object begins, and what follows is in it. The name is not NUL-terminated. */
	int (*open)(void *userdata, const char *name, size_t size);
	int (*close)(void *userdata);
	/* Returns 1 where the text has bytes that are no UTF-8, for which U+FFFD was printed. */
	int (*member)(void *userdata, const char *name, const struct field *field,
		      const struct value *value);
};

/* How the fields of a list are printed. */
struct document {
	/* Those of one object stand together, where the first of them stood. */
	struct field_list fields;
	size_t objects[FIELD_LIST_MAX]; /* of a field's name, the bytes that are objects: "proc." */
};

void document_init(struct document *document, const struct field_list *fields);

/* Print a row, but for the outermost object. */
int document_print(const struct document *document, const struct row *row,
		   const struct document_printer *printer, void *userdata);

#endif
