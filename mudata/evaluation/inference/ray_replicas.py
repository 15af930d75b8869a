"""Copies of a model on a Ray cluster: batches go to whoever is free, and come back in the order of the plan.

What an actor or a machine takes along when it dies is asked again, by another. Whose fault it was nobody knows: a batch
that was there is asked alone from then on, then item by item, and an item that takes DEATHS processes along is given
up. A call that hangs is ended here, with its process. What waits for an earlier batch is held, in a window of fixed
size: so much may be asked again after the whole is killed.
"""

from __future__ import annotations

import importlib.util
import math
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mudata.errors import ClusterError, number
from mudata.evaluation.inference.batching import LOST, TIMEOUT, ModelReply, Patience
from mudata.evaluation.inference.local_replica import has_weights
from mudata.evaluation.inference.playback import is_unheard
from mudata.evaluation.inference.ray_actors import Actor, ActorPool, Came, Gone
from mudata.evaluation.inference.replica_actor import DEPTH, SentBatch, Surroundings
from mudata.evaluation.inference.replicas import ItemReply
from mudata.evaluation.models import registry
from mudata.evaluation.protocol import Failure, Model, ModelCapabilities
from mudata.execution.home_mark import home_mark
from mudata.execution.ray_cluster import connect
from mudata.execution.worker_environment import worker_environment

if TYPE_CHECKING:
    from mudata.evaluation.inference.batching import CallKind
    from mudata.evaluation.inference.playback import Playback
    from mudata.evaluation.inference.replicas import Ask, Lessons
    from mudata.evaluation.inference.run_plan import EvalRequest
    from mudata.evaluation.tasks.samples import Sample
    from mudata.execution.ray_cluster import ClusterNode
    from mudata.home import Home
    from mudata.narration import Advance, Progress

WINDOW = 4
"""Batches for each replica that are given out before the first of them is back, or wait for an earlier one."""
DEATHS = 3
"""Processes that an item may take along: with others, with its batch, alone."""
MACHINES = 5
"""Machines that may die under an item, not by its fault."""
ROOM_S = 60.0
"""Seconds without a loaded replica after which it is said what the cluster has."""
FROZEN_S = 30.0
"""Seconds by which an answer may be later than its time limit, and then as long for a sign of life."""
SILENT_S = 300.0
"""Seconds without an answer, and then without a sign of life, after which a replica is taken for frozen where there is
no time limit: its process is stopped, or its machine is lost to the network without a word. A model that computes lets
Python run now and then. Ours."""


@dataclass
class SampleWork:
    """Samples on their way: those of batch `n` from `offset` on."""

    n: int
    offset: int
    samples: tuple[Sample, ...]
    deaths: int = 0
    machines: int = 0


