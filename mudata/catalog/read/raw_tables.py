"""A card's raw tables: read by its SQL, checked against the columns it declares, and told where they do not fit."""

# ruff: noqa: S608 - names and values go through `identifier` and `quote`, a card's SQL through `RawSql`
from __future__ import annotations

import contextlib
import mmap
import re
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import duckdb

from mudata.catalog.read import csv_records
from mudata.catalog.read.file_contents import of_another_kind
from mudata.catalog.read.sql_literals import empty_select, identifier, paths_literal
from mudata.errors import CardError, ReadError, is_of_machine, number, some
from mudata.json_files import NotJson, parse

if TYPE_CHECKING:
    from mudata.catalog.cards.schema import CardTable
    from mudata.catalog.read.card_sql import RawSql

SHOWN_PER_FILE = 20
"""Bad records told one by one; the rest of a file is only counted."""
_REJECTS = "store_rejects"
_TYPE = re.compile(r"[A-Za-z][A-Za-z0-9_ ,()\[\]]*")
_DIFFERS = "The file is not the one the card was written for, or the card's `select` is wrong."


class BadRecord(NamedTuple):
    """A record that does not fit the rest of its file;
    `line` counts from 1, None for those that are only counted."""

    file: str
    line: int | None
    problem: str


def load(sql: RawSql, name: str, table: CardTable, matching: Sequence[Path]) -> list[BadRecord]:
    """Create a raw table of the card, read from the matching files and checked against its declared columns.

    Blank rows are left out. Where DuckDB cannot read a CSV file, its records are looked at one by one: with
    `store_rejects` those that do not fit are left out. Gives what was left out, without what DuckDB itself puts aside
    (`rejected`). Raises ReadError if the files lack the shape, CardError if the SQL is wrong.
    """
    where = f"tables.{name}"
    _check_types(sql, where, table)
    if not matching:
        if not table.optional:
            raise ReadError(
                f"{sql.name}: no file matches {table.path!r} (for {where}) below {sql.files}.",
                f"Run `mudata fetch {sql.name}`; with a copy of your own, name the folder that has it.",
            )
        _create_empty(sql, name, table)
        return []
    for path in matching:
        if found := of_another_kind(path, table.select):
            file = sql.relative(str(path))
            raise ReadError(f"{sql.name}: {file} (for {where}) is {found.what}; a table was expected.", found.hint)
    left_out: list[BadRecord] = []
    trouble: ReadError | CardError | bool | None
    try:
        _create(sql, name, table, matching, matching)
        trouble = _quotes_left(sql, name, table)
    except (ReadError, CardError) as error:
        trouble = error
    if trouble is not None and (mended := _mended(sql, where, table, matching, trouble)):
        copies, left_out = mended
        _create(sql, name, table, copies, matching)
    if len(table.columns) > 1:
        empty = " AND ".join(f"coalesce(trim({identifier(c)}::VARCHAR), '') = ''" for c in table.columns)
        ((blank,),) = sql.values(f"DELETE FROM {identifier(name)} WHERE {empty}")
        if blank:
            left_out.append(BadRecord(_shown(sql, matching), None, f"{number(int(str(blank)), 'blank row')} left out"))
    return left_out


def check(sql: RawSql, name: str, table: CardTable) -> None:
    """Raises CardError for a SELECT that `load` refuses, as far as that is seen without a file; else the raw table
    is created, without rows."""
    where = f"tables.{name}"
    _check_types(sql, where, table)
    with contextlib.suppress(ReadError):  # there is no such file
        sql.columns(where, table.select.replace("{path}", paths_literal([sql.files / "none"])))
    _create_empty(sql, name, table)


def _create_empty(sql: RawSql, name: str, table: CardTable) -> None:
    sql.run(f"CREATE TEMP TABLE {identifier(name)} AS {empty_select(table.columns.items())}")


def _check_types(sql: RawSql, where: str, table: CardTable) -> None:
    if bad := [type_ for type_ in table.columns.values() if not _TYPE.fullmatch(type_)]:
        raise sql.card_error(where, f"{bad[0]!r} is not a type")


