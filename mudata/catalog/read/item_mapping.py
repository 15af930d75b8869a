"""One mapping of a card's exam: which columns of its rows are id, question, options, answer and clips of an item."""

# ruff: noqa: S608 - names and values go through `identifier`, a card's SQL through `RawSql`
from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mudata.catalog.read import item_rows, published_values
from mudata.catalog.read.dataset_contents import ItemRow
from mudata.catalog.read.item_rows import UnfitItemError
from mudata.catalog.read.published_clips import ClipKey
from mudata.catalog.read.sql_literals import identifier
from mudata.errors import CardError
from mudata.json_files import NotJson, parse

if TYPE_CHECKING:
    from mudata.catalog.cards.exam import PublishedAnswer, PublishedItems
    from mudata.catalog.cards.schema import Card
    from mudata.catalog.read.card_sql import RawSql

_BRACED = re.compile(r"\{([^{}]+)\}")
_IN = "_in "
"""Begins the columns that say which subsets a row is in."""

Row = Mapping[str, str | None]


class ItemMapping:
    """The rows of one mapping of a card's exam, and what each of them says."""

    def __init__(self, sql: RawSql, card: Card, items: PublishedItems, where: str) -> None:
        self.sql, self.items, self.where = sql, items, where
        self.task = card.tasks[items.task]
        self._lists: set[str] = set()
        given = sql.columns(where, f"SELECT * FROM {identifier(items.file)}")
        for field, named in _named(items):
            for column in _columns_of(named):
                if column not in given and column != "each":
                    raise CardError(
                        f"Card {sql.name}: {where}.{field}: there is no column {column!r}; the file has "
                        f"{', '.join(given)}.",
                        "Correct the column in the card; bytes are no column, a field of theirs is one by the file's "
                        "`select`. Or the file is not the one that the card was written for.",
                    )

    def rows(self) -> list[dict[str, str | None]]:
        """Those that `where` keeps, with a column for each subset. Raises CardError, ReadError."""
        subsets = "".join(
            f", coalesce(({condition}), false) AS {identifier(_IN + name)}"
            for name, condition in self.items.subset.items()
        )
        condition = f" WHERE ({self.items.where})" if self.items.where else ""
        select = f"SELECT *{subsets} FROM {identifier(self.items.file)}{condition}"
        self.sql.create(self.where, "_published", select)
        rows: list[dict[str, str | None]] = self.sql.fetch("FROM _published").to_pylist()
        if self.items.options:
            names = self.items.options.columns
            filled = {name: [row[name] for row in rows if (row[name] or "").strip()] for name in names}
            self._lists = {
                name for name, cells in filled.items() if cells and all(map(published_values.is_list, cells))
            }
        return rows

    def id(self, row: Row) -> str | None:
        """The id of a row, as published."""
        return self._cell(self.items.id, row)

    def facts(self, row: Row) -> dict[str, str | None]:
        """What is known of the row's clips."""
        fields = ("artist", "album", "track", "licence")
        return {field: self._cell(getattr(self.items, field), row) for field in fields}

    def item(self, row: Row, id_: str | None) -> tuple[ItemRow, tuple[ClipKey | str, ...]]:
        """The item under this id, its clips by their paths, and what these are: files or ids. Raises UnfitItemError,
        ValueError."""
        items = self.items
        options, keys = self._options(row)
        truth = self._truth(row, options, keys)
        if options is not None and items.options:
            options = published_values.in_order(options, self._filled(items.options.order, row))
        categories = [name for column in items.category for name in published_values.labels(self._filled(column, row))]
        within = tuple(name for name in items.subset if row[_IN + name])
        asked, formats = self._question(row)
        named: tuple[ClipKey | str, ...] = tuple(self._clips(row)) if items.clips else (f"{items.task}/{id_}",)
        item = ItemRow(
            id=id_,
            task=items.task,
            kind=None,
            clips=tuple(key.path if isinstance(key, ClipKey) else key for key in named),
            question=asked,
            options=None if options is None else tuple(options),
            truth=truth,
            category=categories[0] if categories else None,
            cluster=self._cell(items.cluster, row),
            difficulty=self._cell(items.difficulty, row),
            categories=tuple(dict.fromkeys(categories)) or None,
            language=self._cell(items.language, row),
            licence=self._cell(items.licence, row),
            settings=self._settings(row),
            published=True,
            subsets=within or None,
            formats=formats,
        )
        return item_rows.checked(item, self.task), named

    def _question(self, row: Row) -> tuple[str | None, str | None]:
        """What is asked; and where it is asked in several formats all questions by format, of which it is the first."""
        items = self.items
        if not items.formats:
            return "\n".join(filter(None, (self._filled(column, row) for column in items.question))) or None, None
        asked = {name: text for name, column in items.formats.items() if (text := self._cell(column, row))}
        return next(iter(asked.values()), None), json.dumps(asked, ensure_ascii=False) if asked else None

    @property
    def _has_labels(self) -> bool:
        given = self.items.options
        return given is not None and (given.labelled or given.text is not None)

    def _options(self, row: Row) -> tuple[list[str] | None, dict[str, str]]:
        """Options as they are stored, and by key where they are an object's."""
        given = self.items.options
        if given is None:
            return None, {}
        keys: dict[str, str] = {}
        if given.fixed:
            options = list(given.fixed)
        elif given.columns:
            options = [option for column in given.columns for option in self._of_column(column, row)]
        elif given.struct:
            keys = published_values.struct(self._needed(given.struct, row))
            options = list(keys.values())
        elif given.text:
            options = published_values.split_options(self._needed(given.text, row))
        else:
            options = published_values.text_list(self._needed(given.list, row))
        return published_values.without_labels(options) if given.labelled else options, keys

    def _of_column(self, column: str, row: Row) -> list[str]:
        """What a column of options has: its list, or one. NULL is no option: items may have fewer."""
        cell = row[column]
        if cell is None:
            return []
        return published_values.text_list(cell) if column in self._lists and cell.strip() else [cell]

    def _truth(self, row: Row, options: Sequence[str] | None, keys: Mapping[str, str]) -> str:
        """The answer as published: the option that is meant, or the text where none is."""
        answer: PublishedAnswer = self.items.answer
        if answer.items:
            return self._order(published_values.text_list(self._needed(answer.items, row)), options)
        text = self._filled(answer.text or answer.letter or answer.index, row)
        if text is None or not text.strip():
            return ""
        if answer.letter:
            return published_values.of_letter(text, options or (), keys) or text
        if answer.index:
            return published_values.of_place(text, options or (), answer.first) or text
        return published_values.unlabelled(text, options) if options and self._has_labels else text

    def _order(self, truth: Sequence[str], options: Sequence[str] | None) -> str:
        """An order as numbers of the options, or of the clips, from 1; of other kinds the list as JSON."""
        if self.task.kind != "order":
            return json.dumps(truth, ensure_ascii=False)
        if options is not None and set(truth) <= set(options):
            return " ".join(str(list(options).index(one) + 1) for one in truth)
        return " ".join(
            str(int(one) + 1 - self.items.answer.first) if one.strip().isdecimal() else one for one in truth
        )

    def _clips(self, row: Row) -> Iterator[ClipKey | str]:
        for given in self.items.clips:
            start, end = (published_values.seconds(self._filled(column, row)) for column in (given.start, given.end))
            if start and end is None:
                raise UnfitItemError("clips", f"its clip begins at {start:g} s and has no end")
            if end is not None and end <= (start or 0):
                raise UnfitItemError("clips", f"its clip ends at {end:g} s, before it begins")
            each: Sequence[str | None] = (None,)
            if given.each:
                each = published_values.text_list(self._needed(given.each, row))
            for one in each:
                if given.id:
                    yield self._needed(given.id, row)
                else:
                    path = self._needed(given.path, dict(row) | {"each": one})
                    yield ClipKey(_tidy(path), start if end is not None else None, end)

    def _settings(self, row: Row) -> str | None:
        """What the official rule wants to know, lists and objects as they are."""
        values = {name: self._filled(column, row) for name, column in self.items.settings.items()}
        told = {name: _json(value) for name, value in values.items() if value is not None}
        return json.dumps(told, ensure_ascii=False, sort_keys=True) if told else None

    def _cell(self, column: str | None, row: Row) -> str | None:
        """A column without blanks around it; NULL where nothing is left."""
        return (self._filled(column, row) or "").strip() or None

    def _needed(self, column: str | None, row: Row) -> str:
        if (text := self._filled(column, row)) is None or not text.strip():
            raise UnfitItemError("empty", f"{column} is empty")
        return text

    def _filled(self, column: str | None, row: Row) -> str | None:
        """What a column has, or a template with columns; NULL where one of them is."""
        if column is None:
            return None
        if "{" not in column:
            return row[column]
        names = _BRACED.findall(column)
        if any(row[name] is None for name in names):
            return None
        return _BRACED.sub(lambda found: str(row[found[1]]), column)


