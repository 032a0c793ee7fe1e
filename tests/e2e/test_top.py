# SPDX-License-Identifier: GPL-2.0-or-later
"""fdpass top: what it sums up against what was passed, and the terminal that it is shown on."""

import collections
import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest

from program import DEADLINE_S, FDPASS, Trace, needs_root, python, rows_of, run
from terminal import Terminal

pytestmark = needs_root

# How it ends on a terminal: 3 says that events were lost, as what others do beside these tests can be.
ENDED = (0, 3)

# Waits for a line; then sends messages of 1 to 3 descriptors of three types, of which every tenth is read without
# them, for as many seconds as argv[1] says. Writes down what it did, and how long each message took at least
# and at most.
PASSING = """
import json, os, socket, sys, time
left, right = socket.socketpair()
files = [os.open("/dev/null", os.O_RDONLY), os.open("/etc/passwd", os.O_RDONLY), os.memfd_create("m")]
truth = {"passes": 0, "messages": 0, "lost": 0, "chr": 0, "reg": 0, "memfd": 0}
least, most = [], []
sys.stdin.readline()
end = time.monotonic() + float(sys.argv[1])
while time.monotonic() < end:
    count = 1 + truth["messages"] % 3
    before = time.monotonic_ns()
    socket.send_fds(left, [b"x"], files[:count])
    sent = time.monotonic_ns()
    time.sleep(0.002)
    receive = time.monotonic_ns()
    if truth["messages"] % 10 == 9:
        right.recv(1)
        truth["lost"] += count
    else:
        for fd in socket.recv_fds(right, 1, 3)[1]:
            os.close(fd)
        least.append(receive - sent)
        most.append(time.monotonic_ns() - before)
    truth["messages"] += 1
    truth["passes"] += count
    for kind in ("chr", "reg", "memfd")[:count]:
        truth[kind] += 1
print(json.dumps({**truth, "least": sorted(least), "most": sorted(most)}), flush=True)
"""

# Queues argv[1] descriptors; receives one at each line.
QUEUE = """
import os, socket, sys
left, right = socket.socketpair()
null = os.open("/dev/null", os.O_RDONLY)
for _ in range(int(sys.argv[1])):
    socket.send_fds(left, [b"x"], [null])
print("queued", flush=True)
for _ in sys.stdin:
    socket.recv_fds(right, 1, 1)
    print("received", flush=True)
"""

# Passes a descriptor over each of argv[1] sockets, when it is told to.
SOCKETS = """
import os, socket, sys
null = os.open("/dev/null", os.O_RDONLY)
sys.stdin.readline()
for _ in range(int(sys.argv[1])):
    left, right = socket.socketpair()
    socket.send_fds(left, [b"x"], [null])
    os.close(socket.recv_fds(right, 1, 1)[1][0])
    left.close()
    right.close()
print("passed", flush=True)
"""

# Passes a few descriptors a second, under the name argv[1], until its standard input ends.
SLOWLY = """
import os, select, socket, sys
with open("/proc/self/comm", "wb") as comm:
    comm.write(os.fsencode(sys.argv[1]))
left, right = socket.socketpair()
null = os.open("/dev/null", os.O_RDONLY)
print("ready", flush=True)
while not select.select([sys.stdin], [], [], 0.02)[0]:
    socket.send_fds(left, [b"x"], [null])
    os.close(socket.recv_fds(right, 1, 1)[1][0])
"""


def total(rows, name):
    return sum(row[name] for row in rows)


def pass_along(*arguments, seconds=3):
    """The rows of a trace, and what was passed while it ran."""
    with python(PASSING, str(seconds)) as program:
        trace = Trace("top", "-o", "json", "--pid", str(program.pid), *arguments)
        program.go_on()
        truth = json.loads(program.line())
        status, output, messages = trace.finish()
        assert (status, "no events lost" in messages) == (0, True), messages
    return rows_of(output), truth, program.pid


# Sums


