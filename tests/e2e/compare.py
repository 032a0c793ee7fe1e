#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Hold fdpass's rows against the truth of tests/workload: none missing, none extra, none wrong.

The truth names every field that a row must have. What it does not name must not be in the row: a
made-up value is as wrong as a missing one. Where a way to attach cannot know something on a kernel,
the list of gaps says so, with the reason; an entry that is not needed is a failure too.

Who hides what it passes has rows that may leave out anything, and be wrong in nothing. Where a side
of a message is not told at all, a lost event must have been counted: --messages has their number.
With --chosen FIELD=VALUE the tracer was to tell those rows only: all others of the workload are extra.

    compare.py --truth T --rows R --way fentry --kernel 6.12 [--gaps G] [--messages M] [--whole]
        [--chosen FIELD=VALUE] [--verdict V]
    compare.py --table V...
"""

import argparse
import collections
import dataclasses
import fnmatch
import itertools
import json
import pathlib
import re
import sys

from matching import CLOCK_SLACK_NS, in_window, index_of, match_rows, nanoseconds

# Fields that the truth does not name one by one, but as windows and identities.
SPECIAL = frozenset({"id", "timestamp", "latency_ns", "ended", "file_id"})
# Fields that other tests hold, or that come with later issues.
LATER = ("risk", "runtime.*", "k8s.*", "receiver.runtime.*", "receiver.k8s.*",
         "proc.cgroup_id", "receiver.cgroup_id")
# What two parties share or not, and the field that tells it of each. Containers play no part here.
BOUNDARIES = (("user", "creds.uid"), ("mntns", "mntns_id"), ("pidns", "pidns_id"), ("netns", "netns_id"),
              ("userns", "userns_id"), ("cgroupns", "cgroupns_id"))
# Kinds whose inode is not their own: two of them are never the same file.
ANONYMOUS = ("eventfd", "epoll", "timerfd", "signalfd", "inotify", "fanotify", "io_uring")
MISSING = object()
# What stands before the part of a path that was walked.
CUT_MARK = "..."
# Outcomes of which it is seen when they come.
ENDED = ("delivered", "peeked", "lost")
# Of a message that is delivered, an event tells that it was sent and one that it was received.
SIDES = ("proc.pid", "receiver.pid")


def flatten(document, prefix=""):
    """{"proc": {"pid": 1}} → {"proc.pid": 1}; null is the same as not there."""
    flat = {}
    for key, value in document.items():
        if isinstance(value, dict):
            flat.update(flatten(value, f"{prefix}{key}."))
        elif value is not None:
            flat[prefix + key] = value
    return flat


def without_unknown(row):
    """A row of the gadget: it has all fields, and names those whose values mean nothing."""
    if "unknown" not in row:
        return row
    unknown = {"unknown", "lost_events", "timestamp_raw", "proc.parent.tid",
               *row["unknown"].split(",")}
    known = {name: value for name, value in row.items() if name not in unknown}
    if "cross" in known: # ig has no lists
        known["cross"] = known["cross"].split(",") if known["cross"] else []
    return known


def as_printed(value):
    """JSON has no bytes: what is not UTF-8 (a lone surrogate in the truth) is printed as U+FFFD."""
    if isinstance(value, str):
        return re.sub("[\ud800-\udfff]", "\ufffd", value)
    return value


def bytes_as_printed(fields):
    """The members that tell what U+FFFD stands for: "file_bytes" in hexadecimal, behind "file"."""
    return {
        f"{key}_bytes": value.encode("utf-8", "surrogateescape").hex()
        for key, value in fields.items()
        if isinstance(value, str) and as_printed(value) != value
    }


@dataclasses.dataclass
class Truth:
    """What a scenario did: the rows that must be there, and whose rows they are."""

    name: str
    state: str = "unfinished"
    why: str = ""
    pids: set = dataclasses.field(default_factory=set)
    sockets: set = dataclasses.field(default_factory=set)
    rows: list = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Gap:
    """A line of the list of gaps: what a way on a kernel cannot know."""

    way: str
    kernel: str
    scenario: str
    field: str
    reason: str
    line: int
    used: bool = False
    tried: bool = False

    def applies(self, way, kernel, scenario, field):
        return bool(
            fnmatch.fnmatchcase(way.partition("-")[0], self.way) # whatever runs it
            # on any processor, or on one
            and fnmatch.filter((kernel, kernel.partition("-")[0]), self.kernel)
            and fnmatch.fnmatchcase(scenario, self.scenario)
            and fnmatch.fnmatchcase(field, self.field)
        )

    def __str__(self):
        return f"line {self.line}: {self.way} {self.kernel} {self.scenario} {self.field}"


def read_gaps(path):
    """WAY KERNEL SCENARIO FIELD REASON…: all but the reason are patterns, or several with commas.

    FIELD row stands for the whole row. Each combination is an entry of its own.
    """
    gaps = []
    for number, line in enumerate(pathlib.Path(path).read_text("utf-8").splitlines(), 1):
        words = line.split(None, 4)
        if not words or words[0].startswith("#"):
            continue
        if len(words) < 5:
            raise ValueError(f"{path}:{number}: way, kernel, scenario, field and a reason")
        patterns = itertools.product(*(word.split(",") for word in words[:4]))
        gaps.extend(Gap(*pattern, words[4], number) for pattern in patterns)
    return gaps


def add_cross(record):
    """What the parties of a row do not share follows from what each of them is."""
    known = {**record["may"], **record["fields"]}
    sides = [[known.get(f"{side}.{field}") for _, field in BOUNDARIES] for side in ("proc", "receiver")]
    if any(fnmatch.fnmatchcase(side, any_of) for side in SIDES for any_of in record["any"]):
        record["any"].append("cross")
    if None in (*sides[0], *sides[1]):
        return
    group = "fields" if all(side in record["fields"] for side in SIDES) else "may"
    record[group]["cross"] = [
        name for (name, _), of_sender, of_receiver in zip(BOUNDARIES, *sides) if of_sender != of_receiver
    ]


def read_truth(path):
    """The scenarios by name, in the order in which they ran."""
    scenarios = {}
    for line in pathlib.Path(path).read_text("utf-8").splitlines():
        record = json.loads(line)
        name = record["scenario"]
        truth = scenarios.setdefault(name, Truth(name))
        if record["record"] == "process":
            truth.pids.add(record["pid"])
        elif record["record"] == "scenario":
            truth.state, truth.why = record["state"], record["why"]
        else:
            for group in ("fields", "may"):
                bytes_of = bytes_as_printed(record[group])
                record[group] = {key: as_printed(value) for key, value in record[group].items()}
                record[group].update(bytes_of)
                for key in ("socket_ino", "receiver.socket_ino"):
                    truth.sockets.add(record[group].get(key))
            add_cross(record)
            truth.rows.append(record)
    for truth in scenarios.values():
        truth.sockets.discard(None)
    return scenarios


def leave_out_others(scenarios, chosen):
    """What a filter by FIELD=VALUE leaves out of the truth. The processes stay: rows of theirs are too many."""
    field, _, value = chosen.partition("=")
    for truth in scenarios.values():
        truth.rows = [row for row in truth.rows if str(row["fields"].get(field)) == value]


def read_rows(path):
    """The tracer's rows, flat. One that is no JSON object raises: the output must always be valid."""
    rows = []
    for line in pathlib.Path(path).read_bytes().splitlines():
        rows.append(without_unknown(flatten(json.loads(line.decode("utf-8")))))
    return rows


