/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * YAML: a document a row, the same objects as JSON's. A string is written plain only where no reader
 * could take it for something else: YAML 1.1 reads "12:30" as a number and "no" as false.
 */
#include <errno.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>

#include "core/text.h"
#include "output/buffer.h"
#include "output/class.h"
#include "output/document.h"

struct yaml_output {
	struct output output;
	struct document document;
	yaml_emitter_t emitter;
	bool open; /* the emitter is initialised */
};

static struct yaml_output *yaml_output(struct output *output)
{
	return (struct yaml_output *)output;
}

/* Called by libyaml. */
static int write_bytes(void *buffer, unsigned char *bytes, size_t size)
{
	buffer_put(buffer, bytes, size);
	return 1;
}

/* Let the emitter have an event. It takes it, also on failure. */
static int emit(struct yaml_output *yaml, yaml_event_t *event, int initialized)
{
	if (!initialized)
		return -ENOMEM;
	if (yaml_emitter_emit(&yaml->emitter, event))
		return 0;
	return yaml->emitter.error == YAML_MEMORY_ERROR ? -ENOMEM : -EIO;
}

/* Words that are no strings in YAML 1.1 or 1.2, and begin with a letter. */
static bool is_word_of_yaml(const char *text)
{
	static const char *const words[] = { "y",   "n",    "yes",   "no",  "on",
					     "off", "true", "false", "null" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(text, words[i]) == 0)
			return true;
	}
	return false;
}

static yaml_scalar_style_t string_style(const char *text, size_t size)
{
	bool letter = (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z');

	if (!text_all_printable(text, size))
		return YAML_DOUBLE_QUOTED_SCALAR_STYLE;
	if ((letter || *text == '/') && !is_word_of_yaml(text))
		return YAML_PLAIN_SCALAR_STYLE;
	return YAML_SINGLE_QUOTED_SCALAR_STYLE;
}

static int emit_scalar(struct yaml_output *yaml, const char *text, size_t size,
		       yaml_scalar_style_t style)
{
	yaml_event_t event;

	return emit(yaml, &event,
		    yaml_scalar_event_initialize(&event, NULL, NULL, (const yaml_char_t *)text,
						 (int)size, 1, 1, style));
}

static int begin_mapping(struct yaml_output *yaml)
{
	yaml_event_t event;

	return emit(yaml, &event,
		    yaml_mapping_start_event_initialize(&event, NULL, NULL, 1,
							YAML_BLOCK_MAPPING_STYLE));
}

static int end_mapping(struct yaml_output *yaml)
{
	yaml_event_t event;

	return emit(yaml, &event, yaml_mapping_end_event_initialize(&event));
}

static int on_open(void *userdata, const char *name, size_t size)
{
	struct yaml_output *yaml = userdata;
	int r = emit_scalar(yaml, name, size, YAML_PLAIN_SCALAR_STYLE);

	return r < 0 ? r : begin_mapping(yaml);
}

static int on_close(void *userdata)
{
	return end_mapping(userdata);
}

/* Returns 1 where bytes that are no UTF-8 became U+FFFD, which takes more of them. */
static int emit_string(struct yaml_output *yaml, const struct value *value)
{
	char utf8[TEXT_UTF8_MAX(FIELD_TEXT_MAX)];
	size_t size = text_to_utf8(utf8, value->text, value->size);
	int r = emit_scalar(yaml, utf8, size, string_style(utf8, size));

	return r < 0 ? r : size != value->size;
}

static int emit_list(struct yaml_output *yaml, const struct value *value)
{
	yaml_event_t event;
	const char *word;
	size_t at = 0, size;
	int r;

	r = emit(yaml, &event,
		 yaml_sequence_start_event_initialize(&event, NULL, NULL, 1,
						      YAML_FLOW_SEQUENCE_STYLE));
	while (r >= 0 && field_list_word(value, &at, &word, &size))
		r = emit_scalar(yaml, word, size, YAML_PLAIN_SCALAR_STYLE);
	return r < 0 ? r : emit(yaml, &event, yaml_sequence_end_event_initialize(&event));
}

static int emit_value(struct yaml_output *yaml, const struct field *field,
		      const struct value *value)
{
	char text[TEXT_DECIMAL_MAX + sizeof("-")], *end;

	if (field->type == FIELD_STRING)
		return emit_string(yaml, value);
	if (field->type == FIELD_LIST)
		return emit_list(yaml, value);
	if (field->type == FIELD_BOOL)
		end = stpcpy(text, value->boolean ? "true" : "false");
	else if (field->type == FIELD_I32)
		end = text_put_signed(text, value->i64);
	else
		end = text_put_decimal(text, value->u64, 1);
	return emit_scalar(yaml, text, (size_t)(end - text), YAML_PLAIN_SCALAR_STYLE);
}

static int on_member(void *userdata, const char *name, const struct field *field,
		     const struct value *value)
{
	struct yaml_output *yaml = userdata;
	int r = emit_scalar(yaml, name, strlen(name), YAML_PLAIN_SCALAR_STYLE);

	return r < 0 ? r : emit_value(yaml, field, value);
}

static int emit_document(struct yaml_output *yaml, const struct row *row)
{
	static const struct document_printer printer = { on_open, on_close, on_member };
	yaml_event_t event;
	int r;

	r = emit(yaml, &event, yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 0));
	if (r >= 0)
		r = begin_mapping(yaml);
	if (r >= 0)
		r = document_print(&yaml->document, row, &printer, yaml);
	if (r >= 0)
		r = end_mapping(yaml);
	if (r >= 0)
		r = emit(yaml, &event, yaml_document_end_event_initialize(&event, 1));
	return r;
}

