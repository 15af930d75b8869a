"""What a card of `cards/exams` has beside what every dataset's card has: items as they were published, which columns of
a file are id, question, options, answer and clips, and what was published about them.

A column is named; text with names in braces is a template of columns: `{id}.wav`. Every value of an item file is text,
as it is written: lists and objects are JSON, numbers their digits, null is NULL. Where columns are not enough, the
file's `select` makes further ones.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, PositiveInt, model_validator

from mudata.catalog.cards.strict_model import Name, PartName, PathPattern, Select, Strict, Texts

Column = Annotated[str, Field(min_length=1)]
"""The name of a column, or a template with names of columns in braces."""


def _columns(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Columns = Annotated[tuple[Column, ...], BeforeValidator(_columns)]


class ItemFile(Strict):
    """A file of items: a table of text under its key, which the card's SQL sees too.

    `path` is a pattern below `files/`. `layout: map` is an object of rows by id, which is the column `_key`; the column
    `_row` counts rows from 1; of format text (logs) a row is a file, with the columns `_path` and `_text`. `columns`
    are those that the card uses: a file without one of them is refused, an absent `optional` file is a table of them
    without rows, and `mudata cards check` holds the mapping against them. `select` is SQL over
    `{rows}`, the card's `tables` and the files before this one that makes further columns.
    """

    path: PathPattern
    format: Literal["json", "jsonl", "csv", "parquet", "text"]
    layout: Literal["list", "map"] = "list"
    columns: Texts = ()
    optional: bool = False
    select: Select | None = None

    @property
    def has_known_columns(self) -> bool:
        """Whether the card says what the file has, so that its SQL can be checked without one."""
        return bool(self.columns) or self.format == "text"

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.layout == "map" and self.format != "json":
            raise ValueError("layout: map is for format: json")
        if self.format == "text" and self.select is None:
            raise ValueError("format: text wants a select that finds the items in {rows}")
        if self.select is not None and "{rows}" not in self.select:
            raise ValueError("select wants {rows}: the rows of the file")
        if self.optional and not self.columns:
            raise ValueError("an optional file wants columns: what there is where it is absent")
        return self


class PublishedOptions(Strict):
    """Where the options of an item stand; exactly one of the five. Options never keep labels of their own ('A. ') where
    `labelled` says that they have them.

    list: a column with a list (JSON, or as Python writes it). columns: one column for each option, or for several (a
    list). struct: a column with an object, its values in the order of its keys. text: a column with all options as one
    text, '(A) slow (B) fast'. fixed: the same for every item.
    """

    list: Column | None = None
    columns: Texts = ()
    struct: Column | None = None
    text: Column | None = None
    fixed: Texts = ()
    labelled: bool = False
    order: Column | None = None
    """A list of places (from 0) in the options: the order in which the exam shows them; NULL: as they stand."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        given = [name for name in ("list", "columns", "struct", "text", "fixed") if getattr(self, name)]
        if len(given) != 1:
            raise ValueError("options want exactly one of: list, columns, struct, text, fixed")
        return self


class PublishedAnswer(Strict):
    """Where the right answer stands; exactly one.

    text: a column with the right option's text, or with any truth. letter: the option's letter. index: its place, from
    `first` on. items: a column with a list, the truth of an order.
    """

    text: Column | None = None
    letter: Column | None = None
    index: Column | None = None
    items: Column | None = None
    first: Literal[0, 1] = 0

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(value is not None for value in (self.text, self.letter, self.index, self.items)) != 1:
            raise ValueError("answer wants exactly one of: text, letter, index, items")
        return self


class PublishedClip(Strict):
    """One clip, or several, that an item is about: the `path` of its file below `files/` (a template; `**/` before it
    finds it at any depth), or the `id` of one that the card's `clips` have. `each` names a column with a list of paths:
    `{each}` in the template stands for one after the other. `start` and `end` are seconds in the file; a file from one
    start to one end is one clip, whatever is asked about it. A file that ends in .mid or .midi is MIDI."""

    path: Column | None = None
    id: Column | None = None
    each: Column | None = None
    start: Column | None = None
    end: Column | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.path is None) == (self.id is None):
            raise ValueError("a clip wants exactly one of: path, id")
        return self

    @property
    def pattern(self) -> str | None:
        """Of the files that the path may name: `**/*.wav`. A column that begins a segment may name folders too; a path
        that is a column alone may name any file; it ends in *."""
        if self.path is None:
            return None
        if "{" not in self.path:
            return "**/*"
        nested = re.sub(r"(?<![^/])(\{[^{}]*\})+", "**/*", self.path)
        return re.sub(r"(\*\*/)+", "**/", re.sub(r"(\{[^{}]*\})+", "*", nested))


