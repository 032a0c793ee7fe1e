/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of fields, told from their table, so that the documents cannot differ from the program.
 */
#include <errno.h>
#include <string.h>

#include "output/output.h"

static int stream_error(FILE *stream)
{
	if (!ferror(stream))
		return 0;
	return errno != 0 ? -errno : -EIO;
}

/* The columns that the longest name takes. */
static int name_width(enum row_kind kind)
{
	const struct field *field;
	size_t width = 0;

	for (size_t i = 0; (field = field_of(kind, i)); i++) {
		if (strlen(field->name) > width)
			width = strlen(field->name);
	}
	return (int)width;
}

int output_field_help(FILE *stream, enum row_kind kind)
{
	int width = name_width(kind);
	const struct field *field;

	errno = 0;
	for (size_t i = 0; (field = field_of(kind, i)); i++)
		fprintf(stream, "%-*s  %-6s  %s\n", width, field->name,
			field_type_name(field->type), field->meaning);
	return stream_error(stream);
}

/* A definition list. The meanings have no character that reStructuredText reads as markup. */
int output_field_reference(FILE *stream, enum row_kind kind)
{
	const struct field *field;

	errno = 0;
	for (size_t i = 0; (field = field_of(kind, i)); i++) {
		if (!field_is_older(field, kind))
			fprintf(stream, "**%s** (%s, ``%s``)\n  %s.\n\n", field->name,
				field_type_name(field->type), field->header, field->meaning);
	}
	return stream_error(stream);
}