def assign_to_scenarios(scenarios, rows):
    """Whose rows: by the processes, or by the sockets where a row names no process."""
    by_pid, by_socket = {}, {}
    for truth in scenarios.values():
        by_pid.update(dict.fromkeys(truth.pids, truth.name))
        by_socket.update(dict.fromkeys(truth.sockets, truth.name))
    assigned = collections.defaultdict(list)
    for row in rows:
        pids = [row[key] for key in ("proc.pid", "receiver.pid") if key in row]
        sockets = [row[key] for key in ("socket_ino", "receiver.socket_ino") if key in row]
        names = [by_pid[pid] for pid in pids if pid in by_pid]
        if not pids:
            names = [by_socket[socket] for socket in sockets if socket in by_socket]
        if names:
            assigned[names[0]].append(row)
    return assigned


def lost_events(messages):
    """The number of lost events in what fdpass said last, or None."""
    match = re.search(r"; (no|\d+) events? lost", messages)
    return match and (0 if match[1] == "no" else int(match[1]))


def events_happened(truth):
    """How many events there were of a row's message, by the truth. A move is one event."""
    known = {**truth["may"], **truth["fields"]}
    return sum(side in known for side in SIDES) if known["via"] == "scm_rights" else 1


def events_told(rows):
    """How many of them the message's rows tell."""
    if any(row.get("via", "scm_rights") != "scm_rights" for row in rows):
        return 1
    return sum(any(side in row for row in rows) for side in SIDES)


