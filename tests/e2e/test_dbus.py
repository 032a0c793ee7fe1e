# SPDX-License-Identifier: GPL-2.0-or-later
"""The guide's D-Bus example on real parts: client → bus → server, with both receivers.

The bus is a dbus-broker, and once more a dbus-daemon; strace is a second witness.
"""

import re
import subprocess

import pytest

import strace
from tracing import BUILD, DEADLINE_S, GUIDE, SOURCE, Trace

EXAMPLE = SOURCE / "tests/examples/dbus/run"


@pytest.fixture(scope="module")
def run():
    """One run of the example: what it says, and what fdpass says in JSON and as the guide's table."""
    as_json, as_table = Trace("-o", "json"), Trace(*GUIDE)
    try:
        example = subprocess.run(
            [EXAMPLE, BUILD], capture_output=True, encoding="utf-8", timeout=DEADLINE_S
        )
    finally:
        rows, table = as_json.end_rows(), as_table.end()
    assert example.returncode == 0, example.stderr
    assert example.stdout == ""
    return example.stderr, rows, table


@pytest.fixture(scope="module")
def hops(run):
    """The rows of /dev/null out of the client and into the server, in the order of their sending."""
    said, rows, _ = run
    client = int(re.search(r"client\[(\d+)\]", said)[1])
    server = int(re.search(r"server\[(\d+)\]", said)[1])
    ours = [
        row
        for row in rows
        if row.get("file") == "/dev/null"
        and (row["proc"]["pid"] == client or row["receiver"].get("pid") == server)
    ]
    assert len(ours) == 2, rows
    return ours


def test_each_hop_has_its_sender_and_its_receiver(hops):
    parties = [(row["proc"]["comm"], row["receiver"]["comm"]) for row in hops]
    assert parties == [("client", "dbus-broker"), ("dbus-broker", "server")]
    assert [row["outcome"] for row in hops] == ["delivered", "delivered"]
    assert [row["file_type"] for row in hops] == ["chr", "chr"]
    assert [row["socket_type"] for row in hops] == ["stream", "stream"]
    assert all(row["latency_ns"] > 0 for row in hops)


def test_the_broker_passes_on_what_it_got(hops):
    into, out_of = hops
    assert into["receiver"]["pid"] == out_of["proc"]["pid"]
    assert into["receiver"]["fd"] == out_of["fd"]
    assert into["receiver"]["cloexec"] is True
    assert into["file_id"] == out_of["file_id"]


def test_the_server_has_it_as_the_row_says(run, hops):
    said = re.search(r"server\[(\d+)\]: descriptor (\d+), device (\S+)", run[0])
    pid, descriptor, device = said.groups()
    assert hops[1]["receiver"]["pid"] == int(pid)
    assert hops[1]["receiver"]["fd"] == int(descriptor)
    assert device == "1:3"  # /dev/null's, from the receiver's fstat


def test_the_guide_s_table(run, hops):
    lines = run[2].splitlines()
    header = lines[0]
    assert header.split() == ["COMM", "PID", "SOCKET_INO", "SOCKFD", "FD", "FILE"]
    ends = [header.index(f"{name} ") + len(name) for name in ("PID", "SOCKET_INO", "SOCKFD", " FD")]
    for hop in hops:
        numbers = [hop["proc"]["pid"], hop["socket_ino"], hop["sockfd"], hop["fd"]]
        cells = [hop["proc"]["comm"], *map(str, numbers), hop["file"]]
        (line,) = [line for line in lines if line.split() == cells]
        assert line.startswith(hop["proc"]["comm"])
        assert line.index("/dev/null") == header.index("FILE")
        for number, end in zip(map(str, numbers), ends):
            assert line[end - len(number) - 1 : end] == f" {number}", line


BUSES = {
    "dbus-broker": [EXAMPLE, BUILD],
    "dbus-daemon": ["dbus-run-session", "--", EXAMPLE, BUILD, "on-the-bus"],
}
# Who hands what to whom. dbus-broker is given the socket to listen at; dbus-daemon opens its own.
PASSES = {
    "dbus-broker": [
        ("private-bus", "UNIX-STREAM", "dbus-broker"),
        ("client", "/dev/null", "dbus-broker"),
        ("dbus-broker", "/dev/null", "server"),
    ],
    "dbus-daemon": [
        ("client", "/dev/null", "dbus-daemon"),
        ("dbus-daemon", "/dev/null", "server"),
    ],
}


@pytest.mark.parametrize("bus", BUSES)
def test_the_rows_are_what_strace_saw(bus, tmp_path):
    trace = Trace("-o", "json")
    try:
        subprocess.run(
            [*strace.prefix(tmp_path), *BUSES[bus]], check=True, capture_output=True, timeout=60
        )
    finally:
        rows = strace.rows_of(tmp_path, trace.end_rows())
    passes = [(row["proc"]["comm"], row["file"], row["receiver"]["comm"]) for row in rows]
    assert passes == PASSES[bus]
    assert strace.statement_of_rows(rows) == strace.statement(tmp_path)
    assert rows[-1]["file_id"] == rows[-2]["file_id"]
