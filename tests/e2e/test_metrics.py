# SPDX-License-Identifier: GPL-2.0-or-later
"""Passes as numbers: what fdpass metrics serves, against what programs did, and in the real Prometheus."""

import contextlib
import json
import os
import pathlib
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request

import pytest

from daemons import wait_until
from program import needs_root, run
from served import Server, check_with_promtool, parse

pytestmark = needs_root

# What other programs pass meanwhile is not counted.
OURS = ("--filter", "proc.comm~^fm-")

# Calls itself argv[1]; passes argv[2] descriptors that arrive, argv[3] that are lost for a limit, argv[4] in
# messages that are refused, and leaves argv[5] in the queue until it reads a line.
PASS = r"""
import os, resource, socket, sys
def call_oneself(name):
    with open("/proc/self/comm", "wb") as file:
        file.write(name)
name, *numbers = sys.argv[1:]
delivered, lost, failed, queued = map(int, numbers)
call_oneself(os.fsencode(name))
left, right = socket.socketpair()
null = os.open("/dev/null", os.O_RDONLY)
def send():
    socket.send_fds(left, [b"x"], [null])
for _ in range(delivered):
    send()
    os.close(socket.recv_fds(right, 1, 1)[1][0])
soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
for _ in range(lost):
    send()
    resource.setrlimit(resource.RLIMIT_NOFILE, (null + 1, hard))
    assert socket.recv_fds(right, 1, 1)[1] == []
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
for _ in range(failed):
    try:
        socket.send_fds(left, [b"x"], [null, 999])
        sys.exit("it was sent")
    except OSError:
        pass
for _ in range(queued):
    send()
print("done", flush=True)
sys.stdin.readline()
"""

# Passes a descriptor under each of argv[1] names, argv[2] times.
MANY_NAMES = r"""
import os, socket, sys
left, right = socket.socketpair()
null = os.open("/dev/null", os.O_RDONLY)
comm = os.open("/proc/self/comm", os.O_WRONLY)
for number in range(int(sys.argv[1])):
    os.write(comm, b"fm-%d" % number)
    for _ in range(int(sys.argv[2])):
        socket.send_fds(left, [b"x"], [null])
        os.close(socket.recv_fds(right, 1, 1)[1][0])
"""

SCRAPE = """
global:
  scrape_interval: 1s
  scrape_timeout: 1s
scrape_configs:
  - job_name: fdpass
    static_configs:
      - targets: ["{target}"]
"""


@contextlib.contextmanager
def passing(name, delivered=0, lost=0, failed=0, queued=0):
    """The program above, from when it has done all that, until it ends."""
    command = [sys.executable, "-c", PASS, name, *map(str, (delivered, lost, failed, queued))]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"done\n"
        yield process
        process.stdin.close()
        assert process.wait() == 0


@pytest.fixture(name="server", scope="module")
def fixture_server():
    server = Server(*OURS)
    yield server
    status, output, messages = server.finish()
    assert (status, output) == (0, ""), messages
    assert messages.endswith("; no events lost\n")


def test_numbers_are_what_was_passed(server):
    with passing("fm-all", delivered=37, lost=5, failed=3, queued=4):
        # A message that was refused named two descriptors, of which one is no file.
        server.wait_for(
            {("delivered", None, "chr"): 37, ("lost", "emfile", "chr"): 5, ("failed", "EBADF", "chr"): 3,
             ("failed", "EBADF", None): 3},
            "fdpass_passes_total", "outcome", "reason", "file_type", sender="fm-all",
        )
        server.wait_for({("delivered",): 37, ("lost",): 5}, "fdpass_latency_seconds_count",
                        "outcome", receiver="fm-all")
        server.wait_for({("delivered",): 37, ("lost",): 5}, "fdpass_latency_seconds_bucket",
                        "outcome", receiver="fm-all", le="+Inf")
        assert server.sums("fdpass_in_flight_messages")[()] >= 4
    server.wait_for({("unread",): 4}, "fdpass_passes_total", "reason", sender="fm-all",
                    outcome="lost", reason="unread")
    assert set(server.sums("fdpass_lost_events_total").values()) == {0}


@pytest.mark.parametrize(("name", "label"), [
    (b'fm-"} 1\n#\\', 'fm-"} 1\n#\\'),
    (b"fm-\xff\xc3(", "fm-��("),
    (b"fm-\x01\r\x7f", "fm-\x01\r\x7f"),
    ("fm-ä→".encode(), "fm-ä→"),
])
def test_hostile_names(server, name, label):
    with passing(os.fsdecode(name), delivered=3):
        server.wait_for({(label, label): 3}, "fdpass_passes_total", "sender", "receiver", sender=label)
    check_with_promtool(server.text())


def test_requests(server):
    response, text = server.request()
    assert response.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert text.startswith("# HELP fdpass_passes_total ")
    check_with_promtool(text)
    head, nothing = server.request(method="HEAD")
    assert (head.status, nothing) == (200, "")
    assert int(head.headers["Content-Length"]) > 1000
    assert "/metrics" in server.request("/")[1]
    for path in ("/metrics/", "/../metrics", "//", "/favicon.ico"):
        assert server.request(path)[0].status == 404
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        response, _ = server.request(method=method)
        assert (response.status, response.headers["Allow"]) == (405, "GET, HEAD")


