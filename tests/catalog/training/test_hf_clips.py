"""A part as a dataset of the library `datasets`: labels with their names, and sound without torchcodec."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from small_corpus import Corpus

import mudata
from mudata.catalog.index import database
from mudata.errors import ArgumentError, AudioError, SplitError

if TYPE_CHECKING:
    from mudata.home import Home


@pytest.fixture
def empty(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Corpus:
    (tmp_path / "cards").mkdir()
    return Corpus(home, tmp_path / "cards", monkeypatch)


@pytest.fixture(autouse=True)
def datasets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The library, without network, progress, and torchcodec."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setitem(sys.modules, "torchcodec", None)
    import datasets

    datasets.disable_progress_bars()
    return datasets


@pytest.fixture
def corpus(empty: Corpus) -> Corpus:
    """Twelve tones, halved: 00 to 05 train, 06 to 11 test."""
    empty.halves()
    return empty


def test_rows_have_facts_labels_and_sound(corpus: Corpus, datasets: Any) -> None:
    part = mudata.load("half", part="train")
    rows = part.hf()
    assert rows.features["audio"] == datasets.Audio(decode=False)
    assert rows.features["genre"] == datasets.ClassLabel(names=["high", "low", "mid"])
    assert rows.features["mood"] == datasets.List(datasets.ClassLabel(names=["bright", "calm", "dark"]))
    row = rows[1]
    assert (row["clip_id"], row["genre"], row["mood"], row["artist"]) == ("tones/01", 2, [1], "artist 0")
    assert row["captions"] == part[1].captions
    assert (row["audio"]["path"], row["audio"]["sampling_rate"]) == (str(part[1].path), 8000)
    np.testing.assert_array_equal(row["audio"]["array"], part[1].waveform[0])
    assert set(rows.column_names) == {*part.table().columns, "audio"} - {"path"}


def test_sound_is_resampled_where_a_rate_is_given(corpus: Corpus) -> None:
    part = mudata.load("half", part="train", channels=2)
    audio = part.hf(rate=4000)[1]["audio"]
    assert audio["sampling_rate"] == 4000
    np.testing.assert_array_equal(audio["array"], part[1].read(4000))
    with pytest.raises(ArgumentError, match="rate is 0"):
        part.hf(rate=0)


def test_what_the_library_does_with_rows_keeps_their_sound(corpus: Corpus) -> None:
    part = mudata.load("half", part="train")
    rows = part.hf()
    high = rows.filter(lambda genre: genre == 0, input_columns=["genre"])
    assert high["clip_id"] == ["tones/02", "tones/05"]
    np.testing.assert_array_equal(high[1]["audio"]["array"], part[5].waveform[0])
    lengths = rows.map(lambda row: {"samples": len(row["audio"]["array"])}, remove_columns=["audio"])
    assert lengths["samples"] == [4000, 4800, 5600, 6400, 4000, 4800]
    divided = rows.train_test_split(0.5, seed=0, stratify_by_column="genre")
    assert sorted(divided["test"]["genre"]) == [0, 1, 2]
    shuffled = rows.shuffle(seed=0)[:3]
    for clip_id, audio in zip(shuffled["clip_id"], shuffled["audio"], strict=True):
        clip = next(clip for clip in part if clip.clip_id == clip_id)
        np.testing.assert_array_equal(audio["array"], clip.waveform[0])


def test_files_are_kept_whole_where_they_are_saved(corpus: Corpus, datasets: Any, tmp_path: Path) -> None:
    part = mudata.load("half", part="train")
    part.hf().with_format(None).save_to_disk(str(tmp_path / "saved"))
    row = datasets.load_from_disk(str(tmp_path / "saved"))[1]
    assert row["audio"]["bytes"] == part[1].path.read_bytes()


def test_labels_that_are_not_known_are_none(empty: Corpus) -> None:
    empty.halves(unlabelled=("02",))
    row = mudata.load("half", part="train").hf()[2]
    assert (row["genre"], row["mood"], row["captions"]) == (None, [], [])


def test_a_clip_that_cannot_be_read_is_told_by_its_name(corpus: Corpus) -> None:
    part = mudata.load("half", part="train")
    part[2].path.unlink()
    rows = part.hf()
    assert rows[1]["clip_id"] == "tones/01"
    with pytest.raises(AudioError, match="tones/02 cannot be read: no such file"):
        rows[2]
    assert rows.with_format(None)[2]["audio"] == {"bytes": None, "path": str(part[2].path)}


def test_notes_are_left_out(empty: Corpus) -> None:
    tones, notes = empty.publish(), empty.publish("notes", kind="midi")
    ids = {"tones/00": tones["tones/00"], "notes/00": notes["notes/00"]}
    empty.split("both", {"train": ids, "test": {"notes/01": notes["notes/01"]}})
    assert mudata.load("both", part="train").hf()["clip_id"] == ["tones/00"]
    with pytest.raises(SplitError, match="No clip of part test can be trained on: notes"):
        mudata.load("both", part="test").hf()


def test_a_part_of_a_file_is_never_taken_for_the_whole(corpus: Corpus) -> None:
    with database.snapshot(corpus.home) as index:
        tables = {name: index.sql(f"FROM {name}").to_arrow_table() for name in ("datasets", "labels", "captions")}
        tables["clips"] = index.sql(
            "SELECT * REPLACE ('reference' AS store, 'mean' AS mix, 'raw/tones/files/' || source_path AS path,"
            " duration_s AS source_duration_s, CASE clip_id WHEN 'tones/01' THEN .125 ELSE 0 END::DOUBLE AS start_s,"
            " CASE clip_id WHEN 'tones/01' THEN .25 ELSE duration_s END::DOUBLE AS duration_s) FROM clips"
        ).to_arrow_table()
    files = corpus.home.raw("tones") / "files"
    corpus.home.clips("tones", "native").rename(corpus.home.make(files.parent) / "files")
    database.publish(corpus.home, "tones", tables)
    part = mudata.load("half", part="train")
    assert (part[0].path, part[0].within) == (files / "00.flac", None)
    assert (part[1].path, part[1].within) == (files / "01.flac", (0.125, 0.375))
    rows = part.hf()
    assert rows[0]["audio"]["path"] == str(files / "00.flac")
    assert rows[1]["audio"]["path"] == f"{files / '01.flac'}#t=0.125,0.375"
    np.testing.assert_array_equal(rows[1]["audio"]["array"], part[1].waveform[0])
    assert part[1].waveform.shape == (1, 2000)
