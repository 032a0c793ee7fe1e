# SPDX-License-Identifier: GPL-2.0-or-later
"""What guests boot: the kernels of the list KERNELS, and an initramfs with programs."""

import os
import pathlib
import subprocess

HERE = pathlib.Path(__file__).resolve().parent


def known_kernels(architecture=None):
    """The architecture of each kernel that the scenarios run on, or of those that have this one."""
    lines = (HERE / "KERNELS").read_text(encoding="utf-8").splitlines()
    entries = [line.split() for line in lines if line and not line.startswith("#")]
    kernels = {entry[0]: entry[3] if entry[3:] else "amd64" for entry in entries
               if entry[3:] != ["modules"]}
    return {name: of for name, of in kernels.items() if architecture in (None, of)}


def fetch(kernels):
    """The image of each kernel, by its name."""
    fetched = subprocess.run([HERE / "fetch", *kernels], stdout=subprocess.PIPE, text=True,
                             check=True)
    return dict(line.split(" ", 1) for line in fetched.stdout.splitlines())


def make_initramfs(path, programs, busybox=None):
    """Make it at `path`, with these programs and scripts, and this machine's busybox or that one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    environment = os.environ | ({"BUSYBOX": str(busybox)} if busybox else {})
    subprocess.run([HERE / "initramfs", path, *programs], check=True, env=environment)