def lacks_sender(rows):
    """Is the message told by its receiver alone?"""
    return bool(rows) and not any("proc.pid" in row for row in rows)


class Comparison:
    """One run of a way on a kernel. check() gives the verdict on a scenario."""

    def __init__(self, way, kernel, gaps=(), lost=0):
        self.way = way
        self.kernel = kernel
        self.gaps = list(gaps)
        self.lost = lost  # events that were counted, and that no message has needed yet
        self.applying = {}  # scenario, field → the gaps that say something about it
        self.file_ids = {}  # file_id → the open file description that had it first, and its file
        self.ids = {}  # id → scenario, message, index
        self.messages = {}  # id without the index → scenario, message

    def gaps_of(self, scenario, field):
        if (scenario, field) not in self.applying:
            self.applying[scenario, field] = [
                gap for gap in self.gaps if gap.applies(self.way, self.kernel, scenario, field)
            ]
        return self.applying[scenario, field]

    def excuse(self, scenario, field):
        """The gap that says that this way on this kernel cannot tell the field, or None."""
        for gap in self.gaps_of(scenario, field):
            gap.used = True
            return gap
        return None

    def try_gaps(self, truth):
        """What the scenario's rows have to tell: a gap that is about it is needed, or is wrong."""
        if truth.name.startswith("hostile/"):
            return  # whether it is needed there hangs on how a race ends
        special = (("timestamp", "sent"), ("latency_ns", "latency_ns"), ("file_id", "ofd"))
        fields = {"row"} if truth.rows else set()
        for expected in truth.rows:
            fields.update(expected["fields"])
            fields.update(field for field, key in special if key in expected)
        for field in fields:
            for gap in self.gaps_of(truth.name, field):
                gap.tried = True

    def check(self, truth, rows):
        """The verdict on one scenario."""
        problems, excused = [], set()
        if truth.state == "skipped":
            return self.verdict("skip", truth, [truth.why], excused)
        if truth.state != "ran":
            return self.verdict("broken", truth, [f"{truth.state} {truth.why}"], excused)

        pairs, missing, extra = match_rows(truth.rows, rows)
        descriptions = {}
        for expected, row in pairs:
            for field, problem in self.compare_row(expected, row, truth.name, descriptions):
                gap = None
                if problem.startswith("missing"):
                    gap = self.excuse(truth.name, field)
                if gap:
                    excused.add((field, gap.reason))
                else:
                    problems.append(f"{describe(expected)}: {field}: {problem}")
        self.try_gaps(truth)
        untold = self.untold_messages(truth, pairs)
        for expected in missing:
            if expected.get("hidden") and expected["message"] not in untold:
                continue
            gap = self.excuse(truth.name, "row")
            untold.discard(expected["message"])
            if gap:
                excused.add(("row", gap.reason))
            else:
                problems.append(f"{describe(expected)}: no such row")
        problems.extend(
            f"message {number}: an event is neither told nor counted as lost"
            for number in sorted(untold)
        )
        problems.extend(f"a row too many: {json.dumps(row)}" for row in extra)
        state = "fail" if problems else "gap" if excused else "pass"
        return self.verdict(state, truth, problems, excused)

    def untold_messages(self, truth, pairs):
        """Those of who hides them of which an event is not told, and was not counted as lost."""
        rows, untold = collections.defaultdict(list), set()
        for expected, row in pairs:
            rows[expected["message"]].append(row)
        for expected in {row["message"]: row for row in truth.rows}.values():
            number = expected["message"]
            needed = max(0, events_happened(expected) - events_told(rows[number]))
            if needed and lacks_sender(rows[number]) and self.excuse(truth.name, "sender"):
                continue
            if needed > self.lost and expected.get("hidden"):
                untold.add(number)
            self.lost = max(0, self.lost - needed)
        return untold

    @staticmethod
    def verdict(state, truth, problems, excused):
        return {
            "verdict": state,
            "rows": len(truth.rows),
            "problems": problems,
            "gaps": sorted(excused),
        }

    def compare_row(self, truth, row, scenario, descriptions):
        """Each field that is not as it must be, and what is wrong with it."""
        for field, problem in self.compare_fields(truth, row, scenario, descriptions):
            if field == "id" or not truth.get("hidden") or not problem.startswith("missing"):
                yield field, problem

    def compare_fields(self, truth, row, scenario, descriptions):
        for field, expected in truth["fields"].items():
            yield from compare_value(field, expected, row.get(field, MISSING), required=True)
        for field, expected in truth["may"].items():
            yield from compare_value(field, expected, row.get(field, MISSING), required=False)
        for field, value in row.items():
            if field in truth["fields"] or field in truth["may"] or field in SPECIAL:
                continue
            if any(fnmatch.fnmatchcase(field, any_of) for any_of in (*truth["any"], *LATER)):
                continue
            yield field, f"should not be there, and is {value!r}"
        yield from self.compare_window(truth, row, "timestamp", "sent")
        yield from self.compare_window(truth, row, "latency_ns", "latency_ns")
        yield from self.compare_end(truth, row)
        yield from self.compare_id(truth, row, scenario)
        yield from self.compare_file_id(truth, row, scenario, descriptions)

    @staticmethod
    def compare_window(truth, row, field, key):
        value = row.get(field, MISSING)
        if field in truth["any"]:
            return
        if key not in truth:
            if value is not MISSING:
                yield field, f"should not be there, and is {value!r}"
            return
        if value is MISSING:
            yield field, "missing"
            return
        slack = 0
        if field == "timestamp":
            slack = CLOCK_SLACK_NS
            value = nanoseconds(value)
        if not isinstance(value, int) or not in_window(value, truth[key], slack):
            yield field, f"{row[field]!r} is not within {truth[key]}"

    @staticmethod
    def compare_end(truth, row):
        """Who has no time at which it was sent has one at which it ended."""
        value = row.get("ended", MISSING)
        if value is MISSING:
            if "timestamp" not in row and "ended" in truth and row.get("outcome") in ENDED:
                yield "ended", "missing"
        elif "timestamp" in row:
            yield "ended", "should not be there beside timestamp"
        elif "ended" in truth and not in_window(nanoseconds(value), truth["ended"], CLOCK_SLACK_NS):
            yield "ended", f"{value!r} is not within {truth['ended']}"

    def compare_id(self, truth, row, scenario):
        """One id for a descriptor of a message, in all of its rows, and for nothing else."""
        value = row.get("id")
        message = (scenario, truth["message"])
        what = (*message, truth["index"])
        if not isinstance(value, str):
            yield "id", "missing"
            return
        if index_of(row) != str(truth["index"]):
            yield "id", f"{value} should end with the index {truth['index']}"
        if self.ids.setdefault(value, what) != what:
            yield "id", f"{value} is also {self.ids[value]}"
        number = value.rpartition(".")[0]
        if self.messages.setdefault(number, message) != message:
            yield "id", f"{number} is also {self.messages[number]}"
        if self.messages.setdefault(message, number) != number:
            yield "id", f"{number} was {self.messages[message]} before"

    def compare_file_id(self, truth, row, scenario, descriptions):
        """The same identity for the same open file description, and for no other."""
        value = row.get("file_id", MISSING)
        if "ofd" not in truth:
            if value is not MISSING:
                yield "file_id", f"should not be there, and is {value!r}"
            return
        if value is MISSING:
            if "file_id" not in truth["any"]:
                yield "file_id", "missing"
            return
        known = descriptions.setdefault(truth["ofd"], value)
        if known != value:
            yield "file_id", f"{value} was {known} in another row of the same open file"
        message = (scenario, truth["message"])
        first = self.file_ids.setdefault(value, (truth["ofd"], message, file_of(truth)))
        if known == value and first[0] == truth["ofd"] and first[1][0] == scenario:
            return
        # Another open file. Only of the same file, opened after the first was closed: see fdpass(8).
        if first[1] == message or first[2] is None or first[2] != file_of(truth):
            yield "file_id", f"{value} is also another open file's, first seen in {first[1]}"

    def needless_gaps(self):
        """Entries of the list for things that were there and right."""
        return [str(gap) for gap in self.gaps if gap.tried and not gap.used]


