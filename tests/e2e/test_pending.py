# SPDX-License-Identifier: GPL-2.0-or-later
"""What waits in a queue, and whose it is: whoever has the receiving socket open."""

import os
import socket
import subprocess

import pytest

from program import Trace, needs_root, queue_descriptor, rows_of


class Holders:
    """Processes that have one end of a socket pair open, each of them with two descriptors."""

    def __init__(self, count):
        self.ours, theirs = socket.socketpair()
        self.processes = [
            subprocess.Popen(["sleep", "60"], stdin=theirs, pass_fds=[theirs.fileno()])
            for _ in range(count)
        ]
        self.ino = os.fstat(theirs.fileno()).st_ino
        self.pids = [process.pid for process in self.processes]
        theirs.close()

    def end(self):
        self.ours.close()
        for process in self.processes:
            process.kill()
            process.wait()


@pytest.fixture(name="holders")
def fixture_holders():
    """A function that starts some; none outlives the test."""
    started = []

    def start(count):
        started.append(Holders(count))
        return started[-1]

    yield start
    for holders in started:
        holders.end()


def pending_rows(holders, *options):
    """What is told of a descriptor that waits for them, a second after it was sent and at the end."""
    trace = Trace("-o", "json", "--pending-after", "1", "--timeout", "3", *options)
    queue_descriptor(holders.ours)
    code, stdout, stderr = trace.wait()
    assert code in (0, 3), stderr  # 3: others may have been too fast meanwhile
    return [row for row in rows_of(stdout)
            if row.get("receiver", {}).get("socket_ino") == holders.ino]


@needs_root
def test_the_only_holder_is_the_receiver(holders):
    only = holders(1)
    (row,) = pending_rows(only, "--pid", str(only.pids[0]))
    assert row["outcome"] == "pending"
    assert row["proc"]["pid"] == os.getpid()
    assert row["receiver"]["pid"] == only.pids[0]
    assert row["receiver"]["comm"] == "sleep"
    assert row["receiver"]["parent"]["pid"] == os.getpid()
    assert not {"tid", "fd", "sockfd"} & row["receiver"].keys()


@needs_root
@pytest.mark.parametrize("number", [0, 1])
def test_any_of_several_holders_may_be_the_receiver(number, holders):
    several = holders(2)
    (row,) = pending_rows(several, "--filter", f"receiver.pid=={several.pids[number]}")
    assert (row["outcome"], row["receiver"]) == ("pending", {"socket_ino": several.ino})


@needs_root
def test_a_holder_that_is_left_out(holders):
    several = holders(2)
    assert pending_rows(several, "--pid", f"!{several.pids[1]}") == []


@needs_root
def test_who_holds_nothing(holders):
    several, others = holders(2), holders(1)
    assert pending_rows(several, "--pid", str(others.pids[0])) == []


@needs_root
def test_what_waits_for_the_traced_command(holders):
    """The command has the socket, as fdpass has, from which it has it."""
    ours, theirs = socket.socketpair()
    ino = os.fstat(theirs.fileno()).st_ino
    trace = Trace("-o", "json", "--pending-after", "1", "--", "sleep", "3",
                  pass_fds=[theirs.fileno()])
    theirs.close()
    queue_descriptor(ours)
    code, stdout, _ = trace.wait()
    row = rows_of(stdout)[0]
    assert (row["outcome"], row["receiver"]["socket_ino"]) == ("pending", ino)
    assert code == 0
    ours.close()
