"""The sound of a clip as players get it, and as it is drawn."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mudata.catalog.audio.original import Original
from mudata.catalog.audio.stored_clip import StoredClip
from mudata.errors import AudioError
from mudata.web.collection_pages import sound_picture
from mudata.web.collection_pages.sound_answer import BytesKept, sound_answer

pytest.importorskip("starlette")

RATE = 8000


@pytest.fixture
def part(tmp_path: Path) -> StoredClip:
    """From 0.5 s to 1 s of a file of two seconds: 440 Hz, then 1,320 Hz."""
    path = tmp_path / "whole.wav"
    time = np.arange(RATE) / RATE
    wave = np.concatenate([np.sin(2 * np.pi * hertz * time) for hertz in (440, 1320)])
    soundfile.write(path, 0.5 * wave, RATE)
    original = Original(path=path, start_s=0.5, duration_s=0.5, whole_s=2.0)
    return StoredClip(path=path, rate=RATE, store="reference", original=original)


def test_a_part_of_an_original_is_cut_for_players_once(part: StoredClip, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = BytesKept(1 << 20)
    whole = sound_answer(part, "a", kept, None)
    samples, rate = soundfile.read(io.BytesIO(whole.body))
    assert (rate, len(samples), whole.media_type) == (RATE, RATE // 2, "audio/flac")
    monkeypatch.setattr(StoredClip, "samples", None)  # it is not decoded again
    data = bytes(whole.body)
    for asked, status, found in (
        ("bytes=0-3", 206, b"fLaC"),
        ("bytes=-5", 206, data[-5:]),
        (f"bytes={len(data) - 2}-", 206, data[-2:]),
        (f"bytes=4-{10**15}", 206, data[4:]),
        (f"bytes={len(data)}-", 416, b""),
        ("bytes=9-4", 416, b""),
        ("bytes=-", 200, data),
        ("bytes=0-1,5-6", 200, data),
        ("pages=1", 200, data),
    ):
        answer = sound_answer(part, "a", kept, asked)
        assert (answer.status_code, answer.body) == (status, found), asked
    assert sound_answer(part, "a", kept, "bytes=0-3").headers["content-range"] == f"bytes 0-3/{len(data)}"


def test_what_is_kept_is_bounded_and_a_failure_is_not_kept(part: StoredClip) -> None:
    kept, made = BytesKept(100), []

    def make(name: str) -> bytes:
        made.append(name)
        return name.encode() * 40

    for name in ("a", "b", "a", "c", "b", "a"):
        assert kept.get(name, lambda name=name: make(name)) == name.encode() * 40
    assert made == ["a", "b", "c", "b", "a"]  # c made room by b, which was used before a
    part.path.unlink()
    with pytest.raises(AudioError):
        sound_answer(part, "gone", kept, None)
    with pytest.raises(AudioError):
        sound_answer(part, "gone", kept, None)


def test_the_spectrogram_has_a_tone_where_it_is(part: StoredClip) -> None:
    seen = sound_picture.of_sound(part)
    assert seen.seconds == 0.5
    assert seen.high.max() == pytest.approx(0.5, abs=0.01)
    assert seen.low.min() == pytest.approx(-0.5, abs=0.01)
    bands = np.linspace(0, float(sound_picture.mel_of(RATE / 2)), sound_picture.BANDS + 2)[1:-1]
    loudest = seen.loudness[:, sound_picture.COLUMNS // 4].argmax()
    assert abs(bands[loudest] - sound_picture.mel_of(440)) <= bands[1] - bands[0]
    assert seen.loudness.max() == 0
    assert seen.loudness.min() >= -sound_picture.RANGE_DB
    assert float(sound_picture.mel_of(1000)) == pytest.approx(1000, abs=0.1)  # as the scale is made
    for rate in (8000, 44_100):
        weights = sound_picture.mel_bands(rate, sound_picture.BANDS)
        assert np.allclose(weights.sum(axis=1), 1)
    silent = sound_picture.of_samples(np.zeros(0, np.float32), RATE)
    assert silent.seconds == 0
    assert np.isfinite(silent.loudness).all()
