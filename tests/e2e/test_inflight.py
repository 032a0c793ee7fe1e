# SPDX-License-Identifier: GPL-2.0-or-later
"""What lies in queues now, as fdpass inflight tells it, against what was put there."""

import os
import pathlib
import socket
import subprocess
import sys
import time

import pytest

from program import ENVIRONMENT, FDPASS, needs_root, queue_descriptor, rows_of, run
from queued import check

# Python has no name for it.
SO_TIMESTAMP = 29
QUEUED = FDPASS.parents[1] / "tests/workload/queued"

pytestmark = needs_root


@pytest.fixture(name="pair")
def fixture_pair():
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def inode(sock):
    return os.fstat(sock.fileno()).st_ino


def look(*options):
    done = run("inflight", *options)
    assert done.returncode == 0, done.stderr
    return done


def own_rows(sock, *options):
    return rows_of(look("-o", "json", "-F", f"receiver.socket_ino=={inode(sock)}", *options).stdout)


def test_all_that_is_queued(tmp_path):
    """Every case that the program queued knows, each value of each row."""
    truth, rows = tmp_path / "truth", tmp_path / "rows"
    with subprocess.Popen([QUEUED, truth], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as filler:
        assert filler.stdout.readline() == b"queued\n"
        rows.write_text(look("-o", "json").stdout, encoding="utf-8")
        filler.stdin.close()
    assert check(truth, rows) == []


def test_nothing(pair):
    assert own_rows(pair[1]) == []


def test_names_of_files(pair, tmp_path):
    path = pathlib.Path(tmp_path) / "a file"
    path.touch()
    with path.open(encoding="utf-8") as file:
        socket.send_fds(pair[0], [b"x"], [file.fileno()])
    (row,) = own_rows(pair[1])
    assert (row["file"], row["file_type"], row["file_flags"]) == (str(path), "reg", "O_RDONLY")
    assert row["receiver"]["pid"] == os.getpid()
    assert row["holders"].endswith(f"[{os.getpid()}]:{pair[1].fileno()}")
    assert row["sender_holders"].endswith(f"[{os.getpid()}]:{pair[0].fileno()}")


def test_age_where_the_receiver_asked_for_times():
    ours, theirs = socket.socketpair(type=socket.SOCK_DGRAM)
    with ours, theirs:
        theirs.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMP, 1)
        begin = time.clock_gettime_ns(time.CLOCK_REALTIME)
        queue_descriptor(ours)
        time.sleep(0.2)
        (row,) = own_rows(theirs)
        assert 200_000_000 <= row["age_ns"] <= time.clock_gettime_ns(time.CLOCK_REALTIME) - begin
        assert "timestamp" in row


def test_age_is_left_out_where_it_is_not_known(pair):
    queue_descriptor(pair[0])
    (row,) = own_rows(pair[1])
    assert not {"age_ns", "timestamp"} & row.keys()


@pytest.mark.parametrize(("by", "expected"), [
    ("socket", {"descriptors": 3, "messages": 3, "queue_length": 3}),
    ("receiver", {"descriptors": 3, "messages": 3, "sockets": 1}),
    ("sender", {"descriptors": 3, "messages": 3, "sockets": 1, "sender_uid": 0}),
    ("file", {"descriptors": 3, "file": "/dev/null", "file_type": "chr"}),
    ("user", {"descriptors": 3, "sender_user": "root", "sender_uid": 0}),
])
def test_sums(pair, by, expected):
    for _ in range(3):
        queue_descriptor(pair[0])
    (row,) = own_rows(pair[1], "--by", by)
    assert {name: row[name] for name in expected} == expected
    assert "queue_position" not in row and "id" not in row


def test_limit_of_the_user(pair):
    queue_descriptor(pair[0])
    (row,) = own_rows(pair[1], "--by", "user")
    assert row["user_in_flight"] >= 1
    assert row["user_limit"] == os.sysconf("SC_OPEN_MAX")


def test_columns(pair):
    queue_descriptor(pair[0])
    header, line = look("-F", f"receiver.socket_ino=={inode(pair[1])}").stdout.splitlines()
    assert header.split() == ["RECEIVER.SOCKET_INO", "SOCKET_PATH", "QUEUE_LENGTH", "QUEUE_POSITION",
                              "SENDER_USER", "HOLDERS", "FILE_TYPE", "FILE"]
    assert line.split()[:5] == [str(inode(pair[1])), "-", "1", "0", "root"]


