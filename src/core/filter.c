/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A filter, and whether a row is in it. How it is read is in filter_parse.c. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/filter_clause.h"
#include "core/text.h"

static void clear_operand(const struct filter *filter, struct filter_operand *operand)
{
	if (operand->regex)
		filter->regex_ops->free(operand->regex);
	free(operand->text);
}

void filter_clear_clause(const struct filter *filter, struct filter_clause *clause)
{
	for (size_t i = 0; i < clause->nr_operands; i++)
		clear_operand(filter, &clause->operands[i]);
	free(clause->operands);
}

int filter_add_operand(const struct filter *filter, struct filter_clause *clause,
		       struct filter_operand *operand)
{
	struct filter_operand *operands =
		reallocarray(clause->operands, clause->nr_operands + 1, sizeof(*operands));

	if (!operands) {
		clear_operand(filter, operand);
		return -ENOMEM;
	}
	clause->operands = operands;
	clause->operands[clause->nr_operands++] = *operand;
	return 0;
}

int filter_add_clause(struct filter *filter, struct filter_clause *clause)
{
	struct filter_clause *clauses =
		reallocarray(filter->clauses, filter->nr_clauses + 1, sizeof(*clauses));

	if (!clauses) {
		filter_clear_clause(filter, clause);
		return -ENOMEM;
	}
	filter->clauses = clauses;
	filter->clauses[filter->nr_clauses++] = *clause;
	return 0;
}

int filter_new(struct filter **ret, const struct filter_regex_ops *regex_ops)
{
	struct filter *filter = calloc(1, sizeof(*filter));

	if (!filter)
		return -ENOMEM;
	filter->regex_ops = regex_ops;
	*ret = filter;
	return 0;
}

void filter_free(struct filter *filter)
{
	if (!filter)
		return;
	for (size_t i = 0; i < filter->nr_clauses; i++)
		filter_clear_clause(filter, &filter->clauses[i]);
	free(filter->clauses);
	free(filter);
}

/* Rows */

static bool is_ordered(enum filter_comparison comparison, int order)
{
	switch (comparison) {
	case FILTER_EQUAL:
		return order == 0;
	case FILTER_LESS:
		return order < 0;
	case FILTER_AT_MOST:
		return order <= 0;
	case FILTER_GREATER:
		return order > 0;
	case FILTER_AT_LEAST:
		return order >= 0;
	case FILTER_REGEX:
		break;
	}
	return false;
}

/*
 * Bytes that are not UTF-8 stand as U+FFFD, as in JSON: else "." would not match them, and a name
 * could be made that hides from a filter.
 */
static bool regex_matches(const struct filter *filter, const struct filter_operand *operand,
			  const char *text, size_t size)
{
	char utf8[TEXT_UTF8_MAX(FIELD_TEXT_MAX)];

	if (!text_is_utf8(text, size) && size <= FIELD_TEXT_MAX) {
		size = text_to_utf8(utf8, text, size);
		text = utf8;
	}
	return filter->regex_ops->matches(operand->regex, text, size);
}

static int order_of_texts(const char *a, size_t size_a, const char *b, size_t size_b)
{
	int order = memcmp(a, b, size_a < size_b ? size_a : size_b);

	return order ? order : (size_a > size_b) - (size_a < size_b);
}

static bool text_holds(const struct filter *filter, enum filter_comparison comparison,
		       const struct filter_operand *operand, const char *text, size_t size)
{
	if (comparison == FILTER_REGEX)
		return regex_matches(filter, operand, text, size);
	return is_ordered(comparison, order_of_texts(text, size, operand->text, operand->size));
}

/* One of its words is so. */
static bool list_holds(const struct filter *filter, enum filter_comparison comparison,
		       const struct filter_operand *operand, const struct value *value)
{
	const char *word;
	size_t at = 0, size;

	while (field_list_word(value, &at, &word, &size)) {
		if (text_holds(filter, comparison, operand, word, size))
			return true;
	}
	return false;
}

static bool value_holds(const struct filter *filter, const struct filter_clause *clause,
			const struct filter_operand *operand, const struct value *value)
{
	enum filter_comparison comparison = clause->comparison;

	switch (clause->fields[0]->type) {
	case FIELD_STRING:
		return text_holds(filter, comparison, operand, value->text, value->size);
	case FIELD_U32:
	case FIELD_U64:
		return is_ordered(comparison,
				  (value->u64 > operand->u64) - (value->u64 < operand->u64));
	case FIELD_I32:
		return is_ordered(comparison,
				  (value->i64 > operand->i64) - (value->i64 < operand->i64));
	case FIELD_BOOL:
		return is_ordered(comparison, value->boolean - operand->boolean);
	case FIELD_LIST:
		return list_holds(filter, comparison, operand, value);
	}
	return false;
}

static bool field_holds(const struct filter *filter, const struct filter_clause *clause,
			const struct field *field, const struct row *row)
{
	struct value value;

	if (!field || !field_get(field, row, &value))
		return false;
	for (size_t i = 0; i < clause->nr_operands; i++) {
		if (value_holds(filter, clause, &clause->operands[i], &value))
			return true;
	}
	return false;
}

static bool clause_holds(const struct filter *filter, const struct filter_clause *clause,
			 const struct row *row)
{
	return field_holds(filter, clause, clause->fields[0], row) ||
	       field_holds(filter, clause, clause->fields[1], row);
}

/* The same if one of those who have the receiving socket open is the receiver. */
static bool clause_holds_of_owners(const struct filter *filter, const struct filter_clause *clause,
				   const struct row *row)
{
	struct pass pass = *row->pass;
	struct row with_owner = *row;

	with_owner.pass = &pass;
	for (size_t i = 0; i < row->pass->nr_owners; i++) {
		pass.receiver = row->pass->owners[i];
		if (clause_holds(filter, clause, &with_owner))
			return true;
	}
	return false;
}

const struct field *filter_foreign_field(const struct filter *filter, enum row_kind kind)
{
	for (size_t i = 0; i < filter->nr_clauses; i++) {
		for (size_t j = 0; j < 2; j++) {
			const struct field *field = filter->clauses[i].fields[j];

			if (field && !field_is_of(field, kind))
				return field;
		}
	}
	return NULL;
}

bool filter_has(const struct filter *filter, const struct row *row)
{
	for (size_t i = 0; i < filter->nr_clauses; i++) {
		const struct filter_clause *clause = &filter->clauses[i];
		bool holds = clause_holds(filter, clause, row);

		if (!holds && row->pass->nr_owners > 1)
			holds = clause_holds_of_owners(filter, clause, row);
		if (holds == clause->negated)
			return false;
	}
	return true;
}
