# SPDX-License-Identifier: GPL-2.0-or-later
"""A guest: one kernel booted in QEMU with an initramfs, one shell script run in it.

The guest's serial ports are the console, the script's output and the results (a compressed tar of
/results in the guest). No acceleration is needed: CI's machines have none.
"""

import contextlib
import dataclasses
import fcntl
import pathlib
import re
import shutil
import subprocess
import tarfile
import tempfile
import time

# Guests at a time, whoever runs them: each takes one CPU, and the machines that CI runs on have two.
GUESTS = 2
PLACES = pathlib.Path(__file__).resolve().parents[2] / "build/guests"

# What a kernel that is well does not say.
SPLAT = re.compile(
    r"WARNING: |\bBUG: |\bOops\b|general protection fault|Kernel panic|rcu: INFO: .*stall|"
    r"INFO: task .* blocked|unregister_netdevice: waiting"
)


@dataclasses.dataclass
class Outcome:
    """How a guest's run ended. `status` is None when the guest did not get to the end."""

    status: int | None
    results: pathlib.Path
    problem: str | None


def job_archive(job: str) -> bytes:
    """A cpio archive of the script; the kernel unpacks it after the initramfs that it follows."""
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "job").write_text(job, encoding="utf-8")
        return subprocess.run(
            ["cpio", "--quiet", "-o", "-H", "newc", "-R", "0:0"],
            cwd=folder, input=b"job\n", stdout=subprocess.PIPE, check=True,
        ).stdout


@dataclasses.dataclass(frozen=True)
class Architecture:
    """What QEMU plays, and which serial ports a guest has there for its console, its output and its
    results: those of the machine, and where it has too few, such on its PCI bus."""

    machine: tuple[str, ...]
    ports: tuple[str, str, str]
    on_bus: bool
    append: str = ""


# A kernel for arm64 signs each return address: by the processor's own algorithm that takes QEMU four
# times as long as all else.
ARCHITECTURES = {
    "amd64": Architecture(("qemu-system-x86_64", "-machine", "q35", "-cpu", "max"),
                          ("ttyS0", "ttyS1", "ttyS2"),
                          on_bus=False, append="mitigations=off tsc=reliable"),
    "arm64": Architecture(("qemu-system-aarch64", "-machine", "virt", "-cpu", "max,pauth-impdef=on"),
                          ("ttyAMA0", "ttyS0", "ttyS1"), on_bus=True),
}


def serial_port(architecture, name, path=None):
    """A way out of the guest: its next serial port but the console, into a file or our standard output."""
    backend = f"file,id={name},path={path}" if path else f"stdio,id={name}"
    port = ["-device", f"pci-serial,chardev={name}"] if architecture.on_bus else [
        "-serial", f"chardev:{name}"]
    return ["-chardev", backend, *port]


def memory_for(initrd):
    """It is there twice while the kernel unpacks it, into a file system that may have half of the memory."""
    return f"{max(1024, 8 * (initrd.stat().st_size >> 20))}M"


def qemu_command(architecture, kernel, initrd, console, append):
    """Unknown words of the command line are variables of the guest's init."""
    console_port, output, results = architecture.ports
    words = (f"console={console_port} quiet panic=-1 oops=panic {architecture.append} {append} "
             f"output={output} results={results}")
    return [
        *architecture.machine, "-m", memory_for(initrd), "-display", "none",
        "-monitor", "none", "-nodefaults", "-no-reboot", "-kernel", str(kernel), "-initrd", str(initrd), "-append", words,
        "-serial", f"file:{console}",
    ]


def serial_results(architecture, path):
    return serial_port(architecture, "results", path)


def virtio_results(_, path):
    """A port that needs no interrupt: the first and third serial ports share theirs, and where systemd
    has the first one open, little comes out of the third."""
    return ["-device", "virtio-serial-pci", "-chardev", f"file,id=results,path={path}",
            "-device", "virtserialport,chardev=results,name=results"]


def unpack(archive: pathlib.Path, folder: pathlib.Path):
    try:
        with tarfile.open(archive, "r:gz") as tar:
            tar.extractall(folder)
    except (tarfile.TarError, EOFError, OSError):
        return False
    return True


def splat_in(folder: pathlib.Path):
    """The first line in which the kernel says that something is wrong with it."""
    for name in ("dmesg", "console"):
        path = folder / name
        if not path.exists():
            continue
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            if SPLAT.search(line):
                return line.strip()
    return None


# One host thread plays all CPUs in turn: with a thread each, QEMU 7.2 runs instructions that another
# CPU has just patched, and kernels die of it (jump labels, ftrace, kprobes).
MULTI_CPU = ["-smp", "2", "-accel", "tcg,thread=single"]
# Guest time counts executed instructions: the same figures on a noisy machine.
COUNTING = ["-smp", "1", "-accel", "tcg,thread=single", "-icount", "shift=0,sleep=off"]


def take_place():
    """The lock of a free place, if there is one."""
    for number in range(GUESTS):
        with contextlib.ExitStack() as stack:
            place = stack.enter_context(open(PLACES / str(number), "w", encoding="ascii"))
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
                stack.pop_all()
                return place
    return None


def wait_for_place():
    """Returns a file to close when the guest has ended. Who asked first is served first."""
    PLACES.mkdir(parents=True, exist_ok=True)
    with open(PLACES / "queue", "w", encoding="ascii") as queue:
        fcntl.flock(queue, fcntl.LOCK_EX)
        while not (place := take_place()):
            time.sleep(0.1)
    return place


def run(kernel, initramfs, job, folder, **options) -> Outcome:
    """As boot(), once the machine has a place for a guest."""
    with wait_for_place():
        return boot(kernel, initramfs, job, folder, **options)


def boot(kernel, initramfs, job, folder, *, timeout=600, cpu=None, append="", live=False,
        results=serial_results, devices=(), architecture="amd64") -> Outcome:
    """Boot and run the script. The results lie in `folder`, which is emptied first, together with
    `output` (the script's) and `console`. With `live` the output goes to our standard output.
    The results come by the port that `results` makes; `devices` are arguments of QEMU for what the guest has
    besides."""
    folder = pathlib.Path(folder)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    archive = folder / "results.tar.gz"
    initrd = folder / "initrd"
    initrd.write_bytes(pathlib.Path(initramfs).read_bytes() + job_archive(job))
    played = ARCHITECTURES[architecture]
    command = [
        *qemu_command(played, kernel, initrd, folder / "console", append),
        *serial_port(played, "output", None if live else folder / "output"),
        *results(played, archive), *(cpu or MULTI_CPU), *devices,
    ]
    try:
        with open(folder / "qemu", "wb") as errors:
            subprocess.run(command, stdin=subprocess.DEVNULL, stderr=errors, timeout=timeout,
                           check=False)
    except subprocess.TimeoutExpired:
        return Outcome(None, folder, f"the guest did not end within {timeout} s")
    finally:
        initrd.unlink()
    unpacked = unpack(archive, folder)
    splat = splat_in(folder)
    if splat:
        return Outcome(None, folder, f"the kernel said: {splat}")
    if not unpacked:
        return Outcome(None, folder, f"the guest sent no results: see {folder / 'console'}")
    archive.unlink()
    return Outcome(int((folder / "status").read_text(encoding="ascii")), folder, None)
