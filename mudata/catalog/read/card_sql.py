"""The DuckDB that a card's SQL runs in: in memory, able to read one folder and nothing else.

Every SQL text of a card is one SELECT. It is always placed inside FROM (…), where DuckDB accepts
neither COPY nor any other statement that writes, not even in a WITH clause.
"""

# ruff: noqa: S608 - names and values go through `identifier` and `quote`
from __future__ import annotations

import mmap
import re
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import duckdb

from mudata.catalog.read.sql_literals import allowed_literal, empty_select, identifier, paths_literal
from mudata.errors import CardError, ReadError, some

if TYPE_CHECKING:
    import pyarrow as pa

    from mudata.catalog.cards.schema import CardTable

SHOWN_PER_FILE = 20
"""Bad records told one by one; the rest of a file is only counted."""

ARROW = "Deprecated lambda arrow"
"""In what DuckDB 2 says of `x -> x + 1`; the setting that it advises is locked."""
LAMBDA = "A function of a list's elements is written `lambda x: x + 1`, not `x -> x + 1`, since DuckDB 2."

_TYPE = re.compile(r"[A-Za-z][A-Za-z0-9_ ,()\[\]]*")
_WRONG_SQL = (
    duckdb.PermissionException,
    duckdb.ParserException,
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.NotImplementedException,
    duckdb.SyntaxException,
)


class BadRecord(NamedTuple):
    """A record that does not fit the rest of its file;
    `line` counts from 1, None for those that are only counted."""

    file: str
    line: int | None
    problem: str


