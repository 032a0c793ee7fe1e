/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Columns, without --fields: the view for reading. A line a pass, which says who gave what to whom,
 * and how it ended where that was not as it should be.
 *
 *	TIME          SENDER             FD       FD  RECEIVER            AFTER  FILE
 *	14:02:11.084  client[1296790]     3  →    9  dbus-broker[5128]    84µs  /dev/null
 *	14:02:15.310  haproxy[812]        7  ✗    -  haproxy[4411]       1.2ms  TCP 0.0.0.0:443 LISTEN · lost: emfile
 *
 * The arrow stands for what arrived, the cross for what did not; "⋯" waits in a queue. "?" is what is
 * not known, "-" what there is not. Piped, nothing is cut.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "output/class.h"
#include "output/line.h"

/* SGR parameters */
#define COLOR_HEADER "1"
#define COLOR_FAINT "2"
#define COLOR_GOOD "32"
#define COLOR_BAD "31"
#define COLOR_OPEN "33"

/* A terminal that is narrower has the time without its fraction, and less space. */
#define WIDE 100

/*
 * The widest process: 15 bytes of comm, and a pid of 7 digits in brackets. On a terminal the columns begin
 * narrower, and grow with what is shown: what they do not need is left to the file.
 */
#define PROCESS_MAX 24
#define PROCESS_BEGIN 17
#define PROCESS_MIN 8

#define AFTER_WIDTH 5

/* What the file's name keeps of its column, however long the note behind it is. */
#define FILE_MIN 6

/* What is left of a detail that is cut, at least: less says nothing. */
#define DETAIL_MIN 8

/* What the name of a file that was deleted ends in. */
#define DELETED " (deleted)"

/* What stands before the path of the socket. */
#define OVER " over "

enum party { SENDER, RECEIVER, NR_PARTIES };

struct layout {
	int gap; /* between columns */
	int time;
	int process[NR_PARTIES];
	int fd;
	int arrow;
	int left; /* for the processes and the file; 0: these are as wide as they are */
};

struct signs {
	const char *arrow; /* it arrived */
	const char *cross; /* it did not */
	const char *queue; /* it waits */
	const char *unknown;
	const char *dot;
	const char *dots;
	const char *micro;
};

static const struct signs unicode_signs = { "→", "✗", "⋯", "?", "·", "…", "µs" };
static const struct signs ascii_signs = { "->", "x", "..", "?", "-", "~", "us" };

struct reading_output {
	struct output output;
	struct line line;
	struct layout layout;
	const struct signs *signs;
	const struct field *timestamp, *ended, *socket_path, *local, *file, *detail, *deleted,
		*outcome, *reason, *via, *latency, *risk;
	struct value value;
	/* Of the file, of its detail behind it, and over which socket it went. */
	char text[3 * (TEXT_ESCAPE_MAX(FIELD_TEXT_MAX) + sizeof("\"\""))];
	char note[64]; /* how it ended */
};

static struct reading_output *reading_output(struct output *output)
{
	return (struct reading_output *)output;
}

static void settle_layout(struct reading_output *reading)
{
	struct layout *layout = &reading->layout;
	int terminal = reading->output.options.width;
	bool narrow = terminal > 0 && terminal < WIDE;
	int begin;

	layout->gap = narrow ? 1 : 2;
	layout->time = narrow ? (int)strlen("14:02:11") : (int)strlen("14:02:11.084");
	layout->fd = narrow ? 3 : 4;
	layout->arrow = line_text_width(reading->signs->arrow, strlen(reading->signs->arrow));
	layout->process[SENDER] = layout->process[RECEIVER] = PROCESS_MAX;
	layout->left = 0;
	if (terminal == 0)
		return;

	layout->left = terminal - layout->time - 1 - 2 * layout->fd - layout->arrow - 1 -
		       AFTER_WIDTH - 5 * layout->gap;
	begin = layout->left / 3;
	if (begin > PROCESS_BEGIN)
		begin = PROCESS_BEGIN;
	if (begin < PROCESS_MIN)
		begin = PROCESS_MIN;
	layout->process[SENDER] = layout->process[RECEIVER] = begin;
}

