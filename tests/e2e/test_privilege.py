# SPDX-License-Identifier: GPL-2.0-or-later
"""What it takes to trace, what is said where that is not there, and what is given up."""

import os
import pathlib
import re
import signal
import subprocess

import pytest

from daemons import wait_until
from program import DEADLINE_S, ENVIRONMENT, FDPASS, Trace, needs_root, passing, run, status_of
from served import Server

@needs_root
@pytest.mark.parametrize("command", ["trace", "doctor", "inflight"])
def test_a_user_is_told_what_is_missing(command):
    result = run(command, user=65534, group=65534)
    assert result.stderr == "fdpass: tracing needs root, or CAP_BPF and CAP_PERFMON: try sudo\n"
    assert result.returncode == 1


def cannot_trace(*command):
    """What fdpass says when it is run by this command and cannot trace."""
    result = subprocess.run(
        command, capture_output=True, encoding="utf-8", env=ENVIRONMENT, timeout=DEADLINE_S,
        check=False,
    )
    assert result.returncode == 1
    assert result.stdout == ""
    begin, _, reason = result.stderr.partition("cannot trace: ")
    assert begin == "fdpass: "
    return reason


# What the machine has, in a mount namespace of its own


def run_where(prepare, *arguments):
    """fdpass where a shell's commands have changed the file systems that it sees."""
    return subprocess.run(
        ["unshare", "--mount", "sh", "-c", prepare + ' && exec "$@"', "sh", FDPASS, *arguments],
        capture_output=True, encoding="utf-8", env=ENVIRONMENT, timeout=DEADLINE_S, check=False,
    )


@needs_root
@pytest.mark.parametrize("kind", ["p", "c 1 5"])  # a FIFO, /dev/zero
@pytest.mark.parametrize("path", ["/etc/passwd", "/etc/group"])
def test_a_list_of_names_that_is_no_file(path, kind, tmp_path):
    node = tmp_path / "node"
    prepare = f"mknod {node} {kind} && mount --bind {node} {path}"
    result = run_where(prepare, "--fields", "proc.creds.user,proc.creds.group", "--", *passing())
    expected = ["uid:0", "root"] if path == "/etc/passwd" else ["root", "gid:0"]
    assert result.stdout.splitlines()[-1].split() == expected
    assert result.returncode == 0


@needs_root
def test_no_btf():
    hide = 'mount -t tmpfs none /sys/kernel/btf && exec "$0"'
    assert cannot_trace("unshare", "--mount", "sh", "-c", hide, FDPASS) == (
        "there is no BTF in /sys/kernel/btf/vmlinux: mount sysfs at /sys, or use a kernel that was "
        "built with CONFIG_DEBUG_INFO_BTF=y\n"
    )


@needs_root
@pytest.mark.parametrize(
    "make, fault",
    [
        (": >", "is empty"),
        ("head -c 24 /dev/zero >", "is no BTF"),
        ("head -c 4096 /sys/kernel/btf/vmlinux >", "is cut short"),
        (
            "{ head -c 24 /sys/kernel/btf/vmlinux; tail -c +25 /sys/kernel/btf/vmlinux | "
            "tr '\\0-\\377' '\\377'; } >",
            "is damaged",
        ),
    ],
)
def test_odd_btf(make, fault, tmp_path):
    btf = tmp_path / "btf"
    result = run_where(f"{make} {btf} && mount --bind {btf} /sys/kernel/btf/vmlinux")
    assert result.stderr == (
        f"fdpass: cannot trace: /sys/kernel/btf/vmlinux {fault}: the kernel's own is needed, which "
        "it has there if it was built with CONFIG_DEBUG_INFO_BTF=y and nothing is mounted over it\n"
    )
    assert result.returncode == 1


@needs_root
@pytest.mark.parametrize("mib", [12, 18, 24])
def test_too_little_address_space(mib):
    assert re.fullmatch(
        r"32 MiB of memory are needed with a ring buffer of 8192 KiB \(--buffer-size\), and there "
        r"are \d+: ulimit -v allows no more\n",
        cannot_trace("prlimit", f"--as={mib << 20}", FDPASS),
    )


@needs_root
@pytest.mark.parametrize("mib", [40, 44, 48, 56])
def test_just_enough_address_space(mib):
    """It works, or says what is too little."""
    result = subprocess.run(
        ["prlimit", f"--as={mib << 20}", FDPASS, "--", "true"], capture_output=True,
        encoding="utf-8", env=ENVIRONMENT, timeout=DEADLINE_S, check=False,
    )
    if result.returncode != 0:
        assert re.search(r"MiB of memory are needed|there is not enough memory", result.stderr)


