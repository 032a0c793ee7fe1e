/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How a filter is read: expressions, and the words of options. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/filter_clause.h"
#include "core/text.h"

/* An operator is the longest run of these, so no value begins with one. */
#define OPERATOR_CHARACTERS "!~><="

static const struct {
	const char *text;
	enum filter_comparison comparison;
	bool negated;
} operators[] = {
	{ "==", FILTER_EQUAL, false },	{ "=", FILTER_EQUAL, false },
	{ "!=", FILTER_EQUAL, true },	{ ">=", FILTER_AT_LEAST, false },
	{ ">", FILTER_GREATER, false }, { "<=", FILTER_AT_MOST, false },
	{ "<", FILTER_LESS, false },	{ "~", FILTER_REGEX, false },
	{ "!~", FILTER_REGEX, true },
};

#define OPERATORS_LISTED "==, !=, >=, >, <=, <, ~ or !~"

/* A condition on its way: its parts in the expression, one behind the other. */
struct condition {
	const char *field, *operator, * value;
	size_t field_size, operator_size, value_size;
};

/* Escaped bytes */

/* The bytes of an escaped character or of any other one. */
static size_t step(const char *at)
{
	return at[0] == '\\' && (at[1] == ',' || at[1] == '\\') ? 2 : 1;
}

/* Up to the next comma that is not escaped, or to the end. */
static size_t item_size(const char *text)
{
	size_t size = 0;

	while (text[size] != '\0' && text[size] != ',')
		size += step(text + size);
	return size;
}

/* Other backslashes stay: regular expressions are full of them. */
static char *unescape(const char *bytes, size_t size)
{
	char *ret = malloc(size + 1), *end = ret;

	if (!ret)
		return NULL;
	for (size_t i = 0; i < size; i += step(bytes + i))
		*end++ = bytes[i + step(bytes + i) - 1];
	*end = '\0';
	return ret;
}

/* Where a byte of an unescaped text was before. */
static size_t escaped_place(const char *bytes, size_t place)
{
	size_t ret = 0;

	while (place-- > 0)
		ret += step(bytes + ret);
	return ret;
}

/* Errors */

/* So much of a text is shown in a message. */
#define SHOWN_MOST 100

struct shown {
	char text[SHOWN_MOST + sizeof("...")];
};

static const char *show(struct shown *ret, const char *bytes, size_t size)
{
	size_t shown = size < SHOWN_MOST ? size : SHOWN_MOST;

	memcpy(ret->text, bytes, shown);
	strcpy(ret->text + shown, shown < size ? "..." : "");
	return ret->text;
}

/* Numbers */

/* The range of a field's numbers, as magnitudes of its ends. */
static void range_of(enum field_type type, uint64_t *below_zero, uint64_t *most)
{
	*below_zero = 0;
	*most = UINT64_MAX;
	if (type == FIELD_U32)
		*most = UINT32_MAX;
	if (type == FIELD_I32) {
		*below_zero = -(uint64_t)INT32_MIN;
		*most = INT32_MAX;
	}
}

static bool parse_digits(const char *text, uint64_t most, uint64_t *ret)
{
	uint64_t number = 0;

	if (*text == '\0')
		return false;
	for (; *text >= '0' && *text <= '9'; text++) {
		if (__builtin_mul_overflow(number, 10, &number) ||
		    __builtin_add_overflow(number, (uint64_t)(*text - '0'), &number))
			return false;
	}
	*ret = number;
	return *text == '\0' && number <= most;
}

static bool parse_number(enum field_type type, const char *text, struct filter_operand *ret)
{
	uint64_t below_zero, most, number;
	bool negative = *text == '-';

	range_of(type, &below_zero, &most);
	if (negative && below_zero == 0)
		return false;
	if (!parse_digits(text + negative, negative ? below_zero : most, &number))
		return false;
	ret->u64 = number;
	ret->i64 = negative ? -(int64_t)number : (int64_t)number;
	return true;
}

static int refuse_number(const struct field *field, const char *text, char **error_message)
{
	uint64_t below_zero, most;
	struct shown shown;

	range_of(field->type, &below_zero, &most);
	return text_refuse(error_message,
			   "'%s' is not a number for %s (%s%" PRIu64 " to %" PRIu64 ")",
			   show(&shown, text, strlen(text)), field->name, below_zero ? "-" : "",
			   below_zero, most);
}

static bool parse_bool(const char *text, bool *ret)
{
	*ret = strcmp(text, "true") == 0 || strcmp(text, "1") == 0;
	return *ret || strcmp(text, "false") == 0 || strcmp(text, "0") == 0;
}

/* Operands */

