# SPDX-License-Identifier: GPL-2.0-or-later
"""./dev, where somebody has copied a tree together with its build folder."""

import json
import pathlib
import subprocess

SOURCE = pathlib.Path(__file__).resolve().parents[2]


def drop_copied(*folders):
    return subprocess.run(
        [SOURCE / "tools/drop-copied", *folders], capture_output=True, encoding="utf-8", check=True
    ).stderr


def make_build_folder(folder, source):
    (folder / "meson-info").mkdir(parents=True)
    information = {"directories": {"source": str(source), "build": str(folder)}}
    (folder / "meson-info/meson-info.json").write_text(json.dumps(information), encoding="utf-8")
    return folder


def test_a_build_folder_of_another_tree_is_set_up_anew(tmp_path):
    copied = make_build_folder(tmp_path / "copied", "/elsewhere/fdpass")
    assert drop_copied(copied) == (
        f"dev: {copied} was set up for /elsewhere/fdpass: it is set up anew\n"
    )
    assert not copied.exists()


def test_other_folders_are_left_alone(tmp_path):
    own = make_build_folder(tmp_path / "own", SOURCE)
    other = tmp_path / "no build folder"
    other.mkdir()
    assert drop_copied(own, other, tmp_path / "none") == ""
    assert own.exists()
    assert other.exists()


def test_dev_and_the_tests_ask_for_it():
    for name in ("dev", "tests/all"):
        assert "tools/drop-copied" in (SOURCE / name).read_text(encoding="utf-8")
