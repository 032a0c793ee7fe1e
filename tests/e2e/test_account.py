# SPDX-License-Identifier: GPL-2.0-or-later
"""The account fails when a row is wrong, or when an event is neither told nor counted as lost."""

import pytest

import account
import compare
from test_compare import synthetic, truth_row

TRUTH = [truth_row(1, 0), truth_row(1, 1), truth_row(2, 0)]
for row in TRUTH:
    row["fields"]["file"] = "/a"
SENDER = ("proc.", "socket", "sockfd", "fd", "file", "timestamp")


def side(truth, receiver):
    """What is left of the row where the event of the other side was lost."""
    row = synthetic(truth)
    kept = {
        key: value
        for key, value in row.items()
        if key.startswith("receiver.") == receiver
        and (not receiver or not key.startswith(SENDER))
        and key not in ("outcome", "latency_ns", "file_id")
    }
    return {**kept, "id": row["id"], "via": row["via"]}


def check(rows, lost, way="fentry"):
    scenario = compare.Truth("s", "ran", pids={10, 11}, sockets={77, 78}, rows=TRUTH)
    return account.check({"s": scenario}, rows, lost, way)[0]


# Two messages: four events. The first is told whole, of the second only one side.
TOLD = [synthetic(TRUTH[0]), synthetic(TRUTH[1])]


@pytest.mark.parametrize("receiver", (False, True))
def test_exact(receiver):
    assert check([*TOLD, side(TRUTH[2], receiver)], 1) == []


@pytest.mark.parametrize("lost", (0, 2, None))
def test_not_exact(lost):
    assert check([*TOLD, side(TRUTH[2], True)], lost)


def test_what_no_row_tells():
    """Of each message one event more, told or lost."""
    rows = [*TOLD, side(TRUTH[2], False)]
    assert check(rows, 3, "tracepoint") == []
    assert check(rows, 4, "tracepoint")


@pytest.mark.parametrize("field", ("proc.pid", "fd", "receiver.fd", "outcome", "timestamp"))
def test_wrong(field):
    rows = [dict(row) for row in TOLD]
    rows[0][field] = 12345
    assert check([*rows, side(TRUTH[2], True)], 1)


def test_two_rows_of_one():
    """The two sides of one message are one row, where it has a number."""
    rows = [side(TRUTH[2], False), {**side(TRUTH[2], True), "id": "99.0"}]
    assert check([*TOLD, *rows], 1)
    assert check([*TOLD, *rows], 2, "tracepoint") == []


def test_identity_of_another():
    rows = [dict(row) for row in TOLD]
    rows[1]["file_id"] = rows[0]["file_id"]
    assert check([*rows, side(TRUTH[2], True)], 1)


@pytest.mark.parametrize(
    ("said", "lost"),
    (("3 passes; no events lost", 0), ("3 passes; 17 events lost (x)", 17), ("killed", None)),
)
def test_lost_events(said, lost):
    assert compare.lost_events(said) == lost


@pytest.mark.parametrize("lost, good", [(None, False), (0, False), (1, True), (2, False)])
def test_sums(lost, good):
    """Of the second message one side is told, and the other must have been counted."""
    scenario = compare.Truth("s", "ran", pids={10, 11}, sockets={77, 78}, rows=TRUTH)
    problems, _ = account.check_sums({"s": scenario}, [*TOLD, side(TRUTH[2], False)], lost)
    assert (problems == []) == good
