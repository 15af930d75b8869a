"""A cluster is connected to only if it is there, and trusted only after each machine was looked at."""

from __future__ import annotations

import builtins
import os
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from mudata.errors import ArgumentError, ClusterError, MissingExtra
from mudata.execution import ray_cluster as clusters
from mudata.execution.home_mark import HomeMark, home_mark, require_mark
from mudata.execution.node_probe import LIBRARIES, installed, node_probe, probed
from mudata.narration import Progress

if TYPE_CHECKING:
    from pathlib import Path

    from three_nodes import ThreeNodes

    from mudata.home import Home


class Told(Progress):
    """Keeps what is said."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, text: str) -> None:
        self.lines.append(text)


@pytest.mark.slow
def test_every_machine_is_looked_at(ray_cluster: ThreeNodes, home: Home, capfd: pytest.CaptureFixture[str]) -> None:
    told = Told()
    cluster = clusters.connect("ray")
    assert [(node.cpus, node.takes_work) for node in cluster.nodes()] == [(1, True)] * 3
    cluster.require_nodes(home, told)
    assert told.lines == []
    with pytest.raises(ClusterError, match=r"connected to another Ray cluster than ray://10\.0\.0\.1:10001"):
        clusters.connect("ray://10.0.0.1:10001")
    assert capfd.readouterr() == ("", "")


@pytest.mark.slow
def test_a_cluster_of_another_ray_is_refused_with_both_versions(ray_nodes: ThreeNodes) -> None:
    program = (
        "import ray; ray.__version__ = '2.0.0'\n"
        "from mudata.errors import ClusterError\nfrom mudata.execution.ray_cluster import connect\n"
        "try: connect('ray')\nexcept ClusterError as error: print(error.what)\n"
    )
    env = os.environ | {"RAY_ADDRESS": ray_nodes.address}
    done = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True)
    import ray

    told = f"The Ray cluster at {ray_nodes.address} has other versions: Ray {ray.__version__}, here 2.0.0; Python "
    assert done.stdout.startswith(told)
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("address", "on"), [("127.0.0.1:1", "ray"), (None, "ray://127.0.0.1:1"), (None, "ray://127.0.0.1:99999")]
)
def test_where_no_cluster_is_one_is_told_at_once(address: str | None, on: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ray = pytest.importorskip("ray")
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    if address:
        monkeypatch.setenv("RAY_ADDRESS", address)
    with pytest.raises(ClusterError, match=f"No Ray cluster at {address or on}: ") as raised:
        clusters.connect(on)
    assert "ray start --head" in str(raised.value)


def test_what_listens_and_takes_nobody_is_told_with_what_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    ray = pytest.importorskip("ray")

    def refused(**options: Any) -> None:
        raise ConnectionError("Failed to connect to Ray cluster")

    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(ray, "shutdown", lambda: None)  # of the tests' own cluster
    monkeypatch.setattr(ray, "init", refused)  # half a minute of trying
    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("RAY_ADDRESS", f"127.0.0.1:{server.getsockname()[1]}")
        with pytest.raises(ClusterError, match="is no Ray cluster that takes this process: Failed") as raised:
            clusters.connect("ray")
    assert "RAY_AUTH_MODE=token" in str(raised.value)
    assert "`ray start` wants one unasked" in str(raised.value)


@pytest.mark.parametrize("on", ["", "Ray", "ray:", "ray://", "ray://host", "ray://host:port", "slurm", "ray://a:1/b"])
def test_a_place_that_does_not_exist_is_named_with_those_that_do(on: str) -> None:
    with pytest.raises(ArgumentError, match="is no place where work can be done") as raised:
        clusters.connect(on)
    assert "ray://HOST:PORT" in str(raised.value)


def test_without_the_extra_the_command_that_installs_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    original = builtins.__import__

    def without_ray(name: str, *rest: Any) -> Any:
        if name == "ray":
            raise ImportError(name)
        return original(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without_ray)
    with pytest.raises(MissingExtra, match="needs the package 'ray'") as raised:
        clusters.connect("ray")
    assert "mudata-music[cluster]" in str(raised.value)


def test_machines_without_room_are_no_place_for_work(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    small = clusters.ClusterNode(id="1", host="node1", cpus=4, memory=1 << 20, gpus=0)
    coreless = clusters.ClusterNode(id="2", host="node2", cpus=0, memory=1 << 40, gpus=1)
    monkeypatch.setattr(clusters.RayCluster, "nodes", lambda self: [small, coreless])
    with pytest.raises(ClusterError, match="No machine of the cluster at there has a core and 300 MiB of memory"):
        clusters.RayCluster("there").require_nodes(home, Told())
    assert clusters.RayCluster("there").cores() == 0


def _answer(home: Home, **changed: Any) -> dict[str, Any]:
    mark = home_mark(home)
    return node_probe()(mark.path, mark.word, LIBRARIES) | changed


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"mudata": None}, "node1, a machine of the cluster, has no mudata; here it is"),
        ({"mudata": "0.0.1"}, "node1, a machine of the cluster, has mudata 0.0.1; here it is"),
        ({"sees": False}, "node1, a machine of the cluster, does not see"),
        ({"unwritable": "Read-only file system"}, "cannot write to .*: Read-only file system"),
    ],
    ids=["no mudata", "another mudata", "another home", "read-only home"],
)
def test_a_machine_that_cannot_do_the_work_is_named(changed: dict[str, Any], expected: str, home: Home) -> None:
    clusters.require_node(probed("node1", _answer(home), time.time()), home)
    with pytest.raises(ClusterError, match=expected):
        clusters.require_node(probed("node1", _answer(home, **changed), time.time()), home)


def test_a_clock_that_is_off_and_other_libraries_are_said(home: Home) -> None:
    asked = time.time()
    assert clusters.differences(probed("node1", _answer(home), asked)) == []
    (fast,) = clusters.differences(probed("node1", _answer(home, now=asked + 90), asked))
    (slow,) = clusters.differences(probed("node1", _answer(home, now=asked - 90), asked))
    assert fast.startswith(("node1: its clock is 90 s fast", "node1: its clock is 89 s fast"))
    assert slow.startswith("node1: its clock is 90 s slow")
    (other,) = clusters.differences(probed("node1", _answer(home, libraries={"numpy": "1.0"}), asked))
    assert f"numpy 1.0 (here {installed('numpy')}), soundfile is missing" in other


def test_a_probe_tells_what_a_machine_sees(home: Home, tmp_path: Path) -> None:
    mark = home_mark(home)
    require_mark(mark)
    assert _answer(home)["sees"]
    other = tmp_path / "mark"
    other.write_text("another word")
    for path in (other, tmp_path / "nothing"):
        assert not node_probe()(str(path), mark.word, [])["sees"]
        with pytest.raises(ClusterError, match="does not see"):
            require_mark(HomeMark(mark.root, str(path), mark.word))
    assert [path.name for path in (home.root / "locks").iterdir()] == [os.path.basename(mark.path)]  # noqa: PTH119