def compare_value(field, expected, value, required):
    if value is MISSING:
        if required:
            yield field, f"missing, should be {expected!r}"
    elif field == "file" and not required and is_cut(expected, value):
        return
    elif type(value) is not type(expected) or value != expected:
        yield field, f"{value!r} should be {expected!r}"


def is_cut(expected, value):
    """Is this the end of the path, marked as such?"""
    return value.startswith(CUT_MARK) and expected.endswith(value[len(CUT_MARK) :])


def file_of(truth):
    """Device and inode; None for a file that is nothing but its open file description."""
    fields = {**truth["may"], **truth["fields"]}
    if fields.get("file_type") in ANONYMOUS:
        return None
    return fields.get("file_dev"), fields.get("file_ino")


def describe(truth):
    fields = {**truth["may"], **truth["fields"]}
    return (
        f"message {truth['message']}.{truth['index']} "
        f"({fields.get('proc.pid', '?')}:{fields.get('fd', '?')} → "
        f"{fields.get('receiver.pid', '?')}:{fields.get('receiver.fd', '?')}, "
        f"{fields.get('outcome', '?')})"
    )


def compare(scenarios, rows, way, kernel, gaps=(), whole=False, lost=0):
    """The verdict on a run: {"way", "kernel", "passed", "scenarios": {name: verdict}, …}."""
    comparison = Comparison(way, kernel, gaps, lost)
    assigned = assign_to_scenarios(scenarios, rows)
    verdicts = {
        name: comparison.check(truth, assigned[name]) for name, truth in scenarios.items()
    }
    needless = comparison.needless_gaps() if whole else []
    good = all(verdict["verdict"] in ("pass", "gap", "skip") for verdict in verdicts.values())
    return {
        "way": way,
        "kernel": kernel,
        "passed": bool(verdicts) and good and not needless,
        "scenarios": verdicts,
        "needless_gaps": needless,
    }