@pytest.fixture(name="group")
def fixture_group(request):
    """A control group with so many MiB of memory: the file to write a process's id to."""
    for root, limit in (("memory", "memory.limit_in_bytes"), ("", "memory.max")):
        group = pathlib.Path("/sys/fs/cgroup", root, f"fdpass-test-{os.getpid()}")
        try:
            group.mkdir()
        except OSError:
            continue
        try:
            (group / limit).write_text(str(request.param << 20), encoding="ascii")
            yield group / "cgroup.procs"
            return
        except OSError:
            continue
        finally:
            group.rmdir()
    pytest.skip("no control group of memory can be made here")


@needs_root
@pytest.mark.parametrize("group", [64], indirect=True)
def test_a_group_with_little_memory(group):
    join = f'echo $$ >{group} && exec "$0" "$@"'
    assert re.fullmatch(
        r"\d+ MiB of memory are needed with a ring buffer of 8192 KiB \(--buffer-size\), and there "
        r"are \d+: its control group \(cgroup\) allows no more\n",
        cannot_trace("sh", "-c", join, FDPASS),
    )


@needs_root
@pytest.mark.parametrize("group", [96], indirect=True)
def test_a_group_with_enough_memory(group):
    join = f'echo $$ >{group} && exec "$0" "$@"'
    result = subprocess.run(["sh", "-c", join, FDPASS, "--", "true"], check=False)
    assert result.returncode == 0


@needs_root
@pytest.mark.parametrize(
    "options, reason",
    [
        (
            ["--bounding-set=-all"],
            "tracing needs CAP_BPF and CAP_PERFMON, which this root has not: "
            "run it outside of the container",
        ),
        (
            ["--reuid=65534", "--inh-caps=-all,+bpf", "--ambient-caps=-all,+bpf"],
            "tracing needs CAP_PERFMON as well as CAP_BPF",
        ),
        (
            ["--reuid=65534", "--inh-caps=-all,+perfmon", "--ambient-caps=-all,+perfmon"],
            "tracing needs CAP_BPF as well as CAP_PERFMON",
        ),
    ],
)
def test_capabilities_that_are_missing(options, reason):
    shell = ["sh", "-c", 'exec "$0"']  # setpriv gives up what it may not keep at an execve(2)
    result = subprocess.run(
        ["setpriv", *options, *shell, FDPASS], capture_output=True, encoding="utf-8", check=False
    )
    assert result.stderr == f"fdpass: {reason}\n"
    assert result.returncode == 1


@needs_root
@pytest.mark.parametrize("capabilities", ["+bpf,+perfmon", "+sys_admin"])
def test_capabilities_that_suffice(capabilities):
    options = [f"--inh-caps=-all,{capabilities}", f"--ambient-caps=-all,{capabilities}"]
    result = subprocess.run(
        ["setpriv", "--reuid=65534", *options, "sh", "-c", 'exec "$0" "$@"', FDPASS, "--", "true"],
        capture_output=True, encoding="utf-8", timeout=DEADLINE_S, check=False,
    )
    assert result.stderr.endswith("fdpass: no passes; no events lost\n")
    assert result.returncode == 0


@needs_root
@pytest.mark.parametrize("arguments", [["inflight"], ["holders", "/dev/null"]])
def test_the_same_suffice_for_a_look(arguments):
    options = ["--inh-caps=-all,+bpf,+perfmon", "--ambient-caps=-all,+bpf,+perfmon"]
    result = subprocess.run(
        ["setpriv", "--reuid=65534", *options, "sh", "-c", 'exec "$0" "$@"', FDPASS, *arguments],
        capture_output=True, encoding="utf-8", timeout=DEADLINE_S, check=False,
    )
    assert result.returncode == 0, result.stderr


@needs_root
def test_too_many_open_files():
    assert cannot_trace("prlimit", "--nofile=12", FDPASS) == (
        "too many files are open: raise the limit (ulimit -n)\n"
    )


@needs_root
@pytest.mark.parametrize("way", ["fentry", "kprobe", "tracepoint"])
def test_a_way_that_cannot_be_had_says_why(way):
    lines = run("doctor").stdout.splitlines()
    answer = next(line for line in lines if line.startswith(f"{way} ")).split(maxsplit=1)[1]
    if answer.startswith("yes"):
        assert run("--attach", way, "--", "true").returncode == 0
        return
    assert cannot_trace(FDPASS, "--attach", way) == f"{way}: {answer.removeprefix('no: ')}\n"
    # UNAME26 of personality(2): the kernel says that it is 2.6.
    assert cannot_trace("setarch", "--uname-2.6", FDPASS, "--attach", way) == (
        "this kernel is too old: Linux 5.10 or later is needed\n"
    )


