# SPDX-License-Identifier: GPL-2.0-or-later
"""The guide's Docker example on real parts: a dockerd with its containerd, shim and runc.

In a container with a terminal, runc's child opens /dev/pts/ptmx and hands it to the shim.
"""

import contextlib
import os
import socket
import subprocess

import pytest

import containers
import strace
from daemons import Daemon, wait_until
from tracing import GUIDE, Trace, cells, guide_cells

# No other that may come first in PATH: dockerd's own.
DOCKER = "/usr/bin/docker"


class Docker:
    """A dockerd with a socket of its own, that leaves the machine's network alone."""

    def __init__(self, folder, machine):
        self.folder = folder
        self.machine = machine
        self.socket = f"unix://{folder}/sock"

    def command(self):
        return [
            "dockerd", "--iptables=false", "--ip6tables=false", "--bridge=none",
            "--ip-forward=false", "--storage-driver=vfs", "-H", self.socket,
            "--pidfile", f"{self.folder}/pid",
        ]

    def client(self, *arguments):
        return [DOCKER, "-H", self.socket, *arguments]

    def run(self, *arguments):
        """Run `tty` in a container that has a terminal."""
        command = self.client("run", *arguments, "--network", "none", "busybox", "tty")
        return containers.run_in_terminal(command)

    def do(self, *arguments):
        """What the client says."""
        result = subprocess.run(
            self.client(*arguments), check=True, capture_output=True, encoding="utf-8"
        )
        return result.stdout.strip()

    def trace(self, *arguments):
        """fdpass where the runtime's files are."""
        return Trace(*arguments, prefix=self.machine.prefix)

    def answers(self):
        return subprocess.run(self.client("version"), capture_output=True).returncode == 0


@contextlib.contextmanager
def docker_in(folder, *prefix):
    """A dockerd that has the image busybox. Nothing of it is there afterwards."""
    with containers.Machine(folder) as machine:
        docker = Docker(folder, machine)
        with Daemon(folder / "log", *machine.prefix, *prefix, *docker.command()) as daemon:
            daemon.wait_for(docker.answers, "dockerd answers")
            docker.do("import", containers.image_archive(folder), "busybox")
            yield docker


@pytest.fixture(name="docker", scope="module")
def fixture_docker(tmp_path_factory):
    with docker_in(tmp_path_factory.mktemp("docker")) as docker:
        yield docker


@pytest.fixture(name="run", scope="module")
def fixture_run(docker):
    """One container, as JSON and as the guide's table."""
    as_json, as_table = docker.trace("-o", "json"), Trace(*GUIDE)
    try:
        output = docker.run("-ti", "--rm", "--name", "web")
    finally:
        rows, table = as_json.end_rows(), as_table.end()
    assert output.strip().endswith("/dev/pts/0"), output
    # Others on this machine may receive what was sent before.
    return [row for row in rows if row.get("proc", {"comm": ""})["comm"].startswith("runc")], table


def check_row(row):
    """All that the guide has of it, and who received it."""
    assert row["proc"]["comm"] == "runc:[2:INIT]"
    assert (row["sockfd"], row["fd"], row["file"]) == (3, 7, "/dev/pts/ptmx")
    assert row["socket_type"] == "stream"
    assert row["receiver"]["comm"] == "containerd-shim"
    assert row["outcome"] == "delivered"
    assert row["receiver"]["fd"] >= 0 and row["receiver"]["cloexec"] is True


def test_the_row(run):
    (row,) = run[0]
    check_row(row)
    assert row["proc"]["nspid"] == 1
    assert row["proc"]["parent"]["comm"] == "runc"
    assert row["proc"]["mntns_id"] != row["receiver"]["mntns_id"]


def test_who_the_parties_are(docker, run):
    """The sender is in the container already, the shim is not; it had ended when the row was read."""
    (row,) = run[0]
    runtime = row["runtime"]
    assert runtime["runtimeName"] == "docker"
    assert runtime["containerName"] == "web"
    assert runtime["containerImageName"] == "busybox"
    assert row["proc"]["cgroup"].endswith(runtime["containerId"])
    assert "runtime" not in row["receiver"]
    assert {"container", "mntns", "pidns", "netns"} <= set(row["cross"])
    assert "risk" not in row


def test_the_guide_s_table(run):
    (row,), table = run
    assert guide_cells(row) in cells(table)


# In a container that has the host's programs: receives one descriptor, and stays.
RECEIVER = """
import socket, time
listener = socket.socket(socket.AF_UNIX)
listener.bind("/shared/socket")
listener.listen()
connection, _ = listener.accept()
socket.recv_fds(connection, 1, 1)
connection.send(b"x")
time.sleep(600)
"""
PROGRAMS = ["-v", "/usr:/usr:ro", "-v", "/usr/lib:/lib:ro", "-v", "/usr/lib64:/lib64:ro"]
# Kubernetes' names are labels to docker, and anybody can choose labels.
LABELS = {
    "io.kubernetes.pod.namespace": "shop",
    "io.kubernetes.pod.name": "\x1b[31mred\n",
    "io.kubernetes.container.name": "x" * 1000,
}


@contextlib.contextmanager
def receiver(docker, folder):
    """A container that waits for a descriptor. Its pid, and where to send to."""
    labels = sum((["--label", f"{key}={value}"] for key, value in LABELS.items()), [])
    docker.do(
        "run", "-d", "--name", "cave", "--network", "none", *labels, *PROGRAMS,
        "-v", f"{folder}:/shared", "busybox", "/usr/bin/python3", "-c", RECEIVER,
    )
    try:
        wait_until((folder / "socket").exists, "the container listens")
        yield docker.do("inspect", "-f", "{{.State.Pid}}", "cave"), str(folder / "socket")
    finally:
        docker.do("rm", "-f", "cave")


