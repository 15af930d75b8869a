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
from mudata.catalog.fetch.request import FetchRequest
from mudata.catalog.ingest import Ingested, get
from mudata.catalog.splits import draw, manifest
from mudata.catalog.splits.split_request import SplitRequest
from mudata.errors import ArgumentError
from mudata.home import write_atomic
from mudata.narration import SILENT, Progress

if TYPE_CHECKING:
    from pathlib import Path

    from mudata.catalog.compose.exam_plan import ComposedExam, Level
    from mudata.catalog.splits.manifest import Manifest
    from mudata.home import Home

LARGEST_SEED = 2**63 - 1


@dataclass(frozen=True)
class ComposedDataset:
    """An exam that is ready to be asked."""

    exam: str
    ingested: Ingested
    split: Manifest
    items: int
    tasks: tuple[str, ...]

    @property
    def dataset(self) -> str:
        return self.ingested.dataset

    def commands(self, model: str = "MODEL") -> list[str]:
        """How a model is asked, one command a task."""
        return [f"mudata eval --model {model} --split {self.split.name} --task {task}" for task in self.tasks]


def compose_exam(
    home: Home,
    name: str,
    *,
    seed: int,
    n: int | None = None,
    level: Level = "standard",
    workers: int | None = None,
    progress: Progress = SILENT,
) -> ComposedDataset:
    """Compose an exam, index it with its items, and draw a split of all its clips: the dataset's name and '-exam'.

    Killed at any moment, the same call goes on. Raises UnknownName, ArgumentError (an n that cannot be balanced), and
    what `ingest.get` and `draw.make` raise.
    """
    exam = exam_of(name)
    if not 0 <= seed <= LARGEST_SEED:
        raise ArgumentError(f"A seed is a whole number from 0 to {LARGEST_SEED}; got {seed}.", "Give another seed.")
    request = ExamRequest(exam=name, seed=seed, n=default_n(exam, level) if n is None else n, level=level)
    plan, dataset = planned(request), request.dataset
    card = loader.load(_write_card(home, exam, request))
    ingested = get(card, home, FetchRequest(), audio_format=AudioFormat(), workers=workers, progress=progress)
    split = draw.make(home, SplitRequest(name=f"{dataset}-exam", datasets=(dataset,), parts={"test": 1.0}))
    manifest.save(home, split)
    return ComposedDataset(name, ingested, split, len(plan.items), tuple(exam.tasks))


def default_n(exam: ComposedExam, level: Level) -> int:
    """n of the standard edition, or the next above it that can be balanced."""
    multiple = exam.multiple(level)
    return -(-exam.standard // multiple) * multiple


def _write_card(home: Home, exam: ComposedExam, request: ExamRequest) -> Path:
    title = f"{exam.title} ({request.level}, seed {request.seed})"
    summary = f"{request.n} {exam.unit} composed by mudata from one seed, with exact truth by construction."
    card = exam_card(request.dataset, title, summary, [request])
    path = home.cards / f"{request.dataset}.yaml"
    text = yaml.safe_dump(card, sort_keys=False, allow_unicode=True, width=120)
    if not (path.is_file() and path.read_text("utf-8") == text):
        home.make(home.cards)
        write_atomic(path, text)
    return path
