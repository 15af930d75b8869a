"""The DuckDB that a card's SQL runs in: in memory, able to read one folder and nothing else.

Every SQL text of a card is one SELECT. It is always placed inside FROM (…), where DuckDB accepts
neither COPY nor any other statement that writes, not even in a WITH clause.
"""

# ruff: noqa: S608 - names and values go through `identifier` and `quote`
from __future__ import annotations

import re
import shutil
import tempfile
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from mudata.catalog.read.read_only import more_than_reading, refuse_more_than_reading
from mudata.catalog.read.scratch_database import new_instance
from mudata.catalog.read.sql_literals import allowed_literal, identifier
from mudata.errors import CardError, ReadError, is_of_machine

if TYPE_CHECKING:
    import pyarrow as pa

ARROW = "Deprecated lambda arrow"
"""In what DuckDB 2 says of `x -> x + 1`; the setting that it advises is locked."""
LAMBDA = "A function of a list's elements is written `lambda x: x + 1`, not `x -> x + 1`, since DuckDB 2."

_ADVICE = (
    "\n\nLINE ",
    "\nPossible ",
    "\n  file =",
    "\nThe search space used was:",
    "\nThis can happen when",
    "\nTry ",
)
"""What DuckDB's errors go on with: an echo of the SQL, and what to change in it."""
_WRONG_SQL = (
    duckdb.PermissionException,
    duckdb.ParserException,
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.NotImplementedException,
    duckdb.SyntaxException,
)


class RawSql:
    """A locked connection for the card `name` over the folder `files`, and over `scratch`, which
    is made by who needs it and goes with it.

    `linked` are files below it that are links: what they point to may be read as well.
    """

    def __init__(self, name: str, files: Path, linked: Sequence[Path] = ()) -> None:
        self.name = name
        self.files = files.resolve()
        self.scratch = Path(tempfile.gettempdir()).resolve() / f"mudata-{uuid.uuid4().hex}"
        self._connection = new_instance()
        for setting in (
            "python_enable_replacements = false",  # else SQL would see the variables of Python frames
            "autoinstall_known_extensions = false",
            "autoload_known_extensions = false",
            "temp_directory = ''",  # it would be readable
            f"allowed_directories = {allowed_literal([self.files, self.scratch])}",
            f"allowed_paths = {allowed_literal(path.resolve() for path in linked)}",
            "enable_external_access = false",
            "lock_configuration = true",
        ):
            self._connection.execute(f"SET {setting}")

    def close(self) -> None:
        self._connection.close()
        shutil.rmtree(self.scratch, ignore_errors=True)

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
        refuse_more_than_reading(expression)
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
            if is_of_machine(error):
                raise
            raise self.card_error(where, str(error)) from error
        if [statement_kind(statement) for statement in statements] != ["SELECT"]:
            raise self.card_error(where, "exactly one SELECT is expected")
        if more := more_than_reading(select):
            raise self.card_error(where, f"{more} is refused")
        return f"(\n{select.strip().rstrip(';')}\n)"

    def _card_sql(self, where: str, sql: str) -> list[tuple[object, ...]]:
        try:
            return self._connection.execute(sql).fetchall()
        except duckdb.Error as error:
            if is_of_machine(error):
                raise
            if isinstance(error, _WRONG_SQL) or "has been locked" in str(error):  # settings are
                raise self.card_error(where, str(error)) from error
            raise ReadError(
                f"{self.name}: {where}: {self._told(str(error))}", "The raw files differ from what the card expects."
            ) from error

    def _told(self, message: str) -> str:
        """DuckDB's message without its advice, with the line of a CSV file beside its name."""
        file = re.search(r"^\s*file = (.+)$", message, re.MULTILINE)
        line = re.search(r"CSV Error on Line: (\d+)", message)
        told = _first_lines(message).replace(f"{self.files}/", "").replace(f"{self.scratch}/", "")
        if file and line:
            told = re.sub(r"^.*?CSV Error on Line: \d+ ", f"{self.relative(file[1])}:{line[1]}: ", told)
        return told

    def card_error(self, where: str, problem: str) -> CardError:
        return CardError(
            f"Card {self.name}: {where}: {LAMBDA if ARROW in problem else _first_lines(problem)}",
            f"A card's SQL is one SELECT; it may only read below its folder ({self.files}), through the card's tables.",
        )

    def relative(self, path: str) -> str:
        return path.removeprefix(str(self.files)).replace("\\", "/").lstrip("/")


def statement_kind(statement: duckdb.Statement) -> str:
    """The kind of a statement in capitals, as DuckDB names it; UNKNOWN for kinds that its client for
    Python has no name for (UPDATE EXTENSIONS)."""
    try:
        return str(statement.type.name)
    except ValueError:
        return "UNKNOWN"


def _first_lines(message: str) -> str:
    """DuckDB's message without the echo of the SQL and the long list of advice."""
    for end in _ADVICE:
        message = message.partition(end)[0]
    return " ".join(message.split())[:600]
