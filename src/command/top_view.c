// SPDX-License-Identifier: GPL-2.0-or-later
/* What fdpass top shows on a terminal: see top_view.h. */
#include "command/top_view.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command/screen.h"
#include "command/terminal.h"
#include "core/array.h"
#include "core/text.h"
#include "output/buffer.h"
#include "output/output.h"

/* Lines above those of the rows: two about all, and their header. */
#define HEAD_LINES 3
#define TYPED_MOST 256

struct top_view {
	const struct options *options;
	struct screen *screen;
	struct field_list fields;
	struct output *output; /* of what is shown, as wide as the terminal is now */
	struct buffer buffer;
	struct output_options output_options;
	char *about, *note; /* escaped */
	char typed[TYPED_MOST];
	size_t nr_typed;
	size_t nr_rows;
	size_t first_row; /* that is shown */
	bool typing;
	bool helping;
};

static const char *const help[] = {
	"q          end",
	"s          sort by the next number",
	"p, blank   pause, and go on",
	"/          show only some passes, by an expression as --filter takes it; none: all",
	"arrows, page up and down, home, end",
	"h, ?       this text, and back",
};

/* The begin and the end */

/* What has no place on a screen: each report is a new one there. */
static void choose_fields(struct top_view *view)
{
	const struct field_list *fields = &view->options->fields;

	for (size_t i = 0; i < fields->count; i++) {
		if (strcmp(fields->fields[i]->name, "report") != 0)
			view->fields.fields[view->fields.count++] = fields->fields[i];
	}
}

static bool is_wanted(const struct options *options)
{
	return !options->to && output_is_table(options->output) && isatty(STDIN_FILENO) &&
	       isatty(STDOUT_FILENO);
}

static void say_unknown(void)
{
	const char *term = getenv("TERM");

	command_say("nothing is known of a terminal '%s' ($TERM): a table is printed instead",
		    term ? term : "");
}

int top_view_new(struct top_view **ret, const struct options *options)
{
	struct top_view *view;
	int r;

	if (!is_wanted(options))
		return 0;
	view = calloc(1, sizeof(*view));
	if (!view)
		return -ENOMEM;
	view->options = options;
	choose_fields(view);
	r = screen_new(&view->screen);
	if (r >= 0) {
		*ret = view;
		return 1;
	}
	top_view_free(view);
	if (r != -ENOENT)
		return r;
	say_unknown();
	return 0;
}

struct top_view *top_view_free(struct top_view *view)
{
	if (!view)
		return NULL;
	screen_free(view->screen);
	output_free(view->output);
	buffer_free(&view->buffer);
	free(view->about);
	free(view->note);
	free(view);
	return NULL;
}

void top_view_begin(struct top_view *view)
{
	screen_begin(view->screen);
}

void top_view_end(struct top_view *view)
{
	screen_end(view->screen);
}

int top_view_fd(const struct top_view *view)
{
	return screen_fd(view->screen);
}

/* What is shown */

/* As a whole: our own words have nothing to escape. */
static int set_escaped(struct top_view *view, char **to, const char *text)
{
	free(*to);
	*to = malloc(TEXT_ESCAPE_MAX(strlen(text)));
	if (!*to)
		return -ENOMEM;
	text_escape(*to, text, strlen(text), !view->output_options.utf8);
	return 0;
}

int top_view_begin_rows(struct top_view *view, const char *about, const char *note)
{
	int r;

	terminal_output_options(&view->output_options, STDOUT_FILENO, "never");
	view->output_options.width = screen_width();
	view->output_options.kind = ROW_FLOW;
	r = set_escaped(view, &view->about, about);
	if (r >= 0)
		r = set_escaped(view, &view->note, note);
	if (r < 0)
		return r;
	view->output = output_free(view->output);
	buffer_clear(&view->buffer);
	view->nr_rows = 0;
	r = output_new(&view->output, view->options->output, &view->buffer, &view->fields,
		       &view->output_options);
	return r < 0 ? r : output_begin(view->output);
}

int top_view_row(struct top_view *view, const struct row *row)
{
	view->nr_rows++;
	return output_row(view->output, row);
}

static void put(int line, const char *text)
{
	screen_put(line, text, strlen(text), false);
}

/* The end of it, where the cursor would be. */
static void put_typed(const struct top_view *view)
{
	char text[TEXT_ESCAPE_MAX(TYPED_MOST) + 2] = "/";

	text_escape(text + 1, view->typed, view->nr_typed, !view->output_options.utf8);
	put(1, strcat(text, "_"));
}

