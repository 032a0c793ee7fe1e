# SPDX-License-Identifier: GPL-2.0-or-later
"""What the files of Kubernetes' runtimes say, and who is believed: cgroups and files as these runtimes make
them, without the runtimes."""

import contextlib
import json
import os
import pathlib
import subprocess

import pytest

import containers
from program import needs_root, passing
from tracing import Trace

pytestmark = needs_root

ID = "0123456789abcdef" * 4
CONTAINERD = f"run/containerd/io.containerd.runtime.v2.task/k8s.io/{ID}/config.json"
STORAGE = "var/lib/containers/storage/overlay-containers"
DOCKER = f"var/lib/docker/containers/{ID}/config.v2.json"

BY_CRI = {
    "annotations": {
        "io.kubernetes.cri.container-name": "nginx",
        "io.kubernetes.cri.sandbox-name": "front",
        "io.kubernetes.cri.sandbox-namespace": "shop",
        "io.kubernetes.cri.image-name": "docker.io/library/nginx:1",
    }
}
BY_CRIO = {
    "annotations": {
        "io.kubernetes.container.name": "nginx",
        "io.kubernetes.pod.name": "front",
        "io.kubernetes.pod.namespace": "shop",
        "io.kubernetes.cri-o.ImageName": "docker.io/library/nginx:1",
    }
}
STORED = [{"id": "f" * 64, "metadata": "{}"},
          {"id": ID, "metadata": json.dumps({"name": "k8s_nginx", "image-name": "other"})}]
POD = {"namespace": "shop", "podName": "front", "containerName": "nginx"}


@pytest.fixture(name="machine")
def fixture_machine(tmp_path):
    with containers.Machine(tmp_path) as machine:
        yield machine


def put(machine, path, content, mode=0o600):
    """Write a file where only that machine has it."""
    script = 'umask 077; mkdir -p "$(dirname "$1")"; cat >"$1"; chmod "$2" "$1"'
    subprocess.run(
        [*machine.prefix, "sh", "-c", script, "sh", f"/{path}", f"{mode:o}"],
        input=content if isinstance(content, str) else json.dumps(content),
        encoding="utf-8", check=True,
    )


@contextlib.contextmanager
def cgroup(path):
    """A cgroup of version 2, made for the test. Its folder."""
    root = pathlib.Path("/sys/fs/cgroup")
    if not (root / "cgroup.procs").exists():
        root /= "unified"
    made = []
    try:
        for name in pathlib.Path(path).parts:
            root /= name
            if not root.exists():
                root.mkdir()
                made.append(root)
        yield root
    finally:
        for folder in reversed(made):
            folder.rmdir()


def row_from(machine, path):
    """What is told of a process in this cgroup, which passes something to itself."""
    trace = Trace("-o", "json", "--filter", f"proc.cgroup==/{path}", prefix=machine.prefix)
    try:
        with cgroup(path) as folder:
            join = f'echo 0 >"{folder}/cgroup.procs" && exec "$@"'
            subprocess.run(["sh", "-c", join, "sh", *passing()], check=True)
            ino = os.stat(folder).st_ino
    finally:
        rows = trace.end_rows()
    (row,) = rows
    assert (row["proc"]["cgroup_id"], row["receiver"]["cgroup_id"]) == (ino, ino)
    return row


def test_containerd(machine):
    put(machine, CONTAINERD, BY_CRI)
    row = row_from(machine, f"fdpass-test.slice/cri-containerd-{ID}.scope")
    assert row["k8s"] == POD
    assert row["runtime"] == {
        "containerName": "nginx", "containerId": ID, "runtimeName": "containerd",
        "containerImageName": "docker.io/library/nginx:1",
    }


def test_kubelet_with_cgroupfs(machine):
    put(machine, CONTAINERD, BY_CRI)
    row = row_from(machine, f"fdpass-test/burstable/pod7/{ID}")
    assert row["k8s"] == row["receiver"]["k8s"] == POD
    assert row["runtime"]["runtimeName"] == "containerd"


def test_crio(machine):
    put(machine, f"{STORAGE}/containers.json", STORED)
    put(machine, f"{STORAGE}/{ID}/userdata/config.json", BY_CRIO)
    row = row_from(machine, f"fdpass-test.slice/crio-{ID}.scope")
    assert row["k8s"] == POD
    assert row["runtime"] == {
        "containerName": "k8s_nginx", "containerId": ID, "runtimeName": "cri-o",
        "containerImageName": "docker.io/library/nginx:1",
    }


KNOWN_BY_PATH = {"containerId": ID, "runtimeName": "docker"}


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"Name": 7, "Config": []}', "[" * 100, '{"Name": "\\ud800"}', "x" * 100]
)
def test_what_is_no_description(machine, content):
    put(machine, DOCKER, content)
    row = row_from(machine, f"fdpass-test.slice/docker-{ID}.scope")
    assert row["runtime"].items() >= KNOWN_BY_PATH.items()
    assert row["runtime"].keys() <= KNOWN_BY_PATH.keys() | {"containerName"}


def test_a_file_that_others_can_write_is_not_believed(machine):
    put(machine, DOCKER, {"Name": "/web"}, mode=0o666)
    row = row_from(machine, f"fdpass-test.slice/docker-{ID}.scope")
    assert row["runtime"] == KNOWN_BY_PATH


def test_a_user_cannot_borrow_a_name(machine):
    """Below what a user was given, the user makes the cgroups."""
    put(machine, DOCKER, {"Name": "/web"})
    row = row_from(machine, f"fdpass-test.slice/user@1000.service/docker-{ID}.scope")
    assert row["runtime"] == KNOWN_BY_PATH


def test_a_container_cannot_be_another_one(machine):
    """What a container makes below its own cgroup says nothing."""
    put(machine, DOCKER, {"Name": "/web"})
    row = row_from(machine, f"fdpass-test.slice/docker-{'f' * 64}.scope/docker-{ID}.scope")
    assert row["runtime"] == {"containerId": "f" * 64, "runtimeName": "docker"}


def test_a_cgroup_of_the_host(machine):
    row = row_from(machine, "fdpass-test.slice/fdpass-test.service")
    assert "runtime" not in row and "k8s" not in row
    assert row["cross"] == []
