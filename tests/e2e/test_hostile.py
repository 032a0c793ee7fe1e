# SPDX-License-Identifier: GPL-2.0-or-later
"""What programs that overwhelm a trace cost the tracer: processor, memory, its end, and rows.

An ordinary user queues as much as it may (workload mass/*), or passes descriptors as fast as the
machine can (workload rush). FDPASS_BUILD names the folder of the build (default: build); FDPASS_WAYS
the ways to try, with commas (default: tracepoint, which every kernel has).
"""

import bisect
import json
import os
import pathlib
import re
import signal
import subprocess
import time

import pytest

import compare

HERE = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path(os.environ.get("FDPASS_BUILD", HERE.parent.parent / "build")).resolve()
WAYS = os.environ.get("FDPASS_WAYS", "tracepoint").split(",")
WORKLOAD = BUILD / "tests/workload/workload"
DEADLINE_S = 120

# What may come of it: part of one processor, growth of the resident memory, time until the end.
PROCESSOR_MOST = 0.25
END_MOST_S = 1.0
MIB = 1 << 20
# 15,000 and 8,000 messages; 20,240 descriptors of one file, whose path is 4 KB.
MASSES = {"to-name": 64 * MIB, "in-socket": 40 * MIB, "long-paths": 40 * MIB}

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="tracing is root's")


class Tracer:
    """fdpass with its rows in a file, from when it says that it traces."""

    def __init__(self, folder, way, *options):
        self.rows_path, self.messages_path = folder / "rows", folder / "messages"
        with open(self.rows_path, "wb") as rows, open(self.messages_path, "wb") as messages:
            self.process = subprocess.Popen(
                [BUILD / "src/fdpass", "--attach", way, "--system-calls", "-o", "json", *options],
                stdin=subprocess.DEVNULL, stdout=rows, stderr=messages)
        deadline = time.monotonic() + DEADLINE_S
        while "tracing with" not in self.messages():
            assert self.process.poll() is None and time.monotonic() < deadline, self.messages()
            time.sleep(0.05)

    def messages(self):
        return self.messages_path.read_text("utf-8")

    def rows(self):
        with open(self.rows_path, encoding="utf-8") as rows:
            return [compare.flatten(json.loads(line)) for line in rows]

    def lost(self):
        return compare.lost_events(self.messages())

    def resident(self):
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text("ascii")
        return next(int(line.split()[1]) * 1024 for line in text.splitlines()
                    if line.startswith("VmRSS:"))

    def processor_seconds(self):
        stat = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text("ascii")
        user, system = stat.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def signal(self, number):
        self.process.send_signal(number)

    def end(self):
        """Interrupt it. Returns how long it took to end."""
        begin = time.monotonic()
        self.signal(signal.SIGTERM)
        self.process.wait(DEADLINE_S)
        return time.monotonic() - begin


@pytest.fixture(name="start", params=WAYS)
def fixture_start(request, tmp_path):
    """A function that starts a tracer in a way; none outlives the test."""
    tracers = []

    def start(*options):
        tracers.append(Tracer(tmp_path, request.param, *options))
        return tracers[-1]

    yield start
    for tracer in tracers:
        if tracer.process.poll() is None:
            tracer.process.kill()
            tracer.process.wait()