class RawSql:
    """A locked connection for the card `name` over the folder `files`.

    `linked` are files below it that are links: what they point to may be read as well.
    """

    def __init__(self, name: str, files: Path, linked: Sequence[Path] = ()) -> None:
        self.name = name
        self.files = files.resolve()
        self._connection = duckdb.connect(":memory:")
        for setting in (
            "python_enable_replacements = false",  # else SQL would see the variables of Python frames
            "autoinstall_known_extensions = false",
            "autoload_known_extensions = false",
            "temp_directory = ''",  # it would be readable
            f"allowed_directories = {allowed_literal([self.files])}",
            f"allowed_paths = {allowed_literal(path.resolve() for path in linked)}",
            "enable_external_access = false",
            "lock_configuration = true",
        ):
            self._connection.execute(f"SET {setting}")

    def close(self) -> None:
        self._connection.close()

    def register(self, name: str, table: pa.Table) -> None:
        """Make an Arrow table visible under a name."""
        self._connection.register(name, table)

    def run(self, sql: str) -> None:
        """Execute a statement of ours, without a card's SQL in it."""
        self._connection.execute(sql).fetchall()

    def fetch(self, sql: str) -> pa.Table:
        """The result of a query of ours."""
        return self._connection.sql(sql).to_arrow_table()

    def values(self, sql: str) -> list[tuple[object, ...]]:
        """The rows of a small query of ours."""
        return self._connection.execute(sql).fetchall()

    def condition(self, name: str, table: str, expression: str) -> None:
        """Create the table `name` of the rows of `table` for which a user's SQL expression holds.

        Raises duckdb.Error: only the caller knows whom to tell.
        """
        # a filter is parsed as one expression, so that nothing can stand before or after it
        self._connection.table(table).filter(expression).create(name)

    def columns(self, where: str, select: str) -> dict[str, str]:
        """Names and types of what a card's SELECT gives. Raises CardError or ReadError."""
        described = self._card_sql(where, f"DESCRIBE SELECT * FROM {self.source(where, select)}")
        return {str(row[0]): str(row[1]) for row in described}

    def create(self, where: str, name: str, select: str, result: str = "*") -> None:
        """CREATE TEMP TABLE `name` AS SELECT `result` FROM (the card's SELECT).

        `where` says in errors whose SELECT it is. Raises CardError or ReadError.
        """
        sql = f"CREATE OR REPLACE TEMP TABLE {identifier(name)} AS SELECT {result} FROM {self.source(where, select)}"
        self._card_sql(where, sql)

    def source(self, where: str, select: str) -> str:
        """A card's SELECT in a form that can follow FROM.
        Raises CardError unless it is exactly one SELECT."""
        try:
            statements = self._connection.extract_statements(select)
        except duckdb.Error as error:
            raise self._card_error(where, str(error)) from error
        if [statement_kind(statement) for statement in statements] != ["SELECT"]:
            raise self._card_error(where, "exactly one SELECT is expected")
        return f"(\n{select.strip().rstrip(';')}\n)"

    def load(self, name: str, table: CardTable, matching: Sequence[Path]) -> None:
        """A raw table of the card,
        read from the matching files and checked against its declared columns.

        Raises ReadError if the files lack the shape, CardError if the SQL is wrong.
        """
        where = f"tables.{name}"
        if bad := [t for t in table.columns.values() if not _TYPE.fullmatch(t)]:
            raise self._card_error(where, f"{bad[0]!r} is not a type")
        if not matching:
            if not table.optional:
                raise ReadError(
                    f"{self.name}: no file matches {table.path!r} (for {where}) below {self.files}.",
                    f"Run `mudata fetch {self.name}`; with a copy of your own, name the folder that has it.",
                )
            self.run(f"CREATE TEMP TABLE {identifier(name)} AS {empty_select(table.columns.items())}")
            return
        shown = some((self._relative(str(path)) for path in matching), 3, counted=False)
        select = table.select.replace("{path}", paths_literal(matching))
        try:
            types = self.columns(where, select)
        except CardError as error:
            if "Referenced column" in error.what:  # the SELECT names columns of the file: it is the file that differs
                raise ReadError(f"{self.name}: {shown}: {error.what}", "Compare the file with the card.") from error
            raise
        if missing := [column for column in table.columns if column not in types]:
            raise ReadError(
                f"{self.name}: {shown}: no column {', '.join(map(repr, missing))} (for {where}).\n"
                f"Expected: {', '.join(table.columns)}. Got: {', '.join(types)}.",
                "The file is not the one the card was written for, or the card's `select` is wrong.",
            )
        casts = [f"CAST({identifier(c)} AS {t}) AS {identifier(c)}" for c, t in table.columns.items()]
        try:
            self.create(where, name, select, ", ".join(casts) or "*")
        except ReadError as error:
            raise self._told_by_column(where, table, select, shown) or ReadError(
                f"{self.name}: {shown}: {error.what}", error.hint
            ) from error

    def bad_records(self) -> list[BadRecord]:
        """What `store_rejects = true` in the tables' SELECTs has put aside."""
        try:
            rejected = self.values(
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
            file = self._relative(path)
            lines = _lines(Path(path), [(int(str(r[1])), int(str(r[2]))) for r in rows[:SHOWN_PER_FILE]])
            for line, (*_, message, column) in zip(lines, rows, strict=False):
                records.append(BadRecord(file, line, f"{message}{f' Column: {column}.' if column else ''}"))
            if more := len(rows) - len(lines):
                records.append(BadRecord(file, None, f"and {more} more records that do not fit"))
        return records

    def _told_by_column(self, where: str, table: CardTable, select: str, shown: str) -> ReadError | None:
        """Which column holds a value that is not of its declared type, if that is what is wrong."""
        for column, type_ in table.columns.items():
            name = identifier(column)
            wrong = (
                f"SELECT {name}::VARCHAR FROM {self.source(where, select)}"
                f" WHERE {name} IS NOT NULL AND TRY_CAST({name} AS {type_}) IS NULL LIMIT 1"
            )
            try:
                rows = self.values(wrong)
            except duckdb.Error:
                return None
            if rows:
                return ReadError(
                    f"{self.name}: {shown}: column {column!r} (for {where}): expected {type_}, got {rows[0][0]!r}.",
                    "The file is not the one the card was written for, or it is damaged.",
                )
        return None

    def _card_sql(self, where: str, sql: str) -> list[tuple[object, ...]]:
        try:
            return self._connection.execute(sql).fetchall()
        except duckdb.Error as error:
            if isinstance(error, _WRONG_SQL) or "has been locked" in str(error):  # settings are
                raise self._card_error(where, str(error)) from error
            raise ReadError(
                f"{self.name}: {where}: {_first_lines(str(error))}", "The raw files differ from what the card expects."
            ) from error

    def _card_error(self, where: str, problem: str) -> CardError:
        return CardError(
            f"Card {self.name}: {where}: {LAMBDA if ARROW in problem else _first_lines(problem)}",
            f"A card's SQL is one SELECT; it may only read below its folder ({self.files}), through the card's tables.",
        )

    def _relative(self, path: str) -> str:
        return path.removeprefix(str(self.files)).replace("\\", "/").lstrip("/")


def statement_kind(statement: duckdb.Statement) -> str:
    """The kind of a statement in capitals, as DuckDB names it; UNKNOWN for kinds that its client for
    Python has no name for (UPDATE EXTENSIONS)."""
    try:
        return str(statement.type.name)
    except ValueError:
        return "UNKNOWN"


def _lines(path: Path, records: Sequence[tuple[int, int]]) -> list[int]:
    """Physical lines (from 1) of records given as
    (record number, position of its first byte from 1), ascending.

    DuckDB counts records, which differ from lines where quoted fields hold newlines. A position
    that is not the start of a line (another encoding than UTF-8) is not trusted.
    """
    lines: list[int] = []
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        line, at = 1, 0
        for record, position in records:
            start = position - 1
            if not at < start < len(data) or data[start - 1] not in b"\r\n":
                lines.append(record)
                continue
            while (newline := data.find(b"\n", at, start)) >= 0:
                line, at = line + 1, newline + 1
            lines.append(line)
    return lines


def _first_lines(message: str) -> str:
    """DuckDB's message without the echo of the SQL and the long list of advice."""
    for end in ("\n\nLINE ", "\nPossible fixes:", "\n  file ="):
        message = message.partition(end)[0]
    return " ".join(message.split())[:600]
