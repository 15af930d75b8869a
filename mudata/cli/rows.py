"""The rows of a query on stdout or in a file: as a table, JSON, CSV or Parquet.
What is left out is counted."""

from __future__ import annotations

import contextlib
import json
import math
import sys
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mudata.cli.output import echo, emit
from mudata.csv_lines import csv_line
from mudata.errors import QueryError
from mudata.json_files import NotJson, parse
from mudata.safe_text import escaped, printable

if TYPE_CHECKING:
    from mudata.catalog.index.query import Relation


def print_table(relation: Relation, limit: int) -> int:
    """An aligned table of at most `limit` rows; the number of rows left out."""
    rows = _Rows(relation, limit)
    if relation.columns == ["explain_key", "explain_value"]:  # a drawing of several lines
        for _, drawing in rows:
            echo(drawing)
    else:
        shown = [dict(zip(rows.names, map(_shown, row), strict=True)) for row in rows]
        emit(shown, as_json=False, hint="What is there: mudata stats, mudata sql --schema")
    return rows.left


def print_json(relation: Relation, limit: int | None = None) -> int:
    """A JSON array of one object per row, a row per line; the number of rows left out."""
    rows = _Rows(relation, limit)
    document = [type_ == "JSON" for type_ in relation.types]
    before = "[\n"
    for row in rows:
        values = [_document(v) if d and v is not None else v for d, v in zip(document, row, strict=True)]
        record = {name: plain(value) for name, value in zip(rows.names, values, strict=True)}
        click.echo(before + escaped(json.dumps(record, ensure_ascii=False, allow_nan=False)), nl=False)
        before = ",\n"
    click.echo("[]" if before == "[\n" else "\n]")
    return rows.left


def print_csv(relation: Relation, limit: int | None = None) -> int:
    """CSV with a header; NULL is empty, lists and structs are JSON. The number of rows left out."""
    rows = _Rows(relation, limit)
    seen = sys.stdout.isatty()  # by a person: a terminal would obey what is data to a program
    sys.stdout.write(csv_line(rows.names))
    for row in rows:
        cells = [_cell(value) for value in row]
        shown = [printable(cell) if seen and isinstance(cell, str) else cell for cell in cells]
        sys.stdout.write(csv_line(shown))
    return rows.left


def write_parquet(relation: Relation, path: Path) -> int:
    """All rows as a Parquet file that is there as a whole or not at all;
    their number. Raises QueryError."""
    import pyarrow.parquet

    table = relation.arrow().rename_columns(_unique(relation.columns))
    temporary = path.with_name(f".{path.name}.part")
    try:
        pyarrow.parquet.write_table(table, temporary, compression="zstd")
        temporary.replace(path)
    except OSError as error:
        raise QueryError(
            f"{path} cannot be written: {error.strerror or error}.", "Name a file where there is room and permission."
        ) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()
    return int(table.num_rows)


def plain(value: Any) -> Any:
    """What JSON can say. It has no NaN and no infinity (null),
    no dates (ISO 8601), no bytes (hexadecimal)."""
    written: Any = str(value)
    match value:
        case None | bool() | int():
            written = value
        case float():
            written = value if math.isfinite(value) else None
        case Decimal():
            written = int(value) if value == value.to_integral_value() else float(value)
        case datetime() | date() | time():
            written = value.isoformat()
        case bytes():
            written = value.hex()
        case list() | tuple():
            written = [plain(item) for item in value]
        case dict():
            written = {str(key): plain(item) for key, item in value.items()}
    return written


def _document(text: str) -> Any:
    """The value of a JSON document; one that cannot be read, or holds what JSON cannot say, stays text."""
    try:
        return parse(text)
    except NotJson:
        return text


class _Rows:
    """The first `limit` rows; `left` counts the others once they are read."""

    def __init__(self, relation: Relation, limit: int | None) -> None:
        self.names = _unique(relation.columns)
        self.left = 0
        self._batches = relation.batches()
        self._limit = limit

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        seen = 0
        for batch in self._batches:
            room = len(batch) if self._limit is None else max(self._limit - seen, 0)
            yield from batch[:room]
            seen += len(batch)
            self.left += len(batch) - len(batch[:room])


def _unique(names: list[str]) -> list[str]:
    """Column names with numbers where they repeat: a, a_1."""
    unique: list[str] = []
    for name in names:
        given, n = name, 0
        while given in unique:
            n += 1
            given = f"{name}_{n}"
        unique.append(given)
    return unique


def _cell(value: Any) -> Any:
    """A value in CSV: as in JSON, but for NaN, infinity and decimals, which can be written here."""
    if isinstance(value, float | Decimal):
        return str(value)
    written = plain(value)
    if isinstance(written, bool):
        return str(written).lower()
    return json.dumps(written, ensure_ascii=False) if isinstance(written, list | dict) else written


def _shown(value: Any) -> Any:
    """A value in a table for people."""
    if isinstance(value, float):
        return f"{value:.6g}"
    return value if isinstance(value, list | tuple) else _cell(value)
