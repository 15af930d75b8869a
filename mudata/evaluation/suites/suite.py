"""Suites: published exams as data, so that our numbers stand beside theirs.

A suite (`cards/suites/*.yaml`; a user's own lie in folders `suites` inside the folders that
MUDATA_CARDS names, and win) says which clips of which datasets are asked what (`exams`), and what
was published about that (`tables`, and `elsewhere` for single values of other papers). Values are
fractions, as metrics have them. What was published about a share has Wilson's interval at its own
n; nothing else that is published gives an interval.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, NonNegativeInt, PositiveInt, model_validator

from mudata.catalog.cards import card_files, loader
from mudata.catalog.cards.strict_model import Name, PartName, Strict, Texts
from mudata.errors import CardError, UnknownName
from mudata.evaluation.metrics.intervals import wilson
from mudata.evaluation.suites.conditions import Condition, exam_cards
from mudata.evaluation.suites.published_table import Elsewhere, Publication, PublishedTable

SHARES = frozenset({"accuracy", "lenient_accuracy", "any_mention_accuracy", "coverage"})
"""Metrics that count right clips, so that value and n give their interval."""


class Draw(Strict):
    """Which clips are asked: `n`, drawn as `mudata split` draws them; without n all that there are.

    Up to `train` more are drawn beside them for models that learn first, fewer where there are not so many; `group`
    (artist, album, track) keeps the two apart, at the price of numbers that are only nearly so.
    """

    n: PositiveInt | None = None
    seed: int = 0
    train: NonNegativeInt = 0
    where: str | None = None
    stratify: Texts = ()
    group: Texts = ()

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if self.group and not self.train:
            raise ValueError("group keeps train and test apart, and there is no train")
        if self.train and self.n is None:
            raise ValueError("train is drawn beside n clips, and there is no n: all clips are asked")
        return self


class Exam(Strict):
    """One dataset's clips and the task they are asked."""

    title: str
    dataset: Name
    subset: str | None = None
    """What to fetch, where the card has subsets."""
    task: Name
    split: Draw = Draw()
    also: str | None = None
    """Further datasets of the same task whose runs are shown beside, by a pattern of their names: 'composed_key_*'."""
    compose: str | None = None
    """How the dataset is made, where its name hangs on what it is made with; `composed` is the pattern of its names
    then: this seed's, and no other's that happens to be there."""
    composed: str | None = None
    note: str | None = None

    @model_validator(mode="after")
    def _is_known_when_composed(self) -> Self:
        if (self.compose is None) != (self.composed is None):
            raise ValueError("compose (how a dataset is made) and composed (the pattern of its name) go together")
        return self


REAL = "real"
"""The condition that the others are held against: clips are played, options are shown as the exam shows them."""


class Suite(Strict):
    """Exams and what was published about them. `models` gives the names here of models as they are published."""

    name: PartName
    title: str
    source: Publication
    models: dict[str, Texts] = Field(default_factory=dict)
    exams: dict[PartName, Exam] = Field(default_factory=dict)
    every_exam: bool = False
    """Every card that is an exam is one here too, a user's own included."""
    conditions: dict[PartName, Condition] = Field(default_factory=dict)
    """Each exam is asked under all of them; none: once, as it is."""
    tables: tuple[PublishedTable, ...] = ()
    elsewhere: tuple[Elsewhere, ...] = ()
    rows: Literal["models", "exams", "heard"] = "models"
    """What has a row in the table of what was not published: exams where each is scored in its own way; of a suite with
    blind conditions, exams and models with what they show of listening."""
    notes: Texts = ()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if not (self.exams or self.every_exam):
            raise ValueError("exams are missing: name some, or say every_exam: true")
        if self.rows == "heard" and REAL not in self.conditions:
            raise ValueError(f"rows: heard wants a condition {REAL!r}, the exam as it is")
        for table in self.tables:
            if lost := sorted({column.exam for column in table.columns} - set(self.exams)):
                raise ValueError(f"table {table.title!r} has columns of exams that are not here: {', '.join(lost)}")
        return self

    def split_of(self, exam: str) -> str:
        """The name of the split that an exam asks."""
        return f"{self.name}-{exam}"

    def is_same(self, published: str, model: str) -> bool:
        """Whether a published name and a name here mean one model;
        case, dash and underscore make no difference."""
        return _plain(model) in map(_plain, self.models.get(published, ()))

    def anchors(self, dataset: str, task: str, model: str | None = None) -> list[Anchor]:
        """What was published about a task of a dataset; with a model, only of that one."""
        return [
            anchor
            for anchor in self._published()
            if (anchor.dataset, anchor.task) == (dataset, task) and (model is None or self.is_same(anchor.model, model))
        ]

    def _published(self) -> Iterator[Anchor]:
        for table in self.tables:
            source = Publication(text=f"{self.source.text}, {table.title}", url=self.source.url)
            for model, values in table.rows.items():
                for column, value in zip(table.columns, values, strict=True):
                    if value is not None:
                        exam, note = self.exams[column.exam], table.note(model, column.title)
                        yield _anchor(exam, column.metric, source, (model, value, table.n, note))
        for publication in self.elsewhere:
            for model, value in publication.rows.items():
                yield _anchor(
                    publication, publication.metric, publication.source, (model, value, publication.n, publication.note)
                )


