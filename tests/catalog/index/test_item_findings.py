"""Items on their way: from a card and its files into the index, its numbers, and what `verify` says of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from shelf import shelve
from shell import typed
from tones_on_disk import Tone, card, lay, take

import mudata
from mudata.catalog.cards import loader
from mudata.catalog.index import database
from mudata.catalog.index.finding import Finding
from mudata.catalog.index.item_findings import findings
from mudata.catalog.index.stats import stats
from mudata.catalog.index.verify import verify

if TYPE_CHECKING:
    from mudata.catalog.cards.schema import Card
    from mudata.home import Home

pytestmark = pytest.mark.slow

MORE = """
items:
  select: |
    SELECT 'higher ' || a.id || b.id AS id, 'higher' AS task, [a.id, b.id] AS clips, 'second' AS truth,
      'interval' AS category, a.id AS cluster
    FROM about a JOIN about b ON a.id < b.id
    UNION ALL SELECT 'x', 'higher', ['a', 'b'], 'neither', NULL, NULL
tasks:
  length: {kind: number, noun: length of the text, attribute: length, scale: {unit: letters, high: 5, integer: true}}
  higher: {kind: pair, noun: higher tone}
  parts: {kind: structure, asks: boundaries, noun: boundaries of the sections}
"""
ROWS = {"a": {"text": "deep"}, "b": {"text": "so so"}, "c": {"text": "shrill", "genre": "high"}}
UNKNOWN = {"id": "u", "task": "pace", "kind": "number", "clips": ["a"], "truth": "4"}


def ask(home: Home, sql: str) -> list[tuple[Any, ...]]:
    with database.connect(home) as connection:
        return connection.execute(sql).fetchall()


@pytest.fixture
def asked(home: Home, tone: Tone, tmp_path: Path) -> Card:
    lay(home, tone, ROWS, absent=("c",))
    of = card(tmp_path / "cards", MORE)
    take(of, home)
    return of


def told(found: list[Finding], *checks: str) -> list[tuple[str, str, str | None, str]]:
    return [(f.check, f.where, f.got, f.severity) for f in found if f.check in checks]


def test_items_come_into_the_index_and_what_is_wrong_is_told(home: Home, asked: Card) -> None:
    assert ask(home, "SELECT item_id, task, kind, clips, truth, category, cluster FROM items ORDER BY ALL") == [
        ("tones/a", "length", "number", ["tones/a"], "4", None, None),
        ("tones/b", "length", "number", ["tones/b"], "5", None, None),
        ("tones/higher ab", "higher", "pair", ["tones/a", "tones/b"], "second", "interval", "a"),
    ]
    assert told(verify(asked, home), "bad-item", "not-asked", "item", "item-clips") == [
        (
            "bad-item",
            "items.higher",
            "1 item left out, such as x: the truth 'neither' is none of the options: first, second",
            "warning",
        ),
        ("not-asked", "items", "2 items left out: a clip of theirs is not here", "note"),
    ]


def test_items_are_asked_for_and_counted_like_all_else(home: Home, asked: Card) -> None:
    assert stats(home, "tones")["items"] == [
        {"task": "higher", "kind": "pair", "items": 1, "clips": 2, "answers": 1},
        {"task": "length", "kind": "number", "items": 2, "clips": 2, "answers": 2},
    ]
    assert "higher  pair    1" in typed("stats", "tones").out
    assert mudata.sql("SELECT task, count(*) AS n FROM items GROUP BY task ORDER BY 1").fetchall() == [
        ("higher", 1),
        ("length", 2),
    ]
    assert {row["column"] for row in mudata.schema() if row["table"] == "items"} >= {"item_id", "clips", "truth"}
    assert json.loads(typed("sql", "SELECT clips FROM items WHERE kind = 'pair'", "--json").out) == [
        {"clips": ["tones/a", "tones/b"]}
    ]


def test_items_that_cannot_be_heard_are_told(home: Home, asked: Card) -> None:
    (home.raw("tones") / "files" / "audio" / "low" / "b.wav").write_bytes(b"no sound")
    take(asked, home)
    assert told(verify(asked, home), "item", "item-clips") == [
        ("item-clips", "tones/higher ab", "1 item of 'higher' without", "warning"),
        ("item-clips", "tones/b", "1 item of 'length' without", "warning"),
    ]


@pytest.mark.parametrize(
    ("items", "got"),
    [
        ([UNKNOWN], "1 item: the card has no task 'pace'"),
        ([UNKNOWN | {"task": "higher"}], "1 item: it is of kind number, its task of kind pair"),
        ([UNKNOWN | {"task": "length", "truth": "4.0"}], "1 item: the truth '4.0' is spelled '4'"),
        ([UNKNOWN | {"task": "length", "truth": "6"}], "1 item: the truth '6' is out of scale, 0 to 5 letters"),
        (
            [UNKNOWN | {"id": i, "task": "higher", "kind": "pair", "clips": [*"abc"], "truth": "first"} for i in "xyz"],
            "3 items: a pair has 2 clips, this has 3",
        ),
        (
            [UNKNOWN | {"id": "late", "task": "parts", "kind": "structure", "truth": "0.500 9.000"}],
            "1 item: a section begins at 9.000 s, of a clip of 1.000 s",
        ),
    ],
)
def test_items_that_others_put_into_the_index_are_held_against_the_card(
    home: Home, tmp_path: Path, items: list[dict[str, Any]], got: str
) -> None:
    shelve(home, clips=[{"id": i, "duration_s": 1.0} for i in "abc"], items=items)
    of = card(tmp_path / "cards", MORE)
    with database.snapshot(home) as connection:
        (found,) = findings(of, connection)
    where = ", ".join(f"toy/{row['id']}" for row in items)
    assert found == Finding("item", where, f"an item of {items[0]['task']!r}", got, "error")


def test_cards_check_and_info_know_the_new_tasks(home: Home, tmp_path: Path) -> None:
    of = card(tmp_path / "cards", MORE)
    path = str(tmp_path / "cards" / "tones.yaml")
    done = typed("cards", "check", path)
    assert done.code == 0, done
    info = typed("info", path).out
    assert "length: number (letters, of attribute length)" in info
    assert "higher: pair (of items)" in info
    assert loader.load(path) == of
    wrong = "kind: order, scale: {high: 3}"
    (tmp_path / "cards" / "tones.yaml").write_text(Path(path).read_text().replace("kind: pair", wrong))
    refused = typed("cards", "check", path)
    assert refused.code == 1
    assert "tasks.higher: scale is for tasks of kind number, not order" in refused.out