/* Let a process be so wide, where that leaves a third of the room to the file. */
static void widen(struct layout *layout, enum party party, int wanted)
{
	int most = layout->left * 2 / 3 - layout->process[NR_PARTIES - 1 - party];

	if (most > PROCESS_MAX)
		most = PROCESS_MAX;
	if (wanted > most)
		wanted = most;
	if (wanted > layout->process[party])
		layout->process[party] = wanted;
}

/* The room of the file, and of what stands behind it. */
static int file_room(const struct layout *layout)
{
	int room = layout->left - layout->process[SENDER] - layout->process[RECEIVER];

	if (layout->left == 0)
		return INT_MAX;
	return room < FILE_MIN ? FILE_MIN : room;
}

static const char *colored(const struct reading_output *reading, const char *color)
{
	return reading->output.options.color ? color : NULL;
}

static void put(struct reading_output *reading, int gap, int width, enum line_align align,
		const char *text, const char *color)
{
	struct cell cell = {
		.text = text,
		.size = strlen(text),
		.align = align,
		.color = colored(reading, color),
	};

	line_put(&reading->line, gap, width, &cell);
}

/* The columns up to the file: one place for their order, for the header and for the rows. */
struct texts {
	const char *time, *sender, *from_fd, *arrow, *to_fd, *receiver, *after;
	const char *color; /* of the arrow */
};

static void put_texts(struct reading_output *reading, const struct texts *texts, const char *color)
{
	const struct layout *layout = &reading->layout;

	put(reading, 0, layout->time, LINE_LEFT, texts->time, color);
	put(reading, layout->gap, layout->process[SENDER], LINE_LEFT, texts->sender, color);
	put(reading, 1, layout->fd, LINE_RIGHT, texts->from_fd, color);
	put(reading, layout->gap, layout->arrow, LINE_LEFT, texts->arrow, texts->color);
	put(reading, 1, layout->fd, LINE_RIGHT, texts->to_fd, color);
	put(reading, layout->gap, layout->process[RECEIVER], LINE_LEFT, texts->receiver, color);
	put(reading, layout->gap, AFTER_WIDTH, LINE_RIGHT, texts->after, color);
}

static int reading_begin(struct output *output)
{
	static const struct texts headers = {
		.time = "TIME",
		.sender = "SENDER",
		.from_fd = "FD",
		.arrow = "",
		.to_fd = "FD",
		.receiver = "RECEIVER",
		.after = "AFTER",
	};
	struct reading_output *reading = reading_output(output);

	reading->signs = output->options.utf8 ? &unicode_signs : &ascii_signs;
	reading->line.buffer = output->buffer;
	reading->line.dots = reading->signs->dots;
	reading->timestamp = field_find("timestamp");
	reading->ended = field_find("ended");
	reading->socket_path = field_find("socket_path");
	reading->local = field_find("file_local");
	reading->file = field_find("file");
	reading->detail = field_find("file_detail");
	reading->deleted = field_find("file_deleted");
	reading->outcome = field_find("outcome");
	reading->reason = field_find("reason");
	reading->via = field_find("via");
	reading->latency = field_find("latency_ns");
	reading->risk = field_find("risk");
	settle_layout(reading);

	put_texts(reading, &headers, COLOR_HEADER);
	put(reading, reading->layout.gap, FILE_MIN, LINE_LEFT, "FILE", COLOR_HEADER);
	line_end(&reading->line);
	return 0;
}

/*
 * The part of the timestamp that is the time of the day, to the second or the millisecond. When it was sent;
 * where that is not known, when it was received or lost.
 */
