# SPDX-License-Identifier: GPL-2.0-or-later
"""What guests boot: the kernels of the list KERNELS, and an initramfs with programs."""

import pathlib
import subprocess

HERE = pathlib.Path(__file__).resolve().parent


def known_kernels():
    """Those that the scenarios run on."""
    lines = (HERE / "KERNELS").read_text(encoding="utf-8").splitlines()
    entries = [line.split() for line in lines if line and not line.startswith("#")]
    return [entry[0] for entry in entries if entry[3:] != ["modules"]]


def fetch(kernels):
    """The image of each kernel, by its name."""
    fetched = subprocess.run([HERE / "fetch", *kernels], stdout=subprocess.PIPE, text=True,
                             check=True)
    return dict(line.split(" ", 1) for line in fetched.stdout.splitlines())


def make_initramfs(path, programs):
    """Make it at `path`, with these programs and scripts."""
    path.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run([HERE / "initramfs", path, *programs], check=True)
