# SPDX-License-Identifier: GPL-2.0-or-later
"""fdpass around something that a test starts: it traces when the test goes on, and is told to end.

FDPASS is the program to test (default: that of the folder build).
"""

import json
import os
import pathlib
import signal
import subprocess

SOURCE = pathlib.Path(__file__).resolve().parents[2]
FDPASS = pathlib.Path(os.environ.get("FDPASS", SOURCE / "build/src/fdpass")).resolve()
BUILD = FDPASS.parents[1]

# What the guide's table has.
GUIDE = ["--host", "--fields", "proc.comm,proc.pid,socket_ino,sockfd,fd,file"]
DEADLINE_S = 120


class Trace:
    """fdpass, from when it says that it traces until it is told to end."""

    def __init__(self, *arguments, prefix=()):
        """`prefix` is what to put before the command."""
        self.process = subprocess.Popen(
            [*prefix, FDPASS, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            env={**os.environ, "LC_ALL": "C.UTF-8"},
        )
        line = self.process.stderr.readline()
        if "tracing with" not in line:
            self.process.kill()
            raise AssertionError(line + self.process.communicate()[1])

    def end(self):
        """What it printed. It must have lost nothing."""
        self.process.send_signal(signal.SIGTERM)
        output, messages = self.process.communicate(timeout=DEADLINE_S)
        assert self.process.returncode == 0, messages
        return output

    def end_rows(self):
        """What it printed as -o json, in the order of sending; first what was queued before the trace."""
        rows = [json.loads(line) for line in self.end().splitlines()]
        return sorted(rows, key=lambda row: row.get("timestamp", ""))


def cells(table):
    """The guide's table as rows of texts. The last cell may have blanks."""
    header, *lines = table.splitlines()
    assert header.split() == ["COMM", "PID", "SOCKET_INO", "SOCKFD", "FD", "FILE"]
    return [line.split(maxsplit=5) for line in lines]


def guide_cells(row):
    """What the guide's table has of a row."""
    return [
        row["proc"]["comm"],
        *map(str, (row["proc"]["pid"], row["socket_ino"], row["sockfd"], row["fd"])),
        row["file"],
    ]
