"""The FMA card: three header records, fields of several lines, nested subsets, a tree of genres."""

from __future__ import annotations

import csv
import io
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from mudata.catalog.cards import loader
from mudata.catalog.read.reader import read
from mudata.errors import ReadError

ALBUM = "comments date_created date_released engineer favorites id information listens producer tags title tracks type"
ARTIST = (
    "active_year_begin active_year_end associated_labels bio comments date_created favorites id latitude location"
    " longitude members name related_projects tags website wikipedia_page"
)
TRACK = (
    "bit_rate comments composer date_created date_recorded duration favorites genre_top genres genres_all information"
    " interest language_code license listens lyricist number publisher tags title"
)
HEADER = [
    *(("album", name) for name in ALBUM.split()),
    *(("artist", name) for name in ARTIST.split()),
    ("set", "split"),
    ("set", "subset"),
    *(("track", name) for name in TRACK.split()),
]
BY_NC_SA = "Attribution-NonCommercial-ShareAlike 3.0 International"


def record(number: int, **said: str) -> list[str]:
    """A record of tracks.csv: `said` by column as level_field."""
    return [str(number), *(said.get(f"{level}_{field}", "") for level, field in HEADER)]


def tracks_csv(records: Sequence[list[str]], header: Sequence[tuple[str, str]] = HEADER) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["", *(level for level, _ in header)])
    writer.writerow(["", *(field for _, field in header)])
    writer.writerow(["track_id", *("" for _ in header)])
    writer.writerows(records)
    return text.getvalue()


RECORDS = [
    record(
        2,
        album_id="1",
        album_title="Live",
        album_information='<p>One line,\nand "another".</p>\n\n',
        artist_id="1",
        artist_name="Ann Example",
        set_split="training",
        set_subset="small",
        track_genre_top="Hip-Hop",
        track_genres="[21]",
        track_genres_all="[21]",
        track_license=f"{BY_NC_SA} ",
        track_title="Food, and\nDrink",
    ),
    record(
        1040,
        album_id="-1",
        artist_id="2",
        artist_name="Same Name",
        set_split="validation",
        set_subset="medium",
        track_genre_top="Pop",
        track_genres="[76]",
        track_genres_all="[10, 76]",
        track_license="Attribution",
    ),
    record(
        99134,
        album_id="9",
        album_title="Live",
        artist_id="3",
        artist_name="same name",
        set_split="test",
        set_subset="large",
        track_genres="[31, 103]",
        track_genres_all="[17, 31, 103, 12]",
        track_license="Attribution",
    ),
    record(
        133297,
        album_id="7",
        album_title="Alone",
        artist_id="4",
        artist_name="Börje",
        set_split="test",
        set_subset="small",
        track_genre_top="Old-Time / Historic",
        track_genres_all="[8, 99999]",
        track_license="Attribution",
    ),
]


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "fma_metadata").mkdir()
    (tmp_path / "fma_metadata/tracks.csv").write_text(tracks_csv(RECORDS), encoding="utf-8", newline="")
    return tmp_path


