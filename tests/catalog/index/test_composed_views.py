"""Views of more than one table: one dataset with its labels as lists, and splits, published ones and one's own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import duckdb
import pytest
from shelf import shelve

import mudata
from mudata.catalog.index import database, generations, query
from mudata.catalog.splits import draw, manifest
from mudata.catalog.splits.candidates import select
from mudata.catalog.splits.split_request import SplitRequest
from mudata.errors import UnknownName

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mudata.home import Home


@pytest.fixture
def toy(home: Home) -> Home:
    """Four clips with genres and moods, a namespace that a column of clips has too, and a published split."""
    shelve(
        home,
        clips=[{"id": i, "title": f"song {i}", "duration_s": 10.0 * n} for n, i in enumerate("abcd")],
        labels=[
            {"id": "a", "namespace": "genre", "label": "rock"},
            {"id": "b", "namespace": "genre", "label": "pop"},
            {"id": "b", "namespace": "genre", "label": "Rock!", "canonical": "rock"},
            {"id": "b", "namespace": "genre", "label": "whatever", "canonical": None},
            {"id": "c", "namespace": "my mood", "label": "sad"},
            {"id": "c", "namespace": "title", "label": "no"},
        ],
        splits=[{"id": "a", "split": "official", "part": "train"}, {"id": "b", "split": "official", "part": "test"}],
    )
    shelve(home, "other", clips=[{"id": "a"}])
    return home


CONDITIONS = (
    "list_contains(genre, 'rock')",
    "genre = []",
    "genre = ['pop', 'rock'] AND duration_s > 5",
    "len(\"my mood\") > 0 OR title = 'song d'",
    "title = 'song c'",
    "clip_id NOT IN (SELECT clip_id FROM labels)",
)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_condition_that_works_in_where_works_in_sql(toy: Home, condition: str) -> None:
    with database.connect(toy) as connection:
        drawn = select(connection, ["toy"], where=condition).column("clip_id")
    asked = f"SELECT clip_id FROM dataset_toy WHERE {condition} ORDER BY 1"
    assert [row[0] for row in query.run(toy, asked).fetchall()] == drawn
    with duckdb.connect(str(database.rebuild(toy)), read_only=True) as stock:
        assert [row[0] for row in stock.execute(asked).fetchall()] == drawn


def test_each_dataset_has_a_view_that_the_schema_lists(toy: Home) -> None:
    rows = query.run(toy, 'SELECT clip_id, genre, "my mood", title FROM dataset_toy ORDER BY 1').fetchall()
    assert rows == [
        ("toy/a", ["rock"], [], "song a"),
        ("toy/b", ["pop", "rock"], [], "song b"),
        ("toy/c", [], ["sad"], "song c"),
        ("toy/d", [], [], "song d"),
    ]
    assert query.run(toy, "SELECT clip_id FROM dataset_other").fetchall() == [("other/a",)]
    listed = [row["column"] for row in query.schema(toy) if row["table"] == "dataset_toy"]
    assert listed == query.run(toy, "FROM dataset_toy").columns
    assert "\ndataset_toy: the columns of clips, and\n  genre " in query.schema_text(toy)
    assert "dataset_toy" not in query.schema_text()


def test_an_index_of_an_older_version_has_the_views_too(toy: Home) -> None:
    current = database.current_generations(toy)["toy"]
    about = json.loads((current.folder / generations.ABOUT).read_text())
    assert about.pop("namespaces") == ["genre", "my mood", "title"]
    (current.folder / generations.ABOUT).write_text(json.dumps(about))
    assert query.run(toy, "SELECT genre FROM dataset_toy WHERE clip_id = 'toy/a'").fetchall() == [(["rock"],)]


def saved(home: Home, name: str, clips: int) -> manifest.Manifest:
    made = draw.make(home, SplitRequest(name=name, datasets=("toy",), n=clips, seed=7))
    manifest.save(home, made)
    return made


@pytest.mark.parametrize("through", ["mudata", "stock duckdb"])
def test_own_splits_are_in_the_tables_beside_published_ones(toy: Home, through: str) -> None:
    def ask(sql: str) -> Sequence[tuple[object, ...]]:
        if through == "mudata":
            return query.run(toy, sql).fetchall()
        with duckdb.connect(str(database.rebuild(toy)), read_only=True) as stock:
            return stock.execute(sql).fetchall()

    published = [("official", "test", "published", 1), ("official", "train", "published", 1)]
    counted = "SELECT split, part, origin, count(*) FROM {} GROUP BY ALL ORDER BY ALL"
    for table in ("splits", "split_members"):
        assert ask(counted.format(table)) == published
    made = saved(toy, "mine", 3)
    saved(toy, "another", 2)
    for table in ("splits", "split_members"):
        assert ask(counted.format(table)) == [("another", "test", "own", 2), ("mine", "test", "own", 3), *published]
    assert ask("SELECT DISTINCT seed, sha256 FROM splits WHERE split = 'mine'") == [(7, made.sha256)]
    assert ask("SELECT count(*) FROM split_members JOIN clips USING (clip_id, pcm_sha256) WHERE split = 'mine'") == [
        (3,)
    ]
    assert ask(counted.format("official_splits").replace("origin", "'published'")) == published


def test_files_that_are_no_manifests_have_no_rows(toy: Home) -> None:
    saved(toy, "mine", 2)
    for name, content in {
        "a": b"[1]",
        "b": b"\xff{",
        "c": b'{"parts": 3}',
        "d": b'{"parts": {"x": [{"y": 1}]}}',
    }.items():
        (toy.splits / f"{name}.json").write_bytes(content)
    assert query.run(toy, "SELECT count(*) FROM split_members WHERE origin = 'own'").fetchall() == [(2,)]


def test_an_own_split_is_no_published_one(toy: Home) -> None:
    saved(toy, "mine", 2)
    with pytest.raises(UnknownName, match="No published split named 'mine'"):
        draw.make(toy, SplitRequest(name="x", datasets=("toy",), official="mine"))
    assert {row["split"] for row in mudata.stats("toy")["splits"]} == {"official"}
