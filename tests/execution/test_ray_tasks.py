"""On a cluster calls are answered once, whatever dies, and nothing piles up."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import ray_calls

from mudata.errors import ClusterError
from mudata.execution import ray_tasks
from mudata.execution.executor import Call, Lost
from mudata.execution.executor_choice import executor_on
from mudata.execution.local_processes import LOCAL, LocalProcesses
from mudata.execution.ray_cluster import RayCluster
from mudata.execution.ray_tasks import AHEAD, BUNDLE_S, RayTasks, bundles

if TYPE_CHECKING:
    from collections.abc import Iterator

    from three_nodes import ThreeNodes

    from mudata.home import Home


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def calls(*values: Any, seconds: float = 0.0) -> list[Call]:
    return [Call(value, seconds) for value in values]


def test_bundles_weigh_minutes_of_audio_and_are_drawn_as_they_are_needed() -> None:
    drawn: list[int] = []

    def endless() -> Iterator[tuple[int, Call]]:
        for n in range(1_000_000):
            drawn.append(n)
            yield n, Call(n, seconds=BUNDLE_S / 2)

    assert [n for n, _ in next(bundles(endless(), 100))] == [0, 1]
    assert drawn == [0, 1]
    tiny = list(bundles(enumerate(calls(*range(610))), 1000))
    assert [len(bundle) for bundle in tiny] == [BUNDLE_S, BUNDLE_S, 10]
    assert [len(bundle) for bundle in bundles(enumerate(calls(*range(7))), 3)] == [3, 3, 1]
    assert [len(bundle) for bundle in bundles(enumerate(calls(1, 2, seconds=3600)), 9)] == [1, 1]


def test_what_is_called_local_is_this_machine(home: Home) -> None:
    assert executor_on(None, home) == executor_on("local", home) == LOCAL
    assert executor_on(None, home, workers=3) == LocalProcesses(3)


@pytest.mark.slow
def test_a_cluster_gives_what_this_machine_gives(
    ray_cluster: ThreeNodes, home: Home, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Results, crashes and their reasons; with the paths of this environment and none of its keys."""
    monkeypatch.setenv("MUDATA_CARDS", "cards of mine")
    monkeypatch.setenv("MUDATA_JUDGE_KEY", "sk-secret-0123456789")
    executor = executor_on("ray", home)
    assert executor.name == "ray"
    assert sorted(executor.map(ray_calls.double, calls(*range(50)), count=50)) == [
        (n, {"twice": 2 * n}) for n in range(50)
    ]
    wanted = calls(*range(12), seconds=20)
    here, there = (dict(each.map(ray_calls.deadly, wanted, count=12)) for each in (LOCAL, executor))
    told = [{n: a.how for n, a in found.items() if isinstance(a, Lost)} for found in (here, there)]
    assert told[0] == told[1] == {3: "the process was ended by SIGSEGV", 9: "the process ended with code 1"}
    assert {n for n, answer in there.items() if answer == n} == set(range(12)) - {3, 9}
    names = ["MUDATA_HOME", "MUDATA_CARDS", "MUDATA_JUDGE_KEY"]
    paths = [str(home.root), os.path.abspath("cards of mine"), None]  # noqa: PTH100
    assert sorted(executor.map(ray_calls.variable, calls(*names), count=3)) == list(enumerate(paths))
    assert list(executor.map(ray_calls.double, [], count=0)) == []
    assert capfd.readouterr() == ("", "")


@pytest.mark.slow
def test_a_cluster_is_reached_by_its_client(ray_nodes: ThreeNodes, home: Home) -> None:
    program = (
        "import ray_calls\nfrom mudata.execution.executor import Call\nfrom mudata.home import Home\n"
        "from mudata.execution.executor_choice import executor_on\n"
        f"executor = executor_on({ray_nodes.client!r}, Home.default())\n"
        "print(sorted(executor.map(ray_calls.deadly, [Call(n) for n in range(3)], count=3)))\n"
    )
    env = os.environ | {"PYTHONPATH": os.pathsep.join(folder for folder in sys.path if folder)}
    done = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("[(0, 0), (1, 1), (2, 2)]\n", "")


