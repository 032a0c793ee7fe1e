# SPDX-License-Identifier: GPL-2.0-or-later
"""Who holds a file, as fdpass holders tells it: descriptors, mappings, and messages in queues."""

import errno
import mmap
import os
import socket
import subprocess

import pytest

from program import needs_root, rows_of, run

pytestmark = needs_root


@pytest.fixture(name="path")
def fixture_path(tmp_path):
    path = tmp_path / "held"
    path.write_bytes(b"x" * mmap.PAGESIZE)
    return path


def holders(*arguments):
    done = run("holders", "-o", "json", *arguments)
    assert done.returncode == 0, done.stderr
    return rows_of(done.stdout)


def short(row):
    """What of a row says who holds it."""
    process = row.get("proc", {}).get("pid")
    return (row["held_as"], row["same"], process, row.get("fd", row.get("receiver", {}).get("socket_ino")))


def open_file(path):
    return os.open(path, os.O_RDONLY | os.O_CLOEXEC)


def test_all_sorts_of_holders(path):
    """One file, opened twice, mapped, and one of both in a queue twice."""
    ours, theirs = socket.socketpair()
    first, second = open_file(path), open_file(path)
    again = os.dup(first)
    pid, ino = os.getpid(), os.fstat(theirs.fileno()).st_ino
    socket.send_fds(ours, [b"x"], [first, second])
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ), ours, theirs:
        third = file.fileno()
        # mmap keeps a copy of the descriptor as well
        copies = {int(fd) for fd in os.listdir("/proc/self/fd")
                  if os.path.realpath(f"/proc/self/fd/{fd}") == str(path)} - {first, again, second}
        assert third in copies
        by_path, by_fd = holders(str(path)), holders(f"{pid}:{first}")
    os.close(again)
    os.close(first)
    os.close(second)
    assert sorted(map(short, by_path), key=str) == sorted([
        *(("descriptor", "inode", pid, fd) for fd in (first, again, second, *copies)),
        ("mapping", "inode", pid, None),
        ("message", "inode", None, ino), ("message", "inode", None, ino),
    ], key=str)
    assert sorted(map(short, by_fd), key=str) == sorted([
        ("descriptor", "description", pid, first), ("descriptor", "description", pid, again),
        *(("descriptor", "inode", pid, fd) for fd in (second, *copies)),
        ("mapping", "inode", pid, None),
        ("message", "description", None, ino), ("message", "inode", None, ino),
    ], key=str)
    assert {row["file"] for row in by_path} == {str(path)}
    assert all(row["mappings"] == 1 for row in by_path if row["held_as"] == "mapping")
    (queued,) = (row for row in by_fd if short(row) == ("message", "description", None, ino))
    assert (queued["queue_position"], queued["receiver"]["pid"]) == (0, pid)
    assert not {"via", "id", "outcome"} & by_path[0].keys()


def test_inode_and_device(path):
    fd = open_file(path)
    status = os.fstat(fd)
    device = f"{os.major(status.st_dev)}:{os.minor(status.st_dev)}"
    rows = holders(f"{status.st_ino}@{device}")
    os.close(fd)
    assert list(map(short, rows)) == [("descriptor", "inode", os.getpid(), fd)]
    assert (rows[0]["file_ino"], rows[0]["file_dev"]) == (status.st_ino, device)


def test_other_processes_share_what_they_inherited(path):
    fd = open_file(path)
    with subprocess.Popen(["sleep", "60"], stdin=fd) as child:
        rows = holders(f"{child.pid}:0")
        whole = holders(str(child.pid))
        child.kill()
    os.close(fd)
    expected = {("descriptor", "description", os.getpid(), fd),
                ("descriptor", "description", child.pid, 0)}
    assert set(map(short, rows)) == expected
    assert expected <= set(map(short, whole))
    assert {row["same"] for row in whole} == {"description"}


def test_anonymous_files_are_told_apart():
    """All eventfds have the same inode, which makes none of them the other."""
    one, other = os.eventfd(0), os.eventfd(0)
    rows = holders(f"{os.getpid()}:{one}")
    os.close(one)
    os.close(other)
    assert list(map(short, rows)) == [("descriptor", "description", os.getpid(), one)]


def test_a_mount_that_only_a_queue_keeps_busy(tmp_path):
    ours, theirs = socket.socketpair()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "none", tmp_path], check=False,
                             capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("cannot mount a tmpfs here")
    try:
        (tmp_path / "kept").touch()
        fd = open_file(tmp_path / "kept")
        socket.send_fds(ours, [b"x"], [fd])
        os.close(fd)
        busy = subprocess.run(["umount", tmp_path], check=False, capture_output=True)
        rows = holders("--mount", str(tmp_path))
        ino = os.fstat(theirs.fileno()).st_ino
    finally:
        ours.close()
        theirs.close()
        subprocess.run(["umount", tmp_path], check=True)
    assert busy.returncode != 0
    assert list(map(short, rows)) == [("message", "filesystem", None, ino)]
    assert rows[0]["file"] == str(tmp_path / "kept")


def test_nobody(path):
    assert holders(str(path)) == []
    assert "nobody holds it" in run("holders", str(path)).stderr


@pytest.mark.parametrize(("target", "message"), [
    ("/nowhere", f"'/nowhere': {os.strerror(errno.ENOENT)}"),
    (f"{os.getpid()}:1000000", f"'{os.getpid()}:1000000': there is no such descriptor"),
])
def test_what_is_not_there(target, message):
    done = run("holders", target)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"fdpass: {message}\n")


def test_columns(path):
    fd = open_file(path)
    header, line = run("holders", str(path)).stdout.splitlines()
    os.close(fd)
    assert header.split() == ["HELD_AS", "SAME", "COMM", "PID", "FD", "RECEIVER.SOCKET_INO",
                              "HOLDERS", "FILE"]
    assert line.split()[0:2] == ["descriptor", "inode"]
    assert line.endswith(str(path))
