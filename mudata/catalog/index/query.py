"""Questions to the index in SQL: read-only, one statement, and nothing but the index can be
read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

import duckdb

from mudata.catalog.index import database
from mudata.catalog.index.composed_views import dataset_view, label_columns
from mudata.catalog.index.registered_views import all_tables
from mudata.catalog.read.card_sql import ARROW, LAMBDA, statement_kind
from mudata.catalog.read.read_only import is_one_query, more_than_reading
from mudata.catalog.tables import TABLES, Column
from mudata.errors import MudataError, QueryError, from_machine_error, is_of_machine

if TYPE_CHECKING:
    import pyarrow as pa

    from mudata.home import Home

Result = TypeVar("Result")

_KINDS = ("SELECT", "MULTI")
"""SELECT, FROM, WITH, VALUES, DESCRIBE, SHOW, SUMMARIZE;
DuckDB makes several statements of one PIVOT (MULTI), and of whatever a PIVOT stands in."""

_EXPLAIN = re.compile(r"\s*explain\s*(analyze\b|\(\s*(analyze|format)\b[^)]*\))?", re.IGNORECASE)


class Relation:
    """The answer to a query, on the index as it was when it was asked. Every method runs the query.

    Each raises QueryError for what only shows when it runs, such as a text that is no number.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, sql: str) -> None:
        self._connection = connection
        self._sql = check(connection, sql)
        bound = self._run(lambda: connection.sql(self._sql))
        self.columns: list[str] = list(bound.columns)
        self.types: list[str] = [str(type_) for type_ in bound.types]

    def fetchall(self) -> list[tuple[Any, ...]]:
        """All rows as tuples of Python values."""
        return self._run(lambda: self._connection.sql(self._sql).fetchall())

    def arrow(self) -> pa.Table:
        """All rows as an Arrow table."""
        return self._run(lambda: self._connection.sql(self._sql).to_arrow_table())

    def pl(self) -> Any:
        """All rows as a polars data frame. Raises QueryError without polars."""
        try:
            import polars  # noqa: F401 - duckdb imports it by itself, and says less when it is not there
        except ImportError as error:
            raise QueryError("A polars data frame needs the package 'polars'.", "Run: pip install polars") from error
        return self._run(lambda: self._connection.sql(self._sql).pl())

    def df(self) -> Any:
        """All rows as a pandas data frame."""
        return self._run(lambda: self._connection.sql(self._sql).df())

    def batches(self, rows: int = 10_000) -> Iterator[list[tuple[Any, ...]]]:
        """The rows as `fetchall` gives them, a few at a time:
        an answer of any length costs no memory here."""
        result = self._run(lambda: self._connection.execute(self._sql))
        while batch := self._run(lambda: result.fetchmany(rows)):
            yield batch

    def __repr__(self) -> str:
        return self._run(lambda: str(self._connection.sql(self._sql)))

    def _run(self, work: Callable[[], Result]) -> Result:
        """DuckDB's errors as ours.
        Works in a thread, so that Ctrl-C stops it whatever DuckDB is busy with."""
        with ThreadPoolExecutor(1) as thread:
            try:
                return thread.submit(work).result()
            except KeyboardInterrupt:
                self._connection.interrupt()
                raise
            except MemoryError as error:
                raise from_machine_error(error) or error from error
            except duckdb.Error as error:
                raise _query_error(error) from error
            except (ValueError, OverflowError, TypeError) as error:  # a date of a year that Python does not have
                raise QueryError(
                    f"The answer holds a value that Python cannot hold: {error}.", "Cast it to text: column::VARCHAR."
                ) from error


def run(home: Home, sql: str) -> Relation:
    """Ask the index. The relation has .df(), .arrow(), .fetchall(), .columns and .types.

    Raises QueryError for SQL that is wrong, or that wants more than to read the index.
    """
    try:
        return Relation(database.connect(home, asked=sql), sql)
    except QueryError:
        return Relation(database.connect(home), sql)  # what is wrong is told with the names of all tables at hand


