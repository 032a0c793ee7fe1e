# SPDX-License-Identifier: GPL-2.0-or-later
"""The image, and the containers that the manifests for Kubernetes describe, in a real containerd with no other
privileges than these. The traced pod has the annotations that containerd's CRI gives to what it runs."""

import contextlib
import json
import pathlib
import re
import subprocess
import urllib.request

import pytest
import yaml

import containers
from daemons import Daemon, wait_until
from program import FDPASS, SOURCE, needs_root, status_of

pytestmark = needs_root

MANIFESTS = {path.stem: list(yaml.safe_load_all(path.read_text("utf-8")))
             for path in (SOURCE / "deploy/kubernetes").glob("*.yaml")}
LIMITS = ["--ulimit", "nofile=1024:1024", "--ulimit", "nproc=1024:1024"]  # a machine may allow no more
NUMBERS = {"SYS_NICE": 23, "PERFMON": 38, "BPF": 39}
CGROUP = "fdpass-test"
ID = "0123456789abcdef" * 4
POD = {
    "io.kubernetes.cri.container-type": "container",
    "io.kubernetes.cri.container-name": "nginx",
    "io.kubernetes.cri.sandbox-name": "front",
    "io.kubernetes.cri.sandbox-namespace": "shop",
    "io.kubernetes.cri.image-name": "docker.io/library/nginx:1",
}
BY_POD = {"namespace": "shop", "podName": "front", "containerName": "nginx"}


def pod_of(name):
    """The pod of a manifest's DaemonSet."""
    (daemon_set,) = (document for document in MANIFESTS[name] if document["kind"] == "DaemonSet")
    return daemon_set["spec"]["template"]["spec"]


@pytest.mark.parametrize("name", MANIFESTS)
def test_what_a_manifest_names_is_there(name):
    (daemon_set,) = (document for document in MANIFESTS[name] if document["kind"] == "DaemonSet")
    (namespace,) = (document for document in MANIFESTS[name] if document["kind"] == "Namespace")
    assert daemon_set["metadata"]["namespace"] == namespace["metadata"]["name"]
    labels = daemon_set["spec"]["template"]["metadata"]["labels"]
    assert daemon_set["spec"]["selector"]["matchLabels"].items() <= labels.items()
    pod = pod_of(name)
    (container,) = pod["containers"]
    assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}
    assert all(mount["readOnly"] for mount in container["volumeMounts"])
    assert subprocess.run([FDPASS, *container["args"], "--list-fields"], capture_output=True).returncode == 0


@pytest.fixture(name="tree", scope="module")
def fixture_tree(tmp_path_factory):
    """What the image has."""
    tree = tmp_path_factory.mktemp("image") / "tree"
    subprocess.run([SOURCE / "deploy/image-tree", FDPASS, tree], check=True)
    return tree


def test_the_image(tree, tmp_path):
    """By podman and the recipe, with no network."""
    recipe = SOURCE / "deploy/Containerfile"
    with containers.Machine(tmp_path) as machine:
        podman = [*machine.prefix, *containers.FOR_CRUN, "podman", "--storage-driver", "vfs",
                  "--cgroup-manager", "cgroupfs", "--events-backend", "none"]
        build = [*podman, "build", "--network", "none", "-t", "fdpass", "-f", recipe, tree]
        subprocess.run(build, check=True, capture_output=True)
        start = [*podman, "run", *LIMITS, "--rm", "--network", "none", "fdpass"]
        done = subprocess.run([*start, "--version"], check=True, capture_output=True, encoding="utf-8")
        assert re.fullmatch(r"fdpass \d+\.\d+\.\d+\n", done.stdout)
        # The library that is loaded is there as well: what is missing is the privilege.
        done = subprocess.run([*start, "metrics"], capture_output=True, encoding="utf-8", check=False)
        assert (done.returncode, done.stderr.startswith("fdpass: tracing needs CAP_BPF")) == (1, True)


class Containerd:
    """A containerd of the test's own, and its client."""

    def __init__(self, folder, machine):
        self.prefix = machine.prefix
        self.socket = folder / "sock"
        self.config = folder / "config.toml"
        self.config.write_text(f'version = 2\n[grpc]\naddress = "{self.socket}"\n', "ascii")

    def client(self, *arguments):
        return [*self.prefix, "ctr", "--address", self.socket, "--namespace", "k8s.io", *arguments]

    def answers(self):
        return subprocess.run(self.client("version"), capture_output=True).returncode == 0

    def spec(self):
        """What a container is without further wishes."""
        done = subprocess.run(self.client("oci", "spec"), capture_output=True, check=True)
        return json.loads(done.stdout)


def remove_cgroups():
    """runc leaves the folders above that of a container, in each hierarchy."""
    root = pathlib.Path("/sys/fs/cgroup")
    for hierarchy in (root, *root.iterdir()):
        for path in ("burstable/pod7", "burstable", ""):
            with contextlib.suppress(OSError):  # it is not there, or no folder
                (hierarchy / CGROUP / path).rmdir()


@pytest.fixture(name="containerd", scope="module")
def fixture_containerd(tmp_path_factory):
    folder = tmp_path_factory.mktemp("containerd")
    with containers.Machine(folder) as machine:
        containerd = Containerd(folder, machine)
        command = [*machine.prefix, "containerd", "--config", containerd.config]
        with Daemon(folder / "log", *command) as daemon:
            daemon.wait_for(containerd.answers, "containerd answers")
            yield containerd
    remove_cgroups()