/* Takes `text`. */
static int make_regex(const struct filter *filter, char *text, struct filter_operand *ret,
		      struct filter_error *error)
{
	char *reason = NULL;
	struct shown shown;
	int r;

	if (!filter->regex_ops) {
		free(text);
		return text_refuse(&error->message, "regular expressions cannot be had here");
	}
	r = filter->regex_ops->compile(&ret->regex, text, &reason, &error->place);
	if (r == -EINVAL)
		r = text_refuse(&error->message, "this is no regular expression: %s",
				show(&shown, reason, strlen(reason)));
	free(reason);
	free(text);
	return r;
}

/* Takes `text`. error->place is set to where in it something is wrong. */
static int make_operand(const struct filter *filter, const struct filter_clause *clause, char *text,
			struct filter_operand *ret, struct filter_error *error)
{
	const struct field *field = clause->fields[0];
	struct shown shown;
	int r = 0;

	error->place = 0;
	*ret = (struct filter_operand){ .size = strlen(text) };
	if (clause->comparison == FILTER_REGEX)
		return make_regex(filter, text, ret, error);
	if (field_is_text(field)) {
		ret->text = text;
		return 0;
	}
	if (field->type == FIELD_BOOL && !parse_bool(text, &ret->boolean))
		r = text_refuse(&error->message, "'%s' is neither true nor false",
				show(&shown, text, ret->size));
	if (field_is_number(field) && !parse_number(field->type, text, ret))
		r = refuse_number(field, text, &error->message);
	free(text);
	return r;
}

/* Expressions */

static void split_condition(const char *item, size_t size, struct condition *ret)
{
	size_t field_size = strcspn(item, OPERATOR_CHARACTERS);

	ret->field = item;
	ret->field_size = field_size < size ? field_size : size;
	ret->operator= item + ret->field_size;
	ret->operator_size = strspn(ret->operator, OPERATOR_CHARACTERS);
	ret->value = ret->operator+ ret->operator_size;
	ret->value_size = size - ret->field_size - ret->operator_size;
}

static int find_field(const struct condition *condition, const char *text, const struct field **ret,
		      struct filter_error *error)
{
	struct shown shown;
	char *name;

	error->place = (size_t)(condition->field - text);
	if (condition->field_size == 0)
		return text_refuse(&error->message, "a field's name is missing before '%.*s'",
				   (int)condition->operator_size, condition->operator);
	name = unescape(condition->field, condition->field_size);
	if (!name)
		return -ENOMEM;
	*ret = field_find(name);
	free(name);
	if (*ret)
		return 0;
	return field_refuse(show(&shown, condition->field, condition->field_size), &error->message);
}

/* Where there is none, a comma in a value is the likely reason. */
static int refuse_no_operator(const struct condition *condition, const char *text,
			      char **error_message)
{
	struct shown shown;

	return text_refuse(
		error_message, "'%s' is no condition: %s is missing%s",
		show(&shown, condition->field, condition->field_size), OPERATORS_LISTED,
		condition->field > text ? " (has a value a comma? Put a backslash before it)" : "");
}

static int find_operator(const struct condition *condition, const char *text,
			 struct filter_clause *clause, struct filter_error *error)
{
	error->place = (size_t)(condition->operator- text);
	if (condition->operator_size == 0)
		return refuse_no_operator(condition, text, &error->message);
	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
		if (strlen(operators[i].text) == condition->operator_size &&
		    memcmp(operators[i].text, condition->operator, condition->operator_size) == 0) {
			clause->comparison = operators[i].comparison;
			clause->negated = operators[i].negated;
			return 0;
		}
	}
	return text_refuse(&error->message, "'%.*s' is no operator; these are %s",
			   (int)condition->operator_size, condition->operator, OPERATORS_LISTED);
}

static int check_types(const struct filter_clause *clause, struct filter_error *error)
{
	const struct field *field = clause->fields[0];

	if (clause->comparison == FILTER_REGEX && !field_is_text(field))
		return text_refuse(&error->message, "%s is no text: ~ and !~ cannot be tried on it",
				   field->name);
	if (clause->comparison != FILTER_EQUAL && field->type == FIELD_BOOL)
		return text_refuse(&error->message,
				   "%s is true or false: only == and != compare it", field->name);
	return 0;
}

static int add_value(const struct filter *filter, const struct condition *condition,
		     const char *text, struct filter_clause *clause, struct filter_error *error)
{
	size_t begin = (size_t)(condition->value - text);
	struct filter_operand operand;
	char *value;
	int r;

	error->place = begin;
	if (condition->value_size == 0)
		return text_refuse(&error->message, "a value is missing behind '%.*s'",
				   (int)condition->operator_size, condition->operator);
	value = unescape(condition->value, condition->value_size);
	if (!value)
		return -ENOMEM;
	r = make_operand(filter, clause, value, &operand, error);
	error->place = begin + escaped_place(condition->value, error->place);
	return r < 0 ? r : filter_add_operand(filter, clause, &operand);
}

