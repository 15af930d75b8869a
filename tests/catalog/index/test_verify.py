"""Disk against index against card: what is found, and how bad it is."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import soundfile
from made_once import publish_once
from tones_on_disk import Tone, card, lay, take

from mudata.catalog.index import database
from mudata.catalog.index.finding import Finding
from mudata.catalog.index.verify import missing_and_invalid, verify
from mudata.errors import HomeError

if TYPE_CHECKING:
    from mudata.home import Home

pytestmark = pytest.mark.slow

ROWS: dict[str, dict[str, Any]] = {
    "a": {"genre": "low", "part": "train"},
    "b": {"genre": "mid", "part": "test"},
    "c": {"genre": "high", "part": "train"},
}


@pytest.fixture
def files(home: Home, tone: Tone, tmp_path: Path) -> Path:
    """The raw files of an indexed dataset in good order."""

    def make() -> None:
        lay(home, tone, ROWS)
        take(card(tmp_path), home)

    publish_once(home, "tones", "tones on disk", make)
    return home.raw("tones") / "files"


def found(home: Home, tmp_path: Path, more: str = "", *, deep: bool = False) -> list[tuple[str, str, str]]:
    """severity, check, where; without the notes on the parts of the split."""
    findings = verify(card(tmp_path, more), home, deep=deep)
    return [(f.severity, f.check, f.where) for f in findings if f.check not in {"split", "card"}]


def written_before(path: Path) -> None:
    """As if the file had been there before it was indexed."""
    long_ago = time.time() - 10_000
    os.utime(path, (long_ago, long_ago))


def clip_of(home: Home, id_: str) -> Path:
    with database.connect(home) as connection:
        ((path,),) = connection.execute("SELECT path FROM clips WHERE clip_id = ?", [f"tones/{id_}"]).fetchall()
    return home.root / str(path)


@pytest.mark.parametrize("deep", [False, True])
def test_a_dataset_in_order_has_nothing_but_notes(home: Home, files: Path, tmp_path: Path, deep: bool) -> None:
    of = card(
        tmp_path, "expected: {clips: {all: 3}, duration: [0.5, 0.5], sample_rate: [8000], labels: {genre: {low: 1}}}"
    )
    take(of, home)
    assert verify(of, home, deep=deep) == [
        Finding("split", "classic/train", None, "2 clips", "note"),
        Finding("split", "classic/test", None, "1 clips", "note"),
    ]


def test_what_is_not_indexed_cannot_be_verified(home: Home, tmp_path: Path) -> None:
    with pytest.raises(HomeError, match=r"'tones' is not in the index\.\nRun: mudata fetch --card FILE"):
        verify(card(tmp_path), home)


# ---------------------------------------------------------------------------------- raw files


def test_a_raw_file_that_is_gone_is_missing(home: Home, files: Path, tmp_path: Path) -> None:
    (files / "audio/low/a.wav").unlink()
    assert found(home, tmp_path) == [("error", "missing", "audio/low/a.wav")]


def test_a_raw_file_of_another_size_is_changed(home: Home, files: Path, tmp_path: Path) -> None:
    with (files / "audio/low/a.wav").open("ab") as file:
        file.write(b"x")
    written_before(files / "audio/low/a.wav")
    assert found(home, tmp_path) == [("error", "changed", "audio/low/a.wav")]


def test_a_byte_that_changed_is_found_at_once_or_by_deep_where_no_time_tells_of_it(
    home: Home, files: Path, tmp_path: Path
) -> None:
    path = files / "audio/low/a.wav"
    before = path.stat()
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    assert found(home, tmp_path) == [("error", "changed", "audio/low/a.wav")]
    written_before(path)
    assert found(home, tmp_path) == [("error", "changed", "audio/low/a.wav")]
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert found(home, tmp_path) == []
    assert found(home, tmp_path, deep=True) == [("error", "changed", "audio/low/a.wav")]


def test_a_file_that_was_only_touched_is_fine(home: Home, files: Path, tmp_path: Path) -> None:
    (files / "audio/low/a.wav").touch()
    clip_of(home, "a").touch()
    assert found(home, tmp_path) == []


def test_missing_and_invalid_are_told_apart_as_in_mirdata(home: Home, files: Path, tmp_path: Path) -> None:
    (files / "audio/low/a.wav").unlink()
    (files / "audio/mid/b.wav").write_bytes(b"short")
    assert missing_and_invalid(verify(card(tmp_path), home)) == (["audio/low/a.wav"], ["audio/mid/b.wav"])


def test_files_that_nobody_knows_are_noted_and_junk_is_not(home: Home, files: Path, tmp_path: Path, tone: Tone) -> None:
    for name in ("readme.txt", "audio/.DS_Store", "__MACOSX/audio/low/a.wav"):
        (files / name).parent.mkdir(parents=True, exist_ok=True)
        (files / name).write_text("x")
    tone(files / "audio/low/not_in_the_table.wav")
    assert found(home, tmp_path) == [("note", "unexpected", "readme.txt")]


def test_a_new_clip_of_a_pattern_is_not_indexed_yet(home: Home, tone: Tone, tmp_path: Path) -> None:
    files = lay(home, tone, ROWS)
    replaced = {"    select: SELECT id, path, artist, licence FROM about\n": ""}
    take(card(tmp_path, **replaced), home)
    tone(files / "audio/low/new.wav", 0.5, 8000)
    findings = [f for f in verify(card(tmp_path, **replaced), home) if f.check != "split"]
    assert findings == [Finding("not-indexed", "audio/low/new.wav", "in the index", "1 files", "warning")]


# -------------------------------------------------------------------------------------- clips


def test_a_normalised_clip_that_is_gone_is_missing(home: Home, files: Path, tmp_path: Path) -> None:
    clip_of(home, "b").unlink()
    assert found(home, tmp_path) == [("error", "clip-missing", "tones/b")]


@pytest.mark.parametrize("damage", ["torn", "shorter", "quieter"])
def test_a_normalised_clip_that_changed_is_found(home: Home, files: Path, tmp_path: Path, damage: str) -> None:
    path = clip_of(home, "b")
    samples, rate = soundfile.read(path)
    if damage == "torn":
        path.write_bytes(path.read_bytes()[:200])
    else:
        soundfile.write(path, samples[:-80] if damage == "shorter" else samples * 0.9, rate)
    assert found(home, tmp_path) == [("error", "clip-changed", "tones/b")]
    written_before(path)
    assert found(home, tmp_path) == []
    assert found(home, tmp_path, deep=True) == [("error", "clip-changed", "tones/b")]


def test_clips_of_another_rate_are_sound(home: Home, files: Path, tmp_path: Path) -> None:
    take(card(tmp_path), home, rate=5000)
    assert found(home, tmp_path, deep=True) == []


# -------------------------------------------------------------------------------------- facts

_FAULT = "faults: [{{ids: [{}], kind: {}, action: drop, note: known, source: a test}}]\n"


def test_unusable_clips_are_errors_unless_their_fault_is_known(home: Home, files: Path, tmp_path: Path) -> None:
    (files / "audio/low/a.wav").write_bytes(b"RIFF")
    take(card(tmp_path), home)
    assert found(home, tmp_path) == [("error", "quarantined", "tones/a")]
    take(card(tmp_path, _FAULT.format("a", "corrupt")), home)
    assert found(home, tmp_path, _FAULT.format("a", "corrupt")) == [("note", "quarantined", "tones/a")]


def test_clips_that_could_not_be_had_are_warnings(home: Home, tone: Tone, tmp_path: Path) -> None:
    lay(home, tone, ROWS, absent=("b",))
    take(card(tmp_path), home, failures={"b": "unavailable: private video"})
    findings = verify(card(tmp_path), home)
    assert findings[0] == Finding("not-had", "tones/b", "a clip", "unavailable: private video", "warning")


def test_rows_without_a_clip_and_what_else_was_left_out_is_told_again(home: Home, tone: Tone, tmp_path: Path) -> None:
    files = lay(home, tone, ROWS)
    with (files / "about.csv").open("a") as about:
        about.write("," * 20 + "\n")
    labels = "SELECT id || if(id = 'a', '!', '') AS id, genre AS label FROM about"
    made = take(card(tmp_path, **{"select: SELECT id, genre AS label FROM about": f"select: {labels}"}), home)
    told = [(issue.kind, issue.where, issue.what) for issue in made.issues]
    found = verify(card(tmp_path), home)
    assert told
    assert [t for t in told if (t[0], t[1], t[2]) in {(f.check, f.where, f.got) for f in found}] == [
        t for t in told if t[0] in ("bad-record", "unmatched")
    ]


@pytest.mark.parametrize(
    ("expected", "finding"),
    [
        ("{clips: {all: 4}}", Finding("count", "clips of all", "4", "3", "error")),
        ("{duration: [0.6, 1]}", Finding("duration", "tones/a", "0.6 to 1 s", "0.5 s", "error")),
        (
            "{sample_rate: [22050]}",
            Finding("sample-rate", "tones/a, tones/b, tones/c", "22050 Hz", "8000 Hz in 3 clips", "error"),
        ),
        ("{labels: {genre: {mid: 2}}}", Finding("label-count", "genre/mid", "2 clips", "1 clips", "error")),
    ],
)
def test_the_cards_expectations_are_checked(
    home: Home, files: Path, tmp_path: Path, expected: str, finding: Finding
) -> None:
    findings = verify(card(tmp_path, f"expected: {expected}\n"), home)
    assert finding in findings
    assert {f.check for f in findings if f.severity == "error"} == {finding.check}
    assert [f.check for f in findings if f.check == "card"] == ["card"]  # it was indexed with another card


def test_counts_are_not_compared_when_a_part_was_asked_for(home: Home, files: Path, tmp_path: Path) -> None:
    expected = "expected: {clips: {all: 3}, labels: {genre: {low: 1, mid: 1, high: 1}}}\n"
    take(card(tmp_path, expected), home, limit=1)
    assert found(home, tmp_path, expected) == [("note", "selection", "limit 1")]


def test_counts_are_those_of_the_subset(home: Home, tone: Tone, tmp_path: Path) -> None:
    lay(home, tone, ROWS)
    replaced = {"artist, licence FROM about": "if(id = 'a', 'small,large', 'large') AS subset FROM about"}
    more = "subsets: {small: {title: s}, large: {title: l}}\ndefault_subset: small\n"
    more += "expected: {clips: {small: 1, large: 4}}\n"
    of = card(tmp_path, more, **replaced)
    for subset, errors in (("small", []), ("large", [Finding("count", "clips of large", "4", "3", "error")])):
        take(of, home, subset=subset)
        assert [f for f in verify(of, home) if f.severity == "error"] == errors


def test_labels_that_no_vocabulary_knows_are_warned_of(home: Home, tone: Tone, tmp_path: Path) -> None:
    lay(home, tone, {"a": {"genre": "polka"}})
    take(card(tmp_path), home)
    assert ("warning", "unknown-label", "genre/polka") in found(home, tmp_path)


def test_an_empty_part_of_a_published_split_is_warned_of(home: Home, tone: Tone, tmp_path: Path) -> None:
    lay(home, tone, {"a": {"part": "train"}})
    take(card(tmp_path), home)
    assert Finding("split", "classic/test", "clips", "0 clips", "warning") in verify(card(tmp_path), home)


def test_equal_samples_are_found_and_differing_labels_told_apart(home: Home, tone: Tone, tmp_path: Path) -> None:
    rows = {
        "a": {"genre": "low", "hz": 300}, "b": {"genre": "low", "hz": 300},
        "c": {"genre": "mid", "hz": 500}, "d": {"genre": "high", "hz": 500}, "e": {},
    }  # fmt: skip
    lay(home, tone, rows)
    take(card(tmp_path), home)
    findings = [f for f in verify(card(tmp_path), home) if f.check in {"duplicate", "label-conflict"}]
    assert findings == [
        Finding("duplicate", "tones/a, tones/b", "different samples", "the same in 2 clips", "warning"),
        Finding(
            "label-conflict",
            "tones/c, tones/d",
            "the same labels",
            "the same samples, labelled genre/high against genre/mid",
            "warning",
        ),
    ]
    known = _FAULT.format("b, d", "duplicate")
    take(card(tmp_path, known), home)
    assert [s for s, check, _ in found(home, tmp_path, known) if check in {"duplicate", "label-conflict"}] == [
        "note"
    ] * 2


def test_errors_come_first(home: Home, files: Path, tmp_path: Path) -> None:
    (files / "readme.txt").write_text("x")
    (files / "audio/high/c.wav").unlink()
    severities = [finding.severity for finding in verify(card(tmp_path), home)]
    assert severities == sorted(severities, key=("error", "warning", "note").index)
    assert severities[0] == "error"
