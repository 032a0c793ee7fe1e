# SPDX-License-Identifier: GPL-2.0-or-later
"""The dashboard for Grafana asks for what fdpass metrics serves, in expressions that Prometheus understands."""

import json
import pathlib
import re
import subprocess

import pytest

from program import needs_root
from served import Server

SOURCE = pathlib.Path(__file__).resolve().parents[2]
DASHBOARD = SOURCE / "deploy/grafana/fdpass.json"
# What Grafana puts in.
VARIABLES = {"$__rate_interval": "5m", "$__range": "1h", "$instance": ".*"}


@pytest.fixture(name="dashboard", scope="module")
def fixture_dashboard():
    return json.loads(DASHBOARD.read_text("utf-8"))


def expressions(dashboard):
    found = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    for name, value in VARIABLES.items():
        found = [expression.replace(name, value) for expression in found]
    return found


def test_prometheus_understands_the_expressions(dashboard, tmp_path):
    asked = expressions(dashboard)
    assert len(asked) >= 15 and not any("$" in expression for expression in asked)
    rules = [{"record": f"rule:{number}", "expr": expression} for number, expression in enumerate(asked)]
    file = tmp_path / "rules.json"  # JSON is YAML
    file.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": rules}]}), "utf-8")
    done = subprocess.run(["promtool", "check", "rules", file], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"SUCCESS: {len(asked)} rules found" in done.stdout


@needs_root
def test_it_asks_for_what_is_served(dashboard):
    """Each metric that is served has its place, and no other is asked for."""
    server = Server()
    text = server.text()
    server.finish()
    served = set(re.findall(r"^# TYPE (\w+) ", text, re.MULTILINE)) | {
        f"fdpass_latency_seconds_{end}" for end in ("bucket", "sum", "count")}
    asked = "\n".join(expressions(dashboard))
    named = set(re.findall(r"\bfdpass_\w+", asked))
    assert named <= served
    assert named | {"fdpass_build_info", "fdpass_latency_seconds"} == served


def test_its_labels_are_in_the_manual(dashboard):
    manual = (SOURCE / "docs/fdpass.8.rst").read_text("utf-8")
    asked = "\n".join(expressions(dashboard))
    labels = {label for group in re.findall(r"by \(([^)]*)\)", asked) for label in group.split(", ")}
    assert len(labels) >= 9
    assert [label for label in labels - {"le"} if f"**{label}**" not in manual] == []


def test_panels_do_not_overlap(dashboard):
    taken = set()
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                 for y in range(place["y"], place["y"] + place["h"])}
        assert not cells & taken and max(x for x, _ in cells) < 24
        taken |= cells
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
