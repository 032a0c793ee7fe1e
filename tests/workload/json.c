/* SPDX-License-Identifier: GPL-2.0-or-later */
/* JSON, see json.h. */
#include <inttypes.h>
#include <string.h>

#include "json.h"

/* The length of the character that begins here; 0 where it is not UTF-8. */
static size_t utf8_length(const unsigned char *text)
{
	size_t length = text[0] < 0x80 ? 1 :
			text[0] < 0xc2 ? 0 :
			text[0] < 0xe0 ? 2 :
			text[0] < 0xf0 ? 3 :
			text[0] < 0xf5 ? 4 :
					 0;

	for (size_t i = 1; i < length; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	}
	if ((text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xed && text[1] > 0x9f) ||
	    (text[0] == 0xf0 && text[1] < 0x90) || (text[0] == 0xf4 && text[1] > 0x8f))
		return 0;
	return length;
}

void write_bytes(FILE *stream, const char *bytes, size_t size)
{
	const unsigned char *byte = (const unsigned char *)bytes, *end = byte + size;

	fputc('"', stream);
	while (byte < end) {
		size_t length = utf8_length(byte);

		if (length == 0)
			fprintf(stream, "\\udc%02x", *byte);
		else if (*byte == '"' || *byte == '\\')
			fprintf(stream, "\\%c", *byte);
		else if (*byte < 0x20)
			fprintf(stream, "\\u%04x", *byte);
		else
			fwrite(byte, 1, length, stream);
		byte += length ? length : 1;
	}
	fputc('"', stream);
}

void write_string(FILE *stream, const char *text)
{
	write_bytes(stream, text, strlen(text));
}

void object_open(struct object *object, FILE *stream)
{
	*object = (struct object){ .stream = stream };
	fputc('{', stream);
}

void object_key(struct object *object, const char *side, const char *name)
{
	fprintf(object->stream, "%s\"%s%s\":", object->more ? "," : "", side, name);
	object->more = true;
}

void add_string(struct object *object, const char *side, const char *name, const char *value)
{
	object_key(object, side, name);
	write_string(object->stream, value);
}

void add_bytes(struct object *object, const char *side, const char *name, const char *bytes,
	       size_t size)
{
	object_key(object, side, name);
	write_bytes(object->stream, bytes, size);
}

void add_number(struct object *object, const char *side, const char *name, int64_t value)
{
	object_key(object, side, name);
	fprintf(object->stream, "%" PRId64, value);
}

void add_bool(struct object *object, const char *side, const char *name, bool value)
{
	object_key(object, side, name);
	fputs(value ? "true" : "false", object->stream);
}