def _create(sql: RawSql, name: str, table: CardTable, files: Sequence[Path], matching: Sequence[Path]) -> None:
    """Create the table from `files`, which are those that match or copies of them."""
    where, shown = f"tables.{name}", _shown(sql, matching)
    select = _with_quote(table.select, files).replace("{path}", paths_literal(files))
    try:
        types = sql.columns(where, select)
    except CardError as error:
        if "Referenced column" in error.what:  # the SELECT names columns of the file: it is the file that differs
            raise ReadError(f"{sql.name}: {shown}: {error.what}", "Compare the file with the card.") from error
        raise
    if missing := [column for column in table.columns if column not in types]:
        raise ReadError(
            f"{sql.name}: {shown}: no column {', '.join(map(repr, missing))} (for {where}).\n"
            f"Expected: {', '.join(table.columns)}. Got: {', '.join(types)}.",
            _DIFFERS,
        )
    casts = [f"CAST({_text(c, types[c], t)} AS {t}) AS {identifier(c)}" for c, t in table.columns.items()]
    try:
        sql.create(where, name, select, ", ".join(casts) or "*")
    except ReadError as error:
        raise _told_by_column(sql, where, table, select, shown) or ReadError(
            f"{sql.name}: {shown}: {error.what}", error.hint
        ) from error


def _text(column: str, found: str, wanted: str) -> str:
    """A column as SQL: of JSON, which a column of numbers and texts is, each as its text without quotes."""
    return f"({identifier(column)} ->> '$')" if found == "JSON" and wanted.upper() == "VARCHAR" else identifier(column)


def _with_quote(select: str, files: Sequence[Path]) -> str:
    """The SELECT, with the quote that CSV has where DuckDB would take apostrophes for quotes: fields begin with them,
    and the first line does not."""
    given = csv_records.options(select)
    if given is None or not given.quoted or "quote" in select or not any(map(_has_apostrophes, files)):
        return select
    return re.sub(r"(\bread_csv(?:_auto)?\s*\(\s*\{path\})", r"""\1, quote = '"', escape = '"'""", select)


def _has_apostrophes(path: Path) -> bool:
    if not path.stat().st_size:
        return False
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return data[:1] != b"'" and any(data.find(sign + b"'") >= 0 for sign in (b"\n", b"\r", b",", b"\t", b";", b"|"))


def _shown(sql: RawSql, matching: Sequence[Path]) -> str:
    return some((sql.relative(str(path)) for path in matching), 3, counted=False)


def _quotes_left(sql: RawSql, name: str, table: CardTable) -> bool | None:
    """True if fields begin with a quote: DuckDB guesses that a file has no quotes where one is never closed."""
    given = csv_records.options(table.select)
    if given is None or not given.quoted or "quote" in table.select or not table.columns:
        return None
    begins = " OR ".join(f"starts_with({identifier(column)}::VARCHAR, chr(34))" for column in table.columns)
    return bool(sql.values(f"SELECT 1 FROM {identifier(name)} WHERE {begins} LIMIT 1")) or None


def _mended(
    sql: RawSql, where: str, table: CardTable, matching: Sequence[Path], trouble: ReadError | CardError | bool
) -> tuple[list[Path], list[BadRecord]] | None:
    """Copies of CSV files that DuckDB can read, and the records that they lack; None if nothing is wrong with them.

    Raises a ReadError that says where files are wrong if records that do not fit are not to be left out, and `trouble`,
    which DuckDB had with them, if they are not wrong.
    """
    given = csv_records.options(table.select)
    examined = [(path, csv_records.examine(path, given)) for path in matching] if given else []
    faults = [f"{sql.relative(str(path))}:{line}: {what}" for path, found in examined for line, what in found.faults]
    if faults and _REJECTS not in table.select:
        more = f"\n  and {len(faults) - 5:,} more" if len(faults) > 5 else ""
        raise ReadError(
            f"{sql.name}: {where}: {number(len(faults), 'record does', 'records do')} not fit:\n  "
            + "\n  ".join(faults[:5])
            + more,
            "Mend the lines; or have them left out and told: `store_rejects = true` in the card's read_csv.",
        ) from (trouble if isinstance(trouble, Exception) else None)
    if not faults and not any(len(found.line_ends) > 1 or found.blank for _, found in examined):
        if not isinstance(trouble, Exception):
            return None
        raise _not_json(sql, where, table, matching) or trouble
    copies: list[Path] = []
    left_out: list[BadRecord] = []
    for path, found in examined:
        copy, file = sql.scratch / f"{where}-{len(copies)}" / path.name, sql.relative(str(path))
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text("".join(f"{line}\n" for line in found.fitting), "utf-8", "replace", newline="")
        copies.append(copy)
        left_out += [BadRecord(file, line, what) for line, what in found.faults[:SHOWN_PER_FILE]]
        if (more_ := len(found.faults) - SHOWN_PER_FILE) > 0:
            left_out.append(BadRecord(file, None, f"and {more_} more records that do not fit"))
        if found.blank:
            left_out.append(BadRecord(file, None, f"{number(found.blank, 'blank row')} left out"))
    return copies, left_out