class Mass:
    """The workload with a scenario that queues a lot, and goes on when it is told."""

    def __init__(self, name, truth):
        self.process = subprocess.Popen(
            [WORKLOAD, "--truth", truth, f"mass/{name}"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="ascii")

    def wait_for(self, word):
        assert self.process.stdout.readline() == word + "\n"

    def go_on(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def end(self):
        self.go_on()
        assert self.process.wait(DEADLINE_S) == 0

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


def measure_mass(tracer, mass):
    """While all is queued: growth of memory, part of a processor; and then the time to end."""
    before = tracer.resident()
    mass.wait_for("queued")
    time.sleep(1)
    used = tracer.processor_seconds()
    time.sleep(2)
    used = (tracer.processor_seconds() - used) / 2
    grown = tracer.resident() - before
    mass.go_on()
    mass.wait_for("held")
    time.sleep(0.5)
    return grown, used, tracer.end()


@pytest.mark.parametrize("name", MASSES)
def test_mass(start, tmp_path, name):
    tracer = start()
    mass = Mass(name, tmp_path / "truth")
    try:
        grown, used, ended = measure_mass(tracer, mass)
        mass.end()
    finally:
        mass.close()
    verdict = compare.compare(
        compare.read_truth(tmp_path / "truth"), tracer.rows(), "", "native", lost=tracer.lost())
    problems = verdict["scenarios"][f"mass/{name}"]["problems"][:10]
    if used > PROCESSOR_MOST:
        problems.append(f"it used {used:.0%} of a processor while nothing happened")
    if grown > MASSES[name]:
        problems.append(f"its memory grew by {grown / MIB:.0f} MiB")
    if ended > END_MOST_S:
        problems.append(f"it took {ended:.1f} s to end")
    if tracer.lost() != 0:
        problems.append(tracer.messages().splitlines()[-1])
    assert not problems, "\n".join(problems)


def test_mass_without_memory(start, tmp_path):
    """What falls out for lack of memory is told, with an unknown outcome, and counted as that."""
    tracer = start("--max-memory", "1M")
    mass = Mass("in-socket", tmp_path / "truth")
    try:
        mass.wait_for("queued")
        time.sleep(0.5)
        mass.go_on()
        mass.wait_for("held")
        time.sleep(0.5)
        tracer.end()
        mass.end()
    finally:
        mass.close()
    match = re.search(r", (\d+) passes given up: they need more memory, see --max-memory",
                      tracer.messages())
    assert match, tracer.messages()
    assert sum("outcome" not in row for row in tracer.rows()) >= int(match[1])


class Rush:
    """Pairs at full speed, and what they tell: how many each had sent by when."""

    def __init__(self, pairs, seconds):
        self.process = subprocess.Popen(
            [WORKLOAD, "rush", str(pairs), str(seconds)], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, encoding="ascii")
        self.marks = {}

    def end(self):
        output, _ = self.process.communicate(timeout=DEADLINE_S)
        assert self.process.returncode == 0
        for line in output.splitlines():
            mark = json.loads(line)
            self.marks.setdefault(mark["pid"], []).append((mark["realtime"], mark["sent"]))

    def sent(self):
        return sum(marks[-1][1] for marks in self.marks.values())


FIELDS = ("--fields", "timestamp,proc.pid,receiver.pid,outcome")


def is_whole(row):
    return "proc.pid" in row and "receiver.pid" in row and row.get("outcome") == "delivered"


def of_rush(rush, rows):
    """Its rows: others pass descriptors on the machine as well."""
    receivers = {row["receiver.pid"] for row in rows
                 if row.get("proc.pid") in rush.marks and "receiver.pid" in row}
    return [row for row in rows
            if row.get("proc.pid") in rush.marks or row.get("receiver.pid") in receivers]


def test_four_pairs(start):
    """They lose nothing with the default ring buffer."""
    tracer = start(*FIELDS)
    rush = Rush(4, 3)
    rush.end()
    time.sleep(1)
    tracer.end()
    rows = of_rush(rush, tracer.rows())
    told = sum(map(is_whole, rows))
    assert (tracer.lost(), told, len(rows)) == (0, rush.sent(), rush.sent())


def test_stopped_for_a_second(start):
    """What was lost meanwhile is counted; and nothing is lost after it."""
    tracer = start(*FIELDS)
    rush = Rush(1, 7)
    time.sleep(1)
    tracer.signal(signal.SIGSTOP)
    time.sleep(1)
    tracer.signal(signal.SIGCONT)
    recovered = time.time_ns() + 2_000_000_000
    rush.end()
    time.sleep(1)
    tracer.end()

    rows = of_rush(rush, tracer.rows())
    told = sum(("proc.pid" in row) + ("receiver.pid" in row) for row in rows)
    assert told + tracer.lost() == 2 * rush.sent()
    (marks,) = rush.marks.values()
    first = marks[bisect.bisect_left(marks, (recovered, 0))]
    whole = sum(first[0] <= compare.nanoseconds(row["timestamp"]) <= marks[-1][0]
                for row in rows if is_whole(row))
    assert whole == marks[-1][1] - first[1], tracer.messages()