class RayReplicas:
    """Keeps the protocol `Replicas`. `model` is not loaded here."""

    def __init__(self, home: Home, request: EvalRequest, model: Model, progress: Progress) -> None:
        """Raises ClusterError where there is no cluster, one of its machines cannot do the work, or none has room."""
        self.model, self._progress = model, progress
        self._cluster = connect(str(request.on))
        self._cluster.require_nodes(home, progress)
        nodes = self._cluster.nodes()
        gpus = request.gpus_per_replica
        self._gpus = (1.0 if any(node.gpus >= 1 for node in nodes) else 0.0) if gpus is None else gpus
        room = _room(nodes, self._gpus)
        if not room:
            raise ClusterError(
                f"No machine of the cluster has room for a replica, which wants {self._wants}. There is: "
                f"{_listed(nodes)}.",
                "`ray status` shows what there is; --gpus-per-replica says how much of a GPU a replica gets.",
            )
        wanted = request.replicas or room
        if room < wanted:
            progress.say(
                f"The cluster has room for {room} of {wanted} replicas, of {self._wants} each: {_listed(nodes)}. "
                "Others join when there is more."
            )
        around = Surroundings(home_mark(home), worker_environment(), str(Path.cwd()), _code(request.model))
        self._pool = ActorPool[SampleWork](around, request, progress, wanted=wanted, gpus=self._gpus)
        self._session = 0
        self.begin(request)

    @property
    def _wants(self) -> str:
        return f"1 core and {self._gpus:g} GPU{'' if self._gpus == 1 else 's'}" if self._gpus else "1 core"

    def begin(self, request: EvalRequest) -> None:
        self._request = request
        self._session += 1
        self._pool.teach(None)
        self._pool.restarts = self._asked_again = 0
        self._facts: dict[int, dict[str, Any]] = {}
        self._patience = Patience()
        self._queue: deque[SampleWork] = deque()
        self._replies: dict[int, list[ItemReply | None]] = {}

    @property
    def loaded(self) -> bool:
        return self._pool.first is not None

    @property
    def hung(self) -> bool:
        return False  # what hangs is ended

    @property
    def capabilities(self) -> ModelCapabilities:
        return self._pool.first.capabilities if self._pool.first else self.model.capabilities

    @property
    def has_weights(self) -> bool:
        return has_weights(self.model)

    @property
    def remarks(self) -> list[str]:
        return self._pool.first.remarks if self._pool.first else []

    def described(self) -> dict[str, Any] | None:
        return self._pool.first.described if self._pool.first else None

    def load(self) -> None:
        """Start what is wanted, and wait until one is ready. Raises what the model raised, where none could be."""
        self._pool.start()
        begun, said = time.monotonic(), False
        while not self._pool.ready:
            for event in self._pool.events():
                self._take(event)
            self._look_for_frozen()
            self._pool.start()
            if not said and time.monotonic() - begun > ROOM_S:
                said = True
                there = _listed(self._cluster.nodes())
                self._progress.say(f"No replica is ready yet. One wants {self._wants}; the cluster has: {there}.")

    def learn(self, lessons: Lessons, advance: Advance) -> list[str]:
        self._pool.teach(lessons)
        self.load()
        advance(len(lessons.samples))
        return self._pool.unheard

    def ask(
        self, items: Sequence[Sample], ask: Ask, playback: Playback, method: CallKind, most: int | None = None
    ) -> Iterator[list[ItemReply]]:
        fresh, sent, told = deque(items), 0, 0
        while fresh or told < sent:
            self._pool.start()
            for actor in self._pool.actors:
                while work := self._again(actor):
                    actor.send(work, self._batch(work, ask, playback, method, actor.sent))
                while fresh and self._has_room(actor) and sent - told < WINDOW * self._pool.wanted:
                    work = SampleWork(sent, 0, self._drawn(fresh, playback, most or actor.batch))
                    self._replies[sent] = [None] * len(work.samples)
                    actor.send(work, self._batch(work, ask, playback, method, actor.sent))
                    sent += 1
            for event in self._pool.events():
                self._take(event)
            self._look_for_frozen()
            while told < sent and all(self._replies[told]):
                batch = [reply for reply in self._replies.pop(told) if reply is not None]
                told += 1
                self._patience.count([one.reply.outcome for one in batch if one.heard], method)
                yield batch

    def facts(self) -> dict[str, Any]:
        taken = list(self._facts.values())
        peaks: dict[str, float] = {}
        for one in taken:
            for device, size in one["peak_memory_gib"].items():
                peaks[device] = max(size, peaks.get(device, 0.0))
        waited = [one["waited_s"] for one in taken if "waited_s" in one]
        return {
            "batch": min((one["batch"] for one in taken), default=None),
            "halvings": sum(one["halvings"] for one in taken),
            "batch_search": next((one["batch_search"] for one in taken if one["batch_search"]), ()),
            "peak_memory_gib": peaks,
            **({"waited_s": round(sum(waited), 3)} if waited else {}),
            "replicas": {
                "on": "ray",
                "wanted": self._pool.wanted,
                "answered": len(taken),
                "gpus_each": self._gpus,
                "restarts": self._pool.restarts,
                "asked_again": self._asked_again,
            },
        }

    def close(self) -> None:
        self._pool.close()

    def _drawn(self, fresh: deque[Sample], playback: Playback, size: int) -> tuple[Sample, ...]:
        """The next batch, as `LocalReplica.ask` makes it."""
        samples: list[Sample] = []
        counted = 0
        while fresh and counted < size:
            samples.append(fresh.popleft())
            counted += not is_unheard(samples[-1], self.capabilities, playback)
        return tuple(samples)

    def _batch(self, work: SampleWork, ask: Ask, playback: Playback, method: CallKind, turn: int) -> SentBatch:
        instead = {s.item_id: playback.of(s) for s in work.samples if s.item_id in playback.instead}
        questions = tuple(map(ask, work.samples))
        return SentBatch(
            self._session, self._request, work.samples, questions, replace(playback, instead=instead), method, turn
        )

    def _has_room(self, actor: Actor[SampleWork]) -> bool:
        """Whether an actor may have a further batch: one that is under suspicion is alone."""
        suspect = any(work.deaths for work, _ in actor.works.values())
        return actor.starting is None and len(actor.works) < DEPTH and not suspect

    def _again(self, actor: Actor[SampleWork]) -> SampleWork | None:
        """Of what is asked again, the next, if this actor may have it."""
        if not self._queue or not self._has_room(actor) or (self._queue[0].deaths and actor.works):
            return None
        return self._queue.popleft()

    def _take(self, event: Came[SampleWork] | Gone[SampleWork]) -> None:
        if isinstance(event, Gone):
            for work in reversed(event.works):
                self._lost(work, by_machine=event.by_machine)
            return
        actor, work, answered = event
        actor.batch = answered.batch
        if answered.replies:
            self._facts[actor.number] = answered.facts
        else:
            self._asked_again += len(work.samples)
            self._queue.appendleft(work)
        for place, (sample, told) in enumerate(zip(work.samples, answered.replies, strict=False), work.offset):
            self._replies[work.n][place] = ItemReply(sample, *told)
        if answered.hung:
            self._progress.say(f"A replica hung for {self._request.timeout_s:g} s; another starts in its place.")
            self._replace(actor)

    def _lost(self, work: SampleWork, *, by_machine: bool) -> None:
        """A process died with this work."""
        work.deaths += not by_machine
        work.machines += by_machine
        self._asked_again += len(work.samples)
        if len(work.samples) == 1 and (work.deaths >= DEATHS or work.machines >= MACHINES):
            self._asked_again -= 1
            whose = f"{work.machines} machines" if by_machine else f"{work.deaths} processes"
            self._fail(work, Failure(LOST, f"{whose} died with it, one after the other"))
        elif len(work.samples) > 1 and work.deaths >= DEATHS - 1:
            pieces = [replace(work, offset=work.offset + i, samples=(one,)) for i, one in enumerate(work.samples)]
            self._queue.extendleft(reversed(pieces))
        else:
            self._queue.appendleft(work)

    def _fail(self, work: SampleWork, failure: Failure) -> None:
        for place, sample in enumerate(work.samples, work.offset):
            reply = ModelReply(failure, len(work.samples), 0.0)
            self._replies[work.n][place] = ItemReply(sample, None, reply)

    def _replace(self, actor: Actor[SampleWork]) -> None:
        """End an actor that hangs; what else it was given is asked again, without suspicion."""
        works = self._pool.end(actor)
        self._asked_again += sum(len(work.samples) for work in works)
        self._queue.extendleft(reversed(works))

    def _look_for_frozen(self) -> None:
        """End actors that give no sign of life. With a time limit the item is at fault that is late; without one, and
        while they load, nobody is: what they have is asked again, as of a process that died."""
        limit_s = self._request.timeout_s
        for actor in list(self._pool.actors):
            limited = limit_s is not None and actor.starting is None
            late_s, silent_s = ((limit_s or 0.0) + FROZEN_S, FROZEN_S) if limited else (SILENT_S, SILENT_S)
            if not self._pool.is_frozen(actor, late_s, silent_s):
                continue
            self._progress.say("A replica gives no sign of life; another starts in its place.")
            if actor.works:
                work, _ = actor.works.pop(next(iter(actor.works)))
                if limited:
                    self._fail(work, Failure(TIMEOUT, f"no answer within {limit_s:g} s, and no sign of life"))
                else:
                    self._lost(work, by_machine=False)
            self._replace(actor)


def _room(nodes: Sequence[ClusterNode], gpus: float) -> int:
    """Replicas that the machines hold at a time."""
    each = (min(math.floor(n.cpus), math.floor(n.gpus / gpus) if gpus else math.inf) for n in nodes)
    return int(sum(each))


def _listed(nodes: Sequence[ClusterNode]) -> str:
    kinds = Counter((node.cpus, node.gpus) for node in nodes)
    each = [
        f"{number(count, 'machine')} of {number(int(cpus), 'core')} and {number(int(gpus), 'GPU')}"
        for (cpus, gpus), count in kinds.items()
    ]
    return ", ".join(each) or "no machine"


def _code(model: str) -> tuple[str, str] | None:
    """The module of a model of the user's own, if it is a single file that no package holds."""
    if registry.find(model).family != "own":
        return None
    name = model.partition(":")[0]
    spec = importlib.util.find_spec(name) if "." not in name else None
    origin = Path(spec.origin) if spec and spec.origin else None
    return (name, origin.read_text()) if origin and origin.suffix == ".py" and origin.name != "__init__.py" else None