def _not_json(sql: RawSql, where: str, table: CardTable, matching: Sequence[Path]) -> ReadError | None:
    """Where the first file lies wrong that a SELECT reads as JSON and that is none."""
    if "read_json" not in table.select and "read_ndjson" not in table.select:
        return None
    for path in matching:
        raw = path.read_bytes()
        lines = raw.split(b"\n") if path.suffix in (".jsonl", ".ndjson") else [raw]
        for line, text in enumerate(lines, 1):
            try:
                if text.strip():
                    parse(text, line=line)
            except NotJson as problem:
                file = sql.relative(str(path))
                return ReadError(
                    f"{sql.name}: {file}:{problem.line}: no JSON: {problem.problem} (for {where}).",
                    "The file is damaged or cut short. Delete it and fetch again, or bring it by hand.",
                )
    return None


def rejected(sql: RawSql) -> list[BadRecord]:
    """What `store_rejects = true` in the tables' SELECTs has put aside."""
    try:
        rejected = sql.values(
            "SELECT DISTINCT ON (file_path, line) file_path, line, line_byte_position,"
            " error_message, coalesce(column_name, '')"
            " FROM reject_errors JOIN reject_scans USING (scan_id, file_id)"
            " ORDER BY file_path, line, column_idx"
        )
    except duckdb.CatalogException:  # no table asked for it
        return []
    records: list[BadRecord] = []
    for path, group in groupby(rejected, key=lambda row: str(row[0])):
        rows = list(group)
        file = sql.relative(path)
        lines = _lines(Path(path), [(int(str(r[1])), int(str(r[2]))) for r in rows[:SHOWN_PER_FILE]])
        for line, (*_, message, column) in zip(lines, rows, strict=False):
            records.append(BadRecord(file, line, f"{message}{f' Column: {column}.' if column else ''}"))
        if more := len(rows) - len(lines):
            records.append(BadRecord(file, None, f"and {more} more records that do not fit"))
    return records


def _told_by_column(sql: RawSql, where: str, table: CardTable, select: str, shown: str) -> ReadError | None:
    """Which column holds a value that is not of its declared type, if that is what is wrong."""
    for column, type_ in table.columns.items():
        name = identifier(column)
        wrong = (
            f"SELECT {name}::VARCHAR FROM {sql.source(where, select)}"
            f" WHERE {name} IS NOT NULL AND TRY_CAST({name} AS {type_}) IS NULL LIMIT 1"
        )
        try:
            rows = sql.values(wrong)
        except duckdb.Error as error:
            if is_of_machine(error):
                raise
            return None
        if rows:
            return ReadError(
                f"{sql.name}: {shown}: column {column!r} (for {where}): expected {type_}, got {rows[0][0]!r}.",
                "The file is not the one the card was written for, or it is damaged.",
            )
    return None


def _lines(path: Path, records: Sequence[tuple[int, int]]) -> list[int]:
    """Physical lines (from 1) of records given as
    (record number, position of its first byte from 1), ascending.

    DuckDB counts records, which differ from lines where quoted fields hold newlines. A position
    that is not the start of a line (another encoding than UTF-8) is not trusted.
    """
    lines: list[int] = []
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        line, at, sign = 1, 0, b"\n" if data.find(b"\n") >= 0 else b"\r"
        for record, position in records:
            start = position - 1
            if not at < start < len(data) or data[start - 1] not in b"\r\n":
                lines.append(record)
                continue
            while (newline := data.find(sign, at, start)) >= 0:
                line, at = line + 1, newline + 1
            lines.append(line)
    return lines
