# SPDX-License-Identifier: GPL-2.0-or-later
"""The comparer fails when a row is dropped, doubled, added, or changed in any one field."""

import copy
import datetime
import json

import pytest

import compare

SENT = 1_700_000_000_000_000_000


def truth_row(message, index, **changes):
    row = {
        "record": "row",
        "scenario": "s",
        "message": message,
        "index": index,
        "fields": {
            "via": "scm_rights",
            "outcome": "delivered",
            "socket_type": "stream",
            "proc.comm": "w-sender",
            "proc.pid": 10,
            "proc.creds.uid": 0,
            "socket_ino": 77,
            "sockfd": 3,
            "fd": 5 + index,
            "file": "/a b",
            "file_ino": 1000 * message + index,
            "receiver.pid": 11,
            "receiver.fd": 6 + index,
            "receiver.socket_ino": 78,
            "receiver.cloexec": False,
        },
        "may": {},
        "any": [],
        "ofd": 100 * message + index,
        "sent": [SENT + message * 10**9, SENT + message * 10**9 + 1000],
        "latency_ns": [5, 5000],
    }
    row.update(changes)
    return row


TRUTH = [truth_row(1, 0), truth_row(1, 1), truth_row(2, 0)]


def synthetic(truth):
    """The row that a perfect tracer prints."""
    when = datetime.datetime.fromtimestamp(truth["sent"][0] // 10**9, datetime.timezone.utc)
    row = {key: compare.as_printed(value) for key, value in truth["fields"].items()}
    row["id"] = f"{truth['message'] + 40}.{truth['index']}"
    row["timestamp"] = when.strftime("%Y-%m-%dT%H:%M:%S") + ".000000500Z"
    row["latency_ns"] = truth["latency_ns"][0] + 1
    row["file_id"] = f"{truth['ofd']:016x}"
    return row


def nest(row):
    nested = {}
    for key, value in row.items():
        *parents, last = key.split(".")
        place = nested
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = value
    return nested


@pytest.fixture(name="run")
def fixture_run(tmp_path):
    """Compare rows with TRUTH by way of files, as the program does."""

    def run(rows, truth=tuple(TRUTH), gaps=None, whole=True, state="ran"):
        records = [
            {"record": "process", "scenario": "s", "pid": 10},
            {"record": "process", "scenario": "s", "pid": 11},
            *truth,
            {"record": "scenario", "scenario": "s", "state": state, "why": "because"},
        ]
        paths = {name: tmp_path / name for name in ("truth", "rows", "gaps", "verdict")}
        paths["truth"].write_text("".join(json.dumps(record) + "\n" for record in records))
        paths["rows"].write_text("".join(json.dumps(nest(row)) + "\n" for row in rows))
        paths["gaps"].write_text(gaps or "")
        arguments = ["--way", "fentry", "--kernel", "6.12"] + ["--whole"] * whole
        for name, path in paths.items():
            arguments += [f"--{name}", str(path)]
        status = compare.main(arguments)
        verdict = json.loads(paths["verdict"].read_text())
        assert status == (0 if verdict["passed"] else 1)
        return verdict

    return run


def state_of(verdict):
    return verdict["scenarios"]["s"]["verdict"]


ROWS = [synthetic(row) for row in TRUTH]
FIELDS = sorted(ROWS[0])


def changed(value):
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 100_000
    if value.startswith("20"):
        return "1999" + value[4:]
    return value + "x"


def test_passes(run):
    verdict = run(ROWS)
    assert verdict["passed"]
    assert verdict["scenarios"]["s"] == {"verdict": "pass", "rows": 3, "problems": [], "gaps": []}


def test_order_does_not_matter(run):
    assert run(ROWS[::-1])["passed"]


def test_rows_of_others_do_not_matter(run):
    assert run([*ROWS, {"id": "9.0", "proc.pid": 4, "receiver.pid": 5, "socket_ino": 77}])["passed"]


@pytest.mark.parametrize("dropped", range(3))
def test_dropped(run, dropped):
    rows = ROWS[:dropped] + ROWS[dropped + 1 :]
    verdict = run(rows)
    assert state_of(verdict) == "fail"
    assert len(verdict["scenarios"]["s"]["problems"]) == 1


@pytest.mark.parametrize("doubled", range(3))
def test_doubled(run, doubled):
    assert state_of(run([*ROWS, ROWS[doubled]])) == "fail"


@pytest.mark.parametrize("pid", ["proc.pid", "receiver.pid"])
def test_added(run, pid):
    assert state_of(run([*ROWS, {"id": "9.0", pid: 11, "outcome": "delivered"}])) == "fail"


def test_added_with_no_process(run):
    assert state_of(run([*ROWS, {"id": "9.0", "receiver.socket_ino": 78}])) == "fail"


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("place", range(3))
def test_changed(run, field, place):
    rows = copy.deepcopy(ROWS)
    rows[place][field] = changed(rows[place][field])
    # A file_id is wrong when it is not the one of the file's other rows: these have one row each.
    if field == "file_id":
        rows[place][field] = rows[(place + 1) % 3][field]
    # So is the message's number.
    if field == "id" and place == 2:
        rows[place][field] = rows[0][field]
    assert state_of(run(rows)) == "fail"


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("place", range(3))
def test_removed(run, field, place):
    rows = copy.deepcopy(ROWS)
    del rows[place][field]
    assert state_of(run(rows)) == "fail"


@pytest.mark.parametrize("field", [field for field in FIELDS if not field.endswith("id")])
def test_number_as_text_is_wrong(run, field):
    rows = copy.deepcopy(ROWS)
    if not isinstance(rows[0][field], str):
        rows[0][field] = str(rows[0][field])
        assert state_of(run(rows)) == "fail"


@pytest.mark.parametrize(
    "field, value",
    [("reason", "emfile"), ("proc.nspid", 3), ("socket_path", "/s"), ("made.up", 1)],
)
def test_field_that_should_not_be_there(run, field, value):
    rows = copy.deepcopy(ROWS)
    rows[1][field] = value
    assert state_of(run(rows)) == "fail"


def test_latency_out_of_window(run):
    for latency in (4, 5001, -1, 10.5):
        rows = copy.deepcopy(ROWS)
        rows[2]["latency_ns"] = latency
        assert state_of(run(rows)) == "fail"


def test_same_file_must_keep_its_identity(run):
    truth = [truth_row(1, 0, ofd=7), truth_row(1, 1, ofd=7)]
    rows = [synthetic(row) for row in truth]
    assert run(rows, truth)["passed"]
    rows[1]["file_id"] = "ffff"
    assert state_of(run(rows, truth)) == "fail"


@pytest.mark.parametrize(
    "changes, passed", [({}, True), ({"file_ino": 7}, False), ({"file_type": "eventfd"}, False)]
)
def test_identity_of_a_closed_file(changes, passed):
    """After it was closed, another opening of the same file may have its identity; no other file."""
    comparison = compare.Comparison("fentry", "6.12")
    first, second = truth_row(1, 0), truth_row(1, 0)
    for row in (first, second):
        row["fields"].update({"file_dev": "0:5", "file_type": "chr"})
    second["fields"].update(changes)
    row = {"file_id": "1234"}
    assert not list(comparison.compare_file_id(first, row, "s", {}))
    assert not list(comparison.compare_file_id(second, row, "t", {})) == passed
    assert list(comparison.compare_file_id(truth_row(2, 0), row, "s", {}))


def test_peek_shares_the_id(run):
    peek = copy.deepcopy(TRUTH[2])
    peek["fields"].update({"outcome": "peeked", "receiver.fd": 50})
    truth = [*TRUTH, peek]
    rows = [*ROWS, synthetic(peek)]
    assert run(rows, truth)["passed"]
    rows[3]["id"] = "99.0"
    assert state_of(run(rows, truth)) == "fail"


def test_may(run):
    truth = copy.deepcopy(TRUTH)
    truth[0]["may"] = {"receiver.sockfd": 9}
    assert run(ROWS, truth)["passed"]
    for value, passed in ((9, True), (8, False)):
        rows = copy.deepcopy(ROWS)
        rows[0]["receiver.sockfd"] = value
        assert run(rows, truth)["passed"] == passed


def test_any(run):
    truth = copy.deepcopy(TRUTH)
    truth[0]["any"] = ["receiver.*"]
    truth[0]["fields"] = {
        key: value for key, value in truth[0]["fields"].items() if not key.startswith("receiver.")
    }
    rows = copy.deepcopy(ROWS)
    rows[0]["receiver.pid"] = 12345
    assert run(rows, truth)["passed"]


def without(field, place=0):
    rows = copy.deepcopy(ROWS)
    del rows[place][field]
    return rows


def test_gap_allows_a_missing_field(run):
    verdict = run(without("receiver.fd"), gaps="fentry 6.* s receiver.fd the reason\n")
    assert verdict["passed"]
    assert state_of(verdict) == "gap"


def test_gap_does_not_allow_a_wrong_field(run):
    rows = copy.deepcopy(ROWS)
    rows[0]["receiver.fd"] = 1
    assert state_of(run(rows, gaps="* * * receiver.fd the reason\n")) == "fail"


@pytest.mark.parametrize("gap", ["kprobe 6.12 s", "fentry 5.* s", "fentry 6.12 t"])
def test_gap_of_another_run(run, gap):
    assert state_of(run(without("fd"), gaps=f"{gap} fd the reason\n")) == "fail"


def test_gap_allows_a_missing_row(run):
    assert run(ROWS[1:], gaps="fentry * s row the reason\n")["passed"]


def test_gap_never_allows_a_row_too_many(run):
    assert state_of(run([*ROWS, ROWS[0]], gaps="* * * * the reason\n")) == "fail"


def test_needless_gap(run):
    gaps = "# a comment\n\nfentry 6.12 s fd the reason\n"
    verdict = run(ROWS, gaps=gaps)
    assert not verdict["passed"]
    assert len(verdict["needless_gaps"]) == 1
    assert run(ROWS, gaps=gaps, whole=False)["passed"]
    # An entry for another way or kernel is not tried by this run.
    assert run(ROWS, gaps="kprobe 6.12 s fd the reason\n")["passed"]


def test_gap_without_a_reason(run):
    with pytest.raises(ValueError):
        run(ROWS, gaps="fentry 6.12 s fd\n")


def test_skipped_is_shown(run, capsys, tmp_path):
    verdict = run([], truth=(), state="skipped")
    assert verdict["passed"]
    assert state_of(verdict) == "skip"
    capsys.readouterr()
    assert compare.main(["--table", str(tmp_path / "verdict")]) == 0
    assert "because" in capsys.readouterr().out


def test_broken_fails(run):
    assert state_of(run(ROWS, state="broken")) == "broken"


def test_nothing_ran(tmp_path):
    empty = tmp_path / "empty"
    empty.write_text("")
    arguments = ["--truth", str(empty), "--rows", str(empty), "--way", "w", "--kernel", "k"]
    assert compare.main(arguments) == 1


def test_rows_that_are_no_json(tmp_path):
    path = tmp_path / "rows"
    path.write_bytes(b'{"a": "\xff"}\n')
    with pytest.raises(ValueError):
        compare.read_rows(path)


def hidden(truth, **changes):
    """Who did it hides it: any field may be left out."""
    fields = {key: compare.as_printed(value) for key, value in truth["fields"].items()}
    return {**truth, "fields": {}, "may": fields, "hidden": True, **changes}


def verdict_on_hidden(rows, lost=0):
    truth = compare.Truth("s", "ran", pids={10, 11}, sockets={77, 78},
                          rows=[hidden(truth) for truth in TRUTH])
    return compare.compare({"s": truth}, rows, "fentry", "6.12", lost=lost)["scenarios"]["s"]


def test_hidden_rows_may_lack_fields():
    rows = [synthetic(truth) for truth in TRUTH]
    for row in rows:
        for field in ("outcome", "file", "receiver.fd", "timestamp", "latency_ns", "file_id"):
            del row[field]
    assert verdict_on_hidden(rows)["verdict"] == "pass"


@pytest.mark.parametrize("field, value", [
    ("outcome", "lost"), ("fd", 99), ("receiver.fd", 99), ("file", "/b"), ("file_ino", 1),
    ("timestamp", "2001-01-01T00:00:00.000000000Z"), ("latency_ns", 10**9), ("reason", "read"),
])
def test_hidden_rows_may_not_be_wrong(field, value):
    rows = [synthetic(truth) for truth in TRUTH]
    rows[0][field] = value
    assert verdict_on_hidden(rows)["verdict"] == "fail"


@pytest.mark.parametrize("lost, verdict", [(0, "fail"), (1, "fail"), (2, "pass")])
def test_hidden_message_needs_two_losses(lost, verdict):
    rows = [synthetic(truth) for truth in TRUTH[:2]]
    assert verdict_on_hidden(rows, lost)["verdict"] == verdict


@pytest.mark.parametrize("lost, verdict", [(0, "fail"), (1, "pass")])
def test_hidden_side_needs_a_loss(lost, verdict):
    rows = [synthetic(truth) for truth in TRUTH]
    rows[2] = {key: value for key, value in rows[2].items() if not key.startswith("receiver.")}
    assert verdict_on_hidden(rows, lost)["verdict"] == verdict


def test_exact_rows_need_no_loss():
    """A loss is no excuse for the innocent."""
    truth = compare.Truth("s", "ran", pids={10, 11}, sockets={77, 78}, rows=TRUTH)
    rows = [synthetic(truth) for truth in TRUTH[:2]]
    verdict = compare.compare({"s": truth}, rows, "fentry", "6.12", lost=9)["scenarios"]["s"]
    assert any("no such row" in problem for problem in verdict["problems"])


@pytest.mark.parametrize("missing, late", [(3, 0), (None, 1500)])
def test_passes_that_are_alike(missing, late):
    """Each has its own row: where one is missing, or the clocks differ more than the passes."""
    truths = [
        hidden(truth_row(1 + i, 0), sent=[SENT + 1000 * i, SENT + 1000 * i + 900],
               latency_ns=[10 * i, 10 * i + 5], ofd=1)
        for i in range(20)
    ]
    for truth in truths:
        truth["may"]["file_ino"] = 5
    rows = [
        {**truth["may"], "id": f"{truth['message']}.0",
         "timestamp": f"2023-11-14T22:13:20.{truth['sent'][0] - SENT + 500 + late:09}Z",
         "latency_ns": truth["latency_ns"][0] + 1, "file_id": f"{1:016x}"}
        for truth in truths if truth["message"] != missing
    ]
    lost = 0 if missing is None else 2
    truth = compare.Truth("s", "ran", pids={10, 11}, sockets={77, 78}, rows=truths)
    verdict = compare.compare({"s": truth}, rows, "fentry", "6.12", lost=lost)["scenarios"]["s"]
    problems = [problem for problem in verdict["problems"] if "timestamp" not in problem]
    assert problems == []


@pytest.mark.parametrize("told, state", [
    ("2f61ff62", "pass"), ("2f61fe62", "fail"), (None, "fail"),
])
def test_bytes_that_are_no_utf8(run, told, state):
    truth = truth_row(1, 0)
    truth["fields"]["file"] = "/a\udcffb"
    row = {**synthetic(truth), "file_bytes": told}
    assert row["file"] == "/a\ufffdb"
    assert state_of(run([row], truth=(truth,))) == state


@pytest.mark.parametrize("told, good", [
    ("/long/way/end", True), (".../way/end", True), (".../end", True), (".../other", False),
    ("/end", False),
])
def test_path_may_be_cut(told, good):
    truth = hidden(TRUTH[0], ofd=1)
    truth["may"]["file"] = "/long/way/end"
    row = {**synthetic(TRUTH[0]), "file": told, "file_id": f"{1:016x}"}
    problems = list(compare.Comparison("", "").compare_row(truth, row, "s", {}))
    assert (problems == []) == good


def test_the_gadget_names_what_it_does_not_know():
    row = {"fd": 3, "reason": "", "receiver.fd": -1, "lost_events": 0, "timestamp_raw": 1,
           "unknown": "reason,receiver.fd"}
    assert compare.without_unknown(row) == {"fd": 3}
    assert compare.without_unknown({"fd": 3}) == {"fd": 3}