class PublishedItems(Strict):
    """The items of one task as a file has them, one a row.

    `question` is one column or several, joined by line breaks. `category` may be several: each is a category of its
    own, and a column with a list gives all that it lists. `cluster` is what items share that are no independent
    evidence, beside their clips. `settings` are columns that the official rule wants, by its name for them.

    `formats` stand in place of a question: columns with the questions of an item that is asked several times, for its
    answer in another format each time ('as a MIDI number', 'in Hz'), by the name that the official rule has for it (its
    setting `format`). Each is a pass; the task's `combine` makes one verdict of them. Where one is NULL, the item is
    asked in the others.
    """

    file: Name
    """One of the exam's `files`."""
    task: Name
    where: str | None = None
    """SQL over the columns of the file: only these rows are items."""
    id: Column
    question: Columns = ()
    formats: dict[Name, Column] = {}
    options: PublishedOptions | None = None
    answer: PublishedAnswer
    clips: tuple[PublishedClip, ...] = ()
    """In the order heard; none for an item that is text alone."""
    category: Columns = ()
    difficulty: Column | None = None
    cluster: Column | None = None
    language: Column | None = None
    licence: Column | None = None
    """Of the item and its clips, where rows have one of their own."""
    subset: dict[PartName, str] = {}
    """SQL by subset of the card: which rows are in it; a row that none names is in all."""
    artist: Column | None = None
    album: Column | None = None
    track: Column | None = None
    settings: dict[Name, Column] = {}
    n: PositiveInt | None = None
    """How many the exam has; another number is told."""

    @model_validator(mode="after")
    def _asked_one_way(self) -> Self:
        if self.formats and (self.question or self.options):
            raise ValueError(
                "formats are questions of their own, to answer in words: they want no question, no options"
            )
        return self


class ItemFault(Strict):
    """What is known to be wrong with published items. `answer` is what would be right; items are asked and scored as
    they are published, and scores are told with and without those that have a fault."""

    ids: Texts
    kind: Literal[
        "wrong-answer", "several-right", "none-right", "unanswerable", "answer-in-question", "duplicate", "other"
    ]
    note: str
    source: str
    answer: str | None = None


class ExamResults(Strict):
    """Published results on one scale: fractions by model. `of` is the category or subset that they are about."""

    task: Name
    of: str = "all"
    measure: Literal["official", "strict"] = "official"
    n: PositiveInt | None = None
    text: str
    url: str | None = None
    rows: dict[str, Annotated[float, Field(ge=0, le=1)]]
    note: str | None = None


class Aggregate(Strict):
    """How an exam's authors make one number of its items: micro (mean of items) or macro (mean over categories of their
    means); `base` by category or task: (value - base) / (1 - base) before the mean."""

    kind: Literal["micro", "macro"] = "micro"
    by: Literal["category", "task", "difficulty"] | None = None
    base: dict[str, Annotated[float, Field(ge=0, lt=1)]] = {}


class ExamSection(Strict):
    """What makes a card an exam: its items as they were published, in place of the card's own `items`."""

    version: str
    """Which edition of the items this is: two editions are never one column of a table."""
    files: Annotated[dict[Name, ItemFile], Field(min_length=1)]
    items: Annotated[tuple[PublishedItems, ...], Field(min_length=1)]
    aggregate: Aggregate = Aggregate()
    published: tuple[ExamResults, ...] = ()
    faults: tuple[ItemFault, ...] = ()

    @model_validator(mode="after")
    def _of_its_files(self) -> Self:
        if lost := sorted({one.file for one in self.items} - set(self.files)):
            raise ValueError(f"items are of files that are not here: {', '.join(lost)}")
        return self

    def facts(self) -> list[tuple[str, list[str]]]:
        """Title and lines of what a person wants to know of the exam."""
        faults = sum(len(fault.ids) for fault in self.faults)
        results = [
            f"{result.task}, {result.of}{f' ({result.n:,} items)' if result.n else ''}: "
            + ", ".join(f"{model} {value:.1%}" for model, value in result.rows.items())
            + f" ({result.text})"
            for result in self.published
        ]
        return [
            ("edition", [self.version]),
            ("items", [f"{items.task}: {f'{items.n:,}' if items.n else 'not counted'}" for items in self.items]),
            ("item faults", [f"{faults} items with known faults"] if faults else []),
            ("published", results),
        ]


class TaskPrompt(Strict):
    """The words around an exam's questions, under an id of its own ('authors').

    `template` has {question} and {options} once each, if the items have options; `option` is how one is shown, with
    {letter}, {number} and {option}, and `join` stands between them.
    """

    id: PartName
    template: Annotated[str, Field(pattern=r"\{question\}")]
    option: str = "({letter}) {option}"
    join: str = ", "
    lists_options: bool = False
    """The questions list their options themselves, so that the template need not."""
    source: str | None = None

    @model_validator(mode="after")
    def _shows_options(self) -> Self:
        if "{option}" not in self.option:
            raise ValueError("option wants {option}, and may have {letter} or {number}")
        return self


OptionOrder = Literal["stored", "shuffled", "rotations", "leave-one-out"]
"""stored: as the exam shows them. shuffled: drawn for each item by the seed. rotations: as many passes as options, each
begins with another one. leave-one-out: a pass for each wrong option, which is left out in it; the rest are shuffled."""

Combine = Literal["none", "mean", "any", "max", "loo_vote", "majority_raw"]
"""How the passes of one item become one verdict of the official rule: see `official_rules.combine`."""
