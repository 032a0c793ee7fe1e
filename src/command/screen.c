// SPDX-License-Identifier: GPL-2.0-or-later
/* The terminal, by ncurses: see screen.h. Signals are read like keys, so that none comes while it draws. */
#include "command/screen.h"

#include <curses.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "command/command.h"
#include "core/array.h"
#include "output/line.h"

/* How long it is waited for what follows an escape, where a key may send several bytes. */
#define ESCAPE_MS 25

struct screen {
	SCREEN *curses;
	int signal_fd;
	int epoll_fd; /* of keys and signals */
	bool taken;
};

/* The begin and the end */

static bool is_ignored(int number)
{
	struct sigaction action;

	return sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN;
}

/* Those that ncurses has handlers for, which would draw in the middle of anything. */
static int open_signals(void)
{
	sigset_t signals;
	int fd;

	sigemptyset(&signals);
	sigaddset(&signals, SIGWINCH);
	sigaddset(&signals, SIGCONT);
	if (!is_ignored(SIGTSTP))
		sigaddset(&signals, SIGTSTP);
	fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (fd < 0)
		return -errno;
	sigprocmask(SIG_BLOCK, &signals, NULL);
	return fd;
}

static int watch(struct screen *screen, int fd)
{
	struct epoll_event event = { .events = EPOLLIN };

	return epoll_ctl(screen->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static int open_sources(struct screen *screen)
{
	int r = screen->signal_fd = open_signals();

	if (r < 0)
		return r;
	screen->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (screen->epoll_fd < 0)
		return -errno;
	r = watch(screen, STDIN_FILENO);
	return r < 0 ? r : watch(screen, screen->signal_fd);
}

static int open_terminal(struct screen *screen)
{
	bool stops = !is_ignored(SIGTSTP);

	screen->curses = newterm(NULL, stdout, stdin);
	if (!screen->curses)
		return -ENOENT;
	if (stops)
		signal(SIGTSTP, SIG_DFL); /* ncurses has put its own handler there */
	cbreak();
	noecho();
	nonl();
	nodelay(stdscr, TRUE);
	keypad(stdscr, TRUE);
	set_escdelay(ESCAPE_MS);
	curs_set(0);
	endwin();
	return tigetstr("cup") ? 0 : -ENOENT;
}

int screen_new(struct screen **ret)
{
	struct screen *screen = calloc(1, sizeof(*screen));
	int r;

	if (!screen)
		return -ENOMEM;
	screen->signal_fd = screen->epoll_fd = -1;
	r = open_terminal(screen);
	if (r >= 0)
		r = open_sources(screen);
	if (r < 0) {
		screen_free(screen);
		return r;
	}
	*ret = screen;
	return 0;
}

struct screen *screen_free(struct screen *screen)
{
	if (!screen)
		return NULL;
	screen_end(screen);
	if (screen->curses)
		delscreen(screen->curses);
	command_close(screen->epoll_fd);
	command_close(screen->signal_fd);
	free(screen);
	return NULL;
}

void screen_begin(struct screen *screen)
{
	screen->taken = true;
	clearok(curscr, TRUE);
	refresh(); /* after endwin(), this takes the terminal back */
}

void screen_end(struct screen *screen)
{
	if (screen->taken)
		endwin();
	screen->taken = false;
}

/* Signals */

static void fit_size(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0)
		resizeterm(size.ws_row, size.ws_col);
}

/* As the signal does by itself, but with the terminal as the shell wants it. */
static void stop_job(struct screen *screen)
{
	sigset_t signals;

	screen_end(screen);
	sigemptyset(&signals);
	sigaddset(&signals, SIGTSTP);
	raise(SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &signals, NULL);
	sigprocmask(SIG_BLOCK, &signals, NULL);
}

static bool take_signals(struct screen *screen)
{
	struct signalfd_siginfo info;
	bool any = false;

	while (read(screen->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGTSTP)
			stop_job(screen);
		any = true;
	}
	if (!any)
		return false;
	fit_size();
	screen_begin(screen);
	return true;
}

/* Keys */

static int translate(int key)
{
	static const struct {
		int curses, key;
	} keys[] = {
		{ KEY_UP, SCREEN_UP },	       { KEY_DOWN, SCREEN_DOWN },
		{ KEY_PPAGE, SCREEN_PAGE_UP }, { KEY_NPAGE, SCREEN_PAGE_DOWN },
		{ KEY_HOME, SCREEN_HOME },     { KEY_END, SCREEN_END },
		{ KEY_ENTER, SCREEN_ENTER },   { '\r', SCREEN_ENTER },
		{ '\n', SCREEN_ENTER },	       { KEY_BACKSPACE, SCREEN_BACKSPACE },
		{ '\b', SCREEN_BACKSPACE },    { 0x7f, SCREEN_BACKSPACE },
		{ '\x1b', SCREEN_ESCAPE },     { KEY_RESIZE, SCREEN_REDRAW },
	};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (keys[i].curses == key)
			return keys[i].key;
	}
	return key > 0 && key <= UINT8_MAX ? key : SCREEN_OTHER;
}

int screen_key(struct screen *screen)
{
	int key;

	if (take_signals(screen))
		return SCREEN_REDRAW;
	key = getch();
	return key == ERR ? SCREEN_NONE : translate(key);
}

int screen_fd(const struct screen *screen)
{
	return screen->epoll_fd;
}

/* What is shown */

int screen_width(void)
{
	return COLS;
}

int screen_height(void)
{
	return LINES;
}

void screen_erase(void)
{
	erase();
}

void screen_put(int line, const char *text, size_t size, bool reverse)
{
	int width = line_text_width(text, size);

	if (line >= LINES)
		return;
	if (reverse)
		attron(A_REVERSE);
	mvaddnstr(line, 0, text, (int)line_fit(text, size, COLS));
	for (; reverse && width < COLS; width++)
		addch(' ');
	if (reverse)
		attroff(A_REVERSE);
}

void screen_flush(void)
{
	refresh();
}
