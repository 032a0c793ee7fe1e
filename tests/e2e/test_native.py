# SPDX-License-Identifier: GPL-2.0-or-later
"""The scenarios on this machine's own kernel, held against the truth row by row.

FDPASS_BUILD names the folder of the build (default: build); FDPASS_WAYS the ways to try, with
commas (default: tracepoint, which every kernel has).
"""

import json
import os
import pathlib
import subprocess

import pytest

import account
import compare

HERE = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path(os.environ.get("FDPASS_BUILD", HERE.parent.parent / "build")).resolve()
WAYS = os.environ.get("FDPASS_WAYS", "tracepoint").split(",")


def scenarios():
    """GROUP/NAME of all, as the workload tells them; none where it is not built."""
    names = ["hold"]
    for program in ("workload", "workload32"):
        path = BUILD / "tests/workload" / program
        if path.exists():
            listed = subprocess.run([path, "list"], stdout=subprocess.PIPE, text=True, check=True)
            names += listed.stdout.split()
    # What guest-run.sh leaves out.
    left_out = ("mass/", "32/file/", "32/who/", "32/ring/", "32/load/", "32/hostile/", "32/mass/")
    return [name for name in names if not name.startswith(left_out)]


def read_trace(folder):
    return compare.read_truth(folder / "truth"), compare.read_rows(folder / "rows")


def compare_trace(truth, rows, way, lost=0):
    gaps = compare.read_gaps(BUILD / "src/gaps")
    return compare.compare(truth, rows, way, "native", gaps, whole=True, lost=lost)


@pytest.fixture(name="verdict", scope="module", params=WAYS)
def fixture_verdict(request, tmp_path_factory):
    """Trace all scenarios once in a way, and compare."""
    if os.geteuid() != 0:
        pytest.skip("tracing is root's")
    folder = tmp_path_factory.mktemp("native")
    path = os.pathsep.join([str(BUILD / "src"), str(BUILD / "tests/workload"), os.environ["PATH"]])
    run = subprocess.run(
        ["sh", HERE / "guest-run.sh", folder, request.param],
        env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    result = folder / request.param
    assert (result / "truth").exists(), run.stdout
    verdict = compare_trace(*read_trace(result), request.param)
    hostile = result / "hostile"
    lost = compare.lost_events((hostile / "messages").read_text("utf-8")) or 0
    truth, rows = read_trace(hostile)
    verdict_of_hostile = compare_trace(truth, rows, request.param, lost)
    verdict["scenarios"].update(verdict_of_hostile["scenarios"])
    verdict["needless_gaps"] += verdict_of_hostile["needless_gaps"]
    comparison = compare.Comparison(request.param, "native", compare.read_gaps(BUILD / "src/gaps"))
    verdict["hostile"] = account.check_sums(truth, rows, lost, comparison)
    verdict["hostile_status"] = (hostile / "status").read_text().strip()
    verdict["run"] = {
        "status": run.returncode,
        "output": run.stdout,
        "fdpass": (result / "status").read_text().strip(),
    }
    verdict["stopped"] = account.check_folder(result / "stopped", request.param)
    (result / "verdict").write_text(json.dumps(verdict))
    return verdict


@pytest.mark.parametrize("name", scenarios())
def test_scenario(verdict, name):
    scenario = verdict["scenarios"][name]
    if scenario["verdict"] == "skip":
        pytest.skip(scenario["problems"][0])
    assert scenario["verdict"] in ("pass", "gap"), "\n".join(scenario["problems"][:20])


def test_hostile_programs(verdict):
    """What was told and what was lost is what happened, and the status says whether any was."""
    problems, summary = verdict["hostile"]
    assert not problems, "\n".join([*problems, summary])
    assert verdict["hostile_status"] == ("0" if " 0 lost" in summary else "3")


def test_ended_well(verdict):
    """It lost nothing, and so did the workload."""
    assert verdict["run"]["fdpass"] == "0", verdict["run"]["output"]
    assert verdict["run"]["status"] == 0, verdict["run"]["output"]


def test_stopped_reader(verdict):
    """What was told and what was lost is what happened, and no row is wrong."""
    problems, summary = verdict["stopped"]
    assert not problems, "\n".join([*problems[:10], summary])


def test_gaps_are_needed(verdict):
    assert verdict["needless_gaps"] == []
