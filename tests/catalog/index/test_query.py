"""Questions to the index: what is answered, what is refused, and how that is said."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from shelf import shelve

from mudata.catalog.index import database, query
from mudata.catalog.index.registered_views import all_tables
from mudata.catalog.tables import TABLES
from mudata.errors import QueryError

if TYPE_CHECKING:
    from mudata.home import Home


@pytest.fixture
def toy(home: Home) -> Home:
    """Three clips with a label each."""
    shelve(
        home,
        clips=[{"id": i, "title": f"song {i}"} for i in "abc"],
        labels=[{"id": "a", "label": "rock"}, {"id": "b", "label": "rock"}, {"id": "c", "label": "pop"}],
    )
    return home


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT canonical, count(*) FROM labels GROUP BY 1 ORDER BY 1", [("pop", 1), ("rock", 2)]),
        ("FROM labels SELECT count(*)", [(3,)]),
        ("-- how many?\nSELECT count(*) FROM clips; -- these", [(3,)]),
        ("WITH rock AS (FROM labels WHERE canonical = 'rock') SELECT count(*) FROM rock", [(2,)]),
        ("VALUES (1), (2)", [(1,), (2,)]),
        ("SELECT * FROM (PIVOT labels ON canonical USING count(*) GROUP BY dataset)", [("toy", 1, 2)]),
        ("SELECT count(*) FROM (DESCRIBE clips)", [(len(TABLES["clips"]),)]),
        ("SELECT count(*) FROM (SHOW TABLES)", [(len(all_tables()) + 1,)]),  # and dataset_toy
        ("SELECT ['a', NULL], {'b': 1.5}, NULL", [(["a", None], {"b": 1.5}, None)]),
        ("SELECT current_setting('TimeZone')", [("UTC",)]),
    ],
)
def test_whatever_only_reads_is_answered(toy: Home, sql: str, rows: list[tuple[object, ...]]) -> None:
    assert [tuple(map(_plain, row)) for row in query.run(toy, sql).fetchall()] == rows


def _plain(value: object) -> object:
    return {key: float(number) for key, number in value.items()} if isinstance(value, dict) else value


@pytest.mark.parametrize(
    "sql",
    [
        "DESCRIBE clips",
        "SHOW TABLES",
        "SUMMARIZE labels",
        "EXPLAIN FROM clips",
        "explain analyze select 1",
        "EXPLAIN (FORMAT json) SELECT 1",
    ],
)
def test_statements_about_the_tables_are_answered(toy: Home, sql: str) -> None:
    assert query.run(toy, sql).fetchall()


def test_a_relation_has_columns_types_and_three_forms(toy: Home) -> None:
    relation = query.run(toy, "SELECT clip_id, 1 AS one FROM clips ORDER BY 1")
    rows = [("toy/a", 1), ("toy/b", 1), ("toy/c", 1)]
    assert (relation.columns, relation.types) == (["clip_id", "one"], ["VARCHAR", "INTEGER"])
    assert relation.fetchall() == rows
    assert relation.fetchall() == rows
    assert relation.arrow().to_pydict() == {"clip_id": ["toy/a", "toy/b", "toy/c"], "one": [1, 1, 1]}
    assert list(relation.df().itertuples(index=False, name=None)) == rows
    assert list(relation.batches(2)) == [rows[:2], rows[2:]]
    assert "toy/a" in repr(relation)


def test_a_relation_keeps_the_index_as_it_was_asked(toy: Home) -> None:
    relation = query.run(toy, "SELECT count(*) FROM clips")
    shelve(toy, clips=[{"id": "a"}])
    assert relation.fetchall() == [(3,)]
    assert query.run(toy, "SELECT count(*) FROM clips").fetchall() == [(1,)]


def test_an_empty_home_answers_with_empty_tables_and_is_not_touched(home: Home) -> None:
    for table in all_tables():
        rows = query.run(home, f"SELECT * FROM {table}").fetchall()
        assert bool(rows) == (table == "concepts")  # which are mudata's own
    assert not list(home.root.iterdir())


# ------------------------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("CREATE TABLE t AS SELECT 1", "CREATE"),
        ("CREATE OR REPLACE VIEW clips AS SELECT 1", "CREATE"),
        ("INSERT INTO clips SELECT * FROM clips", "INSERT"),
        ("DELETE FROM clips", "DELETE"),
        ("UPDATE clips SET title = ''", "UPDATE"),
        ("DROP VIEW clips", "DROP"),
        ("COPY clips TO 'out.csv'", "COPY"),
        ("COPY clips FROM 'in.csv'", "COPY"),
        ("ATTACH 'other.db'", "ATTACH"),
        ("DETACH memory", "DETACH"),
        ("INSTALL httpfs", "LOAD"),
        ("LOAD httpfs", "LOAD"),
        ("SET threads = 1", "SET"),
        ("PRAGMA database_list", "PRAGMA"),
        ("EXPORT DATABASE 'here'", "EXPORT"),
        ("CALL duckdb_tables()", "CALL"),
        ("CHECKPOINT", "CALL"),
        ("BEGIN", "TRANSACTION"),
        ("PREPARE p AS SELECT 1", "PREPARE"),
        ("VACUUM", "VACUUM"),
        ("EXPLAIN ANALYZE COPY (SELECT 1) TO 'out.csv'", "COPY"),
        ("explain  analyze\ninsert into clips select * from clips", "INSERT"),
        ("EXPLAIN COPY (SELECT 1) TO 'out.csv'", "COPY"),
        ("EXPLAIN (ANALYZE, FORMAT json) COPY (SELECT 1) TO 'out.csv'", "COPY"),
        ("/**/ EXPLAIN ANALYZE COPY (SELECT 1) TO 'out.csv'", "EXPLAIN"),
    ],
)  # fmt: skip
def test_whatever_writes_is_refused(
    toy: Home, sql: str, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    message = f"The index is read-only here; a statement of kind {kind} is refused.\nIt is one SELECT over"
    with pytest.raises(QueryError, match=message):
        query.run(toy, sql)
    assert not list(tmp_path.iterdir())


def test_a_part_cannot_be_overwritten_from_sql(toy: Home) -> None:
    part = next((toy.index / "parts").rglob("clips.parquet"))
    before = part.read_bytes()
    to = f"TO '{part}' (FORMAT parquet, USE_TMP_FILE false)"
    for copy in (
        f"COPY (SELECT 1) {to}",
        f"COPY (PIVOT labels ON canonical) {to}",
        f"WITH x AS (COPY (SELECT 1) {to}) SELECT 1",
        f"WITH x AS MATERIALIZED (/* ( */\nCopy (SELECT 1) {to}) FROM (PIVOT labels ON canonical)",
    ):
        for explain in ("", "EXPLAIN ANALYZE ", "EXPLAIN (ANALYZE) ", "/* */EXPLAIN ANALYZE "):
            with pytest.raises(QueryError, match=r"read-only here; .* is refused"):
                query.run(toy, explain + copy).fetchall()
    assert part.read_bytes() == before


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT '(COPY x TO y)' AS \"copy\" -- (COPY x",
        "SELECT (update), $$ (DELETE FROM x $$ FROM (SELECT 1 AS update) copy",
        "WITH x AS (DESCRIBE clips) FROM x",
        "PIVOT labels ON canonical; -- these",
        "EXPLAIN ANALYZE PIVOT labels ON canonical",
        "WITH x AS (PIVOT labels ON canonical) FROM x",
        "FROM query_table(['labels'])",
    ],
)
def test_what_only_looks_like_writing_is_answered(toy: Home, sql: str) -> None:
    assert query.run(toy, sql).fetchall()


@pytest.mark.parametrize("number", [0, 2])
def test_one_statement_is_expected(toy: Home, number: int) -> None:
    with pytest.raises(QueryError, match=f"One statement is expected; got {number}"):
        query.run(toy, "SELECT 1;" * number or " -- nothing")


@pytest.mark.parametrize(
    "source",
    [
        "read_csv('{file}')", "read_text('{file}')", "read_blob('{file}')", "read_json('{file}')",
        "read_parquet('{file}')", "'{file}.csv'", "glob('{folder}/*')", "read_text('{home}/index/../licences.json')",
        "read_csv('http://127.0.0.1:9/x.csv')", "'s3://bucket/x.parquet'", "sniff_csv('{file}')",
        "parquet_metadata('{file}')", "read_text('{run}')",
    ],
)  # fmt: skip
def test_other_files_cannot_be_read(toy: Home, tmp_path: Path, source: str) -> None:
    file = tmp_path / "secret"
    file.write_text("secret")
    (toy.runs / "r").mkdir(parents=True)
    (toy.runs / "r" / "run.json").write_text("{}")
    (toy.runs / "r" / "notes.txt").write_text("secret")
    (toy.root / "licences.json").write_text("{}")
    place = source.format(file=file, folder=tmp_path, home=toy.root, run=toy.runs / "r" / "notes.txt")
    with pytest.raises(QueryError, match=r"Cannot access file .*\nIt is one SELECT over the tables .* no other file"):
        query.run(toy, f"SELECT * FROM {place}").fetchall()


def test_variables_of_python_are_not_seen(toy: Home) -> None:
    secret = [1]
    with pytest.raises(QueryError, match="Table with name secret does not exist"):
        query.run(toy, "SELECT * FROM secret")
    assert secret


@pytest.mark.parametrize(
    ("sql", "hint"),
    [
        ("SELECT * FROM clip", 'Did you mean "clips"'),
        ("SELECT titel FROM clips", 'Candidate bindings: "title"'),
        ("SELECT lenght(title) FROM clips", 'Did you mean "length"'),
        ("SELCT 1", "syntax error at or near"),
        ("SELECT count(*) FROM clips WHERE", 'syntax error at or near "WHERE"'),
        ("SELECT ?", "not provided for the following parameters"),
    ],
)
def test_duckdbs_hints_are_kept(toy: Home, sql: str, hint: str) -> None:
    with pytest.raises(QueryError, match=hint):
        query.run(toy, sql).fetchall()


def test_what_fails_on_the_way_is_told_as_well(toy: Home) -> None:
    relation = query.run(toy, "SELECT CAST(title AS INTEGER) FROM clips")
    for ask in (relation.fetchall, relation.arrow, relation.df, lambda: list(relation.batches())):
        with pytest.raises(QueryError, match="Could not convert string 'song a' to INT32"):
            ask()


def test_the_settings_of_a_snapshot_are_locked(toy: Home) -> None:
    with database.connect(toy) as connection, pytest.raises(Exception, match="configuration has been locked"):
        connection.execute("SET enable_external_access = true")


# ------------------------------------------------------------------------------------- ctrl-c

_LONG = """
import signal, sys
from mudata.catalog.index import query
from mudata.home import Home
signal.signal(signal.SIGINT, signal.default_int_handler)
relation = query.run(Home.default(), "SELECT count(DISTINCT md5(range::VARCHAR)) FROM range(20000000000)")
print("asked", flush=True)
try:
    relation.fetchall()
except KeyboardInterrupt:
    print("stopped")
"""


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.slow
def test_ctrl_c_stops_a_long_query(toy: Home) -> None:
    for wait in (0.2, 1.0):
        process = subprocess.Popen([sys.executable, "-c", _LONG], stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "asked\n"
        time.sleep(wait)
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=60)
        assert (said, process.returncode) == ("stopped\n", 0)


# ------------------------------------------------------------------------------------- schema


def test_the_schema_names_every_column_and_what_it_means() -> None:
    text = query.schema_text()
    for table, columns in all_tables().items():
        assert f"\n{table}\n" in f"\n{text}\n"
        for column in columns:
            assert any(column.name in line and column.doc in line for line in text.splitlines())
    assert {row["table"] for row in query.schema()} == set(all_tables())
