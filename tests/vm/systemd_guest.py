# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest that is a whole Debian: systemd, udev, logind, dbus-broker, and a kernel with modules.

A job is a shell script; it runs when the machine is up, with the programs that it was given first
in PATH, and leaves its results in /run/results. The disk is as it was after each run.
"""

import pathlib
import shutil
import subprocess
import tempfile

import guest

HERE = pathlib.Path(__file__).resolve().parent
# What the tests need of it besides, in one disk for all: it is built again for others.
PACKAGES = ("bluez", "bluez-test-tools", "lxc", "systemd-container")


def have_root():
    """The folder with kernel, initramfs and disk."""
    made = subprocess.run([HERE / "systemd-root", *PACKAGES], stdout=subprocess.PIPE, text=True,
                          check=True)
    return pathlib.Path(made.stdout.strip())


def programs_archive(programs):
    """A cpio archive of these files in /programs; it follows the initramfs."""
    with tempfile.TemporaryDirectory() as folder:
        tree = pathlib.Path(folder) / "programs"
        tree.mkdir()
        for program in programs:
            shutil.copy(program, tree)
        names = ["programs", *(f"programs/{path.name}" for path in tree.iterdir())]
        return subprocess.run(
            ["cpio", "--quiet", "-o", "-H", "newc", "-R", "0:0"],
            cwd=folder, input="\n".join(names).encode(), stdout=subprocess.PIPE, check=True,
        ).stdout


def run(root, programs, job, folder, timeout=600) -> guest.Outcome:
    """As guest.run; `root` is what have_root() gave."""
    with tempfile.NamedTemporaryFile() as initramfs:
        initramfs.write((root / "initramfs").read_bytes() + programs_archive(programs))
        initramfs.flush()
        disk = f"file={root / 'disk'},if=virtio,format=raw,snapshot=on"
        return guest.run(root / "vmlinuz", initramfs.name, job, folder, timeout=timeout,
                         results=guest.virtio_results, devices=["-drive", disk])
