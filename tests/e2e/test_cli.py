# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line: every wrong option and its exact message, and how fdpass begins and ends.

FDPASS is the program to test. Tests that trace need root, and use whichever way can be had.
"""

import array
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time

import pytest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
FDPASS = pathlib.Path(os.environ.get("FDPASS", SOURCE / "build/src/fdpass")).resolve()
ENVIRONMENT = {**os.environ, "LC_ALL": "C.UTF-8"}
DEADLINE_S = 30

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="tracing needs root")

# Passes a descriptor of /dev/null to itself, argv[1] times; leaves argv[2] more in the queue while
# it waits for a line on standard input.
PASS = """
import os, socket, sys
left, right = socket.socketpair()
null = os.open("/dev/null", os.O_RDONLY)
for _ in range(int(sys.argv[1])):
    socket.send_fds(left, [b"x"], [null])
    os.close(socket.recv_fds(right, 1, 1)[1][0])
for _ in range(int(sys.argv[2])):
    socket.send_fds(left, [b"x"], [null])
if int(sys.argv[2]):
    print("queued", flush=True)
    sys.stdin.readline()
"""


def passing(received=1, queued=0):
    return [sys.executable, "-c", PASS, str(received), str(queued)]


def run(*arguments, **options):
    return subprocess.run(
        [FDPASS, *arguments],
        capture_output=True,
        encoding="utf-8",
        env=ENVIRONMENT,
        timeout=DEADLINE_S,
        check=False,
        **options,
    )


def rows_of(text):
    return [json.loads(line) for line in text.splitlines()]


class Trace:
    """fdpass in the background, from when it says that it traces."""

    def __init__(self, *arguments, stdout=subprocess.PIPE):
        self.process = subprocess.Popen(
            [FDPASS, *arguments],
            stdout=stdout,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            env=ENVIRONMENT,
        )
        self.first_line = self.read_line()
        assert "tracing with" in self.first_line

    def read_line(self):
        """Not from the stream: it would take what follows too, and communicate() not see that."""
        line = b""
        while not line.endswith(b"\n") and (byte := os.read(self.process.stderr.fileno(), 1)):
            line += byte
        return line.decode()

    def finish(self, number=signal.SIGINT):
        self.process.send_signal(number)
        return self.wait()

    def wait(self):
        stdout, stderr = self.process.communicate(timeout=DEADLINE_S)
        return self.process.returncode, stdout, stderr


# Wrong usage

USAGE_ERRORS = [
    (["--timeout", "5x"], "--timeout: '5x' is not a whole number of seconds (0 to 2147483647)"),
    (["--timeout", ""], "--timeout: '' is not a whole number of seconds (0 to 2147483647)"),
    (["--timeout", "-1"], "--timeout: '-1' is not a whole number of seconds (0 to 2147483647)"),
    (["--timeout", "+1"], "--timeout: '+1' is not a whole number of seconds (0 to 2147483647)"),
    (["--timeout", " 1"], "--timeout: ' 1' is not a whole number of seconds (0 to 2147483647)"),
    (["--timeout", "1.5"], "--timeout: '1.5' is not a whole number of seconds (0 to 2147483647)"),
    (
        ["--timeout", "2147483648"],
        "--timeout: '2147483648' is not a whole number of seconds (0 to 2147483647)",
    ),
    (
        ["--timeout", "99999999999999999999999"],
        "--timeout: '99999999999999999999999' is not a whole number of seconds (0 to 2147483647)",
    ),
    (
        ["--pending-after", "0"],
        "--pending-after: '0' is not a whole number of seconds (1 to 2147483647)",
    ),
    (
        ["--max-entries=0"],
        "--max-entries: '0' is not a number of rows (1 to 9223372036854775807)",
    ),
    (["--pid", "x"], "--pid: 'x' is not a process id (1 to 4194304)"),
    (["--pid", "1,,2"], "--pid: '' is not a process id (1 to 4194304)"),
    (["--pid", "1,0x10"], "--pid: '0x10' is not a process id (1 to 4194304)"),
    (["--pid", "4194305"], "--pid: '4194305' is not a process id (1 to 4194304)"),
    (["--target_pid", "0"], "--target_pid: '0' is not a process id (1 to 4194304)"),
    (["--uid", "root"], "--uid: 'root' is not a user id (0 to 4294967294)"),
    (["--uid", "4294967295"], "--uid: '4294967295' is not a user id (0 to 4294967294)"),
    (
        ["--comm", "systemd-resolved"],
        "--comm: 'systemd-resolved' is too long: the kernel keeps 15 bytes of a name, "
        "'systemd-resolve'",
    ),
    (["--comm", ""], "--comm: a name is missing"),
    (["--comm", "a,,b"], "--comm: a name is missing"),
    (["--uid", "!root"], "--uid: 'root' is not a user id (0 to 4294967294)"),
    (
        ["--filter", "fd==1,proc.com==x"],
        "--filter: there is no field 'proc.com'; did you mean 'proc.comm'?\n"
        "  fd==1,proc.com==x\n"
        "        ^",
    ),
    (
        ["-F", "proc.pid==1", "-F", "file~a{1,2}"],
        "--filter: '2}' is no condition: ==, !=, >=, >, <=, <, ~ or !~ is missing "
        "(has a value a comma? Put a backslash before it)\n"
        "  file~a{1,2}\n"
        "             ^",
    ),
    (
        ["-F", "file~[\x1b\n"],
        "--filter: this is no regular expression: missing ]: [\\x1b\\n\n"
        "  file~[\\x1b\\n\n"
        "       ^",
    ),
    (
        ["-F", "file!=" + "x" * 100 + ",fd==" + "9" * 100],
        f"--filter: '{'9' * 100}' is not a number for fd (-2147483648 to 2147483647)\n"
        f"  ...{'x' * 27},fd=={'9' * 32}\n"
        f"  {' ' * 35}^",
    ),
    (["--attach", ""], "--attach: '' is none of fentry, kprobe, tracepoint"),
    (["--pid", "0"], "--pid: '0' is not a process id (1 to 4194304)"),
    (
        ["--max-entries", "-1"],
        "--max-entries: '-1' is not a number of rows (1 to 9223372036854775807)",
    ),
    (
        ["-o", "jsn"],
        "--output: 'jsn' is none of columns, json, jsonpretty, yaml; did you mean 'json'?",
    ),
    (["--output", "protobuf"], "--output: 'protobuf' is none of columns, json, jsonpretty, yaml"),
    (
        ["--attach", "kprobes"],
        "--attach: 'kprobes' is none of fentry, kprobe, tracepoint; did you mean 'kprobe'?",
    ),
    (["--color", "perhaps"], "--color: 'perhaps' is none of auto, always, never"),
    (
        ["--buffer-size", "5M"],
        "--buffer-size: '5M' is not a power of two from 256K to 1024M, like 8M",
    ),
    (
        ["--buffer-size", "8MB"],
        "--buffer-size: '8MB' is not a power of two from 256K to 1024M, like 8M",
    ),
    (
        ["--buffer-size", "128K"],
        "--buffer-size: '128K' is not a power of two from 256K to 1024M, like 8M",
    ),
    (
        ["--buffer-size", "17179869184G"],
        "--buffer-size: '17179869184G' is not a power of two from 256K to 1024M, like 8M",
    ),
    (["--fields", "fil"], "--fields: there is no field 'fil'; did you mean 'file'?"),
    (["--fields", "bogus"], "--fields: there is no field 'bogus'; fdpass --list-fields lists them"),
    (["--fields", ""], "--fields: a field's name is missing in ''"),
    (["--fields", "file,"], "--fields: a field's name is missing in 'file,'"),
    (["--filds", "fd"], "--filds: there is no such option; did you mean '--fields'?"),
    (["--target-pid=3"], "--target-pid: there is no such option; did you mean '--target_pid'?"),
    (["--xyzzy"], "--xyzzy: there is no such option; fdpass --help lists them"),
    (["-x"], "-x: there is no such option; fdpass --help lists them"),
    (["-hx"], "-x: there is no such option; fdpass --help lists them"),
    (["--co", "x"], "--co: could be --comm, --color"),
    (["--host=1"], "--host: takes no argument"),
    (["--timeout"], "--timeout: its argument is missing: --timeout SECONDS"),
    (["-o"], "--output: its argument is missing: --output FORMAT"),
    (["doctro"], "there is no command 'doctro'; did you mean 'doctor'?"),
    (
        ["python3", "x.py"],
        "there is no command 'python3'; to trace a command: fdpass [OPTIONS] -- COMMAND",
    ),
    (
        ["trace", "true"],
        "'true' is too much; to trace a command: fdpass [OPTIONS] -- COMMAND",
    ),
    (["--"], "a command is missing behind '--'"),
    (["--host", "--"], "a command is missing behind '--'"),
    (["doctor", "--", "true"], "fdpass doctor runs no command: 'true' is too much"),
    (["doctor", "--timeout", "3"], "--timeout: is not an option of fdpass doctor"),
    (["--timeout", "3", "doctor"], "--timeout: is not an option of fdpass doctor"),
]


@pytest.mark.parametrize("arguments, message", USAGE_ERRORS, ids=lambda value: repr(value)[:40])
def test_wrong_usage_names_itself_and_what_would_be_right(arguments, message):
    result = run(*arguments)
    assert result.stderr == f"fdpass: {message}\n"
    assert result.stdout == ""
    assert result.returncode == 2


# What it tells of itself


def test_help_fits_a_screen():
    result = run("--help")
    lines = result.stdout.splitlines()
    assert result.returncode == 0
    assert result.stderr == ""
    assert len(lines) < 24
    assert all(len(line) < 80 for line in lines)
    assert sum(line.startswith("  fdpass") for line in lines) == 5


@pytest.mark.parametrize("arguments", [["-h"], ["trace", "--help"], ["--help", "doctor"]])
def test_help_of_each_command(arguments):
    assert run(*arguments).stdout == run("--help").stdout


def test_version():
    result = run("--version")
    assert re.fullmatch(r"fdpass \d+\.\d+\.\d+\n", result.stdout)
    assert result.returncode == 0


def test_list_fields_names_the_fields_of_the_guide():
    result = run("--list-fields")
    names = [line.split()[0] for line in result.stdout.splitlines()]
    assert result.returncode == 0
    for name in "proc.comm proc.pid socket_ino sockfd fd file".split():
        assert name in names


@pytest.mark.parametrize(
    "argument", ["--help", "--version", "--list-fields", pytest.param("doctor", marks=needs_root)]
)
@pytest.mark.parametrize(
    "stdout, error", [(">/dev/full", "No space left on device"), (">&-", "Bad file descriptor")]
)
def test_what_cannot_be_written_is_told(argument, stdout, error):
    result = subprocess.run(
        ["sh", "-c", f'"$0" {argument} {stdout}', FDPASS],
        stderr=subprocess.PIPE, encoding="utf-8", check=False,
    )
    assert result.stderr == f"fdpass: standard output: {error}\n"
    assert result.returncode == 1


COMPLETE = """
source "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
compopt() { :; }
_fdpass
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.mark.parametrize(
    "words, expected",
    [
        (["--pend"], ["--pending-after"]),
        (["doc"], ["doctor"]),
        (["-o", "json"], ["json", "jsonpretty"]),
        (["--attach", "k"], ["kprobe"]),
        (["--fields", "fd,+receiver.cl"], ["fd,+receiver.cloexec"]),
        (["--filter", "receiver.cl"], ["receiver.cloexec"]),
        (["-F", "fd!=3,receiver.cl"], ["fd!=3,receiver.cloexec"]),
        (["-F", "'fd==3,receiver.cl"], ["fd==3,receiver.cloexec"]),
        (["--pid", ""], [""]),
    ],
)
def test_completion(words, expected):
    result = subprocess.run(
        ["bash", "-c", COMPLETE, "bash", FDPASS.with_name("fdpass.bash"), "fdpass", *words],
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert result.stderr == ""
    assert result.stdout.splitlines() == expected


# Privileges


@needs_root
@pytest.mark.parametrize("command", ["trace", "doctor"])
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


@needs_root
def test_no_btf():
    hide = 'mount -t tmpfs none /sys/kernel/btf && exec "$0"'
    assert cannot_trace("unshare", "--mount", "sh", "-c", hide, FDPASS) == (
        "there is no BTF in /sys/kernel/btf/vmlinux: mount sysfs at /sys, or use a kernel that was "
        "built with CONFIG_DEBUG_INFO_BTF=y\n"
    )


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


def status_of(pid):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return {name: value.strip() for name, value in (line.split(":", 1) for line in lines)}


# Kernels before 5.19 read maps with CAP_BPF only, unless this says that anyone may.
CAP_BPF = 1 << 39


@needs_root
def test_privileges_are_dropped_once_attached():
    trace = Trace()
    status = status_of(trace.process.pid)
    code, _, _ = trace.finish()
    kernel = tuple(int(number) for number in re.findall(r"\d+", os.uname().release)[:2])
    allowed = {0} if kernel >= (5, 19) else {0, CAP_BPF}
    assert int(status["CapEff"], 16) in allowed
    assert int(status["CapPrm"], 16) in allowed
    assert int(status["CapBnd"], 16) == 0
    assert int(status["CapInh"], 16) == 0
    assert int(status["CapAmb"], 16) == 0
    assert status["NoNewPrivs"] == "1"
    assert status["Groups"] == ""
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


# Tracing


@needs_root
def test_doctor_names_a_way():
    result = run("doctor")
    assert result.stderr == ""
    assert result.returncode == 0
    assert result.stdout.count("yes: this one is taken") == 1
    assert result.stdout.startswith(f"kernel      {os.uname().release} ")


@needs_root
def test_a_command_is_traced_and_nothing_else():
    with subprocess.Popen(passing(0, 1), stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        result = run("-o", "json", "--", *passing(3))
        other.stdin.close()
    rows = rows_of(result.stdout)
    assert [row["outcome"] for row in rows] == ["delivered"] * 3
    assert {row["file"] for row in rows} == {"/dev/null"}
    assert result.stderr.splitlines()[0].startswith("fdpass: tracing with ")
    assert result.stderr.splitlines()[-1] == "fdpass: 3 passes: 3 delivered; no events lost"
    assert result.returncode == 0


@needs_root
@pytest.mark.parametrize(
    "script, status", [("exit 0", 0), ("exit 7", 7), ("kill -9 $$", 137), ("kill -15 $$", 143)]
)
def test_the_commands_exit_status_is_ours(script, status):
    assert run("--", "sh", "-c", script).returncode == status


@needs_root
@pytest.mark.parametrize(
    "name, error, status",
    [
        ("no-such-command", "No such file or directory", 127),
        ("/etc/passwd", "Permission denied", 126),
    ],
)
def test_a_command_that_cannot_be_run(name, error, status):
    result = run("--", name)
    assert result.stderr.splitlines()[-1] == f"fdpass: {name}: {error}"
    assert result.stdout == ""
    assert result.returncode == status


@needs_root
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_is_handed_on_to_the_command(number):
    trace = Trace("--", "sleep", "60")
    code, _, _ = trace.finish(number)
    assert code == 128 + number


@needs_root
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_trace(number):
    trace = Trace("--pid", str(os.getpid()))
    code, _, stderr = trace.finish(number)
    assert stderr == "fdpass: no passes; no events lost\n"
    assert code == 0


@needs_root
def test_timeout_ends_the_trace():
    trace = Trace("--pid", str(os.getpid()), "--timeout", "1")
    began = time.monotonic()
    code, _, _ = trace.wait()
    assert 0.5 < time.monotonic() - began < 10
    assert code == 0


@needs_root
def test_max_entries_gives_as_many_rows():
    result = run("-o", "json", "--max-entries", "3", "--", *passing(10))
    assert len(rows_of(result.stdout)) == 3
    assert "fdpass: 3 passes: 3 delivered; no events lost" in result.stderr
    assert result.returncode == 0


@needs_root
def test_rows_are_seen_at_once():
    trace = Trace("-o", "json", "--pid", str(os.getpid()))
    left, right = socket.socketpair()
    with left, right, open("/dev/null", encoding="utf-8") as null:
        socket.send_fds(left, [b"x"], [null.fileno()])
        os.close(socket.recv_fds(right, 1, 1)[1][0])
    row = json.loads(trace.process.stdout.readline())
    assert row["outcome"] == "delivered"
    assert trace.process.poll() is None
    assert trace.finish()[0] == 0


def queue_descriptor(left):
    with open("/dev/null", encoding="utf-8") as null:
        data = array.array("i", [null.fileno()])
        left.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, data)])


