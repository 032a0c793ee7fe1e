# SPDX-License-Identifier: GPL-2.0-or-later
"""A client of a real dbus-broker that does not read, and then a broker that does not."""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys

import pytest

from daemons import wait_until
from dbus_peer import FEW, LIMIT, NOBODY
from program import DEADLINE_S, FDPASS, SOURCE, Trace, needs_root, rows_of, run

pytestmark = needs_root


class Bus:
    """The peers on a bus of their own."""

    def __init__(self):
        self.process = subprocess.Popen(
            [FDPASS.parents[1] / "tests/examples/dbus/private-bus", sys.executable,
             SOURCE / "tests/e2e/dbus_peer.py"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(timeout=DEADLINE_S)
        self.process.stdout.close()

    def said(self):
        return json.loads(self.process.stdout.readline())

    def go_on(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def broker(self):
        """The pid of the broker: a child of what began the bus."""
        for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                found = re.match(r"(\d+) \((.*)\) . (\d+) ", path.read_text(encoding="utf-8"))
            except OSError:
                continue  # it has ended
            if found[2] == "dbus-broker" and int(found[3]) == self.process.pid:
                return int(found[1])
        raise AssertionError("no broker")


@pytest.fixture(name="bus")
def fixture_bus():
    with Bus() as bus:
        yield bus


def look(*arguments):
    done = run("inflight", "-o", "json", *arguments)
    assert done.returncode == 0, done.stderr
    return rows_of(done.stdout)


def nulls_of(pid):
    """How many descriptors of /dev/null beyond the standard ones the process has, by /proc."""
    folder = f"/proc/{pid}/fd"
    return sum(os.readlink(f"{folder}/{fd}") == "/dev/null" for fd in os.listdir(folder) if int(fd) > 2)


def test_who_does_not_read(bus):
    """One lies in the client's queue; dbus-broker keeps the others open until that is gone, and a copy of it."""
    said, broker = bus.said(), bus.broker()
    wait_until(lambda: nulls_of(broker) == FEW, "all descriptors in the broker")
    rows = wait_until(lambda: look("-F", f"receiver.socket_ino=={said['ino']}"),
                      "something in the client's queue")
    assert len(rows) == 1
    assert {row["file"] for row in rows} == {"/dev/null"}
    assert {row["receiver"]["pid"] for row in rows} == {said["stuck"]}
    assert {row["receiver"]["comm"] for row in rows} == {"stuck"}
    assert {row["sender_uid"] for row in rows} == {0}  # the broker's
    (row,) = look("--by", "socket", "-F", f"receiver.socket_ino=={said['ino']}")
    assert row["descriptors"] == len(rows)
    bus.go_on()


def test_a_broker_that_is_stopped(bus):
    """Its clients are refused when the user's descriptors in flight are as many as RLIMIT_NOFILE."""
    said, broker = bus.said(), bus.broker()
    wait_until(lambda: look("-F", f"receiver.socket_ino=={said['ino']}"), "something in the client's queue")
    trace = Trace("-o", "json", "--pid", str(said["pid"]))
    os.kill(broker, signal.SIGSTOP)
    try:
        bus.go_on()
        filled = bus.said()
        (user,) = look("--by", "user", "-F", f"sender_uid=={NOBODY}")
        queued = look("-F", f"receiver.pid=={broker}")
        _, output, messages = trace.finish()
    finally:
        os.kill(broker, signal.SIGCONT)
    assert filled["error"] == "ETOOMANYREFS"
    # What lies in the queues is what the kernel counts, and more than one limit allows.
    assert user["descriptors"] == user["user_in_flight"] > user["user_limit"] == LIMIT
    assert len(queued) == filled["count"]
    rows = rows_of(output)
    failed = [row for row in rows if row["outcome"] == "failed"]
    assert [row["reason"] for row in failed] == ["ETOOMANYREFS"], messages
    assert sum(row["outcome"] == "pending" for row in rows) == filled["count"]
