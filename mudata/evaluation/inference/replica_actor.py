"""What runs on a machine of a cluster: one model, loaded once, which decodes what it is asked about itself.

Batches come two at a time: while the model answers one, threads decode the next. The model sees one thread alone.
Errors that are meant for the user go back as data, so that nobody reads how Ray tells of them.
"""

from __future__ import annotations

import importlib.util
import os
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import mudata.errors
from mudata.errors import ModelError, MudataError, from_machine_error
from mudata.evaluation.inference.local_replica import LocalReplica, create
from mudata.evaluation.inference.playback import ready
from mudata.execution.home_mark import HomeMark, require_mark
from mudata.execution.worker_environment import take_over
from mudata.home import Home
from mudata.narration import untold
from mudata.safe_text import text_of

if TYPE_CHECKING:
    from mudata.evaluation.inference.batching import CallKind, ModelReply
    from mudata.evaluation.inference.playback import Playback, PlayedItem
    from mudata.evaluation.inference.replicas import Heard, Lessons
    from mudata.evaluation.inference.run_plan import EvalRequest
    from mudata.evaluation.protocol import Failure, ModelCapabilities, Question
    from mudata.evaluation.tasks.samples import Sample

T = TypeVar("T")
DEPTH = 2
"""Batches that an actor has at a time: one that is answered, one that is decoded."""


@dataclass(frozen=True)
class Surroundings:
    """What an actor has to know of the place that it is asked from."""

    mark: HomeMark
    environment: dict[str, str]
    folder: str
    """The working directory, in which models of one's own and checkpoints are looked for."""
    code: tuple[str, str] | None = None
    """Name and source of the module of a model of one's own, for machines that do not see its file."""


@dataclass(frozen=True)
class SentBatch:
    """Samples with their questions, of one session."""

    session: int
    request: EvalRequest
    samples: tuple[Sample, ...]
    questions: tuple[Question, ...]
    playback: Playback
    method: CallKind
    turn: int
    """Of the batches of an actor, from 0: they are answered in this order."""


class Refused(NamedTuple):
    """A MudataError, by the name of its class."""

    kind: str
    what: str
    hint: str | None
    host: str
    """Which machine it is of."""

    def error(self) -> MudataError:
        """The error again; of a class whose constructor takes more it is a ModelError."""
        kind = getattr(mudata.errors, self.kind, None)
        plain = isinstance(kind, type) and issubclass(kind, MudataError) and kind.__init__ is MudataError.__init__
        return (kind if plain and kind is not None else ModelError)(self.what, self.hint)


@dataclass(frozen=True)
class Loaded:
    """A model that is ready."""

    host: str
    batch: int
    capabilities: ModelCapabilities
    described: dict[str, Any] | None
    remarks: list[str]


@dataclass(frozen=True)
class Answered:
    """What came of a batch, item by item in its order; of none, where it came behind a call that hangs."""

    replies: list[tuple[Heard | None, ModelReply]]
    batch: int
    """How many items the model takes at once by now."""
    hung: bool
    facts: dict[str, Any] = field(default_factory=dict)


class ModelActor:
    """Made by Ray in a process of its own; methods run in several threads."""

    def __init__(self, surroundings: Surroundings, request: EvalRequest) -> None:
        self._surroundings, self._request = surroundings, request
        self._model_thread = ThreadPoolExecutor(1)
        self._decoders = ThreadPoolExecutor(min(8, os.cpu_count() or 1))
        self._turns, self._turn = threading.Condition(), 0
        self._session, self._free_s = -1, time.perf_counter()

    def load(self) -> Loaded | Refused:
        """Make the model and load it."""
        return self._alone("while loading", self._load)

    def _load(self) -> Loaded:
        require_mark(self._surroundings.mark)
        take_over(self._surroundings.environment)
        _find_code(self._surroundings)
        model = create(Home.default(), self._request)
        self._replica = LocalReplica(model, self._request, patience=None)
        self._replica.load()
        replica = self._replica
        return Loaded(
            socket.gethostname(), replica.batch_runner.batch, replica.capabilities, replica.described(), replica.remarks
        )

    def learn(self, lessons: Lessons) -> list[str] | Refused:
        """Ids of what could not be heard."""
        return self._alone("while learning", lambda: self._replica.learn(lessons, untold))

    def ask(self, batch: SentBatch) -> Answered | Refused:
        """Decode, then answer as soon as the model is free."""
        came_s = time.perf_counter()
        pairs = zip(batch.samples, batch.questions, strict=True)
        replica = self._replica
        futures = [
            self._decoders.submit(ready, sample, question, replica.capabilities, batch.playback, replica.encode)
            for sample, question in pairs
        ]

        def decode() -> list[tuple[Sample, PlayedItem | Failure]]:
            return [(sample, future.result()) for sample, future in zip(batch.samples, futures, strict=True)]

        decoded, decoded_s = _told("while decoding", decode), time.perf_counter()
        with self._turns:
            self._turns.wait_for(lambda: self._turn == batch.turn)
        try:
            if isinstance(decoded, Refused):
                return decoded
            heard, idle_s = decoded, decoded_s - max(came_s, self._free_s)
            return self._alone("while answering", lambda: self._answered(batch, heard, idle_s))
        finally:
            with self._turns:
                self._turn += 1
                self._turns.notify_all()

    def _answered(
        self, batch: SentBatch, heard: Sequence[tuple[Sample, PlayedItem | Failure]], idle_s: float
    ) -> Answered:
        replica = self._replica
        if replica.hung:
            return Answered([], replica.batch_runner.batch, hung=True)
        if batch.session != self._session:
            self._session = batch.session
            replica.begin(batch.request)
        replica.waited_s += max(0.0, idle_s)
        told = replica.answer(heard, batch.method)
        self._free_s = time.perf_counter()
        runner = replica.batch_runner
        return Answered([(one.heard, one.reply) for one in told], runner.batch, runner.hung, replica.facts())

    def alive(self) -> bool:
        """Whether Python runs here at all: a model's own code may keep it from that."""
        return True

    def _alone(self, doing: str, call: Callable[[], T]) -> T | Refused:
        return _told(doing, lambda: self._model_thread.submit(call).result())


def _told(doing: str, call: Callable[[], T]) -> T | Refused:
    try:
        return call()
    except Exception as error:  # a model's code may fail in any way
        known = from_machine_error(error)
        if known is None:
            what = f"The model failed {doing}: {type(error).__name__}: {text_of(error)}"
            known = ModelError(what, "Mend that, then run the same command again.")
        return Refused(type(known).__name__, known.what, known.hint, socket.gethostname())


def _find_code(surroundings: Surroundings) -> None:
    """Look for modules where they are looked for at home, or take the source that was sent along."""
    folder = Path(surroundings.folder)
    if folder.is_dir():
        os.chdir(folder)
        if str(folder) not in sys.path:
            sys.path.append(str(folder))
    if surroundings.code is None:
        return
    name, source = surroundings.code
    if importlib.util.find_spec(name) is None:
        made = Path(tempfile.mkdtemp(prefix="mudata-"))
        (made / f"{name}.py").write_text(source)
        sys.path.append(str(made))
        importlib.invalidate_caches()