@needs_root
def test_what_is_queued_at_the_end_is_pending():
    left, right = socket.socketpair()
    trace = Trace("-o", "json", "--pid", str(os.getpid()))
    with left, right:
        queue_descriptor(left)
        time.sleep(0.5)
        code, stdout, stderr = trace.finish()
    assert [row["outcome"] for row in rows_of(stdout)] == ["pending"]
    assert stderr == "fdpass: 1 pass: 1 pending; no events lost\n"
    assert code == 0


@needs_root
def test_pending_after_tells_a_pass_twice_and_counts_it_once():
    left, right = socket.socketpair()
    trace = Trace("-o", "json", "--pid", str(os.getpid()), "--pending-after", "1")
    with left, right:
        queue_descriptor(left)
        first = json.loads(trace.process.stdout.readline())
        os.close(socket.recv_fds(right, 1, 1)[1][0])
        second = json.loads(trace.process.stdout.readline())
        code, _, stderr = trace.finish()
    assert (first["outcome"], second["outcome"]) == ("pending", "delivered")
    assert first["id"] == second["id"]
    assert stderr == "fdpass: 1 pass: 1 delivered; no events lost\n"
    assert code == 0


@needs_root
@pytest.mark.parametrize(
    "options, shown",
    [
        (lambda pid: ["--pid", f"1,{pid}"], 2),
        (lambda pid: ["--pid", "1"], 0),
        (lambda pid: ["--target_pid", str(pid)], 2),
        (lambda pid: ["--target_pid", "1"], 0),
        (lambda pid: ["--uid", str(os.getuid()), "--pid", str(pid)], 2),
        (lambda pid: ["--uid", "4294967294"], 0),
        (lambda pid: ["--comm", "no such name"], 0),
        (lambda pid: ["--host", "--pid", str(pid)], 2),
    ],
)
def test_selection(options, shown):
    trace = Trace("-o", "json", *options(os.getpid()))
    left, right = socket.socketpair()
    with left, right, open("/dev/null", encoding="utf-8") as null:
        socket.send_fds(left, [b"x"], [null.fileno(), null.fileno()])
        for descriptor in socket.recv_fds(right, 1, 2)[1]:
            os.close(descriptor)
    code, stdout, _ = trace.finish()
    rows = rows_of(stdout)
    assert len([row for row in rows if row["proc"]["pid"] == os.getpid()]) == shown
    assert code == 0


