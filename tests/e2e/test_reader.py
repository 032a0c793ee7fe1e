# SPDX-License-Identifier: GPL-2.0-or-later
"""Whoever reads the rows: one that is slow, stopped or gone, and the file of --to."""

import fcntl
import os
import pathlib
import pty
import re
import signal
import subprocess
import sys
import time

import pytest

from program import (
    DEADLINE_S,
    ENVIRONMENT,
    FDPASS,
    PASS,
    Trace,
    needs_root,
    passing,
    rows_of,
    run,
)

# More than a pipe or a terminal holds.
MANY = 1000
# How long a reader may take nothing, and what detaching takes on a busy machine.
STUCK_S = 1
SOON_S = 10


def unwritten_in(messages):
    match = re.search(r"(\d+) pass(?:es)?: .*, (\d+) rows not written$", messages, re.MULTILINE)
    assert match, messages
    return int(match[1]), int(match[2])


def assert_counted(read, messages):
    """Each row is there, whole, or counted. One that is longer than PIPE_BUF can be cut at the end."""
    passes, unwritten = unwritten_in(messages)
    assert 0 < unwritten < passes
    assert len(rows_of(read[:read.rfind("\n")])) == passes - unwritten


class StuckReader:
    """fdpass with a pipe that nobody reads before it has ended, while MANY passes are made."""

    def __init__(self, *arguments, command=(), **options):
        self.read_end, write_end = os.pipe()
        self.trace = Trace("-o", "json", *arguments, *command, stdout=write_end, **options)
        os.close(write_end)

    def wait(self):
        code, _, messages = self.trace.wait()
        with open(self.read_end, encoding="utf-8") as stream:
            return code, stream.read(), messages


def traced_passing():
    """A process that is traced by its pid makes its passes when it is told to."""
    script = "import sys; sys.stdin.readline()\n" + PASS
    return subprocess.Popen(
        [sys.executable, "-c", script, str(MANY), "0"], stdin=subprocess.PIPE, encoding="utf-8"
    )


def pass_many(process):
    process.communicate("go\n", timeout=DEADLINE_S)
    time.sleep(0.5)


@needs_root
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_whatever_the_reader_does(number):
    process = traced_passing()
    stuck = StuckReader(
        "--pid", str(process.pid), preexec_fn=lambda: signal.signal(number, signal.SIG_DFL)
    )
    pass_many(process)
    began = time.monotonic()
    stuck.trace.process.send_signal(number)
    code, read, messages = stuck.wait()
    assert time.monotonic() - began < SOON_S
    assert unwritten_in(messages)[0] == MANY
    assert_counted(read, messages)
    assert code == 3


@needs_root
def test_a_second_signal_does_not_wait_for_the_reader():
    process = traced_passing()
    stuck = StuckReader("--pid", str(process.pid))
    pass_many(process)
    began = time.monotonic()
    stuck.trace.process.send_signal(signal.SIGTERM)
    time.sleep(0.2)
    stuck.trace.process.send_signal(signal.SIGTERM)
    summary = stuck.trace.read_line()
    assert time.monotonic() - began < STUCK_S
    code, read, _ = stuck.wait()
    assert_counted(read, summary)
    assert code == 3


@needs_root
def test_the_timeout_ends_it_whatever_the_reader_does():
    process = traced_passing()
    stuck = StuckReader("--pid", str(process.pid), "--timeout", "3")
    pass_many(process)
    code, read, messages = stuck.wait()
    assert_counted(read, messages)
    assert code == 3