def spec_of(spec, pod, tree):
    """What the CRI makes of the kubelet's wishes: of the pid namespace, of capabilities and of mounts."""
    (container,) = pod["containers"]
    context = container["securityContext"]
    assert context["capabilities"]["drop"] == ["ALL"] and context["runAsUser"] == 0
    assert not context["privileged"] and context["seccompProfile"]["type"] == "Unconfined"
    added = [f"CAP_{name}" for name in context["capabilities"]["add"]]
    spec["root"] = {"path": str(tree), "readonly": context["readOnlyRootFilesystem"]}
    spec["process"]["capabilities"] = {kind: added for kind in ("bounding", "effective", "permitted")}
    spec["process"]["noNewPrivileges"] = not context["allowPrivilegeEscalation"]
    spec["process"]["args"] = ["/usr/sbin/fdpass", *container["args"]]
    spec["linux"]["cgroupsPath"] = f"/{CGROUP}/{container['name']}"
    assert pod["hostPID"]
    spec["linux"]["namespaces"] = [entry for entry in spec["linux"]["namespaces"] if entry["type"] != "pid"]
    paths = {volume["name"]: volume["hostPath"]["path"] for volume in pod["volumes"]}
    spec["mounts"] += [{"destination": mount["mountPath"], "source": paths[mount["name"]], "type": "bind",
                        "options": ["rbind", "ro"]} for mount in container["volumeMounts"]]
    return spec


class Container:
    """A manifest's container, from when it traces. `change` changes what the runtime is asked for."""

    def __init__(self, containerd, tree, name, change=lambda spec: None):
        self.client = containerd.client
        self.name = f"fdpass-{name}"
        spec = spec_of(containerd.spec(), pod_of(name), tree)
        change(spec)
        config = tree.with_name(f"{name}.json")
        config.write_text(json.dumps(spec), "utf-8")
        self.process = subprocess.Popen(
            self.client("run", "--rm", "--config", config, self.name),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8")
        line = self.process.stderr.readline()
        assert "tracing with" in line, line + self.process.stderr.read()

    def pid(self):
        """Of fdpass, as the host sees it."""
        listed = subprocess.run(self.client("task", "ls"), capture_output=True, encoding="utf-8", check=True)
        return re.search(rf"^{self.name} +(\d+)", listed.stdout, re.MULTILINE)[1]

    def end(self):
        subprocess.run(self.client("task", "kill", "-s", "SIGTERM", self.name), check=True, capture_output=True)
        output, messages = self.process.communicate(timeout=60)
        assert self.process.returncode == 0, messages
        return output, messages


def pass_in_pod(containerd, folder):
    """A pod with the annotations of the CRI and a terminal: runc hands that out of it to the shim."""
    containers.image_archive(folder)
    spec = containerd.spec()
    spec["root"] = {"path": str(folder / "tree")}
    spec["process"].update(args=["/bin/tty"], terminal=True)
    spec["annotations"] = POD
    spec["linux"]["cgroupsPath"] = f"/{CGROUP}/burstable/pod7/{ID}"  # as the kubelet has it
    config = folder / "config.json"
    config.write_text(json.dumps(spec), "utf-8")
    command = containerd.client("run", "--rm", "-t", "--config", config, ID)
    assert "/dev/pts/" in containers.run_in_terminal(command)


def granted():
    return sum(1 << NUMBERS[name] for name in pod_of("rows")["containers"][0]["securityContext"]["capabilities"]["add"])


def test_rows_with_names_of_pods(containerd, tree, tmp_path):
    container = Container(containerd, tree, "rows")
    status = status_of(container.pid())
    pass_in_pod(containerd, tmp_path)
    output, messages = container.end()
    assert int(status["CapBnd"], 16) == granted()
    assert int(status["CapEff"], 16) & ~(1 << NUMBERS["BPF"]) == 0
    assert messages.endswith("; no events lost\n")
    rows = [json.loads(line) for line in output.splitlines()]
    (row,) = (row for row in rows if "k8s" in row)
    assert row["k8s"] == BY_POD
    assert row["runtime"]["containerImageName"] == POD["io.kubernetes.cri.image-name"]
    assert row["proc"]["creds"]["user"] == "root"  # by the host's list
    assert (row["file"], row["outcome"]) == ("/dev/pts/ptmx", "delivered")
    assert "k8s" not in row["receiver"]


@pytest.mark.parametrize("name", ["BPF", "PERFMON"])
def test_less_does_not_suffice(containerd, tree, name):
    def take_away(spec):
        kinds = spec["process"]["capabilities"]
        for kind in kinds:
            kinds[kind] = [capability for capability in kinds[kind] if capability != f"CAP_{name}"]

    with pytest.raises(AssertionError, match=f"fdpass: tracing needs .*CAP_{name}"):
        Container(containerd, tree, "rows", take_away)


def test_metrics_with_names_of_pods(containerd, tree, tmp_path):
    def serve_the_host(spec):
        """There is no network of pods here."""
        spec["linux"]["namespaces"] = [entry for entry in spec["linux"]["namespaces"] if entry["type"] != "network"]
        spec["process"]["args"][-1] = "127.0.0.1:0"

    container = Container(containerd, tree, "metrics", serve_the_host)
    url = re.search(r"http://\S+", container.process.stderr.readline())[0]

    def is_counted():
        with urllib.request.urlopen(url, timeout=10) as response:
            return 'sender_namespace="shop",sender_pod="front"' in response.read().decode("utf-8")

    pass_in_pod(containerd, tmp_path)
    wait_until(is_counted, "it is counted", 10)
    container.end()
