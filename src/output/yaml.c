/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * YAML: a document a row, the same tree as JSON's. A string is written plain only where no reader
 * could take it for something else: YAML 1.1 reads "12:30" as a number and "no" as false.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <yaml.h>

#include "core/text.h"
#include "output/class.h"
#include "output/document.h"

struct yaml_output {
	struct output output;
	yaml_emitter_t emitter;
	bool open; /* the emitter is initialised */
};

static struct yaml_output *yaml_output(struct output *output)
{
	return (struct yaml_output *)output;
}

/* Called by libyaml. The stream's error is looked at by output.c. */
static int write_bytes(void *stream, unsigned char *bytes, size_t size)
{
	return fwrite(bytes, 1, size, stream) == size;
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

static int emit_node(struct yaml_output *yaml, struct json_object *node);

static int emit_mapping(struct yaml_output *yaml, struct json_object *object)
{
	yaml_event_t event;
	int error;

	error = emit(yaml, &event,
		     yaml_mapping_start_event_initialize(&event, NULL, NULL, 1,
							 YAML_BLOCK_MAPPING_STYLE));
	if (error < 0)
		return error;
	json_object_object_foreach(object, key, member)
	{
		error = emit_scalar(yaml, key, strlen(key), YAML_PLAIN_SCALAR_STYLE);
		if (error == 0)
			error = emit_node(yaml, member);
		if (error < 0)
			return error;
	}
	return emit(yaml, &event, yaml_mapping_end_event_initialize(&event));
}

static int emit_node(struct yaml_output *yaml, struct json_object *node)
{
	const char *text;
	size_t size;

	if (json_object_is_type(node, json_type_object))
		return emit_mapping(yaml, node);
	if (json_object_is_type(node, json_type_string)) {
		text = json_object_get_string(node);
		size = (size_t)json_object_get_string_len(node);
		return emit_scalar(yaml, text, size, string_style(text, size));
	}
	text = json_object_to_json_string_length(node, JSON_C_TO_STRING_PLAIN, &size);
	return text ? emit_scalar(yaml, text, size, YAML_PLAIN_SCALAR_STYLE) : -ENOMEM;
}

static int emit_document(struct yaml_output *yaml, struct json_object *document)
{
	yaml_event_t event;
	int error;

	error = emit(yaml, &event,
		     yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 0));
	if (error == 0)
		error = emit_node(yaml, document);
	if (error == 0)
		error = emit(yaml, &event, yaml_document_end_event_initialize(&event, 1));
	return error;
}

/* Nothing in the tree that must not reach a terminal as it is. */
static bool tree_printable(struct json_object *node)
{
	if (json_object_is_type(node, json_type_string))
		return text_all_printable(json_object_get_string(node),
					  (size_t)json_object_get_string_len(node));
	if (!json_object_is_type(node, json_type_object))
		return true;
	json_object_object_foreach(node, key, member)
	{
		(void)key;
		if (!tree_printable(member))
			return false;
	}
	return true;
}

static int yaml_begin(struct output *output)
{
	struct yaml_output *yaml = yaml_output(output);
	yaml_event_t event;

	if (!yaml_emitter_initialize(&yaml->emitter))
		return -ENOMEM;
	yaml->open = true;
	yaml_emitter_set_output(&yaml->emitter, write_bytes, output->stream);
	yaml_emitter_set_width(&yaml->emitter, -1);
	return emit(yaml, &event, yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING));
}

static int yaml_row(struct output *output, const struct row *row)
{
	struct yaml_output *yaml = yaml_output(output);
	struct json_object *document;
	int error;

	error = document_new(&document, &output->fields, row);
	if (error < 0)
		return error;
	/* libyaml escapes controls; what reorders text, only along with all of Unicode. */
	yaml_emitter_set_unicode(&yaml->emitter, tree_printable(document));
	error = emit_document(yaml, document);
	json_object_put(document);
	return error;
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
