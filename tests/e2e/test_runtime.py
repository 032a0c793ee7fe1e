# SPDX-License-Identifier: GPL-2.0-or-later
"""Containers without a manager: by runc and crun alone, and by containerd's ctr."""

import json
import subprocess

import pytest

import containers
from daemons import Daemon
from program import needs_root
from tracing import Trace

pytestmark = needs_root


@pytest.fixture(name="machine", scope="module")
def fixture_machine(tmp_path_factory):
    with containers.Machine(tmp_path_factory.mktemp("runtime")) as machine:
        yield machine


def make_bundle(folder):
    """A container that writes the name of its terminal."""
    archive = containers.image_archive(folder)
    subprocess.run(["mkdir", f"{folder}/rootfs"], check=True)
    subprocess.run(["tar", "-xf", archive, "-C", f"{folder}/rootfs"], check=True)
    subprocess.run(["runc", "spec", "-b", folder], check=True)
    config = folder / "config.json"
    spec = json.loads(config.read_text("utf-8"))
    spec["process"].update(args=["sh", "-c", "tty; sleep 0.2"], terminal=True, rlimits=[])
    config.write_text(json.dumps(spec), encoding="utf-8")


@pytest.mark.parametrize("runtime", ["runc", "crun"])
def test_a_container_by_itself(machine, runtime, tmp_path):
    make_bundle(tmp_path)
    trace = Trace("-o", "json", prefix=machine.prefix)
    try:
        containers.run_in_terminal(
            [*machine.prefix, *containers.FOR_CRUN, runtime, "run", "-b", tmp_path, f"web-{runtime}"]
        )
    finally:
        rows = [row for row in trace.end_rows() if row.get("file") == "/dev/pts/ptmx"]
    (row,) = rows
    assert row["runtime"]["runtimeName"] == runtime
    assert row["runtime"]["containerId"] == f"web-{runtime}"
    assert row["runtime"]["containerName"] == f"web-{runtime}"


@pytest.fixture(name="ctr", scope="module")
def fixture_ctr(machine, tmp_path_factory):
    """containerd's own client, with the image busybox."""
    folder = tmp_path_factory.mktemp("containerd")
    address = f"{folder}/containerd.sock"
    command = [*machine.prefix, "ctr", "--address", address]
    config = folder / "config.toml"
    config.write_text('version = 2\ndisabled_plugins = ["io.containerd.grpc.v1.cri"]\n', "utf-8")
    daemon = [*machine.prefix, "containerd", "--address", address, "--config", config]
    with Daemon(folder / "log", *daemon) as running:
        running.wait_for(
            lambda: subprocess.run([*command, "version"], capture_output=True).returncode == 0,
            "containerd answers",
        )
        yield command


def test_a_task_of_containerd(machine, ctr, tmp_path):
    make_bundle(tmp_path)
    trace = Trace("-o", "json", prefix=machine.prefix)
    try:
        containers.run_in_terminal(
            [*ctr, "run", "--rm", "-t", "--rootfs", tmp_path / "rootfs", "web", "/bin/tty"]
        )
    finally:
        rows = [row for row in trace.end_rows() if row.get("file") == "/dev/pts/ptmx"]
    (row,) = rows
    assert row["runtime"]["runtimeName"] == "containerd"
    assert row["runtime"]["containerId"] == "web"
    assert row["proc"]["cgroup"] == "/default/web"
    assert "container" in row["cross"]
