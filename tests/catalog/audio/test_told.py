"""What is odd about samples is told: channels that cancel each other, numbers of another scale, a wrong MD5."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from mudata.catalog.audio import clip as audio
from mudata.catalog.audio.clip import AudioFormat
from mudata.errors import AudioError

RATE = 16_000


def noise(seconds: float = 1, level: float = 0.2) -> np.ndarray:
    return (level * np.random.default_rng(3).standard_normal(round(seconds * RATE))).astype(np.float32)


def refused(tmp_path: Path, samples: np.ndarray, suffix: str = "wav", **coding: object) -> AudioError:
    soundfile.write(tmp_path / f"in.{suffix}", samples, RATE, **coding)
    with pytest.raises(AudioError, match=r".") as caught:
        audio.normalise(tmp_path / f"in.{suffix}", tmp_path / "out.flac", AudioFormat())
    assert not (tmp_path / "out.flac").exists()
    return caught.value


@pytest.mark.parametrize(("suffix", "coding"), [("wav", {"subtype": "FLOAT"}), ("mp3", {})])
def test_channels_that_cancel_each_other_are_not_called_silent(tmp_path: Path, suffix: str, coding: dict) -> None:
    wave = noise()
    error = refused(tmp_path, np.stack([wave, -wave], 1), suffix, **coding)
    assert error.reason == "channels_cancel"
    assert "`mix: first`" in str(error)
    facts = audio.normalise(tmp_path / f"in.{suffix}", tmp_path / "out.flac", AudioFormat(), mix="first")
    assert facts.rms == pytest.approx(0.2, rel=0.1)
    assert facts.source_channels == 2


def test_four_channels_may_cancel_each_other_as_well(tmp_path: Path) -> None:
    wave, other = noise(), noise()[::-1]
    assert refused(tmp_path, np.stack([wave, other, -wave, -other], 1)).reason == "channels_cancel"


@pytest.mark.parametrize("right", [0.0, -0.9, 0.5, 1.0])
def test_ordinary_stereo_does_not_cancel_itself(tmp_path: Path, right: float) -> None:
    wave = noise()
    soundfile.write(tmp_path / "in.wav", np.stack([wave, right * wave], 1), RATE, subtype="FLOAT")
    facts = audio.normalise(tmp_path / "in.wav", tmp_path / "out.flac", AudioFormat())
    assert facts.rms == pytest.approx(0.1 * (1 + right), rel=0.05)


def test_two_silent_channels_are_silent(tmp_path: Path) -> None:
    assert refused(tmp_path, np.stack([noise(level=1e-6)] * 2, 1), subtype="FLOAT").reason == "silent"
    assert refused(tmp_path, np.zeros((RATE, 2)), subtype="FLOAT").reason == "silent"


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize(
    ("scale", "subtype", "reason"),
    [
        (32767, "FLOAT", "out_of_range"),
        (127, "FLOAT", "out_of_range"),
        (2**23, "DOUBLE", "out_of_range"),
        (1e30, "FLOAT", "out_of_range"),
        (1e300, "DOUBLE", "not_finite"),
    ],
)
def test_numbers_of_another_scale_are_told(
    tmp_path: Path, channels: int, scale: float, subtype: str, reason: str
) -> None:
    wave = np.repeat(noise().astype(np.float64)[:, None] * scale, channels, 1)
    error = refused(tmp_path, wave, subtype=subtype)
    assert error.reason == reason


def test_a_loud_mix_in_floats_is_cut_off_and_counted(tmp_path: Path) -> None:
    wave = noise(level=1.0)
    soundfile.write(tmp_path / "in.wav", wave, RATE, subtype="FLOAT")
    facts = audio.normalise(tmp_path / "in.wav", tmp_path / "out.flac", AudioFormat())
    assert facts.clipped == np.count_nonzero(np.abs(wave) > 1) > 1000


@pytest.mark.parametrize("subtype", ["PCM_S8", "PCM_16", "PCM_24"])
@pytest.mark.parametrize("channels", [1, 2])
def test_a_flac_whose_samples_are_not_those_of_its_md5_is_told(tmp_path: Path, subtype: str, channels: int) -> None:
    path = tmp_path / "in.flac"
    soundfile.write(path, np.repeat(noise(5)[:, None], channels, 1), RATE, subtype=subtype)
    raw = path.read_bytes()
    assert audio.normalise(path, tmp_path / "out.flac", AudioFormat()).duration_s == 5
    path.write_bytes(raw[:26] + bytes(16) + raw[42:])
    assert audio.normalise(path, tmp_path / "out.flac", AudioFormat()).duration_s == 5, "zeros: none was computed"
    path.write_bytes(raw[:26] + bytes([raw[26] ^ 1]) + raw[27:])
    with pytest.raises(AudioError, match=r"the samples have MD5 \w+, the FLAC header says \w+") as caught:
        audio.normalise(path, tmp_path / "other.flac", AudioFormat())
    assert caught.value.reason == "checksum"
    assert audio.normalise(path, tmp_path / "out.flac", AudioFormat(), crop=("first", 1)).duration_s == 1