def put(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(b"ID3")


@pytest.mark.parametrize(
    ("subset", "ids"),
    [
        (None, ["000002", "133297"]),
        ("small", ["000002", "133297"]),
        ("medium", ["000002", "001040", "133297"]),
        ("large", ["000002", "001040", "099134", "133297"]),
        ("full", ["000002", "001040", "099134", "133297"]),
    ],
)
def test_subsets_are_nested_and_small_is_the_default(files: Path, subset: str | None, ids: list[str]) -> None:
    assert read(loader.load("fma"), files, subset=subset).clips["id"].to_pylist() == ids


def test_clips_are_read_from_records_of_several_lines(files: Path) -> None:
    reading = read(loader.load("fma"), files, subset="large")
    columns = ["path", "artist", "album", "title", "licence", "hash"]
    assert [tuple(row.values()) for row in reading.clips.select(columns).to_pylist()] == [
        ("fma_small/000/000002.mp3", "Ann Example", "Live [1]", "Food, and\nDrink", BY_NC_SA, None),
        ("fma_medium/001/001040.mp3", "Same Name [2]", None, None, "Attribution", None),
        ("fma_large/099/099134.mp3", "same name [3]", "Live [9]", None, "Attribution", None),
        ("fma_small/133/133297.mp3", "Börje", "Alone", None, "Attribution", None),
    ]
    assert set(reading.clips["crop_mode"].to_pylist()) == {"centre"}
    assert set(reading.clips["crop_s"].to_pylist()) == {30.0}


def test_genres_have_two_levels_and_numbers_that_nobody_knows_are_told(files: Path) -> None:
    reading = read(loader.load("fma"), files, subset="large")
    labels = [(row["id"], row["namespace"], row["canonical"]) for row in reading.labels.to_pylist()]
    assert [label[::2] for label in labels if label[1] == "genre_top"] == [
        ("000002", "Hip-Hop"),
        ("001040", "Pop"),
        ("133297", "Old-Time / Historic"),
    ]
    assert {label[2] for label in labels if label[:2] == ("099134", "genre")} == {
        "Folk",
        "Metal",
        "Singer-Songwriter",
        "Rock",
    }
    assert [(i.kind, i.where, i.what) for i in reading.issues if i.kind != "unmatched"] == [
        ("unknown-label", "labels.genre", "'99999' is not in the vocabulary (1 clip)")
    ]
    chosen = read(
        loader.load("fma"), files, subset="large", where="list_contains(genre, 'Rock') AND artist IS NOT NULL"
    )
    assert chosen.clips["id"].to_pylist() == ["099134"]


def test_the_official_split_and_the_faults_are_those_of_the_clips(files: Path) -> None:
    reading = read(loader.load("fma"), files, subset="large")
    assert [tuple(row.values()) for row in reading.splits.to_pylist()] == [
        ("000002", "official", "train"),
        ("001040", "official", "validation"),
        ("099134", "official", "test"),
        ("133297", "official", "test"),
    ]
    assert [(f["id"], f["kind"], f["action"]) for f in reading.faults.to_pylist()] == [
        ("099134", "no-audio", "drop"),
        ("099134", "wrong-metadata", "warn"),
        ("133297", "no-audio", "drop"),
        ("133297", "wrong-metadata", "warn"),
    ]


def test_the_file_of_the_smallest_archive_is_taken_with_its_own_sum(files: Path) -> None:
    put(files, "fma_medium/000/000002.mp3", "fma_large/000/000002.mp3", "fma_full/133/133297.mp3", "own/001/001040.mp3")
    (files / "fma_medium/checksums").write_text(f"{'a' * 40}  fma_medium/000/000002.mp3\n")
    (files / "fma_large/checksums").write_text(f"{'b' * 40}  fma_large/000/000002.mp3\n{'c' * 40}  x/000/000003.mp3\n")
    (files / "fma_metadata/checksums").write_text(f"{'d' * 40}  tracks.csv\n")
    clips = read(loader.load("fma"), files, subset="medium").clips.to_pylist()
    assert [(clip["path"], clip["hash"]) for clip in clips] == [
        ("fma_medium/000/000002.mp3", "sha1:" + "a" * 40),
        ("own/001/001040.mp3", None),
        ("fma_full/133/133297.mp3", None),
    ]


def test_a_table_that_ends_in_the_middle_of_a_record_is_told_and_that_record_is_no_clip(files: Path) -> None:
    whole = tracks_csv([*RECORDS[:3], record(5, set_subset="small", artist_bio="a long story,\nof many lines")])
    cut = whole[: whole.index("of many lines")]
    (files / "fma_metadata/tracks.csv").write_text(cut, encoding="utf-8", newline="")
    reading = read(loader.load("fma"), files, subset="large")
    assert reading.clips["id"].to_pylist() == ["000002", "001040", "099134"]
    (issue,) = (i for i in reading.issues if i.kind != "unmatched")
    line = cut[: cut.rindex("\n5,") + 1].count("\n") + 1
    assert (issue.kind, issue.where) == ("bad-record", f"fma_metadata/tracks.csv:{line}")


def test_a_table_with_columns_in_another_order_is_refused(files: Path) -> None:
    swapped = tracks_csv(RECORDS, header=[*HEADER[:-1][::-1], HEADER[-1]])
    (files / "fma_metadata/tracks.csv").write_text(swapped, encoding="utf-8", newline="")
    with pytest.raises(ReadError, match=r"tracks\.csv: .*not in the order that the card expects"):
        read(loader.load("fma"), files)


def test_a_value_that_is_no_number_is_told_with_its_column(files: Path) -> None:
    odd = tracks_csv([*RECORDS, record(6, artist_id="six", set_subset="small")])
    (files / "fma_metadata/tracks.csv").write_text(odd, encoding="utf-8", newline="")
    with pytest.raises(ReadError, match=r"tracks\.csv: column 'artist_id' .*expected INTEGER, got 'six'"):
        read(loader.load("fma"), files)


def test_the_card_has_the_whole_tree_of_genres() -> None:
    top, tree = (loader.load("fma").labels[name].vocabulary for name in ("genre_top", "genre"))
    assert (len(top), len(tree)) == (16, 163)
    assert {label.id: label.code for label in tree if not label.parent} == {label.id: label.code for label in top}


@pytest.mark.shared
def test_the_tree_of_genres_is_the_published_one(shared: Path) -> None:
    tree = loader.load("fma").labels["genre"].vocabulary
    with (shared / "facts/tables/fma_genres.csv").open(newline="") as file:
        published = list(csv.DictReader(file))
    titles = {row["genre_id"]: row["title"] for row in published} | {"0": None}
    assert [(label.code, label.id, label.parent) for label in tree] == [
        (row["genre_id"], row["title"], titles[row["parent"]]) for row in published
    ]


@pytest.mark.shared
@pytest.mark.slow
def test_the_head_of_the_real_table_gives_the_known_counts(shared: Path, tmp_path: Path) -> None:
    (tmp_path / "fma_small/000").mkdir(parents=True)
    shutil.copy(shared / "data/fma/tracks.csv", tmp_path)
    shutil.copy(shared / "data/fma/000002.mp3", tmp_path / "fma_small/000")
    large, medium, small = (read(loader.load("fma"), tmp_path, subset=s) for s in ("large", "medium", "small"))
    assert [r.clips.num_rows for r in (small, medium, large)] == [58, 58 + 136, 58 + 136 + 488]
    assert [i.kind for i in large.issues if i.kind != "unmatched"] == ["bad-record"]
    assert Counter(large.splits["part"].to_pylist()) == {"train": 563, "test": 71, "validation": 48}
    assert len(set(large.clips["artist"].to_pylist())) == 84
    genres = Counter(r["canonical"] for r in small.labels.to_pylist() if r["namespace"] == "genre_top")
    assert genres == {"Folk": 27, "Rock": 9, "International": 9, "Hip-Hop": 5, "Pop": 4, "Experimental": 4}
    first = small.clips.slice(0, 1).to_pylist()[0]
    assert (first["id"], first["path"], first["artist"], first["title"], first["licence"]) == (
        "000002",
        "fma_small/000/000002.mp3",
        "AWOL",
        "Food",
        BY_NC_SA,
    )
