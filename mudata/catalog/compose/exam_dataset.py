"""The whole of `mudata compose`: a card in the home, its clips and items in the index, and a split of all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import yaml

from mudata.catalog.audio.clip import AudioFormat
from mudata.catalog.cards import loader
from mudata.catalog.compose.exam_card import exam_card
from mudata.catalog.compose.exam_plan import ExamRequest
from mudata.catalog.compose.exams import exam_of, planned
from mudata.catalog.compose.playing import PlayingEngine, engine_here
from mudata.catalog.fetch.request import FetchRequest
from mudata.catalog.index import database
from mudata.catalog.ingest import get
from mudata.catalog.splits import draw, manifest
from mudata.catalog.splits.split_request import SplitRequest
from mudata.errors import ArgumentError, AudioError, MissingSoundfont, SplitError
from mudata.execution.local_processes import LOCAL
from mudata.home import write_atomic
from mudata.narration import SILENT, Progress

if TYPE_CHECKING:
    from pathlib import Path

    from mudata.catalog.cards.card_task import Level
    from mudata.catalog.compose.exam_plan import ComposedExam
    from mudata.catalog.ingested import Ingested
    from mudata.catalog.render.renderer import EngineChoice
    from mudata.catalog.splits.manifest import Manifest
    from mudata.execution.executor import Executor
    from mudata.home import Home

LARGEST_SEED = 2**31 - 1
"""So that every exam has a name that a dataset may have."""


@dataclass(frozen=True, repr=False)
class ComposedDataset:
    """An exam that is ready to be asked."""

    exam: str
    ingested: Ingested
    split: Manifest
    items: int
    """Rows of the index's `items`; an exam of labels has none."""
    tasks: tuple[str, ...]
    engine: PlayingEngine

    @property
    def dataset(self) -> str:
        return self.ingested.dataset

    def commands(self, model: str = "MODEL") -> list[str]:
        """How a model is asked, one command a task."""
        return [f"mudata eval --model {model} --split {self.split.name} --task {task}" for task in self.tasks]

    def __repr__(self) -> str:
        lines = [f"{self.dataset}: {self.ingested.usable} clips, {self.items} items, played by {self.engine}"]
        lines += [f"mudata.evaluate(MODEL, {self.split.name!r}, task={task!r})" for task in self.tasks]
        return "\n".join(lines)


def compose_exam(
    home: Home,
    name: str,
    *,
    seed: int,
    n: int | None = None,
    level: Level = "standard",
    engine: EngineChoice | None = None,
    executor: Executor = LOCAL,
    progress: Progress = SILENT,
) -> ComposedDataset:
    """Compose an exam, index it with its items, and draw a split of all its clips: the dataset's name and '-exam'.

    Killed at any moment, the same call goes on. Raises UnknownName, ArgumentError (an n that cannot be balanced), and
    what `ingest.get` and `draw.make` raise.
    """
    exam = exam_of(name)
    if not 0 <= seed <= LARGEST_SEED:
        raise ArgumentError(f"A seed is a whole number from 0 to {LARGEST_SEED}; got {seed}.", "Give another seed.")
    plays = _engine(exam, engine)
    request = ExamRequest(
        exam=name,
        seed=seed,
        n=default_n(exam, level) if n is None else n,
        level=level,
        engine=plays.name,
        soundfont_sha256=plays.soundfont_sha256,
    )
    planned(request)
    dataset = request.dataset
    card = loader.load(_write_card(home, exam, request, plays))
    ingested = get(card, home, FetchRequest(executor=executor), audio_format=AudioFormat(), progress=progress)
    split = draw.make(home, SplitRequest(name=f"{dataset}-exam", datasets=(dataset,), parts={"test": 1.0}))
    try:
        manifest.save(home, split)
    except SplitError as error:  # of an exam of another version; a name of its own cannot be given here
        hint = f"Remove it and run the same command again: mudata rm {split.name} --kind split"
        raise SplitError(error.what, hint) from error
    with database.connect(home) as con:
        [items] = con.execute("SELECT count(*) FROM items WHERE dataset = ?", [dataset]).fetchone() or (0,)
    return ComposedDataset(name, ingested, split, items, tuple(exam.tasks), plays)


def _engine(exam: ComposedExam, choice: EngineChoice | None) -> PlayingEngine:
    """Raises MissingSoundfont; ArgumentError where an exam of recorded instruments is to be played without, or by a
    soundfont that is none."""
    if not exam.needs_soundfont:
        return engine_here(choice or "embedded")
    if choice == "embedded":
        raise ArgumentError(
            f"{exam.name} asks about recorded instruments, which the embedded engine has not.",
            "Leave the engine out, or take one that plays a soundfont: tinysoundfont, fluidsynth.",
        )
    try:
        return engine_here(choice or "soundfont")
    except MissingSoundfont as error:
        raise MissingSoundfont(f"{exam.name}: skipped: no soundfont. {error.what}", error.hint) from error
    except AudioError as error:  # here it is no clip that failed, but what was asked for
        raise ArgumentError(error.what, error.hint or "Give another soundfont.") from error


def default_n(exam: ComposedExam, level: Level) -> int:
    """n of the standard edition, or the next above it that can be balanced."""
    multiple = exam.multiple(level)
    return -(-exam.standard // multiple) * multiple


def _write_card(home: Home, exam: ComposedExam, request: ExamRequest, plays: PlayingEngine) -> Path:
    title = f"{exam.title} ({request.level}, seed {request.seed})"
    summary = f"{request.n} {exam.unit} of one seed, with exact truth. Played by {plays}."
    card = exam_card(request.dataset, title, summary, [request])
    path = home.cards / f"{request.dataset}.yaml"
    text = yaml.safe_dump(card, sort_keys=False, allow_unicode=True, width=120)
    if not (path.is_file() and path.read_text("utf-8") == text):
        home.make(home.cards)
        write_atomic(path, text)
    return path
