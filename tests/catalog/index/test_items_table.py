"""The table `items` of the index, and indexes of versions that had none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow.parquet as pq
import pytest
from shelf import shelve

from mudata.catalog.index import database
from mudata.catalog.index.generations import ABOUT
from mudata.catalog.tables import ADDED, TABLES
from mudata.errors import ReadError

if TYPE_CHECKING:
    from mudata.home import Home

CLIPS = [{"id": "a"}, {"id": "b"}]
WITHOUT = "24762a2a52ceeeec989ef991410b1889d66f1bffd5d830befde79fa00bd9ab1d"
PAIR = {"id": "q1", "task": "brighter", "kind": "pair", "clips": ["b", "a"], "truth": "second", "cluster": "piece 1"}


def ask(home: Home, sql: str) -> list[tuple[Any, ...]]:
    with database.connect(home) as connection:
        return connection.execute(sql).fetchall()


def test_items_come_back_as_they_were_published(home: Home) -> None:
    choice = {
        "id": "q2",
        "task": "mode",
        "kind": "choose",
        "clips": ["a"],
        "question": "Which?",
        "options": ["major", "minor, natural", "it's neither"],
        "truth": "it's neither",
        "category": "modes",
        "difficulty": "hard",
    }
    shelve(home, clips=CLIPS, items=[PAIR, choice])
    columns = "item_id, task, kind, clips, question, options, truth, category, cluster, difficulty"
    assert ask(home, f"SELECT {columns} FROM items ORDER BY item_id") == [
        ("toy/q1", "brighter", "pair", ["toy/b", "toy/a"], None, None, "second", None, "piece 1", None),
        ("toy/q2", *(choice[key] for key in ("task", "kind")), ["toy/a"], "Which?", choice["options"],
         "it's neither", "modes", None, "hard"),
    ]  # fmt: skip
    with duckdb.connect(str(home.index / database.DATABASE), read_only=True) as connection:
        assert connection.execute("SELECT count(*) FROM items").fetchone() == (2,)


def test_what_an_exam_says_of_its_items_comes_back_and_changes_no_hash_where_none_says_it(home: Home) -> None:
    shelve(home, clips=CLIPS, items=[PAIR])
    without = database.index_sha256(home, "toy")
    said = {
        "categories": ["genre", "style"], "language": "en", "licence": "CC BY 4.0", "settings": '{"n": 3}',
        "published": True, "subsets": ["music"],
    }  # fmt: skip
    shelve(home, clips=CLIPS, items=[PAIR, PAIR | said | {"id": "q2", "options": ["x", "x"], "truth": "y"}])
    assert ask(home, f"SELECT {', '.join(said)} FROM items ORDER BY item_id") == [(None,) * 6, tuple(said.values())]
    assert database.index_sha256(home, "toy") != without
    shelve(home, clips=CLIPS, items=[PAIR])
    assert database.index_sha256(home, "toy") == without


def test_an_index_from_before_there_were_exams_is_read(home: Home) -> None:
    shelve(home, clips=CLIPS, items=[PAIR])
    folder = database.current_generation(home, "toy")
    assert folder is not None
    path, about = folder / "items.parquet", folder / ABOUT
    said = ["categories", "language", "licence", "settings", "published", "subsets", "formats"]
    pq.write_table(pq.read_table(path).drop_columns(said), path)
    facts = json.loads(about.read_text())
    facts["tables"]["items"]["bytes"] = path.stat().st_size
    about.write_text(json.dumps(facts))
    asked = "SELECT item_id, truth, categories, published FROM items"
    assert ask(home, asked) == [("toy/q1", "second", None, None)]
    shelve(home, "other", clips=CLIPS, items=[PAIR | {"published": True, "categories": ["x"]}])
    assert ask(home, f"{asked} ORDER BY 1") == [
        ("other/q1", "second", ["x"], True),
        ("toy/q1", "second", None, None),
    ]


def test_one_id_may_be_an_item_of_several_tasks(home: Home) -> None:
    shelve(home, clips=CLIPS, items=[{"id": "a", "task": t, "clips": ["a"], "truth": "4"} for t in ("tempo", "beats")])
    assert ask(home, "SELECT task FROM items ORDER BY 1") == [("beats",), ("tempo",)]


@pytest.mark.parametrize(
    ("items", "what"),
    [
        ([PAIR, PAIR], "an item_id that comes twice in one task: 'toy/q1'"),
        ([PAIR | {"clips": ["a", "c"]}], "a clip that is not in clips: 'toy/c'"),
        ([PAIR | {"clips": []}], "an item without task, kind, clips or truth: 'toy/q1'"),
        ([PAIR | {"truth": None}], "an item without task, kind, clips or truth: 'toy/q1'"),
    ],
)
def test_items_that_no_query_could_trust_are_refused(home: Home, items: list[dict[str, Any]], what: str) -> None:
    with pytest.raises(ReadError, match=f"^toy: the index cannot take items: {what}"):
        shelve(home, clips=CLIPS, items=items)
    assert ask(home, "SELECT count(*) FROM clips") == [(0,)]


def test_hashes_are_those_of_versions_without_items_where_there_are_none(home: Home) -> None:
    """Splits name them. WITHOUT was printed, of these rows, by the code before."""
    shelve(home, clips=CLIPS, attributes=[{"id": "a", "name": "bpm", "value": "120"}])
    before = database.index_sha256(home, "toy")
    assert before == WITHOUT
    shelve(home, clips=CLIPS, attributes=[{"id": "a", "name": "bpm", "value": "120", "source": "event"}])
    assert (sourced := database.index_sha256(home, "toy")) != before
    shelve(home, clips=CLIPS, items=[PAIR])
    assert database.index_sha256(home, "toy") not in (before, sourced)


def test_an_index_without_the_table_is_read(home: Home) -> None:
    told = [{"id": "a", "name": "bpm", "value": "120", "source": "event"}]
    shelve(home, "older", clips=CLIPS, attributes=told)
    as_before(home, "older")
    query = "SELECT (SELECT count(*) FROM items), count(*), count(source) FROM attributes"
    assert ask(home, query) == [(0, 1, 0)]
    shelve(home, clips=CLIPS, attributes=told, items=[PAIR])
    assert ask(home, query) == [(1, 2, 1)]
    with duckdb.connect(str(home.index / database.DATABASE), read_only=True) as connection:
        assert connection.execute(query).fetchall() == [(1, 2, 1)]


def as_before(home: Home, dataset: str) -> None:
    """Make a generation what a version without `items` and `attributes.source` wrote."""
    folder = database.current_generation(home, dataset)
    assert folder is not None
    about = json.loads((folder / ABOUT).read_bytes())
    (folder / "items.parquet").unlink()
    del about["tables"]["items"]
    path = folder / "attributes.parquet"
    kept = ", ".join(c.name for c in TABLES["attributes"] if c.name not in ADDED["attributes"])
    duckdb.sql(f"SELECT {kept} FROM '{path}'").write_parquet(f"{path}.new")
    Path(f"{path}.new").replace(path)
    about["tables"]["attributes"]["bytes"] = path.stat().st_size
    (folder / ABOUT).write_text(json.dumps(about))
