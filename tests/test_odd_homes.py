"""Folders with any name: the home, its neighbours, and what a user gives with --from."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
import tones_on_disk
from click.testing import CliRunner
from tiny_set import CLIPS, TABLE, as_dict, built

from mudata.catalog.fetch.fetcher import fetch
from mudata.catalog.fetch.request import FetchRequest
from mudata.catalog.index import database, query
from mudata.catalog.read.reader import read
from mudata.cli import cli
from mudata.home import Home

if TYPE_CHECKING:
    from mudata.catalog.cards.schema import Card

ODD = {
    "a[b]c": ["abc"],
    "[b]": ["b"],
    "[!b]": ["c", "!"],
    "q?": ["qx"],
    "s*": ["sx", "s"],
    "**": ["any", "any/deep"],
    "c]d": ["cd"],
    "e[[]f": ["e[f"],
    "{a,b}": ["a", "b"],
    'it\'s "so"': ["its so"],
    " a  b ": ["a b"],
    "a\nb": ["a b"],
    "a\\b": ["ab"],
    "%41$HOME~": ["A"],
    "ü☃": ["u"],
    "--x;y#z&": ["x"],
}
"""The name of a folder, and names that it would match where it was taken for a pattern or otherwise misread."""


def seldom(names: Iterable[str]) -> list[Any]:
    """All but the first and the fourth are slow."""
    return [name if n in (0, 3) else pytest.param(name, marks=pytest.mark.slow) for n, name in enumerate(names)]


@pytest.fixture(scope="module")
def made(new_folder: Callable[[str], Path]) -> tuple[Card, Path]:
    """A card with a table, and a home with its two clips indexed and one run."""
    import numpy as np
    import soundfile

    home = Home(new_folder("made"))

    def tone(path: Path, seconds: float, rate: int, _: int, hz: float) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(path, 0.5 * np.sin(hz * np.arange(int(seconds * rate)) / rate), rate)
        return path

    card = tones_on_disk.card(new_folder("card"))
    tones_on_disk.lay(
        home, tone, {"a": {"genre": "low", "text": "A tone."}, "b": {"genre": "high", "text": "Another."}}
    )
    tones_on_disk.take(card, home)
    run = home.runs / "r-1"
    run.mkdir(parents=True)
    (run / "run.json").write_text('{"model": "ears", "split": "s", "task": "genre"}')
    (run / "answers.jsonl").write_text('{"clip_id": "tones/a", "answer": "low"}\n')
    return card, home.root


def neighbour(root: Path, made: Path) -> None:
    """A home with other contents: its model is another, and its clips are."""
    shutil.copytree(made, root, dirs_exist_ok=True)
    for path in (root / "runs" / "r-1").iterdir():
        path.write_text(path.read_text().replace("ears", "another's").replace("low", "another's"))
    (root / "raw" / "tones" / "files" / "about.csv").write_text("another's\n")
    for part in (root / "index" / "parts").rglob("*.parquet"):
        part.write_bytes(b"another's")


@pytest.mark.parametrize("name", seldom(ODD))
def test_a_home_of_any_name_is_read_and_no_other(name: str, made: tuple[Card, Path], tmp_path: Path) -> None:
    card, source = made
    home = Home(tmp_path / name)
    shutil.copytree(source, home.root)
    for other in ODD[name]:
        neighbour(tmp_path / other, source)
    assert read(card, home.raw("tones") / "files").clips["id"].to_pylist() == ["a", "b"]
    assert query.run(home, "SELECT clip_id FROM clips ORDER BY clip_id").fetchall() == [("tones/a",), ("tones/b",)]
    assert query.run(home, "SELECT run, model, answer FROM runs JOIN answers USING (run)").fetchall() == [
        ("r-1", "ears", "low")
    ]
    shutil.copy(database.rebuild(home), tmp_path / "stock.duckdb")  # DuckDB itself cannot open every name
    with duckdb.connect(tmp_path / "stock.duckdb", read_only=True) as stock:
        assert stock.execute("SELECT clip_id FROM clips ORDER BY clip_id").fetchall() == [("tones/a",), ("tones/b",)]
        assert stock.execute("SELECT model FROM runs").fetchall() == [("ears",)]
    assert tones_on_disk.take(card, home).unchanged


@pytest.mark.parametrize("name", seldom([*ODD, os.fsdecode(b"caf\xe9")]))
@pytest.mark.parametrize("copy", [False, True])
def test_a_folder_of_any_name_is_taken(
    name: str, copy: bool, server_less: dict[str, object], home: Home, tmp_path: Path
) -> None:
    folder = tmp_path / name / "tiny"
    folder.mkdir(parents=True)
    for path, data in (CLIPS | {"tiny/tiny.csv": TABLE}).items():
        (folder.parent / path).write_bytes(data)
    card = built(server_less)
    assert fetch(card, home, FetchRequest(origin=(folder.parent,), copy=copy)).files == 7
    assert read(card, home.raw("tiny") / "files").clips.num_rows == 6


@pytest.fixture
def server_less() -> dict[str, object]:
    class Nowhere:
        def serve(self, path: str, *_: object) -> str:
            return f"http://127.0.0.1:1{path}"

    return as_dict(Nowhere())  # type: ignore[arg-type]


def test_a_home_that_is_no_utf8_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MUDATA_HOME", str(tmp_path / os.fsdecode(b"caf\xe9")))
    done = CliRunner().invoke(cli, ["sql", "SELECT 1"])
    assert "which is no UTF-8: DuckDB and Parquet cannot name it.\nSet MUDATA_HOME to a folder" in str(done.exception)
