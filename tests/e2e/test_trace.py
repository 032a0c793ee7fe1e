# SPDX-License-Identifier: GPL-2.0-or-later
"""How fdpass begins, what it shows, and how it ends."""

import json
import os
import pathlib
import socket
import subprocess
import sys
import time

import pytest

from program import (
    FDPASS,
    PASS,
    Trace,
    needs_root,
    passing,
    queue_descriptor,
    rows_of,
    run,
)

@needs_root
def test_doctor_names_a_way():
    result = run("doctor")
    assert result.stderr == ""
    assert result.returncode == 0
    assert result.stdout.count("yes: this one is taken") == 1
    assert result.stdout.startswith(f"kernel      {os.uname().release} ")


@needs_root
def test_a_command_is_traced_and_nothing_else():
    with subprocess.Popen(passing(0, 1), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        result = run("-o", "json", "--", *passing(3))
        other.stdin.close()
    rows = rows_of(result.stdout)
    assert [row["outcome"] for row in rows] == ["delivered"] * 3
    assert {row["file"] for row in rows} == {"/dev/null"}
    assert result.stderr.splitlines()[0].startswith("fdpass: tracing with ")
    assert result.stderr.splitlines()[-1] == "fdpass: 3 passes: 3 delivered; no events lost"
    assert result.returncode == 0


@needs_root
@pytest.mark.parametrize(
    "script, status", [("exit 0", 0), ("exit 7", 7), ("kill -9 $$", 137), ("kill -15 $$", 143)]
)
def test_the_commands_exit_status_is_ours(script, status):
    assert run("--", "sh", "-c", script).returncode == status


@needs_root
@pytest.mark.parametrize(
    "name, error, status",
    [
        ("no-such-command", "No such file or directory", 127),
        ("/etc/passwd", "Permission denied", 126),
        ("no\x1b[2Jcommand", "No such file or directory", 127),
    ],
)
def test_a_command_that_cannot_be_run(name, error, status):
    result = run("--", name)
    shown = name.replace("\x1b", "\\x1b")
    assert result.stderr.splitlines()[-1] == f"fdpass: {shown}: {error}"
    assert result.stdout == ""
    assert result.returncode == status


@needs_root
def test_timeout_ends_the_trace():
    trace = Trace("--pid", str(os.getpid()), "--timeout", "1")
    began = time.monotonic()
    code, _, _ = trace.wait()
    assert 0.5 < time.monotonic() - began < 10
    assert code == 0


@needs_root
def test_max_entries_gives_as_many_rows():
    result = run("-o", "json", "--max-entries", "3", "--", *passing(10))
    assert len(rows_of(result.stdout)) == 3
    assert "fdpass: 3 passes: 3 delivered; no events lost" in result.stderr
    assert result.returncode == 0


@needs_root
def test_rows_are_seen_at_once():
    trace = Trace("-o", "json", "--pid", str(os.getpid()))
    left, right = socket.socketpair()
    with left, right, open("/dev/null", encoding="utf-8") as null:
        socket.send_fds(left, [b"x"], [null.fileno()])
        os.close(socket.recv_fds(right, 1, 1)[1][0])
    row = json.loads(trace.process.stdout.readline())
    assert row["outcome"] == "delivered"
    assert trace.process.poll() is None
    assert trace.finish()[0] == 0


@needs_root
def test_what_is_queued_at_the_end_is_pending():
    left, right = socket.socketpair()
    trace = Trace("-o", "json", "--pid", str(os.getpid()))
    with left, right:
        queue_descriptor(left)
        time.sleep(0.5)
        code, stdout, stderr = trace.finish()
    assert [row["outcome"] for row in rows_of(stdout)] == ["pending"]
    assert stderr == "fdpass: 1 pass: 1 pending; no events lost\n"
    assert code == 0


@needs_root
def test_pending_after_tells_a_pass_twice_and_counts_it_once():
    left, right = socket.socketpair()
    trace = Trace("-o", "json", "--pid", str(os.getpid()), "--pending-after", "1")
    with left, right:
        queue_descriptor(left)
        first = json.loads(trace.process.stdout.readline())
        os.close(socket.recv_fds(right, 1, 1)[1][0])
        second = json.loads(trace.process.stdout.readline())
        code, _, stderr = trace.finish()
    assert (first["outcome"], second["outcome"]) == ("pending", "delivered")
    assert first["id"] == second["id"]
    assert stderr == "fdpass: 1 pass: 1 delivered; no events lost\n"
    assert code == 0


def own_comm():
    return pathlib.Path("/proc/self/comm").read_text(encoding="utf-8").rstrip("\n")


@needs_root
@pytest.mark.parametrize(
    "options, shown",
    [
        (lambda pid: ["--pid", f"1,{pid}"], 2),
        (lambda pid: ["--pid", "1"], 0),
        (lambda pid: ["--target_pid", str(pid)], 2),
        (lambda pid: ["--target_pid", "1"], 0),
        (lambda pid: ["--uid", str(os.getuid()), "--pid", str(pid)], 2),
        (lambda pid: ["--uid", "4294967294"], 0),
        (lambda pid: ["--comm", "no such name"], 0),
        (lambda pid: ["--comm", f"no such name,{own_comm()}", "--pid", str(pid)], 2),
        (lambda pid: ["--host", "--pid", str(pid)], 2),
    ],
)
def test_selection(options, shown):
    trace = Trace("-o", "json", *options(os.getpid()))
    left, right = socket.socketpair()
    with left, right, open("/dev/null", encoding="utf-8") as null:
        socket.send_fds(left, [b"x"], [null.fileno(), null.fileno()])
        for descriptor in socket.recv_fds(right, 1, 2)[1]:
            os.close(descriptor)
    code, stdout, _ = trace.finish()
    rows = rows_of(stdout)
    assert len([row for row in rows if row["proc"]["pid"] == os.getpid()]) == shown
    assert code == 0


@needs_root
def test_the_name_is_that_of_the_thread():
    comm = own_comm()
    trace = Trace("-o", "json", "--comm", comm, "--pid", str(os.getpid()))
    left, right = socket.socketpair()
    with left, right:
        queue_descriptor(left)
        os.close(socket.recv_fds(right, 1, 1)[1][0])
    code, stdout, _ = trace.finish()
    assert [row["proc"]["comm"] for row in rows_of(stdout)] == [comm]
    assert code == 0


@needs_root
def test_a_name_may_have_a_comma():
    name = "import pathlib; pathlib.Path('/proc/self/comm').write_text('a,b')\n"
    command = [sys.executable, "-c", name + PASS, "1", "0"]
    shown = run("-o", "json", "--comm", r"x,a\,b", "--", *command)
    assert [row["proc"]["comm"] for row in rows_of(shown.stdout)] == ["a,b"]
    assert rows_of(run("-o", "json", "--comm", "a,b", "--", *command).stdout) == []


@needs_root
def test_closed_standard_streams():
    """None of our own files takes their place, and the command finds them as they were."""
    result = subprocess.run(
        ["sh", "-c", '"$0" >&-', FDPASS], stderr=subprocess.PIPE, encoding="utf-8", check=False
    )
    assert result.stderr.splitlines()[-1] == "fdpass: standard output: Bad file descriptor"
    assert result.returncode == 1
    result = subprocess.run(
        ["sh", "-c", '"$0" -o json -- "$@" <&- 2>&-', FDPASS, *passing(1)],
        stdout=subprocess.PIPE, encoding="utf-8", check=False,
    )
    assert len(rows_of(result.stdout)) == 1
    assert result.returncode == 0
    result = subprocess.run(
        ["sh", "-c", '"$0" -o json -- ls /proc/self/fd <&- 2>&-', FDPASS],
        stdout=subprocess.PIPE, encoding="utf-8", check=False,
    )
    plain = subprocess.run(
        ["sh", "-c", "exec ls /proc/self/fd <&- 2>&-"],
        stdout=subprocess.PIPE, encoding="utf-8", check=False,
    )
    assert result.stdout == plain.stdout


@needs_root
def test_a_pipe_is_not_coloured_unless_asked():
    for when, coloured in (("auto", False), ("never", False), ("always", True)):
        result = run("--color", when, "--", *passing(1))
        assert ("\x1b[" in result.stdout) == coloured