@needs_root
def test_a_user_is_told_of_wrong_usage_first():
    assert run("--filds", user=65534, group=65534).returncode == 2


# Kernels before 5.19 read maps with CAP_BPF only, unless this says that anyone may.
CAP_BPF = 1 << 39


def allowed_capabilities():
    kernel = tuple(int(number) for number in re.findall(r"\d+", os.uname().release)[:2])
    return {0} if kernel >= (5, 19) else {0, CAP_BPF}


@needs_root
def test_privileges_are_dropped_once_attached():
    trace = Trace()
    status = status_of(trace.process.pid)
    code, _, _ = trace.finish()
    assert int(status["CapEff"], 16) in allowed_capabilities()
    assert int(status["CapPrm"], 16) in allowed_capabilities()
    assert int(status["CapBnd"], 16) == 0
    assert int(status["CapInh"], 16) == 0
    assert int(status["CapAmb"], 16) == 0
    assert status["NoNewPrivs"] == "1"
    assert status["Groups"] == ""
    assert code == 0


@needs_root
def test_what_serves_metrics_can_accept_and_nothing_more():
    server = Server()
    pid = server.process.pid
    threads = [status_of(f"{pid}/task/{path.name}") for path in pathlib.Path(f"/proc/{pid}/task").iterdir()]
    descriptors = [os.readlink(path) for path in pathlib.Path(f"/proc/{pid}/fd").iterdir()]
    inodes = {name[8:-1] for name in descriptors if name.startswith("socket:[")}
    lines = pathlib.Path(f"/proc/{pid}/net/tcp").read_text("ascii").splitlines()[1:]
    sockets = [line.split() for line in lines if line.split()[9] in inodes]
    assert server.request()[0].status == 200  # it does accept
    code, _, _ = server.finish()
    assert len(threads) == 2  # who reads events, and who serves
    for status in threads:
        assert int(status["CapEff"], 16) in allowed_capabilities()
        assert int(status["CapBnd"], 16) == 0
        assert status["NoNewPrivs"] == "1"
        assert status["Groups"] == ""
    # One socket of the network, in the state LISTEN; the other is that to the reader of files.
    assert [(fields[1].split(":")[0], fields[3]) for fields in sockets] == [("0100007F", "0A")]
    assert len(inodes) <= 2
    assert code == 0


def has_ended(pid):
    try:
        return status_of(pid)["State"].startswith("Z")
    except OSError:
        return True


def reader_of(trace):
    """The process that reads the files of container runtimes."""
    children = pathlib.Path(f"/proc/{trace.process.pid}/task/{trace.process.pid}/children")
    (pid,) = (pid for pid in children.read_text("ascii").split()
              if status_of(pid)["Name"] == "fdpass-reader")
    return pid


@needs_root
def test_the_reader_of_files_has_no_privileges():
    trace = Trace()
    pid = reader_of(trace)
    status = status_of(pid)
    descriptors = [os.readlink(path) for path in pathlib.Path(f"/proc/{pid}/fd").iterdir()]
    code, _, _ = trace.finish()
    for capabilities in ("CapEff", "CapPrm", "CapBnd", "CapInh", "CapAmb"):
        assert int(status[capabilities], 16) == 0
    assert status["NoNewPrivs"] == "1"
    assert status["Groups"] == ""
    assert [name.split(":")[0] for name in descriptors] == ["socket"]
    assert code == 0
    wait_until(lambda: has_ended(pid), "it ends with fdpass", 5)


@needs_root
def test_a_trace_goes_on_without_the_reader_of_files():
    trace = Trace("-o", "json")
    os.kill(int(reader_of(trace)), signal.SIGKILL)
    subprocess.run(passing(), check=True)
    code, output, _ = trace.finish()
    assert len(output.splitlines()) >= 1
    assert code == 0


@needs_root
def test_the_command_keeps_its_privileges_and_gets_nothing_of_ours():
    script = (
        "grep -E '^(CapEff|SigBlk|SigIgn|NoNewPrivs)' /proc/self/status; readlink /proc/self/fd/*"
    )
    plain = subprocess.run(
        ["sh", "-c", script], capture_output=True, encoding="utf-8", check=False
    )
    traced = run("--", "sh", "-c", script)
    own = [line for line in plain.stdout.splitlines() if ":" in line and "/" not in line]
    lines = traced.stdout.splitlines()
    assert [line for line in own if line.startswith(("Cap", "Sig", "NoNew"))] == [
        line for line in lines if line.startswith(("Cap", "Sig", "NoNew"))
    ]
    assert not any("bpf" in line or "eventpoll" in line for line in lines)
