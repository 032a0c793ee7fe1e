# SPDX-License-Identifier: GPL-2.0-or-later
"""The gadget on this machine's own kernel, by the libraries of Inspektor Gadget: the rows that were asked for."""

import os
import pathlib
import subprocess

import pytest

import compare

SOURCE = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("FDPASS_BUILD", SOURCE / "build")).resolve()
CHECK = BUILD / "tests/gadget/gadget-check"

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="tracing needs root"),
    pytest.mark.skipif(not CHECK.exists(), reason="gadget-check is not built"),
]


@pytest.fixture(name="traces", scope="module")
def fixture_traces(tmp_path_factory):
    folder = tmp_path_factory.mktemp("chosen")
    folders = [CHECK.parent, BUILD / "tests/workload"]
    # The gadget's tracepoints need a tracefs, which not every machine has mounted.
    subprocess.run(
        ["unshare", "--mount", "sh", "-c", 'mount -t tracefs tracefs /sys/kernel/tracing; exec "$@"', "sh",
         SOURCE / "tests/gadget/trace-chosen", folder, "check"],
        env={**os.environ, "FDPASS_IMAGE": str(BUILD / "gadget/fdpass-gadget.tar"),
             "PATH": os.pathsep.join([*map(str, folders), os.environ["PATH"]])},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300, check=True,
    )
    return folder


@pytest.mark.parametrize("name, rows", [("pid", 6), ("mntns", 9)])
def test_the_rows_that_were_asked_for_and_no_others(traces, name, rows):
    folder = traces / f"check-{name}"
    truth = compare.read_truth(folder / "truth")
    compare.leave_out_others(truth, (folder / "chosen").read_text("utf-8").strip())
    assert sum(len(scenario.rows) for scenario in truth.values()) == rows
    gaps = compare.read_gaps(BUILD / "src/gaps")
    verdict = compare.compare(truth, compare.read_rows(folder / "rows"), "gadget", "native", gaps)
    assert verdict["passed"], verdict
