/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON: one object a row, on one line (json) or indented by two blanks a level (jsonpretty).
 *
 * json-c escapes what JSON asks for, which is not enough on a terminal: a name with U+009B begins
 * an escape sequence there, and one with U+202E reorders the line. Those are escaped on their way
 * out; for whoever parses it, the text is the same.
 */
#include <errno.h>

#include "core/text.h"
#include "output/class.h"
#include "output/document.h"

static void write_escaped(FILE *stream, uint32_t character)
{
	if (character < 0x10000)
		fprintf(stream, "\\u%04x", character);
	else /* two surrogates */
		fprintf(stream, "\\u%04x\\u%04x", 0xd7c0 + (character >> 10),
			0xdc00 + (character & 0x3ff));
}

/* Write a document: outside of its strings there is only ASCII. */
static void write_document(FILE *stream, const char *text, size_t size)
{
	size_t written = 0, length;

	for (size_t i = 0; i < size; i += length) {
		uint32_t character = 0;

		length = text_decode(text + i, size - i, &character);
		if (character < 0x7f || text_printable(character))
			continue;
		fwrite(text + written, 1, i - written, stream);
		write_escaped(stream, character);
		written = i + length;
	}
	fwrite(text + written, 1, size - written, stream);
	fputc('\n', stream);
}

static int write_row(struct output *output, const struct row *row, int style)
{
	struct json_object *document;
	const char *text;
	size_t size;
	int error;

	error = document_new(&document, &output->fields, row);
	if (error < 0)
		return error;
	text = json_object_to_json_string_length(document, style | JSON_C_TO_STRING_NOSLASHESCAPE,
						 &size);
	if (text)
		write_document(output->stream, text, size);
	json_object_put(document);
	return text ? 0 : -ENOMEM;
}

static int json_row(struct output *output, const struct row *row)
{
	return write_row(output, row, JSON_C_TO_STRING_PLAIN);
}

static int jsonpretty_row(struct output *output, const struct row *row)
{
	return write_row(output, row, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED);
}

const struct output_class json_class = {
	.name = "json",
	.size = sizeof(struct output),
	.defaults = field_list_all,
	.row = json_row,
};

const struct output_class jsonpretty_class = {
	.name = "jsonpretty",
	.size = sizeof(struct output),
	.defaults = field_list_all,
	.row = jsonpretty_row,
};