/* Nothing in the row that must not reach a terminal as it is; what is no UTF-8 does not. */
static bool is_printable(const struct field_list *fields, const struct row *row)
{
	char utf8[TEXT_UTF8_MAX(FIELD_TEXT_MAX)];
	struct value value;

	for (size_t i = 0; i < fields->count; i++) {
		if (fields->fields[i]->type != FIELD_STRING ||
		    !field_get(fields->fields[i], row, &value))
			continue;
		if (!text_all_printable(utf8, text_to_utf8(utf8, value.text, value.size)))
			return false;
	}
	return true;
}

static int yaml_begin(struct output *output)
{
	struct yaml_output *yaml = yaml_output(output);
	yaml_event_t event;

	document_init(&yaml->document, &output->fields);
	if (!yaml_emitter_initialize(&yaml->emitter))
		return -ENOMEM;
	yaml->open = true;
	yaml_emitter_set_output(&yaml->emitter, write_bytes, output->buffer);
	yaml_emitter_set_width(&yaml->emitter, -1);
	return emit(yaml, &event, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING));
}

static int yaml_row(struct output *output, const struct row *row)
{
	struct yaml_output *yaml = yaml_output(output);

	/* libyaml escapes controls; what reorders text, only along with all of Unicode. */
	yaml_emitter_set_unicode(&yaml->emitter, is_printable(&output->fields, row));
	return emit_document(yaml, row);
}

static int yaml_end(struct output *output)
{
	struct yaml_output *yaml = yaml_output(output);
	yaml_event_t event;

	return emit(yaml, &event, yaml_stream_end_event_initialize(&event));
}

static void yaml_free(struct output *output)
{
	struct yaml_output *yaml = yaml_output(output);

	if (yaml->open)
		yaml_emitter_delete(&yaml->emitter);
}

const struct output_class yaml_class = {
	.name = "yaml",
	.size = sizeof(struct yaml_output),
	.defaults = field_list_all,
	.begin = yaml_begin,
	.row = yaml_row,
	.end = yaml_end,
	.free = yaml_free,
};
