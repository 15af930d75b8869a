"""Rows of a raw table that make one clip twice: where they stand."""

# ruff: noqa: S608 - names and values go through `identifier` and `quote`
from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from mudata.catalog.read import csv_records
from mudata.catalog.read.sql_literals import identifier, quote

if TYPE_CHECKING:
    from mudata.catalog.cards.schema import Card
    from mudata.catalog.read.card_sql import RawSql

_SHOWN = 5


def places(sql: RawSql, card: Card, tables: Mapping[str, Sequence[Path]], id_: str, path: str) -> list[str]:
    """The rows that a clip comes from, as 'list.csv, lines 2 and 5' (or rows, where a file has no lines).

    They are those that hold the clip's id, its path, or its file's name; none if they say it in another way.
    """
    named = PurePosixPath(path)
    values = {id_, path, named.name, named.stem}
    found: list[str] = []
    for name, matching in tables.items():
        given = csv_records.options(card.tables[name].select)
        if given:
            of_file = {file: csv_records.lines_with(file, given, values) for file in matching}
            several = ((file, lines) for file, lines in of_file.items() if len(lines) > 1)
            found += [f"{sql.relative(str(file))}, lines {_listed(lines)}" for file, lines in several]
        elif matching and len(rows := _rows(sql, name, values)) > 1:
            found.append(f"{', '.join(sql.relative(str(file)) for file in matching[:3])}, rows {_listed(rows)}")
    return found


def _rows(sql: RawSql, table: str, values: Collection[str]) -> list[int]:
    columns = [str(name) for name, *_ in sql.values(f"DESCRIBE {identifier(table)}")]
    wanted = ", ".join(map(quote, sorted(values)))
    holds = " OR ".join(f"{identifier(column)}::VARCHAR IN ({wanted})" for column in columns)
    found = sql.values(f"SELECT rowid + 1 FROM {identifier(table)} WHERE {holds} ORDER BY rowid LIMIT 100")
    return [int(str(row)) for (row,) in found]


def _listed(numbers: Sequence[int]) -> str:
    shown = [str(number) for number in numbers[:_SHOWN]]
    if more := len(numbers) - len(shown):
        return f"{', '.join(shown)} and {more} more"
    return f"{', '.join(shown[:-1])} and {shown[-1]}"