def print_verdict(verdict, stream):
    for name, scenario in verdict["scenarios"].items():
        if scenario["verdict"] in ("fail", "broken"):
            print(f"{name}: {scenario['verdict']}", file=stream)
            for problem in scenario["problems"][:10]:
                print(f"    {problem}", file=stream)
            if len(scenario["problems"]) > 10:
                print(f"    and {len(scenario['problems']) - 10} more", file=stream)
    for gap in verdict["needless_gaps"]:
        print(f"gap no longer needed: {gap}", file=stream)
    counts = collections.Counter(s["verdict"] for s in verdict["scenarios"].values())
    summary = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
    print(f"{verdict['way']} on {verdict['kernel']}: {summary or 'nothing ran'}", file=stream)


MARKS = {"pass": "ok", "gap": "gap", "skip": "-", "fail": "FAIL", "broken": "BROKEN"}


def print_table(verdicts, stream):
    """Scenario × kernel × way, and below it why there are gaps and dashes."""
    merged = {}  # a way has several traces
    for verdict in verdicts:
        run = merged.setdefault(f"{verdict['kernel']} {verdict['way']}", {})
        run.update(verdict["scenarios"])
    runs = list(merged.items())
    names = list(dict.fromkeys(name for _, scenarios in runs for name in scenarios))
    width = max((len(name) for name in names), default=0)
    print(" ".join(["scenario".ljust(width)] + [run for run, _ in runs]), file=stream)
    for name in names:
        cells = [name.ljust(width)]
        for run, scenarios in runs:
            mark = MARKS[scenarios[name]["verdict"]] if name in scenarios else ""
            cells.append(mark.ljust(len(run)))
        print(" ".join(cells).rstrip(), file=stream)
    print_notes(runs, stream)


