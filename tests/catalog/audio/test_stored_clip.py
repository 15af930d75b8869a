"""The one door to a clip's sound: a copy and an original give the same, a changed original is never heard."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import soundfile
import soxr

from mudata.catalog.audio import clip
from mudata.catalog.audio.stored_clip import StoredClip
from mudata.errors import AudioError

if TYPE_CHECKING:
    from mudata.home import Home

RATE = 44_100


def stereo(seconds: float = 3.0) -> np.ndarray:
    times = np.arange(round(seconds * RATE)) / RATE
    return np.stack([0.5 * np.sin(2 * np.pi * 440 * times), 0.3 * np.sin(2 * np.pi * 550 * times + 1)], 1)


def rows(home: Home, *, rate: int | None = None, **cut: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The rows of a clip that was copied, and of the same one that was not."""
    source = home.raw("tiny") / "files/a b.wav"
    source.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(source, stereo(), RATE, subtype="PCM_24")
    target = home.clips("tiny", "native") / "a.flac"
    facts = clip.normalise(source, target, clip.AudioFormat(rate), **cut)
    row = vars(facts) | {"kind": "audio", "dataset": "tiny", "source_path": "a b.wav", "mix": cut.get("mix", "mean")}
    row |= {"source_mtime_ns": source.stat().st_mtime_ns, "crop_start_s": None, "crop_end_s": None}
    copy = row | {"store": "flac", "path": target.relative_to(home.root).as_posix()}
    return copy, row | {"store": "reference", "path": source.relative_to(home.root).as_posix()}


def door(home: Home, row: dict[str, Any]) -> StoredClip:
    found = StoredClip.of_row(home, row)
    assert found
    return found


@pytest.mark.parametrize("cut", [{}, {"crop": ("centre", 1.0)}, {"segment": (0.5, 2.25), "mix": "first"}])
@pytest.mark.parametrize("part", [{}, {"start_s": 0.25, "duration_s": 0.5}, {"start_s": 0.5, "duration_s": 60.0}])
def test_a_copy_and_an_original_sound_alike(home: Home, cut: dict[str, Any], part: dict[str, float]) -> None:
    copied, referred = (door(home, row) for row in rows(home, **cut))
    for rate in (None, 16_000):
        a, b = copied.samples(rate, **part), referred.samples(rate, **part)
        assert len(a) == len(b) > 0
        assert np.abs(a - b).max() < 2**-22  # a copy is rounded to 24 bits
        assert np.array_equal(copied.channels(rate, **part), referred.channels(rate, **part))


@pytest.mark.parametrize("part", [{}, {"start_s": 0.25, "duration_s": 0.5}, {"start_s": 0.5, "duration_s": 60.0}])
def test_of_a_clip_that_a_repair_crops_only_that_is_heard_in_either_store(home: Home, part: dict[str, float]) -> None:
    published = rows(home, segment=(0.5, 2.25))
    copied, referred = (door(home, row) for row in published)
    right = {"start_s": 0.75, "duration_s": 1.0, "crop_start_s": 0.25, "crop_end_s": 1.25}
    for whole, row in zip((copied, referred), published, strict=True):
        cropped = door(home, row | right)
        within = {"start_s": 0.25 + part.get("start_s", 0.0), "duration_s": min(part.get("duration_s", 1.0), 1.0)}
        within["duration_s"] = min(within["duration_s"], 1.25 - within["start_s"])
        assert np.array_equal(cropped.samples(**part), whole.samples(**within))
        assert np.array_equal(cropped.channels(**part), referred.channels(**within))
        assert cropped.within == ((0.25, 1.25) if whole is copied else (0.75, 1.75))
        with pytest.raises(AudioError, match=r"ends at 1 s, before the part begins"):
            cropped.samples(start_s=1.0)
    assert (copied.within, referred.within) == (None, (0.5, 2.25))


