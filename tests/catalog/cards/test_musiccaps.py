"""MusicCaps: CRLF and LF, newlines within captions, Python lists, and file names that others use."""

from __future__ import annotations

import ast
import csv
import hashlib
import io
from collections import Counter
from pathlib import Path

import pytest

from mudata.catalog.cards import loader
from mudata.catalog.cards.mirrors import HubMirror, KaggleMirror
from mudata.catalog.read.reader import DatasetContents, read

CARD = loader.load("musiccaps")
NAME = "musiccaps-public.csv"
COLUMNS = (
    "ytid,start_s,end_s,audioset_positive_labels,aspect_list,caption,author_id,is_balanced_subset,is_audioset_eval"
)
ROWS = (
    (
        '-aaaaaaaaa1,30,40,"/m/04rlf,/m/02cjck","[\'low quality\', ""singer\'s voice"", \'a ""quoted"" word\']",'
        '"First line,\nsecond line.",4,False,True'
    ),
    'bbbbbbbbb_2,0,10,/m/04rlf,"[\'drums\']","Plain, with a comma.",0,True,True',
    "ccccccccccc,17,27,/m/04rlf,\"['slow', 'slow']\",No quotes at all.,9,False,False",
)


def table(newline: str) -> bytes:
    return newline.join([COLUMNS, *ROWS, ""]).encode()


def captions(reading: DatasetContents) -> dict[str, str]:
    return {row["id"]: row["text"] for row in reading.captions.to_pylist()}


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["LF", "CRLF"])
def test_rows_are_read_with_either_line_ending(tmp_path: Path, newline: str) -> None:
    (tmp_path / NAME).write_bytes(table(newline))
    reading = read(CARD, tmp_path)
    assert captions(reading) == {
        "-aaaaaaaaa1": "First line,\nsecond line.",
        "bbbbbbbbb_2": "Plain, with a comma.",
        "ccccccccccc": "No quotes at all.",
    }
    assert sorted((row["id"], row["label"]) for row in reading.labels.to_pylist()) == [
        ("-aaaaaaaaa1", 'a "quoted" word'),
        ("-aaaaaaaaa1", "low quality"),
        ("-aaaaaaaaa1", "singer's voice"),
        ("bbbbbbbbb_2", "drums"),
        ("ccccccccccc", "slow"),
    ]
    assert {(row["id"], row["split"], row["part"]) for row in reading.splits.to_pylist()} == {
        ("-aaaaaaaaa1", "official", "test"),
        ("bbbbbbbbb_2", "official", "test"),
        ("bbbbbbbbb_2", "balanced", "test"),
        ("ccccccccccc", "official", "train"),
    }
    said = {(row["id"], row["name"], row["value"]) for row in reading.attributes.to_pylist()}
    assert {("-aaaaaaaaa1", "audioset_label", "/m/02cjck"), ("ccccccccccc", "author", "9")} <= said
    assert ("ccccccccccc", "video_start_s", "17.0") in said


def test_a_segment_is_found_under_the_names_that_copies_use(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(table("\n"))
    for name in ("wav/-aaaaaaaaa1.wav", "b/bbbbbbbbb_2_0.flac", "[ccccccccccc]-[17-27].mp3", "readme_1.wav"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"sound")
    clips = read(CARD, tmp_path).clips.to_pylist()
    assert [clip["path"] for clip in clips] == [
        "wav/-aaaaaaaaa1.wav",
        "b/bbbbbbbbb_2_0.flac",
        "[ccccccccccc]-[17-27].mp3",
    ]
    assert [clip["track"] for clip in clips] == ["-aaaaaaaaa1", "bbbbbbbbb_2", "ccccccccccc"]
    assert {clip["start_s"] for clip in clips} == {None}, "the file is the segment, it is not cut again"
    assert [clip["video_start_s"] for clip in clips] == [30, 0, 17]


def test_a_segment_without_a_file_is_still_a_clip(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(table("\n"))
    paths = read(CARD, tmp_path).clips["path"].to_pylist()
    assert paths == ["audio/-aaaaaaaaa1.wav", "audio/bbbbbbbbb_2.wav", "audio/ccccccccccc.wav"]


def sums() -> set[str]:
    hub, kaggle = CARD.sources["captions"].mirrors
    assert isinstance(hub, HubMirror)
    assert isinstance(kaggle, KaggleMirror)
    assert hub.files == kaggle.files
    (file,) = hub.files
    assert file.sha256
    return {file.sha256, *file.also}


def test_the_published_table_in_both_line_endings_has_the_sums_of_the_card(shared: Path) -> None:
    data = (shared / "data" / "musiccaps" / NAME).read_bytes()
    forms = (data, data.replace(b"\r", b""))
    assert {hashlib.sha256(form).hexdigest() for form in forms} == sums()


@pytest.fixture(scope="module")
def published(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[dict[str, str]], DatasetContents]:
    source = shared / "data" / "musiccaps" / NAME
    if not source.is_file():
        pytest.skip("the shared real data is not here")
    root = tmp_path_factory.mktemp("musiccaps")
    (root / NAME).symlink_to(source)
    rows = list(csv.DictReader(io.StringIO(source.read_bytes().decode(), newline="")))
    return rows, read(CARD, root)


@pytest.mark.slow
def test_the_published_table_gives_its_known_numbers(published: tuple[list[dict[str, str]], DatasetContents]) -> None:
    rows, reading = published
    assert {issue.kind for issue in reading.issues} <= {"unmatched"}
    assert reading.clips.num_rows == reading.captions.num_rows == len(rows) == CARD.expected.clips["all"] == 5521
    parts = Counter((row["split"], row["part"]) for row in reading.splits.to_pylist())
    assert parts == {("official", "test"): 2858, ("official", "train"): 2663, ("balanced", "test"): 1000}
    mids = {row["value"] for row in reading.attributes.to_pylist() if row["name"] == "audioset_label"}
    assert len(mids) == 346


@pytest.mark.slow
def test_every_published_aspect_is_what_python_reads(published: tuple[list[dict[str, str]], DatasetContents]) -> None:
    rows, reading = published
    listed = {row["ytid"]: ast.literal_eval(row["aspect_list"]) for row in rows}
    assert sum(map(len, listed.values())) == 58_901
    read_ = {(row["id"], row["label"]) for row in reading.labels.to_pylist()}
    assert read_ == {(id_, aspect) for id_, aspects in listed.items() for aspect in aspects}
    assert len({label for _, label in read_}) == 13_219


def test_every_published_caption_is_kept_but_for_its_line_ends(
    published: tuple[list[dict[str, str]], DatasetContents],
) -> None:
    rows, reading = published
    assert captions(reading) == {row["ytid"]: row["caption"].replace("\r", "") for row in rows}
    assert sum("\n" in text for text in captions(reading).values()) == 5