static void write_time(struct reading_output *reading, const struct row *row, char *ret)
{
	const struct value *value = &reading->value;
	size_t date = strlen("2026-11-23T"), size = (size_t)reading->layout.time;

	if ((field_get(reading->timestamp, row, &reading->value) ||
	     field_get(reading->ended, row, &reading->value)) &&
	    value->size >= date + size)
		ret = mempcpy(ret, value->text + date, size);
	else
		*ret++ = '?';
	*ret = '\0';
}

/* Room for it: the name escaped, what stands for its end, and the pid in brackets. */
#define PROCESS_ROOM (TEXT_ESCAPE_MAX(EVENT_COMM_LEN) + sizeof("…[4294967295]"))

/* "client[1296790]". Where there is no room for it, the name is cut and the pid is not. */
static void write_process(struct reading_output *reading, enum party party,
			  const struct process *process, char ret[PROCESS_ROOM])
{
	char pid[sizeof("[4294967295]")], *end = pid;
	size_t length = text_escape(ret, process->comm, strlen(process->comm),
				    !reading->output.options.utf8);
	int room;

	*end++ = '[';
	end = text_put_decimal(end, process->pid, 1);
	*end++ = ']';
	*end = '\0';
	if (reading->output.options.width > 0)
		widen(&reading->layout, party, line_text_width(ret, length) + (int)(end - pid));
	room = reading->layout.process[party] - (int)(end - pid);
	if (reading->output.options.width > 0 && line_text_width(ret, length) > room) {
		length = line_fit(ret, length, room - 1);
		length = (size_t)(stpcpy(ret + length, reading->signs->dots) - ret);
	}
	memcpy(ret + length, pid, (size_t)(end - pid) + 1);
}

static void write_fd(const struct endpoint *endpoint, const char *unknown, char *ret)
{
	if (endpoint->fd == ENDPOINT_FD_UNKNOWN)
		strcpy(ret, unknown);
	else
		*text_put_signed(ret, endpoint->fd) = '\0';
}

static void write_after(struct reading_output *reading, const struct row *row, char *ret)
{
	if (field_get(reading->latency, row, &reading->value))
		*text_put_duration(ret, reading->value.u64, reading->signs->micro) = '\0';
	else
		strcpy(ret, "-");
}

static void append(char *note, size_t size, const char *separator, const struct value *value)
{
	size_t length = strlen(note);

	snprintf(note + length, size - length, "%s%.*s", length > 0 ? separator : "",
		 (int)value->size, value->text);
}

/*
 * Who left it unread, where that is the sender's own side: programs keep descriptors open in a pair of sockets
 * of their own, as systemd does with namespaces, and that is no accident. NULL: it is another one.
 */
static const char *own_side(const struct pass *pass)
{
	if (pass->outcome != OUTCOME_LOST || pass->fate != EVENT_FATE_UNREAD ||
	    !pass->sender.known || !pass->receiver.known)
		return NULL;
	if (pass->receiver.pid == pass->sender.pid)
		return " by its sender";
	return pass->receiver.pid == pass->sender.parent_pid ? " by its sender's parent" : NULL;
}

/*
 * How it went where that was not as usual: "lost: emfile", "pidfd_getfd", "risk: directory". In
 * brief, the reason alone. The words are ours, so they need no escaping.
 */
static void write_note(struct reading_output *reading, const struct row *row, bool brief)
{
	static const struct value unknown = { .text = "outcome unknown", .size = 15 };
	static const struct value risk = { .text = "risk", .size = 4 };
	static const struct value more = { .text = "more than 253", .size = 13 };
	const struct pass *pass = row->pass;
	struct value *value = &reading->value;
	char *note = reading->note;
	size_t size = sizeof(reading->note);
	bool reason = field_get(reading->reason, row, value);

	note[0] = '\0';
	if (reason && brief) {
		append(note, size, "", value);
		return;
	}
	if (pass->via != EVENT_VIA_SCM_RIGHTS && field_get(reading->via, row, value))
		append(note, size, ", ", value);
	if (pass->outcome == OUTCOME_UNKNOWN)
		append(note, size, ", ", &unknown);
	else if (pass->outcome != OUTCOME_DELIVERED && field_get(reading->outcome, row, value))
		append(note, size, ", ", value);
	if (reason && field_get(reading->reason, row, value))
		append(note, size, ": ", value);
	if (own_side(pass))
		strcat(note, own_side(pass));
	if (pass->more_named)
		append(note, size, ", ", &more);
	if (field_get(reading->risk, row, value)) {
		append(note, size, ", ", &risk);
		append(note, size, ": ", value);
	}
}