static int add_condition(struct filter *filter, const char *text, const struct condition *condition,
			 struct filter_error *error)
{
	struct filter_clause clause = { 0 };
	int r = 0;

	if (condition->operator_size > 0)
		r = find_field(condition, text, &clause.fields[0], error);
	if (r == 0)
		r = find_operator(condition, text, &clause, error);
	if (r == 0)
		r = check_types(&clause, error);
	if (r == 0)
		r = add_value(filter, condition, text, &clause, error);
	return r < 0 ? r : filter_add_clause(filter, &clause);
}

int filter_add(struct filter *filter, const char *text, struct filter_error *error)
{
	const char *item = text;

	*error = (struct filter_error){ 0 };
	for (;;) {
		size_t size = item_size(item);
		struct condition condition;
		int r;

		split_condition(item, size, &condition);
		r = size == 0 ? 0 : add_condition(filter, text, &condition, error);
		if (r < 0 || item[size] == '\0')
			return r;
		item += size + 1;
	}
}

/* Words */

static int check_word(const struct filter_words *words, const struct field *field, const char *word,
		      char **error_message)
{
	struct shown shown;
	uint64_t number;

	show(&shown, word, strlen(word));
	if (field_is_number(field)) {
		if (parse_digits(word, words->most, &number) && number >= words->least)
			return 0;
		return text_refuse(error_message, "'%s' is not %s (%" PRIu64 " to %" PRIu64 ")",
				   shown.text, words->what, words->least, words->most);
	}
	if (*word == '\0')
		return text_refuse(error_message, "%s is missing", words->what);
	if (words->most > 0 && strlen(word) > words->most)
		return text_refuse(error_message,
				   "'%s' is too long: the kernel keeps %" PRIu64
				   " bytes of a name, '%.*s'",
				   shown.text, words->most, (int)words->most, shown.text);
	return 0;
}

/* Takes `word`. */
static int add_word(const struct filter *filter, const struct filter_words *words,
		    struct filter_clause *clause, char *word, char **error_message)
{
	struct filter_operand operand;
	struct filter_error error = { 0 };
	int r = check_word(words, clause->fields[0], word, error_message);

	if (r < 0) {
		free(word);
		return r;
	}
	r = make_operand(filter, clause, word, &operand, &error);
	if (r < 0) {
		*error_message = error.message;
		return r;
	}
	return filter_add_operand(filter, clause, &operand);
}

static int add_words(const struct filter *filter, const struct filter_words *words,
		     const char *text, struct filter_clause *wanted, struct filter_clause *unwanted,
		     char **error_message)
{
	const char *item = text;

	for (;;) {
		size_t size = item_size(item);
		bool negated = *item == '!';
		char *word = unescape(item + negated, size - negated);
		int r = -ENOMEM;

		if (word)
			r = add_word(filter, words, negated ? unwanted : wanted, word,
				     error_message);
		if (r < 0 || item[size] == '\0')
			return r;
		item += size + 1;
	}
}

static void begin_clause(struct filter_clause *ret, const char *const fields[2],
			 enum filter_comparison comparison)
{
	*ret = (struct filter_clause){
		.fields = { field_find(fields[0]), fields[1] ? field_find(fields[1]) : NULL },
		.comparison = comparison,
	};
}

int filter_add_words(struct filter *filter, const struct filter_words *words, const char *text,
		     char **error_message)
{
	struct filter_clause wanted, unwanted;
	int r;

	begin_clause(&wanted, words->fields, FILTER_EQUAL);
	unwanted = wanted;
	unwanted.negated = true;
	r = add_words(filter, words, text, &wanted, &unwanted, error_message);
	if (r < 0) {
		filter_clear_clause(filter, &wanted);
		filter_clear_clause(filter, &unwanted);
		return r;
	}
	if (wanted.nr_operands > 0)
		r = filter_add_clause(filter, &wanted);
	if (r < 0)
		filter_clear_clause(filter, &unwanted);
	else if (unwanted.nr_operands > 0)
		r = filter_add_clause(filter, &unwanted);
	return r;
}

/* All texts but the empty one come behind that. */
int filter_add_some(struct filter *filter, const char *const fields[2])
{
	struct filter_operand operand = { .text = strdup("") };
	struct filter_clause clause;
	int r;

	if (!operand.text)
		return -ENOMEM;
	begin_clause(&clause, fields, FILTER_GREATER);
	r = filter_add_operand(filter, &clause, &operand);
	return r < 0 ? r : filter_add_clause(filter, &clause);
}