@pytest.mark.parametrize("rate", [16_000, 48_000, 11_025, 44_099])
def test_a_part_of_an_original_is_that_of_the_whole_at_another_rate(home: Home, rate: int) -> None:
    copied, referred = (door(home, row) for row in rows(home, rate=rate, segment=(0.3, 2.9)))
    assert copied.rate == referred.rate == rate
    for part in ({}, {"start_s": 0.123, "duration_s": 0.777}, {"start_s": 2.0}, {"duration_s": 0.1}):
        a, b = copied.samples(**part), referred.samples(**part)
        assert len(a) == len(b)
        assert np.abs(a - b).max() < 2**-21


def test_samples_of_an_original_are_those_that_were_hashed(home: Home) -> None:
    _, row = rows(home, crop=("first", 2.0))
    samples = door(home, row).samples()
    assert hashlib.sha256(samples.astype("<f4").tobytes()).hexdigest() == row["pcm_sha256"]


def test_channels_are_the_originals(home: Home) -> None:
    _, row = rows(home, segment=(1.0, 2.0))
    found = door(home, row).channels()
    assert found.shape == (2, RATE)
    assert found.dtype == np.float32
    assert np.abs(found - stereo()[RATE : 2 * RATE].T).max() < 2**-22
    fewer = door(home, row).channels(22_050)
    assert np.array_equal(fewer, soxr.resample(found.T, RATE, 22_050, "HQ").T)


def test_without_its_original_a_copy_is_one_channel(home: Home) -> None:
    copy, reference = rows(home)
    (home.raw("tiny") / "files/a b.wav").unlink()
    found = door(home, copy)
    assert np.array_equal(found.channels(), found.samples()[None])
    for hear in (door(home, reference).samples, door(home, reference).channels):
        with pytest.raises(AudioError) as caught:
            hear()
        assert caught.value.reason == "vanished"


def test_a_changed_original_is_never_heard(home: Home) -> None:
    copy, reference = rows(home)
    source = home.raw("tiny") / "files/a b.wav"
    before = source.stat()
    data = bytearray(source.read_bytes())
    data[-3000] ^= 1  # as long as before
    source.write_bytes(data)
    os.utime(source, ns=(before.st_atime_ns, before.st_mtime_ns - 10**9))  # older than before
    for hear in (door(home, reference).samples, door(home, reference).channels):
        with pytest.raises(AudioError, match="not the file that was indexed: sha256") as caught:
            hear()
        assert caught.value.reason == "changed"
    copied = door(home, copy)
    assert len(copied.samples()) == 3 * RATE  # a copy is what was indexed
    assert np.array_equal(copied.channels(), copied.samples()[None])
    source.write_bytes(data + b"\0")
    with pytest.raises(AudioError, match=r"bytes, .* were indexed"):
        door(home, reference).samples()


def test_a_file_that_was_only_touched_is_heard(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    _, row = rows(home)
    source = home.raw("tiny") / "files/a b.wav"
    copied = shutil.copyfile(source, source.with_name("other"))
    Path(copied).replace(source)
    os.utime(source, (1, 1))
    hashed: list[str] = []
    digest = hashlib.file_digest
    monkeypatch.setattr(hashlib, "file_digest", lambda *given: (hashed.append("once"), digest(*given))[1])
    for _ in range(3):
        assert len(door(home, row).samples()) == 3 * RATE
    assert hashed == ["once"]


def test_a_part_ends_with_the_clip_and_begins_in_it(home: Home) -> None:
    _, row = rows(home, segment=(0.5, 1.5))
    assert len(door(home, row).samples(start_s=0.75, duration_s=1.0)) == RATE // 4
    with pytest.raises(AudioError) as caught:
        door(home, row).samples(start_s=1.0)
    assert caught.value.reason == "too_short"


@pytest.mark.parametrize("row", [{"kind": "midi", "path": "raw/x/files/a.mid"}, {"kind": "audio", "path": None}])
def test_what_cannot_be_decoded_has_no_door(home: Home, row: dict[str, Any]) -> None:
    assert StoredClip.of_row(home, row) is None
