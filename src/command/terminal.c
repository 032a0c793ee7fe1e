// SPDX-License-Identifier: GPL-2.0-or-later
/* What the rows are written to. */
#include "command/terminal.h"

#include <langinfo.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Of a terminal that does not tell its width. */
#define DEFAULT_WIDTH 80

static bool wants_color(int fd, const char *when)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	if (strcmp(when, "auto") != 0)
		return strcmp(when, "always") == 0;
	return isatty(fd) && !(no_color && *no_color) && !(term && strcmp(term, "dumb") == 0);
}

static int terminal_width(int fd)
{
	struct winsize size;

	if (!isatty(fd))
		return 0;
	if (ioctl(fd, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
		return DEFAULT_WIDTH;
	return size.ws_col;
}

void terminal_output_options(struct output_options *ret, int fd, const char *color)
{
	*ret = (struct output_options){
		.width = terminal_width(fd),
		.color = wants_color(fd, color),
		.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0,
	};
}
