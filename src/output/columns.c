/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Columns, with --fields: a table with the fields' headers, one row at a time. The widths are
 * settled before the first row: on a terminal they are fitted to it, those of the numbers first, and
 * texts that are wider are cut; piped, nothing is cut, and a wide cell shifts the rest of its row.
 * Numbers are never cut.
 */
#include <string.h>

#include "core/text.h"
#include "output/class.h"
#include "output/line.h"

#define HEADER_COLOR "1"

/* The least width of a text's column, and the most that a header asks for, on a narrow terminal. */
#define LEAST_TEXT 8
#define LEAST_HEADER 10

/* From this width on, a text is cut in its middle: less leaves too little of both ends. */
#define CUT_MIDDLE 16

struct columns_output {
	struct output output;
	struct line line;
	int widths[FIELD_LIST_MAX];
	struct value value;
	char text[TEXT_ESCAPE_MAX(FIELD_TEXT_MAX)];
};

static struct columns_output *columns_output(struct output *output)
{
	return (struct columns_output *)output;
}

static int header_width(const struct field *field)
{
	return (int)strlen(field->header);
}

/* What a column needs at least: numbers as they commonly are, whole; no more than it asks for. */
static int least_width(const struct field *field)
{
	static const int least[] = {
		[FIELD_STRING] = LEAST_TEXT,
		[FIELD_U32] = 7,
		[FIELD_U64] = 10,
		[FIELD_I32] = 4,
		[FIELD_BOOL] = 5,
		[FIELD_LIST] = LEAST_TEXT,
	};
	int header = header_width(field) < LEAST_HEADER ? header_width(field) : LEAST_HEADER;
	int value = least[field->type];

	if (value > (int)field->width)
		value = (int)field->width;
	return value > header ? value : header;
}

/*
 * Take `excess` from the columns of numbers or of texts, from each in proportion to what it has above the
 * least. Returns what is left of it.
 */
static int shrink(int *widths, const struct field_list *list, bool numbers, int excess)
{
	int slack = 0, left;

	for (size_t i = 0; i < list->count; i++) {
		if (field_is_number(list->fields[i]) == numbers)
			slack += widths[i] - least_width(list->fields[i]);
	}
	left = excess > slack ? excess - slack : 0;
	excess -= left;
	for (size_t i = 0; i < list->count && slack > 0; i++) {
		int own = widths[i] - least_width(list->fields[i]);
		int less = (own * excess + slack - 1) / slack;

		if (field_is_number(list->fields[i]) != numbers)
			continue;
		/* What is left is shared by the columns that are left: nothing is lost in rounding.
		 */
		widths[i] -= less;
		excess -= less;
		slack -= own;
	}
	return left;
}

static void settle_widths(struct columns_output *columns)
{
	const struct field_list *list = &columns->output.fields;
	int terminal = columns->output.options.width;
	int total = -1; /* a blank between two columns */

	for (size_t i = 0; i < list->count; i++) {
		const struct field *field = list->fields[i];

		columns->widths[i] = (int)field->width;
		if (columns->widths[i] < header_width(field))
			columns->widths[i] = header_width(field);
		total += columns->widths[i] + 1;
	}
	if (terminal > 0 && total > terminal)
		shrink(columns->widths, list, false,
		       shrink(columns->widths, list, true, total - terminal));
	else if (terminal > 0 && field_is_text(list->fields[list->count - 1]))
		columns->widths[list->count - 1] += terminal - total;
}

static enum line_cut cut_of(const struct columns_output *columns, size_t index)
{
	if (columns->output.options.width == 0 ||
	    field_is_number(columns->output.fields.fields[index]))
		return LINE_CUT_NONE;
	return columns->widths[index] < CUT_MIDDLE ? LINE_CUT_END : LINE_CUT_MIDDLE;
}

static void put(struct columns_output *columns, size_t index, struct cell *cell)
{
	cell->align = field_is_number(columns->output.fields.fields[index]) ? LINE_RIGHT :
									      LINE_LEFT;
	line_put(&columns->line, index > 0, columns->widths[index], cell);
}

static int columns_begin(struct output *output)
{
	struct columns_output *columns = columns_output(output);

	columns->line.buffer = output->buffer;
	columns->line.dots = output->options.utf8 ? "…" : "~";
	settle_widths(columns);
	for (size_t i = 0; i < output->fields.count; i++) {
		struct cell cell = {
			.text = output->fields.fields[i]->header,
			.size = strlen(output->fields.fields[i]->header),
			.cut = output->options.width > 0 ? LINE_CUT_END : LINE_CUT_NONE,
			.color = output->options.color ? HEADER_COLOR : NULL,
		};

		put(columns, i, &cell);
	}
	line_end(&columns->line);
	return 0;
}

/* A value as it is shown. Returns the length of the text in columns->text. */
static size_t write_value(struct columns_output *columns, const struct field *field)
{
	const struct value *value = &columns->value;
	char *text = columns->text;

	switch (field->type) {
	case FIELD_STRING:
	case FIELD_LIST:
		return text_escape(text, value->text, value->size, !columns->output.options.utf8);
	case FIELD_U32:
	case FIELD_U64:
		return (size_t)(text_put_decimal(text, value->u64, 1) - text);
	case FIELD_I32:
		return (size_t)(text_put_signed(text, value->i64) - text);
	case FIELD_BOOL:
		return (size_t)(stpcpy(text, value->boolean ? "true" : "false") - text);
	}
	return 0;
}

static bool is_empty(const struct field *field, const struct value *value)
{
	return field->type == FIELD_LIST && value->size == 0;
}

static int columns_row(struct output *output, const struct row *row)
{
	struct columns_output *columns = columns_output(output);

	for (size_t i = 0; i < output->fields.count; i++) {
		const struct field *field = output->fields.fields[i];
		struct cell cell = { .text = "-", .size = 1, .cut = cut_of(columns, i) };

		if (field_get(field, row, &columns->value) && !is_empty(field, &columns->value)) {
			cell.text = columns->text;
			cell.size = write_value(columns, field);
		}
		put(columns, i, &cell);
	}
	line_end(&columns->line);
	return 0;
}

const struct output_class columns_class = {
	.name = "columns",
	.size = sizeof(struct columns_output),
	.defaults = field_list_shown,
	.begin = columns_begin,
	.row = columns_row,
};
