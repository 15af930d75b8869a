"""What a dataset card says: the grammar of `cards/datasets/*.yaml`.

A card is data only. It names where a dataset lives (`sources`, whose grammar is in `mirrors`),
which files are clips (`clips`), where labels (whose grammar is in `labels`), captions, groups and
official splits come from, what is known to be wrong with it (`faults`, whose grammar is in `fault`), and what
`verify` expects.
Every model is frozen and refuses unknown keys, so that a typing error is an error.

Patterns. A path pattern is a glob with named parts, matched against paths relative to
the dataset's `files/` folder with forward slashes: `**/{genre}/{stem}.wav`. `**/` is any depth
(also none), `*` and `{name}` stay within one path segment, `{name:regex}` limits a
part, a repeated name must match the same text. Named parts become columns of the
relation `files` that a card's SQL sees.

SQL. A `select` is one SELECT statement. It runs in a DuckDB that can read the dataset's `files/`
folder and nothing else, and sees the card's `tables` by name and `files(path, size, <named parts>)`
with the files that the clip rule's patterns match. All but the clip rules also see `clips`, with
every column that the rules give: a join with it turns keys of tables into ids of clips. DuckDB 2
writes a function of a list's elements as `lambda x: x + 1`; it refuses `x -> x + 1`.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from mudata.catalog.cards.card_task import CardTask, Items
from mudata.catalog.cards.exam import ExamSection
from mudata.catalog.cards.fault import Fault, misplaced
from mudata.catalog.cards.labels import LabelSpace
from mudata.catalog.cards.mirrors import Component
from mudata.catalog.cards.strict_model import (
    Extended,
    Name,
    PartName,
    PathPattern,
    PathPatterns,
    Select,
    Strict,
    Template,
    Texts,
    Usage,
)
from mudata.errors import number
from mudata.safe_text import printable

Tag = Literal["genre", "mood", "theme", "instrument", "caption", "beats", "keys", "rhythm", "lyrics", "exam"]
Availability = Literal["open", "token", "on-request", "do-it-yourself", "features-only"]


class Duration(Strict):
    """Seconds: what the survey or the publisher says, and the range that is really there."""

    nominal: PositiveFloat | None = None
    min: Annotated[float, Field(ge=0)]
    max: PositiveFloat

    def __str__(self) -> str:
        return f"{self.min:g} s" if self.min == self.max else f"{self.min:g}-{self.max:g} s"


class Licence(Strict):
    """Terms of the data. `usage` is mudata's reading of them, never legal advice."""

    text: str
    spdx: str | None = None
    usage: Usage
    redistributable: bool
    per_clip: bool = False
    """Whether clips carry their own licence (column `licence` of the clip SELECT)."""
    url: str | None = None
    note: str | None = None


class Citation(Strict):
    text: str
    bibtex: str


class Survey(Strict):
    """The dataset's row in Table 1 of arXiv 2409.09601, and where the data says otherwise."""

    row: PositiveInt
    tag: str
    format: str
    duration: str
    differences: Texts = ()


class Subset(Strict):
    """A named part that can be fetched alone, such as fma_small."""

    title: str
    size: str | None = None


class CardTable(Strict):
    """A raw table, seen by the card's SQL under its key.

    `path` is a pattern below `files/`; in `select` the word `{path}` stands for the files that match it, quoted
    (a list if they are several). `store_rejects = true` in `read_csv` leaves records out that do not fit and
    tells them by file and line, in place of failing; blank rows are left out without it. `columns` (name: DuckDB
    type) is the shape it must have, and what an absent optional table looks like, with no rows.
    """

    path: PathPattern
    select: Select
    columns: dict[Name, str]
    optional: bool = False


class Crop(Strict):
    """Which part of a track becomes the clip: seconds from the centre or the start; else all of it."""

    centre: PositiveFloat | None = None
    first: PositiveFloat | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.centre is None) == (self.first is None):
            raise ValueError("crop wants exactly one of: centre, first")
        return self


class ClipWindow(Strict):
    """Which part of a MIDI file becomes the clip: `seconds`, from the bar line on that is nearest to the share `at` of
    its music."""

    seconds: PositiveFloat
    at: Annotated[float, Field(ge=0, lt=1)]