def check(connection: duckdb.DuckDBPyConnection, sql: str) -> str:
    """The statement itself. Raises QueryError unless it is exactly one, and one that only reads."""
    try:
        sql.encode()  # DuckDB's client takes nothing else, and does not say so
        statements = connection.extract_statements(sql)
    except UnicodeEncodeError as error:
        raise QueryError(f"The query is not UTF-8 text, from sign {error.start} on.", "Save it as UTF-8.") from error
    except duckdb.Error as error:
        raise _query_error(error) from error
    if len(statements) != 1:
        raise QueryError(f"One statement is expected; got {len(statements)}.", _allowed())
    kind = statement_kind(statements[0])
    if kind in ("EXPLAIN", "MULTI") and (explain := _EXPLAIN.match(sql)):
        check(connection, sql[explain.end() :])  # EXPLAIN ANALYZE runs what it explains
        return sql
    refused = None if kind in _KINDS else f"a statement of kind {kind}"
    if kind == "MULTI" and not is_one_query(connection, sql):
        refused = "a PIVOT within another statement than a query"
    if refused := refused or more_than_reading(sql):
        raise QueryError(f"The index is read-only here; {refused} is refused.", _allowed())
    return sql


def schema(home: Home | None = None) -> list[dict[str, str]]:
    """Every column of every table: table, column, type, doc. With a home also those of the views
    `dataset_<name>`, one for each dataset that is indexed there."""
    return [
        {"table": table, "column": column.name, "type": column.type, "doc": column.doc}
        for table, columns in (all_tables() | _dataset_columns(home)).items()
        for column in columns
    ]


def schema_text(home: Home | None = None) -> str:
    """The tables of the index and what each column means, for people."""
    of_datasets = {table: columns[len(TABLES["clips"]) :] for table, columns in _dataset_columns(home).items()}
    tables = all_tables() | of_datasets
    name = max(len(column.name) for columns in tables.values() for column in columns)
    type_ = max(len(column.type) for columns in tables.values() for column in columns)
    lines = []
    for table, columns in tables.items():
        more = ": the columns of clips, and" if table in of_datasets else ""
        lines += ["", table + more, *(f"  {c.name:{name}}  {c.type:{type_}}  {c.doc}" for c in columns)]
    return "\n".join([*lines[1:], "", _DATASETS])


_DATASETS = (
    "dataset_<name> has the clips of one dataset with the columns that --where has: what holds there holds here,\n"
    "as in: FROM dataset_gtzan WHERE list_contains(genre, 'rock')"
)


def _dataset_columns(home: Home | None) -> dict[str, tuple[Column, ...]]:
    named = database.namespaces(home) if home else {}
    return {
        dataset_view(dataset): (
            *TABLES["clips"],
            *(Column(n, "VARCHAR[]", "canonical labels, sorted") for n in label_columns(spaces)),
        )
        for dataset, spaces in named.items()
    }


def _allowed() -> str:
    return (
        f"It is one SELECT over the tables of the index ({', '.join(all_tables())}, dataset_<name>),"
        " and can read no other file.\n"
        "See `mudata sql --schema`; to combine them with files of your own,"
        " open index/mudata.duckdb with duckdb itself."
    )


def _query_error(error: duckdb.Error) -> MudataError:
    if is_of_machine(error) and (known := from_machine_error(error)):
        return known
    message = str(error).strip()
    if ARROW in message:
        return QueryError(LAMBDA)
    if isinstance(error, duckdb.PermissionException):
        return QueryError(message.partition("\n")[0], _allowed())
    if isinstance(error, (duckdb.CatalogException, duckdb.BinderException)):
        return QueryError(message, "Tables and columns are listed by `mudata sql --schema`.")
    if "as valid UTF-8" in message:
        return QueryError(message.partition(". You may")[0] + ".", "Put back a copy of that file, or remove its run.")
    return QueryError(message)
