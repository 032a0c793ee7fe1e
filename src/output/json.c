/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * JSON: one object a row, on one line (json) or indented by two blanks a level (jsonpretty).
 *
 * What is printed is a few objects, and texts and numbers in them, so it is written as it comes: a tree of
 * json-c, its text and its end took 134,000 instructions a row, which no reader of many rows can
 * afford. The tests read it back with json-c.
 *
 * JSON asks for fewer escapes than a terminal: a name with U+009B begins an escape sequence there, and
 * one with U+202E reorders the line. For whoever parses it, the text is the same.
 */
#include <errno.h>

#include "core/text.h"
#include "output/buffer.h"
#include "output/class.h"
#include "output/document.h"

struct json_output {
	struct output output;
	struct document document;
	int depth; /* of the object that is open */
	bool has_members; /* that object, so far */
};

static struct json_output *json_output(struct output *output)
{
	return (struct json_output *)output;
}

static bool is_pretty(const struct json_output *json)
{
	return json->output.class == &jsonpretty_class;
}

static void put_unicode(struct buffer *buffer, uint32_t unit)
{
	char *at = buffer_reserve(buffer, sizeof("\\u0000"));

	if (!at)
		return;
	memcpy(at, "\\u", 2);
	text_put_hex(at + 2, unit, 4);
	buffer->size += 6;
}

static void put_escaped(struct buffer *buffer, uint32_t character)
{
	static const char letters[] = "btn\0fr"; /* U+0008 to U+000D */

	if (character == '"' || character == '\\') {
		buffer_put_byte(buffer, '\\');
		buffer_put_byte(buffer, (char)character);
	} else if (character >= '\b' && character <= '\r' && letters[character - '\b']) {
		buffer_put_byte(buffer, '\\');
		buffer_put_byte(buffer, letters[character - '\b']);
	} else if (character < 0x10000) {
		put_unicode(buffer, character);
	} else { /* two surrogates */
		put_unicode(buffer, 0xd7c0 + (character >> 10));
		put_unicode(buffer, 0xdc00 + (character & 0x3ff));
	}
}

/* Returns whether all of it is UTF-8: each byte that is not becomes U+FFFD. */
static bool put_string(struct buffer *buffer, const char *text, size_t size)
{
	bool is_utf8 = true;

	buffer_put_byte(buffer, '"');
	for (size_t i = 0, length; i < size; i += length) {
		uint32_t character;

		length = text_plain_length(text + i, size - i);
		if (length > 0) {
			buffer_put(buffer, text + i, length);
			continue;
		}
		length = text_decode(text + i, size - i, &character);
		if (length == 0) {
			buffer_put_text(buffer, TEXT_REPLACEMENT);
			is_utf8 = false;
			length = 1;
		} else if (character == '"' || character == '\\' || !text_printable(character)) {
			put_escaped(buffer, character);
		} else {
			buffer_put(buffer, text + i, length);
		}
	}
	buffer_put_byte(buffer, '"');
	return is_utf8;
}

static void begin_line(const struct json_output *json)
{
	buffer_put_byte(json->output.buffer, '\n');
	buffer_put_blanks(json->output.buffer, 2 * (size_t)json->depth);
}

/* What stands before a member's value. Names are ours: nothing in them is escaped. */
static void put_name(struct json_output *json, const char *name, size_t size)
{
	struct buffer *buffer = json->output.buffer;

	if (json->has_members)
		buffer_put_byte(buffer, ',');
	if (is_pretty(json))
		begin_line(json);
	buffer_put_byte(buffer, '"');
	buffer_put(buffer, name, size);
	buffer_put(buffer, "\":", 2);
	if (is_pretty(json))
		buffer_put_byte(buffer, ' ');
	json->has_members = true;
}

static void open_object(struct json_output *json)
{
	buffer_put_byte(json->output.buffer, '{');
	json->depth++;
	json->has_members = false;
}

static int on_open(void *userdata, const char *name, size_t size)
{
	struct json_output *json = userdata;

	put_name(json, name, size);
	open_object(json);
	return 0;
}

static int on_close(void *userdata)
{
	struct json_output *json = userdata;

	json->depth--;
	if (is_pretty(json) && json->has_members)
		begin_line(json);
	buffer_put_byte(json->output.buffer, '}');
	json->has_members = true;
	return 0;
}

/* Words are ours: nothing in them is escaped. */
static void put_list(struct json_output *json, const struct value *value)
{
	struct buffer *buffer = json->output.buffer;
	const char *word;
	size_t at = 0, size;

	buffer_put_byte(buffer, '[');
	while (field_list_word(value, &at, &word, &size)) {
		if (word > value->text)
			buffer_put_text(buffer, is_pretty(json) ? ", " : ",");
		buffer_put_byte(buffer, '"');
		buffer_put(buffer, word, size);
		buffer_put_byte(buffer, '"');
	}
	buffer_put_byte(buffer, ']');
}

static int on_member(void *userdata, const char *name, const struct field *field,
		     const struct value *value)
{
	struct json_output *json = userdata;
	struct buffer *buffer = json->output.buffer;

	put_name(json, name, strlen(name));
	switch (field->type) {
	case FIELD_STRING:
		return !put_string(buffer, value->text, value->size);
	case FIELD_U32:
	case FIELD_U64:
		buffer_put_unsigned(buffer, value->u64);
		break;
	case FIELD_I32:
		buffer_put_signed(buffer, value->i64);
		break;
	case FIELD_BOOL:
		buffer_put_text(buffer, value->boolean ? "true" : "false");
		break;
	case FIELD_LIST:
		put_list(json, value);
		break;
	}
	return 0;
}

static int json_begin(struct output *output)
{
	document_init(&json_output(output)->document, &output->fields);
	return 0;
}

static int json_row(struct output *output, const struct row *row)
{
	static const struct document_printer printer = { on_open, on_close, on_member };
	struct json_output *json = json_output(output);
	int r;

	open_object(json);
	r = document_print(&json->document, row, &printer, json);
	on_close(json);
	buffer_put_byte(output->buffer, '\n');
	return r;
}

const struct output_class json_class = {
	.name = "json",
	.size = sizeof(struct json_output),
	.defaults = field_list_all,
	.begin = json_begin,
	.row = json_row,
};

const struct output_class jsonpretty_class = {
	.name = "jsonpretty",
	.size = sizeof(struct json_output),
	.defaults = field_list_all,
	.begin = json_begin,
	.row = json_row,
};
