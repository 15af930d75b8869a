"""Databases of a context's own in the one DuckDB of a process."""

from __future__ import annotations

import threading
from pathlib import Path

import duckdb
import pytest

from mudata.catalog.read.scratch_database import scratch_database


def _tables(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, ...]]:
    query = "SELECT table_name FROM duckdb_tables() UNION SELECT view_name FROM duckdb_views() WHERE NOT internal"
    return connection.execute(query).fetchall()


def test_nothing_is_left_of_a_database_when_its_context_ends() -> None:
    with scratch_database() as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
        connection.execute("CREATE VIEW shown AS FROM kept")
        assert connection.execute("FROM shown").fetchall() == [(1,)]
        connection.execute("BEGIN")  # and is never ended
    with scratch_database() as connection:
        assert _tables(connection) == []
        assert connection.execute("SELECT count(*) FROM duckdb_databases() WHERE NOT internal").fetchall() == [(2,)]


def test_databases_that_are_open_at_once_do_not_see_each_other() -> None:
    found, ready = [], threading.Barrier(4)

    def work(number: int) -> None:
        with scratch_database() as connection:
            connection.execute(f"CREATE TABLE own AS SELECT {number} AS number")
            ready.wait(20)
            found.append((number, connection.execute("FROM own").fetchall()))
            ready.wait(20)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == [(number, [(number,)]) for number in range(4)]


def test_a_file_is_complete_when_its_context_has_ended(tmp_path: Path) -> None:
    file = tmp_path / "it's [one].duckdb"
    with scratch_database(file) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
    assert [path.name for path in tmp_path.iterdir()] == [file.name]
    with duckdb.connect(str(file), read_only=True) as other:
        assert other.execute("FROM kept").fetchall() == [(1,)]


def test_a_file_that_cannot_be_written_is_an_error_and_harms_no_later_database(tmp_path: Path) -> None:
    with pytest.raises(duckdb.IOException, match="no-such-folder"), scratch_database(tmp_path / "no-such-folder" / "a"):
        pass
    with scratch_database() as connection:
        assert connection.execute("SELECT 1").fetchall() == [(1,)]


def test_variables_of_python_are_no_tables() -> None:
    import pyarrow as pa

    outside = pa.table({"a": [1]})
    with scratch_database() as connection, pytest.raises(duckdb.CatalogException, match="outside"):
        connection.execute("FROM outside")
    assert outside.num_rows == 1
