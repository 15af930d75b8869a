"""Item files of an exam: JSON, JSON lines, CSV, Parquet or plain text as a table of text in the card's database.

Every value is text: numbers as JSON writes them, lists and objects as JSON, null as NULL. A row that is none is told
with its place, and the rest goes on.
"""

# ruff: noqa: S608 - names and values go through `identifier`, a card's SQL through `RawSql`
from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from mudata.catalog.cards.schema import CardTable
from mudata.catalog.read import raw_tables
from mudata.catalog.read.file_contents import of_another_kind
from mudata.catalog.read.raw_tables import SHOWN_PER_FILE, BadRecord
from mudata.catalog.read.sql_literals import empty_select, identifier, paths_literal
from mudata.errors import ReadError
from mudata.json_files import NotJson, kind_of, parse

if TYPE_CHECKING:
    from mudata.catalog.cards.exam import ItemFile
    from mudata.catalog.read.card_sql import RawSql
    from mudata.catalog.read.dataset_contents import Issue

KEY, ROW = "_key", "_row"
"""Columns of ours: the key of a row in a map, and its number from 1."""
PATH, TEXT = "_path", "_text"
"""The columns of files that are text as a whole."""

_CSV = """SELECT * FROM read_csv({path}, header = true, all_varchar = true, delim = ',', quote = '"', escape = '"',
    store_rejects = true)"""
_DAMAGED = "The file is damaged or cut short. Delete it and fetch again, or bring it by hand."
_FORMAT = "Correct `format` or `layout` in the card; or the file is not the one that the card was written for."


def load(sql: RawSql, name: str, file: ItemFile, matching: Sequence[Path]) -> list[BadRecord]:
    """Create the table of an item file, all text, with `_row` (and `_key` of a map), then what its `select` makes.

    Gives rows that are none. Raises ReadError (no file, damaged, without a column that the card uses), CardError.
    """
    where = f"exam.files.{name}"
    if not matching:
        if file.optional:
            declare(sql, name, file)
            return []
        raise ReadError(
            f"{sql.name}: no file matches {file.path!r} (for {where}) below {sql.files}.",
            f"Run `mudata fetch {sql.name}`; with a copy of your own, name the folder that has it.",
        )
    if file.format == "csv":
        bad = raw_tables.load(sql, name, CardTable(path=file.path, select=_CSV, columns={}), matching)
        _numbered(sql, name, f"SELECT *, row_number() OVER () AS {ROW} FROM {identifier(name)}", where)
    elif file.format == "parquet":
        bad = []
        _parquet(sql, name, matching, where)
    elif file.format == "text":
        bad = _texts(sql, name, matching)
    else:
        bad = _json(sql, name, file, matching, where)
    given = sql.columns(where, f"SELECT * FROM {identifier(name)}")
    if missing := [column for column in file.columns if column not in given]:
        shown = ", ".join(sql.relative(str(path)) for path in matching[:3])
        raise ReadError(
            f"{sql.name}: {shown}: no column {', '.join(map(repr, missing))} (for {where}).\n"
            f"Expected: {', '.join(file.columns)}. Got: {', '.join(given)}.",
            "The file is not the one the card was written for, or the card's `columns` are wrong.",
        )
    _select(sql, name, file)
    return bad


def refuse_empty(sql: RawSql, files: Mapping[str, ItemFile], issues: Sequence[Issue]) -> None:
    """Raises ReadError for a file of which not one row could be read, with the first of the `issues` about it."""
    for name, file in files.items():
        if file.optional or file.select or sql.values(f"SELECT 1 FROM {identifier(name)} LIMIT 1"):
            continue
        told = [issue for issue in issues if fnmatch(issue.where.partition(":")[0], file.path.replace("**/", "*"))]
        why = f"; {told[0].where}: {told[0].what}" if told else ""
        raise ReadError(f"{sql.name}: {file.path}: there is not one item (for exam.files.{name}){why}.", _DAMAGED)


def declare(sql: RawSql, name: str, file: ItemFile) -> None:
    """The table without rows: of an optional file that is absent, and for the check of a card. Raises CardError."""
    own = [KEY] if file.layout == "map" else [PATH, TEXT] if file.format == "text" else []
    columns = [(column, "VARCHAR") for column in (*file.columns, *own, ROW)]
    sql.run(f"CREATE OR REPLACE TEMP TABLE {identifier(name)} AS {empty_select(dict(columns).items())}")
    _select(sql, name, file)


def _select(sql: RawSql, name: str, file: ItemFile) -> None:
    """Put what the card's SELECT makes of the rows in their place."""
    if file.select is None:
        return
    rows, where = f"_rows {name}", f"exam.files.{name}"
    sql.run(f"CREATE OR REPLACE TEMP TABLE {identifier(rows)} AS FROM {identifier(name)}")
    select = file.select.replace("{rows}", identifier(rows))
    _numbered(sql, name, f"SELECT * FROM {sql.source(where, select)}", where)
    sql.run(f"DROP TABLE {identifier(rows)}")


def _numbered(sql: RawSql, name: str, select: str, where: str) -> None:
    """Create the table `name` of a SELECT, every column as text; bytes (embedded audio) are left out."""
    types = {column: type_ for column, type_ in sql.columns(where, select).items() if "BLOB" not in type_}
    texts = ", ".join(f"{_text(column, type_)} AS {identifier(column)}" for column, type_ in types.items())
    sql.create(where, f"_new {name}", select, texts)
    sql.run(f"DROP TABLE IF EXISTS {identifier(name)}")
    sql.run(f"ALTER TABLE {identifier(f'_new {name}')} RENAME TO {identifier(name)}")


