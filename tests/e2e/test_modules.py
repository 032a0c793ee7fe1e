# SPDX-License-Identifier: GPL-2.0-or-later
"""The scenarios of files on a kernel with modules: vsock, with its loopback, RFCOMM, and sync_file.

The kernels of the other guests are those for clouds, which have neither; this one is Debian's full one.
"""

import sys

import pytest

import compare
import kinds
from tracing import BUILD, FDPASS, SOURCE

sys.path.insert(0, str(SOURCE / "tests/vm"))
import systemd_guest  # noqa: E402

PROGRAMS = [
    FDPASS,
    BUILD / "tests/workload/workload",
    SOURCE / "tests/e2e/guest-tracing.sh",
    SOURCE / "tests/e2e/guest-modules.sh",
]
WAYS = ("fentry", "kprobe", "tracepoint")
# What only such a kernel has. A sync_file takes a graphics driver's part of the kernel.
OF_MODULES = ("vsock", "vsock-listener", "vsock-connected", "rfcomm", "rfcomm-listener", "sync-file")
GUEST_SECONDS = 540


@pytest.fixture(name="results", scope="module")
def fixture_results(tmp_path_factory):
    folder = tmp_path_factory.mktemp("guest") / "results"
    outcome = systemd_guest.run(
        systemd_guest.have_root(), PROGRAMS, f"guest-modules.sh /run/results {' '.join(WAYS)}", folder,
        timeout=GUEST_SECONDS,
    )
    assert outcome.problem is None, outcome.problem
    assert outcome.status == 0, (folder / "output").read_text(encoding="utf-8")
    return folder


@pytest.fixture(name="folder", params=WAYS)
def fixture_folder(results, request):
    """What came in a way."""
    folder = results / request.param
    assert "no events lost" in (folder / "rows.messages").read_text(encoding="utf-8")
    return folder


@pytest.fixture(name="scenarios")
def fixture_scenarios(folder):
    """The verdict on each."""
    return compare.compare(
        compare.read_truth(folder / "truth"), compare.read_rows(folder / "rows"), folder.name, "6.12",
        compare.read_gaps(BUILD / "src/gaps"),
    )["scenarios"]


def test_each_row_is_as_the_truth(scenarios):
    wrong = {name: verdict["problems"] for name, verdict in scenarios.items()
             if verdict["verdict"] not in ("pass", "gap", "skip")}
    assert not wrong


@pytest.mark.parametrize("name", OF_MODULES)
def test_what_the_others_have_not(scenarios, name):
    """It was passed, and nothing about it is left out that this way can know."""
    assert scenarios[f"file/{name}"]["verdict"] in ("pass", "gap")


def test_all_at_once(scenarios):
    assert scenarios["file/all"]["verdict"] in ("pass", "gap")


def test_the_page_has_every_kind(folder):
    assert kinds.strangers(folder) == []
