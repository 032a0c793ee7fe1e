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
static int name_width(void)
{
	size_t width = 0;

	for (size_t i = 0; i < nr_fields; i++) {
		if (strlen(field_table[i].name) > width)
			width = strlen(field_table[i].name);
	}
	return (int)width;
}

int output_field_help(FILE *stream)
{
	int width = name_width();

	errno = 0;
	for (size_t i = 0; i < nr_fields; i++)
		fprintf(stream, "%-*s  %-6s  %s\n", width, field_table[i].name,
			field_type_name(field_table[i].type), field_table[i].meaning);
	return stream_error(stream);
}

/* A definition list. The meanings have no character that reStructuredText reads as markup. */
int output_field_reference(FILE *stream)
{
	errno = 0;
	for (size_t i = 0; i < nr_fields; i++)
		fprintf(stream, "**%s** (%s, ``%s``)\n  %s.\n\n", field_table[i].name,
			field_type_name(field_table[i].type), field_table[i].header,
			field_table[i].meaning);
	return stream_error(stream);
}