def print_notes(runs, stream):
    """Each reason once, with what is not told for it, in which scenarios and by whom."""
    notes = {}
    for run, scenarios in runs:
        for name, scenario in scenarios.items():
            if scenario["verdict"] == "skip":
                scenario = {"gaps": [["skipped", scenario["problems"][0]]]}
            for field, reason in scenario["gaps"]:
                fields, names, where = notes.setdefault(reason, ({}, {}, {}))
                fields[field] = names[name] = where[run] = True
    for reason, (fields, names, where) in notes.items():
        names = [name for name in names if not (name.startswith("32/") and name[3:] in names)]
        print(f"\n{reason}: {', '.join(fields)}", file=stream)
        print(f"  in {', '.join(names)}", file=stream)
        print(f"  by {', '.join(where)}", file=stream)



def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--truth", help="what the workload wrote")
    parser.add_argument("--rows", help="what fdpass -o json printed")
    parser.add_argument("--way", help="how it was attached")
    parser.add_argument("--kernel", help="the kernel, as in tests/vm/KERNELS")
    parser.add_argument("--gaps", help="what cannot be known, with reasons")
    parser.add_argument("--messages", help="what fdpass said, with the number of lost events")
    parser.add_argument("--chosen", metavar="FIELD=VALUE", help="which rows alone were asked for")
    parser.add_argument("--whole", action="store_true", help="all ran: a needless gap fails")
    parser.add_argument("--verdict", help="write the verdict there, as JSON")
    parser.add_argument("--table", nargs="+", metavar="VERDICT", help="print verdicts as a table")
    options = parser.parse_args(arguments)
    if options.table:
        verdicts = [json.loads(pathlib.Path(path).read_text("utf-8")) for path in options.table]
        print_table(verdicts, sys.stdout)
        return 0 if all(verdict["passed"] for verdict in verdicts) else 1
    for name in ("truth", "rows", "way", "kernel"):
        if getattr(options, name) is None:
            parser.error(f"--{name} is missing")
    messages = options.messages and pathlib.Path(options.messages).read_text("utf-8")
    scenarios = read_truth(options.truth)
    if options.chosen:
        leave_out_others(scenarios, options.chosen)
    verdict = compare(
        scenarios,
        read_rows(options.rows),
        options.way,
        options.kernel,
        read_gaps(options.gaps) if options.gaps else (),
        options.whole,
        messages and lost_events(messages) or 0,
    )
    if options.verdict:
        pathlib.Path(options.verdict).write_text(json.dumps(verdict, indent=1) + "\n", "utf-8")
    print_verdict(verdict, sys.stdout)
    return 0 if verdict["passed"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
