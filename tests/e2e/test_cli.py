# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line: every wrong option and its exact message, and what fdpass tells of itself."""

import re
import subprocess

import pytest

from program import FDPASS, needs_root, run

# Wrong usage

USAGE_ERRORS = [
    (["--timeout", "5x"], "--timeout: '5x' is not a whole number of seconds (0 to 2147483647)"),
    # What is given cannot write to the terminal.
    (["--timeout", "\x1b]0;x\a"], "--timeout: '\\x1b]0;x\\a' is not "
     "a whole number of seconds (0 to 2147483647)"),
    (["--pid", "1\n2"], "--pid: '1\\n2' is not a process id (1 to 4194304)"),
    (["--fields", "a\x1b"], "--fields: there is no field 'a\\x1b'; fdpass --list-fields lists them"),
    (["--x\x1b"], "--x\\x1b: there is no such option; fdpass --help lists them"),
    (["-\x1b"], "-\\x1b: there is no such option; fdpass --help lists them"),
    (["-o", "\u202e"], "--output: '\\u202e' is none of columns, json, jsonpretty, yaml"),
    (
        ["\x1b[2J"],
        "there is no command '\\x1b[2J'; to trace a command: fdpass [OPTIONS] -- COMMAND",
    ),
    (["doctor", "--", "a\nb"], "fdpass doctor runs no command: 'a\\nb' is too much"),
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
    (["--to", ""], "--to: its argument is empty"),
    (["--to"], "--to: its argument is missing: --to FILE"),
    (["doctor", "--to", "x"], "--to: is not an option of fdpass doctor"),
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
        ["--cross=contaner"],
        "--cross: 'contaner' is none of user, container, mntns, pidns, netns, userns, cgroupns; "
        "did you mean 'container'?",
    ),
    (["--cross=user,,mntns"], "--cross: 'user,,mntns' is none of user, container, mntns, pidns, netns, "
     "userns, cgroupns"),
    (["--cross", "contaner"],
     "there is no command 'contaner'; to trace a command: fdpass [OPTIONS] -- COMMAND"),
    (["-c", "web,"], "--containername: a container's name is missing"),
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
    (["--co", "x"], "--co: could be --comm, --containername, --containers, --color, --count"),
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
    (["inflight", "--by", "file_type"],
     "--by: 'file_type' is none of socket, user, receiver, sender, file"),
    (["inflight", "--by", "usr"],
     "--by: 'usr' is none of socket, user, receiver, sender, file; did you mean 'user'?"),
    (["inflight", "--watch", "0"],
     "--watch: '0' is not a whole number of seconds (1 to 2147483647)"),
    (["holders"], "what is held is missing: PID, PID:FD, a path, INODE@MAJOR:MINOR or --mount PATH"),
    (["holders", ""], "'' is not a path"),
    (["holders", "0"], "'0' is not a process id (1 to 4194304)"),
    (["holders", "4194305:3"], "'4194305:3' is not a process id (1 to 4194304)"),
    (["holders", "12:x"], "'12:x': 'x' is not a descriptor (0 to 2147483647)"),
    (["holders", "12:"], "'12:': '' is not a descriptor (0 to 2147483647)"),
    (["holders", "12@8"], "'12@8' is not an inode and its device, like 1234@8:1"),
    (["holders", "12@8:1048576"], "'12@8:1048576' is not an inode and its device, like 1234@8:1"),
    (["holders", "1", "2"], "'2' is too much for fdpass holders"),
    (["holders", "1", "--mount", "/"], "'1' is too much with --mount"),
    (["holders", "--mount", ""], "--mount: its argument is empty"),
    (["inflight", "x"], "'x' is too much for fdpass inflight"),
    (["inflight", "--fields", "held_as"], "--fields: 'held_as' is not a field of fdpass inflight"),
    (["--by", "user"], "--by: is not an option of fdpass trace"),
    (["inflight", "--attach", "kprobe"], "--attach: is not an option of fdpass inflight"),
    (["inflight", "--", "true"], "fdpass inflight runs no command: 'true' is too much"),
    (["--fields", "queue_length"], "--fields: 'queue_length' is not a field of fdpass trace"),
    (["-F", "queue_length>3"], "--filter: 'queue_length' is not a field of fdpass trace"),
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


@pytest.mark.parametrize("arguments", [["-h"], ["trace", "--help"]])
def test_help_without_a_command_is_that_of_trace(arguments):
    assert run(*arguments).stdout == run("--help").stdout


@pytest.mark.parametrize("command", ["inflight", "holders", "top", "doctor"])
def test_help_of_a_command_has_its_options(command):
    lines = run("--help", command).stdout.splitlines()
    assert lines[0].startswith(f"fdpass {command}: ")
    assert len(lines) < 24
    assert all(len(line) < 80 for line in lines)
    options = [word for line in lines for word in line.split() if word.startswith("--")]
    assert ("--by" in options) == (command in ("inflight", "top"))
    assert ("--attach" in options) == (command == "top")


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
        (["--fields", "queue_po"], ["queue_position"]),
        (["--by", "se"], ["sender"]),
        (["--by", "so"], ["socket"]),
        (["--by", "pa"], ["pair"]),
        (["--sort", "p"], ["passes", "p50", "p99"]),
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
