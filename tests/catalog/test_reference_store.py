"""Clips without copies: the same index and the same hashes as with them, and nothing on the disk."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tones_on_disk import Tone, card, lay, take

from mudata.catalog.audio.stored_clip import COLUMNS, StoredClip
from mudata.catalog.index import database
from mudata.catalog.index.verify import verify
from mudata.errors import AudioError
from mudata.home import Home

if TYPE_CHECKING:
    from mudata.catalog.cards.schema import Card

ROWS: dict[str, dict[str, Any]] = {
    "a": {"genre": "low", "part": "train"},
    "b": {"genre": "middle", "part": "test", "seconds": 1.0},
    "c": {"genre": "high", "part": "train", "seconds": 0.01},
}
"""The last is too short to be used."""


@pytest.fixture
def tones(home: Home, tone: Tone, tmp_path: Path) -> Card:
    lay(home, tone, ROWS, absent=("d",))
    return card(tmp_path)


def clips(home: Home) -> list[dict[str, Any]]:
    with database.connect(home) as connection:
        return list(connection.sql("SELECT * FROM clips ORDER BY clip_id").to_arrow_table().to_pylist())


def copies(home: Home) -> list[Path]:
    return sorted(home.clips("tones", "native").rglob("*.flac"))


def test_nothing_is_copied_and_the_rows_say_the_same(home: Home, tones: Card) -> None:
    copied = take(tones, home, store="flac")
    flac, before = clips(home), database.index_sha256(home, "tones")
    other = Home(home.root.parent / "other")
    (other.root / "raw").parent.mkdir()
    (other.root / "raw").symlink_to(home.root / "raw")
    referred = take(tones, other, store="reference")
    assert (copied.store, referred.store, copied.usable, referred.usable) == ("flac", "reference", 2, 2)
    assert copied.quarantined == referred.quarantined
    assert (len(copies(home)), copies(other)) == (2, [])
    assert database.index_sha256(other, "tones") == before
    for a, b in zip(flac, clips(other), strict=True):
        assert {key for key in a if a[key] != b[key]} == ({"path", "store"} if a["status"] == "ok" else set())
    assert [row["path"] for row in clips(other)] == [
        "raw/tones/files/audio/low/a.wav", "raw/tones/files/audio/middle/b.wav", None
    ]  # fmt: skip
    assert [row["store"] for row in clips(other)] == ["reference", "reference", None]


def test_a_dataset_goes_from_one_store_to_the_other_and_back(home: Home, tones: Card) -> None:
    first = take(tones, home)
    before = database.index_sha256(home, "tones")
    assert first.store == "flac"
    kept = copies(home)
    size = sum(path.stat().st_size for path in kept)
    away = take(tones, home, store="reference")
    assert (away.unchanged, away.freed_bytes, copies(home)) == (False, size, [])
    again = take(tones, home)  # as it was
    assert (again.store, again.unchanged, again.freed_bytes) == ("reference", True, 0)
    back = take(tones, home, store="flac")
    assert (back.store, back.unchanged, copies(home)) == ("flac", False, kept)
    assert database.index_sha256(home, "tones") == before
    assert take(tones, home).unchanged


def test_nothing_is_decoded_again_where_copies_are_given_up(
    home: Home, tones: Card, monkeypatch: pytest.MonkeyPatch
) -> None:
    take(tones, home)
    nothing = lambda *_, **__: pytest.fail("something was decoded")  # noqa: E731
    monkeypatch.setattr("mudata.execution.local_processes.LocalProcesses.map", nothing)
    assert take(tones, home, store="reference").usable == 2


def test_copies_that_a_killed_run_left_are_freed_by_the_next(home: Home, tones: Card) -> None:
    take(tones, home)
    one = copies(home)[0]
    data = one.read_bytes()
    take(tones, home, store="reference")
    one.parent.mkdir(exist_ok=True)
    one.write_bytes(data)
    done = take(tones, home)
    assert (done.unchanged, done.freed_bytes, copies(home)) == (True, len(data), [])


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("store", ["flac", "reference"])
def test_verify_finds_nothing_at_first_in_either_store(home: Home, tones: Card, store: str, deep: bool) -> None:
    take(tones, home, store=store)
    assert {finding.check for finding in verify(tones, home, deep=deep)} <= {"quarantined", "unmatched", "split"}


def test_originals_that_moved_or_changed_are_named_and_not_heard(home: Home, tones: Card) -> None:
    take(tones, home, store="reference")
    files = home.raw("tones") / "files/audio"
    doors = [StoredClip.of_row(home, {name: row.get(name) for name in COLUMNS}) for row in clips(home)[:2]]
    (files / "low/a.wav").rename(files / "elsewhere.wav")
    before = (files / "middle/b.wav").stat()
    data = bytearray((files / "middle/b.wav").read_bytes())
    data[-9] ^= 255
    (files / "middle/b.wav").write_bytes(data)
    os.utime(files / "middle/b.wav", ns=(before.st_atime_ns, before.st_mtime_ns - 10**12))
    found = {(finding.check, finding.where) for finding in verify(tones, home) if finding.severity == "error"}
    assert {("missing", "audio/low/a.wav"), ("changed", "audio/middle/b.wav")} <= found
    for door, reason in zip(doors, ("vanished", "changed"), strict=True):
        assert door
        with pytest.raises(AudioError) as caught:
            door.samples()
        assert caught.value.reason == reason
    done = take(tones, home)  # what is there now is indexed
    assert (done.usable, done.store) == (1, "reference")
