"""Functions on a Ray cluster: the same ones, in the same kind of process, and every result once.

Calls are bundled until they weigh minutes of audio, and a bundle is one task of Ray. In it runs what runs here: a
child process that imports the function once and stays warm (`local_processes`). A decoder that crashes takes that child
with it, is tried once more, and is told by the same words as here. Ray's part is the rest: where there is room, and
that a worker or a machine died. Then its bundle runs elsewhere; of a worker that died nobody knows whose fault it was,
so each call of the bundle is tried alone, and only one that goes down alone, twice, is given up.

Results come to this process, which is the one that writes; what a bundle had done before its machine died is done again
and told once. Ray's own retries are off: they would try a bundle that kills its worker as a whole.
"""

from __future__ import annotations

import contextlib
import json
import math
import socket
import time
from collections import Counter, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from mudata.errors import ClusterError, MudataError
from mudata.execution.executor import Call, Lost
from mudata.execution.home_mark import HomeMark, home_mark, require_mark
from mudata.execution.local_processes import scattered
from mudata.execution.ray_cluster import RayCluster, briefly, ray_module
from mudata.execution.worker_environment import take_over, worker_environment
from mudata.memory import A_PROCESS

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

    from mudata.home import Home

BUNDLE_S = 300.0
"""Seconds of audio in a task of Ray. It costs its worker some 4 ms of CPU, decoding a minute of mp3 90: with bundles of
a minute a cluster made 0.92 of the clips per CPU second that the local pool made, with five minutes as many
(`benchmarks/scale.py --pool`). Done again where a machine dies are half a second's worth of work for each core."""

LEAST_S = 1.0
"""Seconds that a call weighs at least: files are opened, rows are written, however short they sound."""

AHEAD = 2
"""Tasks given to the cluster for each of its cores: none waits for this process, and an autoscaler sees what is wanted.
It bounds what is held in memory."""

_DEATHS = 2
"""Times that a call may take its worker along, alone, before it is given up: as on one machine."""

_MACHINES = 5
"""Times that a call may be on a machine that dies: not by its own fault as a rule, and not for ever."""

_STARTS = 5
"""Bundles in a row, with none done in between, for which no process could be started: by then it is no accident."""

LOOK_S = 10.0
"""Seconds after which the cluster is looked at again: machines come and go."""

WAIT_S = 120.0
"""Seconds for which a cluster may have no machine with room. Autoscalers take a minute or two to add one."""

_GOES_ON = "What was finished is kept: the same command goes on."

_Numbered = list[tuple[int, Call]]


@dataclass(frozen=True)
class RayTasks:
    """The executor of a Ray cluster, whose machines were looked at (`RayCluster.require_nodes`)."""

    cluster: RayCluster
    home: Home
    """Which all machines see."""
    workers: int | None = None
    """Tasks at a time [default: two for each core of the cluster, of which one waits]."""
    name: ClassVar[str] = "ray"

    def map(
        self, function: Callable[[Any], Any], calls: Iterable[Call], *, count: int, pays: int = 1
    ) -> Generator[tuple[int, Any], None, None]:
        """See `Executor.map`. Raises ClusterError where the cluster is gone, a machine does not see the home, or none
        has had room for two minutes."""
        cores = self.workers or max(1, math.floor(self.cluster.cores()))
        most = max(pays, math.ceil(count / cores))
        work = _Work(self, f"{function.__module__}:{function.__qualname__}", bundles(enumerate(calls), most))
        try:
            yield from work.results()
        finally:
            work.cancel()


def bundles(calls: Iterable[tuple[int, Call]], most: int) -> Iterator[_Numbered]:
    """Calls that weigh BUNDLE_S together, but no more than `most`; drawn as they are asked for."""
    bundle: _Numbered = []
    weight = 0.0
    for numbered in calls:
        bundle.append(numbered)
        weight += max(LEAST_S, numbered[1].seconds)
        if weight >= BUNDLE_S or len(bundle) == most:
            yield bundle
            bundle, weight = [], 0.0
    if bundle:
        yield bundle


