# SPDX-License-Identifier: GPL-2.0-or-later
"""The guide's examples that need a whole machine: logind's TakeDevice and Bluetooth, on real parts.

One guest runs both (guide-guest.sh): systemd-logind and a keyboard made by uinput; bluetoothd and two
virtual controllers that hear each other; dbus-broker as the system's bus between all of them. What
the programs at the end say of their descriptors is held against the rows.
"""

import json
import re
import sys

import pytest

from tracing import BUILD, FDPASS, SOURCE, cells, guide_cells

sys.path.insert(0, str(SOURCE / "tests/vm"))
import systemd_guest  # noqa: E402

PROGRAMS = [
    FDPASS,
    BUILD / "tests/examples/logind/take-device",
    BUILD / "tests/examples/bluetooth/serial-port",
    SOURCE / "tests/e2e/guest-tracing.sh",
    SOURCE / "tests/e2e/guide-guest.sh",
]
# Up in 25 to 60 s, and about as long for the examples; on a machine that has other work, more.
GUEST_SECONDS = 540


@pytest.fixture(name="results", scope="module")
def fixture_results(tmp_path_factory):
    root = systemd_guest.have_root()
    folder = tmp_path_factory.mktemp("guest") / "results"
    outcome = systemd_guest.run(
        root, PROGRAMS, "guide-guest.sh /run/results", folder, timeout=GUEST_SECONDS
    )
    assert outcome.problem is None, outcome.problem
    assert outcome.status == 0, (folder / "output").read_text(encoding="utf-8")
    return folder


@pytest.fixture(name="rows", scope="module")
def fixture_rows(results):
    lines = (results / "rows").read_text(encoding="utf-8").splitlines()
    return sorted((json.loads(line) for line in lines), key=lambda row: row["timestamp"])


def hop(row):
    return (row["proc"]["comm"], row["file"], row["receiver"]["comm"])


def chain(rows, file_id):
    """The passes of one open file description, in the order of their sending."""
    return [row for row in rows if row["file_id"] == file_id]


def said(results, name, pattern):
    return re.findall(pattern, (results / name).read_text(encoding="utf-8"))


def check_relay(into, out_of):
    """The broker hands on what it got, as the descriptor that it got."""
    assert into["receiver"]["pid"] == out_of["proc"]["pid"]
    assert into["receiver"]["fd"] == out_of["fd"]
    assert into["file_id"] == out_of["file_id"]
    assert [into["outcome"], out_of["outcome"]] == ["delivered", "delivered"]


def test_the_way_and_the_loss(results):
    for name in ("rows", "table"):
        messages = (results / f"{name}.messages").read_text(encoding="utf-8")
        assert "tracing with fentry on 6.12" in messages
        assert "no events lost" in messages


def test_the_guide_s_table(results, rows):
    table = cells((results / "table").read_text(encoding="utf-8"))
    ours = [row for row in rows if row["file"].startswith("/dev/input") or row["file"] == "RFCOMM"]
    assert len(ours) == 9
    assert all(guide_cells(row) in table for row in ours)


@pytest.fixture(name="devices")
def fixture_devices(rows):
    """The passes of the keyboard: of the one that was taken, and of the one after the switch."""
    passes = [row for row in rows if row["file"].startswith("/dev/input/event")]
    ids = list(dict.fromkeys(row["file_id"] for row in passes))
    assert len(ids) == 2, passes
    return [chain(rows, file_id) for file_id in ids]


def test_logind_hands_out_a_device(devices):
    """To systemd, which keeps it for the next logind, and by the bus to who took it."""
    taken, resumed = devices
    file = taken[0]["file"]
    assert sorted(map(hop, taken)) == [
        ("dbus-broker", file, "take-device"),
        ("systemd-logind", file, "dbus-broker"),
        ("systemd-logind", file, "systemd"),
    ]
    assert list(map(hop, resumed)) == [
        ("systemd-logind", file, "dbus-broker"),
        ("dbus-broker", file, "take-device"),
    ]
    for row in taken + resumed:
        assert row["outcome"] == "delivered"
        assert row["file_type"] == "chr"
        assert row["file_flags"].startswith("O_RDWR")
        assert row["file_detail"] == "named guide keyboard"


def test_the_device_is_kept_over_the_notify_socket(devices):
    (stored,) = [row for row in devices[0] if row["receiver"]["comm"] == "systemd"]
    assert stored["receiver"]["pid"] == 1
    assert stored["socket_type"] == "dgram"
    assert stored["socket_path"] == "/run/systemd/notify"


def test_the_broker_passes_the_device_on(devices):
    for passes in devices:
        check_relay(*[row for row in passes if row["receiver"]["comm"] != "systemd"])


def test_the_program_has_the_device_as_the_row_says(results, devices):
    told = said(results, "logind", r"take-device\[(\d+)\]: (\w+), descriptor (\d+), device 13:\d+")
    rows = [row for passes in devices for row in passes if row["proc"]["comm"] == "dbus-broker"]
    assert told == [
        (str(row["receiver"]["pid"]), how, str(row["receiver"]["fd"]))
        for row, how in zip(rows, ("taken", "resumed"))
    ]


def test_the_session_has_a_fifo(rows):
    """Besides the device, logind hands out what the session ends with."""
    into, out_of = [row for row in rows if row["file"].startswith("/run/systemd/sessions/")]
    assert [hop(into)[::2], hop(out_of)[::2]] == [
        ("systemd-logind", "dbus-broker"), ("dbus-broker", "take-device")
    ]
    assert into["file_type"] == "fifo"
    check_relay(into, out_of)


@pytest.fixture(name="connections")
def fixture_connections(rows):
    """The passes of both ends of the connection."""
    passes = [row for row in rows if row["file"] == "RFCOMM"]
    ids = list(dict.fromkeys(row["file_id"] for row in passes))
    assert len(ids) == 2, passes
    return [chain(rows, file_id) for file_id in ids]


def test_bluetoothd_hands_out_both_ends(connections):
    for into, out_of in connections:
        assert hop(into) == ("bluetoothd", "RFCOMM", "dbus-broker")
        assert hop(out_of) == ("dbus-broker", "RFCOMM", "serial-port")
        assert into["file_type"] == "socket"
        check_relay(into, out_of)


def test_the_program_has_the_sockets_as_the_rows_say(results, connections):
    told = said(results, "bluetooth", r"serial-port\[(\d+)\]: descriptor (\d+), peer (\S+ channel \d+)")
    assert told == [
        (str(out_of["receiver"]["pid"]), str(out_of["receiver"]["fd"]), out_of["file_remote"])
        for _, out_of in connections
    ]


def test_each_end_leads_to_the_other(connections):
    """The addresses are of the two controllers; the channel is that of the connection, at both ends."""
    near, far = [into for into, _ in connections]
    assert near["file_local"] == far["file_remote"]
    assert near["file_remote"] == far["file_local"]
    for rows in connections:
        for row in rows:
            assert row["file_state"] == "ESTABLISHED"
            assert row["file_detail"] == f"{row['file_local']}->{row['file_remote']} ESTABLISHED"
