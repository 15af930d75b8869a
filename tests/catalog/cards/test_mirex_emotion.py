"""MIREX mood: line-numbered labels, a UTF-16 table with a ';' too many, and three files per song."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from midi_files import key, metre, midi_file, program, scale, tempo
from shell import typed

from mudata.catalog.cards import loader
from mudata.catalog.read.reader import DatasetContents, read
from mudata.errors import ReadError

if TYPE_CHECKING:
    from mudata.home import Home

CARD = loader.load("mirex_emotion")
HEADER = "Title;Artist;Album;Track;Year;Length;Size;Last Modified;Filename;"
ROWS = (
    'Made "Up" Song;Nobody, Ann;An Album;8;1996;30;352,00 KB;09-09-2010;001.mp3;',
    "One; Two;Nobody, Ann;Later Album;9;2001;30;352,00 KB;22-05-2011;002.mp3;",  # a ';' within the title
    ";;;;;30;352,00 KB;22-05-2011;003.mp3;",  # no metadata at all
    "Bare name;Sömebody;;;;29;352,00 KB;22-05-2011;004.mp3",  # no ';' at the end
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A tiny copy in the published shape, one folder deeper than on Kaggle."""
    base = tmp_path / "MIREX-like_mood" / "dataset"
    for folder in ("Audio", "Lyrics", "MIDIs"):
        (base / folder).mkdir(parents=True)
    for number in (1, 2, 4):
        (base / "Audio" / f"{number:03}.mp3").write_bytes(b"sound")
    (base / "MIDIs" / "002.mid").write_bytes(b"notes")
    (base / "Lyrics" / "001.txt").write_bytes("La la,\r\nlà là\r\n".encode())
    (base / "Lyrics" / "004.txt").write_bytes(b"One line")
    (base / "clusters.txt").write_bytes(b"Cluster 1\nCluster 5\nCluster 5\nCluster 4\n")
    (base / "categories.txt").write_bytes(b"Boisterous\r\nTense - Anxious\r\nAgressive\r\nwhimsical\r\n")
    (base / "dataset info.csv").write_bytes("\r\n".join([HEADER, *ROWS, ""]).encode("utf-16"))
    return tmp_path


def of(reading: DatasetContents, id_: str) -> dict[str, object]:
    return next(row for row in reading.clips.to_pylist() if row["id"] == id_)


def test_a_song_is_linked_over_its_files_by_its_number(root: Path) -> None:
    reading = read(CARD, root)
    assert {issue.kind for issue in reading.issues} <= {"unmatched"}
    assert reading.clips["id"].to_pylist() == ["001", "002", "002.midi", "003", "004"]
    assert of(reading, "002")["track"] == of(reading, "002.midi")["track"] == "002"
    assert of(reading, "002.midi")["kind"] == "midi"
    assert of(reading, "001")["path"] == "MIREX-like_mood/dataset/Audio/001.mp3"


def test_a_song_without_its_file_is_still_a_clip(root: Path) -> None:
    assert of(read(CARD, root), "003")["path"] == "dataset/Audio/003.mp3"


def test_the_table_is_read_in_spite_of_its_semicolons_and_quotes(root: Path) -> None:
    reading = read(CARD, root)
    first, second, bare, last = (of(reading, id_) for id_ in ("001", "002", "003", "004"))
    assert (first["title"], first["artist"], first["album"]) == ('Made "Up" Song', "Nobody, Ann", "An Album")
    assert (second["title"], second["artist"], second["album"]) == ("One; Two", "Nobody, Ann", "Later Album")
    assert (bare["title"], bare["artist"], bare["album"]) == (None, None, None)
    assert (last["title"], last["artist"], last["album"]) == ("Bare name", "Sömebody", None)
    years = {row["id"]: row["value"] for row in reading.attributes.to_pylist()}
    assert years == {"001": "1996", "002": "2001", "002.midi": "2001"}


