/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A line of text in columns: padding, cutting, colour. */
#include <wchar.h>

#include "core/text.h"
#include "output/line.h"

static bool is_ascii(char byte)
{
	return byte >= ' ' && byte <= '~';
}

/* Read a character and how many columns it takes. Returns its bytes. */
static size_t measure(const char *text, size_t size, int *width)
{
	uint32_t character;
	size_t length;

	*width = 1;
	if (is_ascii(text[0]))
		return 1;
	length = text_decode(text, size, &character);
	if (length <= 1)
		return 1;
	*width = wcwidth((wchar_t)character);
	if (*width < 0) /* unknown to libc; most characters take one */
		*width = 1;
	return length;
}

int line_text_width(const char *text, size_t size)
{
	int total = 0;

	for (size_t i = 0; i < size;) {
		int width;

		if (is_ascii(text[i])) {
			i++;
			total++;
			continue;
		}
		i += measure(text + i, size - i, &width);
		total += width;
	}
	return total;
}

size_t line_fit(const char *text, size_t size, int room)
{
	size_t i = 0;

	while (i < size) {
		int width;
		size_t length = measure(text + i, size - i, &width);

		if (width > room)
			break;
		room -= width;
		i += length;
	}
	return i;
}

/* The bytes to leave out at the begin of a text, so that the rest fits into `room` columns. */
static size_t tail_offset(const char *text, size_t size, int room)
{
	int excess = line_text_width(text, size) - room;
	size_t i = 0;

	while (i < size && excess > 0) {
		int width;

		i += measure(text + i, size - i, &width);
		excess -= width;
	}
	return i;
}

static void put_blanks(struct line *line, int column)
{
	if (column > line->end)
		buffer_put_blanks(line->buffer, (size_t)(column - line->end));
	line->end = column;
}

static void put_bytes(struct line *line, const char *text, size_t size)
{
	buffer_put(line->buffer, text, size);
	line->end += line_text_width(text, size);
}

static void put_dots(struct line *line)
{
	buffer_put_text(line->buffer, line->dots);
	line->end++;
}

static void put_tail(struct line *line, const char *text, size_t size, int room)
{
	size_t skipped = tail_offset(text, size, room);

	put_bytes(line, text + skipped, size - skipped);
}

static void put_text(struct line *line, const struct cell *cell, int room)
{
	size_t head;

	if (cell->cut == LINE_CUT_NONE || line_text_width(cell->text, cell->size) <= room) {
		put_bytes(line, cell->text, cell->size);
	} else if (cell->cut == LINE_CUT_END) {
		put_bytes(line, cell->text, line_fit(cell->text, cell->size, room - 1));
		put_dots(line);
	} else {
		head = cell->cut == LINE_CUT_MIDDLE ?
			       line_fit(cell->text, cell->size, (room - 1) / 2) :
			       0;
		room -= line_text_width(cell->text, head) + 1;
		put_bytes(line, cell->text, head);
		put_dots(line);
		put_tail(line, cell->text + head, cell->size - head, room);
	}
}

/* The parameters of an SGR sequence; NULL: none. */
static void put_color(struct line *line, const char *parameters)
{
	if (!parameters)
		return;
	buffer_put_text(line->buffer, "\033[");
	buffer_put_text(line->buffer, parameters);
	buffer_put_byte(line->buffer, 'm');
}

void line_put(struct line *line, int gap, int width, const struct cell *cell)
{
	int begin = line->start + gap;
	int stop = begin + width;
	int column;

	line->start = stop;
	if (cell->size == 0)
		return;
	/* The text before this one may have been wider than its cell. */
	if (line->end > 0 && begin <= line->end)
		begin = line->end + 1;
	column = begin;
	if (cell->align == LINE_RIGHT && stop - line_text_width(cell->text, cell->size) > begin)
		column = stop - line_text_width(cell->text, cell->size);

	put_blanks(line, column);
	put_color(line, cell->color);
	put_text(line, cell, stop > column ? stop - column : 1);
	put_color(line, cell->color ? "0" : NULL);
}

void line_end(struct line *line)
{
	buffer_put_byte(line->buffer, '\n');
	line->start = 0;
	line->end = 0;
}
