/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A row as a tree of json-c. A field that is not known has no member, and no empty parent. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "core/text.h"
#include "output/document.h"

/* JSON's strings are Unicode: bytes that are no UTF-8 become U+FFFD. */
static struct json_object *string_new(const struct value *value)
{
	char utf8[TEXT_UTF8_MAX(FIELD_TEXT_MAX)];
	size_t size = text_to_utf8(utf8, value->text, value->size);

	return json_object_new_string_len(utf8, (int)size);
}

static struct json_object *value_new(const struct field *field, const struct value *value)
{
	switch (field->type) {
	case FIELD_STRING:
		return string_new(value);
	case FIELD_U32:
	case FIELD_U64:
		return json_object_new_uint64(value->u64);
	case FIELD_I32:
		return json_object_new_int64(value->i64);
	case FIELD_BOOL:
		return json_object_new_boolean(value->boolean);
	}
	return NULL;
}

/* Add a member, which is taken, also on failure. */
static int add(struct json_object *object, const char *key, struct json_object *member)
{
	if (!member)
		return -ENOMEM;
	if (json_object_object_add(object, key, member) < 0) {
		json_object_put(member);
		return -ENOMEM;
	}
	return 0;
}

/* The object that `name` ("proc.creds.uid") has its last component in; made where it is missing. */
static int open_parent(struct json_object **object, const char **name)
{
	const char *dot;

	while ((dot = strchr(*name, '.'))) {
		size_t length = (size_t)(dot - *name);
		struct json_object *child;
		char key[NAME_MAX];
		int error;

		if (length >= sizeof(key))
			return -ENAMETOOLONG;
		memcpy(key, *name, length);
		key[length] = '\0';
		if (!json_object_object_get_ex(*object, key, &child)) {
			child = json_object_new_object();
			error = add(*object, key, child);
			if (error < 0)
				return error;
		}
		*object = child;
		*name = dot + 1;
	}
	return 0;
}

static int add_field(struct json_object *root, const struct field *field, const struct value *value)
{
	struct json_object *object = root;
	const char *key = field->name;
	int error;

	error = open_parent(&object, &key);
	if (error < 0)
		return error;
	return add(object, key, value_new(field, value));
}

int document_new(struct json_object **ret, const struct field_list *fields, const struct row *row)
{
	struct json_object *root;
	struct value value;

	root = json_object_new_object();
	if (!root)
		return -ENOMEM;
	for (size_t i = 0; i < fields->count; i++) {
		int error;

		if (!field_get(fields->fields[i], row, &value))
			continue;
		error = add_field(root, fields->fields[i], &value);
		if (error < 0) {
			json_object_put(root);
			return error;
		}
	}
	*ret = root;
	return 0;
}
