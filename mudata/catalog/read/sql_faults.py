"""What of a card's SQL is refused whatever the files hold, told before anything is fetched.

The same checks as a reading makes, by the same code: each SELECT is looked at by itself, and then the card reads a
folder in which there is nothing, so that its SELECTs are bound to tables without rows.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from mudata.catalog.read import item_files, raw_tables
from mudata.catalog.read.card_sql import RawSql
from mudata.catalog.read.reader import read
from mudata.errors import CardError, ReadError

if TYPE_CHECKING:
    from mudata.catalog.cards.schema import Card


def faults_of_sql(card: Card) -> Iterator[str]:
    """What is wrong with the SQL of a dataset's card, each with its place."""
    with tempfile.TemporaryDirectory(prefix="mudata-") as folder:
        faults = list(_refusals(card, Path(folder)))
        files = card.exam.files if card.exam else {}
        shapes = [table.columns for table in card.tables.values()], [file.has_known_columns for file in files.values()]
        if not faults and all(all(kind) for kind in shapes):
            try:
                read(_with_optional_tables(card), Path(folder))
            except (CardError, ReadError) as error:
                faults.append(error.what)
    yield from (fault.removeprefix("Card ").removeprefix(f"{card.name}: ") for fault in faults)


def _refusals(card: Card, folder: Path) -> Iterator[str]:
    with contextlib.closing(RawSql(card.name, folder)) as sql:
        shapes_known = True
        for name, table in card.tables.items():
            shapes_known = shapes_known and bool(table.columns)
            try:
                if shapes_known:
                    raw_tables.check(sql, name, table)
                else:
                    sql.source(f"tables.{name}", table.select.replace("{path}", "''"))
            except CardError as error:
                yield error.what
        for name, file in (card.exam.files if card.exam else {}).items():
            try:
                if shapes_known and file.has_known_columns:
                    item_files.declare(sql, name, file)
                elif file.select:
                    sql.source(f"exam.files.{name}", file.select.replace("{rows}", "_rows"))
            except CardError as error:
                yield error.what
        for where, select in _selects(card):
            try:
                sql.source(where, select)
            except CardError as error:
                yield error.what


def _selects(card: Card) -> Iterator[tuple[str, str]]:
    """Every SELECT but those of tables, with its place in the card."""
    for position, rule in enumerate(card.clips):
        if rule.select:
            yield f"clips.{position}", rule.select
    for name, space in card.labels.items():
        if space.select:
            yield f"labels.{name}", space.select
    sections = {"captions": card.captions, "lyrics": card.lyrics, "attributes": card.attributes, "items": card.items}
    for where, rows in sections.items():
        if rows:
            yield where, rows.select
    for name, split in card.splits.items():
        yield f"splits.{name}", split.select


def _with_optional_tables(card: Card) -> Card:
    tables = {name: table.model_copy(update={"optional": True}) for name, table in card.tables.items()}
    exam = card.exam
    if exam:
        files = {name: file.model_copy(update={"optional": True}) for name, file in exam.files.items()}
        exam = exam.model_copy(update={"files": files})
    return card.model_copy(update={"tables": tables, "exam": exam})
