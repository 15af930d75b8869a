"""Item files of exams, in every shape that they come in: a table of text, and what is no row is told."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import duckdb
import pytest

from mudata.catalog.cards.exam import ItemFile
from mudata.catalog.read import item_files, raw_tables
from mudata.catalog.read.card_sql import RawSql
from mudata.errors import CardError, ReadError

ROWS = [
    {"id": "a", "n": 7, "x": 0.5, "list": ["b", None, 2], "object": {"k": True}, "nothing": None, "yes": True},
    {"id": "ü", "n": -3, "more": "text"},
]


def read(
    tmp_path: Path, content: str | bytes, name: str = "items.json", **said: Any
) -> tuple[list[dict[str, Any]], Any]:
    """The rows of a file and what was told of it."""
    raw = content.encode() if isinstance(content, str) else content
    (tmp_path / name).write_bytes(raw)
    file = ItemFile(path=name, **{"format": Path(name).suffix[1:]} | said)
    with contextlib.closing(RawSql("tiny", tmp_path)) as sql:
        told = item_files.load(sql, "rows", file, [tmp_path / name])
        told += raw_tables.rejected(sql)
        return sql.fetch("FROM rows").to_pylist(), told


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("items.json", json.dumps(ROWS), {}),
        ("items.json", "\ufeff" + json.dumps(ROWS, indent=2), {}),
        ("items.jsonl", "\n".join(map(json.dumps, ROWS)) + "\n\n", {}),
        ("items.jsonl", json.dumps(ROWS), {}),  # as CMI-Bench's results are
        ("items.json", "\n".join(map(json.dumps, ROWS)), {}),
    ],
)
def test_every_value_is_text_as_it_is_written(tmp_path: Path, name: str, content: str, said: dict[str, Any]) -> None:
    rows, told = read(tmp_path, content, name, **said)
    assert told == []
    assert rows == [
        {
            "id": "a", "n": "7", "x": "0.5", "list": '["b", null, 2]', "object": '{"k": true}', "nothing": None,
            "yes": "true", "_row": "1", "more": None,
        },
        {
            "id": "ü", "n": "-3", "x": None, "list": None, "object": None, "nothing": None, "yes": None, "_row": "2",
            "more": "text",
        },
    ]  # fmt: skip


def test_a_map_gives_its_keys(tmp_path: Path) -> None:
    rows, told = read(tmp_path, '{"17": {"question": "q"}, "2": {"question": "r"}}', layout="map")
    assert told == []
    assert [(row["_key"], row["question"]) for row in rows] == [("17", "q"), ("2", "r")]


def test_csv_is_text_with_lists_as_they_are_written_and_bad_records_told(tmp_path: Path) -> None:
    text = 'id,question,knowledge\n007,"What, then?\nTwo lines","[\'melody\', \'metre\']"\n8,"q",\n9,a,b,c\n'
    rows, told = read(tmp_path, text, "items.csv")
    assert [(row["id"], row["question"], row["knowledge"]) for row in rows] == [
        ("007", "What, then?\nTwo lines", "['melody', 'metre']"),
        ("8", "q", None),
    ]
    assert [(bad.file, bad.line) for bad in told] == [("items.csv", 5)]


def test_parquet_is_text_without_the_audio_that_lies_in_it(tmp_path: Path) -> None:
    made = tmp_path / "made.parquet"
    duckdb.sql(
        "SELECT 1 AS id, ['a', 'b'] AS options, {'A': 'x', 'B': NULL} AS lettered, true AS yes,"
        " {'bytes': 'RIFF'::BLOB, 'path': 'a.wav'} AS audio"
    ).write_parquet(str(made))
    rows, told = read(tmp_path, made.read_bytes(), "items.parquet")
    assert (rows, told) == (
        [{"id": "1", "options": '["a","b"]', "lettered": '{"A":"x","B":null}', "yes": "true", "_row": "1"}],
        [],
    )


def test_a_select_makes_further_columns_and_sees_the_number_of_the_row(tmp_path: Path) -> None:
    rows, _ = read(
        tmp_path,
        '[{"path": "./audio/x.wav"}]',
        select="SELECT *, regexp_extract(path, '([^/]+)$', 1) AS name, [path] AS listed FROM {rows}",
    )
    assert rows == [{"path": "./audio/x.wav", "_row": "1", "name": "x.wav", "listed": '["./audio/x.wav"]'}]


def test_rows_that_are_none_are_told_with_their_place(tmp_path: Path) -> None:
    rows, told = read(tmp_path, '{"id": "a"}\n{"id": \nnull\n{"id": "b"}', "items.jsonl")
    assert [row["id"] for row in rows] == ["a", "b"]
    assert [(bad.file, bad.line) for bad in told] == [("items.jsonl", 2), ("items.jsonl", 3)]
    assert "cut short" in told[0].problem
    _, told = read(tmp_path, "\n".join(["no"] * 50), "items.jsonl")
    assert [(bad.line, bad.problem) for bad in (told[19], told[20])] == [
        (20, "no JSON: Expecting value; left out"),
        (None, "and 30 more rows that are no items"),
    ]
    rows, told = read(tmp_path, '[{"id": "a"}, 7, ["b"]]')
    assert [bad.problem for bad in told] == [
        "an item is an object, this is a number; left out",
        "an item is an object, this is a list; left out",
    ]
    _, told = read(tmp_path, '{"x": [], "y": {"id": 1}}', layout="map")
    assert [bad.problem for bad in told] == ["'x': an item is an object, this is a list; left out"]


@pytest.mark.parametrize(
    ("content", "said", "match"),
    [
        ('[{"id": "a"},\n {"id": ', {}, r"items\.json:2: no JSON: it is cut short \(for exam\.files\.rows\)"),
        ('{"data": []}', {}, "expected a list of items, got an object with the keys data"),
        ("[]", {"layout": "map"}, "expected an object of items by id, got a list"),
        ("", {}, "items.json .* is empty"),
        ("<!doctype html>", {}, "is a web page"),
        (
            '[{"id": "a"}]',
            {"columns": ["id", "choices"]},
            "no column 'choices' .*\nExpected: id, choices. Got: id, _row",
        ),
    ],
)
def test_a_file_that_is_another_one_is_refused_by_name(tmp_path: Path, content: str, said: Any, match: str) -> None:
    with pytest.raises(ReadError, match=match):
        read(tmp_path, content, **said)


def test_columns_that_differ_by_capitals_are_one(tmp_path: Path) -> None:
    rows, _ = read(tmp_path, '[{"ID": "a"}, {"id": "b"}]')
    assert [row["ID"] for row in rows] == ["a", "b"]


def test_an_absent_optional_file_is_a_table_of_its_columns(tmp_path: Path) -> None:
    file = ItemFile(path="none.json", format="json", layout="map", columns=("id",), optional=True)
    with contextlib.closing(RawSql("tiny", tmp_path)) as sql:
        assert item_files.load(sql, "rows", file, []) == []
        assert sql.fetch("FROM rows").schema.names == ["id", "_key", "_row"]
        with pytest.raises(ReadError, match=r"no file matches 'none\.json' \(for exam\.files\.rows\)"):
            item_files.load(sql, "rows", file.model_copy(update={"optional": False}), [])


def test_the_select_of_a_card_does_no_more_than_read(tmp_path: Path) -> None:
    with pytest.raises(CardError, match=r"exam\.files\.rows: exactly one SELECT"):
        read(tmp_path, '[{"id": "a"}]', select="SELECT 1 FROM {rows}; DROP TABLE rows")
    with pytest.raises(CardError, match=r"exam\.files\.rows: .*(disabled|not allowed|Permission)"):
        read(tmp_path, '[{"id": "a"}]', select="SELECT * FROM {rows}, read_text('/etc/hostname')")


def test_text_is_a_row_for_each_file_and_its_select_finds_the_items(tmp_path: Path) -> None:
    (tmp_path / "b.log").write_text("q: Loud? yes\nq: Long? no\n")
    (tmp_path / "a.log").write_bytes(b"\xef\xbb\xbfq: Fast? yes\n")
    (tmp_path / "c.log").write_bytes(b"q: \xff\n")
    select = (
        "SELECT _path || '.' || generate_subscripts(q, 1) AS id, unnest(q)[3:] AS question"
        " FROM (SELECT _path, regexp_extract_all(_text, 'q:[^?]*.') AS q FROM {rows})"
    )
    file = ItemFile(path="*.log", format="text", select=select)
    with contextlib.closing(RawSql("tiny", tmp_path)) as sql:
        bad = item_files.load(sql, "rows", file, sorted(tmp_path.glob("*.log")))
        rows = sql.fetch("FROM rows").to_pylist()
    assert [(row["id"], row["question"].strip()) for row in rows] == [
        ("a.log.1", "Fast?"),
        ("b.log.1", "Loud?"),
        ("b.log.2", "Long?"),
    ]
    assert [(one.file, one.problem) for one in bad] == [("c.log", "no UTF-8 at byte 3; left out")]


def test_text_wants_a_select() -> None:
    with pytest.raises(ValueError, match="wants a select that finds the items"):
        ItemFile(path="*.log", format="text")
