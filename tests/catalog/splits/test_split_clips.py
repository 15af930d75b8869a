"""The clips of a split in Python: their facts, their labels, their sound when it is asked for."""

from __future__ import annotations

import importlib.util
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import soundfile
import soxr
from small_corpus import Corpus

import mudata
from mudata.catalog.index import database
from mudata.catalog.splits import manifest
from mudata.errors import AudioError, MissingExtra, UnknownName

if TYPE_CHECKING:
    from mudata.home import Home


@pytest.fixture
def empty(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Corpus:
    (tmp_path / "cards").mkdir()
    return Corpus(home, tmp_path / "cards", monkeypatch)


@pytest.fixture
def corpus(empty: Corpus) -> Corpus:
    """Twelve tones, halved: 00 to 05 train, 06 to 11 test."""
    empty.halves()
    return empty


def test_a_part_is_a_sequence_of_clips_with_what_is_known_of_them(corpus: Corpus) -> None:
    part = mudata.load("half", part="train")
    clip = part[1]
    assert (clip.clip_id, clip.dataset, clip.part, clip.kind) == ("tones/01", "tones", "train", "audio")
    assert clip.labels == {"genre": "mid", "mood": ["calm"]}
    assert clip.caption == "A mid tone that sounds calm, number 1."
    assert clip.captions == [clip.caption]
    assert (clip.artist, clip.album, clip.licence) == ("artist 0", None, "CC0")
    assert (clip.start_s, clip.end_s) == (0, pytest.approx(clip.duration_s))
    assert clip.path == corpus.home.clips("tones", "native") / "01.flac"
    assert clip.source == corpus.home.raw("tones") / "files" / "01.flac"
    assert len(part) == len(list(part)) == 6
    assert [one.clip_id for one in part] == [f"tones/{n:02}" for n in range(6)]
    assert [one.clip_id for one in part[-2:]] == [part[-2].clip_id, part[-1].clip_id] == ["tones/04", "tones/05"]
    with pytest.raises(IndexError):
        part[6]


def test_without_a_part_all_of_them_come_in_the_order_of_the_split(corpus: Corpus) -> None:
    assert {name: len(part) for name, part in mudata.load("half").items()} == {"train": 6, "test": 6}
    with pytest.raises(UnknownName, match=r"No part of this split named 'tset'\. Did you mean 'test'"):
        mudata.load("half", part="tset")


def test_the_waveform_is_the_clip_and_is_decoded_when_asked_for(corpus: Corpus) -> None:
    clip = mudata.load("half", part="train")[1]
    samples, rate = soundfile.read(clip.path, dtype="float32")
    assert (clip.rate, clip.waveform.dtype, clip.waveform.shape) == (rate, np.float32, (1, len(samples)))
    np.testing.assert_array_equal(clip.waveform[0], samples)
    np.testing.assert_array_equal(clip.read(start_s=0.25, duration_s=0.125)[0], samples[2000:3000])
    half = soxr.resample(samples, rate, rate // 2, "HQ")
    np.testing.assert_array_equal(clip.read(rate // 2)[0], half)


def test_a_file_that_is_gone_is_told_when_it_is_heard(corpus: Corpus) -> None:
    clip = mudata.load("half", part="train")[1]
    clip.path.unlink()
    said = r"tones/01 cannot be read: no such file \(.*01\.flac\)\n`mudata verify tones`"
    with pytest.raises(AudioError, match=said):
        _ = clip.waveform


def test_clips_of_notes_are_there_without_a_waveform(empty: Corpus) -> None:
    empty.halves(kind="midi")
    clip = mudata.load("half", part="train")[0]
    assert clip.kind == "midi"
    with pytest.raises(AudioError, match="tones/00 is notes, which have no samples"):
        _ = clip.waveform


def test_clips_that_are_words_alone_are_left_out(empty: Corpus) -> None:
    empty.halves(kind="text")
    part = mudata.load("half", part="train")
    assert len(part) == 0
    assert part.left_out["tones/00"] == "words alone, nothing to hear"
    assert repr(part) == "Part 'train': 0 clips; labels: genre 3, mood 3; 6 left out"


def test_a_part_is_a_table(corpus: Corpus) -> None:
    part = mudata.load("half", part="test")
    table = part.table("arrow")
    assert table.column("genre").to_pylist() == ["low", "mid", "high"] * 2
    frame = part.table()
    assert frame["clip_id"].iloc[0] == "tones/06"
    assert list(frame["mood"].iloc[0]) == ["calm", "dark"]
    assert part.rows[0]["captions"] == ["A low tone that sounds dark and calm, number 6."]
    assert list(frame.columns) == table.column_names == list(part.rows[0])
    assert repr(part) == "Part 'test': 6 clips; labels: genre 3, mood 3"
    with pytest.raises(UnknownName, match=r"No kind of table named 'panda'\. Did you mean 'pandas'"):
        part.table("panda")  # type: ignore[call-overload]


def test_a_table_of_polars_needs_polars(corpus: Corpus) -> None:
    part = mudata.load("half", part="test")
    if importlib.util.find_spec("polars") is None:
        with pytest.raises(MissingExtra, match=r"A table of polars needs the package 'polars'"):
            part.table("polars")
        return
    frame = part.table("polars")
    assert frame["genre"].to_list() == ["low", "mid", "high"] * 2
    assert frame["mood"].to_list()[0] == ["calm", "dark"]


def test_labels_have_the_same_numbers_in_every_part(empty: Corpus) -> None:
    hashes = empty.publish()
    ids = sorted(hashes)
    low, rest = ids[::3], [one for one in ids if one not in ids[::3]]
    empty.split("apart", {"train": {i: hashes[i] for i in rest}, "test": {i: hashes[i] for i in low}})
    parts = mudata.load("apart")
    assert parts["train"].classes == parts["test"].classes
    genre, mood = parts["test"].classes["genre"], parts["test"].classes["mood"]
    assert (genre.names, genre.single) == (("high", "low", "mid"), True)
    assert (mood.names, mood.single) == (("bright", "calm", "dark"), False)
    assert [genre.encode(clip.labels["genre"]) for clip in parts["train"][:2]] == [2, 0]
    np.testing.assert_array_equal(mood.encode(parts["test"][0].labels["mood"]), np.float32([0, 1, 1]))


def test_a_clip_without_a_label_is_unknown_and_not_without(empty: Corpus) -> None:
    empty.halves(unlabelled=("02",))
    part = mudata.load("half", part="train")
    clip, genre, mood = part[2], part.classes["genre"], part.classes["mood"]
    assert clip.labels == {"genre": None, "mood": []}
    assert (clip.caption, clip.captions) == (None, [])
    assert genre.encode(None) == -100
    assert np.isnan(mood.encode([])).all()


def test_labels_come_back_from_their_numbers(corpus: Corpus) -> None:
    classes = mudata.load("half", part="train").classes
    for clip in mudata.load("half", part="train"):
        for space, own in clip.labels.items():
            assert classes[space].decode(classes[space].encode(own)) == own
    assert classes["genre"].decode(np.int64(-100)) is None
    assert classes["mood"].decode(np.float32([0.4, 0.5, 0.9])) == ["calm", "dark"]
    with pytest.raises(UnknownName, match=r"No label of genre named 'hihg'\. Did you mean 'high'"):
        classes["genre"].encode("hihg")


def test_a_namespace_with_one_label_a_clip_is_several_where_the_card_says_so(empty: Corpus) -> None:
    empty.halves(aspects=("warm",))
    part = mudata.load("half", part="train")
    assert part[0].labels["aspect"] == ["warm low"]
    assert not part.classes["aspect"].single


def test_a_namespace_named_like_a_fact_keeps_both(corpus: Corpus) -> None:
    with database.snapshot(corpus.home) as index:
        tables = {name: index.sql(f"FROM {name}").to_arrow_table() for name in ("datasets", "clips", "captions")}
        labels = index.sql("SELECT * REPLACE ('artist' AS namespace) FROM labels WHERE namespace = 'genre'")
        tables["labels"] = labels.to_arrow_table()
    database.publish(corpus.home, "tones", tables)
    part = mudata.load("half", part="train")
    assert (part[2].artist, part[2].labels) == ("artist 1", {"artist": "high"})
    assert part.rows[2]["artist_label"] == "high"


def test_clips_of_two_datasets_are_one_part(empty: Corpus) -> None:
    first, second = empty.publish(), empty.publish("others", aspects=("warm",))
    ids = {"tones/03": first["tones/03"], "others/03": second["others/03"]}
    empty.split("both", {"train": ids})
    part = mudata.load("both", part="train")
    assert [(clip.clip_id, clip.dataset) for clip in part] == [("others/03", "others"), ("tones/03", "tones")]
    assert [clip.labels["aspect"] for clip in part] == [["warm low"], []]
    assert part.classes["genre"].names == ("low",)


def test_a_repaired_split_has_what_is_right(corpus: Corpus) -> None:
    faults = """faults:
  - {ids: ["01"], kind: mislabelled, action: warn, note: deep, source: me, repair: {labels: {genre: low}, artist: Ann}}
  - {ids: ["02"], kind: distorted, action: warn, note: noise, source: me, repair: {start_s: 0.125, end_s: 0.375}}
  - {ids: ["03"], kind: corrupt, action: drop, note: gone, source: me}
"""
    corpus.home.make(corpus.home.root / "faults").joinpath("tones.yaml").write_text(faults)
    made = manifest.load(corpus.home, "half")
    manifest.save(corpus.home, replace(made, name="right", query={"faults": "repair"}).sealed())
    wrong, right = (mudata.load(name, part="train") for name in ("half", "right"))
    assert right.left_out == {"tones/03": "a known fault, which cannot be repaired"}
    assert (wrong[1].labels["genre"], right[1].labels["genre"], right[1].artist) == ("mid", "low", "Ann")
    assert (right[2].start_s, right[2].duration_s) == (0.125, 0.25)
    assert (right[2].within, wrong[2].within) == ((0.125, 0.375), None)
    whole = wrong[2].waveform
    np.testing.assert_array_equal(right[2].waveform, whole[:, 1000:3000])
    np.testing.assert_array_equal(right[2].read(start_s=0.125, duration_s=9), whole[:, 2000:3000])
    with pytest.raises(AudioError, match=r"tones/02 cannot be read: it ends at 0\.25 s"):
        right[2].read(start_s=0.25)
    assert len(wrong) == 6
