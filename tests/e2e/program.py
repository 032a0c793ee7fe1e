# SPDX-License-Identifier: GPL-2.0-or-later
"""The program to test, which FDPASS names, and programs that pass descriptors for it to see."""

import array
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys

import pytest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
FDPASS = pathlib.Path(os.environ.get("FDPASS", SOURCE / "build/src/fdpass")).resolve()
ENVIRONMENT = {**os.environ, "LC_ALL": "C.UTF-8"}
DEADLINE_S = 120

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="tracing needs root")

# Passes a descriptor of /dev/null to itself, argv[1] times; leaves argv[2] more in the queue while
# it waits for a line on standard input.
PASS = """
import os, socket, sys
left, right = socket.socketpair()
null = os.open("/dev/null", os.O_RDONLY)
for _ in range(int(sys.argv[1])):
    socket.send_fds(left, [b"x"], [null])
    os.close(socket.recv_fds(right, 1, 1)[1][0])
for _ in range(int(sys.argv[2])):
    socket.send_fds(left, [b"x"], [null])
if int(sys.argv[2]):
    print("queued", flush=True)
    sys.stdin.readline()
"""


def passing(received=1, queued=0):
    return [sys.executable, "-c", PASS, str(received), str(queued)]


class Program:
    """Another program to see, which says lines and ends with its standard input."""

    def __init__(self, *command):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.pid = self.process.pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        assert self.process.wait() == 0
        self.process.stdout.close()

    def go_on(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def line(self):
        return self.process.stdout.readline().strip()


def python(script, *arguments):
    return Program(sys.executable, "-c", script, *arguments)


def run(*arguments, **options):
    return subprocess.run(
        [FDPASS, *arguments],
        capture_output=True,
        encoding="utf-8",
        env=ENVIRONMENT,
        timeout=DEADLINE_S,
        check=False,
        **options,
    )


def rows_of(text):
    return [json.loads(line) for line in text.splitlines()]


def status_of(pid):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return {name: value.strip() for name, value in (line.split(":", 1) for line in lines)}


class Trace:
    """fdpass in the background, from when it says that it traces."""

    def __init__(self, *arguments, stdout=subprocess.PIPE, **options):
        self.process = subprocess.Popen(
            [FDPASS, *arguments],
            stdout=stdout,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            env=ENVIRONMENT,
            **options,
        )
        self.first_line = self.read_line()
        assert "tracing with" in self.first_line

    def read_line(self):
        """Not from the stream: it would take what follows too, and communicate() not see that."""
        line = b""
        while not line.endswith(b"\n") and (byte := os.read(self.process.stderr.fileno(), 1)):
            line += byte
        return line.decode()

    def finish(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.wait()

    def wait(self):
        stdout, stderr = self.process.communicate(timeout=DEADLINE_S)
        return self.process.returncode, stdout, stderr


def queue_descriptor(left):
    with open("/dev/null", encoding="utf-8") as null:
        data = array.array("i", [null.fileno()])
        left.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, data)])