class Clips(Extended):
    """Which files are clips, and what is known of each.

    Without `select`, every file that matches `files` is a clip whose id is the template `id`
    and whose groups are the templates in `groups`. With `select`, the SELECT decides: it gives `id` and
    `path` (relative to `files/`; the file may be absent), and may give artist, album, track,
    title, licence, subset, start_s, end_s, hash ('md5:…', 'sha1:…' or 'sha256:…' of the raw file), kind, and any
    further columns, which URL templates may use. `subset` names all subsets that the clip is in (a list, or text with
    commas; NULL: all of them).
    """

    LATER = frozenset({"mix", "window"})

    kind: Literal["audio", "midi"] = "audio"
    files: PathPatterns = ()
    ignore: PathPatterns = ("**/.*", "**/._*", "**/__MACOSX/**")
    id: Template = "{stem}"
    groups: dict[Literal["artist", "album", "track"], Template] = {}
    select: Select | None = None
    crop: Crop | None = None
    mix: Literal["mean", "first"] = "mean"
    """What becomes of several channels: their mean, or the first alone (where they would cancel each other)."""
    window: ClipWindow | None = None
    """Of MIDI; else all of the file is the clip."""

    @model_validator(mode="after")
    def _some(self) -> Self:
        if self.window and self.kind != "midi":
            raise ValueError("window is for clips of kind midi; audio has crop")
        if not self.files and not self.select:
            raise ValueError("clips wants files, select, or both")
        return self


class Prose(Strict):
    """Texts of clips; `select` gives (id, text)."""

    select: Select


class Attributes(Strict):
    """Further facts of clips; `select` gives (id, name, value), and may give what the value rests on as `source`: event
    (written in the file), notes (computed from them), construction (the music was made so)."""

    select: Select


class OfficialSplit(Strict):
    """A published split; `select` gives (id, part)."""

    title: str
    parts: tuple[PartName, ...]
    select: Select


class Expected(Strict):
    """What `verify` checks. Counts are per subset where the card has subsets, else under `all`."""

    clips: dict[str, PositiveInt] = {}
    duration: tuple[float, float] | None = None
    labels: dict[str, dict[str, PositiveInt]] = {}
    """Clips per label, by namespace."""
    sample_rate: tuple[PositiveInt, ...] = ()