@pytest.mark.slow
def test_what_takes_its_worker_along_is_given_up_alone(
    ray_cluster: ThreeNodes, home: Home, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    executor = executor_on("ray", home)
    wanted = calls(*([str(tmp_path), x] for x in range(6)), seconds=20)
    answers = list(executor.map(ray_calls.kills_its_worker, wanted, count=6))
    assert len(answers) == 6
    lost = {n: answer.how for n, answer in answers if isinstance(answer, Lost)}
    assert lost == {2: "Ray's worker process died"}
    assert {n: answer for n, answer in answers if n != 2} == {n: n for n in (0, 1, 3, 4, 5)}
    assert capfd.readouterr() == ("", "")


class DyingRay:
    """Ray, as far as a map knows it, whose tasks end as a plan says: with an error, an answer, or (None) well."""

    def __init__(self, plan: list[Any]) -> None:
        self.plan, self.sent, self.cancelled = plan, [], []
        self.exceptions = pytest.importorskip("ray").exceptions

    def remote(self, **options: Any) -> Any:
        assert options["max_retries"] == 0

        def send(values: str, *constant: Any) -> int:
            self.sent.append(json.loads(values))
            return len(self.sent) - 1

        return lambda function: SimpleNamespace(remote=send)

    def wait(self, references: list[int], **options: Any) -> tuple[list[int], list[int]]:
        return references, []

    def get(self, reference: int) -> str:
        error = self.plan[reference] if reference < len(self.plan) else None
        if isinstance(error, Exception):
            raise error
        if error:
            return json.dumps(error)
        return json.dumps({"answers": [{"result": value} for value in self.sent[reference]]})

    def cancel(self, reference: int, *, force: bool) -> None:
        self.cancelled.append(reference)


def mapped(home: Home, monkeypatch: pytest.MonkeyPatch, plan: list[Any], *wanted: Call) -> Any:
    ray = DyingRay(plan)
    monkeypatch.setattr(ray_tasks, "ray_module", lambda: ray)
    monkeypatch.setattr(RayCluster, "cores", lambda self: 1)
    results = RayTasks(RayCluster("there"), home, workers=1).map(ray_calls.double, iter(wanted), count=len(wanted))
    return {n: answer.how if isinstance(answer, Lost) else answer for n, answer in results}, ray


def test_who_runs_out_of_memory_is_recorded_and_the_others_go_on(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = pytest.importorskip("ray").exceptions.OutOfMemoryError("too much")
    found, ray = mapped(home, monkeypatch, [gone, None, gone, None, gone], *calls(0, 1, 2))
    assert ray.sent == [[0, 1, 2], [0], [1], [2], [1]]
    assert found == {0: 0, 1: "its machine ran out of memory, and Ray ended the process", 2: 2}


def test_machines_that_die_cost_a_call_nothing_until_they_are_too_many(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors = pytest.importorskip("ray").exceptions
    died, lost = errors.NodeDiedError("gone"), errors.ObjectLostError("00", None, "")
    found, ray = mapped(home, monkeypatch, [died, lost, died, lost], *calls(0, 1))
    assert (found, ray.sent) == ({0: 0, 1: 1}, [[0, 1]] * 5)
    found, ray = mapped(home, monkeypatch, [died] * 9, *calls(0, 1))
    assert (len(ray.sent), set(found.values())) == (5, {"the machine that it was on died, 5 times"})


def test_a_process_that_does_not_start_is_an_accident_a_few_times(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = {"unstarted": ["node1: A worker process could not start.", "Most often memory was short."]}
    found, ray = mapped(home, monkeypatch, [failed] * 4, *calls(0, 1))
    assert (found, ray.sent) == ({0: 0, 1: 1}, [[0, 1]] * 5)
    with pytest.raises(ClusterError, match="node1: A worker process could not start"):
        mapped(home, monkeypatch, [failed] * 5, *calls(0, 1))
    with pytest.raises(ClusterError, match="does not see"):
        mapped(home, monkeypatch, [{"refused": ["node1 does not see the home.", None]}], *calls(0))


def test_what_no_machine_can_do_ends_the_work_with_a_sentence(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    errors = pytest.importorskip("ray").exceptions
    for failure, told in (
        (errors.RaySystemError("broken"), "The cluster could not do it: .*broken"),
        (ConnectionError("reset"), "The connection to the cluster is lost: reset"),
    ):
        with pytest.raises(ClusterError, match=told):
            mapped(home, monkeypatch, [failure], *calls(0))
    monkeypatch.setattr(ray_tasks, "WAIT_S", -1.0)
    monkeypatch.setattr(ray_tasks, "LOOK_S", 0.0)
    monkeypatch.setattr(DyingRay, "wait", lambda self, references, **options: ([], references))
    monkeypatch.setattr(RayCluster, "cores", lambda self: 0)
    results = RayTasks(RayCluster("there"), home).map(ray_calls.double, iter(calls(0, 1)), count=2)
    with pytest.raises(ClusterError, match="No machine of the cluster at there has had room for"):
        list(results)


@pytest.mark.slow
def test_an_interrupt_ends_the_work_and_no_more_is_drawn_than_is_under_way(
    ray_cluster: ThreeNodes, home: Home, tmp_path: Path
) -> None:
    drawn: list[int] = []

    def many() -> Iterator[Call]:
        for n in range(1000):
            drawn.append(n)
            yield Call(str(tmp_path / f"{n}"), seconds=BUNDLE_S)

    def interrupt() -> None:
        while not any(path.read_text() for path in tmp_path.iterdir()):
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    executor = executor_on("ray", home)
    threading.Thread(target=interrupt, daemon=True).start()
    with pytest.raises(KeyboardInterrupt, match=r"^$"):
        list(executor.map(ray_calls.hangs, many(), count=1000))
    assert len(drawn) == AHEAD * 3
    pids = [int(pid) for path in tmp_path.iterdir() for pid in path.read_text().split()]
    assert pids
    until = time.monotonic() + 60
    while any(lives(pid) for pid in pids) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(lives(pid) for pid in pids)
