"""Lakh MIDI: four subsets in four shapes of path; sums from names, except where files were re-timed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mudata.catalog.cards import loader
from mudata.catalog.read.reader import read

CARD = loader.load("lakh_midi")
MD5, OTHER = "0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210"
SONG = "TRABCDE12903CF1234"
TREE = (
    f"lmd_full/0/{MD5}.mid",
    f"lmd_full/f/{OTHER}.mid",
    f"lmd_matched/A/B/C/{SONG}/{MD5}.mid",
    f"lmd_aligned/A/B/C/{SONG}/{MD5}.mid",
    "clean_midi/Nobody,Ann/A Song.mid",
    "clean_midi/Nobody,Ann/A Song.1.mid",
    "clean_midi/Nobody,Ann/Op. 5 No. 2.mid",
    "lmd_full/0/not-a-sum.mid",
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for name in TREE:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"notes")
    (tmp_path / "match_scores.json").write_text(json.dumps({SONG: {MD5: 0.75, OTHER: 0.5}, "TROTHER": {OTHER: 1}}))
    lines = (f"0\tNobody,Ann\tA Song\t{MD5}\tNobody,Ann/A Song.mid", f'1\tX\t"Y\t{OTHER}\tX/"Y.mid', "")
    (tmp_path / "clean_midi.txt").write_bytes("\r\n".join(lines).encode())
    return tmp_path


def test_the_default_is_every_file_once_by_its_sum(root: Path) -> None:
    reading = read(CARD, root)
    assert {issue.kind for issue in reading.issues} <= {"unmatched"}
    assert [(row["id"], row["hash"], row["kind"]) for row in reading.clips.to_pylist()] == [
        (f"full/{MD5}", f"md5:{MD5}", "midi"),
        (f"full/{OTHER}", f"md5:{OTHER}", "midi"),
    ]


def test_matched_files_know_their_song_and_how_well_they_fit(root: Path) -> None:
    reading = read(CARD, root, subset="matched")
    (clip,) = reading.clips.to_pylist()
    assert (clip["id"], clip["track"], clip["hash"]) == (f"matched/{SONG}/{MD5}", SONG, f"md5:{MD5}")
    assert [(row["name"], row["value"]) for row in reading.attributes.to_pylist()] == [("msd_match_score", "0.75")]


def test_aligned_files_are_not_held_to_the_sum_in_their_name(root: Path) -> None:
    (clip,) = read(CARD, root, subset="aligned").clips.to_pylist()
    assert (clip["id"], clip["track"], clip["hash"]) == (f"aligned/{SONG}/{MD5}", SONG, None)


def test_clean_files_have_artist_title_and_versions_of_one_song_together(root: Path) -> None:
    clips = {row["id"]: row for row in read(CARD, root, subset="clean").clips.to_pylist()}
    first, second = clips["clean/Nobody,Ann/A Song"], clips["clean/Nobody,Ann/A Song.1"]
    assert {first["artist"], second["artist"]} == {"Nobody,Ann"}
    assert first["title"] == second["title"] == "A Song"
    assert first["track"] == second["track"]
    assert (first["hash"], second["hash"]) == (f"md5:{MD5}", None)
    assert clips["clean/Nobody,Ann/Op. 5 No. 2"]["title"] == "Op. 5 No. 2"


def test_subsets_can_be_read_together(root: Path) -> None:
    assert read(CARD, root, subset="full,matched,aligned,clean").clips.num_rows == 7


def test_a_copy_without_lists_can_be_read(root: Path) -> None:
    (root / "match_scores.json").unlink()
    (root / "clean_midi.txt").unlink()
    reading = read(CARD, root, subset="matched,clean")
    assert reading.clips.num_rows == 4
    assert reading.attributes.num_rows == 0