@pytest.mark.slow
def test_of_a_song_in_notes_half_a_minute_is_the_clip_and_has_facts_of_its_own(home: Home, root: Path) -> None:
    scales = [scale([55, 59, 62, 67, 60, 64, 67, 72, 62, 66, 69, 74] * 20), scale([43, 36, 38] * 80, channel=1)]
    song = midi_file([tempo(96), metre(3, 4), key(1)], [program(0), *scales[0]], [program(33, 1), *scales[1]])
    next(root.rglob("002.mid")).write_bytes(song)
    assert typed("fetch", "mirex_emotion", "--from", root, "--accept-licence", "--workers", 1).code == 1, (
        "no sound here"
    )
    clip = "SELECT start_s, duration_s FROM clips WHERE clip_id = 'mirex_emotion/002.midi'"
    assert json.loads(typed("sql", clip, "--json").out) == [{"start_s": 37.5, "duration_s": 30.0}], "bars of 1.875 s"
    facts = "SELECT name, value, source FROM attributes WHERE clip_id = 'mirex_emotion/002.midi' AND name IN"
    names = "('clip_beat_bpm', 'clip_key', 'file_key', 'clip_families')"
    assert {tuple(row.values()) for row in json.loads(typed("sql", f"{facts} {names}", "--json").out)} == {
        ("clip_beat_bpm", "96", "event"),
        ("clip_key", "G major", "event"),
        ("file_key", "G major", "event"),
        ("clip_families", "Bass, Piano", "event"),
    }


def test_without_the_table_there_are_no_artists_but_all_clips(root: Path) -> None:
    next(root.rglob("dataset info.csv")).unlink()
    reading = read(CARD, root)
    assert reading.clips.num_rows == 5
    assert set(reading.clips["artist"].to_pylist()) == {None}


def test_line_i_labels_song_i_and_only_its_audio(root: Path) -> None:
    labels = {(row["namespace"], row["id"]): row["canonical"] for row in read(CARD, root).labels.to_pylist()}
    assert labels == {
        ("mood", "001"): "Cluster 1",
        ("mood", "002"): "Cluster 5",
        ("mood", "003"): "Cluster 5",
        ("mood", "004"): "Cluster 4",
        ("tag", "001"): "Boisterous",
        ("tag", "002"): "Tense - Anxious",
        ("tag", "003"): "Agressive",
        ("tag", "004"): "whimsical",
    }


def test_lyrics_keep_their_lines(root: Path) -> None:
    texts = {row["id"]: (row["kind"], row["text"]) for row in read(CARD, root).captions.to_pylist()}
    assert texts == {"001": ("lyrics", "La la,\nlà là\n"), "004": ("lyrics", "One line")}


def test_missing_labels_are_told_with_the_file_that_is_looked_for(root: Path) -> None:
    next(root.rglob("clusters.txt")).unlink()
    with pytest.raises(ReadError, match=r"clusters\.txt"):
        read(CARD, root)


def test_counts_are_those_of_the_publication() -> None:
    moods, tags = CARD.expected.labels["mood"], CARD.expected.labels["tag"]
    assert list(moods.values()) == [170, 164, 215, 191, 163]
    assert sum(moods.values()) == sum(tags.values()) == 903
    assert len(tags) == len(CARD.labels["tag"].vocabulary) == 28
    tags_by_cluster = [5, 5, 6, 6, 6]  # the tag vocabulary runs cluster by cluster
    counts = iter(tags.values())
    assert [sum(next(counts) for _ in range(size)) for size in tags_by_cluster] == list(moods.values())


def test_survey_options_mean_clusters() -> None:
    from mudata.catalog.cards.vocabulary import canonical

    mood: Callable[[str], str | None] = canonical(CARD.labels["mood"])
    options = ("Passionate", "rollicking", "Literate", "humorous", "aggressive")
    assert [mood(option) for option in options] == [f"Cluster {number}" for number in range(1, 6)]
    assert mood("amiable/good natured") == "Cluster 2"
