/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The objects of a row, from the names of its fields. */
#include "output/document.h"

#include <stdio.h>
#include <string.h>

#include "core/text.h"

/* The bytes that two names have in common as objects: "proc." of "proc.pid" and "proc.parent.pid". */
static size_t shared_objects(const char *a, const char *b)
{
	size_t shared = 0;

	for (size_t i = 0; a[i] == b[i] && a[i] != '\0'; i++) {
		if (a[i] == '.')
			shared = i + 1;
	}
	return shared;
}

/* The place behind the last field with which this one has most in common. */
static size_t find_place(const struct field_list *list, const struct field *field)
{
	size_t place = list->count, most = 0;

	for (size_t i = 0; i < list->count; i++) {
		size_t shared = shared_objects(list->fields[i]->name, field->name);

		if (shared > 0 && shared >= most) {
			most = shared;
			place = i + 1;
		}
	}
	return place;
}

static void order(struct field_list *ret, const struct field_list *fields)
{
	ret->count = 0;
	for (size_t i = 0; i < fields->count; i++) {
		size_t place = find_place(ret, fields->fields[i]);

		for (size_t j = ret->count; j > place; j--)
			ret->fields[j] = ret->fields[j - 1];
		ret->fields[place] = fields->fields[i];
		ret->count++;
	}
}

void document_init(struct document *document, const struct field_list *fields)
{
	order(&document->fields, fields);
	for (size_t i = 0; i < fields->count; i++) {
		const char *name = document->fields.fields[i]->name, *dot = strrchr(name, '.');

		document->objects[i] = dot ? (size_t)(dot + 1 - name) : 0;
	}
}

/* A row that is being printed. */
struct printing {
	const struct document_printer *printer;
	void *userdata;
	const char *name; /* of the last member */
	size_t objects; /* of it: these are open */
};

/* Close the objects that are open beyond the first `kept` bytes of their names. */
static int close_objects(struct printing *printing, size_t kept)
{
	int r = 0;

	while (r >= 0 && printing->objects > kept) {
		if (printing->name[--printing->objects] == '.')
			r = printing->printer->close(printing->userdata);
	}
	return r;
}

/* Open those that lie in between. */
static int open_objects(struct printing *printing, const char *name, size_t objects)
{
	size_t begin = printing->objects;
	int r = 0;

	for (size_t i = begin; i < objects && r >= 0; i++) {
		if (name[i] != '.')
			continue;
		r = printing->printer->open(printing->userdata, name + begin, i - begin);
		begin = i + 1;
	}
	return r;
}

/* Go from the object of the last member to that of the next one. */
static int move_to(struct printing *printing, const char *name, size_t objects)
{
	int r;

	if (objects == printing->objects && memcmp(name, printing->name, objects) == 0)
		return 0;
	r = close_objects(printing, shared_objects(printing->name, name));
	if (r >= 0)
		r = open_objects(printing, name, objects);
	printing->name = name;
	printing->objects = objects;
	return r;
}

/* The bytes of a text that the printer could not print as they are, in hexadecimal. */
static int print_bytes(const struct printing *printing, const char *name, const struct field *field,
		       const struct value *value)
{
	char member[64], hex[2 * FIELD_TEXT_MAX], *end = hex;
	struct value bytes = { .text = hex };

	for (size_t i = 0; i < value->size && i < FIELD_TEXT_MAX; i++)
		end = text_put_hex(end, (unsigned char)value->text[i], 2);
	bytes.size = (size_t)(end - hex);
	snprintf(member, sizeof(member), "%s" DOCUMENT_BYTES, name);
	return printing->printer->member(printing->userdata, member, field, &bytes);
}

int document_print(const struct document *document, const struct row *row,
		   const struct document_printer *printer, void *userdata)
{
	struct printing printing = { .printer = printer, .userdata = userdata, .name = "" };
	struct value value;
	int r = 0;

	for (size_t i = 0; i < document->fields.count && r >= 0; i++) {
		const struct field *field = document->fields.fields[i];
		size_t objects = document->objects[i];

		if (!field_get(field, row, &value))
			continue;
		r = move_to(&printing, field->name, objects);
		if (r >= 0)
			r = printer->member(userdata, field->name + objects, field, &value);
		if (r > 0)
			r = print_bytes(&printing, field->name + objects, field, &value);
	}
	return r < 0 ? r : close_objects(&printing, 0);
}
