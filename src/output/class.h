/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an output is made of, for the outputs themselves: a class in the table of output.c, and an
 * object that begins with struct output.
 */
#ifndef FDPASS_OUTPUT_CLASS_H
#define FDPASS_OUTPUT_CLASS_H

#include "output/buffer.h"
#include "output/output.h"

struct output_class {
	const char *name;
	size_t size; /* of the object */
	/* What --fields +x and -x change. */
	void (*defaults)(struct field_list *ret, enum row_kind kind);
	/* All return 0 or a negative errno, but for the buffer's failure, which output.c looks for. */
	int (*begin)(struct output *output); /* NULL: nothing to do; the object is all zeroes */
	int (*row)(struct output *output, const struct row *row);
	int (*end)(struct output *output); /* NULL: nothing to do */
	void (*free)(struct output *output); /* frees what the object has; NULL: nothing */
};

struct output {
	const struct output_class *class;
	struct buffer *buffer; /* where it goes; borrowed */
	struct field_list fields;
	struct output_options options;
};

extern const struct output_class columns_class;
extern const struct output_class reading_class;
extern const struct output_class json_class;
extern const struct output_class jsonpretty_class;
extern const struct output_class yaml_class;

#endif