/* The columns that a note takes with what stands before it. */
static int note_width(const struct reading_output *reading)
{
	return reading->note[0] == '\0' ? 0 : (int)(strlen(" - ") + strlen(reading->note));
}

static bool ends_with(const char *text, size_t size, const char *end)
{
	size_t length = strlen(end);

	return size >= length && memcmp(text + size - length, end, length) == 0;
}

/* Would the name read as if one of our marks stood behind it? */
static bool imitates_mark(const struct reading_output *reading, const char *name, size_t size)
{
	char note[16] = " ";
	const char *end = stpcpy(note + 1, reading->signs->dot);

	return ends_with(name, size, DELETED) || memmem(name, size, OVER, strlen(OVER)) ||
	       memmem(name, size, note, (size_t)(end - note));
}

/*
 * Write text that others chose. One that imitates a mark is quoted: a quote that is part of it is
 * escaped. Returns where it ends.
 */
static char *write_quoted(const struct reading_output *reading, char *ret, const char *text,
			  size_t size)
{
	const char *quote = imitates_mark(reading, text, size) ? "\"" : "";

	ret = stpcpy(ret, quote);
	ret += text_escape(ret, text, size, !reading->output.options.utf8);
	return stpcpy(ret, quote);
}

/* Write the file's name. Returns the length. */
static size_t write_file(struct reading_output *reading, const struct row *row)
{
	struct value deleted, *name = &reading->value;
	const char *mark = "";
	char *end;

	if (field_get(reading->deleted, row, &deleted) && deleted.boolean)
		mark = DELETED;
	end = write_quoted(reading, reading->text, name->text, name->size - strlen(mark));
	return (size_t)(stpcpy(end, mark) - reading->text);
}

/* Write what else is known of the file behind the name, where there is room. Returns the length of both. */
static size_t write_detail(struct reading_output *reading, const struct row *row, size_t length,
			   int room)
{
	char *begin = reading->text + length, *detail = begin + 1, *end;
	int left;

	if (!field_get(reading->detail, row, &reading->value))
		return length;
	*begin = ' ';
	end = write_quoted(reading, detail, reading->value.text, reading->value.size);
	left = room - line_text_width(reading->text, (size_t)(detail - reading->text));
	if (line_text_width(detail, (size_t)(end - detail)) <= left)
		return (size_t)(end - reading->text);
	if (left < DETAIL_MIN)
		return length;
	end = detail + line_fit(detail, (size_t)(end - detail), left - 1);
	return (size_t)(stpcpy(end, reading->signs->dots) - reading->text);
}

/*
 * Write over which socket it went, where there is room for all of it: of a file that has neither a place in
 * the tree nor an address, that often says what it is for.
 */
static size_t write_over(struct reading_output *reading, const struct row *row, size_t length,
			 int room)
{
	char *end = reading->text + length;

	if (!(row->pass->file.flags & EVENT_FILE_PSEUDO) ||
	    field_get(reading->local, row, &reading->value) ||
	    !field_get(reading->socket_path, row, &reading->value))
		return length;
	end = write_quoted(reading, stpcpy(end, OVER), reading->value.text, reading->value.size);
	return line_text_width(reading->text, (size_t)(end - reading->text)) > room ?
		       length :
		       (size_t)(end - reading->text);
}

