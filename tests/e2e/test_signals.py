# SPDX-License-Identifier: GPL-2.0-or-later
"""What fdpass does with signals: those that end it, those it was told to ignore, and a job's stops."""

import os
import signal
import time

import pytest

from program import Trace, needs_root, run

# A job in the background of a script ignores some of them.
def taken(number):
    return {"preexec_fn": lambda: signal.signal(number, signal.SIG_DFL)}


ENDING = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT]


@needs_root
@pytest.mark.parametrize("number", ENDING)
def test_a_signal_is_handed_on_to_the_command(number):
    trace = Trace("--", "sleep", "60", **taken(number))
    code, _, _ = trace.finish(number)
    assert code == 128 + number


@needs_root
@pytest.mark.parametrize("number", ENDING)
def test_a_signal_ends_the_trace(number):
    trace = Trace("--pid", str(os.getpid()), **taken(number))
    code, _, stderr = trace.finish(number)
    assert stderr == "fdpass: no passes; no events lost\n"
    assert code == 0


@needs_root
@pytest.mark.parametrize("number", ENDING)
def test_what_was_ignored_stays_ignored(number):
    other = signal.SIGTERM if number != signal.SIGTERM else signal.SIGINT

    def ignore_one():
        signal.signal(number, signal.SIG_IGN)
        signal.signal(other, signal.SIG_DFL)

    trace = Trace("--pid", str(os.getpid()), preexec_fn=ignore_one)
    trace.process.send_signal(number)
    time.sleep(0.5)
    assert trace.process.poll() is None
    code, _, stderr = trace.finish(other)
    assert stderr == "fdpass: no passes; no events lost\n"
    assert code == 0


@needs_root
def test_a_command_ends_also_where_its_end_is_ignored():
    """Who ignores SIGCHLD is not told how a child ended. The command finds it as it was."""
    options = {"preexec_fn": lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN)}
    assert run("--", "sh", "-c", "exit 7", **options).returncode == 7
    command = ["grep", "SigIgn", "/proc/self/status"]
    result = run("--to", "/dev/null", "--", *command, **options)
    assert int(result.stdout.split()[1], 16) & 1 << signal.SIGCHLD - 1


@needs_root
def test_a_command_that_stops_itself_stops_the_job():
    trace = Trace("--", "sh", "-c", "kill -STOP $$; exit 5")
    pid, status = os.waitpid(trace.process.pid, os.WUNTRACED)
    assert pid == trace.process.pid
    assert os.WIFSTOPPED(status)
    code, _, stderr = trace.finish(signal.SIGCONT)
    assert stderr == "fdpass: no passes; no events lost\n"
    assert code == 5


@needs_root
def test_a_job_that_is_stopped_goes_on():
    """Ctrl-Z and fg: the terminal stops fdpass and the command, the shell lets both go on."""
    trace = Trace("--", "sh", "-c", "sleep 1; exit 5", start_new_session=True)
    os.killpg(trace.process.pid, signal.SIGSTOP)
    os.waitpid(trace.process.pid, os.WUNTRACED)
    time.sleep(0.2)
    os.killpg(trace.process.pid, signal.SIGCONT)
    code, _, _ = trace.wait()
    assert code == 5
