/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fields by their names, and what --fields makes of their table. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/field.h"
#include "core/flow.h"
#include "core/held.h"
#include "core/leak.h"
#include "core/queued.h"
#include "core/text.h"

const char *field_type_name(enum field_type type)
{
	static const char *const names[] = {
		[FIELD_STRING] = "string", [FIELD_U32] = "u32",	  [FIELD_U64] = "u64",
		[FIELD_I32] = "i32",	   [FIELD_BOOL] = "bool", [FIELD_LIST] = "list",
	};

	return names[type];
}

bool field_list_word(const struct value *value, size_t *at, const char **ret, size_t *size)
{
	const char *begin = value->text + *at, *comma;

	if (*at >= value->size)
		return false;
	comma = memchr(begin, ',', value->size - *at);
	*ret = begin;
	*size = comma ? (size_t)(comma - begin) : value->size - *at;
	*at += *size + 1;
	return true;
}

#define KIND(kind) (1U << (kind))

/* Which rows have which fields. */
static const struct {
	const struct field *fields;
	const size_t *count;
	unsigned int kinds; /* KIND() of enum row_kind */
} tables[] = {
	{ field_table, &nr_fields, ~0U },
	{ queued_field_table, &nr_queued_fields, KIND(ROW_QUEUED) | KIND(ROW_HELD) },
	{ held_field_table, &nr_held_fields, KIND(ROW_HELD) },
	{ report_field_table, &nr_report_fields, KIND(ROW_LEAK) | KIND(ROW_FLOW) },
	{ leak_field_table, &nr_leak_fields, KIND(ROW_LEAK) },
	{ flow_field_table, &nr_flow_fields, KIND(ROW_FLOW) },
};

/* Field `index` of all that rows of any of these kinds have. */
static const struct field *field_of_any(unsigned int kinds, size_t index)
{
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		if (!(tables[i].kinds & kinds))
			continue;
		if (index < *tables[i].count)
			return &tables[i].fields[index];
		index -= *tables[i].count;
	}
	return NULL;
}

const struct field *field_of(enum row_kind kind, size_t index)
{
	return field_of_any(KIND(kind), index);
}

bool field_is_of(const struct field *field, enum row_kind kind)
{
	const struct field *other;

	for (size_t i = 0; (other = field_of(kind, i)); i++) {
		if (other == field)
			return true;
	}
	return false;
}

/* Field `index` of all that there are. */
static const struct field *any_field(size_t index)
{
	return field_of_any(~0U, index);
}

const struct field *field_find(const char *name)
{
	const struct field *field;

	for (size_t i = 0; (field = any_field(i)); i++) {
		if (strcasecmp(field->name, name) == 0 || strcasecmp(field->header, name) == 0)
			return field;
	}
	return NULL;
}

const struct field *field_suggest(const char *name)
{
	const struct field *nearest = NULL, *field;
	size_t least = strlen(name) / 3 + 1; /* further away, it is another word */

	for (size_t i = 0; (field = any_field(i)); i++) {
		size_t by_name = text_distance(field->name, name);
		size_t by_header = text_distance(field->header, name);
		size_t distance = by_name < by_header ? by_name : by_header;

		if (distance < least || (distance == least && !nearest)) {
			least = distance;
			nearest = field;
		}
	}
	return nearest;
}

static void list_fields(struct field_list *ret, enum row_kind kind, bool all)
{
	const struct field *field;

	ret->count = 0;
	for (size_t i = 0; (field = field_of(kind, i)); i++) {
		if (all || field->shown)
			ret->fields[ret->count++] = field;
	}
}

void field_list_all(struct field_list *ret, enum row_kind kind)
{
	list_fields(ret, kind, true);
}

void field_list_shown(struct field_list *ret, enum row_kind kind)
{
	list_fields(ret, kind, false);
}

static void list_remove(struct field_list *list, const struct field *field)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->count; i++) {
		if (list->fields[i] != field)
			list->fields[kept++] = list->fields[i];
	}
	list->count = kept;
}

static void list_add(struct field_list *list, const struct field *field)
{
	for (size_t i = 0; i < list->count; i++) {
		if (list->fields[i] == field)
			return;
	}
	list->fields[list->count++] = field;
}

int field_refuse(const char *name, char **error_message)
{
	const struct field *near = field_suggest(name);

	if (near)
		return text_refuse(error_message, "there is no field '%s'; did you mean '%s'?",
				   name, near->name);
	return text_refuse(error_message, "there is no field '%s'; fdpass --list-fields lists them",
			   name);
}

/* One item of the list: a name, perhaps with a sign. */
static int select_item(struct field_list *list, const char *item, const char *text,
		       char **error_message)
{
	const char *name = *item == '+' || *item == '-' ? item + 1 : item;
	const struct field *field;

	if (*name == '\0')
		return text_refuse(error_message, "a field's name is missing in '%s'", text);
	field = field_find(name);
	if (!field)
		return field_refuse(name, error_message);
	if (*item == '-')
		list_remove(list, field);
	else
		list_add(list, field);
	return 0;
}

int field_select(struct field_list *ret, const struct field_list *base, const char *text,
		 char **error_message)
{
	struct field_list list = { 0 };
	char *items, *rest, *item;
	int error = 0;

	items = rest = strdup(text);
	if (!items)
		return -ENOMEM;
	if (*text == '+' || *text == '-')
		list = *base;
	while (error == 0 && (item = strsep(&rest, ",")))
		error = select_item(&list, item, text, error_message);
	free(items);
	if (error < 0)
		return error;
	if (list.count == 0)
		return text_refuse(error_message, "no field is left of '%s'", text);
	*ret = list;
	return 0;
}