def test_watch_shows_what_changed(pair):
    ours, theirs = pair
    queue_descriptor(ours)
    with subprocess.Popen(
            [FDPASS, "inflight", "--watch", "1", "--timeout", "20", "-o", "json",
             "-F", f"receiver.socket_ino=={inode(theirs)}"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
            env=ENVIRONMENT) as watch:
        (first,) = rows_of(watch.stdout.readline())
        queue_descriptor(ours)
        (second,) = rows_of(watch.stdout.readline())
        os.close(socket.recv_fds(theirs, 1, 1)[1][0])
        (third,) = rows_of(watch.stdout.readline())
        watch.terminate()
        assert watch.wait(timeout=10) == 0
    assert "change" not in first
    assert (second["change"], second["queue_position"]) == ("new", 1)
    assert (third["change"], third["id"]) == ("gone", first["id"])
    assert second["id"] != first["id"]


def test_watch_of_sums(pair):
    ours, theirs = pair
    with subprocess.Popen(
            [FDPASS, "inflight", "--watch", "1", "--timeout", "20", "-o", "json", "--by", "socket",
             "-F", f"receiver.socket_ino=={inode(theirs)}"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
            env=ENVIRONMENT) as watch:
        time.sleep(1.5)
        queue_descriptor(ours)
        (first,) = rows_of(watch.stdout.readline())
        queue_descriptor(ours)
        (second,) = rows_of(watch.stdout.readline())
        watch.terminate()
        watch.wait(timeout=10)
    assert (first["change"], first["descriptors"]) == ("new", 1)
    assert (second["change"], second["descriptors"]) == ("changed", 2)


def test_reader_that_goes():
    """The pipe is closed at once: no error, and no hanging."""
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as target:
        done = subprocess.run([FDPASS, "inflight", "-o", "json"], stdout=target, check=False,
                              stderr=subprocess.PIPE, timeout=20)
    assert done.returncode == 0


def test_slow_reader_gets_all(pair):
    """More than is kept for a reader: it is waited for."""
    null = os.open("/dev/null", os.O_RDONLY)
    for _ in range(100):
        socket.send_fds(pair[0], [b"x"], [null] * 253)
    os.close(null)
    with subprocess.Popen([FDPASS, "inflight", "-o", "json"], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, encoding="utf-8", env=ENVIRONMENT) as process:
        time.sleep(3)
        rows = rows_of(process.stdout.read())
        assert process.wait() == 0
    assert sum(row.get("receiver", {}).get("socket_ino") == inode(pair[1]) for row in rows) == 25300


# Sends to itself as the user nobody, with few descriptors allowed, until the kernel refuses it; says how
# many went, and waits for a line on standard input.
FILL = """
import errno, os, resource, socket, sys
left, right = socket.socketpair()
null = os.open("/dev/null", os.O_RDONLY)
resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
count = 0
try:
    while True:
        socket.send_fds(left, [b"x"], [null])
        count += 1
except OSError as error:
    print(count, errno.errorcode[error.errno], flush=True)
sys.stdin.readline()
"""


def test_a_user_who_may_send_no_more():
    with subprocess.Popen([sys.executable, "-c", FILL], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, encoding="utf-8") as process:
        count, error = process.stdout.readline().split()
        (row,) = rows_of(look("-o", "json", "--by", "user", "-F", "sender_uid==65534").stdout)
        process.stdin.close()
    assert error == "ETOOMANYREFS"
    assert (row["descriptors"], row["user_in_flight"]) == (int(count), int(count))
    assert row["user_limit"] == 16 < int(count)


# Passes a descriptor to itself without a pause, until it is killed.
FLOOD = """
import os, socket
left, right = socket.socketpair()
null = os.open("/dev/null", os.O_RDONLY)
while True:
    socket.send_fds(left, [b"x"], [null])
    os.close(socket.recv_fds(right, 1, 1)[1][0])
"""


def test_what_stays_is_seen_while_others_pass(pair):
    """What comes and goes meanwhile is there or not; what stays is there each time, and just once."""
    queue_descriptor(pair[0])
    with subprocess.Popen([sys.executable, "-c", FLOOD]) as flood:
        for _ in range(20):
            done = run("inflight", "-o", "json")
            assert done.returncode in (0, 3), done.stderr
            rows = rows_of(done.stdout)
            assert sum(row.get("receiver", {}).get("socket_ino") == inode(pair[1])
                       for row in rows) == 1
            assert all(row["file"] == "/dev/null" for row in rows
                       if row.get("receiver", {}).get("pid") == flood.pid)
        flood.kill()


# Passes a million descriptors to itself, 250 a message; says how much of the processor's time that took.
MILLION = """
import os, resource, socket
left, right = socket.socketpair()
null = os.open("/dev/null", os.O_RDONLY)
for _ in range(4000):
    socket.send_fds(left, [b"x"], [null] * 250)
    for fd in socket.recv_fds(right, 1, 250)[1]:
        os.close(fd)
used = resource.getrusage(resource.RUSAGE_SELF)
print(used.ru_utime + used.ru_stime, flush=True)
"""


def million():
    return subprocess.Popen([sys.executable, "-c", MILLION], stdout=subprocess.PIPE, encoding="utf-8")


def test_a_million_passes_go_by(pair):
    """What stays is seen each time, and who passes has nothing to do but to wait for its processor."""
    queue_descriptor(pair[0])
    alone = float(million().communicate()[0])
    looks = 0
    with million() as passing:
        while passing.poll() is None:
            done = run("inflight", "-o", "json")
            assert done.returncode in (0, 3), done.stderr  # 3: a queue changed each time it was read
            assert sum(row.get("receiver", {}).get("socket_ino") == inode(pair[1])
                       for row in rows_of(done.stdout)) == 1
            looks += 1
        watched = float(passing.stdout.read())
    assert looks >= 2
    assert watched < 1.5 * alone + 0.5


def test_a_queue_that_is_too_long_is_told(pair):
    """16384 messages are looked at: those beyond are counted as not read."""
    ours, theirs = socket.socketpair(type=socket.SOCK_DGRAM)
    with ours, theirs:
        # Beyond all limits but memory's: SO_SNDBUFFORCE.
        ours.setsockopt(socket.SOL_SOCKET, 32, 1 << 30)
        ours.setblocking(False)
        sent = 0
        try:
            while sent < 17000:
                ours.send(b"x")
                sent += 1
        except BlockingIOError:
            pytest.skip(f"only {sent} datagrams can be queued here")
        done = run("inflight", "-o", "json")
    assert done.returncode == 3
    assert "1 queue too long to be read whole" in done.stderr