static void put_help(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(help); i++)
		put(HEAD_LINES + (int)i, help[i]);
}

/* A line of the table that was made: the first one is its header. */
static void put_lines(const struct top_view *view)
{
	const char *at = view->buffer.bytes, *end = at + view->buffer.size, *newline;
	int line = HEAD_LINES - 1;

	for (size_t i = 0; at < end && line < screen_height(); i++, at = newline + 1) {
		newline = memchr(at, '\n', (size_t)(end - at));
		if (i == 0)
			screen_put(line, at, (size_t)(newline - at), true);
		else if (i > view->first_row && !view->helping)
			screen_put(line, at, (size_t)(newline - at), false);
		else
			continue;
		line++;
	}
}

/* The last rows fill the screen, where there are so many. */
static size_t last_first_row(const struct top_view *view)
{
	size_t room = screen_height() > HEAD_LINES ? (size_t)(screen_height() - HEAD_LINES) : 1;

	return view->nr_rows > room ? view->nr_rows - room : 0;
}

void top_view_show(struct top_view *view)
{
	if (view->first_row > last_first_row(view))
		view->first_row = last_first_row(view);
	screen_erase();
	put(0, view->about);
	if (view->typing)
		put_typed(view);
	else
		put(1, view->note);
	put_lines(view);
	if (view->helping)
		put_help();
	screen_flush();
}

/* Keys */

static void forget_typed(struct top_view *view)
{
	view->nr_typed = 0;
	view->typed[0] = '\0';
}

static enum top_wish type(struct top_view *view, int key)
{
	enum top_wish wish = TOP_NOTHING;

	if (key == SCREEN_REDRAW)
		return TOP_REDRAW;
	if (key == SCREEN_ENTER)
		wish = TOP_FILTER;
	if (key == SCREEN_ENTER || key == SCREEN_ESCAPE)
		view->typing = false;
	else if (key == SCREEN_BACKSPACE && view->nr_typed > 0)
		view->typed[--view->nr_typed] = '\0';
	else if (key >= ' ' && key < SCREEN_UP && view->nr_typed < TYPED_MOST - 1) {
		view->typed[view->nr_typed++] = (char)key;
		view->typed[view->nr_typed] = '\0';
	}
	return wish;
}

static void scroll_by(struct top_view *view, long rows)
{
	if (rows < 0 && view->first_row < (size_t)-rows)
		view->first_row = 0;
	else
		view->first_row += (size_t)rows;
}

/* A key that moves what is shown. */
static void move(struct top_view *view, int key)
{
	int page = screen_height() > HEAD_LINES + 1 ? screen_height() - HEAD_LINES : 1;

	if (key == SCREEN_UP)
		scroll_by(view, -1);
	else if (key == SCREEN_DOWN)
		scroll_by(view, 1);
	else if (key == SCREEN_PAGE_UP)
		scroll_by(view, -page);
	else if (key == SCREEN_PAGE_DOWN)
		scroll_by(view, page);
	else if (key == SCREEN_HOME)
		view->first_row = 0;
	else if (key == SCREEN_END)
		view->first_row = last_first_row(view);
}

static enum top_wish command(struct top_view *view, int key)
{
	static const struct {
		int key;
		enum top_wish wish;
	} wishes[] = {
		{ 'q', TOP_QUIT },
		{ 's', TOP_SORT },
		{ 'p', TOP_PAUSE },
		{ ' ', TOP_PAUSE },
		{ SCREEN_REDRAW, TOP_REDRAW },
	};

	for (size_t i = 0; i < ARRAY_SIZE(wishes); i++) {
		if (wishes[i].key == key)
			return wishes[i].wish;
	}
	if (key == '/') {
		view->typing = true;
		forget_typed(view);
	} else if (key == 'h' || key == '?') {
		view->helping = !view->helping;
	} else {
		move(view, key);
	}
	return TOP_NOTHING;
}

enum top_wish top_view_read(struct top_view *view)
{
	int key;

	while ((key = screen_key(view->screen)) != SCREEN_NONE) {
		enum top_wish wish = view->typing ? type(view, key) : command(view, key);

		if (wish != TOP_NOTHING)
			return wish;
		top_view_show(view);
	}
	return TOP_NOTHING;
}

const char *top_view_filter(const struct top_view *view)
{
	return view->typed;
}
