"""Databases of a context's own, for mudata's own statements.

To start DuckDB takes longer than most of what it is asked, since it makes the tables of its own functions each time.
So a process starts it once, and every caller gets a session and a database of its own in it. SQL of users and of
cards never comes here: it needs an instance whose settings are locked (`index.database.connect`, `read.card_sql`).
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import threading
from collections.abc import Iterator
from pathlib import Path

import duckdb

from mudata.catalog.read.sql_literals import quote
from mudata.memory import require_least, spare, threads

STORAGE = "v1.0.0"
"""Storage version of files:
the oldest that DuckDB still writes, so that every duckdb since 1.0 opens them."""

_SHARE = 4
"""Of a limited address space one part is DuckDB's: libraries take half a gigabyte, and two instances may be at work."""

FRUGAL = 400 << 20
"""Bytes of memory per thread where rows are many. Chosen here: with two threads, 16 million clips and their 74 million
labels are written within 1.5 GB, and no slower than with all the memory there is."""

MANY_ROWS = 1 << 20
"""Rows from which on it is worth to start an instance that keeps to little memory. Chosen here: that takes 0.1 s."""

_numbers = itertools.count()
_starting = threading.Lock()


@contextlib.contextmanager
def scratch_database(file: Path | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A session in an empty database: in memory, or in a new file, which is complete when the context has ended.

    Times are in UTC. Raises duckdb.IOException where the file cannot be written.
    """
    name = f"scratch_{next(_numbers)}"
    where = quote(":memory:" if file is None else str(file))
    options = "" if file is None else f" (STORAGE_VERSION {quote(STORAGE)})"
    with _starting:
        instance = _instance()
    with instance.cursor() as connection:
        connection.execute(f"ATTACH {where} AS {name}{options}")
        try:
            with connection.cursor() as session:
                session.execute(f"USE {name}")
                session.execute("SET TimeZone = 'UTC'")
                session.execute("SET python_enable_replacements = false")  # else SQL sees variables of Python frames
                yield session
        finally:
            connection.execute(f"DETACH {name}")


@contextlib.contextmanager
def spilling_database(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """As `scratch_database`, of an instance of its own that keeps to `FRUGAL` bytes of memory per thread: what is more
    lies in files in `folder`, which it makes where it has to, and removes."""
    with new_instance() as connection:
        given, threads = connection.sql(
            "SELECT parse_formatted_bytes(current_setting('memory_limit')), current_setting('threads')::BIGINT"
        ).fetchall()[0]
        for setting in (
            "TimeZone = 'UTC'",
            "python_enable_replacements = false",
            "autoinstall_known_extensions = false",
            "autoload_known_extensions = false",
            f"memory_limit = '{min(given, FRUGAL * threads)}B'",
            f"temp_directory = {quote(str(folder))}",
        ):
            connection.execute(f"SET {setting}")
        yield connection


def new_instance() -> duckdb.DuckDBPyConnection:
    """A DuckDB of its own, in memory. Where address space is short it has few threads, and no more memory than there
    is: DuckDB looks at the machine and at cgroups alone. Raises MudataError where there is too little for any work."""
    limit = spare()
    config: dict[str, bool | int | float | str | list[str]] = {}
    if limit is not None:
        require_least()
        config = {"threads": str(threads(limit)), "memory_limit": f"{limit // _SHARE}B"}
    connection = duckdb.connect(":memory:", config=config)
    connection.execute("SET enable_progress_bar = false")  # which is printed to stdout, among what was asked for
    return connection


@functools.cache
def _instance() -> duckdb.DuckDBPyConnection:
    connection = new_instance()
    for setting in ("autoinstall_known_extensions", "autoload_known_extensions"):
        connection.execute(f"SET {setting} = false")
    return connection
