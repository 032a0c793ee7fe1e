# SPDX-License-Identifier: GPL-2.0-or-later
"""What was received and is still open, as fdpass leaks tells it."""

import sys

import pytest

from leaked import check
from program import FDPASS, Program, Trace, needs_root, python, rows_of, run

pytestmark = needs_root

LEAK = FDPASS.parents[1] / "tests/workload/leak"
SECONDS = 8

# Receives descriptors of /dev/null, which another process sends, until it has no number left for one; then
# waits for the end of standard input. Says how many it has got.
UNTIL_EMFILE = """
import os, resource, socket, sys, time
resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))
left, right = socket.socketpair()
if os.fork() == 0:
    right.close()
    sys.stdin.close()
    null = os.open("/dev/null", os.O_RDONLY)
    while left.recv(1):
        socket.send_fds(left, [b"x"], [null])
    os._exit(0)
left.close()
received = 0
while True:
    right.send(b"?")
    if not socket.recv_fds(right, 1, 1)[1]:
        break
    received += 1
    time.sleep(0.1)
print(received, flush=True)
sys.stdin.readline()
"""

# Receives one descriptor and keeps it, or closes it.
ONE = """
import os, socket, sys
left, right = socket.socketpair()
with open("/dev/null") as null:
    socket.send_fds(left, [b"x"], [null.fileno()])
fd = socket.recv_fds(right, 1, 1)[1][0]
if sys.argv[1] == "close":
    os.close(fd)
print("received", flush=True)
sys.stdin.readline()
"""


def test_all_that_leaks(tmp_path):
    """Every case that the program leak knows: each row, none more, and how fast it grows."""
    truth, rows = tmp_path / "truth", tmp_path / "rows"
    with Program(LEAK, truth, str(SECONDS)) as leaker:
        assert leaker.line() == "ready"
        trace = Trace("leaks", "-o", "json", "--to", rows, "--fail-if-growing")
        leaker.go_on()
        assert leaker.line() == "done"
        status, output, messages = trace.finish()
    assert (status, output) == (4, ""), messages
    assert "; no events lost" in messages
    assert check(truth, rows) == []


def test_until_emfile():
    trace = Trace("leaks", "-o", "json", "--comm", "python3", "--interval", "2")
    with python(UNTIL_EMFILE) as leaker:
        received = int(leaker.line())
        status, output, _ = trace.finish()
    rows = [row for row in rows_of(output) if row["receiver"]["pid"] == leaker.process.pid]
    reports = [row for row in rows if row["copy"] == "received"]
    last, own = reports[-1], rows[-1]
    assert status == 0
    assert (last["still_open"], last["file"]) == (received, "/dev/null")
    # The sender has one description, and sends it again and again.
    assert (own["copy"], own["still_open"], own.get("growing", False)) == ("own", 1, False)
    assert (last["fds"], last["fds_limit"]) == (100, 100)
    assert last["limit_percent"] == received
    # It was foretold, and is there now.
    assert any(row.get("growing") and row["still_open"] < received and row["emfile_in_s"] > 0
               for row in reports)
    assert [row["report"] for row in reports] == sorted({row["report"] for row in reports})
    assert {row["file_ino"] for row in reports} == {last["file_ino"]}


@pytest.mark.parametrize(("what", "expected"), [("keep", [1]), ("close", [])])
def test_what_is_kept_does_not_grow(what, expected):
    trace = Trace("leaks", "-o", "json", "--fail-if-growing")
    with python(ONE, what) as leaker:
        assert leaker.line() == "received"
        status, output, messages = trace.finish()
    assert status == 0, messages
    rows = [row for row in rows_of(output) if row["receiver"]["pid"] == leaker.process.pid]
    assert [row["still_open"] for row in rows] == expected
    assert all("id" not in row and "outcome" not in row and "timestamp" not in row for row in rows)


def test_filter_by_what_is_summed_up():
    trace = Trace("leaks", "-o", "json", "--filter", "still_open>1")
    with python(ONE, "keep") as leaker:
        assert leaker.line() == "received"
        status, output, _ = trace.finish()
    assert status == 0
    assert leaker.process.pid not in {row["receiver"]["pid"] for row in rows_of(output)}


def test_columns():
    trace = Trace("leaks")
    with python(ONE, "keep") as leaker:
        assert leaker.line() == "received"
        _, output, messages = trace.finish()
    header, *lines = output.splitlines()
    assert header.split() == ["COMM", "PID", "RECEIVER.COMM", "RECEIVER.PID", "RECEIVER.SOCKET_INO", "COPY",
                              "OPEN", "PER_HOUR", "OLDEST_NS", "LIMIT%", "FORECAST", "FILE"]
    (line,) = (line for line in lines if f" {leaker.process.pid} " in line)
    assert line.endswith("/dev/null")
    assert "still open" in messages
    assert " too new to tell" in messages


@pytest.mark.parametrize(("arguments", "message"), [
    (["--max-entries", "3"], "--max-entries: is not an option of fdpass leaks"),
    (["--fields", "queue_length"], "--fields: 'queue_length' is not a field of fdpass leaks"),
    (["--interval", "0"], "--interval: '0' is not a whole number of seconds (1 to 2147483647)"),
    (["--", "true"], "fdpass leaks runs no command: 'true' is too much"),
])
def test_wrong_usage(arguments, message):
    done = run("leaks", *arguments)
    assert (done.returncode, done.stderr) == (2, f"fdpass: {message}\n")
