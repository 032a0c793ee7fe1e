# SPDX-License-Identifier: GPL-2.0-or-later
"""The guide's PipeWire rows on real parts: pipewire, wireplumber, and a client that plays silence.

The daemon shares memory and wakes its client by eventfds: all of them go over its socket.
"""

import contextlib
import os
import subprocess
import wave

import pytest

import strace
from daemons import Daemon, end_what_is_left
from tracing import GUIDE, Trace, cells, guide_cells

MEMFD = "memfd:pipewire-memfd:flags=0x0000000f,type=2,size="
# A sink that needs no sound card.
SINK = "{ factory.name=support.null-audio-sink node.name=silence media.class=Audio/Sink " \
    "object.linger=true audio.position=[FL FR] }"


class PipeWire:
    """The daemons' runtime folder, and their clients."""

    def __init__(self, folder):
        self.folder = folder
        self.runtime = folder / "run"
        self.runtime.mkdir(mode=0o700)
        self.environment = {
            **os.environ, "LC_ALL": "C.UTF-8", "HOME": str(folder),
            "XDG_RUNTIME_DIR": str(self.runtime), "XDG_CONFIG_HOME": str(folder),
            "XDG_STATE_HOME": str(folder),
            "DBUS_SESSION_BUS_ADDRESS": f"unix:path={self.runtime}/bus",
        }

    def client(self, *command):
        done = subprocess.run(
            command, env=self.environment, capture_output=True, encoding="utf-8", timeout=60
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def daemon(self, name, *command):
        return Daemon(self.folder / f"{name}.log", *command, env=self.environment)

    def listens(self, socket):
        return (self.runtime / socket).exists()

    def has(self, text):
        return text in self.client("pw-cli", "list-objects")

    def play(self, *prefix):
        """Half a second of silence."""
        path = self.folder / "silence.wav"
        with wave.open(str(path), "wb") as sound:
            sound.setnchannels(2)
            sound.setsampwidth(2)
            sound.setframerate(48000)
            sound.writeframes(bytes(48000 // 2 * 4))
        self.client(*prefix, "pw-cat", "-p", str(path))


@contextlib.contextmanager
def pipewire_in(folder, *prefix):
    """The daemons with a sink to play to. wireplumber wants a bus, and has one of its own."""
    pipewire = PipeWire(folder)
    bus_command = ["dbus-daemon", "--session", "--nofork", f"--address=unix:path={folder}/run/bus"]
    try:
        with (
            pipewire.daemon("bus", *bus_command) as bus,
            pipewire.daemon("pipewire", *prefix, "pipewire") as daemon,
        ):
            bus.wait_for(lambda: pipewire.listens("bus"), "the bus listens")
            daemon.wait_for(lambda: pipewire.listens("pipewire-0"), "pipewire listens")
            with pipewire.daemon("wireplumber", "wireplumber") as manager:
                manager.wait_for(lambda: pipewire.has("WirePlumber"), "wireplumber is there")
                pipewire.client("pw-cli", "create-node", "adapter", SINK)
                manager.wait_for(lambda: pipewire.has("silence"), "the sink is there")
                yield pipewire
    finally:
        end_what_is_left(folder)


def check_rows(rows):
    """Memory for the client and for its stream with two eventfds each, then for the samples."""
    assert all(row["proc"]["comm"] == "pipewire" for row in rows)
    assert all(row["receiver"]["comm"] == "pw-cat" for row in rows)
    assert all(row["outcome"] == "delivered" for row in rows)
    files = [row["file"] for row in rows]
    assert files[:3] == [f"{MEMFD}2312", "[eventfd]", "[eventfd]"]
    assert files[3:6] == files[:3]
    assert all(name == "[eventfd]" or name.startswith(MEMFD) for name in files), files
    types = {"[eventfd]": "eventfd"}
    assert [row["file_type"] for row in rows] == [types.get(name, "memfd") for name in files]


@pytest.fixture(name="run", scope="module")
def fixture_run(tmp_path_factory):
    """One client, as JSON and as the guide's table."""
    with pipewire_in(tmp_path_factory.mktemp("pipewire")) as pipewire:
        as_json, as_table = Trace("-o", "json", "--comm", "pw-cat"), Trace(*GUIDE)
        try:
            pipewire.play()
        finally:
            rows, table = as_json.end_rows(), as_table.end()
    return rows, table


def test_the_rows(run):
    check_rows(run[0])


def test_one_socket_at_both_ends(run):
    rows = run[0]
    for name in ("socket_ino", "sockfd", "socket_type"):
        assert len({row[name] for row in rows}) == 1
    assert len({row["receiver"]["socket_ino"] for row in rows}) == 1
    assert rows[0]["socket_path"].endswith("/run/pipewire-0")


def test_descriptors_of_one_message_have_one_time(run):
    messages = {}
    for row in run[0]:
        message, index = row["id"].split(".")
        messages.setdefault(message, []).append((int(index), row["timestamp"]))
    for passes in messages.values():
        assert [index for index, _ in passes] == list(range(len(passes)))
        assert len({time for _, time in passes}) == 1


def test_the_guide_s_table(run):
    rows, table = run
    assert all(guide_cells(row) in cells(table) for row in rows)


def test_the_rows_are_what_strace_saw(tmp_path):
    daemon, client = tmp_path / "daemon", tmp_path / "client"
    daemon.mkdir()
    client.mkdir()
    with pipewire_in(tmp_path, *strace.prefix(daemon)) as pipewire:
        trace = Trace("-o", "json")
        try:
            pipewire.play(*strace.prefix(client))
        finally:
            rows = strace.rows_of(client, trace.end_rows())
    check_rows(rows)
    sent, received = strace.statement_of_rows(rows)
    assert received == strace.statement(client)[1]
    # The daemon had other clients before, which nobody traced.
    socket = sent[0][:3]
    assert sent == [hand for hand in strace.statement(daemon)[0] if hand[:3] == socket]
