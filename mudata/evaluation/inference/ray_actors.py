"""The processes of a Ray cluster that hold copies of a model: started, taught, missed when they die, ended.

What they are given to do is none of their pool's business: it says what came of it, and what was lost.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from mudata.errors import ClusterError, ModelError, MudataError, number
from mudata.evaluation.inference.replica_actor import DEPTH, Answered, Loaded, ModelActor, Refused, SentBatch
from mudata.execution.ray_cluster import briefly, ray_module

if TYPE_CHECKING:
    from mudata.evaluation.inference.replica_actor import Surroundings
    from mudata.evaluation.inference.replicas import Lessons
    from mudata.evaluation.inference.run_plan import EvalRequest
    from mudata.narration import Progress

Work = TypeVar("Work")

LOADS = 3
"""Processes in a row that may die while they load, for each replica, after which none is started again."""
LOOK_S = 5.0
"""Seconds after which actors are looked after though nothing came."""
GOES_ON = "What was answered is kept: the same command goes on."
_SAME = ("revision", "dtype")


@dataclass(eq=False)
class Actor(Generic[Work]):
    """One process of the cluster, from its start on."""

    handle: Any
    number: int
    starting: Any
    """Reference of what it loads or learns; None where it is ready."""
    since: float = field(default_factory=time.monotonic)
    """When it was told to load or learn, monotonic seconds."""
    loaded: Loaded | None = None
    batch: int = 1
    """Items that its model takes at once."""
    works: dict[Any, tuple[Work, float]] = field(default_factory=dict)
    """What it was given, by reference, and when (monotonic seconds)."""
    is_up: bool = False
    """Whether its process gave a sign of life once: before, it may wait for room in the cluster."""
    ping: tuple[Any, float] | None = None
    sent: int = 0
    """Batches that it was given so far."""

    def send(self, work: Work, batch: SentBatch) -> None:
        self.sent += 1
        self.works[self.handle.ask.remote(batch)] = work, time.monotonic()


class Came(NamedTuple, Generic[Work]):
    """An actor answered."""

    actor: Actor[Work]
    work: Work
    answered: Answered


class Gone(NamedTuple, Generic[Work]):
    """An actor died with this work in hand."""

    works: list[Work]
    by_machine: bool


class ActorPool(Generic[Work]):
    """As many actors as are wanted, where the cluster has room."""

    def __init__(
        self, surroundings: Surroundings, request: EvalRequest, progress: Progress, *, wanted: int, gpus: float
    ) -> None:
        self._surroundings, self._request, self._progress = surroundings, request, progress
        self.wanted, self._gpus = wanted, gpus
        self._ray = ray_module()
        self.actors: list[Actor[Work]] = []
        self._refusals: list[MudataError] = []
        self._started = self._load_deaths = 0
        self._lessons: Lessons | None = None
        self.unheard: list[str] = []
        """Of the lessons, what could not be heard."""
        self.first: Loaded | None = None
        self.restarts = 0

    @property
    def ready(self) -> bool:
        return any(actor.starting is None for actor in self.actors)

    def teach(self, lessons: Lessons | None) -> None:
        """Have all learn, those too that come later."""
        self._lessons = lessons
        for actor in self.actors:
            if actor.starting is None and lessons is not None:
                actor.starting, actor.since = actor.handle.learn.remote(lessons), time.monotonic()

    def start(self) -> None:
        """Have as many as are wanted. Raises the model's error where none can be had."""
        if self._refusals and not self.actors:
            raise self._refusals[-1]
        while len(self.actors) + len(self._refusals) < self.wanted:
            made = self._ray.remote(
                num_cpus=1,
                num_gpus=self._gpus,
                max_restarts=0,
                max_task_retries=0,
                max_concurrency=DEPTH + 2,
                scheduling_strategy="SPREAD",
            )(ModelActor)
            handle = made.remote(self._surroundings, self._request)
            self._started += 1
            self.actors.append(Actor(handle, self._started, handle.load.remote()))

    def events(self) -> Iterator[Came[Work] | Gone[Work]]:
        """Wait until something came, or LOOK_S. Raises what an actor refuses with, and ClusterError."""
        references = {actor.starting: actor for actor in self.actors if actor.starting is not None}
        references |= {reference: actor for actor in self.actors for reference in actor.works}
        try:
            came, _ = self._ray.wait(list(references), num_returns=1, timeout=LOOK_S)
            if came:
                came, _ = self._ray.wait(list(references), num_returns=len(references), timeout=0)
            for reference in came:
                actor = references[reference]
                if actor not in self.actors:
                    continue
                value = self._got(actor, reference)
                if isinstance(value, Gone):
                    yield value
                elif reference == actor.starting:  # of Ray Client it is another object
                    self._has_started(actor, value)
                elif isinstance(value, Refused):
                    raise value.error()
                else:
                    yield Came(actor, actor.works.pop(reference)[0], value)
        except ConnectionError as error:  # of Ray Client
            raise ClusterError(f"The connection to the cluster is lost: {briefly(error)}", GOES_ON) from error

    def end(self, actor: Actor[Work]) -> list[Work]:
        """End one, to be replaced by another; what it had in hand."""
        self._drop(actor)
        self.restarts += 1
        return [work for work, _ in actor.works.values()]

    def is_frozen(self, actor: Actor[Work], limit_s: float, grace_s: float) -> bool:
        """Whether an actor is late by `limit_s` with what it loads or its first work, and then gives no sign of life
        for `grace_s`: a call may keep its whole process from running, so that no time limit in there is seen."""
        now = time.monotonic()
        if not actor.is_up:
            actor.ping = actor.ping or (actor.handle.alive.remote(), now)
            if self._ray.wait([actor.ping[0]], timeout=0)[0]:
                actor.is_up, actor.ping = True, None
            return False
        begun = [actor.since] if actor.starting is not None else [sent for _, sent in actor.works.values()]
        if now - min(begun, default=now) < limit_s:
            actor.ping = None
        elif actor.ping is None:
            actor.ping = actor.handle.alive.remote(), now
        elif self._ray.wait([actor.ping[0]], timeout=0)[0]:
            actor.ping = None
        else:
            return now - actor.ping[1] > grace_s
        return False

    def close(self) -> None:
        for actor in list(self.actors):
            self._drop(actor)
        self.first = None

    def _has_started(self, actor: Actor[Work], value: Loaded | list[str] | Refused) -> None:
        """After it loaded or learned, or failed to."""
        if isinstance(value, Refused):
            self._refuse(actor, value.error(), value.host)
        elif isinstance(value, Loaded):
            self._load_deaths = 0
            actor.starting, actor.loaded, actor.batch, actor.is_up = None, value, value.batch, True
            self.first = self.first or value
            if unlike := _unlike(self.first, value):
                hint = "Have the same weights on all machines, or give --revision."
                self._refuse(actor, ModelError(unlike, hint), value.host)
            elif self._lessons is not None:
                actor.starting, actor.since = actor.handle.learn.remote(self._lessons), time.monotonic()
        else:
            actor.starting, self.unheard = None, value

    def _refuse(self, actor: Actor[Work], error: MudataError, host: str) -> None:
        """It cannot answer, and another in its place could not either."""
        self._drop(actor)
        self._refusals.append(error)
        if self.actors:
            left = number(len(self.actors), "replica")
            self._progress.say(f"A replica on {host} cannot answer: {error.what} Going on with {left}.")

    def _got(self, actor: Actor[Work], reference: Any) -> Any:
        """The value of a reference, or that the process died."""
        errors = self._ray.exceptions
        try:
            return self._ray.get(reference)
        except (errors.RayActorError, errors.NodeDiedError, errors.ObjectLostError, errors.OutOfMemoryError) as error:
            return self._died(actor, error)
        except errors.RayError as error:
            raise ClusterError(f"The cluster could not do it: {briefly(error)}", GOES_ON) from error

    def _died(self, actor: Actor[Work], error: BaseException) -> Gone[Work]:
        by_machine = _is_of_machine(str(error))
        works = self.end(actor)
        what = "machine" if by_machine else "process"
        self._progress.say(f"A replica is gone, since its {what} died; another starts in its place.")
        if actor.loaded is None and not by_machine:
            self._load_deaths += 1
            if self._load_deaths >= LOADS * self.wanted:
                what = f"The model's process died while it loaded, {self._load_deaths} times: {briefly(error)}"
                hint = "Most often memory is short: `ray status` and the logs of Ray on that machine tell more."
                self._refusals += [ModelError(what, hint)] * (self.wanted - len(self._refusals))
        return Gone(works, by_machine)

    def _drop(self, actor: Actor[Work]) -> None:
        self.actors.remove(actor)
        with contextlib.suppress(Exception):  # it is gone, or the cluster is
            self._ray.kill(actor.handle, no_restart=True)


def _is_of_machine(said: str) -> bool:
    """Whether Ray says of a dead actor that its machine died (2.60: in the cause of death, as text alone)."""
    told = said.casefold()
    return any(words in told for words in ("node died", "node was terminated", "node has died", "node is dead"))


def _unlike(first: Loaded, other: Loaded) -> str | None:
    """What of the weights differs from those of the first replica."""
    for key in _SAME:
        here, there = (first.described or {}).get(key), (other.described or {}).get(key)
        if here != there:
            return f"It has {key} {there or 'unknown'}, where {first.host} has {here or 'unknown'}."
    return None
