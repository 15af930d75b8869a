"""The GTZAN card: any copy's layout, Sturm's index, the published splits, and what is known of the real data."""

from __future__ import annotations

import csv
import json
import shutil
from collections import Counter
from pathlib import Path

import pytest

from mudata.catalog.cards import loader
from mudata.catalog.read.reader import DatasetContents, read

GENRES = ["blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock"]

INDEX = """## ## ##
## An index in the form of the real one; the people and pieces are invented.
##

blues.00000.wav ::: Ann Example ::: A Piece
blues.00001.wav ::: ann example ::: Say "Hello" Twice
hiphop.00000.wav ::: :::
hiphop.00001.wav :::  ::: Only a Title
jazz.00054.wav ::: Börje Exempel ::: A Piece
rock.00000.wav ::: Only an Artist :::
"""


def put(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(b"RIFF")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Six clips as the tar lays them out, with what lies around them, Sturm's index, lists and sums."""
    clips = "blues.00000", "blues.00001", "hiphop.00000", "hiphop.00001", "jazz.00054", "rock.00000"
    put(tmp_path, *(f"genres/{clip.partition('.')[0]}/{clip}.wav" for clip in clips))
    put(tmp_path, "genres/bextract_single.mf", "genres/.DS_Store", "genres/blues/._blues.00000.wav")
    (tmp_path / "sturm").mkdir()
    (tmp_path / "sturm" / "index.txt").write_text(INDEX, encoding="utf-8")
    for part, lines in {
        "train_filtered": "blues/blues.00000.wav\njazz/jazz.00054.wav\nrock/rock.00099.wav\n",
        "valid_filtered": "blues/blues.00001.wav\r\n",
        "test_filtered": "hiphop/hiphop.00000.wav",
        "train_stratified": "\r\n".join(f"{c.partition('.')[0]}/{c}.wav" for c in clips),
    }.items():
        (tmp_path / f"{part}.txt").write_text(lines, newline="")
    tracks = {
        c: {"audio": [f"gtzan_genre/genres/{c}.wav", f"{n:032x}"], "beats": [None, None]} for n, c in enumerate(clips)
    }
    (tmp_path / "gtzan_genre_index_1.0.json").write_text(json.dumps({"version": "1.0", "tracks": tracks}, indent=2))
    return tmp_path


def known(reading: DatasetContents, column: str) -> dict[str, str | None]:
    return dict(zip(reading.clips["id"].to_pylist(), reading.clips[column].to_pylist(), strict=True))


def test_clips_have_genre_artist_title_track_and_sum(files: Path) -> None:
    reading = read(loader.load("gtzan"), files)
    assert known(reading, "artist") == {
        "blues.00000": "Ann Example",
        "blues.00001": "ann example",
        "hiphop.00000": None,
        "hiphop.00001": None,
        "jazz.00054": "Börje Exempel",
        "rock.00000": "Only an Artist",
    }
    assert known(reading, "title")["blues.00001"] == 'Say "Hello" Twice'
    assert known(reading, "title")["hiphop.00001"] == "Only a Title"
    assert known(reading, "track")["jazz.00054"] == "Börje Exempel: A Piece"
    assert [known(reading, "track")[i] for i in ("hiphop.00001", "rock.00000")] == [None, None]
    assert known(reading, "hash")["hiphop.00000"] == "md5:00000000000000000000000000000002"
    assert reading.labels["canonical"].to_pylist() == ["blues", "blues", "hiphop", "hiphop", "jazz", "rock"]
    assert {issue.kind for issue in reading.issues} <= {"unmatched"}


def test_published_splits_hold_with_either_line_end_and_name_the_middle_part_alike(files: Path) -> None:
    splits = read(loader.load("gtzan"), files).splits.to_pylist()
    filtered = {row["id"]: row["part"] for row in splits if row["split"] == "fault-filtered"}
    assert filtered == {
        "blues.00000": "train",
        "blues.00001": "validation",
        "hiphop.00000": "test",
        "jazz.00054": "train",
    }
    assert Counter(row["part"] for row in splits if row["split"] == "stratified") == {"train": 6}


def test_the_bad_file_of_one_copy_is_a_warning_and_exact_copies_are_dropped(files: Path) -> None:
    put(files, "genres/metal/metal.00058.wav", "genres/rock/rock.00016.wav")
    faults = read(loader.load("gtzan"), files).faults.to_pylist()
    assert [(f["id"], f["kind"], f["action"]) for f in faults] == [
        ("hiphop.00001", "disputed", "warn"),
        ("jazz.00054", "corrupt", "warn"),
        ("metal.00058", "disputed", "warn"),
        ("metal.00058", "duplicate", "drop"),
        ("rock.00016", "disputed", "warn"),
    ]


@pytest.mark.parametrize(
    "path",
    [
        "genres/blues/blues.00007.wav",
        "Data/genres_original/blues/blues.00007.wav",
        "archive/Data/genres_original/blues/blues.00007.wav",
        "gtzan_genre/genres/blues/blues.00007.wav",
        "gtzan_mini-main/genres/blues/blues.00007.wav",
        "genres/blues/blues.00007.au",
        "gtzan-parquet/blues/blues.00007.wav",
        "blues.00007.wav",
    ],
)
def test_copies_in_any_layout_are_found_without_any_table(tmp_path: Path, path: str) -> None:
    put(tmp_path, path)
    reading = read(loader.load("gtzan"), tmp_path)
    assert known(reading, "path") == {"blues.00007": path}
    assert known(reading, "genre") == {"blues.00007": "blues"}
    assert known(reading, "hash") == {"blues.00007": None}


def test_sums_are_not_held_against_copies_that_were_written_anew(files: Path) -> None:
    shutil.move(files / "genres/blues/blues.00000.wav", files / "genres/blues/blues.00000.au")
    (files / "gtzan-parquet/jazz").mkdir(parents=True)
    shutil.move(files / "genres/jazz/jazz.00054.wav", files / "gtzan-parquet/jazz/jazz.00054.wav")
    sums = known(read(loader.load("gtzan"), files), "hash")
    assert [clip for clip, sum_ in sums.items() if sum_ is None] == ["blues.00000", "jazz.00054"]


def test_pieces_pictures_and_features_are_no_clips(tmp_path: Path) -> None:
    put(
        tmp_path,
        "Data/images_original/blues/blues00000.png",
        "Data/features_30_sec.csv",
        "Data/features_3_sec.csv",
        "genres_3_sec/blues/blues.00000.0.wav",
        "genres/polka/polka.00000.wav",
        "genres/input.mf",
    )
    reading = read(loader.load("gtzan"), tmp_path)
    assert reading.clips.num_rows == 0
    assert [i.kind for i in reading.issues] == ["no-clips"]


def test_a_line_of_the_index_that_lacks_a_field_is_told(files: Path) -> None:
    with (files / "sturm" / "index.txt").open("a") as index:
        index.write("rock.00001.wav ::: Half a Line\n")
    (issue,) = (i for i in read(loader.load("gtzan"), files).issues if i.kind != "unmatched")
    assert (issue.kind, issue.where) == ("bad-record", "sturm/index.txt:11")


def test_the_card_names_what_is_known_of_every_clip() -> None:
    card = loader.load("gtzan")
    assert [label.id for label in card.labels["genre"].vocabulary] == GENRES
    assert card.grouped_by == ("artist", "track")
    kinds = Counter(fault.kind for fault in card.faults for _ in fault.ids)
    assert kinds == {"corrupt": 1, "distorted": 1, "duplicate": 14, "disputed": 71}
    assert {m.status for c in card.sources.values() for m in c.mirrors} == {"live", "unverified", "dead"}


# with the real tables, and the public copy of 100 clips -----------------------------------------------


def rows(shared: Path) -> list[dict[str, str]]:
    with (shared / "facts/tables/gtzan_clips.tsv").open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


@pytest.fixture
def thousand(shared: Path, tmp_path: Path) -> Path:
    """All 1,000 names, with the real lists and sums, and an index written from the table of facts."""
    facts = rows(shared)
    put(tmp_path, *(f"genres/{row['genre']}/{row['clip']}.wav" for row in facts))
    for name in ("train_filtered.txt", "valid_filtered.txt", "test_filtered.txt", "gtzan_genre_index_1.0.json"):
        shutil.copy(shared / "data/gtzan" / name, tmp_path)
    for part in ("train", "valid", "test"):
        names = [f"{r['genre']}/{r['clip']}.wav\r\n" for r in facts if r["stratified"] == part]
        (tmp_path / f"{part}_stratified.txt").write_text("".join(names), newline="")
    index = [f"{r['clip']}.wav ::: {r['artist_2024']} ::: {r['title_2024']}\n" for r in facts]
    (tmp_path / "index.txt").write_text("".join(index), encoding="utf-8")
    return tmp_path


@pytest.mark.shared
@pytest.mark.slow
def test_the_real_tables_give_the_published_counts(thousand: Path, shared: Path) -> None:
    card, facts = loader.load("gtzan"), rows(shared)
    reading = read(card, thousand)
    assert {issue.kind for issue in reading.issues} <= {"unmatched"}
    assert reading.clips.num_rows == card.expected.clips["all"] == 1000
    assert Counter(reading.labels["canonical"].to_pylist()) == card.expected.labels["genre"]
    assert known(reading, "hash") == {row["clip"]: f"md5:{row['md5']}" for row in facts}
    assert known(reading, "artist") == {row["clip"]: row["artist_2024"] or None for row in facts}
    assert known(reading, "title") == {row["clip"]: row["title_2024"] or None for row in facts}
    parts = Counter((row["split"], row["part"]) for row in reading.splits.to_pylist())
    assert parts == {
        ("fault-filtered", "train"): 443,
        ("fault-filtered", "validation"): 197,
        ("fault-filtered", "test"): 290,
        ("stratified", "train"): 500,
        ("stratified", "validation"): 250,
        ("stratified", "test"): 250,
    }
    tracks = Counter(track.casefold() for track in known(reading, "track").values() if track)
    assert sum(n > 1 for n in tracks.values()) == 59
    assert sum(n for n in tracks.values() if n > 1) == 127


@pytest.mark.shared
@pytest.mark.slow
def test_the_faults_are_those_of_the_sums_and_of_the_lists(thousand: Path, shared: Path) -> None:
    facts = rows(shared)
    faults = read(loader.load("gtzan"), thousand).faults.to_pylist()
    by_kind = {kind: {f["id"] for f in faults if f["kind"] == kind} for kind in ("duplicate", "disputed")}
    excluded = {row["clip"] for row in facts if not row["fault_filtered"]}
    assert by_kind["disputed"] == excluded | {"rock.00016"}
    assert by_kind["duplicate"] == {row["clip"] for row in facts if row["duplicate_group"]} & excluded
    sums = {row["clip"]: row["md5"] for row in facts}
    for fault in faults:
        if fault["kind"] == "duplicate":
            assert sums[fault["id"]] == sums[fault["note"].split()[-1]]


@pytest.mark.shared
@pytest.mark.parametrize(("split", "leaked"), [("stratified", 206), ("fault-filtered", 14)])
@pytest.mark.slow
def test_the_published_splits_leak_artists_as_the_card_says(thousand: Path, split: str, leaked: int) -> None:
    reading = read(loader.load("gtzan"), thousand)
    artists = {clip: artist.casefold() for clip, artist in known(reading, "artist").items() if artist}
    part = {row["id"]: row["part"] for row in reading.splits.to_pylist() if row["split"] == split}
    train = {artists[clip] for clip in part if part[clip] == "train" and clip in artists}
    assert sum(part[clip] == "test" and artists.get(clip) in train for clip in part) == leaked
