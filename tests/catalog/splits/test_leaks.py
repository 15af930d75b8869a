"""What parts share, against the known answers of GTZAN's published splits."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import shelf

from mudata.catalog.index import database
from mudata.catalog.splits import leaks
from mudata.errors import UnknownName

if TYPE_CHECKING:
    from mudata.home import Home


def _of(home: Home, part_of: dict[str, str]) -> leaks.Leaks:
    with database.connect(home) as con:
        return leaks.find(con, part_of)


def _pairs(found: leaks.Leaks, kind: str) -> dict[tuple[str, str], tuple[int, int, int]]:
    return {(s.first, s.second): (s.groups, s.clips, s.of) for s in found.shared if s.kind == kind}


@pytest.mark.parametrize(
    ("split", "version", "artists", "in_train", "songs", "copies"),
    [
        ("stratified", "2024", (84, 80, 65), (206, 250), 42, 11),
        (
            "stratified",
            "2012",
            (83, 77, 63),
            (197, 250),
            46,
            11,
        ),  # "Caught inthe Middle" is one song with "Caught In The Middle"
        ("fault-filtered", "2024", (2, 6, 4), (14, 290), 0, 0),
        ("fault-filtered", "2012", (0, 0, 0), (0, 290), 0, 0),
    ],
)
@pytest.mark.slow
def test_published_splits_of_gtzan_leak_as_is_known(
    home: Home,
    shared: Path,
    split: str,
    version: str,
    artists: tuple[int, int, int],
    in_train: tuple[int, int],
    songs: int,
    copies: int,
) -> None:
    shelf.gtzan(home, shared, version)
    with database.connect(home) as con:
        found = leaks.find(con, leaks.official(con, ["gtzan"], split))
    between = _pairs(found, "artist")
    order = [("train", "validation"), ("train", "test"), ("validation", "test")]
    assert tuple(between.get(pair, (0, 0, 0))[0] for pair in order) == artists
    assert between.get(("train", "test"), (0, 0, in_train[1]))[1:] == in_train
    assert (found.across["song"], found.across["copy"]) == (songs, copies)
    assert found.card_sha256 == {"gtzan": shelf.sha("card 1")}


@pytest.mark.parametrize(("version", "songs", "artists"), [("2024", 59, 983), ("2012", 67, 919)])
@pytest.mark.slow
def test_gtzan_recurs_as_is_known(home: Home, shared: Path, version: str, songs: int, artists: int) -> None:
    shelf.gtzan(home, shared, version)
    with database.connect(home) as con:
        ids = [row[0] for row in con.sql("SELECT clip_id FROM clips").fetchall()]
        found = leaks.find(con, dict.fromkeys(ids, "test"))
    assert (found.repeated["copy"], found.repeated["song"], found.known["artist"]) == (14, songs, artists)
    assert found.shared == ()


@pytest.mark.parametrize(
    ("split", "across", "train_test"), [("0", 4, 3), ("1", 1, 1), ("2", 10, 0), ("3", 10, 6), ("4", 6, 0)]
)
@pytest.mark.slow
def test_artist_disjoint_splits_of_jamendo_leak_copies_as_is_known(
    home: Home, shared: Path, split: str, across: int, train_test: int
) -> None:
    path = shared / "facts" / "tables" / "jamendo_moodtheme_duplicates.tsv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    shelf.shelve(
        home,
        clips=[{"id": row["track_id"], "pcm_sha256": row["md5"], "artist": row["artist_id"]} for row in rows],
        splits=[
            {"id": row["track_id"], "split": "moodtheme", "part": row[f"split{split}"]}
            for row in rows
            if row[f"split{split}"]
        ],
    )
    with database.connect(home) as con:
        found = leaks.find(con, leaks.official(con, ["toy"], "moodtheme"))
    assert (found.across["copy"], found.across["artist"]) == (across, 0)
    assert _pairs(found, "copy").get(("train", "test"), (0, 0, 0))[0] == train_test


@pytest.mark.slow
def test_what_two_parts_share_is_counted_from_the_later_one(home: Home) -> None:
    shelf.shelve(
        home,
        clips=[
            {"id": "a", "artist": "Queen", "album": "Jazz", "title": "Mustapha"},
            {"id": "b", "artist": "queen", "album": "Jazz", "title": "Dead on Time"},
            {"id": "c", "artist": "QUEEN ", "title": "Mustapha", "track": "x1"},
            {"id": "d", "artist": None, "track": "x1", "title": "Mustapha"},
        ],
    )
    found = _of(home, {"toy/a": "train", "toy/b": "test", "toy/c": "test", "toy/d": "validation"})
    assert list(found.parts) == ["train", "validation", "test"]
    assert _pairs(found, "artist") == {("train", "test"): (1, 2, 2)}
    assert _pairs(found, "album") == {("train", "test"): (1, 1, 2)}
    assert _pairs(found, "track") == {("validation", "test"): (1, 1, 2)}
    assert _pairs(found, "song") == {("train", "test"): (1, 1, 2)}
    assert found.known == {"copy": 4, "song": 3, "artist": 3, "album": 2, "track": 2}


@pytest.mark.slow
def test_equal_samples_and_equal_files_are_copies(home: Home) -> None:
    shelf.shelve(
        home,
        clips=[
            {"id": "a", "pcm_sha256": "1", "source_sha256": "f"},
            {"id": "b", "pcm_sha256": "1", "source_sha256": "g"},
            {"id": "c", "pcm_sha256": "2", "source_sha256": "g"},
            {"id": "d", "pcm_sha256": None, "source_sha256": None},
            {"id": "e", "pcm_sha256": None, "source_sha256": None},
        ],
    )
    found = _of(home, {f"toy/{i}": "test" if i in "ce" else "train" for i in "abcde"})
    assert _pairs(found, "copy") == {("train", "test"): (1, 1, 2)}
    assert (found.known["copy"], found.repeated["copy"]) == (3, 1)


@pytest.mark.slow
def test_an_unknown_published_split_is_named_with_those_there_are(home: Home) -> None:
    shelf.shelve(home, clips=[{"id": "a"}], splits=[{"id": "a", "split": "filtered", "part": "test"}])
    with (
        database.connect(home) as con,
        pytest.raises(UnknownName, match=r"No published split named 'filterd'.*'filtered'"),
    ):
        leaks.official(con, ["toy"], "filterd")


@pytest.mark.slow
def test_only_copies_and_groups_to_be_kept_apart_are_faults(home: Home) -> None:
    shelf.shelve(
        home,
        clips=[
            {"id": "a", "artist": "x", "album": "y", "pcm_sha256": "1"},
            {"id": "b", "artist": "x", "album": "y", "pcm_sha256": "1"},
        ],
    )
    found = leaks.findings(_of(home, {"toy/a": "train", "toy/b": "test"}), ("album",))
    assert [(finding.level, finding.kind) for finding in found] == [
        ("fault", "leak-copy"),
        ("note", "leak-artist"),
        ("fault", "leak-album"),
    ]
    assert found[0].what == "Exact copies lie in several parts, 1 of them: 1 of 1 test clips in train."


def test_what_two_artists_have_in_common_by_their_album_alone_is_nothing(home: Home) -> None:
    hits = [{"id": f"{i}", "artist": f"band {'ab'[i]}", "album": "Greatest Hits"} for i in range(2)]
    shelf.shelve(home, clips=hits)
    found = _of(home, {"toy/0": "train", "toy/1": "test"})
    assert found.shared == ()
    assert found.known["album"] == 2


def test_two_spellings_in_two_parts_are_a_fault_unless_names_were_compared_by_the_letter(home: Home) -> None:
    rows = [("0", "The Beatles"), ("1", "Beatles"), ("2", "x"), ("3", "X ")]
    shelf.shelve(home, clips=[{"id": i, "artist": artist} for i, artist in rows])
    spelled = _of(home, {"toy/0": "train", "toy/1": "test"})
    (now,) = leaks.findings(spelled, ("artist",))
    (then,) = leaks.findings(spelled, ("artist",), by_letter=True)
    assert (now.level, now.kind) == ("fault", "leak-artist")
    assert (then.level, then.kind) == ("note", "leak-artist")
    assert "under two spellings, which were two when the split was drawn" in then.what
    alike = _of(home, {"toy/2": "train", "toy/3": "test"})
    (found,) = leaks.findings(alike, ("artist",), by_letter=True)
    assert found.level == "fault"
