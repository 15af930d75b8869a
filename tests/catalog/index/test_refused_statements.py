"""Whatever is no question to the index is refused in our words, and so is it as the SELECT of a card."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import pytest

from mudata.catalog.index import query
from mudata.catalog.read.card_sql import RawSql
from mudata.errors import CardError, QueryError

if TYPE_CHECKING:
    from pathlib import Path

    from mudata.home import Home

STATEMENTS = {
    "UPDATE EXTENSIONS": "UNKNOWN", "EXPLAIN UPDATE EXTENSIONS": "UNKNOWN", "PRAGMA database_list": "PRAGMA",
    "PRAGMA threads=4": "SET", "CALL pragma_version()": "CALL", "CHECKPOINT": "CALL",
    "COPY (SELECT 1) TO 'z.csv'": "COPY",
    "ATTACH ':memory:' AS x": "ATTACH", "DETACH x": "DETACH", "USE memory": "SET", "SET threads = 1": "SET",
    "RESET threads": "SET", "LOAD json": "LOAD", "INSTALL json": "LOAD", "EXPORT DATABASE 'z'": "EXPORT",
    "IMPORT DATABASE 'z'": "PRAGMA", "VACUUM": "VACUUM", "ANALYZE": "VACUUM", "PREPARE p AS SELECT 1": "PREPARE",
    "EXECUTE p": "EXECUTE", "DEALLOCATE p": "DROP", "BEGIN": "TRANSACTION", "CREATE TABLE t (a INT)": "CREATE",
    "DROP VIEW clips": "DROP", "ALTER TABLE t ADD COLUMN b INT": "ALTER", "INSERT INTO t VALUES (1)": "INSERT",
    "DELETE FROM clips": "DELETE", "UPDATE clips SET path = ''": "UPDATE", "TRUNCATE clips": "DELETE",
    "CREATE SECRET s (TYPE s3)": "CREATE", "COMMENT ON VIEW clips IS 'x'": "ALTER",
}  # fmt: skip
MORE = {
    "COPY (PIVOT clips ON kind) TO 'z.csv'": "a PIVOT within another statement than a query",
    "CREATE TABLE t AS PIVOT clips ON kind": "a PIVOT within another statement than a query",
    "WITH x AS (PIVOT clips ON kind) DELETE FROM clips": "a PIVOT within another statement than a query",
    "WITH x AS (COPY clips TO 'z.csv') SELECT 1": "COPY within a SELECT",
    "WITH x AS (FROM clips), y AS (copy (SELECT 1) TO 'z.csv') FROM x": "COPY within a SELECT",
    "WITH x AS (INSERT INTO clips FROM clips RETURNING *) FROM x": "INSERT within a SELECT",
    "WITH x AS (DELETE FROM clips) SELECT 1": "DELETE within a SELECT",
    "FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))": "the function json_execute_serialized_sql",
    "FROM system.main.\"Query\" ('SELECT 1')": "the function query, which runs SQL from a text,",
}
NONE = {
    "": 0,
    "  ": 0,
    "-- nothing": 0,
    "/* nothing */": 0,
    ";": 0,
    "SELECT 1; SELECT 2": 2,
    "SELECT 1; UPDATE EXTENSIONS": 2,
}


@pytest.mark.parametrize(("sql", "kind"), STATEMENTS.items())
def test_other_statements_are_refused_by_their_kind(home: Home, sql: str, kind: str) -> None:
    with pytest.raises(QueryError, match=f"read-only here; a statement of kind {kind} is refused"):
        query.run(home, sql)


@pytest.mark.parametrize(("sql", "count"), NONE.items())
def test_exactly_one_statement_is_expected(home: Home, sql: str, count: int) -> None:
    with pytest.raises(QueryError, match=f"One statement is expected; got {count}"):
        query.run(home, sql)


@pytest.mark.parametrize(("sql", "what"), MORE.items())
def test_what_writes_within_a_query_is_refused(home: Home, sql: str, what: str) -> None:
    with pytest.raises(QueryError, match=f"The index is read-only here; {what}.* is refused"):
        query.run(home, sql)


@pytest.mark.parametrize("sql", MORE)
def test_no_card_writes_within_its_select(tmp_path: Path, sql: str) -> None:
    with pytest.raises(CardError, match=r"labels\.genre: (exactly one SELECT is expected|.* is refused)"):
        RawSql("odd", tmp_path).create("labels.genre", "t", sql)
    assert not list(tmp_path.iterdir())


def test_no_condition_runs_a_text(tmp_path: Path) -> None:
    raw = RawSql("odd", tmp_path)
    raw.run("CREATE TABLE t AS SELECT 1 AS a")
    with pytest.raises(duckdb.PermissionException, match=r"the function json_execute_serialized_sql, .* is refused"):
        raw.condition("kept", "t", "a IN (FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1')))")


def test_none_of_them_is_the_select_of_a_card(tmp_path: Path) -> None:
    raw = RawSql("odd", tmp_path)
    for sql in [*STATEMENTS, *NONE, "EXPLAIN SELECT 1"]:
        with pytest.raises(CardError, match=r"Card odd: labels\.genre: exactly one SELECT is expected"):
            raw.columns("labels.genre", sql)


def test_arrows_are_answered_with_the_words_of_today(home: Home) -> None:
    with pytest.raises(QueryError, match=r"is written `lambda x: x \+ 1`, not `x -> x \+ 1`, since DuckDB 2"):
        query.run(home, "SELECT list_transform([1], x -> x + 1)")
    assert query.run(home, "SELECT list_transform([1], lambda x: x + 1)").fetchall() == [([2],)]
