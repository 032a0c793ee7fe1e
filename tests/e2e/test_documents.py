# SPDX-License-Identifier: GPL-2.0-or-later
"""What the README, the guide and the manual page tell people to type is understood by the program."""

import os
import pathlib
import re
import shlex
import subprocess

import pytest

from program import Trace, needs_root

SOURCE = pathlib.Path(__file__).resolve().parents[2]
FDPASS = pathlib.Path(os.environ.get("FDPASS", SOURCE / "build/src/fdpass")).resolve()
BUILD = FDPASS.parents[1]
DOCUMENTS = ("README.md", "docs/fdpass.8.rst", "docs/guide.md")


def command_lines():
    """Each indented or prompted line that calls fdpass, up to a pipe or the traced command."""
    for name in DOCUMENTS:
        text = (SOURCE / name).read_text(encoding="utf-8")
        for line in re.findall(r"^(?:    |\$ sudo )(fdpass\b(?!:).*)$", text, re.MULTILINE):
            yield pytest.param(re.split(r" \|| -- ", line)[0], id=line)


@pytest.mark.parametrize("line", list(command_lines()))
def test_the_command_line_is_understood(line):
    # --list-fields is done instead of the command, once all of the line was understood.
    arguments = [FDPASS, *shlex.split(line)[1:], "--list-fields"]
    done = subprocess.run(arguments, capture_output=True, encoding="utf-8")
    assert done.returncode == 0, done.stderr


def test_a_wrong_one_is_not():
    """Else the test above would tell nothing."""
    for arguments in (["--fields", "no-such-field"], ["--no-such-option"], ["no-such-command"]):
        assert subprocess.run([FDPASS, *arguments, "--list-fields"]).returncode == 2


def test_the_manual_page_has_every_field_and_option():
    page = (BUILD / "docs/fdpass.8").read_text(encoding="utf-8")
    page = page.replace("\\-", "-").replace("\\fP", "").replace("\\fB", "")
    fields = subprocess.run([FDPASS, "--list-fields"], capture_output=True, encoding="utf-8").stdout
    options = subprocess.run([FDPASS, "--help"], capture_output=True, encoding="utf-8").stdout
    names = [line.split()[0] for line in fields.splitlines()]
    names += re.findall(r"^ +(?:-\w, )?(--[\w-]+)", options, re.MULTILINE)
    assert len(names) > 40
    assert [name for name in names if name not in page] == []


def shape(lines):
    """What does not differ from run to run: no times, pids, ports, names of abstract sockets, and no padding."""
    text = re.sub(r"\d\d:\d\d:\d\d\.\d{3}|\[\d+\]|:\d+\b|@[0-9a-f]+|\b[\d.]+(ns|µs|ms|s)\b", "#", "\n".join(lines))
    return sorted(re.sub(" +", " ", line) for line in text.splitlines())


EXAMPLE = ("private-bus", "client", "dbus-broker", "server", "proxy-old")


@needs_root
def test_the_readme_s_first_output():
    """The rows that ./dev run shows are those that the README has."""
    readme = (SOURCE / "README.md").read_text(encoding="utf-8")
    block = re.search(r"^TIME .*?^```$", readme, re.MULTILINE | re.DOTALL)[0].splitlines()
    trace = Trace("--comm", ",".join(EXAMPLE))
    said = subprocess.run([SOURCE / "tests/examples/run-example.sh", BUILD], capture_output=True,
                          encoding="utf-8", check=True).stderr
    _, rows, summary = trace.finish()
    assert shape([*rows.splitlines(), *said.splitlines(), *summary.splitlines()]) == shape(block[:-1])
