"""Lint of an exam by its card: of an item file that is at hand, or of the items in the index."""

from __future__ import annotations

import fnmatch
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mudata.catalog.cards import loader
from mudata.catalog.cards.licences import fetch_command
from mudata.catalog.index import database
from mudata.catalog.item_lint import ItemLint, LintedItem, lint
from mudata.catalog.read import reader
from mudata.catalog.read.dataset_contents import ItemRow
from mudata.catalog.read.editions import edition_of, file_sha256
from mudata.errors import CardError, ReadError

if TYPE_CHECKING:
    from mudata.catalog.cards.schema import Card
    from mudata.home import Home

ALL = "all"
_COLUMNS = (
    "id",
    "task",
    "kind",
    "clips",
    "question",
    "options",
    "truth",
    "category",
    "difficulty",
    "categories",
    "subsets",
)


@dataclass(frozen=True, kw_only=True)
class ExamLint:
    """What an exam's items are like, in all (`all`) and by its subsets or categories.

    `edition` says whether an item file is the one that the card was written for; None where that is not known.
    `left_out` are the sentences of the reading about rows that are no items.
    """

    exam: str
    title: str
    edition: str | None
    groups: Mapping[str, ItemLint]
    left_out: tuple[str, ...]


def of_file(path: Path, exam: str | None = None, *, by: str | None = None) -> ExamLint:
    """An item file, which needs no audio and no fetch.

    Args:
        path: the file as it was published.
        exam: whose items they are; None finds the exam by the name of the file.
        by: 'category' or 'difficulty', in place of the card's subsets.

    Raises:
        CardError: no exam, or several, have a file of that name.
        ReadError: it is not of the exam's shape.
    """
    card, pattern = _whose(path, exam)
    with tempfile.TemporaryDirectory(prefix="mudata-lint-") as folder:
        place = Path(folder, *pattern.replace("**/", "").split("/"))
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, place)
        contents = reader.read(card, Path(folder), subset=",".join(card.subsets) or None)
    edition, _ = edition_of(card, pattern, path.name, file_sha256(path))
    left_out = tuple(issue.what for issue in contents.issues if issue.kind in ("bad-item", "bad-record"))
    return _linted(card, contents.items, edition, by, left_out)


def of_index(home: Home, exam: str, *, by: str | None = None) -> ExamLint:
    """An exam that was fetched. Raises UnknownName, and CardError for what has not been fetched or is no exam."""
    card = loader.load(exam)
    if card.exam is None and card.items is None:
        raise CardError(f"{card.name} has no items of its own.", "Exams are listed by `mudata list`.")
    if database.current_generation(home, card.name) is None:
        raise CardError(
            f"{card.name} has not been fetched.",
            f"Run: {fetch_command(card.name, home)}; or name its item file: `mudata exams lint FILE`.",
        )
    query = f"SELECT item_id AS id, {', '.join(_COLUMNS[1:])} FROM items WHERE dataset = ? ORDER BY task, item_id"  # noqa: S608
    with database.snapshot(home) as connection:
        found = connection.execute(query, [card.name]).fetchall()
    rows = [ItemRow(**dict(zip(_COLUMNS, map(_frozen, row), strict=True))) for row in found]
    return _linted(card, rows, None, by, ())


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _whose(path: Path, exam: str | None) -> tuple[Card, str]:
    """The exam's card, and the pattern of its item file. Raises CardError."""
    cards = [loader.load(exam)] if exam else [card for card in loader.load_all() if card.exam]
    fitting = [(card, pattern) for card in cards for pattern in _patterns(card) if _is_named(path, pattern)]
    if exam and not fitting:  # a file of another name: the first of its kind
        every = [(card, pattern) for card in cards for pattern in _patterns(card)]
        fitting = [one for one in every if Path(one[1]).suffix.casefold() == path.suffix.casefold()][:1]
        if every and not fitting:
            files = ", ".join(pattern.rpartition("/")[2] for _, pattern in every)
            raise CardError(f"{path.name} is no item file of {every[0][0].name}.", f"Its files are: {files}.")
    names = sorted({card.name for card, _ in fitting})
    if not fitting:
        known = [card.name for card in cards]
        raise CardError(
            f"{path.name} is the item file of no exam that has a card.",
            f"Say whose it is: --exam NAME ({', '.join(known)}), or --exam CARD.yaml of your own.",
        )
    if len(names) > 1:
        raise CardError(f"{path.name} may be an item file of {', '.join(names)}.", "Say which: --exam NAME.")
    return fitting[0]


def _patterns(card: Card) -> list[str]:
    return [file.path for file in card.exam.files.values()] if card.exam else []


def _is_named(path: Path, pattern: str) -> bool:
    return fnmatch.fnmatchcase(path.name.casefold(), pattern.rpartition("/")[2].casefold())


def _linted(
    card: Card, rows: Sequence[ItemRow], edition: str | None, by: str | None, left_out: tuple[str, ...]
) -> ExamLint:
    if not rows:
        raise ReadError(f"{card.name}: there is not one item.", "Compare the file with the card's `exam`.")
    apart = {
        items.task
        for items in (card.exam.items if card.exam else ())
        if items.options and items.options.columns and not items.options.order
    }
    linted = [(row, _as_linted(row, placed=row.task not in apart)) for row in rows]
    groups: dict[str, list[LintedItem]] = {ALL: [item for _, item in linted]}
    for row, item in linted:
        for name in _groups_of(row, by):
            if name != ALL:
                groups.setdefault(name, []).append(item)
    return ExamLint(
        exam=card.name,
        title=card.title,
        edition=edition,
        groups={name: lint(items) for name, items in groups.items()},
        left_out=left_out,
    )


def _groups_of(row: ItemRow, by: str | None) -> Iterable[str]:
    if by == "category":
        return row.categories or ((row.category,) if row.category else ())
    if by == "difficulty":
        return (row.difficulty,) if row.difficulty else ()
    return row.subsets or ()


def _as_linted(row: ItemRow, *, placed: bool) -> LintedItem:
    clips = tuple(clip for clip in row.clips if clip)
    options = () if row.kind == "order" else row.options or ()  # all of an order's options are right
    return LintedItem(f"{row.id}", row.question or "", options, row.truth or "", clips, placed)