@pytest.mark.parametrize("by", ["pair", "comm", "socket", "container"])
def test_totals(by):
    rows, truth, pid = pass_along("--by", by)
    assert len({row["report"] for row in rows}) == len(rows) >= 3
    for name in ("passes", "lost"):
        assert total(rows, name) == truth[name]
    assert total(rows, "messages_passed") == truth["messages"]
    assert total(rows, "failed") == 0
    assert all(("proc" in row and row["proc"].get("pid") == pid) == (by == "pair") for row in rows)
    assert all("file" not in row and "id" not in row and "outcome" not in row for row in rows)


def test_totals_of_types():
    rows, truth, _ = pass_along("--by", "file_type")
    sums = collections.Counter()
    for row in rows:
        sums[row["file_type"]] += row["passes"]
    assert sums == {name: truth[name] for name in ("chr", "reg", "memfd")}
    # Each message has a device.
    assert total([row for row in rows if row["file_type"] == "chr"], "messages_passed") == truth["messages"]


def test_totals_of_what_a_filter_lets_through():
    rows, truth, _ = pass_along("--filter", "file_type==memfd")
    assert total(rows, "passes") == truth["memfd"]


def test_latencies():
    """The program's own clock, before and after its calls, has the kernel's in between."""
    rows, truth, _ = pass_along("--interval", "60")
    (row,) = rows
    for percent in (50, 99):
        told = row[f"latency_p{percent}_ns"]
        place = -(-len(truth["least"]) * percent // 100) - 1
        # Passes and messages have not the very same ranks: one of 1 to 3 descriptors counts so often.
        assert truth["least"][max(place - len(truth["least"]) // 2, 0)] <= told
        assert told <= truth["most"][-1] * 17 / 16
    assert row["latency_p50_ns"] <= row["latency_p99_ns"]
    assert re.fullmatch(r"\d+(\.\d)?ms", row["latency_p50"])


def test_rates_are_counts_in_the_interval():
    rows, truth, _ = pass_along("--interval", "60")
    (row,) = rows
    assert row["passes"] == truth["passes"]
    # It ran for three seconds of the interval, which lasted until it was told to end.
    assert 0 < row["passes_per_s"] <= row["passes"] / 3


def test_in_flight():
    with python(QUEUE, "5") as program:
        trace = Trace("top", "-o", "json", "--pid", str(program.pid))
        status, output, _ = trace.finish()
        assert (status, output) == (0, "")  # queued before the trace began: no sender is known
    with python("import sys; sys.stdin.readline()\n" + QUEUE, "5") as program:
        trace = Trace("top", "-o", "json", "--pid", str(program.pid))
        program.go_on()
        assert program.line() == "queued"
        time.sleep(2.5)
        program.go_on()
        assert program.line() == "received"
        time.sleep(1.5)
        status, output, messages = trace.finish()
    rows = rows_of(output)
    assert status == 0, messages
    assert [row["in_flight"] for row in rows if row["in_flight"] not in (0, 5, 4)] == []
    assert {5, 4} <= {row["in_flight"] for row in rows}
    assert total(rows, "passes") == 1
    # Who has the receiving socket open is the receiver.
    assert {row["receiver"]["pid"] for row in rows} == {program.pid}
    assert messages.endswith("fdpass: 5 passes: 1 delivered, 4 pending; no events lost\n")


def test_a_flood_of_sockets():
    """More of them at once than rows: the largest are shown, the others counted, and all of it is there."""
    count = 20000
    with python(SOCKETS, str(count)) as program:
        trace = Trace("top", "-o", "json", "--pid", str(program.pid), "--by", "socket", "--interval", "600",
                      "--buffer-size", "64M")
        before = memory_of(trace.process.pid)
        program.go_on()
    time.sleep(1)
    grown = memory_of(trace.process.pid) - before
    status, output, messages = trace.finish()
    rows = rows_of(output)
    assert status == 0, messages
    fallen, passes = map(int, re.search(
        r"; (\d+) rows fell out: more than 1024 at once, (\d+) passes;", messages).groups())
    assert 512 <= len(rows) <= 1024
    assert len(rows) + fallen == count
    assert total(rows, "passes") + passes == count
    assert f"fdpass: {count} passes: {count} delivered" in messages
    # The ring buffer's pages are counted when they are touched.
    assert grown < (64 + 16) << 10


def memory_of(pid):
    """Its resident memory, in KiB."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1])


# Without a terminal


def test_a_table_each_interval():
    with python(SLOWLY, "slowly") as program:
        assert program.line() == "ready"
        trace = Trace("top", "--comm", "slowly", "--count", "3")
        status, output, messages = trace.wait()
    header, *lines = output.splitlines()
    assert status == 0, messages
    assert header.split() == ["REPORT", "COMM", "PID", "RECEIVER.COMM", "RECEIVER.PID", "PASSES/S", "LOST/S",
                              "FLIGHT", "P50", "P99", "MSGS/S"]
    assert [line.split()[:5] for line in lines] == [
        [str(report), "slowly", str(program.pid), "slowly", str(program.pid)] for report in (1, 2, 3)]


def test_sorted():
    with python(SLOWLY, "slowly") as slowly, python(PASSING, "3") as fast:
        assert slowly.line() == "ready"
        trace = Trace("top", "-o", "json", "--pid", f"{slowly.pid},{fast.pid}", "--sort", "p50",
                      "--interval", "2", "--count", "1")
        fast.go_on()
        status, output, _ = trace.wait()
    rows = rows_of(output)
    assert status == 0
    assert [row["proc"]["pid"] for row in rows] == [fast.pid, slowly.pid]
    assert rows[0]["latency_p50_ns"] > rows[1]["latency_p50_ns"]


def test_the_reader_goes():
    with python(SLOWLY, "slowly") as program:
        assert program.line() == "ready"
        shell = f'"{FDPASS}" top --comm slowly; echo "ended: $?" >&2'
        done = subprocess.run(["sh", "-c", f"({shell}) | head -n 2"], capture_output=True, text=True,
                              timeout=DEADLINE_S, check=True)
    assert len(done.stdout.splitlines()) == 2
    assert done.stderr.splitlines()[-1] == "ended: 0"


# On a terminal


@pytest.fixture(name="slowly")
def fixture_slowly():
    with python(SLOWLY, "slowly") as program:
        assert program.line() == "ready"
        yield program


def top(*arguments, **options):
    return Terminal(FDPASS, "top", *arguments, **options)


def test_the_screen(slowly):
    with top("--comm", "slowly", columns=120) as terminal:
        found = terminal.wait_for(r"^slowly +(\d+) +slowly +(\d+) +(\d+) ")
        assert (found[1], found[2]) == (str(slowly.pid), str(slowly.pid))
        assert 1 <= int(found[3]) <= 50
        lines = terminal.screen.text().splitlines()
        assert re.match(r"fdpass top by pair, sorted by passes: \d+ passes/s, \d+ messages/s, 0 lost/s, ", lines[0])
        assert re.match(r"h: help; (no|\d+) events? lost", lines[1])
        assert lines[2].split()[0] == "COMM"  # and not the number of the report
        terminal.press("q")
        assert terminal.end() in ENDED
        assert terminal.is_as_it_was()
        terminal.wait_for(r"fdpass: \d+ passes: \d+ delivered")


def test_keys(slowly):
    with top("--pid", str(slowly.pid)) as terminal:
        terminal.wait_for("^slowly")
        for order in ("messages", "lost", "in_flight", "p50", "p99", "passes"):
            terminal.press("s")
            terminal.wait_for(f"sorted by {order}:")
        terminal.press("h")
        terminal.wait_for("sort by the next number")
        assert "slowly" not in terminal.screen.text()
        terminal.press("h")
        terminal.wait_for("^slowly")
        terminal.press("x\x1b[Zy")  # nothing
        terminal.press("q")
        assert terminal.end() in ENDED


def test_pause(slowly):
    with top("--pid", str(slowly.pid)) as terminal:
        terminal.wait_for("^slowly")
        terminal.press("p")
        terminal.wait_for("sorted by passes, PAUSED")
        shown = terminal.screen.text()
        for _ in range(25):
            terminal.read(0.1)
        assert terminal.screen.text() == shown
        terminal.press("p")
        terminal.wait_for("sorted by passes:")
        terminal.press("\x03")
        assert terminal.end() in ENDED


def test_filter(slowly):
    with top("--pid", str(slowly.pid)) as terminal:
        terminal.wait_for("^slowly")
        terminal.press("/proc.comm==nobodx\by\r")
        terminal.wait_for("filter: proc.comm==nobody$")
        terminal.wait_for("sorted by passes: 0 passes/s")
        assert "\nslowly" not in terminal.screen.text()
        terminal.press("/proc.com~s\r")
        terminal.wait_for("filter: there is no field 'proc.com'; did you mean 'proc.comm'?")
        terminal.press("/file~null$\r")
        terminal.wait_for(r"filter: file~null\$$")
        terminal.wait_for("^slowly")
        terminal.press("/typed")
        terminal.wait_for("^/typed_$")
        terminal.press("\x1b")  # and it stays as it was
        terminal.wait_for(r"filter: file~null\$$")
        terminal.press("/\r")
        terminal.wait_for(r"^h: help; [^:]* lost[^:]*$")
        terminal.press("q")
        assert terminal.end() in ENDED


def test_scrolling():
    with python(SOCKETS, "200") as program:
        with top("--pid", str(program.pid), "--by", "socket", "--interval", "600", lines=10) as terminal:
            terminal.wait_for("^RECEIVER.S")
            terminal.press("p")
            terminal.wait_for("PAUSED")
            program.go_on()
            assert program.line() == "passed"
            time.sleep(1)  # until it has been told
            terminal.press("p")  # what there was since then is shown at once
            terminal.wait_for(r"(\n +\d+ +- .*){7}")
            first = terminal.screen.text().splitlines()
            terminal.press("\x1bOB")
            terminal.wait_for(re.escape(first[2]) + r"\n" + re.escape(first[4]))
            second = terminal.screen.text().splitlines()
            assert second[3:9] == first[4:10]
            terminal.press("\x1bOA")
            terminal.wait_for(re.escape(first[2]) + r"\n" + re.escape(first[3]))
            assert terminal.screen.text().splitlines() == first
            terminal.press("q")
            assert terminal.end() in ENDED


@pytest.mark.parametrize(("columns", "lines"), [(20, 10), (1, 1), (300, 3)])
def test_small_terminals(slowly, columns, lines):
    with top("--pid", str(slowly.pid), columns=columns, lines=lines) as terminal:
        terminal.wait_for("^f")
        time.sleep(1.5)
        terminal.press("s\x1bOBh")
        terminal.read(0.5)
        assert terminal.process.poll() is None
        assert all(len(line) <= columns for line in terminal.screen.text().splitlines())
        terminal.press("q")
        assert terminal.end() in ENDED


def test_another_size(slowly):
    with top("--pid", str(slowly.pid)) as terminal:
        terminal.wait_for("^slowly")
        terminal.set_size(40, 12)
        terminal.wait_for("^slowly")
        assert terminal.screen.text().splitlines()[0].startswith("fdpass top by pair, sorted by passes: ")
        terminal.set_size(120, 30)
        terminal.wait_for("in flight$")
        terminal.press("q")
        assert terminal.end() in ENDED


def test_names_are_escaped():
    with python(SLOWLY, "\x1b[2J\x07x") as program:
        assert program.line() == "ready"
        with top("--pid", str(program.pid), columns=150) as terminal:
            terminal.wait_for(r"^\\x1b\[2J\\ax ")
            terminal.press("/proc.comm==\x9b\x07\r")
            terminal.wait_for(r"filter: proc.comm==\\u009b$")
            terminal.press("q")
            assert terminal.end() in ENDED


def test_a_job_that_is_stopped(slowly):
    """Ctrl-Z and fg, in a shell."""
    with Terminal("bash", "--norc", "--noprofile", "-i") as terminal:
        terminal.wait_for(r"[$#] ?$")
        terminal.press(f"{FDPASS} top --pid {slowly.pid}\r")
        terminal.wait_for("^slowly")
        terminal.press("\x1a")
        terminal.wait_for(r"Stopped .*fdpass")
        terminal.screen.clear()
        terminal.press("fg\r")
        terminal.wait_for("^slowly")
        terminal.press("q")
        terminal.wait_for(r"fdpass: \d+ passes")
        terminal.press("echo status $?\r")
        terminal.wait_for("^status [03]$")
        terminal.press("exit\r")
        assert terminal.end() in ENDED


def test_stopped_from_elsewhere(slowly):
    with top("--pid", str(slowly.pid)) as terminal:
        terminal.wait_for("^slowly")
        terminal.process.send_signal(signal.SIGSTOP)
        os.waitpid(terminal.process.pid, os.WUNTRACED)
        terminal.screen.clear()
        terminal.process.send_signal(signal.SIGCONT)
        terminal.wait_for("^fdpass top by pair")
        terminal.wait_for("^slowly")
        terminal.press("q")
        assert terminal.end() in ENDED


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGQUIT])
def test_signals_end_it(slowly, number):
    with top("--pid", str(slowly.pid)) as terminal:
        terminal.wait_for("^slowly")
        terminal.process.send_signal(number)
        assert terminal.end() in ENDED
        assert terminal.is_as_it_was()


def test_the_terminal_goes_away(slowly):
    with top("--pid", str(slowly.pid)) as terminal:
        terminal.wait_for("^slowly")
        terminal.hang_up()
        assert terminal.process.wait(timeout=DEADLINE_S) in ENDED


@pytest.mark.parametrize("term", [None, "", "no-such-terminal", "dumb"])
def test_a_terminal_of_which_nothing_is_known(slowly, term):
    with top("--pid", str(slowly.pid), "--count", "1", term=term, columns=130) as terminal:
        terminal.wait_for(f"^fdpass: nothing is known of a terminal '{term or ''}' \\(\\$TERM\\): "
                          "a table is printed instead")
        terminal.wait_for("^REPORT COMM ")
        terminal.wait_for("^ +1 slowly ")
        assert terminal.end() in ENDED


def test_other_outputs_are_not_for_a_screen(slowly):
    with top("--pid", str(slowly.pid), "--count", "1", "-o", "json", columns=2000) as terminal:
        terminal.wait_for('^{"proc":{"comm":"slowly"')
        assert terminal.end() in ENDED


@pytest.mark.parametrize(("arguments", "message"), [
    (["--by", "user"], "--by: 'user' is none of pair, comm, container, socket, file_type"),
    (["--sort", "pid"], "--sort: 'pid' is none of passes, messages, lost, in_flight, p50, p99; "
     "did you mean 'p50'?"),
    (["--count", "0"], "--count: '0' is not a number of reports (1 to 2147483647)"),
    (["--interval", "0"], "--interval: '0' is not a whole number of seconds (1 to 2147483647)"),
    (["--fields", "still_open"], "--fields: 'still_open' is not a field of fdpass top"),
    (["--filter", "passes>3"], "--filter: 'passes' is known of rows, and fdpass top chooses passes"),
    (["--", "true"], "fdpass top runs no command: 'true' is too much"),
])
def test_wrong_usage(arguments, message):
    done = run("top", *arguments)
    assert (done.returncode, done.stderr) == (2, f"fdpass: {message}\n")