def query(port, expression):
    """The one number that the real Prometheus answers with; None: it has none yet."""
    url = f"http://127.0.0.1:{port}/api/v1/query?" + urllib.parse.urlencode({"query": expression})
    with urllib.request.urlopen(url, timeout=10) as response:
        result = json.load(response)["data"]["result"]
    return float(result[0]["value"][1]) if result else None


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def prometheus(server, folder):
    """A Prometheus that asks the server each second; its port."""
    port = free_port()
    (folder / "prometheus.yml").write_text(SCRAPE.format(target=f"127.0.0.1:{server.port}"), "ascii")
    command = ["prometheus", f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data",
               f"--web.listen-address=127.0.0.1:{port}"]
    with open(folder / "log", "wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            yield port
        finally:
            process.terminate()


def test_the_real_prometheus(server, tmp_path):
    def answers(expression, expected):
        try:
            return query(port, expression) == expected
        except OSError:
            return False

    with passing("fm-scraped", delivered=120, lost=2), prometheus(server, tmp_path) as port:
        wait_until(lambda: answers('sum(fdpass_passes_total{sender="fm-scraped"})', 122), "it is scraped", 20)
        assert query(port, 'fdpass_passes_total{sender="fm-scraped",reason="emfile"}') == 2
        assert query(port, "up") == 1
        slowest = query(port, 'histogram_quantile(0.5, fdpass_latency_seconds_bucket{receiver="fm-scraped",'
                              'outcome="delivered"})')
        assert 0 < slowest < 1


# Clients that mean no good


def connect(server):
    client = socket.create_connection((server.host, server.port))
    client.settimeout(30)
    return client


def is_ended(client):
    """Was the connection ended by the other side?"""
    try:
        while client.recv(1 << 16):
            pass
        return True
    except ConnectionError:
        return True
    except TimeoutError:
        return False


def sockets_of(server):
    count = 0
    for path in pathlib.Path(f"/proc/{server.process.pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            count += os.readlink(path).startswith("socket:")
    return count


def trickle(client):
    """A request that never ends, a byte now and then, until nobody listens. How long that was."""
    begin = time.monotonic()
    with contextlib.suppress(ConnectionError):
        client.sendall(b"GET /metrics HTTP/1.1\r\nX: ")
        while time.monotonic() < begin + 30:
            client.sendall(b"x")
            time.sleep(0.3)
    return time.monotonic() - begin


def test_slow_clients_and_many_names_during_a_flood():
    """Nothing is lost, the numbers are right, series and clients are few, and good clients come in again."""
    names, times = 10000, 3
    server = Server(*OURS, "--max-series", "50")
    sockets = sockets_of(server)
    threads = [threading.Thread(target=trickle, args=(connect(server),)) for _ in range(8)]
    for thread in threads:
        thread.start()
    clients = [connect(server) for _ in range(40)]
    for number, client in enumerate(clients):
        # Some never ask to the end, some never read the answer.
        client.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n" + (b"\r\n" if number % 2 else b""))
    begin = time.monotonic()
    wait_until(lambda: sockets_of(server) - sockets == 16, "as many clients as there may be", 5)
    subprocess.run([sys.executable, "-c", MANY_NAMES, str(names), str(times)], check=True)
    server.wait_for({(): names * times}, "fdpass_passes_total")
    assert time.monotonic() - begin < 20
    series = [labels for name, labels, _ in parse(server.text()) if name == "fdpass_passes_total"]
    assert len(series) == 50 + 1
    assert [labels for labels in series if "overflow" in labels] == [
        {"outcome": "delivered", "overflow": "true"}]
    for thread in threads:
        thread.join()
    assert all(is_ended(client) for client in clients)
    status, _, messages = server.finish()
    assert status == 0
    assert messages.endswith(f"fdpass: {names * times} passes: {names * times} delivered; no events lost\n")


# The command line


@pytest.mark.parametrize("address", ["", "9741", "localhost:9741", "127.0.0.1:65536", "::1:9741"])
def test_no_address(address):
    done = run("metrics", "--listen", address)
    assert (done.returncode, done.stderr) == (
        2, f"fdpass: --listen: '{address}' is not an address and a port in numbers, like "
           "0.0.0.0:9741 or [::1]:9741\n")


def test_an_address_that_is_taken(server):
    done = run("metrics", "--listen", f"127.0.0.1:{server.port}")
    assert done.returncode == 1
    assert done.stderr == f"fdpass: cannot listen on 127.0.0.1:{server.port}: Address already in use\n"


@pytest.mark.parametrize(("arguments", "message"), [
    (["--output", "json"], "--output: is not an option of fdpass metrics"),
    (["--max-series", "0"], "--max-series: '0' is not a number of series (1 to 100000)"),
    (["--", "true"], "fdpass metrics runs no command: 'true' is too much"),
])
def test_wrong_usage(arguments, message):
    done = run("metrics", *arguments)
    assert (done.returncode, done.stderr) == (2, f"fdpass: {message}\n")


def test_ipv6_and_a_closed_standard_output():
    """Nobody has to read standard output, which nothing is written to."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        server = Server(listen="[::1]:0", stdout=writer)
    finally:
        os.close(writer)
    assert "fdpass_build_info{" in server.text()
    status, _, _ = server.finish()
    assert status == 0
