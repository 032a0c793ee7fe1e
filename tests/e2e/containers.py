# SPDX-License-Identifier: GPL-2.0-or-later
"""An image with a busybox, made on the spot, and commands that have a terminal."""

import contextlib
import os
import pathlib
import pty
import shutil
import signal
import subprocess
import tarfile

from daemons import wait_until

# Where the runtimes keep what fdpass reads. A test has them to itself.
RUNTIME_FOLDERS = (
    "/var/lib/docker", "/run/docker", "/var/lib/containerd", "/run/containerd", "/var/lib/containers",
    "/run/containers", "/run/libpod", "/run/runc", "/run/crun",
)

# crun takes a cgroup v2 hierarchy beside those of v1 for the one that it is to use.
FOR_CRUN = [
    "unshare", "--mount", "--propagation", "private", "sh", "-c",
    'umount /sys/fs/cgroup/unified 2>/dev/null; exec "$@"', "sh",
]

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


class Machine:
    """The machine as it is, but that the folders of container runtimes are below one of the test's: a mount
    namespace, in which commands are run with `prefix` before them."""

    def __init__(self, folder):
        script = []
        for number, path in enumerate(RUNTIME_FOLDERS):
            own = pathlib.Path(folder) / f"runtime{number}"
            own.mkdir()
            script.append(f"mkdir -p {path} && mount --bind {own} {path}")
        script.append("echo mounted && exec sleep infinity")
        self.process = subprocess.Popen(
            ["unshare", "--mount", "--propagation", "slave", "sh", "-ec", "\n".join(script)],
            stdout=subprocess.PIPE,
        )
        assert self.process.stdout.readline() == b"mounted\n"
        self.prefix = ["nsenter", f"--mount=/proc/{self.process.pid}/ns/mnt"]

    def processes(self):
        """Those that were started there and have not ended."""
        own = os.readlink(f"/proc/{self.process.pid}/ns/mnt")
        for path in pathlib.Path("/proc").glob("[0-9]*/ns/mnt"):
            with contextlib.suppress(OSError):  # it has ended
                pid = int(path.parts[2])
                if os.readlink(path) == own and pid != self.process.pid:
                    yield pid

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(AssertionError):
            wait_until(lambda: not list(self.processes()), "daemons end", 10)
        for pid in self.processes():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.kill()
        self.process.wait()


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