@needs_root
def test_the_last_row_ends_it_whatever_the_reader_does():
    process = traced_passing()
    stuck = StuckReader("--pid", str(process.pid), "--max-entries", str(MANY // 2))
    pass_many(process)
    code, read, messages = stuck.wait()
    assert unwritten_in(messages)[0] == MANY // 2
    assert_counted(read, messages)
    assert code == 3


@needs_root
def test_the_commands_end_ends_it_whatever_the_reader_does():
    stuck = StuckReader(command=("--", *passing(MANY)))
    code, read, messages = stuck.wait()
    assert_counted(read, messages)
    assert code == 0  # the command's


@needs_root
def test_a_slow_reader_gets_everything():
    process = traced_passing()
    trace = Trace("-o", "json", "--pid", str(process.pid))
    pass_many(process)
    trace.process.send_signal(signal.SIGTERM)
    read = b""
    while more := os.read(trace.process.stdout.fileno(), 4096):
        read += more
        time.sleep(0.005)
    code, _, messages = trace.wait()
    assert len(rows_of(read.decode())) == MANY
    assert messages.splitlines()[-1].endswith("; no events lost")
    assert code == 0


@needs_root
def test_messages_that_nobody_reads_hold_nothing_up():
    process = traced_passing()
    with subprocess.Popen(
        [FDPASS, "-o", "json", "--pid", str(process.pid)],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=ENVIRONMENT,
    ) as trace:
        while b"tracing with" not in trace.stdout.raw.read(4096):
            pass
        pass_many(process)
        trace.send_signal(signal.SIGTERM)
        assert trace.wait(timeout=SOON_S) == 3


@needs_root
def test_a_terminal_that_nobody_reads():
    """It is ended all the same, and what the shell shares with it is left as it was."""
    process = traced_passing()
    ours, terminal = pty.openpty()
    flags = fcntl.fcntl(terminal, fcntl.F_GETFL)
    trace = Trace("-o", "json", "--pid", str(process.pid), stdout=terminal)
    assert fcntl.fcntl(terminal, fcntl.F_GETFL) == flags
    pass_many(process)
    code, _, messages = trace.finish()
    passes, unwritten = unwritten_in(messages)
    assert 0 < unwritten <= passes == MANY
    assert fcntl.fcntl(terminal, fcntl.F_GETFL) == flags
    assert code == 3
    os.close(ours)
    os.close(terminal)


@needs_root
def test_rows_that_wait_are_bounded(tmp_path):
    """Names of 4 KB: 64 MiB are full of 16,000 rows."""
    path = tmp_path
    while len(str(path)) < 3800:
        path = path / ("x" * min(250, 4000 - len(str(path))))
    folder = os.open(tmp_path, os.O_PATH)
    for part in path.relative_to(tmp_path).parts:
        os.mkdir(part, dir_fd=folder)
        folder = os.open(part, os.O_PATH, dir_fd=folder)
    script = PASS.replace("/dev/null", str(path))
    stuck = StuckReader("--comm", "long-names", "--timeout", str(DEADLINE_S))
    with subprocess.Popen(
        [sys.executable, "-c", f"open('/proc/self/comm', 'w').write('long-names')\n{script}",
         "1000000", "0"],
    ) as process:
        while (line := stuck.trace.read_line()) != (
            "fdpass: rows are left out, since they are read too slowly; the end tells how many\n"
        ):
            assert line == "fdpass: events are being lost; the end tells how many, and why\n"
        process.kill()
    status = pathlib.Path(f"/proc/{stuck.trace.process.pid}/status").read_text(encoding="utf-8")
    peak = int(re.search(r"RssAnon:\s+(\d+) kB", status)[1])
    assert peak < 160 << 10
    stuck.trace.process.send_signal(signal.SIGTERM)
    _, read, messages = stuck.wait()
    assert_counted(read, messages)


# The end of whoever reads


@needs_root
def test_a_reader_that_goes_ends_it_quietly():
    trace = Trace("--pid", str(os.getpid()))
    trace.process.stdout.close()
    trace.process.wait(timeout=DEADLINE_S)
    assert trace.process.stderr.read() == ""
    assert trace.process.returncode == 0


@needs_root
def test_a_full_disk_is_told():
    with open("/dev/full", "w", encoding="utf-8") as full:
        trace = Trace("--pid", str(os.getpid()), stdout=full)
        code, _, stderr = trace.wait()
    assert stderr.splitlines()[-1] == "fdpass: standard output: No space left on device"
    assert code == 1

# --to


def has_not_run(result, message, status):
    assert result.stderr == f"fdpass: {message}\n"
    assert result.stdout == ""
    assert result.returncode == status


@needs_root
def test_rows_go_to_a_file(tmp_path):
    file = tmp_path / "rows"
    file.write_text("what was there before", encoding="utf-8")
    result = run("-o", "json", "--to", str(file), "--", "sh", "-c", '"$@" && echo out', "sh",
                 *passing(3))
    assert [row["outcome"] for row in rows_of(file.read_text())] == ["delivered"] * 3
    assert result.stdout == "out\n"
    assert result.returncode == 0


@needs_root
@pytest.mark.parametrize("umask, mode", [(0o022, 0o644), (0o077, 0o600)])
def test_the_file_is_made_as_the_umask_says(umask, mode, tmp_path):
    assert run("--to", "rows", "--", "true", cwd=tmp_path, umask=umask).returncode == 0
    assert (tmp_path / "rows").stat().st_mode & 0o777 == mode


@needs_root
def test_a_file_that_cannot_be_opened(tmp_path):
    has_not_run(run("--to", "no/rows", cwd=tmp_path),
                "--to: 'no/rows': No such file or directory", 1)
    has_not_run(run("--to", ".", "--", "true", cwd=tmp_path), "--to: '.': Is a directory", 1)
    has_not_run(run("--to", "\x1b/x", cwd=tmp_path),
                "--to: '\\x1b/x': No such file or directory", 1)


@needs_root
def test_nothing_is_made_for_whoever_may_not_trace(tmp_path):
    tmp_path.chmod(0o777)
    assert run("--to", "rows", cwd=tmp_path, user=65534, group=65534).returncode == 1
    assert not (tmp_path / "rows").exists()


@needs_root
def test_a_full_disk_is_told_by_the_files_name():
    result = run("--to", "/dev/full", "--", *passing(1))
    assert result.stderr.splitlines()[-1] == "fdpass: --to: '/dev/full': No space left on device"
    assert result.returncode == 1


@needs_root
def test_a_reader_of_standard_output_that_goes_does_not_end_a_file(tmp_path):
    trace = Trace("-o", "json", "--to", str(tmp_path / "rows"), "--pid", str(os.getpid()))
    trace.process.stdout.close()
    time.sleep(0.3)
    assert trace.process.poll() is None
    trace.process.send_signal(signal.SIGTERM)
    assert trace.process.wait(timeout=DEADLINE_S) == 0
