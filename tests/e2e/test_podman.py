# SPDX-License-Identifier: GPL-2.0-or-later
"""What the guide shows of Docker, by podman: its runtime hands the terminal to conmon."""

import subprocess

import pytest

import containers
import strace
from tracing import Trace

# Its own defaults are above what a machine may allow.
LIMITS = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"]
SENDERS = {"crun": "crun", "runc": "runc:[2:INIT]"}


@pytest.fixture(name="machine", scope="module")
def fixture_machine(tmp_path_factory):
    with containers.Machine(tmp_path_factory.mktemp("podman")) as machine:
        yield machine


@pytest.fixture(name="podman", scope="module")
def fixture_podman(machine, tmp_path_factory):
    """A podman that has the image busybox."""
    command = [
        *machine.prefix, *containers.FOR_CRUN, "podman", "--storage-driver", "vfs",
        "--cgroup-manager", "cgroupfs", "--events-backend", "none",
    ]
    archive = containers.image_archive(tmp_path_factory.mktemp("image"))
    subprocess.run([*command, "import", archive, "busybox"], check=True, capture_output=True)
    return command


def check_container(row, name):
    """The runtime's child is in the container already; conmon, in a cgroup beside it, is not."""
    assert row["runtime"]["runtimeName"] == "podman"
    assert row["runtime"]["containerName"] == name
    assert row["runtime"]["containerImageName"] == "localhost/busybox:latest"
    assert row["proc"]["cgroup"].endswith("libpod-" + row["runtime"]["containerId"])
    assert "runtime" not in row["receiver"]
    assert {"container", "mntns", "pidns", "netns"} <= set(row["cross"])


@pytest.mark.parametrize("runtime", SENDERS)
def test_the_row_is_what_strace_saw(machine, podman, runtime, tmp_path):
    name = f"web-{runtime}"
    run = [
        *strace.prefix(tmp_path), *podman, "--runtime", runtime, "run", *LIMITS,
        "-ti", "--rm", "--name", name, "--network", "none", "busybox", "tty",
    ]
    trace = Trace("-o", "json", prefix=machine.prefix)
    try:
        containers.run_in_terminal(run)
    finally:
        rows = strace.rows_of(tmp_path, trace.end_rows())
    (row,) = rows
    parties = [row["proc"]["comm"], row["file"], row["receiver"]["comm"]]
    assert parties == [SENDERS[runtime], "/dev/pts/ptmx", "conmon"]
    assert row["outcome"] == "delivered"
    assert strace.statement_of_rows(rows) == strace.statement(tmp_path)
    check_container(row, name)
