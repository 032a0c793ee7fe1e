# SPDX-License-Identifier: GPL-2.0-or-later
"""Real daemons for a test: started by it, in folders of its own, and ended by it, by their pids."""

import os
import pathlib
import signal
import subprocess
import time


def wait_until(true, what, seconds=60):
    """What `true` returns once that is something."""
    end = time.monotonic() + seconds
    while not (result := true()):
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {seconds} s")
        time.sleep(0.1)
    return result


class Daemon:
    """One program that runs until the `with` block ends; what it says goes to a file."""

    def __init__(self, log, *command, env=None):
        self.log = pathlib.Path(log)
        with open(self.log, "wb") as output:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=env
            )

    def wait_for(self, true, what):
        """Wait until something is there, or the daemon is not any more."""

        def ended_or_true():
            assert self.process.poll() is None, self.said()
            return true()

        return wait_until(ended_or_true, f"{what}: {self.said()}")

    def said(self):
        return self.log.read_text(encoding="utf-8", errors="replace")[-2000:]

    def end(self, seconds=30):
        self.process.terminate()
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()


def processes_naming(folder):
    """The processes that have this folder in their command lines."""
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if str(folder).encode() in path.read_bytes() and int(path.parent.name) != os.getpid():
                yield int(path.parent.name)
        except OSError:
            continue  # it has ended


def end_what_is_left(folder):
    """End what daemons started that name this folder. Returns the pids of those that had to be."""
    left = list(processes_naming(folder))
    for pid in left:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    return left