class Card(Extended):
    """One dataset."""

    LATER = frozenset({"items", "exam"})

    name: Name
    aliases: Texts = ()
    title: str
    summary: str
    tags: tuple[Tag, ...]
    format: Texts
    duration: Duration
    audio: Literal["yes", "no", "unverified"] = "yes"
    audio_note: str | None = None
    """Why there is no audio: the sentence with which an evaluation refuses."""
    licence: Licence
    citation: Citation
    homepage: str
    availability: Availability
    survey: Survey | None = None
    leakage_risk: str | None = None
    """Why clips of one origin may lie on both sides of a split, where no group can tell."""
    subsets: dict[PartName, Subset] = {}
    default_subset: str | None = None
    sources: Annotated[dict[PartName, Component], Field(min_length=1)]
    tables: dict[Name, CardTable] = {}
    clips: tuple[Clips, ...] = ()
    labels: dict[Name, LabelSpace] = {}
    captions: Prose | None = None
    lyrics: Prose | None = None
    attributes: Attributes | None = None
    items: Items | None = None
    splits: dict[PartName, OfficialSplit] = {}
    faults: tuple[Fault, ...] = ()
    expected: Expected = Expected()
    tasks: dict[Name, CardTask] = {}
    exam: ExamSection | None = None
    notes: Texts = ()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.audio == "no" and not self.audio_note:
            raise ValueError("audio: no wants an audio_note that says why")
        if bool(self.subsets) != (self.default_subset is not None):
            raise ValueError("subsets and default_subset go together")
        if self.default_subset and self.default_subset not in self.subsets:
            raise ValueError(f"default_subset {self.default_subset!r} is not a subset")
        for name, task in self.tasks.items():
            if task.namespace and task.namespace not in self.labels:
                raise ValueError(f"task {name!r} asks for labels.{task.namespace}, which does not exist")
            space = self.labels[task.namespace] if task.namespace else None
            if lost := sorted(set(task.labels) - {label.id for label in space.vocabulary} if space else task.labels):
                raise ValueError(f"task {name!r} lists what labels.{task.namespace} has not: {', '.join(lost)}")
            if task.kind == "caption" and self.captions is None:
                raise ValueError(f"task {name!r} wants captions")
            if task.attribute and self.attributes is None and all(rule.kind != "midi" for rule in self.clips):
                raise ValueError(f"task {name!r} asks for the attribute {task.attribute!r}; the card has no attributes")
            if task.has_items and task.attribute is None and self.items is None and self.exam is None:
                raise ValueError(f"task {name!r} of kind {task.kind} wants an attribute that has the truth, or items")
        if self.items and not any(task.has_items and not task.attribute for task in self.tasks.values()):
            raise ValueError("items wants a task that asks them, such as {kind: choose, noun: form}")
        if wrong := next(misplaced(self.faults, self.labels), None):
            raise ValueError(f"faults.{'.'.join(map(str, wrong[0]))}: {wrong[1]}")
        self._check_exam()
        return self

    def _check_exam(self) -> None:
        if self.exam is None:
            return
        for items in self.exam.items:
            if items.task not in self.tasks or not self.tasks[items.task].has_items:
                raise ValueError(f"exam.items name the task {items.task!r}, which is none of the card's that ask items")
            if lost := sorted(set(items.subset) - set(self.subsets)):
                raise ValueError(f"exam.items name subsets that are not here: {', '.join(lost)}")
        if lost := sorted(set(self.exam.files) & set(self.tables)):
            raise ValueError(f"exam.files and tables share names: {', '.join(lost)}")

    @property
    def grouped_by(self) -> tuple[str, ...]:
        """Which of artist, album, track the clip rules provide (by template or column name)."""
        provided = {g for rule in self.clips for g in rule.groups}
        provided |= {
            g for g in ("artist", "album", "track") for r in self.clips if re.search(rf"\b{g}\b", r.select or "")
        }
        provided |= (
            {g for i in self.exam.items for g in ("artist", "album", "track") if getattr(i, g)} if self.exam else set()
        )
        return tuple(g for g in ("artist", "album", "track") if g in provided)

    def facts(self) -> list[tuple[str, str | list[str]]]:
        """Title and text, or lines of text, of everything that a person wants to know of a
        dataset."""
        licence = self.licence
        survey = self.survey
        return [
            ("name", self.name),
            ("title", self.title),
            ("about", self.summary),
            ("tags", ", ".join(self.tags)),
            ("audio", self.audio + (f": {self.audio_note}" if self.audio_note else "")),
            ("format", ", ".join(self.format)),
            ("duration", str(self.duration)),
            ("licence", f"{licence.spdx or licence.text} ({licence.usage}{', per clip' if licence.per_clip else ''})"),
            ("availability", self.availability),
            ("homepage", self.homepage),
            ("subsets", [f"{k}: {s.title}{f' ({s.size})' if s.size else ''}" for k, s in self.subsets.items()]),
            ("sources", [f"{k}: {c.what} ({', '.join(m.kind for m in c.mirrors)})" for k, c in self.sources.items()]),
            ("labels", [f"{k}: {len(s.vocabulary) or 'open'} ({s.kind})" for k, s in self.labels.items()]),
            ("groups", ", ".join(self.grouped_by) or (self.leakage_risk and f"none. {self.leakage_risk}") or "none"),
            ("splits", [f"{k}: {s.title}" for k, s in self.splits.items()]),
            ("tasks", [f"{k}: {t}" for k, t in self.tasks.items()]),
            *(self.exam.facts() if self.exam else ()),
            (
                "faults",
                f"{number(sum(len(f.ids) for f in self.faults), 'clip')} with known faults" if self.faults else "",
            ),
            ("survey", f"row {survey.row}: {survey.tag}; {survey.format}; {survey.duration}" if survey else ""),
            ("but", list(survey.differences) if survey else ""),
            ("notes", list(self.notes)),
        ]

    def __str__(self) -> str:
        """The facts as lines, titles in a column of their own."""
        lines = []
        for title, value in self.facts():
            if value:
                first, *rest = value if isinstance(value, list) else [value]
                lines += [f"{title + ':':14}{first}", *(" " * 14 + line for line in rest)]
        return printable("\n".join(lines))

    def __repr__(self) -> str:
        return printable(f"Card {self.name!r}: {self.title} ({', '.join(self.tags)}; {', '.join(self.format)})")
