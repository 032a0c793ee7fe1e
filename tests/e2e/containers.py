# SPDX-License-Identifier: GPL-2.0-or-later
"""An image with a busybox, made on the spot, and commands that have a terminal."""

import os
import pathlib
import pty
import shutil
import subprocess
import tarfile

APPLETS = ("sh", "tty", "sleep", "true")


def image_archive(folder):
    """A tar of a root file system with nothing but busybox."""
    tree = pathlib.Path(folder) / "tree/bin"
    tree.mkdir(parents=True)
    shutil.copy(shutil.which("busybox"), tree / "busybox")
    for applet in APPLETS:
        (tree / applet).symlink_to("busybox")
    archive = pathlib.Path(folder) / "image.tar"
    with tarfile.open(archive, "w") as tar:
        tar.add(tree.parent, arcname=".")
    return archive


def read_terminal(descriptor):
    """What came, until nobody has the other end any more."""
    output = b""
    try:
        while data := os.read(descriptor, 4096):
            output += data
    except OSError:  # EIO: that is how a terminal says it
        pass
    return output.decode("utf-8", errors="replace")


def run_in_terminal(command, timeout=120, **options):
    """Run a command with a terminal of its own. Returns what it wrote there."""
    ours, its = pty.openpty()
    try:
        process = subprocess.Popen(
            command, stdin=its, stdout=its, stderr=its, start_new_session=True, **options
        )
        os.close(its)
        output = read_terminal(ours)
        assert process.wait(timeout) == 0, output
        return output
    finally:
        os.close(ours)