@needs_root
def test_the_name_is_that_of_the_thread():
    comm = pathlib.Path("/proc/self/comm").read_text(encoding="utf-8").rstrip("\n")
    trace = Trace("-o", "json", "--comm", comm, "--pid", str(os.getpid()))
    left, right = socket.socketpair()
    with left, right:
        queue_descriptor(left)
        os.close(socket.recv_fds(right, 1, 1)[1][0])
    code, stdout, _ = trace.finish()
    assert [row["proc"]["comm"] for row in rows_of(stdout)] == [comm]
    assert code == 0


# The end of whoever reads


@needs_root
def test_a_reader_that_goes_ends_it_quietly():
    trace = Trace("--pid", str(os.getpid()))
    trace.process.stdout.close()
    trace.process.wait(timeout=DEADLINE_S)
    assert trace.process.stderr.read() == ""
    assert trace.process.returncode == 0


@needs_root
def test_a_full_disk_is_told():
    with open("/dev/full", "w", encoding="utf-8") as full:
        trace = Trace("--pid", str(os.getpid()), stdout=full)
        code, _, stderr = trace.wait()
    assert stderr.splitlines()[-1] == "fdpass: standard output: No space left on device"
    assert code == 1


@needs_root
def test_closed_standard_streams():
    """None of our own files takes their place, and the command finds them as they were."""
    result = subprocess.run(
        ["sh", "-c", '"$0" >&-', FDPASS], stderr=subprocess.PIPE, encoding="utf-8", check=False
    )
    assert result.stderr.splitlines()[-1] == "fdpass: standard output: Bad file descriptor"
    assert result.returncode == 1
    result = subprocess.run(
        ["sh", "-c", '"$0" -o json -- "$@" <&- 2>&-', FDPASS, *passing(1)],
        stdout=subprocess.PIPE, encoding="utf-8", check=False,
    )
    assert len(rows_of(result.stdout)) == 1
    assert result.returncode == 0
    result = subprocess.run(
        ["sh", "-c", '"$0" -o json -- ls /proc/self/fd <&- 2>&-', FDPASS],
        stdout=subprocess.PIPE, encoding="utf-8", check=False,
    )
    plain = subprocess.run(
        ["sh", "-c", "exec ls /proc/self/fd <&- 2>&-"],
        stdout=subprocess.PIPE, encoding="utf-8", check=False,
    )
    assert result.stdout == plain.stdout


@needs_root
def test_a_pipe_is_not_coloured_unless_asked():
    for when, coloured in (("auto", False), ("never", False), ("always", True)):
        result = run("--color", when, "--", *passing(1))
        assert ("\x1b[" in result.stdout) == coloured
