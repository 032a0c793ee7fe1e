#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Hold what fdpass told and what it lost against what happened, where its reader was stopped.

The ring buffer was full for a while: rows are missing, and others lack a side. What is there must be
right, and what was told and what was lost must make up what happened, to the last event.

    account.py --way fentry [--hostile --kernel VERSION --gaps FILE] FOLDER
"""

import argparse
import collections
import json
import pathlib
import sys

import compare
from compare import SIDES

# The way that has no numbers for messages has an event more, of which no row tells by itself: what
# sendmsg(2) returned. And where one of these is lost, the two sides may be told in rows of their own.
KEYLESS = "tracepoint"


def by_message(rows, number_of):
    groups = collections.defaultdict(list)
    for row in rows:
        groups[number_of(row)].append(row)
    return list(groups.values())


def problems_of(truth, row):
    """What is wrong with the row. What is missing is not wrong."""
    comparison = compare.Comparison("", "")
    return [
        f"{field}: {problem}"
        for field, problem in comparison.compare_row(truth, row, "", {})
        if not problem.startswith("missing")
    ]


def has_side(rows, side):
    return any(side in row for row in rows)


def could_be(truths, rows):
    """Are these rows, with one id, of this message? One event tells of all its descriptors."""
    by_index = {str(truth["index"]): truth for truth in truths}
    indices = [compare.index_of(row) for row in rows]
    return (
        sorted(indices) == sorted(by_index)
        and not any(problems_of(by_index[compare.index_of(row)], row) for row in rows)
    )


def match(groups, messages):
    """Give each group of rows a message of its own. Returns the messages, in their order, or None."""
    candidates = [
        [place for place, truths in enumerate(messages) if could_be(truths, rows)]
        for rows in groups
    ]
    owners = {}

    def give(group, tried):
        for place in candidates[group]:
            if place in tried:
                continue
            tried.add(place)
            if place not in owners or give(owners[place], tried):
                owners[place] = group
                return True
        return False

    for group in range(len(groups)):
        give(group, set())
    places = {group: place for place, group in owners.items()}
    return [messages[places[group]] if group in places else None for group in range(len(groups))]


def match_sides(groups, messages, way):
    """The same, for those that tell of the sender, and then for those that tell of nobody else."""
    senders = [rows for rows in groups if has_side(rows, "proc.pid")]
    others = [rows for rows in groups if not has_side(rows, "proc.pid")]
    pairs = list(zip(match(senders, messages), senders))
    taken = [
        id(truths) for truths, rows in pairs if way != KEYLESS or has_side(rows, "receiver.pid")
    ]
    left = [truths for truths in messages if id(truths) not in taken]
    return pairs + list(zip(match(others, left), others))


def check_file_ids(comparison, name, pairs):
    """An identity belongs to one open file description; which has one, unless it is not known."""
    descriptions = {}
    for truths, rows in pairs:
        by_index = {str(truth["index"]): truth for truth in truths or ()}
        for row in rows:
            truth = by_index.get(compare.index_of(row))
            if not truth:
                continue
            for _, problem in comparison.compare_file_id(truth, row, name, descriptions):
                if problem != "missing":
                    yield f"file_id: {problem}: {json.dumps(row)}"


def check(scenarios, rows, lost, way):
    """Each thing that is wrong, and a line that sums it up."""
    problems, told, happened = [], 0, 0
    comparison = compare.Comparison("", "")
    assigned = compare.assign_to_scenarios(scenarios, rows)
    for name, truth in scenarios.items():
        if truth.state != "ran":
            problems.append(f"{name} {truth.state} {truth.why}")
        messages = by_message(truth.rows, lambda row: row["message"])
        groups = by_message(assigned[name], lambda row: row.get("id", "").rpartition(".")[0])
        pairs = match_sides(groups, messages, way)
        problems.extend(
            f"{name}: no such message: {json.dumps(rows)}" for truths, rows in pairs if not truths
        )
        problems.extend(f"{name}: {problem}" for problem in check_file_ids(comparison, name, pairs))
        told += sum(has_side(rows, side) for rows in groups for side in SIDES)
        happened += len(SIDES) * len(messages)
    besides = happened // len(SIDES) if way == KEYLESS else 0
    if not lost:
        problems.append("nothing was lost: the ring buffer was not filled")
    elif not happened <= told + lost <= happened + besides:
        problems.append("what was told and what was lost is not what happened")
    return problems, f"{told} events in rows and {lost} lost of {happened}" + (
        f", and up to {besides} besides" if besides else ""
    )


def check_folder(folder, way):
    """What guest-run.sh left of a trace whose reader was stopped."""
    return check(
        compare.read_truth(folder / "truth"),
        compare.read_rows(folder / "rows"),
        compare.lost_events((folder / "messages").read_text("utf-8")),
        way,
    )


def check_sums(scenarios, rows, lost, comparison=compare.Comparison("", "")):
    """Where messages are too many and too much alike to match them: only how many there were. Where a
    gap says that a sender can hide, the row of the receiver alone is all that is told of a message."""
    happened = sum(
        compare.events_happened(truths[0])
        for truth in scenarios.values()
        for truths in by_message(truth.rows, lambda row: row["message"])
    )
    assigned = compare.assign_to_scenarios(scenarios, rows)
    told, unseen = 0, 0
    for name, rows_of_one in assigned.items():
        groups = by_message(rows_of_one, lambda row: row.get("id", "").rpartition(".")[0])
        told += sum(compare.events_told(group) for group in groups)
        if comparison.excuse(name, "sender"):
            unseen += sum(compare.lacks_sender(group) for group in groups)
    summary = f"{told} events in rows and {lost} lost of {happened}" + (
        f", {unseen} of hidden senders" if unseen else ""
    )
    if lost is None or not told + lost <= happened <= told + lost + unseen:
        return ["what was told and what was lost is not what happened"], summary
    return [], summary


def check_hostile(folder, comparison):
    """What guest-run.sh left of a trace with hostile programs."""
    return check_sums(
        compare.read_truth(folder / "truth"),
        compare.read_rows(folder / "rows"),
        compare.lost_events((folder / "messages").read_text("utf-8")),
        comparison,
    )


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--way", required=True, help="how it was attached")
    parser.add_argument("--hostile", action="store_true", help="a trace with hostile programs")
    parser.add_argument("--kernel", default="", help="where it ran")
    parser.add_argument("--gaps", type=pathlib.Path, help="what cannot be known")
    parser.add_argument("folder", type=pathlib.Path, help="with truth, rows and messages")
    options = parser.parse_args(arguments)
    what = "hostile programs" if options.hostile else "stopped reader"
    if options.hostile:
        gaps = compare.read_gaps(options.gaps) if options.gaps else []
        comparison = compare.Comparison(options.way, options.kernel, gaps)
        problems, summary = check_hostile(options.folder, comparison)
    else:
        problems, summary = check_folder(options.folder, options.way)
    for problem in problems[:10]:
        print(f"{what}: {problem}")
    print(f"{options.way}, {what}: {summary}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
