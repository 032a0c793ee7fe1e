# SPDX-License-Identifier: GPL-2.0-or-later
"""A terminal for a program: what it would show, and keys that are pressed on it. It knows what a vt100 does."""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

from program import ENVIRONMENT

# How long it is waited for what is to be shown, on a busy machine.
SOON_S = 40

# A control sequence, another escape, or a character that is not printed.
CONTROL = re.compile(rb"\x1b\[([?\d;]*)([A-Za-z])|\x1b[()][\w]|\x1b([\w=>])|([\x00-\x1f])")


class Screen:
    """What the bytes that a program writes look like."""

    def __init__(self, columns, lines):
        self.columns, self.lines = columns, lines
        self.row = self.column = 0
        self.saved = (0, 0)
        self.waiting = b""
        self.clear()

    def clear(self):
        self.cells = [[" "] * self.columns for _ in range(self.lines)]
        self.region = (0, self.lines - 1)  # the lines that scroll

    def resize(self, columns, lines):
        self.columns, self.lines = columns, lines
        self.clear()

    def text(self):
        return "\n".join("".join(row).rstrip() for row in self.cells)

    def feed(self, data):
        data = self.waiting + data
        # What is not whole yet: an escape, or a character of UTF-8.
        end = max(data.rfind(b"\x1b"), 0)
        cut = end if end and not CONTROL.match(data, end) else len(data)
        data, self.waiting = data[:cut], data[cut:]
        while data:
            found = CONTROL.search(data)
            self.print(data[:found.start()] if found else data)
            if not found:
                return
            self.control(found)
            data = data[found.end():]

    def print(self, data):
        for character in data.decode("utf-8", "replace"):
            if self.row < self.lines and self.column < self.columns:
                self.cells[self.row][self.column] = character
            self.column += 1

    def control(self, found):
        numbers, command, escape, byte = found.groups()
        if byte is not None:
            self.control_character(byte)
        elif command is not None:
            numbers = [int(number or 0) for number in numbers.replace(b"?", b"").split(b";")]
            self.sequence(command.decode(), numbers)
        elif escape == b"M":
            self.line_before()
        elif escape == b"7":
            self.saved = (self.row, self.column)
        elif escape == b"8":
            self.row, self.column = self.saved

    def control_character(self, byte):
        if byte == b"\r":
            self.column = 0
        elif byte == b"\n":
            self.next_line()
        elif byte == b"\b":
            self.column = max(self.column - 1, 0)
        elif byte == b"\t":
            self.column = min(self.column // 8 * 8 + 8, self.columns - 1)

    def next_line(self):
        if self.row != self.region[1]:
            self.row = min(self.row + 1, self.lines - 1)
            return
        self.cells.pop(self.region[0])
        self.cells.insert(self.region[1], [" "] * self.columns)

    def line_before(self):
        if self.row != self.region[0]:
            self.row = max(self.row - 1, 0)
            return
        self.cells.pop(self.region[1])
        self.cells.insert(self.region[0], [" "] * self.columns)

    def sequence(self, command, numbers):
        by = max(numbers[0], 1)
        if command == "H":
            self.row = by - 1
            self.column = max(numbers[1], 1) - 1 if len(numbers) > 1 else 0
        elif command == "A":
            self.row = max(self.row - by, 0)
        elif command == "B":
            self.row = min(self.row + by, self.lines - 1)
        elif command == "C":
            self.column = min(self.column + by, self.columns - 1)
        elif command == "D":
            self.column = max(self.column - by, 0)
        elif command == "r":
            self.region = (by - 1, (numbers[1] if len(numbers) > 1 else self.lines) - 1)
            self.row = self.column = 0
        elif command in "JK":
            self.erase(command, numbers[0])

    def erase(self, command, which):
        begin, end = self.row * self.columns + self.column, self.lines * self.columns
        if command == "K":
            end = (self.row + 1) * self.columns
        if which:
            begin = 0 if command == "J" else self.row * self.columns
        if which == 1:
            end = self.row * self.columns + self.column + 1
        for place in range(begin, end):
            row, column = divmod(place, self.columns)
            if row < self.lines:
                self.cells[row][column] = " "


def begin_session():
    """On the terminal that is standard input. Signals may be ignored where the tests run, as after nohup(1)."""
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP):
        signal.signal(number, signal.SIG_DFL)


class Terminal:
    """A program on a terminal of its own, as the leader of its session."""

    def __init__(self, *command, columns=100, lines=24, term="vt100"):
        self.screen = Screen(columns, lines)
        self.ours, terminal = pty.openpty()
        self.set_size(columns, lines)
        environment = {key: value for key, value in ENVIRONMENT.items()
                       if key not in ("TERM", "COLUMNS", "LINES")}
        if term is not None:
            environment["TERM"] = term
        self.settings = termios.tcgetattr(terminal)
        self.process = subprocess.Popen(
            command, stdin=terminal, stdout=terminal, stderr=terminal, env=environment,
            start_new_session=True, preexec_fn=begin_session)
        # Kept, so that what is written last is there when the program has ended.
        self.terminal = terminal

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.hang_up()

    def hang_up(self):
        for fd in (self.ours, self.terminal):
            if fd >= 0:
                os.close(fd)
        self.ours = self.terminal = -1

    def set_size(self, columns, lines):
        self.screen.resize(columns, lines)
        fcntl.ioctl(self.ours, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def press(self, keys):
        os.write(self.ours, keys.encode())

    def read(self, seconds):
        """Take what was written in this time."""
        ready, _, _ = select.select([self.ours], [], [], seconds)
        if ready:
            self.screen.feed(os.read(self.ours, 65536))

    def wait_for(self, pattern, seconds=SOON_S):
        """Until what is shown has this. Returns what was found."""
        end = time.monotonic() + seconds
        while not (found := re.search(pattern, self.screen.text(), re.MULTILINE)):
            assert time.monotonic() < end, f"no {pattern!r} in:\n{self.screen.text()}"
            self.read(0.1)
        return found

    def end(self, seconds=SOON_S):
        """Its exit status, when it ends by itself."""
        end = time.monotonic() + seconds
        while self.process.poll() is None:
            assert time.monotonic() < end, self.screen.text()
            self.read(0.1)
        self.read(0.1)
        return self.process.returncode

    def is_as_it_was(self):
        """The terminal echoes and gathers lines, as the shell left it."""
        return termios.tcgetattr(self.terminal) == self.settings