def send_directory(address):
    """Hand / of the host to whoever listens, and wait until it has come."""
    root = os.open("/", os.O_RDONLY | os.O_DIRECTORY)
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(address)
            socket.send_fds(connection, [b"x"], [root])
            connection.recv(1)
    finally:
        os.close(root)


def namespace(pid, name):
    return os.stat(f"/proc/{pid}/ns/{name}").st_ino


def check_parties(row, pid, docker):
    """As /proc and docker have them."""
    of_receiver, of_sender = row["receiver"], row["proc"]
    for field, name in (("mntns", "mnt"), ("netns", "net"), ("pidns", "pid"), ("userns", "user"),
                        ("cgroupns", "cgroup")):
        assert of_receiver[f"{field}_id"] == namespace(pid, name)
        assert of_sender[f"{field}_id"] == namespace("self", name)
    assert (of_receiver["pid"], of_receiver["nspid"]) == (int(pid), 1)
    assert of_receiver["runtime"] == {
        "runtimeName": "docker",
        "containerName": "cave",
        "containerId": docker.do("inspect", "-f", "{{.Id}}", "cave"),
        "containerImageName": "busybox",
    }
    assert of_receiver["k8s"] == {
        "namespace": "shop",
        "podName": LABELS["io.kubernetes.pod.name"],
        "containerName": "x" * 255,
    }


def test_a_directory_goes_into_a_container(docker, tmp_path):
    """With what was chosen by the container in the names, and through each filter that finds it."""
    wanted = [["--cross"], ["--cross", "container,user"], ["--risky"], ["-c", "web,cave"], ["--containers"],
              ["--k8s-namespace", "shop"], ["--filter", "receiver.runtime.containerImageName~^busy"]]
    unwanted = [["-c", "!cave"], ["-c", "web"], ["--k8s-namespace", "!shop"], ["--cross", "user"]]
    with receiver(docker, tmp_path) as (pid, address):
        own = ["-o", "json", "--pid", str(os.getpid())]
        traces = [docker.trace(*own, *options) for options in ([], *wanted, *unwanted)]
        table = docker.trace(
            "--pid", str(os.getpid()), "--fields", "receiver.k8s.podName,receiver.k8s.containerName"
        )
        reading = docker.trace("--risky", "--pid", str(os.getpid()))
        send_directory(address)
        rows, *filtered = [trace.end_rows() for trace in traces]
        (row,) = rows
        check_parties(row, pid, docker)
    assert {"container", "mntns", "pidns", "netns"} <= set(row["cross"])
    assert (row["outcome"], row["risk"]) == ("delivered", "directory")
    for options, found in zip(wanted, filtered):
        assert [row["file"] for row in found] == ["/"], options
    assert not any(filtered[len(wanted):])
    assert reading.end().rstrip().endswith("/ · risk: directory")
    assert table.end().splitlines()[1].split() == ["\\x1b[31mred\\n", "x" * 255]


def test_containers_side_by_side_have_a_row_each(docker):
    trace = docker.trace("-o", "json")
    command = docker.client("run", "-t", "--rm", "--network", "none", "busybox", "true")
    try:
        running = [subprocess.Popen(command, stdout=subprocess.DEVNULL) for _ in range(4)]
        assert [client.wait(120) for client in running] == [0, 0, 0, 0]
    finally:
        rows = [row for row in trace.end_rows() if row["proc"]["comm"].startswith("runc")]
    assert len(rows) == 4
    for row in rows:
        check_row(row)
    for name in ("pid", "mntns_id"):
        assert len({row["proc"][name] for row in rows}) == 4
    assert len({row["file_id"] for row in rows}) == 4
    assert len({row["receiver"]["pid"] for row in rows}) == 4
    for name in ("containerName", "containerId"):
        assert len({row["runtime"][name] for row in rows}) == 4


def test_a_command_in_a_container_that_runs(docker):
    """`docker exec -ti`: the terminal comes from runc again, the shim is the container's."""
    started = subprocess.run(
        docker.client("run", "-d", "--network", "none", "busybox", "sleep", "600"),
        check=True, capture_output=True, encoding="ascii",
    )
    container = started.stdout.strip()
    trace = Trace("-o", "json")
    try:
        containers.run_in_terminal(docker.client("exec", "-ti", container, "tty"))
    finally:
        rows = [row for row in trace.end_rows() if row["proc"]["comm"].startswith("runc")]
        subprocess.run(docker.client("rm", "-f", container), check=True, capture_output=True)
    assert [row["file"] for row in rows] == ["/dev/pts/ptmx"]
    assert rows[0]["receiver"]["comm"] == "containerd-shim"
    assert rows[0]["outcome"] == "delivered"


def test_the_row_is_what_strace_saw(tmp_path):
    witness = tmp_path / "strace"
    witness.mkdir()
    trace = Trace("-o", "json")
    try:
        with docker_in(tmp_path, *strace.prefix(witness)) as docker:
            docker.run("-ti", "--rm")
    finally:
        rows = strace.rows_of(witness, trace.end_rows())
    assert [row["file"] for row in rows] == ["/dev/pts/ptmx"]
    check_row(rows[0])
    assert strace.statement_of_rows(rows) == strace.statement(witness)
