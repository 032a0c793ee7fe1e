/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of outputs, and what all have in common: their life and the buffer's failure. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "output/class.h"

static const struct output_class *const classes[] = {
	&columns_class,
	&json_class,
	&jsonpretty_class,
	&yaml_class,
};

static const struct output_class *class_find(const char *name)
{
	for (size_t i = 0; output_name(i); i++) {
		if (strcmp(classes[i]->name, name) == 0)
			return classes[i];
	}
	return NULL;
}

const char *output_name(size_t index)
{
	return index < sizeof(classes) / sizeof(classes[0]) ? classes[index]->name : NULL;
}

bool output_is_table(const char *name)
{
	return class_find(name) == &columns_class;
}

int output_default_fields(const char *name, enum row_kind kind, struct field_list *ret)
{
	const struct output_class *class = class_find(name);

	if (!class)
		return -ENOENT;
	class->defaults(ret, kind);
	return 0;
}

int output_new(struct output **ret, const char *name, struct buffer *buffer,
	       const struct field_list *fields, const struct output_options *options)
{
	const struct output_class *class = class_find(name);
	struct output *output;

	if (!class)
		return -ENOENT;
	if (class == &columns_class && !fields && options->kind == ROW_PASS)
		class = &reading_class;
	output = calloc(1, class->size);
	if (!output)
		return -ENOMEM;
	output->class = class;
	output->buffer = buffer;
	output->options = *options;
	if (fields)
		output->fields = *fields;
	else
		class->defaults(&output->fields, options->kind);
	*ret = output;
	return 0;
}

struct output *output_free(struct output *output)
{
	if (output && output->class->free)
		output->class->free(output);
	free(output);
	return NULL;
}

static int settle(const struct output *output, int r)
{
	return output->buffer->failed ? -ENOMEM : r;
}

int output_begin(struct output *output)
{
	return settle(output, output->class->begin ? output->class->begin(output) : 0);
}

int output_row(struct output *output, const struct row *row)
{
	return settle(output, output->class->row(output, row));
}

int output_end(struct output *output)
{
	return settle(output, output->class->end ? output->class->end(output) : 0);
}
