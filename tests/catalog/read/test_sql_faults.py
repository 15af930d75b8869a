"""`cards check` refuses of a card's SQL what `fetch` refuses, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from little_card import little_card

from mudata.catalog.cards import loader
from mudata.catalog.read.reader import read
from mudata.catalog.read.sql_faults import faults_of_sql
from mudata.errors import CardError, ReadError

if TYPE_CHECKING:
    from mudata.catalog.cards.schema import Card

FINE = [
    "SELECT * FROM listed",
    "FROM listed",
    "WITH x AS (FROM listed) FROM x;",
    "SELECT * FROM listed -- a comment",
    "(SELECT * FROM listed)",
    "SELECT id, path, label FROM listed WHERE id IN (SELECT id FROM listed)",
    "SELECT * FROM listed UNION ALL FROM listed",
    "SELECT * FROM listed WHERE list_transform([1], lambda x: x + 1) = [2]",
    "SELECT * FROM (VALUES ('1', 'rock/a.wav', 'rock')) AS t(id, path, label)",
    "SELECT * FROM listed QUALIFY row_number() OVER (PARTITION BY id) = 1",
    "SELECT 'copy' AS id, path, label FROM listed",
]
REFUSED = [
    "UPDATE EXTENSIONS",
    "UPDATE EXTENSIONS (httpfs)",
    "COPY (SELECT 1 AS id) TO 'written.csv'",
    "WITH x AS (COPY (SELECT 1) TO 'written.csv') FROM x",
    "SELECT 1 AS id; COPY (SELECT 1) TO 'written.csv'",
    "SELECT * FROM listed; SELECT * FROM listed",
    "ATTACH 'written.duckdb'",
    "DETACH memory",
    "CREATE TABLE other AS SELECT 1 AS id",
    "DROP TABLE listed",
    "INSERT INTO listed VALUES ('1', '2', '3')",
    "DELETE FROM listed",
    "UPDATE listed SET id = '1'",
    "TRUNCATE listed",
    "SET enable_external_access = true",
    "RESET threads",
    "PRAGMA database_list",
    "PRAGMA enable_external_access = true",
    "INSTALL httpfs",
    "LOAD httpfs",
    "EXPORT DATABASE 'written'",
    "CHECKPOINT",
    "BEGIN TRANSACTION",
    "VACUUM listed",
    "CALL duckdb_tables()",
    "PREPARE x AS SELECT 1",
    "EXECUTE x",
    "EXPLAIN SELECT * FROM listed",
    "DESCRIBE listed",
    "SUMMARIZE listed",
    "SHOW TABLES",
    "PIVOT listed ON label USING count(*)",
    "USE memory",
    "SELECT * FROM query('SELECT 1')",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM '/etc/passwd'",
    "SELECT content AS id FROM read_text('/etc/passwd')",
    "SELECT file AS id FROM glob('/etc/*')",
    "SELECT getenv('HOME') AS id, path, label FROM listed",
    "SELECT no_such_column AS id, path, label FROM listed",
    "SELECT * FROM no_such_table",
    "SELECT no_such_function(id) AS id, path, label FROM listed",
    "SELECT list_transform([1], x -> x + 1) AS id, path, label FROM listed",
    "SELECT * FROM listed WHERE",
    "SELEC * FROM listed",
    "nonsense",
]
COLUMNS = {"id": "VARCHAR", "path": "VARCHAR", "label": "VARCHAR"}
LISTED = {"path": "list.csv", "select": "FROM read_csv({path}, all_varchar = true)", "columns": COLUMNS}


def card(place: str, select: str) -> Card:
    said: dict[str, Any] = {
        "tables": {"listed": LISTED},
        "clips": [{"files": "**/{stem}.wav", "select": "SELECT id, path FROM listed"}],
        "labels": {"genre": {"select": "SELECT id, label FROM listed", "vocabulary": ["rock"]}},
        "captions": {"select": "SELECT id, label AS text FROM listed"},
    }
    if place == "tables":
        said["tables"] = {"listed": LISTED, "other": {"path": "list.csv", "select": select, "columns": COLUMNS}}
    elif place == "clips":
        said["clips"][0]["select"] = select
    elif place == "labels":
        said["labels"]["genre"]["select"] = select
    else:
        said[place]["select"] = select
    return little_card(**said)


def is_refused(made: Card, files: Path) -> bool:
    """Whether a fetch refuses the card, whatever the files hold."""
    try:
        read(made, files)
    except CardError:
        return True
    except ReadError:  # of the files that are here
        return False
    return False


@pytest.fixture(scope="module")
def files(new_folder: Any) -> Path:
    folder: Path = new_folder("files")
    (folder / "rock").mkdir()
    (folder / "rock" / "a.wav").write_bytes(b"RIFF")
    (folder / "list.csv").write_text("id,path,label\n1,rock/a.wav,rock\n")
    return folder


@pytest.mark.parametrize(
    ("place", "every"), [("tables", 7), ("clips", 9), pytest.param("labels", 1, marks=pytest.mark.slow)]
)
def test_check_and_fetch_refuse_the_same(place: str, every: int, files: Path) -> None:
    """Of most places a part of the statements will do: all go through the same code."""
    for select in (FINE + REFUSED)[::every]:
        made = card(place, select)
        faults = list(faults_of_sql(made))
        assert bool(faults) is is_refused(made, files), (select, faults)
        assert bool(faults) is (select in REFUSED) or place != "labels", (select, faults)
        assert all(fault.startswith(f"{place}.") for fault in faults), faults
    assert sorted(path.name for path in files.rglob("*")) == ["a.wav", "list.csv", "rock"]


def test_what_only_the_files_can_tell_is_left_to_the_fetch(files: Path) -> None:
    made = card("clips", "SELECT id, path FROM listed WHERE id::INTEGER > 0")
    assert list(faults_of_sql(made)) == []
    assert (
        list(
            faults_of_sql(
                little_card(tables={"listed": LISTED | {"path": "**/none.csv"}}, clips=[{"files": "{stem}.wav"}])
            )
        )
        == []
    )


@pytest.mark.slow
def test_the_cards_of_mudata_have_no_such_fault() -> None:
    assert {name.name: faults for name in loader.load_all() if (faults := list(faults_of_sql(name)))} == {}
