# SPDX-License-Identifier: GPL-2.0-or-later
"""A peer on a D-Bus that speaks just enough of it to send descriptors, and to be sent some and not to read them.

As a program, on the bus of $DBUS_SESSION_BUS_ADDRESS: a child `stuck` that never reads, and a sender that sends it
FEW descriptors of /dev/null, one a message. At a line on standard input it goes on until the kernel refuses one, and
waits for another line. Says each time, as JSON, how many went.
"""

import errno
import json
import os
import re
import resource
import socket
import struct
import sys

METHOD_CALL, NO_REPLY = 1, 1
PATH, INTERFACE, MEMBER, DESTINATION, SIGNATURE, UNIX_FDS = 1, 2, 3, 6, 8, 9
FEW = 10
NOBODY = 65534
LIMIT = 40  # of descriptors, and so of those in flight
# More than any limit that the test sets.
MOST = 1000


def align(data, size):
    return data + bytes(-len(data) % size)


def text(value):
    return struct.pack("<I", len(value)) + value.encode() + b"\0"


def field(data, code, kind, value):
    data = align(data, 8) + bytes([code, 1]) + kind.encode() + b"\0"
    if kind == "g":
        return data + bytes([len(value)]) + value.encode() + b"\0"
    return align(data, 4) + (struct.pack("<I", value) if kind == "u" else text(value))


def call(serial, destination, member, body=b"", signature="", nr_fds=0, flags=0):
    """A method call as its bytes."""
    fields = field(b"", PATH, "o", "/org/freedesktop/DBus")
    fields = field(fields, INTERFACE, "s", "org.freedesktop.DBus")
    fields = field(fields, MEMBER, "s", member)
    fields = field(fields, DESTINATION, "s", destination)
    if signature:
        fields = field(fields, SIGNATURE, "g", signature)
    if nr_fds:
        fields = field(fields, UNIX_FDS, "u", nr_fds)
    head = struct.pack("<BBBBII", ord("l"), METHOD_CALL, flags, 1, len(body), serial)
    return align(head + struct.pack("<I", len(fields)) + fields, 8) + body


def connect():
    """A connection to the bus, and its name there."""
    address = re.search(r"unix:abstract=([^,]+)", os.environ["DBUS_SESSION_BUS_ADDRESS"])[1]
    sock = socket.socket(socket.AF_UNIX)
    sock.connect("\0" + address)
    user = str(os.getuid()).encode().hex()
    sock.sendall(f"\0AUTH EXTERNAL {user}\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n".encode())
    sock.sendall(call(1, "org.freedesktop.DBus", "Hello"))
    said = b""
    while not (name := re.search(rb":1\.\d+\0.*(:1\.\d+)\0", said, re.DOTALL)):
        said += sock.recv(4096)
    return sock, name[1].decode()


def become(name):
    """A thread of this name, of a user whose descriptors in flight are counted."""
    with open("/proc/self/comm", "w", encoding="ascii") as comm:
        comm.write(name)
    resource.setrlimit(resource.RLIMIT_NOFILE, (LIMIT, LIMIT))
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)


def send(sock, name, most):
    """How many went, and which error the next one had."""
    null = os.open("/dev/null", os.O_RDONLY)
    for count in range(most):
        data = call(2 + count, name, "Take", struct.pack("<I", 0), "h", 1, NO_REPLY)
        try:
            socket.send_fds(sock, [data], [null])
        except OSError as error:
            return count, errno.errorcode[error.errno]
    return most, None


def say(**what):
    print(json.dumps(what), flush=True)
    sys.stdin.readline()


def main():
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        ours.close()
        become("stuck")
        sock, name = connect()
        theirs.send(json.dumps([name, os.fstat(sock.fileno()).st_ino]).encode())
        theirs.recv(1)  # until the sender has ended
        os._exit(0)
    theirs.close()
    become("sender")
    name, ino = json.loads(ours.recv(4096))
    sock, _ = connect()
    send(sock, name, FEW)
    say(pid=os.getpid(), stuck=pid, ino=ino)
    count, error = send(sock, name, MOST)
    say(count=count, error=error)
    ours.close()
    os.waitpid(pid, 0)


if __name__ == "__main__":
    main()