def _plain(name: str) -> str:
    return name.casefold().replace("_", "-")


@dataclass(frozen=True, kw_only=True)
class Anchor:
    """One published value. `low` and `high` are its 95 % interval, None where n is unknown or the metric no share."""

    value: float
    n: int | None
    source: str
    low: float | None
    high: float | None
    note: str | None
    model: str
    """As it was published."""
    dataset: str
    task: str
    metric: str
    url: str | None = None


def _anchor(
    at: Exam | Elsewhere, metric: str, by: Publication, cell: tuple[str, float, int | None, str | None]
) -> Anchor:
    model, value, n, note = cell
    low, high = interval(metric, value, n) or (None, None)
    return Anchor(
        value=value,
        n=n,
        source=by.text,
        low=low,
        high=high,
        note=note,
        model=model,
        dataset=at.dataset,
        task=at.task,
        metric=metric,
        url=by.url,
    )


def interval(metric: str, value: float, n: int | None) -> tuple[float, float] | None:
    """95 % interval of a published value; None unless it is a share of n clips."""
    return wilson(round(value * n), n) if n and metric in SHARES else None


def anchors(dataset: str, task: str, model: str | None = None) -> list[Anchor]:
    """What all suites know to be published about a task of a dataset;
    with a model's name here, only of that one."""
    return [anchor for suite in load_all() for anchor in suite.anchors(dataset, task, model)]


def files() -> Mapping[str, Path]:
    """Suite file by name (the file's stem), sorted by name."""
    return card_files.files("suites")


def load_all() -> Iterator[Suite]:
    """Every suite that is found, by name; those that cannot be read are passed over."""
    for path in files().values():
        with loader.passing_over(path):
            yield load(str(path))


def overview() -> list[dict[str, object]]:
    """A row for each suite: name, title, exams, titles of its tables, source."""
    return [
        {
            "name": suite.name,
            "title": suite.title,
            "exams": list(suite.exams),
            "tables": [table.title for table in suite.tables],
            "source": suite.source.text,
        }
        for suite in load_all()
    ]


def load(name: str) -> Suite:
    """A suite by name or by the path of its file. Raises UnknownName, CardError with file and
    line."""
    known = files()
    path = Path(name).expanduser() if name.endswith((".yaml", ".yml")) else known.get(name)
    if path is None:
        hint = "Your own: a YAML file in a folder `suites` inside a folder that MUDATA_CARDS names, or its path."
        raise UnknownName("suite", name, known, hint)
    if not path.is_file():
        raise CardError(f"{path}: no such file.", "Give the path of a suite, or a name from `mudata suites`.")
    try:
        suite = loader.parse(path, Suite)
    except CardError as error:
        raise CardError(error.what, "The grammar is printed by `mudata suites schema`.") from error
    if suite.every_exam:
        suite = suite.model_copy(update={"exams": {**dict(_card_exams()), **suite.exams}})
    if path.stem != suite.name:
        raise CardError(
            f"{path}:1: the suite is named {suite.name!r}, its file {path.stem!r}.",
            f"Rename the file to {suite.name}.yaml, or correct `name`.",
        )
    return suite


def _card_exams() -> Iterator[tuple[str, Exam]]:
    """Every task of every exam card, by the card's name, or both names where it has several."""
    for card in exam_cards():
        of_items = {items.task for items in card.exam.items} if card.exam else ()
        tasks = [task for task in card.tasks if task in of_items]
        several = len(tasks) > 1
        for task in tasks:
            title = f"{card.title}, {task}" if several else card.title
            yield f"{card.name}-{task}" if several else card.name, Exam(title=title, dataset=card.name, task=task)