def _text(column: str, type_: str) -> str:
    nested = type_.endswith("]") or type_.startswith(("STRUCT", "MAP", "UNION"))
    return f"CAST({f'to_json({identifier(column)})' if nested else identifier(column)} AS VARCHAR)"


def _parquet(sql: RawSql, name: str, matching: Sequence[Path], where: str) -> None:
    for path in matching:
        if found := of_another_kind(path, "read_parquet"):
            raise ReadError(f"{sql.name}: {sql.relative(str(path))} (for {where}) is {found.what}.", found.hint)
    _numbered(
        sql,
        name,
        f"SELECT *, row_number() OVER () AS {ROW} FROM read_parquet({paths_literal(matching)}, union_by_name = true)",
        where,
    )


def _texts(sql: RawSql, name: str, matching: Sequence[Path]) -> list[BadRecord]:
    """A row for each file; one that is not UTF-8 is told."""
    bad: list[BadRecord] = []
    rows: list[dict[str, str]] = []
    for path in matching:
        shown = sql.relative(str(path))
        try:
            text = path.read_bytes().decode("utf-8-sig")
        except UnicodeDecodeError as error:
            bad.append(BadRecord(shown, None, f"no UTF-8 at byte {error.start}; left out"))
            continue
        rows.append({PATH: shown, TEXT: text, ROW: str(len(rows) + 1)})
    schema = pa.schema([(column, pa.string()) for column in (PATH, TEXT, ROW)])
    sql.register("_texts of files", pa.Table.from_pylist(rows, schema))
    sql.run(f'CREATE OR REPLACE TEMP TABLE {identifier(name)} AS FROM "_texts of files"')
    return bad


def _json(sql: RawSql, name: str, file: ItemFile, matching: Sequence[Path], where: str) -> list[BadRecord]:
    bad: list[BadRecord] = []
    rows: list[dict[str, str | None]] = []
    spelled: dict[str, str] = {}
    """Columns as they are first written: SQL knows no capitals."""
    for path in matching:
        shown = sql.relative(str(path))
        if found := of_another_kind(path, "read_json"):
            raise ReadError(f"{sql.name}: {shown} (for {where}) is {found.what}; items were expected.", found.hint)
        for line, key, value in _values(sql, path.read_bytes(), file, shown, where):
            if not isinstance(value, dict):
                bad.append(BadRecord(shown, line, _no_item(key, value)))
                continue
            row: dict[str, str | None] = {} if key is None else {KEY: key}
            for column, given in value.items():
                row.setdefault(spelled.setdefault(column.casefold(), column), _cell(given))
            rows.append(row | {ROW: str(len(rows) + 1)})
    columns = list(dict.fromkeys(column for row in rows for column in row)) or [*file.columns, ROW]
    table = pa.table({column: pa.array([row.get(column) for row in rows], pa.string()) for column in columns})
    sql.register("_items of a file", table)
    sql.run(f'CREATE OR REPLACE TEMP TABLE {identifier(name)} AS FROM "_items of a file"')
    if (more := len(bad) - SHOWN_PER_FILE) > 0:
        bad[SHOWN_PER_FILE:] = [BadRecord(bad[-1].file, None, f"and {more:,} more rows that are no items")]
    return bad


def _no_item(key: str | None, value: Any) -> str:
    """Why a row is none."""
    at = "" if key is None else f"{key!r}: "
    if isinstance(value, NotJson):
        return f"{at}no JSON: {value.problem}; left out"
    return f"{at}an item is an object, this is {kind_of(value)}; left out"


def _values(
    sql: RawSql, raw: bytes, file: ItemFile, shown: str, where: str
) -> Iterator[tuple[int | None, str | None, Any]]:
    """Line, key (of a map) and value of every row; a line that is no JSON gives its NotJson. A list in a file of lines,
    and lines in a file of a list, are taken for what they are."""
    try:
        whole, problem = parse(raw), None
    except NotJson as error:
        whole, problem = None, error
    if file.layout == "map" and problem is None and isinstance(whole, dict):
        yield from ((None, key, value) for key, value in whole.items())
    elif file.layout == "list" and isinstance(whole, list):
        yield from ((None, None, value) for value in whole)
    elif file.layout == "list" and (file.format == "jsonl" or (problem and _is_lines(raw))):
        yield from _lines(raw)
    elif problem is not None:
        raise ReadError(f"{sql.name}: {shown}:{problem.line}: no JSON: {problem.problem} (for {where}).", _DAMAGED)
    else:
        expected = "an object of items by id" if file.layout == "map" else "a list of items"
        keys = f" with the keys {', '.join(list(whole)[:5])}" if isinstance(whole, dict) else ""
        raise ReadError(f"{sql.name}: {shown}: expected {expected}, got {kind_of(whole)}{keys} (for {where}).", _FORMAT)


def _is_lines(raw: bytes) -> bool:
    """Whether the first line is an object of its own."""
    first = raw.lstrip().partition(b"\n")[0]
    try:
        return isinstance(parse(first), dict)
    except NotJson:
        return False


def _lines(raw: bytes) -> Iterator[tuple[int, None, Any]]:
    for line, text in enumerate(raw.split(b"\n"), 1):
        if text.strip():
            try:
                yield line, None, parse(text)
            except NotJson as error:
                yield line, None, error


def _cell(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
