#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Hold what fdpass inflight told against what the program queued wrote down.

    queued.py [--whole] TRUTH ROWS    print what is wrong; exit status 1 if anything is

Each line of the truth has to be a row with the same values, and each row about one of its sockets a line
of it; with --whole each row at all, and the user's count of descriptors in flight is theirs.
"""

import argparse
import collections
import json
import pathlib
import re
import sys

# Where these are in a row; what is 0 or empty in the truth is left out there.
PLACES = {
    "receiver_ino": "receiver.socket_ino",
    "socket_ino": "socket_ino",
    "socket_type": "socket_type",
    "socket_path": "socket_path",
    "held_by": "held_by",
    "held_by_ino": "held_by_ino",
    "queue_length": "queue_length",
    "queue_position": "queue_position",
    "message_fds": "message_fds",
    "file_ino": "file_ino",
    "file_dev": "file_dev",
    "sender_uid": "sender_uid",
    "sender_pid": "proc.pid",
}
HOLDER = re.compile(r"[^ \[\]]+\[(\d+)\]:(\d+)")


def value_at(row, place):
    for name in place.split("."):
        row = row.get(name) if isinstance(row, dict) else None
    return row


def told(row):
    """The row as a line of truth would have it."""
    holders = row.get("holders", "")
    found = [HOLDER.fullmatch(holder) for holder in holders.split()]
    if not all(found):
        raise ValueError(f"these are no holders: {holders!r}")
    return (
        *(value_at(row, place) or None for place in PLACES.values()),
        int(row["id"].partition(".")[2]),
        tuple(sorted(f"{match[1]}:{match[2]}" for match in found)),
    )


def known(line):
    return (*(line[name] or None for name in PLACES), line["index"],
            tuple(sorted(line["holders"])))


def sockets_of(lines):
    """The inodes by which a row is known to be about one of these."""
    return {line[name] for line in lines for name in ("receiver_ino", "held_by_ino")} - {0}


def is_about(row, sockets):
    return value_at(row, "receiver.socket_ino") in sockets or row.get("held_by_ino") in sockets


def go_together(rows):
    """Each message has a number that all its descriptors have, and no other."""
    counts = collections.Counter(row["id"].partition(".")[0] for row in rows)
    return all(counts[row["id"].partition(".")[0]] == row["message_fds"] for row in rows)


def problems(lines, rows, whole):
    if not lines:
        yield "there is no truth"
    if not whole:
        sockets = sockets_of(lines)
        rows = [row for row in rows if is_about(row, sockets)]
    truth = collections.Counter(known(line) for line in lines)
    found = collections.Counter(told(row) for row in rows)
    for values, count in sorted((truth - found).items(), key=str):
        yield f"missing {count} times: {values}"
    for values, count in sorted((found - truth).items(), key=str):
        yield f"wrong {count} times: {values}"
    if not go_together(rows):
        yield "the numbers of messages do not tell which descriptors went together"
    if any(row["queue_changed"] for row in rows):
        yield "a queue is said to have changed"
    if any(row["outcome"] != "pending" for row in rows):
        yield "something is not pending"
    counts = {row["user_in_flight"] for row in rows}
    if whole and counts != {len(lines)}:
        yield f"of {len(lines)} descriptors in flight, so many are counted: {counts}"


def check(truth, rows, whole=False):
    """What is wrong, as lines."""
    lines = [json.loads(line) for line in pathlib.Path(truth).read_text("utf-8").splitlines()]
    told_rows = [json.loads(line) for line in pathlib.Path(rows).read_text("utf-8").splitlines()]
    return list(problems(lines, told_rows, whole))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("truth")
    parser.add_argument("rows")
    options = parser.parse_args()
    found = check(options.truth, options.rows, options.whole)
    print("\n".join(found[:20]) if found else "inflight: all rows as they should be")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
