# SPDX-License-Identifier: GPL-2.0-or-later
"""What the guide shows of Docker, by podman: its runtime hands the terminal to conmon."""

import subprocess

import pytest

import containers
import strace
from tracing import Trace

# crun takes a cgroup v2 hierarchy beside those of v1 for the one that it is to use.
IN_NAMESPACE = [
    "unshare", "--mount", "--propagation", "private", "sh", "-c",
    'umount /sys/fs/cgroup/unified 2>/dev/null; exec "$@"', "sh",
]
# Its own defaults are above what a machine may allow.
LIMITS = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"]
SENDERS = {"crun": "crun", "runc": "runc:[2:INIT]"}


@pytest.fixture(name="podman", scope="module")
def fixture_podman(tmp_path_factory):
    """A podman that has the image busybox, with folders of its own."""
    folder = tmp_path_factory.mktemp("podman")
    command = [
        *IN_NAMESPACE, "podman", "--root", f"{folder}/root", "--runroot", f"{folder}/run",
        "--tmpdir", f"{folder}/tmp", "--storage-driver", "vfs", "--cgroup-manager", "cgroupfs",
        "--events-backend", "none",
    ]
    archive = containers.image_archive(folder)
    subprocess.run([*command, "import", archive, "busybox"], check=True, capture_output=True)
    return command


@pytest.mark.parametrize("runtime", SENDERS)
def test_the_row_is_what_strace_saw(podman, runtime, tmp_path):
    run = [
        *strace.prefix(tmp_path), *podman, "--runtime", runtime, "run", *LIMITS,
        "-ti", "--rm", "--network", "none", "busybox", "tty",
    ]
    trace = Trace("-o", "json")
    try:
        containers.run_in_terminal(run)
    finally:
        rows = strace.rows_of(tmp_path, trace.end_rows())
    (row,) = rows
    parties = [row["proc"]["comm"], row["file"], row["receiver"]["comm"]]
    assert parties == [SENDERS[runtime], "/dev/pts/ptmx", "conmon"]
    assert row["outcome"] == "delivered"
    assert strace.statement_of_rows(rows) == strace.statement(tmp_path)
