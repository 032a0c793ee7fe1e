# SPDX-License-Identifier: GPL-2.0-or-later
"""Containers of LXC and systemd-nspawn on a machine with systemd, and what systemd keeps for its services.

One guest runs all (guest-containers.sh). In each container the workload passes descriptors and writes down
what it did, as it sees itself; and the runtimes pass some of their own while they start a container.
"""

import json
import re
import shutil
import sys

import pytest

import compare
from tracing import BUILD, FDPASS, SOURCE

sys.path.insert(0, str(SOURCE / "tests/vm"))
import systemd_guest  # noqa: E402

PROGRAMS = [
    FDPASS,
    BUILD / "tests/workload/workload",
    SOURCE / "tests/e2e/guest-tracing.sh",
    SOURCE / "tests/e2e/guest-containers.sh",
    shutil.which("busybox"),
]
GUEST_SECONDS = 540
# Name and runtime, and the cgroup in which the runtime put it.
CONTAINERS = [
    ("web", "lxc", r"/lxc\.payload\.web"),
    ("shop-2", "systemd-nspawn", r"/machine\.slice/machine-shop\\x2d2\.scope/payload"),
    ("mail-1", "systemd-nspawn", r"/machine\.slice/systemd-nspawn@mail-1\.service/payload"),
]


@pytest.fixture(name="results", scope="module")
def fixture_results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("guest") / "results"
    outcome = systemd_guest.run(
        systemd_guest.have_root(), PROGRAMS, "guest-containers.sh /run/results", folder,
        timeout=GUEST_SECONDS,
    )
    assert outcome.problem is None, outcome.problem
    assert outcome.status == 0, (folder / "output").read_text(encoding="utf-8")
    assert "no events lost" in (folder / "rows.messages").read_text(encoding="utf-8")
    return folder


@pytest.fixture(name="rows", scope="module")
def fixture_rows(results):
    return [json.loads(line) for line in (results / "rows").read_text(encoding="utf-8").splitlines()]


def seen_inside(truth):
    """Who passed what to whom, by the pids inside the container."""
    return [
        (row["fields"]["proc.pid"], row["fields"]["fd"], row["fields"]["receiver.pid"],
         row["fields"]["receiver.fd"])
        for scenario in compare.read_truth(truth).values() for row in scenario.rows
    ]


@pytest.mark.parametrize("name, runtime, cgroup", CONTAINERS)
def test_what_passes_in_a_container(results, rows, name, runtime, cgroup):
    """Both sides are told to be in it, by whatever the path of its cgroup says, and nothing crosses."""
    inside = [row for row in rows if row["proc"]["comm"] == "w-sender"
              and row.get("runtime", {}).get("containerId") == name]
    assert [
        (row["proc"]["nspid"], row["fd"], row["receiver"]["nspid"], row["receiver"]["fd"])
        for row in inside
    ] == seen_inside(results / f"{name}.truth")
    for row in inside:
        assert row["runtime"] == row["receiver"]["runtime"] == {"containerId": name, "runtimeName": runtime}
        assert re.fullmatch(cgroup, row["proc"]["cgroup"])
        assert row["cross"] == []


def container_of(party):
    return party.get("runtime", {}).get("containerId")


@pytest.mark.parametrize("sender, receiver", [(None, "web"), ("shop-2", None), ("mail-1", None)])
def test_what_a_runtime_passes_itself(rows, sender, receiver):
    """While it starts a container, its outer process is on the host and its inner one in the container."""
    across = [row for row in rows
              if (container_of(row), container_of(row["receiver"])) == (sender, receiver)]
    assert across
    assert all("container" in row["cross"] for row in across)


def test_every_workload_is_in_a_container(rows):
    assert all("runtime" in row for row in rows if row["proc"]["comm"] == "w-sender")


def test_what_systemd_keeps_for_a_service(results, rows):
    """A namespace in a pair of sockets of systemd's own, which it closes: that is told, and told apart."""
    kept = [row for row in rows if row["file_type"] == "namespace"]
    assert [row["file"].partition(":")[0] for row in kept] == ["net", "ipc"]
    for row in kept:
        assert (row["outcome"], row["reason"]) == ("lost", "unread")
        assert row["receiver"]["pid"] == row["proc"]["parent"]["pid"] == 1
    view = (results / "view").read_text(encoding="utf-8")
    assert len(re.findall(r"(?:net|ipc):\[\d+\] .*lost: unread by its sender's parent$", view, re.M)) == 2