def _json(text: str) -> Any:
    """Lists and objects of JSON as such, everything else as the text that it is."""
    if text.lstrip()[:1] in ("[", "{"):
        try:
            return parse(text)
        except NotJson:
            return text
    return text


def _tidy(path: str) -> str:
    """A path with forward slashes and without `./`."""
    deep = "**/" if path.startswith("**/") else ""
    return deep + re.sub(r"^(\./)+", "", path.removeprefix("**/").replace("\\", "/"))


def _named(items: PublishedItems) -> Iterator[tuple[str, str]]:
    """Every column or template of a mapping, with its place."""
    for field in ("id", "difficulty", "cluster", "language", "licence", "artist", "album", "track"):
        if column := getattr(items, field):
            yield field, column
    yield from (("question", column) for column in items.question)
    yield from ((f"formats.{name}", column) for name, column in items.formats.items())
    yield from (("category", column) for column in items.category)
    yield from ((f"settings.{name}", column) for name, column in items.settings.items())
    for field in ("text", "letter", "index", "items"):
        if column := getattr(items.answer, field):
            yield f"answer.{field}", column
    if options := items.options:
        yield from (("options.columns", column) for column in options.columns)
        yield from ((f"options.{f}", c) for f in ("list", "struct", "text", "order") if (c := getattr(options, f)))
    for place, clip in enumerate(items.clips):
        yield from (
            (f"clips.{place}.{f}", c) for f in ("path", "id", "each", "start", "end") if (c := getattr(clip, f))
        )


def _columns_of(named: str) -> list[str]:
    return _BRACED.findall(named) if "{" in named else [named]
