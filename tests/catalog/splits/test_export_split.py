"""A split for training: in Python, as tables, and as a folder that the library `datasets` loads."""

from __future__ import annotations

import csv
import importlib.util
import json
import sys
import types
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import soundfile
from shell import typed
from small_corpus import Corpus

import mudata
from mudata.catalog.splits import export_split, manifest
from mudata.errors import SplitError

if TYPE_CHECKING:
    from mudata.home import Home


@pytest.fixture
def corpus(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Corpus:
    """Twelve tones, halved: 00 to 05 train, 06 to 11 test."""
    (tmp_path / "cards").mkdir()
    made = Corpus(home, tmp_path / "cards", monkeypatch)
    made.halves()
    return made


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(newline="") as lines:
        return list(csv.DictReader(lines))


def test_a_clip_that_cannot_be_heard_is_left_out_with_its_reason(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cards").mkdir()
    corpus = Corpus(home, tmp_path / "cards", monkeypatch)
    hashes = corpus.publish(absent=("01",))
    corpus.split("some", {"test": {**hashes, "tones/99": "0" * 64}})
    assert mudata.load("some", part="test").left_out == {
        "tones/01": "missing: gone: the host has lost it",
        "tones/99": "not in the index",
    }
    done = typed("split", "export", "some", "--to", tmp_path / "out")
    assert done.code == 1
    assert "2 clips cannot be heard" in done.err
    assert [row["clip_id"] for row in rows_of(tmp_path / "out" / "left_out.csv")] == ["tones/01", "tones/99"]
    assert len(rows_of(tmp_path / "out" / "test.csv")) == 11


def test_csv_has_absolute_paths_labels_and_groups(corpus: Corpus, tmp_path: Path) -> None:
    done = typed("split", "export", "half", "--to", tmp_path / "out", "--json")
    assert json.loads(done.out)["parts"] == [{"part": "train", "clips": 6}, {"part": "test", "clips": 6}]
    first = rows_of(tmp_path / "out" / "train.csv")[0]
    assert soundfile.info(first["path"]).frames > 0
    assert Path(first["path"]).is_absolute()
    assert (first["genre"], json.loads(first["mood"]), first["artist"]) == ("low", ["calm", "dark"], "artist 0")
    assert manifest.load(corpus.home, str(tmp_path / "out" / "split.json")).name == "half"


def test_json_lines_have_lists_as_lists(corpus: Corpus, tmp_path: Path) -> None:
    mudata.export_split("half", tmp_path / "out", format="jsonl")
    lines = [json.loads(line) for line in (tmp_path / "out" / "test.jsonl").read_text().splitlines()]
    assert [line["mood"] for line in lines[:2]] == [["calm", "dark"], ["calm"]]


@pytest.fixture
def datasets(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The library `datasets`. It wants torchcodec for audio even where it only notes the path of a file; where that is
    not installed, something by its name stands in."""
    library = pytest.importorskip("datasets")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    if importlib.util.find_spec("torchcodec") is None:
        for name in ("torchcodec", "torchcodec.encoders"):
            monkeypatch.setitem(sys.modules, name, types.SimpleNamespace(AudioEncoder=None))
    return library


@pytest.mark.slow
@pytest.mark.parametrize("copy", [False, True])
def test_the_folder_is_loaded_by_the_library_datasets(
    corpus: Corpus, datasets: Any, tmp_path: Path, copy: bool
) -> None:
    mudata.export_split("half", tmp_path / "out", format="audiofolder", copy=copy)
    loaded = datasets.load_dataset(str(tmp_path / "out"), cache_dir=str(tmp_path / "cache"))
    assert {name: len(rows) for name, rows in loaded.items()} == {"train": 6, "test": 6}
    rows = loaded["test"].cast_column("audio", datasets.Audio(decode=False))
    first = rows[0]
    assert (first["clip_id"], first["genre"], first["mood"]) == ("tones/06", "low", ["calm", "dark"])
    file = tmp_path / "out" / "test" / "tones" / "06.flac"
    assert Path(first["audio"]["path"]).samefile(file)
    assert file.is_symlink() is not copy
    assert rows[:]["genre"] == ["low", "mid", "high"] * 2


@pytest.mark.slow
def test_parts_of_any_name_become_splits_of_the_library(corpus: Corpus, datasets: Any, tmp_path: Path) -> None:
    hashes = corpus.publish()
    ids = sorted(hashes)
    corpus.split("folds", {f"fold-{n}": {i: hashes[i] for i in ids[n::2]} for n in range(2)})
    mudata.export_split("folds", tmp_path / "out", format="audiofolder")
    loaded = datasets.load_dataset(str(tmp_path / "out"), cache_dir=str(tmp_path / "cache"))
    assert {name: len(rows) for name, rows in loaded.items()} == {"fold_0": 6, "fold_1": 6}


def test_the_same_export_again_changes_nothing_and_mends_what_is_broken(corpus: Corpus, tmp_path: Path) -> None:
    for _ in range(2):
        mudata.export_split("half", tmp_path / "out", format="audiofolder", copy=True)
        clip = tmp_path / "out" / "test" / "tones" / "06.flac"
        assert soundfile.info(clip).frames > 0
        clip.write_bytes(b"cut")
    mudata.export_split("half", tmp_path / "out", format="audiofolder", copy=True)
    assert soundfile.info(clip).frames > 0


def test_a_folder_with_other_things_is_refused_unless_forced(corpus: Corpus, tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    with pytest.raises(SplitError, match="holds other things"):
        mudata.export_split("half", tmp_path)
    mudata.export_split("half", tmp_path, force=True)
    assert (tmp_path / "mine").exists()
    assert len(rows_of(tmp_path / "train.csv")) == 6


@pytest.mark.parametrize("part", ["../outside", "/outside", "a/../../outside"])
def test_a_manifest_from_elsewhere_cannot_write_outside_the_folder(corpus: Corpus, tmp_path: Path, part: str) -> None:
    made = manifest.load(corpus.home, "half")
    hostile = replace(made, parts={part: made.parts["test"]}).sealed()
    with pytest.raises(SplitError, match="would lie outside"):
        export_split.export(corpus.home, hostile, tmp_path / "out", format_="audiofolder")
    assert not (tmp_path / "outside").exists()


def test_a_manifest_that_was_changed_is_refused(corpus: Corpus) -> None:
    path = corpus.home.splits / "half.json"
    path.write_text(path.read_text().replace("tones/06", "tones/05"))
    with pytest.raises(SplitError, match="was changed"):
        mudata.load("half")
