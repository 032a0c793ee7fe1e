#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Hold what fdpass leaks told against what the program leak wrote down.

    leaked.py TRUTH ROWS    print what is wrong; exit status 1 if anything is

Each line of the truth has to be a row with the same values, and each row about the program's processes a line
of it. What grows has to grow at about the rate that the program has, and what does not must not.
"""

import argparse
import json
import pathlib
import sys

# Where these are in a row.
PLACES = {
    "copy": "copy",
    "sender_pid": "proc.pid",
    "receiver_pid": "receiver.pid",
    "receiver_ino": "receiver.socket_ino",
    "file": "file",
    "still_open": "still_open",
    "fds": "fds",
    "fds_limit": "fds_limit",
}
# Looks are a second apart, and what they find is a whole number.
RATE_TOLERANCE = 0.2


def value_at(row, place):
    for name in place.split("."):
        row = row.get(name) if isinstance(row, dict) else None
    return row


def told(row):
    """The row as a line of truth would have it."""
    return tuple(value_at(row, place) for place in PLACES.values())


def known(line):
    return tuple(line[name] for name in PLACES)


def is_about(row, lines):
    """A row about a file of the program, or about a socket of it."""
    prefixes = tuple(line["file"].removesuffix(line["case"]) for line in lines
                     if line["file"].endswith(f".{line['case']}"))
    return (row["file"].startswith(prefixes)
            or value_at(row, "receiver.socket_ino") in {line["receiver_ino"] for line in lines})


def wrong_rate(line, row):
    """What is wrong with how it grows; None: nothing."""
    rate = line["per_hour"]
    if row.get("growing") is not (rate > 0):
        return f"growing is {row.get('growing')}"
    if abs(row["per_hour"] - rate) > RATE_TOLERANCE * rate:
        return f"it grows by {row['per_hour']} an hour, not by {rate}"
    if rate == 0:
        return "it has a forecast" if "emfile_in_s" in row else None
    left = (row["fds_limit"] - row["fds"]) * 3600 // row["per_hour"]
    if row["emfile_in_s"] != left:
        return f"EMFILE is in {left} s, not in {row['emfile_in_s']} s"
    return None


def problems(lines, rows):
    if not lines:
        yield "there is no truth"
    rows = [row for row in rows if is_about(row, lines)]
    for line in lines:
        found = [row for row in rows if told(row) == known(line)]
        if len(found) != 1:
            yield f"{line['case']}: {len(found)} rows of {known(line)}"
        elif problem := wrong_rate(line, found[0]):
            yield f"{line['case']}: {problem}"
    truths = {known(line) for line in lines}
    for row in rows:
        if told(row) not in truths:
            yield f"wrong: {told(row)}"


def check(truth, rows):
    """What is wrong, as lines."""
    lines = [json.loads(line) for line in pathlib.Path(truth).read_text("utf-8").splitlines()]
    told_rows = [json.loads(line) for line in pathlib.Path(rows).read_text("utf-8").splitlines()]
    return list(problems(lines, told_rows))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("truth")
    parser.add_argument("rows")
    options = parser.parse_args()
    found = check(options.truth, options.rows)
    print("\n".join(found) if found else "leaks: all rows as they should be")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
