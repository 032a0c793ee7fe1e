# SPDX-License-Identifier: GPL-2.0-or-later
"""fdpass metrics in the background, and what it serves, read again."""

import http.client
import re
import subprocess
import time

from program import Trace

LINE = re.compile(r'(\w+)(?:\{((?:\w+="(?:[^"\\\n]|\\.)*",?)*)\})? (\S+)')
LABEL = re.compile(r'(\w+)="((?:[^"\\\n]|\\.)*)"')
UNESCAPED = {r"\n": "\n", r"\"": '"', r"\\": "\\"}


def unescape(value):
    return re.sub(r"\\.", lambda found: UNESCAPED[found[0]], value)


def parse(text):
    """Each series: its name, its labels, its number. A line that is none fails."""
    series = []
    for line in text.removesuffix("\n").split("\n"):
        if line.startswith("#"):
            continue
        found = LINE.fullmatch(line)
        assert found, line
        labels = {name: unescape(value) for name, value in LABEL.findall(found[2] or "")}
        series.append((found[1], labels, float(found[3])))
    keys = [(name, tuple(sorted(labels.items()))) for name, labels, _ in series]
    assert len(set(keys)) == len(keys), "two series with the same labels"
    return series


class Server(Trace):
    """From when it says that it serves."""

    def __init__(self, *arguments, listen="127.0.0.1:0", **options):
        super().__init__("metrics", "--listen", listen, *arguments, **options)
        line = self.read_line()
        found = re.fullmatch(r"fdpass: serving http://(.*):(\d+)/metrics\n", line)
        assert found, line
        self.host, self.port = found[1].strip("[]"), int(found[2])

    def request(self, path="/metrics", method="GET"):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=30)
        connection.request(method, path)
        response = connection.getresponse()
        text = response.read().decode("utf-8")
        connection.close()
        return response, text

    def text(self):
        response, text = self.request()
        assert response.status == 200
        return text

    def sums(self, name, *by, **wanted):
        """The sum of a metric's series by the values of some labels, of those series that have these."""
        sums = {}
        for metric, labels, number in parse(self.text()):
            if metric == name and wanted.items() <= labels.items():
                key = tuple(labels.get(label) for label in by)
                sums[key] = sums.get(key, 0) + number
        return sums

    def wait_for(self, expected, name, *by, **wanted):
        """The sums are these, at the latest when all has come that is under way."""
        end = time.monotonic() + 5
        while (sums := self.sums(name, *by, **wanted)) != expected and time.monotonic() < end:
            time.sleep(0.1)
        assert sums == expected, self.text()


def check_with_promtool(text):
    """What the real Prometheus thinks of it."""
    done = subprocess.run(["promtool", "check", "metrics"], input=text.encode("utf-8"),
                          capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
