# SPDX-License-Identifier: GPL-2.0-or-later
"""docs/kinds.md has what the rows say of each kind of file that this kernel has."""

import subprocess

import pytest

import kinds
from program import needs_root
from tracing import BUILD, Trace

pytestmark = needs_root


@pytest.fixture(name="folder", scope="module")
def fixture_folder(tmp_path_factory):
    """A trace of the scenarios of files."""
    folder = tmp_path_factory.mktemp("kinds")
    trace = Trace("--system-calls", "-o", "json")
    workload = [BUILD / "tests/workload/workload", "--truth", folder / "truth", "file"]
    subprocess.run(workload, check=True, capture_output=True)
    (folder / "rows").write_text(trace.end(), encoding="utf-8")
    return folder


def test_the_page_has_every_kind(folder):
    assert len(list(kinds.kinds_in(folder))) > 40
    assert kinds.strangers(folder) == []


def test_what_the_page_has_not_is_told(folder, tmp_path, monkeypatch):
    """Else the test above would tell nothing."""
    lines = kinds.PAGE.read_text(encoding="utf-8").splitlines(keepends=True)
    page = tmp_path / "page"
    page.write_text("".join(line for line in lines if not line.startswith("| eventfd |")), encoding="utf-8")
    monkeypatch.setattr(kinds, "PAGE", page)
    assert kinds.strangers(folder) == [("eventfd", "eventfd", "[eventfd] count 0", "O_RDWR\\|O_NONBLOCK")]