/* The file and the note. Where there is no room for both, the file's name gives way. */
static void put_file(struct reading_output *reading, const struct row *row, const char *color)
{
	struct cell cell = { .text = "?", .size = 1 };
	int width, room = file_room(&reading->layout);

	if (field_get(reading->file, row, &reading->value)) {
		cell.text = reading->text;
		cell.cut = reading->value.text[0] == '/' ? LINE_CUT_BEGIN : LINE_CUT_MIDDLE;
		cell.size = write_file(reading, row);
	}
	width = line_text_width(cell.text, cell.size);
	write_note(reading, row, false);
	if (width + note_width(reading) > room) {
		write_note(reading, row, true);
		room -= note_width(reading);
		if (room < FILE_MIN)
			room = FILE_MIN;
		if (width > room)
			width = room;
	} else if (cell.text == reading->text) {
		room -= note_width(reading);
		cell.size = write_detail(reading, row, cell.size, room);
		cell.size = write_over(reading, row, cell.size, room);
		width = line_text_width(cell.text, cell.size);
	}
	line_put(&reading->line, reading->layout.gap, width, &cell);
	if (reading->note[0] != '\0') {
		put(reading, 1, 1, LINE_LEFT, reading->signs->dot, COLOR_FAINT);
		put(reading, 1, 0, LINE_LEFT, reading->note, color);
	}
}

static const char *color_of(const struct pass *pass)
{
	static const char *const colors[NR_OUTCOMES] = {
		[OUTCOME_DELIVERED] = COLOR_GOOD, [OUTCOME_PEEKED] = COLOR_OPEN,
		[OUTCOME_LOST] = COLOR_BAD,	  [OUTCOME_FAILED] = COLOR_BAD,
		[OUTCOME_PENDING] = COLOR_OPEN,	  [OUTCOME_UNKNOWN] = COLOR_OPEN,
	};

	return own_side(pass) ? COLOR_FAINT : colors[pass->outcome];
}

static const char *sign_of(const struct reading_output *reading, enum outcome outcome)
{
	const struct signs *signs = reading->signs;

	switch (outcome) {
	case OUTCOME_DELIVERED:
	case OUTCOME_PEEKED:
		return signs->arrow;
	case OUTCOME_LOST:
	case OUTCOME_FAILED:
		return signs->cross;
	case OUTCOME_PENDING:
		return signs->queue;
	default:
		return signs->unknown;
	}
}

static int reading_row(struct output *output, const struct row *row)
{
	struct reading_output *reading = reading_output(output);
	const struct pass *pass = row->pass;
	bool nowhere = pass->outcome == OUTCOME_FAILED || pass->outcome == OUTCOME_PENDING;
	bool lost = pass->outcome == OUTCOME_FAILED || pass->outcome == OUTCOME_LOST;
	char time[sizeof("14:02:11.084")], from_fd[16], to_fd[16], after[32];
	char sender[PROCESS_ROOM] = "?", receiver[PROCESS_ROOM] = "?";
	struct texts texts = {
		.time = time,
		.sender = sender,
		.from_fd = from_fd,
		.arrow = sign_of(reading, pass->outcome),
		.to_fd = to_fd,
		.receiver = receiver,
		.after = after,
		.color = color_of(pass),
	};

	write_time(reading, row, time);
	if (pass->sender.known)
		write_process(reading, SENDER, &pass->sender, sender);
	if (pass->receiver.known)
		write_process(reading, RECEIVER, &pass->receiver, receiver);
	else if (nowhere)
		strcpy(receiver, "-");
	write_fd(&pass->from, "?", from_fd);
	write_fd(&pass->to, nowhere || lost ? "-" : "?", to_fd);
	write_after(reading, row, after);

	put_texts(reading, &texts, NULL);
	put_file(reading, row, color_of(pass));
	line_end(&reading->line);
	return 0;
}

const struct output_class reading_class = {
	.name = "columns",
	.size = sizeof(struct reading_output),
	.defaults = field_list_shown,
	.begin = reading_begin,
	.row = reading_row,
};
