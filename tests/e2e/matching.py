# SPDX-License-Identifier: GPL-2.0-or-later
"""Which row is that of which pass: by what both tell, and by the time."""

import bisect
import collections
import datetime
import re

# CLOCK_REALTIME is slewed; the tracer stamps with CLOCK_MONOTONIC and converts.
CLOCK_SLACK_NS = 10_000_000
# Most often they do by this at most (src/host/clock.c).
CLOCK_NEAR_NS = 5_000


def nanoseconds(timestamp):
    """RFC 3339 with nanoseconds → nanoseconds since the epoch, or None."""
    match = re.fullmatch(
        r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{9})(Z|[+-]\d\d:\d\d)", str(timestamp)
    )
    if not match:
        return None
    zone = "+00:00" if match[3] == "Z" else match[3]
    seconds = datetime.datetime.fromisoformat(match[1] + zone).timestamp()
    return int(seconds) * 1_000_000_000 + int(match[2])


def index_of(row):
    return str(row.get("id", "")).rpartition(".")[2]


def in_window(value, window, slack=0):
    return value is not None and window[0] - slack <= value <= window[1] + slack


# From strict to loose: rows and truths that agree in all of these are each other's.
MATCHES = (
    ("proc.pid", "socket_ino", "fd", "file_ino", "receiver.pid", "receiver.fd", "outcome", "via"),
    ("proc.pid", "socket_ino", "fd", "outcome", "via"),
    ("receiver.pid", "receiver.socket_ino", "receiver.fd", "outcome"),
    ("proc.pid", "fd", "via"),
    ("receiver.pid", "receiver.fd"),
    ("file_ino", "file"),
    (),
)


def match_in_order(truths, rows, times):
    """Of who hides them: passes that are alike, where there are as many rows as there were passes.

    They follow each other closer than clocks agree, so that their windows would not do.
    """
    passes, buckets = collections.defaultdict(list), collections.defaultdict(list)
    for truth in truths:
        if truth.get("hidden") and "sent" in truth:
            known = {**truth["may"], **truth["fields"]}
            passes[(str(truth["index"]), *(known.get(key) for key in MATCHES[0]))].append(truth)
    for row in rows:
        buckets[(index_of(row), *(row.get(key) for key in MATCHES[0]))].append(row)
    for key, alike in passes.items():
        bucket = sorted(buckets[key], key=lambda row: times[id(row)] or 0)
        alike.sort(key=lambda truth: truth["sent"])
        if len(bucket) == len(alike) and all(
            in_window(times[id(row)], truth["sent"], CLOCK_SLACK_NS)
            for truth, row in zip(alike, bucket)
        ):
            yield from zip(alike, bucket)


def match_rows(truths, rows):
    """Pair each truth with a row. Returns the pairs, the truths and the rows that are left."""
    times = {id(row): nanoseconds(row.get("timestamp")) for row in rows}
    pairs = list(match_in_order(truths, rows, times))
    matched = {id(one) for pair in pairs for one in pair}
    truths = [truth for truth in truths if id(truth) not in matched]
    rows = [row for row in rows if id(row) not in matched]
    for keys in MATCHES:
        # In the window of the send first, so that what is missing shifts nothing; then as near to
        # it as clocks differ; whoever is left then, in their order.
        for slack in (0, CLOCK_NEAR_NS, CLOCK_SLACK_NS, None):
            buckets = collections.defaultdict(list)
            for row in sorted(rows, key=lambda row: times[id(row)] or 0):
                buckets[(index_of(row), *(row.get(key) for key in keys))].append(row)
            left = []
            for truth in truths:
                known = {**truth["may"], **truth["fields"]}
                bucket = buckets[(str(truth["index"]), *(known.get(key) for key in keys))]
                place = find_place(truth, bucket, times, slack)
                if place is None:
                    left.append(truth)
                else:
                    pairs.append((truth, bucket.pop(place)))
            taken = {id(row) for _, row in pairs}
            truths, rows = left, [row for row in rows if id(row) not in taken]
    return pairs, truths, rows


def find_place(truth, bucket, times, slack):
    if slack is None:
        # A sender that hides may not be told, but what is told of another message is not its.
        untimed = bucket and times[id(bucket[0])] is None
        return 0 if untimed or (bucket and not truth.get("hidden")) else None
    window = truth.get("sent")
    if not window:
        return None
    # The first since it was sent, which may be the one after; or else the last before.
    after = bisect.bisect_left(bucket, window[0], key=lambda row: times[id(row)] or 0)
    for place in (after, after - 1):
        if 0 <= place < len(bucket):
            if in_window(times[id(bucket[place])], window, slack):
                return place
    return None
