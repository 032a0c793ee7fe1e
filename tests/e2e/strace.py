# SPDX-License-Identifier: GPL-2.0-or-later
"""What strace sees of passed descriptors: another witness for rows about real programs.

A witness's statement is a list of hands: (thread, socket's descriptor, socket's inode, descriptor,
file), of those that sent and of those that received.
"""

import pathlib
import re

# One thread to a file, so that no two calls mix; the program stays the child of whoever started it.
PREFIX = ["strace", "-D", "-ff", "-yy", "-s", "0", "-e", "signal=none",
          "-e", "abbrev=none", "-e", "trace=sendmsg,sendmmsg,recvmsg,recvmmsg"]

CALL = re.compile(r"(send|recv)m?msg\((\d+)<UNIX[A-Z-]*:\[(\d+)")
FAILED = re.compile(r"\) = -1 E")
RIGHTS = re.compile(r"cmsg_type=SCM_RIGHTS, cmsg_data=\[(.*?)\]\}")
DESCRIPTOR = re.compile(r"(\d+)<(.*)>(?:\(deleted\))?$")


def prefix(folder):
    """What to put before a command; the statements are read from the folder afterwards."""
    return [*PREFIX, "-o", str(pathlib.Path(folder) / "thread")]


def file_name(text):
    """A file as fdpass names it, of strace's name."""
    text = re.sub(r"<(?:char|block) .*>$", "", text)
    text = re.sub(r"^(?:anon_inode:|/(?=memfd:))", "", text)
    return re.sub(r"^(UNIX-[A-Z]+):.*", r"\1", text)


def descriptors(line):
    """Each descriptor in the control messages of a call, and its file."""
    for rights in RIGHTS.findall(line):
        for text in re.split(r", (?=\d+<)", rights):
            number, name = DESCRIPTOR.match(text).groups()
            yield int(number), file_name(name)


def hands_of_thread(path):
    thread = int(path.suffix[1:])
    hands_by_call = {"send": [], "recv": []}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        call = CALL.match(line)
        if call and not FAILED.search(line):
            socket = thread, int(call[2]), int(call[3])
            hands_by_call[call[1]] += [(*socket, *found) for found in descriptors(line)]
    return hands_by_call["send"], hands_by_call["recv"]


def statement(folder):
    """All hands that strace saw: those that sent, those that received."""
    threads = [hands_of_thread(path) for path in sorted(pathlib.Path(folder).glob("thread.*"))]
    return sorted(sum((sent for sent, _ in threads), [])), \
        sorted(sum((received for _, received in threads), []))


def rows_of(folder, rows):
    """The rows in which a thread that was watched sent or received."""
    threads = {int(path.suffix[1:]) for path in pathlib.Path(folder).glob("thread.*")}
    return [row for row in rows
            if row.get("proc", {}).get("tid") in threads
            or row.get("receiver", {}).get("tid") in threads]


def statement_of_rows(rows):
    """The same as rows have it."""
    sent, received = [], []
    for row in rows:
        proc, receiver = row["proc"], row["receiver"]
        sent.append((proc["tid"], row["sockfd"], row["socket_ino"], row["fd"], row["file"]))
        if row["outcome"] == "delivered":
            received.append((receiver["tid"], receiver["sockfd"], receiver["socket_ino"],
                             receiver["fd"], row["file"]))
    return sorted(sent), sorted(received)
