"""A copy is read without a second look; one that is damaged gets it, and is told of as any file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from mudata.catalog.audio import clip, written_copy
from mudata.errors import AudioError

PARTS = [(0.0, None), (0.0, 0.5), (1.25, 0.5), (1.25, None), (1.9, 9.0), (1.9999, 0.5)]


@pytest.fixture
def copy(tone: Callable[..., Path], tmp_path: Path) -> Path:
    """Two seconds at 22,050 Hz."""
    source = tone(tmp_path / "in.wav", seconds=2.0, rate=22_050)
    return clip.normalise(source, tmp_path / "copy.flac", clip.AudioFormat()).path


@pytest.mark.parametrize(("start_s", "duration_s"), PARTS)
@pytest.mark.parametrize("rate", [22_050, 16_000])
def test_the_samples_are_those_of_the_careful_way(
    copy: Path, start_s: float, duration_s: float | None, rate: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = clip.load(copy, rate, start_s=start_s, duration_s=duration_s)
    monkeypatch.setattr(clip, "load", None)
    got = written_copy.load(copy, rate, start_s=start_s, duration_s=duration_s)
    np.testing.assert_array_equal(got, wanted)
    assert got.dtype == np.float32


def test_every_flipped_bit_in_what_is_read_is_seen(copy: Path) -> None:
    whole, rng = copy.read_bytes(), np.random.default_rng(0)
    for place in rng.integers(100, len(whole), 40):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << int(rng.integers(8))
        copy.write_bytes(damaged)
        with pytest.raises(AudioError):
            written_copy.load(copy, 22_050)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.99])
def test_a_copy_that_was_cut_is_told(copy: Path, share: float) -> None:
    copy.write_bytes(copy.read_bytes()[: int(share * copy.stat().st_size)])
    with pytest.raises(AudioError) as told:
        written_copy.load(copy, 22_050)
    assert told.value.reason in {"empty", "undecodable", "truncated"}


def test_what_is_gone_or_begins_behind_the_end_is_told(copy: Path) -> None:
    with pytest.raises(AudioError, match="before the clip begins"):
        written_copy.load(copy, 22_050, start_s=2.5)
    copy.unlink()
    with pytest.raises(AudioError, match="no such file"):
        written_copy.load(copy, 22_050)


def test_another_file_in_its_place_is_read_as_any_file(copy: Path, tmp_path: Path) -> None:
    stereo = np.stack([np.linspace(-0.5, 0.5, 4000), np.zeros(4000)], axis=1)
    soundfile.write(copy, stereo, 22_050, format="FLAC")
    np.testing.assert_allclose(written_copy.load(copy, 22_050), stereo.mean(1), atol=1e-4)