class _Work:
    """One map, on its way."""

    def __init__(self, executor: RayTasks, function: str, fresh: Iterator[_Numbered]) -> None:
        self._ray = ray_module()
        self._executor = executor
        self._fresh = fresh
        self._again: deque[_Numbered] = deque()
        self._in_flight: dict[Any, _Numbered] = {}
        self._deaths: Counter[int] = Counter()
        self._machines: Counter[int] = Counter()
        self._unstarted = 0
        self._limit = 0
        self._looked_s = -math.inf
        self._had_room_s = time.monotonic()
        self._remote = self._ray.remote(num_cpus=1, memory=A_PROCESS, max_retries=0)(answered)
        mark = home_mark(executor.home)
        self._constant = (function, [mark.root, mark.path, mark.word], worker_environment())

    def results(self) -> Iterator[tuple[int, Any]]:
        try:
            while self._send():
                for reference in self._finished():
                    yield from self._results_of(self._in_flight.pop(reference), reference)
        except ConnectionError as error:  # of Ray Client
            raise ClusterError(f"The connection to the cluster is lost: {briefly(error)}.", _GOES_ON) from error

    def cancel(self) -> None:
        """End what is under way; workers that are at it are ended, too."""
        for reference in self._in_flight:
            with contextlib.suppress(Exception):  # it ended meanwhile, or the cluster did
                self._ray.cancel(reference, force=True)
        self._in_flight.clear()

    def _send(self) -> bool:
        """Give the cluster as much as it may have; whether it owes anything."""
        self._look()
        while len(self._in_flight) < self._limit:
            bundle = self._again.popleft() if self._again else next(self._fresh, None)
            if bundle is None:
                break
            values = json.dumps([call.value for _, call in bundle])
            self._in_flight[self._remote.remote(values, *self._constant)] = bundle
        return bool(self._in_flight)

    def _look(self) -> None:
        """How many tasks may be under way, by the machines that there are."""
        now = time.monotonic()
        if now - self._looked_s < LOOK_S:
            return
        self._looked_s = now
        cores = math.floor(self._executor.cluster.cores())
        self._limit = self._executor.workers or AHEAD * max(1, cores)
        if cores:
            self._had_room_s = now
        elif now - self._had_room_s > WAIT_S:
            raise ClusterError(
                f"No machine of the cluster at {self._executor.cluster.address} has had room for {WAIT_S:.0f} s.",
                f"`ray status` shows what there is. {_GOES_ON}",
            )

    def _finished(self) -> list[Any]:
        """Tasks that have ended by now, after waiting for one."""
        under_way = list(self._in_flight)
        if not self._ray.wait(under_way, num_returns=1, timeout=LOOK_S)[0]:
            return []
        finished: list[Any] = self._ray.wait(under_way, num_returns=len(under_way), timeout=0)[0]
        return finished

    def _results_of(self, bundle: _Numbered, reference: Any) -> Iterator[tuple[int, Any]]:
        error = self._ray.exceptions
        try:
            said = json.loads(self._ray.get(reference))
        except error.OutOfMemoryError:
            yield from self._dead(bundle, "its machine ran out of memory, and Ray ended the process")
        except error.WorkerCrashedError:
            yield from self._dead(bundle, "Ray's worker process died")
        except (error.NodeDiedError, error.ObjectLostError):
            yield from self._without_machine(bundle)
        except error.RayError as unknown:
            raise ClusterError(f"The cluster could not do it: {briefly(unknown)}.", _GOES_ON) from unknown
        else:
            if "refused" in said:
                raise ClusterError(*said["refused"])
            if "unstarted" in said:
                self._not_started(bundle, *said["unstarted"])
                return
            self._unstarted = 0
            for (n, _), answer in zip(bundle, said["answers"], strict=True):
                yield n, Lost(answer["lost"]) if "lost" in answer else answer["result"]

    def _dead(self, bundle: _Numbered, how: str) -> Iterator[tuple[int, Lost]]:
        """After a worker died: which calls are given up; the others are tried again, each alone."""
        if len(bundle) > 1:
            self._again.extend([numbered] for numbered in bundle)
            return
        [(n, _)] = bundle
        self._deaths[n] += 1
        if self._deaths[n] < _DEATHS:
            self._again.append(bundle)
        else:
            yield n, Lost(how)

    def _not_started(self, bundle: _Numbered, what: str, hint: str | None) -> None:
        """After a machine could start no process, or it was killed as it started: the bundle is sent again."""
        self._unstarted += 1
        if self._unstarted == _STARTS:
            raise ClusterError(what, hint)
        self._again.append(bundle)

    def _without_machine(self, bundle: _Numbered) -> Iterator[tuple[int, Lost]]:
        """After a machine died: the bundle goes to another, but for calls that were on too many of those."""
        self._machines.update(n for n, _ in bundle)
        kept = [numbered for numbered in bundle if self._machines[numbered[0]] < _MACHINES]
        if kept:
            self._again.append(kept)
        for n, _ in bundle:
            if self._machines[n] >= _MACHINES:
                yield n, Lost(f"the machine that it was on died, {_MACHINES} times")


# --------------------------------------------------------------------------- in the workers


def answered(values: str, function: str, mark: list[str], environment: dict[str, str]) -> str:
    """What Ray calls on another machine: values of calls, as a list in JSON, to {"answers": [{"result": ...} or
    {"lost": how}, ...]} in their order; {"refused": [what, hint]} where this machine can do none of them, {"unstarted":
    [what, hint]} where no process could be started for them."""
    called = json.loads(values)
    take_over(environment)
    try:
        require_mark(HomeMark(*mark))
    except ClusterError as error:
        return json.dumps({"refused": [error.what, error.hint]})
    try:
        results = dict(scattered(function, called, 1))
    except MudataError as error:
        return json.dumps({"unstarted": [f"{socket.gethostname()}: {error.what}", error.hint]})
    found = (results[n] for n in range(len(called)))
    return json.dumps({"answers": [{"lost": r.how} if isinstance(r, Lost) else {"result": r} for r in found]})
