# SPDX-License-Identifier: GPL-2.0-or-later
"""Filters on real rows: fdpass traces a small program that passes some descriptors, and shows of them
what it is asked for.
"""

import os
import pathlib
import re
import sys

import pytest

from program import needs_root, rows_of, run

# Passes /dev/null, /dev/zero and a file with a hostile name to itself, one by one; the last one is
# read with nowhere to go. Is called `sender` while it sends, and `receiver` while it receives.
PASSES = """
import ctypes, os, socket, sys
def call_me(name):
    ctypes.CDLL(None).prctl(15, name)
def hand_over(path, receive):
    left, right = socket.socketpair()
    fd = os.open(path, os.O_RDONLY | os.O_CREAT)
    call_me(b"sender")
    socket.send_fds(left, [b"x"], [fd])
    call_me(b"receiver")
    receive(right)
    os.close(fd)
def receive_all(right):
    os.close(socket.recv_fds(right, 1, 1)[1][0])
def receive_nothing(right):
    right.recvmsg(1)
hand_over("/dev/null", receive_all)
hand_over("/dev/zero", receive_all)
hand_over(os.fsencode(sys.argv[1]) + b"/a,\\xff\\n", receive_all)
hand_over("/dev/full", receive_nothing)
"""

NULL, ZERO, HOSTILE, FULL = range(4)
ALL = [NULL, ZERO, HOSTILE, FULL]


@pytest.fixture(name="shown")
def fixture_shown(tmp_path):
    """What fdpass shows with these options, by the order in which it was passed."""

    def shown(*options):
        script = tmp_path / "passes.py"
        script.write_text(PASSES, encoding="utf-8")
        result = run(
            "-o", "json", *options, "--", sys.executable, script, tmp_path
        )
        assert result.returncode == 0, result.stderr
        names = ["/dev/null", "/dev/zero", "hostile", "/dev/full"]
        return [
            names.index(row["file"] if row["file"].startswith("/dev/") else "hostile")
            for row in rows_of(result.stdout)
        ]

    return shown


@needs_root
@pytest.mark.parametrize(
    "options, expected",
    [
        ([], ALL),
        (["--filter", "file==/dev/null"], [NULL]),
        (["--filter", "file!=/dev/null"], [ZERO, HOSTILE, FULL]),
        (["-F", r"file~^/dev/(null|zero)$"], [NULL, ZERO]),
        (["-F", r"file~/a\,.*$"], [HOSTILE]),
        (["-F", r"file!~^/.*\,.."], [NULL, ZERO, FULL]),
        (["-F", "file~^/dev/", "-F", "file!~null"], [ZERO, FULL]),
        (["-F", "file_type==chr,outcome==delivered"], [NULL, ZERO]),
        (["-F", "outcome!=delivered"], [FULL]),
        (["-F", "reason==truncated"], [FULL]),
        (["-F", "reason!~."], [NULL, ZERO, HOSTILE]),
        (["-F", "receiver.fd>=0"], [NULL, ZERO, HOSTILE]),
        (["-F", "latency_ns>0,latency_ns<60000000000,fd>2"], ALL),
        (["-F", "proc.comm==sender,receiver.comm==receiver,Proc.Creds.Uid=0"], ALL),
        (["-F", "proc.comm==receiver"], []),
        (["--comm", "receiver"], ALL),
        (["--comm", "nobody,sender"], ALL),
        (["--comm", "!receiver"], []),
        (["--comm", "!nobody", "--uid", "0", "-F", "file~zero"], [ZERO]),
        (["--uid", "!0"], []),
        (["--pid", "!1"], ALL),
        (["--target_pid", "1,2"], []),
    ],
    ids=repr,
)
def test_filter(shown, options, expected):
    assert shown(*options) == expected


@needs_root
def test_the_summary_counts_what_is_shown():
    result = run("-F", "file==/dev/zero", "--", sys.executable, "-c", PASSES, "/tmp")
    os.unlink(b"/tmp/a,\xff\n")
    assert result.stderr.splitlines()[-1] == "fdpass: 1 pass: 1 delivered; no events lost"


def test_the_manual_page_tells_all_operators():
    manual = pathlib.Path(__file__).resolve().parents[2] / "docs/fdpass.8.rst"
    section = manual.read_text(encoding="utf-8").split("\nFILTERS\n")[1].split("\nOUTPUT\n")[0]
    assert set(re.findall(r"^``FIELD(\W+)VALUE``", section, re.MULTILINE)) == {
        "==", "!=", ">=", ">", "<=", "<", "~", "!~",
    }
